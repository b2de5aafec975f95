// Dialogs: one at a time, modal, closed by Escape; the browser gives the focus back to where it was.

import { $, h } from './dom.js';
import { localize, words } from './i18n.js';

/**
 * Opens a dialog and resolves with what closed it: the value of a button, what `submit(form, tell)` gave, or
 * null (Escape, Cancel). `submit` keeps it open by giving undefined, and says why by `tell(words)`.
 *
 *   title     a phrase
 *   content   elements
 *   actions   [{ label: key, value, kind: 'primary' | 'danger' | 'quiet' }]; the first primary or danger one submits
 */
export function openDialog({ name, title, content = [], actions, submit = (_, value) => value, wide = false }) {
  const { promise, resolve } = Promise.withResolvers();
  const heading = h('h2', { id: `${name}-title`, t: title.key, values: title.values });
  const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
  const buttons = actions.map(({ label, value = null, kind = 'quiet' }) => {
    const submits = kind !== 'quiet';
    const button = h('button', { class: kind, t: label, type: submits ? 'submit' : 'button', value: submits ? (value ?? 'done') : null });
    if (!submits) {
      if (value) button.dataset.value = value;
      button.addEventListener('click', () => finish(value));
    }
    return button;
  });
  const form = h(
    'form',
    { method: 'dialog', novalidate: true, autocomplete: 'off' },
    heading,
    h('div', { class: 'content' }, ...content),
    problem,
    h('div', { class: 'actions' }, ...buttons),
  );
  const dialog = h('dialog', { id: name, class: wide ? 'wide' : '', 'aria-labelledby': `${name}-title` }, form);

  const tell = (what) => {
    problem.textContent = words(what);
    problem.hidden = !what;
  };
  const finish = (value) => {
    if (!dialog.isConnected) return;
    dialog.close();
    dialog.remove();
    // What opened it may be gone by now.
    if (document.activeElement === document.body) $('input').focus({ preventScroll: true });
    resolve(value);
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const value = event.submitter?.value ?? 'done';
    tell(null);
    for (const button of buttons) button.disabled = button.type === 'submit';
    const result = await submit(form, value, tell);
    for (const button of buttons) button.disabled = false;
    if (result !== undefined) finish(result);
  });
  dialog.addEventListener('cancel', (event) => {
    event.preventDefault();
    finish(null);
  });
  document.body.append(dialog);
  localize(dialog);
  dialog.showModal();
  return promise;
}

/** Asks for a line of text; null if the person would rather not. */
export async function askText({ name, title, hint = null, label, value = '', action, danger = false, type = 'text', rows = 0, maxlength = 1000 }) {
  const id = `${name}-input`;
  const attributes = { id, name: 'text', maxlength };
  const input = rows > 0 ? h('textarea', { ...attributes, rows }) : h('input', { ...attributes, type });
  input.value = value;
  const content = [
    hint && h('p', { t: hint.key, values: hint.values }),
    h('label', { for: id, t: label }),
    h('div', { class: 'field' }, input),
  ].filter(Boolean);
  return openDialog({
    name,
    title,
    content,
    actions: [{ label: 'cancel' }, { label: action, kind: danger ? 'danger' : 'primary' }],
    submit: () => ({ text: input.value.trim() }),
  });
}

/** Asks whether something that hurts is to be done. */
export const confirm = (name, title, hint, action) =>
  openDialog({
    name,
    title,
    content: [h('p', { t: hint.key, values: hint.values })],
    actions: [{ label: 'cancel' }, { label: action, kind: 'danger' }],
  });
