// The chat's surroundings: bar, notices, title, the dialog that asks for a name. Log, people, talks
// and composer are files of their own.
//
// Hooks that tests may rely on:
//   #chat[data-connection=connecting|online|offline|failed|closed][data-room=out|waiting|joining|joined]
//   #channel, #topic, #own-nick, #notice, #input, #send, #leave, #more, #people-count
//   [data-role=message][data-nick][data-id][data-state=sent|reflected|failed][data-own][data-retracted] with .text
//   [data-role=event][data-what=joined|left|renamed|topic|kicked|banned|removed|standing][data-nick]
//   #notice-link, #notice-action: what can be done about a notice
//   [data-role=note][data-tone=info|error], [data-role=request][data-nick][data-state=open|granted|denied]
//   [data-role=occupant][data-nick], [data-role=talk][data-nick]
//   .menu [role^=menuitem][data-name]
//   #landing-form with [name=channel] and [name=nick]; #nick-dialog with #nick-input and #nick-problem

import { $ } from './dom.js';
import { onLanguage, phrase, t, words } from './i18n.js';
import { addressOf } from './place.js';
import { paint } from './text.js';

/** A short interruption is shown by the dot alone. */
const PATIENCE_MS = 1200;
const COPIED_MS = 3000;

export class Ui {
  channel = '';
  #chat = $('chat');
  #unread = 0;
  #connection = 'connecting';
  #room = 'out';
  #why = '';
  #timer = null;
  #patient = false;
  #sticky = null;
  #asked = null;
  #nick = '';
  #copied = null;

  /** `handlers`: `leave()`, `changeNick()`, `topic()`, `more(button)`, `seen()` when the page is in sight again. */
  constructor(handlers) {
    $('leave').addEventListener('click', () => handlers.leave());
    $('own-nick').addEventListener('click', () => handlers.changeNick());
    $('topic').addEventListener('click', () => handlers.topic());
    $('more').addEventListener('click', ({ currentTarget }) => handlers.more(currentTarget));
    $('people-toggle').addEventListener('click', () => this.#togglePeople());
    $('conversation').addEventListener('click', () => this.#closeDrawer());
    // With a `<base>`, a link to `#input` would leave the page.
    $('skip').addEventListener('click', (event) => {
      event.preventDefault();
      $('input').focus();
    });
    document.addEventListener('keydown', (event) => event.key === 'Escape' && this.#closeDrawer());
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return;
      this.#unread = 0;
      this.#title();
      handlers.seen();
    });
    if (navigator.clipboard) {
      $('copy-link').hidden = false;
      $('copy-link').addEventListener('click', () => this.#copyLink());
    }
    onLanguage(() => this.#relabel());
  }

  open(channel) {
    this.channel = channel;
    this.#chat.hidden = false;
    $('channel').textContent = channel;
    $('people-toggle').setAttribute('aria-expanded', String(getComputedStyle($('people')).display !== 'none'));
    this.topic('');
    this.#sticky = null;
    this.#unread = 0;
    this.#title();
    this.#relabel();
  }

  close() {
    this.#chat.hidden = true;
    clearTimeout(this.#timer);
  }

  topic(text) {
    $('topic').textContent = text;
    $('topic').hidden = !text;
  }

  nick(nick) {
    this.#nick = nick;
    $('own-nick').textContent = nick;
    paint($('own-nick'), nick);
    this.#relabel();
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

  /**
   * A notice that stays until something changes, with something to do about it: a phrase and the key of a label; perhaps a
   * link too, { label, href }.
   */
  stop(what, label, act, link = null) {
    this.#sticky = { what, label, act, link };
    this.#update();
  }

  /** One more message that was not seen. */
  unread() {
    this.#unread += 1;
    this.#title();
  }

  /** Asks for a name; null if the person would rather not. `title` and `problem` are phrases, `action` a key. */
  askNick({ title, value, problem = null, action }) {
    const dialog = $('nick-dialog');
    const form = dialog.querySelector('form');
    $('nick-title').textContent = words(title);
    $('nick-problem').textContent = words(problem);
    $('nick-problem').hidden = !problem;
    $('nick-input').value = value;
    form.querySelector('[type=submit]').textContent = t(action);
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

  #relabel() {
    $('own-nick').title = t('nick.change');
    $('own-nick').setAttribute('aria-label', t('nick.own', { nick: this.#nick }));
    $('copy-link').textContent = this.#copied ?? t('link.copy');
    this.#title();
    this.#update();
  }

  #update() {
    this.#chat.dataset.connection = this.#connection;
    this.#chat.dataset.room = this.#room;
    const shown = $('connection-words');
    const now = t(this.#state());
    if (shown.textContent !== now) shown.textContent = now;
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
    if (this.#sticky) this.#notice('bad', this.#sticky);
    else if (this.#patient) this.#notice('warn', { what: this.#connection === 'online' ? this.#why : phrase('state.lost') });
    else $('notice').hidden = true;
  }

  #state() {
    if (this.#connection === 'connecting') return 'state.connecting';
    if (this.#connection === 'offline') return 'state.offline';
    if (this.#connection !== 'online') return 'state.closed';
    return { joined: 'state.online', out: 'state.out' }[this.#room] ?? 'state.joining';
  }

  #notice(tone, { what, label, act, link }) {
    const notice = $('notice');
    notice.dataset.tone = tone;
    const now = words(what);
    if ($('notice-words').textContent !== now) $('notice-words').textContent = now;
    const away = $('notice-link');
    away.hidden = !link;
    away.textContent = link ? t(link.label) : '';
    if (link) away.href = link.href;
    else away.removeAttribute('href');
    const button = $('notice-action');
    button.hidden = !label;
    button.textContent = label ? t(label) : '';
    button.onclick = act ?? null;
    notice.hidden = false;
  }

  #title() {
    if (!this.#chat.hidden) document.title = `${this.#unread ? `(${this.#unread}) ` : ''}#${this.channel}`;
  }

  #togglePeople() {
    const visible = getComputedStyle($('people')).display !== 'none';
    this.#chat.dataset.people = visible ? 'hidden' : 'shown';
    $('people-toggle').setAttribute('aria-expanded', String(!visible));
    if (!visible) $('occupants').querySelector('[tabindex="0"]')?.focus();
  }

  #closeDrawer() {
    const drawer = this.#chat.dataset.people === 'shown' && getComputedStyle($('people')).position === 'fixed';
    if (!drawer || document.querySelector('.menu, dialog[open]')) return;
    const inside = $('people').contains(document.activeElement);
    this.#togglePeople();
    if (inside) $('people-toggle').focus();
  }

  /** The address of this page for others. */
  get link() {
    return addressOf(this.channel).href;
  }

  async #copyLink() {
    try {
      await navigator.clipboard.writeText(this.link);
      this.#copied = t('link.copied');
    } catch {
      this.#copied = this.link;
    }
    this.#relabel();
    setTimeout(() => {
      this.#copied = null;
      this.#relabel();
    }, COPIED_MS);
  }
}
