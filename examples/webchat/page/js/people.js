// The list of those present: moderators first, then by name.

import { $, h } from './dom.js';
import { compareNames, onLanguage } from './i18n.js';
import { rove } from './roving.js';
import { named } from './text.js';

const BATCH_MS = 30;

export class People {
  #list = $('occupants');
  #count = $('people-count');
  #items = new Map();
  #occupants = [];
  #own = null;
  #timer = null;
  #choose;
  #refreshStops;

  /** `choose(occupant, button)`: somebody's button was pressed. */
  constructor(choose) {
    this.#choose = choose;
    this.#refreshStops = rove(this.#list, 'button');
    onLanguage(() => this.#render());
  }

  get nicks() {
    return this.#occupants.map((occupant) => occupant.nick);
  }

  /** `own` is one's own nick. */
  show(occupants, own) {
    this.#occupants = occupants;
    this.#own = own;
    this.#timer ??= setTimeout(() => this.#render(), BATCH_MS);
  }

  #render() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const sorted = this.#occupants.toSorted(
      (a, b) => (b.role === 'moderator') - (a.role === 'moderator') || compareNames(a.nick, b.nick),
    );
    const focused = document.activeElement?.closest('#occupants li')?.dataset.nick;
    const items = new Map();
    for (const occupant of sorted) {
      const own = occupant.nick === this.#own;
      const mark = JSON.stringify([occupant, own]);
      const known = this.#items.get(occupant.nick);
      items.set(occupant.nick, known?.mark === mark ? known : { mark, node: this.#item(occupant, own) });
    }
    this.#items = items;
    this.#list.replaceChildren(...Array.from(items.values(), ({ node }) => node));
    this.#count.textContent = String(sorted.length);
    if (focused !== undefined) items.get(focused)?.node.firstElementChild.focus({ preventScroll: true });
    this.#refreshStops();
  }

  #item(occupant, own) {
    const { nick, role, affiliation, show } = occupant;
    const away = show === 'away' || show === 'xa';
    const button = h(
      'button',
      {
        'aria-haspopup': 'menu',
        'aria-expanded': 'false',
        tabindex: -1,
        data: away ? { away: '' } : {},
        on: { click: ({ currentTarget }) => this.#choose(occupant, currentTarget) },
      },
      named('bdi', 'name', nick),
    );
    const rank = rankOf(role, affiliation);
    if (own) button.append(' ', h('span', { class: 'you', t: 'people.you' }));
    if (rank) button.append(' ', h('span', { class: 'rank', t: rank }));
    if (away) button.append(' ', h('span', { class: 'hidden-text', t: 'people.away' }));
    return h('li', { data: { role: 'occupant', nick, rank: rank ?? '' } }, button);
  }
}

/** What others should know of somebody's standing, as a key of words. */
function rankOf(role, affiliation) {
  if (affiliation === 'owner' || affiliation === 'admin') return `people.${affiliation}`;
  if (role === 'moderator') return 'people.moderator';
  if (role === 'visitor') return 'people.visitor';
  return affiliation === 'member' ? 'people.member' : null;
}
