// XEP-0045, the occupant: one room, entered and kept. What is said goes to the timeline, which
// keeps the room's order; what the person should see besides goes to the handlers.
//
//   out ──enter()──► joining ──110──► joined ──stream over──► waiting ──online──► joining …
//
// After a lost stream the same nick is taken again and the room's history fills the gap (MUC OC7), see
// conversation.js.

import { Conversation, occupantId } from './conversation.js';
import { NS, child, children, el, randomId, stanzaError } from './xml.js';
import { errorWords, removalWords } from './words.js';

const JOIN_MS = 30_000;
/** Two people may open a room at once: the second waits until it is unlocked (MUC CR3). */
const LOCKED_RETRIES = 5;
/** While one's own lost session may still hold the nick (MUC OC8). */
const GHOST_PAUSES_MS = [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000];
const GHOST_AGE_MS = 180_000;

export class Room {
  #client;
  #timeline;
  #handlers;
  #conversation;
  #occupants = new Map();
  #roster = null; // while joining: the occupants seen so far
  #renames = new Set(); // new nicks announced by 303, whose presence is on its way
  #ownNicks = new Set();
  #ownIds = new Set();
  #joinId = null;
  #renameId = null;
  #retries = 0;
  #why = '';
  #created = false;
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
    this.#conversation = new Conversation(client, jid, timeline, this);
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
    this.#conversation.say(text);
  }

  whisper(nick, text) {
    this.#conversation.whisper(nick, text);
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
      this.ping();
      this.#conversation.sendUnsent();
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
      settled: this.#conversation.settled,
      nick: this.nick,
      wanted: this.wanted,
      subject: this.subject,
      occupants: this.occupants,
      ownNicks: [...this.#ownNicks],
      ownIds: [...this.#ownIds],
      lastStanzaId: this.#conversation.save(),
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
    this.#aliveAt = saved.aliveAt;
    this.#conversation.restore(saved.lastStanzaId);
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
    this.#renames.clear();
    this.#renameId = null;
    const history = this.#conversation.history(this.#aliveAt);
    this.#client.send(
      el('presence', NS.CLIENT, { to: `${this.jid}/${this.wanted}`, id: this.#joinId }, el('x', NS.MUC, {}, history)),
    );
    this.#timer = setTimeout(() => this.#joinTimedOut(), JOIN_MS);
  }

  #joinTimedOut() {
    if (this.state === 'joined') {
      this.#conversation.settle(this.#created); // a room without a subject message
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
      this.#conversation.refused(stanza);
    } else if (type === 'groupchat') {
      const bare = subject && !body && !child(stanza, 'thread', NS.CLIENT);
      if (bare) this.#subjectChanged(nick, subject.textContent);
      else if (body && nick === null) this.#note(body);
      else if (body) this.#conversation.said(stanza, nick, body);
    } else if (type === 'chat' && nick !== null && body) {
      this.#conversation.whispered(nick, body);
    }
  }

  /** The first subject after a join ends the history (MUC SU6); later ones are changes. */
  #subjectChanged(nick, subject) {
    const initial = !this.#conversation.settled;
    if (this.state === 'joined') clearTimeout(this.#timer);
    this.#conversation.settle(this.#created);
    const changed = this.subject !== subject;
    this.subject = subject;
    this.#handlers.subject(subject);
    if (changed && !initial) this.#event('topic', nick ?? '', subject);
  }

  // ---- what the conversation asks

  inside() {
    return this.state === 'joined';
  }

  isOwn(id, nick) {
    return id && this.#ownIds.size > 0 ? this.#ownIds.has(id) : this.#ownNicks.has(nick);
  }

  rejoin() {
    if (this.state === 'joined') this.#join();
  }

  /** XEP-0410: are we still inside? `present()` is called only if so; else we join again (MUC SP3). */
  ping(present) {
    this.#client.request('get', this.#self(), el('ping', NS.PING), (answer) => {
      if (!answer || this.state !== 'joined') return;
      const { condition } = stanzaError(answer);
      const there = ['service-unavailable', 'feature-not-implemented', 'item-not-found'].includes(condition);
      if (answer.getAttribute('type') === 'result' || there) present?.();
      else if (!condition.startsWith('remote-server-')) this.#join();
    });
  }

  // ---- the rest

  #self() {
    return `${this.jid}/${this.nick ?? this.wanted}`;
  }

  #out() {
    clearTimeout(this.#timer);
    this.#occupants.clear();
    this.#roster = null;
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

/** What happened to another occupant, and the reason given. */
function departure(stanza, item, codes) {
  const reason = child(item, 'reason', NS.MUC_USER)?.textContent ?? '';
  if (codes.has('301')) return ['banned', reason];
  if (codes.has('333')) return ['left', 'connection lost'];
  if (codes.has('307')) return ['kicked', reason];
  if (codes.has('321') || codes.has('322')) return ['removed', reason];
  return ['left', child(stanza, 'status', NS.CLIENT)?.textContent ?? ''];
}
