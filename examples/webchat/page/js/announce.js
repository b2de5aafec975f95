// What a screen reader says by itself: each new message once, and nothing of what is drawn again,
// put back after a reload or fetched from before.

import { $ } from './dom.js';
import { words } from './i18n.js';

/** Long enough to be read out, short enough that nobody walks into old ones. */
const KEPT = 20;

export function announce(what) {
  const line = document.createElement('p');
  line.textContent = words(what);
  $('announcer').append(line);
  while ($('announcer').childElementCount > KEPT) $('announcer').firstElementChild.remove();
}

export const forgetAnnouncements = () => $('announcer').replaceChildren();
