// What the three libraries' users have in common: what they heard and saw, and how to wait for it.

import { createRequire } from 'node:module';
import { join } from 'node:path';

const modules = process.env.WEBCHAT_CLIENT_MODULES ?? join(import.meta.dirname, 'node_modules');
export const require = createRequire(join(modules, 'from-here.js'));

const PATIENCE_MS = 10_000;

export class User {
  /** Messages with a body: { from, body }. */
  heard = [];
  /** Presences: { from, type }; `type` is 'available' where there is none. */
  seen = [];
  #waiting = new Set();

  hear(from, body) {
    this.heard.push({ from, body });
    this.#changed();
  }

  see(from, type) {
    this.seen.push({ from, type: type || 'available' });
    this.#changed();
  }

  hears(from, body) {
    return this.#until(`${from} says ${body}`, () =>
      this.heard.some((message) => message.from === from && message.body === body));
  }

  meets(from) {
    return this.#until(`${from} is there`, () =>
      this.seen.some((presence) => presence.from === from && presence.type === 'available'));
  }

  misses(from) {
    return this.#until(`${from} has left`, () =>
      this.seen.some((presence) => presence.from === from && presence.type === 'unavailable'));
  }

  #changed() {
    for (const check of this.#waiting) check();
  }

  #until(what, holds) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        const known = JSON.stringify({ heard: this.heard, seen: this.seen });
        reject(new Error(`never: ${what}; known: ${known}`));
      }, PATIENCE_MS);
      const check = () => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}
