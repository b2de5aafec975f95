// What an owner sets: the room's form, and the end of the room.

import { askText, openDialog } from './dialog.js';
import { namedField } from './dataform.js';
import { h } from './dom.js';
import { FormView } from './formview.js';
import { phrase } from './i18n.js';
import { textNodes } from './text.js';
import { errorWords } from './words.js';

/** `done(phrase, tone)` tells what came of it. */
export async function roomSettings(room, done) {
  const { form, error } = await room.requests.settings();
  if (!form) {
    done(errorWords(error?.condition ?? 'feature-not-implemented', error?.text), 'error');
    return;
  }
  const view = new FormView(form);
  const answer = await openDialog({
    name: 'settings-dialog',
    title: phrase('config.title'),
    content: view.elements,
    wide: true,
    actions: [
      { label: 'config.destroy', value: 'destroy', kind: 'quiet' },
      { label: 'cancel' },
      { label: 'config.save', kind: 'primary' },
    ],
    submit: (_, value, tell) => save(room, view, tell),
  });
  if (answer === 'saved') done(phrase('config.saved'), 'info');
  if (answer === 'destroy') await destroyRoom(room, done);
}

/** The room's own checks come back as errors that name a field (MUC CF4). */
async function save(room, view, tell) {
  if (!view.check()) return undefined;
  const { error } = await room.requests.saveSettings(view.form);
  if (!error) return 'saved';
  const what = errorWords(error.condition, error.text, 'config');
  const field = namedField(view.fields, error.text);
  if (!field || !view.refuse(field, phrase('config.refused'))) tell(what);
  return undefined;
}

export async function destroyRoom(room, done) {
  const answer = await askText({
    name: 'destroy-dialog',
    title: phrase('destroy.title'),
    hint: phrase('destroy.hint'),
    label: 'reason.label',
    action: 'destroy.do',
    danger: true,
  });
  if (!answer) return;
  const { error } = await room.requests.destroy(answer.text);
  if (error) done(errorWords(error.condition, error.text, 'config'), 'error');
}

/** The topic in full, to be changed by those who may. */
export async function showTopic(room, mayChange) {
  if (!mayChange) {
    await openDialog({
      name: 'topic-dialog',
      title: phrase('topic.title'),
      content: [topicText(room.subject)],
      actions: [{ label: 'close' }],
    });
    return;
  }
  const answer = await askText({
    name: 'topic-dialog',
    title: phrase('topic.title'),
    label: 'topic.label',
    value: room.subject,
    action: 'topic.save',
    rows: 4,
    maxlength: 2000,
  });
  if (answer && answer.text !== room.subject) room.setSubject(answer.text);
}

function topicText(subject) {
  const shown = h('p', { class: 'whole-topic', dir: 'auto' });
  shown.append(...textNodes(subject));
  return shown;
}
