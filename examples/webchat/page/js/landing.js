// The first page: which channel, under which name.

const NICK_KEY = 'webchat-nick';
/** What a localpart cannot hold (RFC 7622 3.3.1), and what would end a path. */
const FORBIDDEN = /["&'/:<>@?#\\\u0000-\u0020]/u;

export class Landing {
  #card = document.getElementById('landing');
  #form = document.getElementById('landing-form');
  #problem = document.getElementById('landing-problem');

  /** `join(channel, nick)` is called with what was entered. */
  constructor(join) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const channel = channelName(this.#form.elements.channel.value);
      const nick = this.#form.elements.nick.value.trim();
      if (!channel) this.#show('That name cannot be used for a channel.', this.#form.elements.channel);
      else if (!nick) this.#show('Please enter a name.', this.#form.elements.nick);
      else join(channel, nick);
    });
  }

  show({ channel, nick }) {
    this.#card.hidden = false;
    this.#problem.hidden = true;
    this.#form.elements.channel.value = channel;
    this.#form.elements.nick.value = nick || rememberedNick();
    this.#form.elements.nick.select();
    this.#form.elements.nick.focus();
    document.title = 'Web chat';
  }

  hide() {
    this.#card.hidden = true;
  }

  #show(words, field) {
    this.#problem.textContent = words;
    this.#problem.hidden = false;
    field.focus();
  }
}

/** `#My Room` as a room's localpart, `my-room`; empty where that cannot be one. */
export function channelName(text) {
  const name = text.trim().replace(/^#+/u, '').trim().replace(/\s+/gu, '-').normalize('NFC').toLowerCase();
  return FORBIDDEN.test(name) ? '' : name;
}

export function rememberedNick() {
  try {
    return localStorage.getItem(NICK_KEY) ?? '';
  } catch {
    return '';
  }
}

export function rememberNick(nick) {
  try {
    localStorage.setItem(NICK_KEY, nick);
  } catch {
    // a convenience, not more
  }
}
