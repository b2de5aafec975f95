// One open channel: joins the parts, and does what the person asks for in menus and fields.
//
//   transport (bosh, websocket) ── client (xmpp) ── room (muc) ── timelines ── talks ── log
//                                                      └───────── people, ui

import { announce, forgetAnnouncements } from './announce.js';
import { otherClients } from './clients.js';
import { run } from './commands.js';
import { askText, confirm } from './dialog.js';
import { $ } from './dom.js';
import { phrase } from './i18n.js';
import { rememberNick, rememberedNick } from './landing.js';
import { showLists } from './lists.js';
import { openMenu } from './menu.js';
import { Room } from './muc.js';
import { preferences } from './preferences.js';
import { mayChangeSubject, mayModerate, maySpeak } from './privileges.js';
import { roomSettings, showTopic } from './roomsettings.js';
import { admitsGuests, loginAddress, signOnWords } from './signon.js';
import { occupantItems } from './standing.js';
import { Timeline } from './timeline.js';
import { Uploads } from './upload.js';
import { voiceAnswer, voiceRequest } from './voice.js';
import { connectionWords, errorWords } from './words.js';
import { NS, child } from './xml.js';
import { Client } from './xmpp.js';

const REACTIONS = ['👍', '❤️', '😂', '🎉', '😮', '🙏'];

export class Chat {
  channel;
  transport;
  client;
  room;
  #page;
  #main;
  #config;
  #account;
  #uploads;
  #ended = false;

  /**
   * `page`: the parts { ui, log, talks, people, composer, attachments }. `config`: { domain, muc, addresses, sign_on }.
   * `account`: who the person is, see signon.js.
   * `makeTransport(handlers)` of the kind that `transport` names. `save()` keeps the state, `left()` goes back.
   */
  constructor(channel, transport, { page, config, account, makeTransport, save, left }) {
    this.channel = channel;
    this.transport = transport;
    this.#page = page;
    this.#config = config;
    this.#account = account;
    this.save = save;
    this.left = left;
    this.client = new Client(makeTransport, config.domain, account, {
      state: (state, { condition, text }) => {
        page.ui.connection(state);
        if (state === 'failed') this.#notAdmitted(condition, text);
      },
      online: ({ resumed }) => this.#online(resumed),
      offline: ({ over }) => this.room.offline(over),
      stanza: (stanza) => this.#received(stanza),
      commit: save,
    });
    this.#uploads = new Uploads(this.client, config.domain);
    this.#main = { nick: null, timeline: null };
    this.#main.timeline = new Timeline(page.talks.listener(this.#main));
    this.room = this.#makeRoom();
    page.talks.open(channel, this.#main);
    page.log.show(this.#main.timeline);
  }

  #makeRoom() {
    const { ui, log, talks, people } = this.#page;
    const again = () => this.act(() => this.room.enter(this.room.wanted));
    return new Room(this.client, `${this.channel}@${this.#config.muc}`, this.#main.timeline, {
      state: (state, why) => {
        ui.room(state, why);
        this.#showVoice();
        this.#showOlder();
      },
      people: (occupants) => {
        people.show(occupants, this.room?.nick);
        this.#showVoice();
      },
      info: () => {
        this.#showVoice();
        this.#showOlder();
        this.save();
      },
      subject: (subject) => ui.topic(subject),
      nick: (nick) => {
        log.nick = nick;
        rememberNick(nick);
        ui.nick(nick);
      },
      nickTaken: (nick) => this.#nickTaken(nick),
      passwordNeeded: (wrong) => this.#askPassword(wrong),
      refused: (what) => ui.stop(what, 'again', again),
      removed: (what, venue) => {
        const there = this.#channelOf(venue);
        if (there) ui.stop(what, 'removed.there', () => this.left(there));
        else ui.stop(what, 'removed.back', again);
      },
      talkListener: (talk) => talks.listener(talk),
      talkRenamed: () => talks.renamed(),
      talkClosed: (talk) => talks.remove(talk),
    });
  }

  /** Goes on with what an earlier page of this tab kept. */
  restore(saved) {
    const { log, talks } = this.#page;
    log.nick = saved.room.nick;
    talks.quietly(() => {
      this.#main.timeline.restore(saved.timeline);
      this.room.restore(saved.room);
    });
    for (const talk of this.room.privates.talks.values()) talks.add(talk);
  }

  async begin(nick, saved) {
    if (!nick && !saved && this.#account.signedOn) {
      // Who it is, the server says; and a token does not wait while somebody thinks about a name.
      this.client.connect();
      this.talkShown(this.#main);
      return true;
    }
    const wanted = nick || (await this.#askNick('', null));
    if (!wanted) return false;
    if (this.room.state === 'out' || wanted !== this.room.wanted) this.room.enter(wanted);
    this.#page.ui.nick(this.room.nick ?? wanted);
    if (saved?.client) this.client.resume(saved.client);
    else this.client.connect();
    this.talkShown(this.#main);
    this.#page.composer.focus();
    return true;
  }

  /** Of the room, or of those who run the server: they speak as the domain. */
  #received(stanza) {
    if (stanza.getAttribute('from') !== this.#config.domain) {
      this.room.handle(stanza);
      return;
    }
    const text = stanza.localName === 'message' ? child(stanza, 'body', NS.CLIENT)?.textContent : null;
    if (text) this.note(phrase('note.announcement', { text }));
  }

  /** The server did not let the person in: why, and what can be done about it. */
  #notAdmitted(condition, text) {
    const { ui } = this.#page;
    const words = signOnWords(this.#account, condition);
    const href = words || condition === 'invalid-mechanism' ? loginAddress(this.#config, this.channel) : null;
    const link = href && { label: 'sign-on.do', href };
    if (!words) ui.stop(connectionWords(condition, text), 'again', () => this.client.connect(), link);
    else if (admitsGuests(this.#config)) ui.stop(words, 'sign-on.guest', () => this.#asGuest(), link);
    else ui.stop(words, null, null, link);
  }

  /** The person would rather go on as anybody. */
  async #asGuest() {
    const nick = this.room.wanted ?? (await this.#askNick('', null));
    if (this.#ended || !nick) return;
    this.#account.forget();
    if (this.room.state === 'out') this.room.enter(nick);
    this.#page.ui.nick(this.room.nick ?? nick);
    this.client.connect();
    this.save();
  }

  #online(resumed) {
    if (this.room.state === 'out' && !this.room.wanted) {
      const name = this.client.jid.split('@')[0];
      this.room.enter(name);
      this.#page.ui.nick(name);
      this.#page.composer.focus();
    } else {
      this.room.online(resumed);
    }
    this.#uploads.find().then((service) => this.#page.attachments.offer(service !== null));
  }

  end(reason) {
    this.#ended = true;
    this.room.leave(reason);
    this.client.disconnect();
    forgetAnnouncements();
  }

  state() {
    const { channel, transport, client, room } = this;
    const { signedOn } = this.#account;
    return { channel, transport, signedOn, client: client.save(), room: room.save(), timeline: this.#main.timeline.save() };
  }

  /** Does something and keeps what came of it. */
  act(what) {
    what();
    this.save();
  }

  // ---- what the person says

  send(text, about) {
    const { talks } = this.#page;
    const talk = talks.active;
    this.act(() => {
      if (about?.replaces) {
        this.room.conversation.say(text, { replaces: about.replaces });
        return;
      }
      run(text, {
        room: this.room,
        say: (said) =>
          talk.nick === null
            ? this.room.conversation.say(said, { replyTo: about?.replyTo ?? null })
            : this.room.privates.say(talk, said),
        whisper: (nick, said) => this.room.privates.say(this.write(nick), said),
        note: (what, tone) => this.note(what, tone),
        leave: (reason) => this.left(null, reason),
      });
    });
  }

  /** Opens the private talk with somebody. */
  write(nick) {
    const { talks, composer } = this.#page;
    const talk = this.room.privates.open(nick);
    talks.add(talk);
    talks.show(talk);
    composer.focus();
    return talk;
  }

  talkShown(talk) {
    const { composer } = this.#page;
    composer.about(null);
    const isPrivate = talk.nick !== null;
    composer.label = isPrivate
      ? phrase('composer.private', { nick: talk.nick })
      : phrase('composer.channel', { channel: this.channel });
    document.getElementById('composer').toggleAttribute('data-private', isPrivate);
    this.#showVoice();
    this.#showOlder();
  }

  /** Tells the person something, where it is looking. */
  note(text, tone = 'info') {
    (this.#page.talks.active ?? this.#main).timeline.add({ kind: 'note', text, tone });
    this.save();
  }

  closeTalk(talk) {
    this.act(() => this.room.privates.close(talk));
    this.#page.composer.focus();
  }

  // ---- messages

  again(entry) {
    const { active } = this.#page.talks;
    this.act(() => {
      if (active.nick === null) this.room.conversation.again(entry);
      else this.room.privates.again(active, entry);
    });
  }

  drop(entry) {
    this.act(() => this.#page.talks.active.timeline.remove(entry));
  }

  react(entry, emoji) {
    this.act(() => this.room.conversation.react(entry, emoji));
  }

  messageMenu(entry, button) {
    const { composer } = this.#page;
    const inRoom = entry.stanzaId && this.#page.talks.active.nick === null;
    const { self, id } = this.room;
    const items = [];
    if (inRoom && maySpeak(self, this.room.features) && self) {
      items.push({ label: phrase('reaction.menu'), row: REACTIONS.map((emoji) => this.#reactionItem(entry, emoji)) });
      const answer = { replyTo: entry, words: phrase('reply.about', { nick: entry.nick, text: entry.text.slice(0, 80) }) };
      items.push({ label: phrase('reply.menu'), name: 'reply', act: () => composer.about(answer) });
    }
    const mine = inRoom && self && entry.own && entry.author === id;
    if (mine && entry === this.#lastOwn()) {
      const correction = { replaces: entry, words: phrase('edit.about') };
      items.push({ label: phrase('edit.menu'), name: 'edit', act: () => composer.about(correction) });
    }
    if (navigator.clipboard) {
      items.push({ label: phrase('copy.menu'), name: 'copy', act: () => navigator.clipboard.writeText(entry.text).catch(() => {}) });
    }
    if (mine) {
      items.push({ label: phrase('retract.menu'), name: 'retract', danger: true, act: () => this.#retract(entry) });
    } else if (inRoom && mayModerate(self, this.room.features)) {
      items.push({ label: phrase('moderate.menu'), name: 'moderate', danger: true, act: () => this.#moderate(entry) });
    }
    openMenu(button, items, phrase('message.actions'));
  }

  #reactionItem(entry, emoji) {
    const people = (entry.reactions ?? []).find(([one]) => one === emoji)?.[1] ?? [];
    const checked = people.some(([author, nick]) => this.isMe(author, nick));
    return { label: phrase('reaction.one', { emoji }), text: emoji, checked, act: () => this.react(entry, emoji) };
  }

  isMe(author, nick) {
    return this.room.isOwn(author === nick ? null : author, nick);
  }

  /** Only the last own message can be corrected (XEP-0308 4, MUC MO6). */
  #lastOwn() {
    return this.#main.timeline.entries.findLast((entry) => entry.kind === 'message' && entry.author === this.room.id);
  }

  async #retract(entry) {
    const answer = await confirm('retract-dialog', phrase('retract.title'), phrase('retract.hint'), 'retract.do');
    if (answer) this.act(() => this.room.conversation.retract(entry));
  }

  async #moderate(entry) {
    const answer = await askText({
      name: 'moderate-dialog',
      title: phrase('moderate.title', { nick: entry.nick }),
      hint: phrase('moderate.hint'),
      label: 'reason.label',
      action: 'moderate.do',
      danger: true,
    });
    if (!answer) return;
    const { error } = await this.room.requests.moderate(entry.stanzaId, answer.text);
    if (error) this.note(errorWords(error.condition, error.text, 'moderate'), 'error');
  }

  // ---- what was before

  /** Reads a page of older messages, if the channel's conversation is the one that is shown. */
  async older() {
    if (this.#page.talks.active !== this.#main) return;
    const button = $('older');
    button.disabled = true;
    const condition = await this.room.conversation.older((fill) => {
      this.#page.talks.quietly(() => this.#page.log.keepPlace(fill));
    });
    button.disabled = false;
    if (condition) this.note(errorWords(condition, ''), 'error');
    this.#showOlder();
  }

  #showOlder() {
    const main = (this.#page.talks.active ?? this.#main) === this.#main;
    $('older').hidden = !(main && this.room?.conversation.hasOlder);
  }

  // ---- files

  sendFile(file, progress, signal) {
    return this.#uploads.send(file, progress, signal);
  }

  /** A file is on the server: its address is said where the person is. */
  fileSent(url) {
    const talk = this.#page.talks.active;
    this.act(() => {
      if (talk.nick === null) this.room.conversation.say(url, { file: url });
      else this.room.privates.say(talk, url);
    });
  }

  // ---- people

  occupantMenu(occupant, button) {
    const { composer } = this.#page;
    const items = occupantItems(this.room, occupant, {
      mention: (nick) => composer.address(nick),
      write: (nick) => this.write(nick),
      changeNick: () => this.changeNick(),
      done: (text, tone) => this.#done(text, tone),
    });
    openMenu(button, items, phrase('people.actions', { nick: occupant.nick }));
  }

  /** What came of an act upon somebody: the channel shows what changed, so it is only said, unless it failed. */
  #done(text, tone) {
    if (tone === 'error' || this.#page.talks.active !== this.#main) this.note(text, tone);
    else announce(text);
  }

  askVoice() {
    this.client.send(voiceRequest(this.room.jid));
    this.note(phrase('voice.asked'));
  }

  answerVoice(entry, allow) {
    this.act(() => {
      this.client.send(voiceAnswer(this.room.jid, entry, allow));
      this.#main.timeline.update(entry, { state: allow ? 'granted' : 'denied' });
    });
  }

  #showVoice() {
    if (!this.room) return;
    const { self, features } = this.room;
    const inRoom = (this.#page.talks.active?.nick ?? null) === null;
    const silenced = inRoom && self !== null && !maySpeak(self, features);
    this.#page.composer.silence(silenced, features.has('http://jabber.org/protocol/muc#request'));
  }

  // ---- the channel's menu

  moreMenu(button) {
    const { ui } = this.#page;
    const { self } = this.room;
    const done = (text, tone) => this.note(text, tone);
    const items = [];
    if (mayChangeSubject(self, this.room.openSubject)) {
      items.push({ label: phrase('topic.menu'), name: 'topic', act: () => this.showTopic() });
    }
    if (self?.affiliation === 'owner') {
      items.push({ label: phrase('config.menu'), name: 'config', act: () => roomSettings(this.room, done) });
    }
    if (self?.affiliation === 'owner' || self?.affiliation === 'admin') {
      items.push({ label: phrase('lists.menu'), name: 'lists', act: () => showLists(this.room) });
    }
    const addresses = { domain: this.#config.domain, muc: this.#config.muc, ...this.#config.addresses };
    items.push(
      { label: phrase('nick.change'), name: 'rename', act: () => this.changeNick() },
      { label: phrase('clients.menu'), name: 'clients', act: () => otherClients(this.channel, addresses) },
      { label: phrase('settings.menu'), name: 'preferences', act: () => preferences() },
      'line',
      { label: phrase('leave.long'), name: 'leave', act: () => this.left() },
    );
    openMenu(button, items, phrase('more.menu', { channel: ui.channel }));
  }

  showTopic() {
    return showTopic(this.room, mayChangeSubject(this.room.self, this.room.openSubject));
  }

  // ---- names and passwords

  #askNick(value, problem, action = 'nick.join') {
    return this.#page.ui.askNick({ title: phrase('nick.title'), value: value || rememberedNick(), problem, action });
  }

  async #nickTaken(nick) {
    const inside = this.room.state === 'joined';
    const other = await this.#askNick(`${nick}_`, phrase('nick.taken', { nick }), inside ? 'nick.take' : 'nick.join');
    if (this.#ended) return;
    if (other) this.act(() => this.room.rename(other));
    else if (this.room.state === 'out') this.left();
  }

  async changeNick() {
    const { ui, composer } = this.#page;
    const value = this.room.nick ?? this.room.wanted ?? '';
    const nick = await ui.askNick({ title: phrase('nick.change'), value, action: 'nick.take' });
    if (this.#ended) return;
    if (nick && nick !== this.room.nick) this.act(() => this.room.rename(nick));
    composer.focus();
  }

  async #askPassword(wrong) {
    const answer = await askText({
      name: 'password-dialog',
      title: phrase('password.title'),
      hint: phrase(wrong ? 'password.wrong' : 'password.hint'),
      label: 'password.label',
      action: 'nick.join',
      type: 'password',
      maxlength: 256,
    });
    if (this.#ended) return;
    if (answer?.text) this.act(() => this.room.enter(this.room.wanted, answer.text));
    else this.left();
  }

  /** The channel's name, if an address is one of this service. */
  #channelOf(jid) {
    const [name, service] = jid.split('@');
    return service === this.#config.muc ? name : '';
  }
}
