// One stop for Tab in a list, arrows within it (WAI-ARIA, "roving tabindex").

const STEPS = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 };

/**
 * Makes the elements below `root` that match `selector` one stop, at first the first or the last of them.
 * `axis`: 'vertical', 'horizontal' or 'both'. Returns a function to call when the elements have changed.
 */
export function rove(root, selector, { axis = 'vertical', wrap = false, start = 'first' } = {}) {
  let current = null;
  const all = () => [...root.querySelectorAll(selector)].filter((element) => !element.closest('[hidden]'));
  const turns = (key) => axis === 'both' || (axis === 'vertical') === (key === 'ArrowDown' || key === 'ArrowUp');

  const choose = (element) => {
    if (current && current !== element) current.tabIndex = -1;
    current = element;
    if (current) current.tabIndex = 0;
  };
  const refresh = () => {
    const stays = current?.isConnected && root.contains(current) && !current.closest('[hidden]');
    if (stays && (start === 'first' || root.contains(document.activeElement))) return;
    const elements = all();
    choose((start === 'first' ? elements[0] : elements.at(-1)) ?? null);
  };
  root.addEventListener('focusin', ({ target }) => {
    const element = target.closest(selector);
    if (element && root.contains(element)) choose(element);
  });
  root.addEventListener('keydown', (event) => {
    const here = event.target.closest?.(selector);
    if (!here || event.ctrlKey || event.altKey || event.metaKey) return;
    const elements = all();
    let to = null;
    if (event.key in STEPS && turns(event.key)) {
      const index = elements.indexOf(here) + STEPS[event.key];
      to = elements[wrap ? (index + elements.length) % elements.length : index];
    } else if (event.key === 'Home') to = elements[0];
    else if (event.key === 'End') to = elements.at(-1);
    else return;
    event.preventDefault();
    to?.focus();
  });
  return refresh;
}
