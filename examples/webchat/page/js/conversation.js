// What is said in a room: sending, confirming by reflection, and after an absence filling the gap
// from the room's archive, or from its history where it has no archive, so that each text stands exactly once.
//
//   - Messages are told apart by their stanza ids. What comes live while the archive is read waits for its
//     end (MUC MA8, MA9).
//   - An own message is confirmed by its reflection: same id, and own occupant id or nick (MUC GC10).
//   - After a lost session an own message is sent once more, under the same id, unless the archive or the
//     history holds it. The room knows it again for some minutes; after that, and if there is a gap before
//     it, the person decides.

import { Archive } from './archive.js';
import { read, writeReactions, writeReply, writeRetraction } from './annotations.js';
import { phrase, t } from './i18n.js';
import { NS, child, children, el, randomId, stanzaError } from './xml.js';
import { errorWords } from './words.js';

const REFLECT_MS = 20_000;
/** Asked for beyond the time away, so that the last known message is in the replay. */
const OVERLAP_S = 60;
/** How long a room knows a message that is sent again by its origin-id, with a margin. */
const KNOWN_AGAIN_MS = 4 * 60_000;
const ARCHIVE_TRIES = 3;
/** Characters of a message that a reply carries along, for programs that know no replies. */
const QUOTED = 500;

export class Conversation {
  #client;
  #jid;
  #timeline;
  #room;
  #archive;
  #replay = null; // from a join until all that was missed is here: what came so far
  #missedSince = null; // set while the gap is to be filled from the archive
  #reading = null; // the replay for which the archive is being read
  #lastStanzaId = null;
  #older = null; // the page from before that is being read
  #begun = false; // nothing is older than what is shown

  /**
   * `room`: `inside()` whether one is in it, `isOwn(occupantId, nick)`, `ping(present)`, `rejoin()`, `caughtUp()`,
   * the `features` of the room, and the names `nick` and `wanted`.
   */
  constructor(client, jid, timeline, room) {
    this.#client = client;
    this.#jid = jid;
    this.#timeline = timeline;
    this.#room = room;
    this.#archive = new Archive(client, jid);
  }

  /** Whether the history of the last join is complete. */
  get settled() {
    return this.#replay === null;
  }

  get hasArchive() {
    return this.#room.features.has(NS.MAM);
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
    this.#missedSince = this.hasArchive && this.#lastStanzaId ? aliveAt : null;
    if (this.#missedSince !== null) return el('history', NS.MUC, { maxstanzas: 0 });
    if (!this.#lastStanzaId) return null; // the room's own default
    return el('history', NS.MUC, { seconds: Math.ceil((Date.now() - aliveAt) / 1000) + OVERLAP_S });
  }

  // ---- what the person says

  /** Says a text; `replyTo` an entry, `replaces` the own entry that it corrects, `file` the address that it is. */
  say(text, { replyTo = null, replaces = null, file = null } = {}) {
    const nick = this.#room.nick ?? this.#room.wanted;
    const reply = replyTo ? this.#replyTo(replyTo) : (replaces?.reply ?? null);
    this.#timeline.addPending({ nick, text, file, id: randomId(), reply, replaces: replaces?.id ?? null });
    this.sendUnsent();
  }

  /** What a reply says of the message that it answers. */
  #replyTo({ stanzaId, nick, text }) {
    return { id: stanzaId, to: `${this.#jid}/${nick}`, nick, text: [...text].slice(0, QUOTED).join('') };
  }

  /** Says again what failed, as a new message. */
  again(entry) {
    const { text, reply, replaces, file } = entry;
    this.#timeline.remove(entry);
    this.#timeline.addPending({ nick: this.#room.nick ?? this.#room.wanted, text, file, id: randomId(), reply, replaces });
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
      entry.sentAt ??= Date.now();
      const content = entry.reply ? writeReply(entry.reply, entry.text) : [el('body', NS.CLIENT, {}, entry.text)];
      if (entry.replaces) content.push(el('replace', NS.CORRECT, { id: entry.replaces }));
      if (entry.file) content.push(el('x', NS.OOB, {}, el('url', NS.OOB, {}, entry.file)));
      this.#send(entry.id, [...content, el('origin-id', NS.ORIGIN_ID, { id: entry.id })]);
      this.#watch(entry);
    }
  }

  // ---- what comes

  /** A page of the archive that the room sent; whether the stanza was part of one. */
  archived(stanza) {
    return this.#archive.take(stanza);
  }

  /** A message to all, from history or live; `nick` is null where the room itself speaks. */
  received(stanza, nick) {
    const delay = children(stanza, 'delay', NS.DELAY).find((e) => e.getAttribute('from') === this.#jid);
    const stamp = Date.parse(delay?.getAttribute('stamp') ?? '');
    const stanzaId = children(stanza, 'stanza-id', NS.ORIGIN_ID).find((e) => e.getAttribute('by') === this.#jid);
    const said = this.#read(stanza, nick, { id: stanzaId?.getAttribute('id') ?? null, time: stamp });
    if (!said) return;
    if (!delay && said.what === 'message') this.settle(false);
    if (this.#replay) this.#replay.push(said);
    else this.#take(said, false);
  }

  #read(stanza, nick, { id, time }) {
    const annotation = read(stanza, nick === null);
    return (
      annotation && {
        ...annotation,
        nick,
        author: occupantId(stanza) ?? nick,
        messageId: stanza.getAttribute('id'),
        stanzaId: id,
        own: nick !== null && this.#room.isOwn(occupantId(stanza), nick),
        time: Number.isNaN(time) ? Date.now() : time,
      }
    );
  }

  /** What a page of the archive says, in its order. */
  #readPage(messages) {
    const all = messages.map(({ id, time, message }) => {
      const from = message.getAttribute('from') ?? '';
      const nick = from.startsWith(`${this.#jid}/`) ? from.slice(this.#jid.length + 1) : null;
      return this.#read(message, nick, { id, time });
    });
    return all.filter(Boolean);
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
    if (this.#missedSince !== null && !created) {
      this.#catchUp(replay);
      return;
    }
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

  /** Fills the gap from the archive; what came live meanwhile, in `replay`, follows it (MUC MA8, MA9). */
  async #catchUp(replay) {
    if (this.#reading === replay) return;
    this.#reading = replay;
    let missed = { error: 'no-answer' };
    for (let tries = 0; missed.error === 'no-answer' && tries < ARCHIVE_TRIES; tries += 1) {
      missed = await this.#archive.missed(this.#lastStanzaId, this.#missedSince);
      // The room was left or lost meanwhile: the next join begins anew.
      if (this.#replay !== replay || !this.#room.inside()) return;
    }
    this.#replay = null;
    const gap = Boolean(missed.error ?? missed.gap);
    if (gap) this.#timeline.add({ kind: 'note', text: phrase('note.gap'), tone: 'info' });
    for (const said of [...this.#readPage(missed.messages ?? []), ...replay]) this.#take(said, false);
    for (const entry of gap ? this.#unsent() : []) {
      const forgotten = entry.epoch && Date.now() - entry.sentAt > KNOWN_AGAIN_MS;
      if (forgotten) this.#timeline.fail(entry, phrase('message.unknown'));
    }
    this.sendUnsent();
    this.#room.caughtUp();
  }

  // ---- what was before

  /** Whether the archive may hold something older than what is shown. */
  get hasOlder() {
    return this.hasArchive && this.#room.inside() && this.settled && !this.#begun;
  }

  /**
   * Puts a page of older messages before those that are here; `inPlace(fill)` keeps the reader's place while it does.
   * Gives null, or the condition of a refusal.
   */
  async older(inPlace) {
    if (!this.hasOlder) return null;
    this.#older ??= this.#readOlder(inPlace).finally(() => {
      this.#older = null;
    });
    return this.#older;
  }

  async #readOlder(inPlace) {
    const first = this.#timeline.entries.find(({ stanzaId }) => stanzaId)?.stanzaId ?? '';
    let page = await this.#archive.page({ before: first });
    // The first one shown has expired there: then nothing is older.
    if (page.error === 'item-not-found') page = { messages: [], complete: true };
    if (page.error) return page.error;
    this.#begun = page.complete;
    inPlace(() => this.#takeOlder(this.#readPage(page.messages)));
    return null;
  }

  #takeOlder(page) {
    const entries = [];
    const annotations = [];
    for (const said of page) {
      const last = entries.findLast(({ author }) => author === said.author);
      if (said.what !== 'message') annotations.push(said);
      else if (said.replaces && last?.id === said.replaces) Object.assign(last, { text: said.text, edited: true });
      else entries.push(entryOf(said));
    }
    this.#timeline.addOlder(entries);
    for (const said of annotations) {
      if (this.#timeline.knows(said.stanzaId)) continue;
      this.#timeline.remember(said.stanzaId);
      this.#timeline.annotate(said);
    }
  }

  // ---- the rest

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

  #takeMessage(said, history) {
    const { nick, author, text, replaces, messageId: id, stanzaId, own, time } = said;
    const pending = own && id && this.#timeline.pending().find((entry) => entry.id === id);
    if (replaces && this.#timeline.correct({ replaces, author, text })) {
      this.#timeline.remember(stanzaId);
      if (pending) this.#timeline.remove(pending);
    } else if (pending) {
      this.#timeline.confirm(pending, { stanzaId, time, nick, author });
    } else {
      this.#timeline.add({ ...entryOf(said), history });
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

function entryOf({ nick, author, text, file, reply, retracted, messageId: id, stanzaId, own, time }) {
  const entry = { kind: 'message', state: 'reflected', nick, author, text, file, reply, id, stanzaId, time, own };
  return retracted ? { ...entry, retracted } : entry;
}

export const occupantId = (stanza) => child(stanza, 'occupant-id', NS.OCCUPANT_ID)?.getAttribute('id') ?? null;
