// A menu at a button: arrows, Home, End and first letters move, Escape and Tab close it, and the focus
// goes back to the button.

import { h } from './dom.js';
import { words } from './i18n.js';
import { rove } from './roving.js';

const GAP_PX = 4;

let open = null;

/**
 * Opens a menu at `anchor`, or closes the one that is open there. `items`:
 * `{ label: phrase or text, act, danger, name }`, `{ row: [{ label, text, act, checked }] }` for a line of small ones,
 * or 'line'. `label` names the menu.
 */
export function openMenu(anchor, items, label) {
  const again = open?.anchor === anchor;
  open?.close(again);
  if (again || items.length === 0) return;

  const menu = h('div', { class: 'menu', role: 'menu', 'aria-label': words(label), popover: 'manual' });
  for (const item of items) menu.append(itemNode(item, (act) => choose(act)));
  const listeners = new AbortController();
  const { signal } = listeners;
  const close = (giveBack) => {
    if (open?.menu !== menu) return;
    open = null;
    listeners.abort();
    menu.remove();
    anchor.setAttribute('aria-expanded', 'false');
    if (giveBack && anchor.isConnected) anchor.focus({ preventScroll: true });
  };
  const choose = (act) => {
    close(true);
    act();
  };
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' || event.key === 'Tab') {
      if (event.key === 'Escape') event.preventDefault();
      event.stopPropagation();
      close(true);
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && event.key !== ' ') {
      jump(menu, event.key);
    }
  });
  document.addEventListener(
    'pointerdown',
    ({ target }) => !menu.contains(target) && !anchor.contains(target) && close(false),
    { signal, capture: true },
  );
  window.addEventListener('resize', () => close(true), { signal });
  // In the landmark that it belongs to; on the screen it is above all, wherever it stands.
  (anchor.closest('header, main, aside, nav, form') ?? document.body).append(menu);
  open = { anchor, menu, close };
  anchor.setAttribute('aria-expanded', 'true');
  menu.showPopover();
  place(menu, anchor);
  rove(menu, '[role^=menuitem]', { axis: 'both', wrap: true })();
  menu.querySelector('[role^=menuitem]').focus();
}

export const closeMenu = () => open?.close(false);

function itemNode(item, choose) {
  if (item === 'line') return h('div', { role: 'separator' });
  if (item.row) {
    const row = item.row.map(({ label, text, act, checked }) =>
      h('button', {
        role: 'menuitemcheckbox',
        'aria-checked': String(checked),
        'aria-label': words(label),
        tabindex: -1,
        on: { click: () => choose(act) },
      }, text),
    );
    return h('div', { class: 'row-of-items', role: 'group', 'aria-label': words(item.label) }, ...row);
  }
  const { label, act, danger = false, name = null } = item;
  const properties = { role: 'menuitem', class: danger ? 'danger' : '', tabindex: -1, on: { click: () => choose(act) } };
  return h('button', { ...properties, data: name ? { name } : {} }, words(label));
}

/** To the next item that begins with a letter. */
function jump(menu, letter) {
  const items = [...menu.querySelectorAll('[role=menuitem]')];
  const at = items.indexOf(document.activeElement);
  const starts = (item) => item.textContent.trim().toLocaleLowerCase().startsWith(letter.toLocaleLowerCase());
  [...items.slice(at + 1), ...items.slice(0, at + 1)].find(starts)?.focus();
}

/** Below the anchor, or above where there is no room; never beyond the window. */
function place(menu, anchor) {
  const from = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const rtl = getComputedStyle(anchor).direction === 'rtl';
  const left = rtl || from.left + width > clientWidth - GAP_PX ? from.right - width : from.left;
  const below = from.bottom + GAP_PX;
  const top = below + height > clientHeight - GAP_PX ? from.top - GAP_PX - height : below;
  menu.style.left = `${Math.max(GAP_PX, Math.min(left, clientWidth - width - GAP_PX))}px`;
  menu.style.top = `${Math.max(GAP_PX, Math.min(top, clientHeight - height - GAP_PX))}px`;
}
