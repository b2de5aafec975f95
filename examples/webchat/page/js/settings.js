// What the reader chose, in localStorage: for all channels and tabs of this server.

const KEY = 'webchat-settings';
const DEFAULTS = {
  /** A code of lang/, or empty for the browser's choice. */
  language: '',
  /** The last name used. */
  nick: '',
  sound: false,
  notify: false,
};

let known = null;

export function setting(name) {
  known ??= load();
  return known[name];
}

export function remember(name, value) {
  known = { ...load(), [name]: value };
  try {
    localStorage.setItem(KEY, JSON.stringify(known));
  } catch {
    // a convenience, not more
  }
}

/** Only what has the type of its default: another version of the page may have written it. */
function load() {
  const read = {};
  try {
    Object.assign(read, JSON.parse(localStorage.getItem(KEY)));
  } catch {
    // switched off, or not ours
  }
  const kept = Object.entries(DEFAULTS).map(([name, value]) => [
    name,
    typeof read[name] === typeof value ? read[name] : value,
  ]);
  return Object.fromEntries(kept);
}

// Another tab changed something.
globalThis.addEventListener?.('storage', ({ key }) => {
  if (key === KEY) known = null;
});
