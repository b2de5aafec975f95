// The log: shows the timeline's entries, keeps to the end while the reader is there, and draws the
// lines between days and before what came while the page was out of sight.

import { isAction, mentions, named, textNodes } from './text.js';

/** Messages of one person within this time stand under one name. */
const TOGETHER_MS = 5 * 60_000;
const NEAR_END_PX = 48;

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

export class Log {
  #log;
  #scroller;
  #toEnd;
  #rows = new Map();
  #atEnd = true;
  #frame = null;
  #unread = null;
  #handlers;
  nick = null;

  /** `handlers`: `again(entry)`, `drop(entry)` for messages that failed, `unread()` for each unseen one. */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#log = document.getElementById('log');
    this.#scroller = document.getElementById('scroller');
    this.#toEnd = document.getElementById('to-end');
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#toEnd.addEventListener('click', () => this.scrollToEnd());
    new ResizeObserver(() => this.#atEnd && this.scrollToEnd()).observe(this.#scroller);
    document.addEventListener('visibilitychange', () => document.hidden && this.#forgetUnread());
  }

  clear() {
    this.#rows.clear();
    this.#log.replaceChildren();
    this.#unread = null;
    this.#atEnd = true;
  }

  /** While many old entries are put back, nothing is announced. */
  quietly(fill) {
    this.#log.setAttribute('aria-live', 'off');
    fill();
    setTimeout(() => this.#log.setAttribute('aria-live', 'polite'), 500);
  }

  /** Goes to the end when the browser next draws; not after each of many rows. */
  #follow() {
    this.#atEnd = true;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.scrollToEnd();
    });
  }

  scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#atEnd = true;
    this.#toEnd.hidden = true;
  }

  // ---- what the timeline says

  inserted(entry, next) {
    const row = this.#row(entry);
    this.#rows.set(entry.key, row);
    const before = next ? this.#first(this.#rows.get(next.key)) : null;
    this.#log.insertBefore(row, before);
    this.#arrange(row);
    this.#arrange(following(row));
    const fresh = entry.kind === 'message' && !entry.own && !entry.history;
    if (fresh && document.hidden) this.#markUnread(row);
    if (entry.own && entry.state === 'sent') this.#forgetUnread();
    if (this.#atEnd || (entry.own && entry.state === 'sent')) this.#follow();
    else if (fresh) this.#toEnd.hidden = false;
  }

  changed(entry) {
    const old = this.#rows.get(entry.key);
    const row = this.#row(entry);
    old.replaceWith(row);
    this.#rows.set(entry.key, row);
    this.#arrange(row);
    this.#arrange(following(row));
    if (this.#atEnd) this.#follow();
  }

  removed(entry) {
    const row = this.#rows.get(entry.key);
    if (!row) return;
    const next = following(row);
    if (row.previousElementSibling?.classList.contains('divider')) row.previousElementSibling.remove();
    row.remove();
    this.#rows.delete(entry.key);
    this.#arrange(next);
  }

  // ---- rows

  #row(entry) {
    const row = document.createElement('div');
    row.className = `row ${entry.kind}`;
    row.dataset.role = entry.kind;
    row.entry = entry;
    const when = new Date(entry.time);
    const time = make('time', '', clock.format(when));
    time.dateTime = when.toISOString();
    time.title = full.format(when);
    row.append(time);
    if (entry.kind === 'message') this.#fillMessage(row, entry);
    else if (entry.kind === 'event') fillEvent(row, entry);
    else fillNote(row, entry);
    return row;
  }

  #fillMessage(row, entry) {
    const { nick, text, own } = entry;
    const action = isAction(text);
    row.dataset.nick = nick;
    row.dataset.id = entry.id ?? '';
    if (entry.state) row.dataset.state = entry.state;
    row.toggleAttribute('data-own', Boolean(own));
    row.classList.toggle('action', action);
    row.classList.toggle('mention', !own && mentions(text, this.nick));

    const name = named('bdi', 'nick', nick);
    name.title = nick;
    const body = make('div', 'body');
    if (entry.private) body.append(make('span', 'private', own ? `to ${entry.private}` : 'private'));
    const words = make('span', 'text');
    words.dir = 'auto';
    words.append(...textNodes(action ? `${nick} ${text.slice(4)}` : text));
    body.append(words);
    if (entry.state === 'sent') body.append(make('span', 'mark', 'sending…'));
    if (entry.state === 'failed') body.append(this.#problem(entry));
    row.append(name, body);
  }

  #problem(entry) {
    const mark = make('span', 'mark', `${entry.problem} `);
    for (const [label, act] of [['Send again', this.#handlers.again], ['Remove', this.#handlers.drop]]) {
      const button = make('button', 'quiet', label);
      button.type = 'button';
      button.addEventListener('click', () => act(entry));
      mark.append(button, ' ');
    }
    return mark;
  }

  /** Decides, by the row before it, whether a row needs its name and a line for a new day. */
  #arrange(row) {
    if (!row) return;
    const { entry } = row;
    const before = preceding(row)?.entry;
    const date = new Date(entry.time).toDateString();
    const newDay = date !== (before ? new Date(before.time) : new Date()).toDateString();
    let divider = row.previousElementSibling;
    if (!divider?.classList.contains('day')) divider = null;
    if (newDay && !divider) {
      divider = make('div', 'divider day', day.format(new Date(entry.time)));
      this.#log.insertBefore(divider, this.#first(row));
    } else if (!newDay && divider) {
      divider.remove();
    }
    const continues =
      !newDay &&
      entry.kind === 'message' &&
      before?.kind === 'message' &&
      before.nick === entry.nick &&
      !entry.private === !before.private &&
      entry.time - before.time < TOGETHER_MS &&
      row.previousElementSibling === preceding(row);
    row.classList.toggle('continues', continues);
    row.classList.toggle('opens', entry.kind === 'message' && !continues);
  }

  /** A row or the line above it. */
  #first(row) {
    let first = row;
    while (first?.previousElementSibling?.classList.contains('divider')) first = first.previousElementSibling;
    return first;
  }

  // ---- the reader's place

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.#atEnd) this.#toEnd.hidden = true;
  }

  #markUnread(row) {
    this.#handlers.unread();
    if (this.#unread) return;
    this.#unread = make('div', 'divider unread', 'New');
    this.#log.insertBefore(this.#unread, row);
    this.#arrange(row);
  }

  #forgetUnread() {
    const row = this.#unread?.nextElementSibling;
    this.#unread?.remove();
    this.#unread = null;
    if (row?.entry) this.#arrange(row);
  }
}

const EVENTS = {
  joined: ['→', 'joined'],
  left: ['←', 'left'],
  kicked: ['←', 'was removed'],
  banned: ['←', 'was banned'],
  removed: ['←', 'lost access'],
};

function fillEvent(row, { what, nick, text }) {
  row.dataset.what = what;
  row.dataset.nick = nick;
  const words = make('span', 'text');
  const who = make('bdi', '', nick);
  const [sign, verb] = EVENTS[what] ?? ['·', ''];
  if (what === 'renamed') {
    words.append(who, ' is now known as ', make('bdi', '', text));
  } else if (what === 'topic') {
    const topic = make('bdi', '');
    topic.append(...textNodes(text));
    if (text) words.append(who, nick ? ' changed the topic: ' : 'The topic is now: ', topic);
    else words.append(who, nick ? ' cleared the topic' : 'The topic was cleared');
  } else {
    words.append(who, ` ${verb}`);
    if (text) words.append(' (', make('bdi', '', text), ')');
  }
  row.append(signed(sign), words);
}

function fillNote(row, { text, tone }) {
  row.dataset.tone = tone;
  const words = make('span', 'text');
  words.append(...textNodes(text));
  row.append(signed(tone === 'error' ? '!' : '·'), words);
}

function signed(sign) {
  const span = make('span', 'sign', sign);
  span.setAttribute('aria-hidden', 'true');
  return span;
}

function make(tag, className, text = '') {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

function beside(row, step) {
  let other = row?.[step];
  while (other && !other.entry) other = other[step];
  return other ?? null;
}

const preceding = (row) => beside(row, 'previousElementSibling');
const following = (row) => beside(row, 'nextElementSibling');
