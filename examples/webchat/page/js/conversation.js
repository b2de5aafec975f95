// What is said in a room: sending, confirming by reflection, and after an absence filling the gap
// from the room's history, so that each text stands exactly once.
//
//   - A replayed message is told from a known one by its stanza id; what follows the last known one in
//     the replay is new.
//   - An own message is confirmed by its reflection: same id, and own occupant id or nick (MUC GC10).
//   - After a lost session an own message is sent once more, under the same id, only if the replay
//     does not hold it; where the replay does not reach back far enough, the person decides.

import { read, writeReactions, writeReply, writeRetraction } from './annotations.js';
import { phrase, t } from './i18n.js';
import { NS, child, children, el, randomId, stanzaError } from './xml.js';
import { errorWords } from './words.js';

const REFLECT_MS = 20_000;
/** Asked for beyond the time away, so that the last known message is in the replay. */
const OVERLAP_S = 60;

export class Conversation {
  #client;
  #jid;
  #timeline;
  #room;
  #replay = null; // between a join and the subject: the history received so far
  #lastStanzaId = null;

  /**
   * `room`: `inside()` whether one is in it, `isOwn(occupantId, nick)`, `ping(present)`, `rejoin()`, and
   * the names `nick` and `wanted`.
   */
  constructor(client, jid, timeline, room) {
    this.#client = client;
    this.#jid = jid;
    this.#timeline = timeline;
    this.#room = room;
  }

  /** Whether the history of the last join is complete. */
  get settled() {
    return this.#replay === null;
  }

  save() {
    return this.#lastStanzaId;
  }

  restore(lastStanzaId) {
    this.#lastStanzaId = lastStanzaId;
    for (const entry of this.#timeline.pending()) this.#watch(entry);
  }

  /** What to ask for on joining, the room's last sign of life being at `aliveAt`: an element or null. */
  history(aliveAt) {
    this.#replay = [];
    if (!this.#lastStanzaId) return null; // the room's own default
    return el('history', NS.MUC, { seconds: Math.ceil((Date.now() - aliveAt) / 1000) + OVERLAP_S });
  }

  // ---- what the person says

  /** Says a text; `replyTo` an entry, or `replaces` the own entry that it corrects. */
  say(text, { replyTo = null, replaces = null } = {}) {
    const nick = this.#room.nick ?? this.#room.wanted;
    const reply = replyTo && { id: replyTo.stanzaId, to: `${this.#jid}/${replyTo.nick}`, nick: replyTo.nick, text: replyTo.text };
    this.#timeline.addPending({ nick, text, id: randomId(), reply, replaces: replaces?.id ?? null });
    this.sendUnsent();
  }

  /** Says again what failed, as a new message. */
  again(entry) {
    const { text, reply, replaces } = entry;
    this.#timeline.remove(entry);
    this.#timeline.addPending({ nick: this.#room.nick ?? this.#room.wanted, text, id: randomId(), reply, replaces });
    this.sendUnsent();
  }

  /** Adds or takes back one of one's own reactions to a message. */
  react(entry, emoji) {
    const mine = (entry.reactions ?? []).filter(([, people]) => people.some(([author, nick]) => this.#isOwn(author, nick)));
    const all = mine.map(([one]) => one);
    const wanted = all.includes(emoji) ? all.filter((one) => one !== emoji) : [...all, emoji];
    this.#send(randomId(), writeReactions(entry.stanzaId, wanted));
  }

  retract(entry) {
    this.#send(randomId(), writeRetraction(entry.stanzaId, t('retract.fallback')));
  }

  /** Sends what waits for the room, or was given to a session that is over. */
  sendUnsent() {
    if (!this.settled || !this.#room.inside() || this.#client.state !== 'online') return;
    for (const entry of this.#unsent()) {
      entry.epoch = this.#client.epoch;
      const content = entry.reply ? writeReply(entry.reply, entry.text) : [el('body', NS.CLIENT, {}, entry.text)];
      if (entry.replaces) content.push(el('replace', NS.CORRECT, { id: entry.replaces }));
      this.#send(entry.id, [...content, el('origin-id', NS.ORIGIN_ID, { id: entry.id })]);
      this.#watch(entry);
    }
  }

  // ---- what comes

  /** A message to all, from history or live; `nick` is null where the room itself speaks. */
  received(stanza, nick) {
    const annotation = read(stanza, nick === null);
    if (!annotation) return;
    const delay = children(stanza, 'delay', NS.DELAY).find((e) => e.getAttribute('from') === this.#jid);
    const stamp = Date.parse(delay?.getAttribute('stamp') ?? '');
    const stanzaId = children(stanza, 'stanza-id', NS.ORIGIN_ID).find((e) => e.getAttribute('by') === this.#jid);
    const said = {
      ...annotation,
      nick,
      author: occupantId(stanza) ?? nick,
      messageId: stanza.getAttribute('id'),
      stanzaId: stanzaId?.getAttribute('id') ?? null,
      own: nick !== null && this.#room.isOwn(occupantId(stanza), nick),
      time: Number.isNaN(stamp) ? Date.now() : stamp,
    };
    if (this.#replay && delay) {
      this.#replay.push(said);
    } else {
      if (said.what === 'message') this.settle(false);
      this.#take(said, false);
    }
  }

  refused(stanza) {
    const { condition, text } = stanzaError(stanza);
    const entry = this.#timeline.pending().find(({ id }) => id === stanza.getAttribute('id'));
    if (!entry) {
      this.#timeline.add({ kind: 'note', text: errorWords(condition, text), tone: 'error' });
    } else if (condition === 'not-acceptable' || condition === 'item-not-found') {
      entry.epoch = null; // refused because we are not inside: back in, then once more
      this.#room.rejoin();
    } else {
      this.#timeline.fail(entry, errorWords(condition, text));
    }
  }

  /** The replay is complete; `created` if the room is a new one, whose history cannot know ours. */
  settle(created) {
    const replay = this.#replay;
    if (!replay || !this.#room.inside()) return;
    this.#replay = null;
    const last = this.#lastStanzaId;
    const index = replay.findIndex(({ stanzaId }) => stanzaId !== null && stanzaId === last);
    const gap = last !== null && index < 0 && replay.length > 0 && !created;
    if (gap) this.#timeline.add({ kind: 'note', text: phrase('note.gap'), tone: 'info' });
    for (const said of replay.slice(index + 1)) this.#take(said, last === null);
    for (const entry of gap ? this.#unsent() : []) {
      if (entry.epoch) this.#timeline.fail(entry, phrase('message.unknown'));
    }
    this.sendUnsent();
  }

  #unsent() {
    return this.#timeline.pending().filter((entry) => entry.state === 'sent' && entry.epoch !== this.#client.epoch);
  }

  #isOwn(author, nick) {
    return this.#room.isOwn(author === nick ? null : author, nick);
  }

  #take(said, history) {
    const { what, stanzaId } = said;
    if (stanzaId && this.#timeline.knows(stanzaId)) return;
    if (stanzaId) this.#lastStanzaId = stanzaId;
    if (what === 'message') {
      this.#takeMessage(said, history);
    } else {
      this.#timeline.remember(stanzaId);
      this.#timeline.annotate(said);
    }
  }

  #takeMessage({ nick, author, text, reply, replaces, retracted, messageId: id, stanzaId, own, time }, history) {
    const pending = own && id && this.#timeline.pending().find((entry) => entry.id === id);
    if (replaces && this.#timeline.correct({ replaces, author, text })) {
      this.#timeline.remember(stanzaId);
      if (pending) this.#timeline.remove(pending);
    } else if (pending) {
      this.#timeline.confirm(pending, { stanzaId, time, nick, author });
    } else {
      const entry = { kind: 'message', state: 'reflected', nick, author, text, reply, id, stanzaId, time, own, history };
      this.#timeline.add(retracted ? { ...entry, retracted } : entry);
    }
  }

  #send(id, content) {
    this.#client.send(el('message', NS.CLIENT, { to: this.#jid, type: 'groupchat', id }, ...content));
  }

  /** A message that does not come back is not sent again by itself; the person is told. */
  #watch(entry) {
    const waits = () => entry.state === 'sent' && this.#timeline.entries.includes(entry);
    setTimeout(() => {
      if (!waits()) return;
      if (this.#client.state !== 'online' || !this.#room.inside()) this.#watch(entry);
      else this.#room.ping(() => waits() && this.#timeline.fail(entry, phrase('message.unconfirmed')));
    }, REFLECT_MS);
  }
}

export const occupantId = (stanza) => child(stanza, 'occupant-id', NS.OCCUPANT_ID)?.getAttribute('id') ?? null;
