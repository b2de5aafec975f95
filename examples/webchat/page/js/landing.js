// The first page: which channel, under which name.

import { $ } from './dom.js';
import { phrase, t, words } from './i18n.js';
import { remember, setting } from './settings.js';
import { admitsGuests, loginAddress } from './signon.js';

/** What a localpart cannot hold (RFC 7622 3.3.1), and what would end a path. */
const FORBIDDEN = /["&'/:<>@?#\\\u0000-\u0020]/u;

export class Landing {
  #card = $('landing');
  #form = $('landing-form');
  #problem = $('landing-problem');
  #link = null;

  /** `join(channel, nick)` is called with what was entered. */
  constructor(join) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const { channel, nick } = this.#form.elements;
      const name = channelName(channel.value);
      for (const field of [channel, nick]) field.removeAttribute('aria-invalid');
      if (!name) this.#refuse('landing.bad-channel', channel);
      else if (!nick.value.trim()) this.#refuse('landing.no-nick', nick);
      else join(name, nick.value.trim());
    });
  }

  show({ channel, nick, config }) {
    this.#card.hidden = false;
    this.#signOn(config, channel);
    this.#problem.hidden = true;
    this.#form.elements.channel.value = channel;
    this.#form.elements.nick.value = nick || setting('nick');
    this.#form.elements.nick.select();
    this.#form.elements.nick.focus();
    this.title();
  }

  title() {
    if (this.#card.hidden) return;
    document.title = t('app.title');
    $('landing-link').textContent = words(this.#link);
  }

  /** Where the site's users sign in; without guests there is nothing else to do here. */
  #signOn(config, channel) {
    const address = loginAddress(config, channel);
    const guests = admitsGuests(config);
    $('landing-sign-on').hidden = !address;
    if (address) $('landing-link').href = address;
    this.#link = address ? phrase('landing.sign-on', { site: new URL(address).host }) : null;
    for (const id of ['landing-welcome', 'landing-fields']) $(id).hidden = !guests;
    $('landing-members').hidden = guests;
  }

  hide() {
    this.#card.hidden = true;
  }

  #refuse(key, field) {
    this.#problem.textContent = t(key);
    this.#problem.hidden = false;
    field.setAttribute('aria-invalid', 'true');
    field.setAttribute('aria-describedby', 'landing-problem');
    field.focus();
  }
}

/** `#My Room` as a room's localpart, `my-room`; empty where that cannot be one. */
export function channelName(text) {
  const name = text.trim().replace(/^#+/u, '').trim().replace(/\s+/gu, '-').normalize('NFC').toLowerCase();
  return FORBIDDEN.test(name) ? '' : name;
}

export const rememberNick = (nick) => remember('nick', nick);
export const rememberedNick = () => setting('nick');
