// The chat's surroundings: bar, notices, dialogs, title. Log, people and composer are files of
// their own.
//
// Hooks that tests may rely on:
//   #chat[data-connection=connecting|online|offline|failed|closed][data-room=out|waiting|joining|joined]
//   #channel, #topic, #own-nick, #notice, #input, #send, #leave, #people-count
//   [data-role=message][data-nick][data-id][data-state=sent|reflected|failed][data-own] with .text inside
//   [data-role=event][data-what=joined|left|renamed|topic|kicked|banned|removed][data-nick]
//   [data-role=note][data-tone=info|error]
//   [data-role=occupant][data-nick]
//   #landing-form with [name=channel] and [name=nick]; #nick-dialog with #nick-input and #nick-problem

import { paint } from './text.js';

/** A short interruption is shown by the dot alone. */
const PATIENCE_MS = 1200;

const $ = (id) => document.getElementById(id);

export class Ui {
  #chat = $('chat');
  #channel = '';
  #unread = 0;
  #connection = 'connecting';
  #room = 'out';
  #why = '';
  #timer = null;
  #patient = false;
  #sticky = null;
  #asked = null;

  /** `handlers`: `leave()`, `changeNick()`. */
  constructor(handlers) {
    $('leave').addEventListener('click', () => handlers.leave());
    $('own-nick').addEventListener('click', () => handlers.changeNick());
    $('people-toggle').addEventListener('click', () => this.#togglePeople());
    $('conversation').addEventListener('click', () => this.#closeDrawer());
    $('topic').addEventListener('keydown', (event) => event.key === 'Escape' && $('topic').blur());
    document.addEventListener('keydown', (event) => event.key === 'Escape' && this.#closeDrawer());
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return;
      this.#unread = 0;
      this.#title();
    });
    if (navigator.clipboard) {
      $('copy-link').hidden = false;
      $('copy-link').addEventListener('click', () => this.#copyLink());
    }
  }

  open(channel) {
    this.#channel = channel;
    this.#chat.hidden = false;
    $('channel').textContent = channel;
    this.topic('');
    this.#sticky = null;
    this.#unread = 0;
    this.#title();
    this.#update();
  }

  close() {
    this.#chat.hidden = true;
    clearTimeout(this.#timer);
  }

  topic(text) {
    $('topic').textContent = text;
    $('topic').title = text;
  }

  nick(nick) {
    $('own-nick').textContent = nick;
    paint($('own-nick'), nick);
  }

  connection(state) {
    this.#connection = state;
    this.#update();
  }

  room(state, why) {
    this.#room = state;
    this.#why = why;
    if (state !== 'out') this.#sticky = null;
    this.#update();
  }

  /** A notice that stays until something changes, with something to do about it. */
  stop(words, label, act) {
    this.#sticky = { words, label, act };
    this.#update();
  }

  unread() {
    this.#unread += 1;
    this.#title();
  }

  /** Asks for a name; null if the person would rather not. */
  askNick({ title, value, problem = '', action }) {
    const dialog = $('nick-dialog');
    const form = dialog.querySelector('form');
    $('nick-title').textContent = title;
    $('nick-problem').textContent = problem;
    $('nick-problem').hidden = !problem;
    $('nick-input').value = value;
    form.querySelector('[type=submit]').textContent = action;
    this.#asked?.(null);
    const { promise, resolve } = Promise.withResolvers();
    const listeners = new AbortController();
    const { signal } = listeners;
    this.#asked = (answer) => {
      this.#asked = null;
      listeners.abort();
      dialog.close();
      resolve(answer);
    };
    $('nick-cancel').addEventListener('click', () => this.#asked(null), { signal });
    dialog.addEventListener('cancel', () => this.#asked(null), { signal });
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const nick = $('nick-input').value.trim();
      if (nick) this.#asked(nick);
    }, { signal });
    dialog.showModal();
    $('nick-input').select();
    return promise;
  }

  #update() {
    this.#chat.dataset.connection = this.#connection;
    this.#chat.dataset.room = this.#room;
    const words = this.#words();
    const shown = $('connection-words');
    if (shown.textContent !== words) shown.textContent = words;
    const broken = this.#connection === 'offline' || (this.#connection === 'connecting' && this.#patient) || this.#why;
    if (!broken) {
      clearTimeout(this.#timer);
      this.#timer = null;
      this.#patient = false;
    } else {
      this.#timer ??= setTimeout(() => {
        this.#patient = true;
        this.#update();
      }, PATIENCE_MS);
    }
    const lost = 'The connection is lost. Reconnecting…';
    if (this.#sticky) this.#notice('bad', this.#sticky.words, this.#sticky.label, this.#sticky.act);
    else if (this.#patient) this.#notice('warn', this.#connection === 'online' ? this.#why : lost);
    else $('notice').hidden = true;
  }

  #words() {
    if (this.#connection === 'connecting') return 'Connecting…';
    if (this.#connection === 'offline') return 'Offline – reconnecting…';
    if (this.#connection !== 'online') return 'Not connected';
    return { joined: 'Online', out: 'Not in the channel' }[this.#room] ?? 'Joining…';
  }

  #notice(tone, words, label, act) {
    const notice = $('notice');
    notice.dataset.tone = tone;
    if ($('notice-words').textContent !== words) $('notice-words').textContent = words;
    const button = $('notice-action');
    button.hidden = !label;
    button.textContent = label ?? '';
    button.onclick = act ?? null;
    notice.hidden = false;
  }

  #title() {
    document.title = `${this.#unread ? `(${this.#unread}) ` : ''}#${this.#channel}`;
  }

  #togglePeople() {
    const visible = getComputedStyle($('people')).display !== 'none';
    this.#chat.dataset.people = visible ? 'hidden' : 'shown';
    $('people-toggle').setAttribute('aria-expanded', String(!visible));
  }

  #closeDrawer() {
    if (this.#chat.dataset.people === 'shown' && getComputedStyle($('people')).position === 'fixed') this.#togglePeople();
  }

  async #copyLink() {
    const link = new URL(`?channel=${encodeURIComponent(this.#channel)}`, document.baseURI);
    const button = $('copy-link');
    try {
      await navigator.clipboard.writeText(link.href);
      button.textContent = 'Copied';
    } catch {
      button.textContent = link.href;
    }
    setTimeout(() => (button.textContent = 'Copy invitation link'), 3000);
  }
}
