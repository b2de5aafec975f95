// What stands in the log, in the room's order: entries that the room confirmed, then one's own
// messages that it has not reflected yet. No text stands twice, whatever is replayed.
//
// An entry: { key, kind, time, … }
//   message  nick, text, own, id, stanzaId, state: sent | reflected | failed, problem, private, history
//   event    what: joined | left | renamed | removed | topic, nick, text
//   note     text, tone: info | error

const KEPT = 1000;
const SAVED = 300;
const SEEN = 2000;

export class Timeline {
  entries = [];
  #listener;
  #nextKey = 1;
  #seen = new Set();

  /** `listener`: `inserted(entry, next)`, `changed(entry)`, `removed(entry)`. */
  constructor(listener) {
    this.#listener = listener;
  }

  /** Adds a confirmed entry behind the other confirmed ones; a known stanza id adds nothing. */
  add(entry) {
    if (entry.stanzaId && this.#seen.has(entry.stanzaId)) return null;
    this.#remember(entry.stanzaId);
    return this.#insert({ time: Date.now(), ...entry }, this.#firstPending());
  }

  /** Adds a message of one's own that the room has yet to reflect. */
  addPending(entry) {
    return this.#insert({ kind: 'message', own: true, state: 'sent', time: Date.now(), ...entry }, this.entries.length);
  }

  /** The message came back: it takes its place in the room's order. */
  confirm(entry, { stanzaId, time, nick }) {
    this.#remember(stanzaId);
    const inPlace = this.entries[this.#firstPending()] === entry;
    if (!inPlace) this.#take(entry);
    Object.assign(entry, { state: 'reflected', stanzaId, nick, time: time ?? entry.time, problem: null });
    if (inPlace) this.#listener.changed(entry);
    else this.#insert(entry, this.#firstPending());
  }

  fail(entry, problem) {
    Object.assign(entry, { state: 'failed', problem });
    this.#listener.changed(entry);
  }

  remove(entry) {
    this.#take(entry);
  }

  knows(stanzaId) {
    return this.#seen.has(stanzaId);
  }

  pending() {
    return this.entries.filter((entry) => entry.state === 'sent' || entry.state === 'failed');
  }

  save() {
    return { entries: this.entries.slice(-SAVED), nextKey: this.#nextKey, seen: [...this.#seen] };
  }

  restore(saved) {
    this.#nextKey = saved.nextKey;
    this.#seen = new Set(saved.seen);
    for (const entry of saved.entries) {
      this.entries.push(entry);
      this.#listener.inserted(entry, null);
    }
  }

  #insert(entry, index) {
    entry.key ??= this.#nextKey++;
    this.entries.splice(index, 0, entry);
    this.#listener.inserted(entry, this.entries[index + 1] ?? null);
    if (this.entries.length > KEPT) this.#listener.removed(this.entries.shift());
    return entry;
  }

  #take(entry) {
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.#listener.removed(entry);
  }

  #firstPending() {
    const index = this.entries.findIndex((entry) => entry.state === 'sent' || entry.state === 'failed');
    return index < 0 ? this.entries.length : index;
  }

  #remember(stanzaId) {
    if (!stanzaId) return;
    this.#seen.add(stanzaId);
    if (this.#seen.size > SEEN) this.#seen.delete(this.#seen.values().next().value);
  }
}
