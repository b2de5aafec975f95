// Words in the reader's language. Each string of the page stands in the tables under lang/, under one
// key; the page keeps keys ("phrases"), so that a switch of language reaches what is already shown.
//
//   t('talks.unread', { n: 3 })              the words now
//   phrase('note.assigned', { nick })        the words later: `words(phrase)`
//   <h2 data-t="people.title">               set by `localize`, like data-t-label, -title, -placeholder

import de from './lang/de.js';
import en from './lang/en.js';
import { remember, setting } from './settings.js';

const TABLES = { en, de };
/** The languages by code, each under its own name. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' };

const listeners = new Set();
let code = 'en';
let intl = null;

/** Chooses the language: what was remembered, else the first of the browser's that there is. */
export function startLanguage() {
  const preferred = [setting('language'), ...(navigator.languages ?? [])].map(primary);
  use(preferred.find((language) => language in TABLES) ?? 'en');
}

export function switchLanguage(language) {
  remember('language', language);
  use(language);
}

export const language = () => code;

/** Calls back after each switch. */
export const onLanguage = (listener) => listeners.add(listener);

// ---- words

/** A string by its key; `{name}` is replaced by a value, and `n` chooses between singular and plural. */
export function t(key, values = {}) {
  return template(key, values).replace(/\{(\w+)\}/gu, (_, name) => shown(values[name]));
}

/** The same with nodes as values. */
export function nodes(key, values) {
  return template(key, values)
    .split(/(\{\w+\})/u)
    .filter((part) => part !== '')
    .map((part) => {
      const value = part.startsWith('{') ? values[part.slice(1, -1)] : part;
      return value instanceof Node ? value : document.createTextNode(shown(value));
    });
}

/** What `words` makes words of, in whatever language is chosen then. Plain data, so that it can be stored. */
export const phrase = (key, values = {}) => ({ key, values });

/** A phrase in words; what is a text already stays. */
export const words = (what) => (what?.key ? t(what.key, what.values) : (what ?? ''));

export const has = (key) => key in en;

function template(key, values) {
  const entry = TABLES[code][key] ?? en[key] ?? key;
  return typeof entry === 'string' ? entry : (entry[formats().plural.select(values.n)] ?? entry.other);
}

function shown(value) {
  if (typeof value === 'number') return formats().number.format(value);
  if (Array.isArray(value)) return formats().list.format(value.map(shown));
  return words(value);
}

// ---- dates and numbers

export const clock = (date) => formats().clock.format(date);
export const day = (date) => formats().day.format(date);
export const fullDate = (date) => formats().full.format(date);
export const compareNames = (a, b) => formats().collator.compare(a, b);

function formats() {
  intl ??= makeFormats();
  return intl;
}

function makeFormats() {
  // The reader's region, where it speaks the language chosen.
  const locale = navigator.languages?.find((tag) => primary(tag) === code) ?? code;
  return {
    number: new Intl.NumberFormat(locale),
    plural: new Intl.PluralRules(locale),
    list: new Intl.ListFormat(locale),
    clock: new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }),
    day: new Intl.DateTimeFormat(locale, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
    full: new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'medium' }),
    collator: new Intl.Collator(locale, { sensitivity: 'base', numeric: true }),
  };
}

// ---- the document

const ATTRIBUTES = { tLabel: 'aria-label', tTitle: 'title', tPlaceholder: 'placeholder' };

/** Gives an element and all below it the words that their `data-t…` attributes name. */
export function localize(root = document.documentElement) {
  for (const element of [root, ...root.querySelectorAll('[data-t]')]) {
    const { t: key, tValues } = element.dataset;
    if (key) element.textContent = t(key, tValues ? JSON.parse(tValues) : {});
  }
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    const selector = `[data-${name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}]`;
    for (const element of [root, ...root.querySelectorAll(selector)]) {
      const { [name]: key, tValues } = element.dataset;
      if (key) element.setAttribute(attribute, t(key, tValues ? JSON.parse(tValues) : {}));
    }
  }
}

function use(language) {
  code = language;
  intl = null;
  document.documentElement.lang = language;
  localize();
  for (const listener of listeners) listener();
}

const primary = (tag) => tag.split('-')[0].toLowerCase();
