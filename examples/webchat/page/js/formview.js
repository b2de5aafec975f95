// A data form (dataform.js) as controls of the page: every type of field of XEP-0004, with what is wrong beside
// the field that it is about. Known fields have words in the reader's language; others keep the form's own.

import { h } from './dom.js';
import { has, t, words } from './i18n.js';
import { problemOf } from './dataform.js';

const SEVERAL = new Set(['jid-multi', 'text-multi']);

export class FormView {
  #form;
  #parts = [];
  /** The elements to show. */
  elements;

  constructor(form) {
    this.#form = form;
    this.elements = form.fields.filter(({ type }) => type !== 'hidden').map((field, index) => this.#part(field, index));
    if (form.instructions) this.elements.unshift(h('p', { class: 'hint' }, form.instructions));
  }

  /** The form with the values entered. */
  get form() {
    const values = new Map(this.#parts.map(({ field, read }) => [field, read()]));
    const fields = this.#form.fields.map((field) => ({ ...field, values: values.get(field) ?? field.values }));
    return { ...this.#form, fields };
  }

  get fields() {
    return this.#form.fields;
  }

  /** Shows what is wrong, and goes to the first field it is wrong with. Whether all is well. */
  check() {
    let first = null;
    for (const part of this.#parts) {
      const key = problemOf({ ...part.field, values: part.read() });
      this.#tell(part, key && t(key, { min: part.field.min ?? '', max: part.field.max ?? '' }));
      if (key) first ??= part;
    }
    first?.control.focus();
    return first === null;
  }

  /** Shows a problem beside a field; false if it is not shown here. */
  refuse(field, what) {
    const part = this.#parts.find((one) => one.field === field);
    if (!part) return false;
    this.#tell(part, words(what));
    part.control.focus();
    return true;
  }

  #tell({ control, problem }, text) {
    problem.textContent = text ?? '';
    problem.hidden = !text;
    if (text) control.setAttribute('aria-invalid', 'true');
    else control.removeAttribute('aria-invalid');
  }

  #part(field, index) {
    if (field.type === 'fixed') return h('p', { class: 'hint' }, field.values.join('\n'));
    const id = `field-${index}`;
    const problem = h('p', { class: 'problem', id: `${id}-problem`, hidden: true });
    const key = `field.${field.name}`;
    const label = has(key) ? t(key) : field.label || field.name;
    const hint = field.desc ? h('p', { class: 'hint', id: `${id}-hint` }, field.desc) : null;
    const described = [hint?.id, problem.id].filter(Boolean).join(' ');
    const attributes = { id, name: field.name, 'aria-describedby': described, 'aria-required': field.required ? 'true' : null };
    const { control, read, group = false } = controlOf(field, attributes);
    this.#parts.push({ field, control, read, problem });
    const required = field.required ? h('span', { class: 'required', 'aria-hidden': 'true' }, ' *') : null;
    if (group) {
      control.prepend(h('legend', {}, label, ...[required].filter(Boolean)));
      return h('div', { class: 'form-field', data: { field: field.name } }, control, hint, problem);
    }
    const text = h('label', { for: id }, label, ...[required].filter(Boolean));
    const checkbox = field.type === 'boolean';
    const shown = checkbox ? [h('div', { class: 'check' }, control, text)] : [text, h('div', { class: 'field' }, control)];
    return h('div', { class: 'form-field', data: { field: field.name } }, ...shown, hint, problem);
  }
}

/** The control of a field and how to read its values. */
function controlOf(field, attributes) {
  const { type, values, options } = field;
  if (type === 'boolean') {
    const control = h('input', { ...attributes, type: 'checkbox' });
    control.checked = values[0] === '1' || values[0] === 'true';
    return { control, read: () => [control.checked ? '1' : '0'] };
  }
  if (type === 'list-single') {
    const all = options.some(({ value }) => value === values[0]) ? options : [...values.map(plain), ...options];
    const control = h('select', attributes, ...all.map((one) => h('option', { value: one.value }, optionLabel(field.name, one))));
    control.value = values[0] ?? '';
    return { control, read: () => (control.value === '' && !values[0] ? [] : [control.value]) };
  }
  if (type === 'list-multi') return { ...checkboxes(field, attributes), group: true };
  if (SEVERAL.has(type)) {
    const control = h('textarea', { ...attributes, rows: 3, spellcheck: type === 'text-multi' ? null : 'false' });
    control.value = values.join('\n');
    const lines = () => control.value.split('\n').map((line) => line.trim());
    return { control, read: () => (type === 'jid-multi' ? lines().filter(Boolean) : control.value.split('\n')) };
  }
  const kind = { 'text-private': 'password', 'text-single': field.datatype === 'xs:integer' ? 'number' : 'text' }[type];
  const control = h('input', { ...attributes, type: kind ?? 'text', min: field.min, max: field.max });
  if (type === 'text-private') control.autocomplete = 'new-password';
  control.value = values[0] ?? '';
  return { control, read: () => [control.value] };
}

function checkboxes({ values, options }, { id, name, 'aria-describedby': describedBy }) {
  const boxes = options.map((option, index) => {
    const { value } = option;
    const box = h('input', { type: 'checkbox', id: `${id}-${index}`, name, value });
    box.checked = values.includes(value);
    const label = h('label', { for: box.id }, optionLabel(name, option));
    return { box, line: h('div', { class: 'check' }, box, label) };
  });
  const control = h('fieldset', { id, tabindex: -1, 'aria-describedby': describedBy }, ...boxes.map(({ line }) => line));
  return { control, read: () => boxes.filter(({ box }) => box.checked).map(({ box }) => box.value) };
}

const plain = (value) => ({ value, label: value });

/** A label of its own, else known words for a value that stands for itself. */
function optionLabel(name, { value, label }) {
  const key = [`option.${name}.${value}`, `option.${value}`].find(has);
  return label === value && key ? t(key) : label;
}
