// Data forms (XEP-0004) as plain data, with the part of XEP-0122 that a browser can check.
//
//   { title, instructions, fields: [{ name, type, label, desc, required, values, options: [{ label, value }],
//     datatype, min, max }] }

import { NS, child, children, el } from './xml.js';

const TYPES = [
  'boolean', 'fixed', 'hidden', 'jid-multi', 'jid-single', 'list-multi', 'list-single',
  'text-multi', 'text-private', 'text-single',
];

export function readForm(x) {
  return {
    title: text(x, 'title'),
    instructions: children(x, 'instructions', NS.FORMS).map((e) => e.textContent).join('\n'),
    fields: children(x, 'field', NS.FORMS).map(readField),
  };
}

/** A submission of the form: each field with its values, in the form's order. */
export function writeForm({ fields }) {
  const sent = fields.filter(({ name, type }) => name && type !== 'fixed');
  return el(
    'x',
    NS.FORMS,
    { type: 'submit' },
    ...sent.map(({ name, type, values }) => {
      const all = values.map((value) => el('value', NS.FORMS, {}, value));
      return el('field', NS.FORMS, { var: name, type: type === 'hidden' ? 'hidden' : null }, ...all);
    }),
  );
}

/** What is wrong with a field's values, as a key of words, or null: what can be told before asking the room. */
export function problemOf({ type, required, values, datatype, min, max }) {
  const filled = values.filter((value) => value.trim() !== '');
  if (required && filled.length === 0) return 'form.required';
  if (type.startsWith('jid-') && !filled.every(isJid)) return 'form.jid';
  if (datatype === 'xs:integer' && !filled.every((value) => /^\s*[+-]?\d+\s*$/u.test(value))) return 'form.integer';
  const outside = (value) => (min !== null && Number(value) < min) || (max !== null && Number(value) > max);
  if (datatype === 'xs:integer' && filled.some(outside)) return 'form.range';
  return null;
}

/** The field that an error's text names, if it names one: rooms say so in words (MUC CF4). */
export const namedField = (fields, errorText) =>
  fields
    .filter(({ name }) => name && errorText.includes(name))
    .toSorted((a, b) => b.name.length - a.name.length)[0] ?? null;

function readField(field) {
  const values = children(field, 'value', NS.FORMS).map((value) => value.textContent);
  const options = children(field, 'option', NS.FORMS).map((option) => {
    const value = text(option, 'value');
    return { value, label: option.getAttribute('label') || value };
  });
  const type = field.getAttribute('type');
  const validate = child(field, 'validate', NS.VALIDATE);
  const range = child(validate, 'range', NS.VALIDATE);
  const bound = (name) => (range?.hasAttribute(name) ? Number(range.getAttribute(name)) : null);
  return {
    name: field.getAttribute('var') ?? '',
    type: TYPES.includes(type) ? type : 'text-single',
    label: field.getAttribute('label') ?? '',
    desc: text(field, 'desc'),
    required: child(field, 'required', NS.FORMS) !== null,
    values,
    options,
    datatype: validate?.getAttribute('datatype') ?? '',
    min: bound('min'),
    max: bound('max'),
  };
}

const text = (element, name) => child(element, name, NS.FORMS)?.textContent ?? '';

const isJid = (value) => /^(?:[^\s"&'/:<>@]+@)?[^\s@/]+(?:\/.+)?$/u.test(value.trim());
