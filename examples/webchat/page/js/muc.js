// XEP-0045, the occupant: one room, entered and kept. What is said goes to the timeline, which
// keeps the room's order; what the person should see besides goes to the handlers.
//
//   out ──enter()──► joining ──110──► joined ──stream over──► waiting ──online──► joining …
//
// After a lost stream the same nick is taken again and the room's history fills the gap (MUC OC7):
// replayed messages are told from known ones by their stanza id, own messages that the room never
// reflected are sent once more only if the replay does not hold them.

import { NS, child, children, el, randomId, stanzaError } from './xml.js';
import { errorWords, removalWords } from './words.js';

const JOIN_MS = 30_000;
const REFLECT_MS = 20_000;
/** Two people may open a room at once: the second waits until it is unlocked (MUC CR3). */
const LOCKED_RETRIES = 5;
/** While one's own lost session may still hold the nick (MUC OC8). */
const GHOST_PAUSES_MS = [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000];
const GHOST_AGE_MS = 180_000;
/** Asked for beyond the time away, so that the last known message is in the replay. */
const OVERLAP_S = 60;

export class Room {
  #client;
  #timeline;
  #handlers;
  #occupants = new Map();
  #roster = null; // while joining: the occupants seen so far
  #replay = null; // until the subject: the history received so far
  #renames = new Set(); // new nicks announced by 303, whose presence is on its way
  #ownNicks = new Set();
  #ownIds = new Set();
  #joinId = null;
  #renameId = null;
  #retries = 0;
  #why = '';
  #created = false;
  #lastStanzaId = null;
  #aliveAt = 0;
  #timer = null;
  jid;
  state = 'out';
  nick = null;
  wanted = null;
  subject = '';

  /**
   * `handlers`: `state(state, why)`, `people(occupants)`, `subject(text)`, `nick(nick)`,
   * `nickTaken(nick)`, `refused(words)`, `removed(words)`.
   */
  constructor(client, jid, timeline, handlers) {
    this.#client = client;
    this.jid = jid;
    this.#timeline = timeline;
    this.#handlers = handlers;
  }

  get occupants() {
    return [...this.#occupants.values()];
  }

  // ---- what the person does

  enter(nick) {
    this.wanted = nick;
    this.#retries = 0;
    if (this.#client.state === 'online') this.#join();
    else this.#become('waiting');
  }

  say(text) {
    const entry = this.#timeline.addPending({ nick: this.nick ?? this.wanted, text, id: randomId() });
    if (this.state === 'joined' && !this.#replay) this.#sendMessage(entry);
  }

  /** A private message to an occupant; the room does not reflect it. */
  whisper(nick, text) {
    const message = { to: `${this.jid}/${nick}`, type: 'chat', id: randomId() };
    this.#client.send(el('message', NS.CLIENT, message, el('body', NS.CLIENT, {}, text), el('x', NS.MUC_USER)));
    this.#timeline.add({ kind: 'message', nick: this.nick, own: true, text, private: nick });
  }

  again(entry) {
    this.#timeline.remove(entry);
    this.say(entry.text);
  }

  rename(nick) {
    if (this.state !== 'joined') {
      this.enter(nick);
      return;
    }
    this.wanted = nick;
    this.#renameId = randomId();
    this.#client.send(el('presence', NS.CLIENT, { to: `${this.jid}/${nick}`, id: this.#renameId }));
  }

  setSubject(text) {
    const message = { to: this.jid, type: 'groupchat', id: randomId() };
    this.#client.send(el('message', NS.CLIENT, message, el('subject', NS.CLIENT, {}, text)));
  }

  leave(reason) {
    if (this.state === 'joined' || this.state === 'joining') {
      const status = reason ? el('status', NS.CLIENT, {}, reason) : null;
      this.#client.send(el('presence', NS.CLIENT, { to: this.#self(), type: 'unavailable' }, status));
    }
    this.#out();
  }

  // ---- what the connection does

  online(resumed) {
    if (this.state === 'out') return;
    if (!resumed) {
      this.#retries = 0;
      this.#join();
    } else if (this.state === 'joined') {
      this.#selfPing();
    } else {
      this.#join();
    }
  }

  offline(over) {
    if (over && this.state !== 'out') this.#become('waiting');
  }

  /** A stanza of this room; anything else is not ours (MUC OC14). */
  handle(stanza) {
    const from = stanza.getAttribute('from') ?? '';
    const slash = from.indexOf('/');
    const bare = slash < 0 ? from : from.slice(0, slash);
    if (bare !== this.jid || this.state === 'out') return;
    this.#aliveAt = Date.now();
    const nick = slash < 0 ? null : from.slice(slash + 1);
    if (stanza.localName === 'presence') this.#presence(stanza, nick);
    else if (stanza.localName === 'message') this.#message(stanza, nick);
  }

  // ---- a reload

  save() {
    return {
      state: this.state,
      settled: !this.#replay,
      nick: this.nick,
      wanted: this.wanted,
      subject: this.subject,
      occupants: this.occupants,
      ownNicks: [...this.#ownNicks],
      ownIds: [...this.#ownIds],
      lastStanzaId: this.#lastStanzaId,
      aliveAt: this.#aliveAt,
    };
  }

  restore(saved) {
    this.nick = saved.nick;
    this.wanted = saved.wanted;
    this.subject = saved.subject;
    this.#occupants = new Map(saved.occupants.map((occupant) => [occupant.nick, occupant]));
    this.#ownNicks = new Set(saved.ownNicks);
    this.#ownIds = new Set(saved.ownIds);
    this.#lastStanzaId = saved.lastStanzaId;
    this.#aliveAt = saved.aliveAt;
    for (const entry of this.#timeline.pending()) this.#watch(entry);
    if (this.nick) this.#handlers.nick(this.nick);
    this.#handlers.people(this.occupants);
    this.#handlers.subject(this.subject);
    this.#become(saved.state === 'joined' && !saved.settled ? 'joining' : saved.state);
  }

  // ---- entering

  #join() {
    clearTimeout(this.#timer);
    this.#become('joining', this.#why);
    this.#joinId = randomId();
    this.#roster = new Map();
    this.#replay = [];
    this.#renames.clear();
    this.#renameId = null;
    const away = Math.ceil((Date.now() - this.#aliveAt) / 1000) + OVERLAP_S;
    const history = this.#lastStanzaId ? el('history', NS.MUC, { seconds: away }) : null;
    this.#client.send(
      el('presence', NS.CLIENT, { to: `${this.jid}/${this.wanted}`, id: this.#joinId }, el('x', NS.MUC, {}, history)),
    );
    this.#timer = setTimeout(() => this.#joinTimedOut(), JOIN_MS);
  }

  #joinTimedOut() {
    if (this.state === 'joined') {
      this.#settle(); // a room without a subject message
    } else if (this.state === 'joining' && this.#client.state === 'online') {
      this.leave();
      this.#handlers.refused('The channel did not answer.');
    }
  }

  #joined(self, codes) {
    const before = this.#occupants;
    const known = before.size > 0;
    this.#occupants = this.#roster;
    this.#roster = null;
    this.#retries = 0;
    this.#why = '';
    this.#joinId = null;
    this.#adopt(self.nick);
    this.#created = codes.has('201');
    if (this.#created) this.#openRoom();
    if (codes.has('210')) this.#note(`The channel gave you the name ${self.nick}.`);
    if (known) this.#difference(before);
    this.#become('joined');
    this.#handlers.people(this.occupants);
  }

  /** Who came and went while we were away (MUC OC7). */
  #difference(before) {
    for (const nick of before.keys()) {
      if (!this.#occupants.has(nick) && !this.#ownNicks.has(nick)) this.#event('left', nick);
    }
    for (const nick of this.#occupants.keys()) {
      if (!before.has(nick) && nick !== this.nick) this.#event('joined', nick);
    }
  }

  /** A new room is locked until its owner accepts the defaults (XEP-0045 10.1.2). */
  #openRoom() {
    const form = el('x', NS.FORMS, { type: 'submit' });
    this.#client.request('set', this.jid, el('query', NS.MUC_OWNER, {}, form));
  }

  #refused(stanza) {
    const { condition, text } = stanzaError(stanza);
    clearTimeout(this.#timer);
    const ghost = this.#ownNicks.has(this.wanted) && Date.now() - this.#aliveAt < GHOST_AGE_MS;
    if (condition === 'conflict' && ghost && this.#retries < GHOST_PAUSES_MS.length) {
      this.#retryJoin(GHOST_PAUSES_MS[this.#retries], 'Your earlier connection still holds your name. Trying again…');
    } else if (condition === 'item-not-found' && this.#retries < LOCKED_RETRIES) {
      this.#retryJoin(1000, 'The channel is being set up…');
    } else if (condition === 'conflict') {
      this.#out();
      this.#handlers.nickTaken(this.wanted);
    } else {
      this.#out();
      this.#handlers.refused(errorWords(condition, text), condition);
    }
  }

  #retryJoin(pause, why) {
    this.#retries += 1;
    this.#why = why;
    this.#become('joining', why);
    this.#timer = setTimeout(() => {
      if (this.#client.state === 'online') this.#join();
    }, pause);
  }

  // ---- presence

  #presence(stanza, nick) {
    const type = stanza.getAttribute('type');
    const id = stanza.getAttribute('id');
    if (type === 'error') {
      this.#presenceError(stanza, id, nick);
      return;
    }
    if (nick === null || (type && type !== 'unavailable')) return; // MUC OC9
    const x = child(stanza, 'x', NS.MUC_USER);
    const codes = new Set(children(x, 'status', NS.MUC_USER).map((status) => status.getAttribute('code')));
    const item = child(x, 'item', NS.MUC_USER);
    if (type === 'unavailable') this.#unavailable(stanza, nick, x, item, codes);
    else this.#available(stanza, nick, item, codes);
  }

  #presenceError(stanza, id, nick) {
    if (this.#renameId && (id ? id === this.#renameId : nick === this.wanted)) {
      const refused = this.wanted;
      this.#renameId = null;
      this.wanted = this.nick;
      const { condition, text } = stanzaError(stanza);
      if (condition === 'conflict') this.#handlers.nickTaken(refused);
      else this.#note(`You are still ${this.nick}: ${errorWords(condition, text)}`, 'error');
    } else if (this.state === 'joining' && (!id || id === this.#joinId)) {
      this.#refused(stanza);
    }
  }

  #available(stanza, nick, item, codes) {
    const occupant = {
      nick,
      role: item?.getAttribute('role') ?? 'none',
      affiliation: item?.getAttribute('affiliation') ?? 'none',
      show: child(stanza, 'show', NS.CLIENT)?.textContent ?? '',
      id: occupantId(stanza),
    };
    const self = codes.has('110') || (!this.#roster && nick === this.nick);
    if (self && occupant.id) this.#remember(this.#ownIds, occupant.id);
    if (this.#roster) {
      this.#roster.set(nick, occupant);
      if (self) this.#joined(occupant, codes);
      return;
    }
    const renamed = this.#renames.delete(nick);
    if (!this.#occupants.has(nick) && !renamed && !self) this.#event('joined', nick);
    this.#occupants.set(nick, occupant);
    if (self) this.#adopt(nick);
    this.#handlers.people(this.occupants);
  }

  #unavailable(stanza, nick, x, item, codes) {
    const people = this.#roster ?? this.#occupants;
    const self = codes.has('110') || (!this.#roster && nick === this.nick);
    const to = codes.has('303') ? item?.getAttribute('nick') : null;
    if (to) {
      const occupant = people.get(nick);
      people.delete(nick);
      if (occupant) people.set(to, { ...occupant, nick: to });
      this.#renames.add(to);
      this.#event('renamed', nick, to);
      if (self) this.#adopt(to);
    } else if (self) {
      if (!this.#roster) this.#removed(stanza, x, item, codes);
      return;
    } else if (people.delete(nick)) {
      const [what, words] = departure(stanza, item, codes);
      this.#event(what, nick, words);
    }
    this.#handlers.people([...people.values()]);
  }

  /** MUC OC5 and OC6: why, and whether to come back by oneself. */
  #removed(stanza, x, item, codes) {
    const destroyed = child(x, 'destroy', NS.MUC_USER);
    const reason = child(destroyed ?? item, 'reason', NS.MUC_USER)?.textContent ?? '';
    const { words, back } = removalWords({ destroyed: Boolean(destroyed), codes, reason });
    if (back) {
      this.#note(words, 'error');
      this.#retryJoin(1000 + Math.random() * 3000, 'Coming back…');
    } else {
      this.#out();
      this.#handlers.removed(words);
    }
  }

  #adopt(nick) {
    this.nick = nick;
    this.wanted = nick;
    this.#renameId = null;
    this.#remember(this.#ownNicks, nick);
    this.#handlers.nick(nick);
  }

  // ---- messages

  #message(stanza, nick) {
    const type = stanza.getAttribute('type') ?? 'normal';
    const body = child(stanza, 'body', NS.CLIENT)?.textContent ?? '';
    const subject = child(stanza, 'subject', NS.CLIENT);
    if (type === 'error') {
      this.#messageError(stanza);
    } else if (type === 'groupchat') {
      const bare = subject && !body && !child(stanza, 'thread', NS.CLIENT);
      if (bare) this.#subjectChanged(nick, subject.textContent);
      else if (body && nick === null) this.#note(body);
      else if (body) this.#said(stanza, nick, body);
    } else if (type === 'chat' && nick !== null && body) {
      this.#timeline.add({ kind: 'message', nick, text: body, private: this.nick });
    }
  }

  #said(stanza, nick, text) {
    const delay = children(stanza, 'delay', NS.DELAY).find((e) => e.getAttribute('from') === this.jid);
    const stamp = Date.parse(delay?.getAttribute('stamp') ?? '');
    const stanzaId = children(stanza, 'stanza-id', NS.ORIGIN_ID).find((e) => e.getAttribute('by') === this.jid);
    const said = {
      nick,
      text,
      id: stanza.getAttribute('id'),
      occupantId: occupantId(stanza),
      stanzaId: stanzaId?.getAttribute('id') ?? null,
      time: Number.isNaN(stamp) ? Date.now() : stamp,
    };
    if (this.#replay && delay) {
      this.#replay.push(said);
    } else {
      this.#settle();
      this.#take(said, false);
    }
  }

  #take(said, history) {
    const { nick, text, id, stanzaId, time } = said;
    if (stanzaId && this.#timeline.knows(stanzaId)) return;
    if (stanzaId) this.#lastStanzaId = stanzaId;
    const own = said.occupantId && this.#ownIds.size > 0 ? this.#ownIds.has(said.occupantId) : this.#ownNicks.has(nick);
    const pending = own && id && this.#timeline.pending().find((entry) => entry.id === id);
    if (pending) this.#timeline.confirm(pending, { stanzaId, time, nick }); // MUC GC10
    else this.#timeline.add({ kind: 'message', state: 'reflected', nick, text, id, stanzaId, time, own, history });
  }

  /** The replay is complete: what follows the last known message is new. */
  #settle() {
    const replay = this.#replay;
    if (!replay || this.state !== 'joined') return;
    clearTimeout(this.#timer);
    this.#replay = null;
    const last = this.#lastStanzaId;
    const index = replay.findIndex((said) => said.stanzaId !== null && said.stanzaId === last);
    const gap = Boolean(last) && index < 0 && replay.length > 0 && !this.#created;
    const returning = Boolean(last);
    if (gap) this.#note('You were away for long: some messages may be missing here.');
    for (const said of replay.slice(index + 1)) this.#take(said, !returning);
    for (const entry of this.#timeline.pending()) {
      if (entry.state !== 'sent' || entry.epoch === this.#client.epoch) continue;
      if (gap && entry.epoch) this.#timeline.fail(entry, 'It is not known whether this arrived.');
      else this.#sendMessage(entry);
    }
  }

  #subjectChanged(nick, subject) {
    const initial = Boolean(this.#replay);
    this.#settle();
    const changed = this.subject !== subject;
    this.subject = subject;
    this.#handlers.subject(subject);
    if (changed && !initial) this.#event('topic', nick ?? '', subject);
  }

  #messageError(stanza) {
    const { condition, text } = stanzaError(stanza);
    const entry = this.#timeline.pending().find((e) => e.id === stanza.getAttribute('id'));
    if (!entry) {
      this.#note(errorWords(condition, text), 'error');
    } else if (condition === 'not-acceptable' || condition === 'item-not-found') {
      entry.epoch = null; // refused because we are not inside: back in, then once more
      if (this.state === 'joined') this.#join();
    } else {
      this.#timeline.fail(entry, errorWords(condition, text));
    }
  }

  #sendMessage(entry) {
    entry.epoch = this.#client.epoch;
    const message = { to: this.jid, type: 'groupchat', id: entry.id };
    const origin = el('origin-id', NS.ORIGIN_ID, { id: entry.id });
    this.#client.send(el('message', NS.CLIENT, message, el('body', NS.CLIENT, {}, entry.text), origin));
    this.#watch(entry);
  }

  /** A message that does not come back is not sent again by itself; the person is told. */
  #watch(entry) {
    setTimeout(() => {
      if (entry.state !== 'sent' || this.state === 'out') return;
      if (this.#client.state !== 'online' || this.state !== 'joined') this.#watch(entry);
      else this.#selfPing(() => entry.state === 'sent' && this.#timeline.fail(entry, 'The channel did not confirm this.'));
    }, REFLECT_MS);
  }

  // ---- the rest

  /** XEP-0410: are we still inside? `inside()` is called only if so. */
  #selfPing(inside) {
    this.#client.request('get', this.#self(), el('ping', NS.PING), (answer) => {
      if (!answer || this.state !== 'joined') return;
      const { condition } = stanzaError(answer);
      const present = ['service-unavailable', 'feature-not-implemented', 'item-not-found'].includes(condition);
      if (answer.getAttribute('type') === 'result' || present) inside?.();
      else if (!condition.startsWith('remote-server-')) this.#join();
    });
  }

  #self() {
    return `${this.jid}/${this.nick ?? this.wanted}`;
  }

  #out() {
    clearTimeout(this.#timer);
    this.#occupants.clear();
    this.#roster = null;
    this.#replay = null;
    this.#become('out');
    this.#handlers.people([]);
  }

  #event(what, nick, text = '') {
    this.#timeline.add({ kind: 'event', what, nick, text });
  }

  #note(text, tone = 'info') {
    this.#timeline.add({ kind: 'note', text, tone });
  }

  #remember(set, value) {
    set.delete(value);
    set.add(value);
    if (set.size > 20) set.delete(set.values().next().value);
  }

  #become(state, why = '') {
    this.state = state;
    this.#handlers.state(state, why);
  }
}

const occupantId = (stanza) => child(stanza, 'occupant-id', NS.OCCUPANT_ID)?.getAttribute('id') ?? null;

/** What happened to another occupant, and the reason given. */
function departure(stanza, item, codes) {
  const reason = child(item, 'reason', NS.MUC_USER)?.textContent ?? '';
  if (codes.has('301')) return ['banned', reason];
  if (codes.has('333')) return ['left', 'connection lost'];
  if (codes.has('307')) return ['kicked', reason];
  if (codes.has('321') || codes.has('322')) return ['removed', reason];
  return ['left', child(stanza, 'status', NS.CLIENT)?.textContent ?? ''];
}
