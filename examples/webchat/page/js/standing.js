// The menu of an occupant: what one may do to them, each asked for a reason where others are to read one, and
// what came of it in words.

import { askText } from './dialog.js';
import { phrase } from './i18n.js';
import { given, permitted } from './privileges.js';
import { errorWords } from './words.js';

/** Those that hurt: they ask first, and take a reason. */
const HARSH = new Set(['kick', 'ban', 'mute']);
const MAX_REASON = 300;

/**
 * Items for menu.js. `does`: `mention(nick)`, `write(nick)` privately, `changeNick()`, `done(phrase, tone)` to tell
 * what came of it.
 */
export function occupantItems(room, occupant, does) {
  const { nick } = occupant;
  const { self } = room;
  const items = [];
  if (nick === room.nick) {
    items.push({ label: phrase('nick.change'), name: 'rename', act: () => does.changeNick() });
  } else {
    items.push({ label: phrase('people.mention'), name: 'mention', act: () => does.mention(nick) });
    items.push({ label: phrase('people.write'), name: 'write', act: () => does.write(nick) });
  }
  const actions = permitted(self, occupant);
  if (actions.length > 0) items.push('line');
  for (const action of actions) {
    const label = phrase(`standing.${action}`);
    items.push({ label, name: action, danger: HARSH.has(action), act: () => act(room, occupant, action, does.done) });
  }
  return items;
}

async function act(room, { nick, jid }, action, done) {
  let reason = '';
  if (HARSH.has(action)) {
    const answer = await askText({
      name: 'reason-dialog',
      title: phrase(`standing.${action}-title`, { nick }),
      hint: phrase(`standing.${action}-hint`),
      label: 'reason.label',
      action: `standing.${action}`,
      danger: true,
      maxlength: MAX_REASON,
    });
    if (!answer) return;
    reason = answer.text;
  }
  const { role, affiliation } = given(action);
  const { requests } = room;
  const { error } = role ? await requests.setRole(nick, role, reason) : await requests.setAffiliation(jid, affiliation, reason);
  if (error) {
    const why = errorWords(error.condition, error.text, 'standing');
    done(phrase('standing.refused', { action: phrase(`standing.${action}`), nick, why }), 'error');
  } else {
    done(phrase(`standing.${action}-done`, { nick }), 'info');
  }
}
