// What is said in a room: sending, confirming by reflection, and after an absence filling the gap
// from the room's history, so that each text stands exactly once.
//
//   - A replayed message is told from a known one by its stanza id; what follows the last known one in
//     the replay is new.
//   - An own message is confirmed by its reflection: same id, and own occupant id or nick (MUC GC10).
//   - After a lost session an own message is sent once more, under the same id, only if the replay
//     does not hold it; where the replay does not reach back far enough, the person decides.

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

  say(text) {
    this.#timeline.addPending({ nick: this.#room.nick ?? this.#room.wanted, text, id: randomId() });
    this.sendUnsent();
  }

  /** A private message to an occupant; the room does not reflect it. */
  whisper(nick, text) {
    const message = { to: `${this.#jid}/${nick}`, type: 'chat', id: randomId() };
    this.#client.send(el('message', NS.CLIENT, message, el('body', NS.CLIENT, {}, text), el('x', NS.MUC_USER)));
    this.#timeline.add({ kind: 'message', nick: this.#room.nick, own: true, text, private: nick });
  }

  /** A private message that came. */
  whispered(nick, text) {
    this.#timeline.add({ kind: 'message', nick, text, private: this.#room.nick });
  }

  /** A message to all, from history or live. */
  said(stanza, nick, text) {
    const delay = children(stanza, 'delay', NS.DELAY).find((e) => e.getAttribute('from') === this.#jid);
    const stamp = Date.parse(delay?.getAttribute('stamp') ?? '');
    const stanzaId = children(stanza, 'stanza-id', NS.ORIGIN_ID).find((e) => e.getAttribute('by') === this.#jid);
    const said = {
      nick,
      text,
      id: stanza.getAttribute('id'),
      stanzaId: stanzaId?.getAttribute('id') ?? null,
      own: this.#room.isOwn(occupantId(stanza), nick),
      time: Number.isNaN(stamp) ? Date.now() : stamp,
    };
    if (this.#replay && delay) {
      this.#replay.push(said);
    } else {
      this.settle(false);
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
    if (gap) {
      const text = 'You were away for long: some messages may be missing here.';
      this.#timeline.add({ kind: 'note', text, tone: 'info' });
    }
    for (const said of replay.slice(index + 1)) this.#take(said, last === null);
    for (const entry of gap ? this.#unsent() : []) {
      if (entry.epoch) this.#timeline.fail(entry, 'It is not known whether this arrived.');
    }
    this.sendUnsent();
  }

  /** Sends what waits for the room, or was given to a session that is over. */
  sendUnsent() {
    if (!this.settled || !this.#room.inside() || this.#client.state !== 'online') return;
    for (const entry of this.#unsent()) {
      entry.epoch = this.#client.epoch;
      const message = { to: this.#jid, type: 'groupchat', id: entry.id };
      const origin = el('origin-id', NS.ORIGIN_ID, { id: entry.id });
      this.#client.send(el('message', NS.CLIENT, message, el('body', NS.CLIENT, {}, entry.text), origin));
      this.#watch(entry);
    }
  }

  #unsent() {
    return this.#timeline.pending().filter((entry) => entry.state === 'sent' && entry.epoch !== this.#client.epoch);
  }

  #take({ nick, text, id, stanzaId, own, time }, history) {
    if (stanzaId && this.#timeline.knows(stanzaId)) return;
    if (stanzaId) this.#lastStanzaId = stanzaId;
    const pending = own && id && this.#timeline.pending().find((entry) => entry.id === id);
    if (pending) this.#timeline.confirm(pending, { stanzaId, time, nick });
    else this.#timeline.add({ kind: 'message', state: 'reflected', nick, text, id, stanzaId, time, own, history });
  }

  /** A message that does not come back is not sent again by itself; the person is told. */
  #watch(entry) {
    setTimeout(() => {
      if (entry.state !== 'sent') return;
      if (this.#client.state !== 'online' || !this.#room.inside()) this.#watch(entry);
      else this.#room.ping(() => entry.state === 'sent' && this.#timeline.fail(entry, 'The channel did not confirm this.'));
    }, REFLECT_MS);
  }
}

export const occupantId = (stanza) => child(stanza, 'occupant-id', NS.OCCUPANT_ID)?.getAttribute('id') ?? null;
