// Which talk the reader sees: the channel's or a private one. The others count what was not read; every new
// message is announced, counted in the title while the page is out of sight, and may call for attention.

import { announce } from './announce.js';
import { $, h, icon } from './dom.js';
import { onLanguage, phrase } from './i18n.js';
import { attract } from './notify.js';
import { rove } from './roving.js';
import { mentions } from './text.js';

export class Talks {
  #nav = $('talks');
  #log;
  #handlers;
  #channel = '';
  #room = null; // { timeline, nick: null } of the channel itself
  #privates = [];
  #unread = new Map();
  #quiet = false;
  #refreshStops;
  active = null;

  /** `handlers`: `ownNick()`, `unseen()` for each message while the page is out of sight, `shown(talk)`, `close(talk)`. */
  constructor(log, handlers) {
    this.#log = log;
    this.#handlers = handlers;
    this.#refreshStops = rove(this.#nav, 'button', { axis: 'horizontal' });
    onLanguage(() => this.#render());
  }

  open(channel, room) {
    this.#channel = channel;
    this.#room = room;
    this.#privates = [];
    this.#unread.clear();
    this.active = room;
    this.#render();
  }

  /** What a talk's timeline calls; `talk` is `{ nick, timeline }`, with nick null for the channel. */
  listener(talk) {
    const shown = () => this.#log.isShowing(talk.timeline);
    return {
      inserted: (entry, next) => {
        if (shown()) this.#log.inserted(entry, next);
        this.#heed(talk, entry);
      },
      changed: (entry) => shown() && this.#log.changed(entry),
      removed: (entry) => shown() && this.#log.removed(entry),
    };
  }

  /** While old entries are put back, nothing is announced or counted. */
  quietly(fill) {
    this.#quiet = true;
    fill();
    this.#quiet = false;
  }

  /** A private talk that is to have a place. */
  add(talk) {
    if (!this.#privates.includes(talk)) this.#privates.push(talk);
    this.#render();
  }

  remove(talk) {
    this.#privates = this.#privates.filter((other) => other !== talk);
    this.#unread.delete(talk);
    if (this.active === talk) this.show(this.#room);
    else this.#render();
  }

  renamed() {
    this.#render();
    this.#handlers.shown(this.active);
  }

  show(talk) {
    this.active = talk;
    this.seen();
    this.#log.show(talk.timeline);
    this.#render();
    this.#handlers.shown(talk);
  }

  showRoom() {
    if (this.active !== this.#room) this.show(this.#room);
  }

  /** The reader looks at the active talk. */
  seen() {
    if (this.#unread.delete(this.active)) this.#render();
  }

  /** A new entry: what it means for somebody who does not look at it. */
  #heed(talk, entry) {
    if (this.#quiet || entry.own || entry.history) return;
    const { kind, nick, text, tone } = entry;
    if (kind === 'note' && tone === 'error') announce(text);
    if (kind === 'request') announce(phrase('voice.request-open', { who: nick }));
    if (kind !== 'message') return;
    const isPrivate = talk.nick !== null;
    announce(phrase(isPrivate ? 'announce.private' : 'announce.message', { nick, text }));
    if (isPrivate) this.add(talk);
    if (document.hidden) this.#handlers.unseen();
    if (document.hidden || talk !== this.active) {
      this.#unread.set(talk, (this.#unread.get(talk) ?? 0) + 1);
      this.#render();
    }
    if (!isPrivate && !mentions(text, this.#handlers.ownNick())) return;
    if (document.hidden || talk !== this.active) attract({ channel: this.#channel, nick, text, isPrivate });
  }

  #render() {
    this.#nav.hidden = this.#privates.length === 0;
    if (this.#nav.hidden) {
      this.#nav.replaceChildren();
      return;
    }
    const at = [...this.#nav.querySelectorAll('button')].indexOf(document.activeElement);
    const list = h('ul', {}, ...[this.#room, ...this.#privates].map((talk) => this.#item(talk)));
    this.#nav.replaceChildren(list);
    this.#refreshStops();
    if (at >= 0) (this.#nav.querySelectorAll('button')[at] ?? $('input')).focus();
  }

  #item(talk) {
    const unread = talk === this.active && !document.hidden ? 0 : (this.#unread.get(talk) ?? 0);
    const name = h('bdi', {}, talk.nick ?? `#${this.#channel}`);
    const button = h('button', { 'aria-current': talk === this.active ? 'true' : null, tabindex: -1 }, name);
    button.addEventListener('click', () => this.show(talk));
    if (unread > 0) {
      const count = h('span', { class: 'badge', 'aria-hidden': 'true' }, String(unread));
      button.append(' ', count, h('span', { class: 'hidden-text', t: 'talks.unread', values: { n: unread } }));
    }
    const item = h('li', { data: { role: 'talk', nick: talk.nick ?? '' } }, button);
    if (talk.nick !== null) {
      const close = h('button', { class: 'close', label: 'talks.close', values: { nick: talk.nick }, tabindex: -1 }, icon('close'));
      close.addEventListener('click', () => this.#handlers.close(talk));
      item.append(close);
    }
    return item;
  }
}
