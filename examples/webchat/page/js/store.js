// What a reload must not lose, in sessionStorage: it belongs to the tab and goes with it.
//
// A duplicated tab starts with a copy of it. Two pages in one session would fight, so the state is
// handed on only by a page that went away (it leaves a mark), or if no other page answers for it.

const STATE = 'webchat';
const RELEASED = 'webchat-released';
const ANSWER_MS = 250;
/** Of what is kept: another version of the page cannot read it, and starts anew. */
const VERSION = 2;

export class Store {
  #tab = null;
  #channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('webchat') : null;

  constructor() {
    if (!this.#channel) return;
    this.#channel.onmessage = ({ data }) => {
      if (data.ask && data.ask === this.#tab) this.#channel.postMessage({ taken: data.ask });
    };
  }

  /** The state of the page before this one in the tab, or null. */
  async load() {
    const saved = read(STATE);
    const released = read(RELEASED);
    this.take();
    if (saved?.version !== VERSION || (!released && (await this.#isTaken(saved.tab)))) {
      this.#tab = crypto.getRandomValues(new Uint32Array(2)).join('-');
      this.clear();
      return null;
    }
    this.#tab = saved.tab;
    return saved;
  }

  save(state) {
    write(STATE, { ...state, tab: this.#tab, version: VERSION });
  }

  clear() {
    remove(STATE);
  }

  /** The page goes away: the next one in this tab may go on. */
  release() {
    write(RELEASED, true);
  }

  take() {
    remove(RELEASED);
  }

  #isTaken(tab) {
    if (!this.#channel) return true;
    const { promise, resolve } = Promise.withResolvers();
    const hear = ({ data }) => data.taken === tab && resolve(true);
    this.#channel.addEventListener('message', hear);
    this.#channel.postMessage({ ask: tab });
    setTimeout(resolve, ANSWER_MS, false);
    return promise.finally(() => this.#channel.removeEventListener('message', hear));
  }
}

// Storage may be switched off or full; then a reload is a new start.

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    remove(key);
  }
}

function remove(key) {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // nothing to remove then
  }
}
