// Data forms (XEP-0004) as HTML: a form to fill in, and results to read. Every field has a label;
// what a peer wrote becomes text, never markup.

import { NS, child, children, el } from '../js/xml.js';

let last = 0;

function html(name, properties = {}, ...content) {
  const element = document.createElement(name);
  Object.assign(element, properties);
  element.append(...content);
  return element;
}

const values = (field) => children(field, 'value', NS.FORMS).map((value) => value.textContent);
const label = (field) => field.getAttribute('label') || field.getAttribute('var') || '';
const typeOf = (field) => field.getAttribute('type') ?? 'text-single';
const isRequired = (field) => child(field, 'required', NS.FORMS) !== null;

const options = (field) =>
  children(field, 'option', NS.FORMS).map((option) => {
    const value = child(option, 'value', NS.FORMS)?.textContent ?? '';
    return { value, text: option.getAttribute('label') || value };
  });

const isTick = (field) => typeOf(field) === 'boolean';

/** The control of a field, and how its values are read. */
function control(field, id) {
  const type = typeOf(field);
  const set = values(field);
  const required = isRequired(field);
  if (isTick(field)) {
    const input = html('input', { type: 'checkbox', id, checked: ['1', 'true'].includes(set[0]) });
    return [input, () => [input.checked ? '1' : '0']];
  }
  if (type === 'list-single' || type === 'list-multi') {
    const select = html('select', { id, required, multiple: type === 'list-multi' });
    for (const { value, text } of options(field)) {
      select.append(html('option', { value, selected: set.includes(value) }, text));
    }
    if (select.multiple) select.size = Math.min(Math.max(select.options.length, 2), 12);
    return [select, () => [...select.selectedOptions].map((option) => option.value)];
  }
  if (type.endsWith('-multi')) {
    const area = html('textarea', { id, required, rows: 4, value: set.join('\n') });
    return [area, () => area.value.split('\n')];
  }
  const kind = type === 'text-private' ? 'password' : 'text';
  const input = html('input', { type: kind, id, required, value: set[0] ?? '', autocomplete: 'off' });
  return [input, () => [input.value]];
}

/** Shows the fields of `form` in `parent`; gives what makes the submission of them. */
export function fill(form, parent) {
  const readers = [];
  for (const field of children(form, 'field', NS.FORMS)) {
    const name = field.getAttribute('var');
    const type = typeOf(field);
    if (type === 'fixed') {
      parent.append(html('p', {}, values(field).join('\n')));
    } else if (type === 'hidden') {
      readers.push([name, () => values(field)]);
    } else if (name) {
      const id = `field-${++last}`;
      const [input, read] = control(field, id);
      const words = html('label', { htmlFor: id }, label(field));
      if (isRequired(field)) words.append(' (required)');
      const parts = isTick(field) ? [input, ' ', words] : [words, input];
      parent.append(html('div', { className: isTick(field) ? 'tick' : '' }, ...parts));
      readers.push([name, read]);
    }
  }
  return () => {
    const fields = readers.map(([name, read]) =>
      el('field', NS.FORMS, { var: name }, ...read().map((value) => el('value', NS.FORMS, {}, value))),
    );
    return el('x', NS.FORMS, { type: 'submit' }, ...fields);
  };
}

/** A form of type result: a table, or names and values. */
export function result(form) {
  const reported = child(form, 'reported', NS.FORMS);
  return reported ? table(form, reported) : list(form);
}

function table(form, reported) {
  const columns = children(reported, 'field', NS.FORMS);
  const title = child(form, 'title', NS.FORMS)?.textContent ?? '';
  const items = children(form, 'item', NS.FORMS);
  const head = columns.map((column) => html('th', { scope: 'col' }, label(column)));
  const rows = items.map((item) => {
    const fields = children(item, 'field', NS.FORMS);
    const cell = (column) => {
      const name = column.getAttribute('var');
      const field = fields.find((f) => f.getAttribute('var') === name);
      return html('td', {}, field ? values(field).join(' ') : '');
    };
    return html('tr', {}, ...columns.map(cell));
  });
  const empty = items.length === 0 ? [html('p', {}, 'None.')] : [];
  return [
    html(
      'table',
      {},
      html('caption', {}, `${title} (${items.length})`),
      html('thead', {}, html('tr', {}, ...head)),
      html('tbody', {}, ...rows),
    ),
    ...empty,
  ];
}

function list(form) {
  const shown = children(form, 'field', NS.FORMS).filter((field) => typeOf(field) !== 'hidden');
  const entries = shown.flatMap((field) => [
    html('dt', {}, label(field)),
    html('dd', {}, values(field).join('\n') || '–'),
  ]);
  return [html('dl', {}, ...entries)];
}
