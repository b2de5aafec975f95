// What stands in the log, in the room's order: entries that the room confirmed, then one's own
// messages that it has not reflected yet. No text stands twice, whatever is replayed.
//
// An entry: { key, kind, time, … }
//   message  nick, author, text, own, id, stanzaId, state: sent | reflected | failed, problem, history,
//            reply: { id, to, nick }, edited, reactions: [[emoji, [[author, nick]…]]…], retracted: { by, reason, moderated }
//   event    what: joined | left | renamed | topic | role | …, nick, text, by
//   note     text: a phrase or a text, tone: info | error
//   request  nick, jid, state: open | granted | denied     somebody asks for voice
//
// `author` is an occupant id, or a nick where the room gives no ids.

/** Entries kept; those that the reader fetched from before come on top. */
const KEPT = 1000;
const SAVED = 300;
const SEEN = 2000;
/** Annotations whose message is not here (yet). */
const WAITING = 200;

export class Timeline {
  entries = [];
  #listener;
  #nextKey = 1;
  #seen = new Set();
  #waiting = [];
  #kept = KEPT;

  /** `listener`: `inserted(entry, next)`, `changed(entry)`, `removed(entry)`. */
  constructor(listener) {
    this.#listener = listener;
  }

  /** Adds a confirmed entry behind the other confirmed ones; a known stanza id adds nothing. */
  add(entry) {
    if (entry.stanzaId && this.#seen.has(entry.stanzaId)) return null;
    this.remember(entry.stanzaId);
    return this.#insert(this.#annotated({ time: Date.now(), ...entry }), this.#firstPending());
  }

  /**
   * Adds confirmed entries from before all others, oldest first, as an archive gives them. Known ones add
   * nothing. The listener hears of the newest first, each before the one that it knows already.
   */
  addOlder(entries) {
    const fresh = entries.filter(({ stanzaId }) => !stanzaId || !this.#seen.has(stanzaId));
    this.#kept = Math.max(this.#kept, this.entries.length + fresh.length);
    for (const entry of fresh.toReversed()) {
      this.remember(entry.stanzaId);
      this.#insert(this.#annotated({ history: true, ...entry }), 0);
    }
    return fresh.length;
  }

  /** The reader is back at the end: what was fetched from before may go. */
  trim() {
    this.#kept = KEPT;
    while (this.entries.length > this.#kept) this.#listener.removed(this.entries.shift());
  }

  /** Adds a message of one's own that the room has yet to reflect. */
  addPending(entry) {
    return this.#insert({ kind: 'message', own: true, state: 'sent', time: Date.now(), ...entry }, this.entries.length);
  }

  /** The message came back: it takes its place in the room's order. */
  confirm(entry, { stanzaId, time, nick, author }) {
    this.remember(stanzaId);
    const inPlace = this.entries[this.#firstPending()] === entry;
    if (!inPlace) this.#take(entry);
    Object.assign(entry, { state: 'reflected', stanzaId, nick, author, time: time ?? entry.time, problem: null });
    this.#annotated(entry);
    if (inPlace) this.#listener.changed(entry);
    else this.#insert(entry, this.#firstPending());
  }

  fail(entry, problem) {
    Object.assign(entry, { state: 'failed', problem });
    this.#listener.changed(entry);
  }

  /** Changes what an entry says of itself. */
  update(entry, changes) {
    Object.assign(entry, changes);
    this.#listener.changed(entry);
  }

  remove(entry) {
    this.#take(entry);
  }

  knows(stanzaId) {
    return this.#seen.has(stanzaId);
  }

  /** A stanza that was taken in, be it shown or not. */
  remember(stanzaId) {
    if (!stanzaId) return;
    this.#seen.add(stanzaId);
    if (this.#seen.size > SEEN) this.#seen.delete(this.#seen.values().next().value);
  }

  find(stanzaId) {
    return stanzaId ? this.entries.findLast((entry) => entry.stanzaId === stanzaId) : undefined;
  }

  pending() {
    return this.entries.filter((entry) => entry.state === 'sent' || entry.state === 'failed');
  }

  // ---- what is said about messages

  /**
   * A reaction or a retraction: `{ what, id, author, nick, … }` of annotations.js. It waits where its message
   * is not here (MUC MO4).
   */
  annotate(annotation) {
    const entry = this.find(annotation.id);
    if (!entry) {
      this.#waiting = [...this.#waiting, annotation].slice(-WAITING);
    } else if (apply(entry, annotation)) {
      this.#listener.changed(entry);
    }
    return Boolean(entry);
  }

  /**
   * A correction of the author's last message, told by its id (MUC MO6). Whether it was one: else it is a
   * message of its own.
   */
  correct({ replaces, author, text }) {
    const last = author && this.entries.findLast((entry) => entry.kind === 'message' && entry.author === author);
    if (!last || last.id !== replaces || last.state !== 'reflected' || last.retracted) return false;
    this.update(last, { text, edited: true });
    return true;
  }

  save() {
    const entries = this.entries.slice(-SAVED);
    return { entries, nextKey: this.#nextKey, seen: [...this.#seen], waiting: this.#waiting };
  }

  restore(saved) {
    this.#nextKey = saved.nextKey;
    this.#seen = new Set(saved.seen);
    this.#waiting = saved.waiting;
    for (const entry of saved.entries) {
      this.entries.push(entry);
      this.#listener.inserted(entry, null);
    }
  }

  /** With what waited for it. */
  #annotated(entry) {
    if (!entry.stanzaId) return entry;
    for (const annotation of this.#waiting) {
      if (annotation.id === entry.stanzaId) apply(entry, annotation);
    }
    this.#waiting = this.#waiting.filter(({ id }) => id !== entry.stanzaId);
    return entry;
  }

  #insert(entry, index) {
    entry.key ??= this.#nextKey++;
    this.entries.splice(index, 0, entry);
    this.#listener.inserted(entry, this.entries[index + 1] ?? null);
    if (this.entries.length > this.#kept) this.#listener.removed(this.entries.shift());
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
}

/** Whether an annotation changed an entry: authors take back their own, the room takes back any (MUC MO3, MO4). */
function apply(entry, { what, author, nick, emoji, moderated, by, reason }) {
  if (what === 'retraction') {
    if (entry.retracted || (!moderated && entry.author !== author)) return false;
    Object.assign(entry, { text: '', reply: null, reactions: [], retracted: { by, reason, moderated: Boolean(moderated) } });
    return true;
  }
  if (entry.retracted) return false;
  entry.reactions = react(entry.reactions ?? [], emoji, author, nick);
  return true;
}

/** The reactions once `author` has these and no others; each keeps its place. */
function react(reactions, emoji, author, nick) {
  const all = reactions.map(([one, people]) => [
    one,
    emoji.includes(one) ? people : people.filter(([person]) => person !== author),
  ]);
  for (const one of emoji) {
    const known = all.find(([other]) => other === one);
    if (!known) all.push([one, [[author, nick]]]);
    else if (!known[1].some(([person]) => person === author)) known[1].push([author, nick]);
  }
  return all.filter(([, people]) => people.length > 0);
}
