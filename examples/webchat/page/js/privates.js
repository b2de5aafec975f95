// Private messages (XEP-0045 7.5): one talk for each occupant one writes with. The room does not
// reflect them; an error with the message's id tells that one did not arrive.

import { phrase } from './i18n.js';
import { Timeline } from './timeline.js';
import { NS, el, randomId, stanzaError } from './xml.js';
import { errorWords } from './words.js';

const MAX_TALKS = 50;

export class Privates {
  #client;
  #room;
  #handlers;
  /** By nick: { nick, id, timeline }; `id` is the occupant id of whom one talked to. */
  talks = new Map();

  /**
   * `handlers`: `talkListener(talk)` gives the listener of a new talk's timeline, `talkRenamed(talk)`,
   * `talkClosed(talk)`.
   */
  constructor(client, room, handlers) {
    this.#client = client;
    this.#room = room;
    this.#handlers = handlers;
  }

  /** The talk with an occupant, a new one if need be. */
  open(nick) {
    const known = this.talks.get(nick);
    if (known) return known;
    if (this.talks.size >= MAX_TALKS) this.close(this.talks.values().next().value);
    return this.#make(nick, this.#room.occupant(nick)?.id ?? null);
  }

  close(talk) {
    this.talks.delete(talk.nick);
    this.#handlers.talkClosed(talk);
  }

  say(talk, text) {
    const entry = { kind: 'message', state: 'reflected', own: true, nick: this.#room.nick, text, id: randomId() };
    if (!this.#room.inside() || this.#client.state !== 'online') {
      talk.timeline.fail(talk.timeline.addPending(entry), phrase('message.offline'));
      return;
    }
    const message = { to: `${this.#room.jid}/${talk.nick}`, type: 'chat', id: entry.id };
    this.#client.send(el('message', NS.CLIENT, message, el('body', NS.CLIENT, {}, text), el('x', NS.MUC_USER)));
    talk.timeline.add(entry);
  }

  again(talk, entry) {
    talk.timeline.remove(entry);
    this.say(talk, entry.text);
  }

  // ---- what comes

  received(nick, id, text) {
    const talk = this.open(nick);
    this.#checkOwner(talk, id);
    talk.timeline.add({ kind: 'message', state: 'reflected', nick, author: id ?? nick, text });
  }

  refused(stanza, nick) {
    const talk = this.talks.get(nick);
    if (!talk) return;
    const { condition, text } = stanzaError(stanza);
    const entry = talk.timeline.entries.find(({ own, id }) => own && id === stanza.getAttribute('id'));
    const problem = errorWords(condition, text, 'private');
    if (entry) talk.timeline.fail(entry, problem);
    else talk.timeline.add({ kind: 'note', text: problem, tone: 'error' });
  }

  // ---- the other one comes and goes

  renamed(from, to) {
    const talk = this.talks.get(from);
    if (!talk) return;
    this.talks.delete(from);
    const other = this.talks.get(to);
    if (other) this.close(other);
    talk.nick = to;
    this.talks.set(to, talk);
    talk.timeline.add({ kind: 'event', what: 'renamed', nick: from, text: to });
    this.#handlers.talkRenamed(talk);
  }

  gone(nick) {
    this.talks.get(nick)?.timeline.add({ kind: 'event', what: 'left', nick, text: '' });
  }

  /** Somebody with that nick is (again) there. */
  present({ nick, id }) {
    const talk = this.talks.get(nick);
    if (talk) this.#checkOwner(talk, id);
  }

  arrived(occupants) {
    for (const occupant of occupants.values()) this.present(occupant);
  }

  save() {
    return Array.from(this.talks.values(), ({ nick, id, timeline }) => ({ nick, id, timeline: timeline.save() }));
  }

  restore(saved) {
    for (const { nick, id, timeline } of saved) this.#make(nick, id).timeline.restore(timeline);
  }

  #make(nick, id) {
    const talk = { nick, id, timeline: null };
    talk.timeline = new Timeline(this.#handlers.talkListener(talk));
    this.talks.set(nick, talk);
    return talk;
  }

  /** Warns where somebody else now has the nick (MUC PM5). */
  #checkOwner(talk, id) {
    if (!id || talk.id === id) return;
    if (talk.id) talk.timeline.add({ kind: 'note', text: phrase('private.owner', { nick: talk.nick }), tone: 'error' });
    talk.id = id;
  }
}
