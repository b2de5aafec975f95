// Elements of the page, made without markup: texts are text nodes, and the page's own words are
// named by their keys (i18n.js), so that a switch of language finds them.

import { localize } from './i18n.js';

export const $ = (id) => document.getElementById(id);

const WORDS = { t: 't', label: 'tLabel', title: 'tTitle', placeholder: 'tPlaceholder' };

/**
 * An element. Of `properties`: `t`, `label`, `title`, `placeholder` are keys of words and `values` what they
 * need; `class`, `on` ({ event: listener }), `data` ({ name: value }); the rest are attributes (null, false: none).
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  const { class: className, on = {}, data = {}, values, ...rest } = properties;
  if (className) element.className = className;
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener);
  Object.assign(element.dataset, data);
  if (values) element.dataset.tValues = JSON.stringify(values);
  for (const [name, value] of Object.entries(rest)) {
    if (name in WORDS) element.dataset[WORDS[name]] = value;
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  if (tag === 'button') element.type = properties.type ?? 'button';
  element.append(...children.filter((child) => child !== null && child !== undefined));
  if (Object.keys(WORDS).some((name) => name in properties)) localize(element);
  return element;
}

/** A drawing of the page's own: `h` for SVG. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 20 20');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

const ICONS = {
  more: 'M4.500 10h.01M10 10h.01M15.500 10h.01',
  attach: 'M14.500 9l-5 5a3 3 0 0 1-4.300-4.300l6-6a2 2 0 0 1 2.900 2.900l-6 6a1 1 0 0 1-1.500-1.500l5-5',
  file: 'M5 2.500h6l4 4v11H5zM11 2.500v4h4',
  close: 'M5 5l10 10M15 5L5 15',
  reply: 'M8 5L3.500 9.500L8 14M4 9.500h7a5 5 0 0 1 5 5v1',
};
