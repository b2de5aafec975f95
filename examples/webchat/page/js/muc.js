// XEP-0045, the occupant: one room, entered and kept. What is said goes to the timeline, which
// keeps the room's order; what the person should see besides goes to the handlers.
//
//   out ──enter()──► joining ──110──► joined ──stream over──► waiting ──online──► joining …
//
// After a lost stream the same nick is taken again and the room's history fills the gap (MUC OC7), see
// conversation.js.

import { Conversation } from './conversation.js';
import { phrase } from './i18n.js';
import { departure, readPresence, standingChanges, statusCodes } from './presence.js';
import { Privates } from './privates.js';
import { Requests } from './requests.js';
import { readVoiceRequest } from './voice.js';
import { NS, child, el, randomId, stanzaError } from './xml.js';
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
  #subjectKnown = false; // since the last join
  #aliveAt = 0;
  #timer = null;
  #password = null;
  /** What is said to all: see conversation.js. */
  conversation;
  /** What is said to one: see privates.js. */
  privates;
  /** What is asked of the room: see requests.js. */
  requests;
  jid;
  state = 'out';
  nick = null;
  wanted = null;
  subject = '';
  /** What the room says about itself: names of features. */
  features = new Set();
  /** Whether participants may change the subject (MUC RP7). */
  openSubject = false;
  /** One's occupant id in this session; messages of earlier ones are not ours to change. */
  id = null;

  /**
   * `handlers`: `state(state, why)`, `people(occupants)`, `subject(text)`, `nick(nick)`, `info()`,
   * `nickTaken(nick)`, `passwordNeeded()`, `refused(words)`, `removed(words)`, and those of `Privates`.
   */
  constructor(client, jid, timeline, handlers) {
    this.#client = client;
    this.jid = jid;
    this.#timeline = timeline;
    this.#handlers = handlers;
    this.conversation = new Conversation(client, jid, timeline, this);
    this.privates = new Privates(client, this, handlers);
    this.requests = new Requests(client, this);
  }

  get occupants() {
    return [...this.#occupants.values()];
  }

  occupant(nick) {
    return this.#occupants.get(nick) ?? null;
  }

  /** One's own place in the room, or null outside. */
  get self() {
    return this.state === 'joined' ? this.occupant(this.nick) : null;
  }

  // ---- what the person does

  enter(nick, password = this.#password) {
    this.wanted = nick;
    this.#password = password;
    this.#retries = 0;
    if (this.#client.state === 'online') this.#join();
    else this.#become('waiting');
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
      this.conversation.sendUnsent();
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
      settled: this.conversation.settled,
      nick: this.nick,
      wanted: this.wanted,
      id: this.id,
      password: this.#password,
      subject: this.subject,
      occupants: this.occupants,
      ownNicks: [...this.#ownNicks],
      ownIds: [...this.#ownIds],
      lastStanzaId: this.conversation.save(),
      aliveAt: this.#aliveAt,
      features: [...this.features],
      openSubject: this.openSubject,
      privates: this.privates.save(),
    };
  }

  restore(saved) {
    this.nick = saved.nick;
    this.wanted = saved.wanted;
    this.id = saved.id;
    this.#password = saved.password;
    this.subject = saved.subject;
    this.features = new Set(saved.features);
    this.openSubject = saved.openSubject;
    this.#occupants = new Map(saved.occupants.map((occupant) => [occupant.nick, occupant]));
    this.#ownNicks = new Set(saved.ownNicks);
    this.#ownIds = new Set(saved.ownIds);
    this.#aliveAt = saved.aliveAt;
    this.#subjectKnown = true;
    this.conversation.restore(saved.lastStanzaId);
    this.privates.restore(saved.privates);
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
    this.#subjectKnown = false;
    const history = this.conversation.history(this.#aliveAt);
    const password = this.#password ? el('password', NS.MUC, {}, this.#password) : null;
    const x = el('x', NS.MUC, {}, history, password);
    this.#client.send(el('presence', NS.CLIENT, { to: `${this.jid}/${this.wanted}`, id: this.#joinId }, x));
    this.#timer = setTimeout(() => this.#joinTimedOut(), JOIN_MS);
  }

  #joinTimedOut() {
    if (this.state === 'joined') {
      this.conversation.settle(this.#created); // a room without a subject message
    } else if (this.state === 'joining' && this.#client.state === 'online') {
      this.leave();
      this.#handlers.refused(phrase('refused.silence'));
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
    if (codes.has('210')) this.#note(phrase('note.assigned', { nick: self.nick }));
    if (known) this.#difference(before);
    else this.#tell(codes);
    this.privates.arrived(this.#occupants);
    this.#become('joined');
    this.#handlers.people(this.occupants);
    this.#askInfo();
  }

  /** What the room offers; asked again when its settings changed (MUC CF10). */
  #askInfo() {
    this.requests.info().then((info) => {
      if (!info) return;
      this.features = info.features;
      this.openSubject = info.openSubject;
      this.#handlers.info();
    });
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
    this.requests.acceptDefaults();
  }

  #refused(stanza) {
    const { condition, text } = stanzaError(stanza);
    clearTimeout(this.#timer);
    const ghost = this.#ownNicks.has(this.wanted) && Date.now() - this.#aliveAt < GHOST_AGE_MS;
    if (condition === 'conflict' && ghost && this.#retries < GHOST_PAUSES_MS.length) {
      this.#retryJoin(GHOST_PAUSES_MS[this.#retries], phrase('wait.ghost'));
    } else if (condition === 'item-not-found' && this.#retries < LOCKED_RETRIES) {
      this.#retryJoin(1000, phrase('wait.locked'));
    } else if (condition === 'conflict') {
      this.#out();
      this.#handlers.nickTaken(this.wanted);
    } else if (condition === 'not-authorized') {
      const wrong = this.#password !== null;
      this.#password = null;
      this.#out();
      this.#handlers.passwordNeeded(wrong);
    } else {
      this.#out();
      this.#handlers.refused(errorWords(condition, text, 'join'));
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
    const presence = readPresence(stanza);
    if (type === 'unavailable') this.#unavailable(nick, presence);
    else this.#available(nick, presence);
  }

  #presenceError(stanza, id, nick) {
    if (this.#renameId && (id ? id === this.#renameId : nick === this.wanted)) {
      const refused = this.wanted;
      this.#renameId = null;
      this.wanted = this.nick;
      const { condition, text } = stanzaError(stanza);
      if (condition === 'conflict') this.#handlers.nickTaken(refused);
      else this.#note(phrase('note.still', { nick: this.nick, why: errorWords(condition, text) }), 'error');
    } else if (this.state === 'joining' && (!id || id === this.#joinId)) {
      this.#refused(stanza);
    }
  }

  #available(nick, { codes, role, affiliation, jid, show, id, by, reason }) {
    const occupant = { nick, role, affiliation, jid, show, id };
    const self = codes.has('110') || (!this.#roster && nick === this.nick);
    if (self && id) {
      this.id = id;
      this.#remember(this.#ownIds, id);
    }
    if (this.#roster) {
      this.#roster.set(nick, occupant);
      if (self) this.#joined(occupant, codes);
      return;
    }
    const renamed = this.#renames.delete(nick);
    const before = this.#occupants.get(nick);
    if (before) {
      for (const change of standingChanges(before, occupant)) this.#event('standing', nick, reason, { change, by });
    } else if (!renamed && !self) {
      this.#event('joined', nick);
    }
    this.#occupants.set(nick, occupant);
    if (self) this.#adopt(nick);
    this.privates.present(occupant);
    this.#handlers.people(this.occupants);
  }

  #unavailable(nick, presence) {
    const { codes } = presence;
    const people = this.#roster ?? this.#occupants;
    const self = codes.has('110') || (!this.#roster && nick === this.nick);
    const to = codes.has('303') ? presence.newNick : null;
    if (to) {
      const occupant = people.get(nick);
      people.delete(nick);
      if (occupant) people.set(to, { ...occupant, nick: to });
      this.#renames.add(to);
      this.#event('renamed', nick, to);
      this.privates.renamed(nick, to);
      if (self) this.#adopt(to);
    } else if (self) {
      if (!this.#roster) this.#removed(presence);
      return;
    } else if (people.delete(nick)) {
      const { what, text, by } = departure(presence);
      this.#event(what, nick, text, { by });
      this.privates.gone(nick);
    }
    this.#handlers.people([...people.values()]);
  }

  /** MUC OC5 and OC6: why, and whether to come back by oneself. */
  #removed(presence) {
    const { words, back } = removalWords(presence);
    if (back) {
      this.#note(words, 'error');
      this.#retryJoin(1000 + Math.random() * 3000, phrase('wait.back'));
    } else {
      this.#out();
      this.#handlers.removed(words, presence.destroyed?.jid ?? '');
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
    if (nick === null && type !== 'error' && this.conversation.archived(stanza)) return; // MUC MA10
    if (type === 'error') {
      if (nick === null) this.conversation.refused(stanza);
      else this.privates.refused(stanza, nick);
    } else if (type === 'groupchat') {
      const bare = subject && !body && !child(stanza, 'thread', NS.CLIENT);
      if (nick === null) this.#tell(statusCodes(stanza)); // MUC GC11: only the room's own
      if (bare) this.#subjectChanged(nick, subject.textContent);
      else if (body && nick === null && !isAnnotation(stanza)) this.#note(body);
      else this.conversation.received(stanza, nick);
    } else if (nick === null) {
      const request = readVoiceRequest(stanza);
      if (request) this.#timeline.add({ kind: 'request', state: 'open', ...request });
    } else if (type === 'chat' && body) {
      this.privates.received(nick, this.occupant(nick)?.id ?? null, body);
    }
  }

  /** MUC section 22: what the room tells by codes, on entering and later. */
  #tell(codes) {
    for (const code of ['100', '170', '171', '172', '173', '104']) {
      if (codes.has(code)) this.#note(phrase(`status.${code}`));
    }
    if (this.state === 'joined' && ['104', '170', '171', '172', '173'].some((code) => codes.has(code))) this.#askInfo();
  }

  /** The first subject after a join ends the history (MUC SU6); later ones are changes. */
  #subjectChanged(nick, subject) {
    const initial = !this.#subjectKnown;
    this.#subjectKnown = true;
    if (this.state === 'joined') clearTimeout(this.#timer);
    this.conversation.settle(this.#created);
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

  caughtUp() {
    this.#handlers.info();
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

  #event(what, nick, text = '', more = {}) {
    this.#timeline.add({ kind: 'event', what, nick, text, ...more });
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

const isAnnotation = (stanza) => Boolean(child(stanza, 'retract', NS.RETRACT) ?? child(stanza, 'apply-to', NS.FASTEN));
