// The list of those present: moderators first, then by name.

import { named } from './text.js';

const BATCH_MS = 30;
const collator = new Intl.Collator(undefined, { sensitivity: 'base', numeric: true });
const RANKS = { owner: 'owner', admin: 'admin' };

export class People {
  #list = document.getElementById('occupants');
  #count = document.getElementById('people-count');
  #items = new Map();
  #occupants = [];
  #timer = null;
  #choose;

  /** `choose(nick)`: a name was clicked. */
  constructor(choose) {
    this.#choose = choose;
  }

  get nicks() {
    return this.#occupants.map((occupant) => occupant.nick);
  }

  show(occupants) {
    this.#occupants = occupants;
    this.#timer ??= setTimeout(() => this.#render(), BATCH_MS);
  }

  #render() {
    this.#timer = null;
    const sorted = this.#occupants.toSorted(
      (a, b) => (b.role === 'moderator') - (a.role === 'moderator') || collator.compare(a.nick, b.nick),
    );
    const items = new Map();
    for (const occupant of sorted) {
      const mark = JSON.stringify(occupant);
      const known = this.#items.get(occupant.nick);
      items.set(occupant.nick, known?.mark === mark ? known : { mark, node: this.#item(occupant) });
    }
    this.#items = items;
    this.#list.replaceChildren(...Array.from(items.values(), ({ node }) => node));
    this.#count.textContent = String(sorted.length);
  }

  #item({ nick, role, affiliation, show }) {
    const item = document.createElement('li');
    item.dataset.role = 'occupant';
    item.dataset.nick = nick;
    const button = document.createElement('button');
    button.type = 'button';
    button.title = `Write to ${nick}`;
    button.toggleAttribute('data-away', show === 'away' || show === 'xa');
    button.append(named('bdi', 'name', nick));
    const rank = RANKS[affiliation] ?? (role === 'moderator' ? 'moderator' : role === 'visitor' ? 'listens' : '');
    if (rank) {
      const label = document.createElement('span');
      label.className = 'rank';
      label.textContent = rank;
      button.append(label);
    }
    button.addEventListener('click', () => this.#choose(nick));
    item.append(button);
    return item;
  }
}
