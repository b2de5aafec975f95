// What the reader chooses for this browser: language, notifications, sound; and how else to get here.

import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { LANGUAGES, language, onLanguage, phrase, switchLanguage } from './i18n.js';
import { canNotify, notifies, switchNotifications, switchSound } from './notify.js';
import { setting } from './settings.js';

/** Makes a `<select>` the switch of the language. */
export function languageSwitch(select) {
  const option = ([code, name]) => h('option', { value: code, lang: code }, name);
  select.replaceChildren(...Object.entries(LANGUAGES).map(option));
  select.value = language();
  select.addEventListener('change', () => switchLanguage(select.value));
  onLanguage(() => (select.value = language()));
  return select;
}

export function preferences() {
  const languages = languageSwitch(h('select', { id: 'preferences-language', class: 'languages' }));
  const sound = box('preferences-sound', setting('sound'), (on) => switchSound(on));
  const refused = h('p', { class: 'hint', id: 'notify-hint', t: hintOf(), hidden: !hintOf() });
  const notify = box('preferences-notify', notifies(), async (on, control) => {
    control.checked = await switchNotifications(on);
    refused.hidden = !on || control.checked;
    if (!refused.hidden) refused.replaceWith(h('p', { class: 'hint', id: 'notify-hint', t: 'settings.notify-refused' }));
  });
  notify.disabled = !canNotify();
  notify.setAttribute('aria-describedby', 'notify-hint');
  const check = (control, key) => h('div', { class: 'check' }, control, h('label', { for: control.id, t: key }));
  return openDialog({
    name: 'preferences-dialog',
    title: phrase('settings.title'),
    content: [
      h('label', { for: 'preferences-language', t: 'settings.language' }),
      h('div', { class: 'field' }, languages),
      check(notify, 'settings.notify'),
      refused,
      check(sound, 'settings.sound'),
    ],
    actions: [{ label: 'close' }],
  });
}

function hintOf() {
  if (!canNotify()) return 'settings.notify-missing';
  return Notification.permission === 'denied' ? 'settings.notify-refused' : '';
}

function box(id, checked, change) {
  const control = h('input', { type: 'checkbox', id });
  control.checked = checked;
  control.addEventListener('change', () => change(control.checked, control));
  return control;
}
