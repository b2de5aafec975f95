// The log: shows a timeline's entries, keeps to the end while the reader is there, and draws the
// lines between days and before what came while the page was out of sight.

import { $, h } from './dom.js';
import { day, onLanguage } from './i18n.js';
import { rove } from './roving.js';
import { makeRow, runWords } from './rows.js';

/** Messages of one person within this time stand under one name. */
const TOGETHER_MS = 5 * 60_000;
/** Comings and goings within this time share a line. */
const RUN_MS = 15 * 60_000;
const NEAR_END_PX = 48;
const NEAR_START_PX = 200;
const FLASH_MS = 1600;

export class Log {
  #log = $('log');
  #scroller = $('scroller');
  #toEnd = $('to-end');
  #rows = new Map();
  #timeline = null;
  #atEnd = true;
  #frame = null;
  #unread = null;
  /** The row that the reader is being led to. */
  #target = null;
  #handlers;
  #refreshStops;
  /** What the rows ask: see rows.js. */
  #view;

  /**
   * `handlers`: those of `view` in rows.js but `find` and `jump`; `nearStart()` when the reader comes near the
   * first entry, `atEnd()` when back at the last one.
   */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#view = { ...handlers, nick: null, find: (id) => this.#timeline?.find(id), jump: (id) => this.jump(id), grew: () => this.#atEnd && this.#follow() };
    this.#scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.#toEnd.addEventListener('click', () => {
      this.scrollToEnd();
      $('input').focus({ preventScroll: true });
    });
    this.#refreshStops = rove(this.#log, '.act', { start: 'last' });
    new ResizeObserver(() => this.#atEnd && this.scrollToEnd()).observe(this.#scroller);
    document.addEventListener('visibilitychange', () => document.hidden && this.#forgetUnread());
    onLanguage(() => this.#timeline && this.show(this.#timeline));
  }

  set nick(nick) {
    this.#view.nick = nick;
  }

  clear() {
    this.#timeline = null;
    this.#rows.clear();
    this.#log.replaceChildren();
    this.#unread = null;
    this.#target = null;
    this.#atEnd = true;
    this.#toEnd.hidden = true;
  }

  /** Shows another timeline, or the same one anew. */
  show(timeline) {
    this.clear();
    this.#timeline = timeline;
    for (const entry of timeline.entries) this.#place(entry, null);
    this.#refreshStops();
    this.scrollToEnd();
  }

  isShowing(timeline) {
    return this.#timeline === timeline;
  }

  /** What `fill` inserts before what the reader sees moves nothing on the screen. */
  keepPlace(fill) {
    const top = this.#scroller.getBoundingClientRect().top;
    const anchor = [...this.#log.children].find((row) => row.entry && row.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top;
    fill();
    const moved = anchor?.isConnected ? anchor.getBoundingClientRect().top - before : 0;
    // To set the place at all would stop a scroll that is under way.
    if (moved !== 0) this.#scroller.scrollTop += moved;
    this.#target?.scrollIntoView({ block: 'center' });
  }

  /** Leads the reader to a message; whether it is here. */
  jump(stanzaId) {
    const row = this.#rows.get(this.#timeline?.find(stanzaId)?.key);
    if (!row) return false;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    this.#atEnd = false;
    this.#target = row;
    row.scrollIntoView({ block: 'center', behavior: still ? 'instant' : 'smooth' });
    row.querySelector('.act')?.focus({ preventScroll: true });
    row.classList.add('flash');
    setTimeout(() => {
      row.classList.remove('flash');
      if (this.#target !== row) return;
      this.#target = null;
      this.#scrolled(); // it may have been in sight already
    }, FLASH_MS);
    return true;
  }

  scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#atEnd = true;
    this.#toEnd.hidden = true;
  }

  // ---- what the timeline says

  inserted(entry, next) {
    const row = this.#place(entry, next);
    this.#refreshStops();
    const fresh = entry.kind === 'message' && !entry.own && !entry.history;
    if (fresh && document.hidden) this.#markUnread(row);
    if (entry.own && entry.state === 'sent') this.#forgetUnread();
    if (this.#atEnd || (entry.own && entry.state === 'sent')) this.#follow();
    else if (fresh) this.#toEnd.hidden = false;
  }

  changed(entry) {
    const old = this.#rows.get(entry.key);
    const row = makeRow(entry, this.#view);
    const focused = old.contains(document.activeElement);
    old.replaceWith(row);
    this.#rows.set(entry.key, row);
    this.#arrange(row);
    this.#arrange(following(row));
    this.#refreshStops();
    if (focused) (row.querySelector('.act') ?? this.#scroller).focus({ preventScroll: true });
    if (this.#atEnd) this.#follow();
  }

  removed(entry) {
    const row = this.#rows.get(entry.key);
    if (!row) return;
    const next = following(row);
    while (row.previousElementSibling?.classList.contains('divider')) row.previousElementSibling.remove();
    if (!this.#unread?.isConnected) this.#unread = null;
    row.remove();
    this.#rows.delete(entry.key);
    this.#arrange(next);
    this.#arrangeRun(preceding(next));
    this.#refreshStops();
  }

  // ---- rows

  #place(entry, next) {
    const row = makeRow(entry, this.#view);
    this.#rows.set(entry.key, row);
    const before = next ? this.#first(this.#rows.get(next.key)) : null;
    this.#log.insertBefore(row, before);
    this.#arrange(row);
    this.#arrange(following(row));
    this.#arrangeRun(preceding(row)); // it may have been cut in two
    return row;
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
      divider = h('div', { class: 'divider day' }, day(new Date(entry.time)));
      this.#log.insertBefore(divider, this.#first(row));
    } else if (!newDay && divider) {
      divider.remove();
    }
    const continues =
      !newDay &&
      entry.kind === 'message' &&
      before?.kind === 'message' &&
      before.nick === entry.nick &&
      !entry.reply &&
      entry.time - before.time < TOGETHER_MS &&
      row.previousElementSibling === preceding(row);
    row.classList.toggle('continues', continues);
    row.classList.toggle('opens', entry.kind === 'message' && !continues);
    this.#arrangeRun(row);
  }

  /** Comings and goings that follow each other stand in the first one's line. */
  #arrangeRun(row) {
    if (!comesOrGoes(row)) return;
    let first = row;
    while (shareLine(preceding(first), first)) first = preceding(first);
    const run = [first];
    while (shareLine(run.at(-1), following(run.at(-1)))) run.push(following(run.at(-1)));
    for (const one of run) {
      one.hidden = one !== first;
      const fresh = makeRow(one.entry, this.#view);
      one.querySelector('.text').replaceChildren(...fresh.querySelector('.text').childNodes);
    }
    if (run.length > 1) first.querySelector('.text').textContent = runWords(run.map(({ entry }) => entry));
  }

  /** A row or the line above it. */
  #first(row) {
    let first = row;
    while (first?.previousElementSibling?.classList.contains('divider')) first = first.previousElementSibling;
    return first;
  }

  // ---- the reader's place

  /** Goes to the end when the browser next draws; not after each of many rows. */
  #follow() {
    this.#atEnd = true;
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.scrollToEnd();
    });
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    const wasAtEnd = this.#atEnd;
    this.#atEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    if (this.#atEnd) this.#toEnd.hidden = true;
    if (this.#atEnd && !wasAtEnd) this.#handlers.atEnd?.();
    if (!this.#atEnd && scrollTop < NEAR_START_PX) this.#handlers.nearStart?.();
  }

  #markUnread(row) {
    if (this.#unread) return;
    this.#unread = h('div', { class: 'divider unread', t: 'log.unread' });
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

const comesOrGoes = (row) => row?.entry.kind === 'event' && (row.entry.what === 'joined' || row.entry.what === 'left');

/** Whether two neighbours are comings and goings of one moment, without a line between them. */
const shareLine = (row, next) =>
  comesOrGoes(row) &&
  comesOrGoes(next) &&
  next.previousElementSibling === row &&
  next.entry.time - row.entry.time < RUN_MS;

function beside(row, step) {
  let other = row?.[step];
  while (other && !other.entry) other = other[step];
  return other ?? null;
}

const preceding = (row) => beside(row, 'previousElementSibling');
const following = (row) => beside(row, 'nextElementSibling');
