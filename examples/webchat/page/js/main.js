// Starts here: which channel and name the address asks for, and how the parts are joined.
//
//   transport (bosh, websocket) ── client (xmpp) ── room (muc) ── timeline ── log
//                                                      └───────── people, ui

import { Bosh } from './bosh.js';
import { run } from './commands.js';
import { Composer } from './composer.js';
import { Landing, channelName, rememberNick, rememberedNick } from './landing.js';
import { Log } from './log.js';
import { Room } from './muc.js';
import { People } from './people.js';
import { Store } from './store.js';
import { Timeline } from './timeline.js';
import { Ui } from './ui.js';
import { Socket } from './websocket.js';
import { connectionWords } from './words.js';
import { Client } from './xmpp.js';
import { NS, el } from './xml.js';

const CONFIG_URL = new URL('../config.json', import.meta.url);
const CONFIG_RETRY_MS = 2000;

const store = new Store();
const landing = new Landing((channel, nick) => {
  const query = new URLSearchParams({ channel });
  if (transportName() === 'websocket') query.set('transport', 'websocket');
  history.pushState(null, '', new URL(`?${query}`, document.baseURI));
  open(channel, nick);
});
const ui = new Ui({ leave: () => leave(), changeNick: () => changeNick() });
const log = new Log({
  again: (entry) => act(() => chat.room.again(entry)),
  drop: (entry) => act(() => chat.timeline.remove(entry)),
  unread: () => ui.unread(),
});
const people = new People((nick) => composer.address(nick));
const composer = new Composer({
  send: (text) => act(() => run(text, { room: chat.room, note, leave })),
  nicks: () => people.nicks.filter((nick) => nick !== chat.room.nick),
});

let config = null;
/** The open channel: { channel, client, room, timeline }. */
let chat = null;
let savePlanned = false;

async function start() {
  config = await loadConfig();
  const { channel, nick } = route();
  if (channel) await open(channel, nick, { restore: true });
  else await showLanding();
}

/** `/?channel=ROOM&nick=NICK` and `/room/ROOM`. */
function route() {
  const query = new URLSearchParams(location.search);
  const inPath = location.pathname.match(/\/room\/([^/]+)\/?$/u);
  const asked = query.get('channel') ?? (inPath ? safeDecode(inPath[1]) : '');
  return { channel: channelName(asked), nick: query.get('nick')?.trim() ?? '' };
}

function transportName() {
  return new URLSearchParams(location.search).get('transport') === 'websocket' ? 'websocket' : 'bosh';
}

async function showLanding() {
  const saved = await store.load();
  if (saved) goodbye(saved);
  store.clear();
  landing.show({ channel: config.default_channel ?? '', nick: '' });
}

// ---- a channel

async function open(channel, nick, { restore = false } = {}) {
  landing.hide();
  ui.open(channel);
  const transport = transportName();
  let saved = await store.load();
  if (saved && !(restore && saved.channel === channel && saved.transport === transport)) {
    goodbye(saved);
    saved = null;
  }
  chat = make(channel, transport);
  const { client, room, timeline } = chat;
  if (saved) {
    log.nick = saved.room.nick;
    log.quietly(() => timeline.restore(saved.timeline));
    room.restore(saved.room);
  }
  const reloaded = performance.getEntriesByType('navigation')[0]?.type !== 'navigate';
  const wanted = (saved && (reloaded || !nick) ? saved.room.wanted : nick) || (await ask('', ''));
  if (!wanted) {
    leave();
    return;
  }
  if (room.state === 'out' || wanted !== room.wanted) room.enter(wanted);
  ui.nick(room.nick ?? wanted);
  if (saved?.client) client.resume(saved.client);
  else client.connect();
  composer.label = `Message #${channel}`;
  composer.focus();
  save();
}

function make(channel, transport) {
  const timeline = new Timeline(log);
  const client = new Client((handlers) => makeTransport(transport, handlers), config.domain, {
    state: (state, { condition, text }) => {
      ui.connection(state);
      if (state === 'failed') ui.stop(connectionWords(condition, text), 'Try again', () => client.connect());
    },
    online: ({ resumed }) => room.online(resumed),
    offline: ({ over }) => room.offline(over),
    stanza: (stanza) => room.handle(stanza),
    commit: save,
  });
  const room = new Room(client, `${channel}@${config.muc}`, timeline, {
    state: (state, why) => ui.room(state, why),
    people: (occupants) => people.show(occupants),
    subject: (subject) => ui.topic(subject),
    nick: (nick) => {
      log.nick = nick;
      rememberNick(nick);
      ui.nick(nick);
    },
    nickTaken: (nick) => nickTaken(nick),
    refused: (words) => ui.stop(words, 'Try again', () => act(() => room.enter(room.wanted))),
    removed: (words) => ui.stop(words, 'Join again', () => act(() => room.enter(room.wanted))),
  });
  return { channel, transport, client, room, timeline };
}

function makeTransport(name, handlers) {
  const url = new URL(config[name], CONFIG_URL);
  if (name === 'bosh') return new Bosh(url, config.domain, handlers);
  url.protocol = url.protocol.replace('http', 'ws');
  return new Socket(url, config.domain, handlers);
}

function leave(reason = '') {
  if (!chat) return;
  const { client, room } = chat;
  const { wanted } = room;
  room.leave(reason);
  client.disconnect();
  chat = null;
  store.clear();
  ui.close();
  log.clear();
  const query = transportName() === 'websocket' ? '?transport=websocket' : '.';
  history.pushState(null, '', new URL(query, document.baseURI));
  landing.show({ channel: route().channel || config.default_channel, nick: wanted ?? '' });
}

/** Ends the session that an earlier page of this tab left behind for another channel. */
function goodbye({ client, transport, channel, room }) {
  if (!client || transport !== 'bosh') return;
  const nothing = () => {};
  const bosh = makeTransport('bosh', { element: nothing, up: nothing, down: nothing, commit: nothing, closed: nothing });
  bosh.resume(client.transport);
  const to = `${channel}@${config.muc}/${room.nick ?? room.wanted}`;
  bosh.send(el('presence', NS.CLIENT, { to, type: 'unavailable' }));
  bosh.close();
}

// ---- names

const ask = (value, problem, action = 'Join') =>
  ui.askNick({ title: 'Your name', value: value || rememberedNick(), problem, action });

async function nickTaken(nick) {
  const { room } = chat;
  const action = room.state === 'joined' ? 'Change' : 'Join';
  const other = await ask(`${nick}_`, `${nick} is taken. Please choose another name.`, action);
  if (chat?.room !== room) return;
  if (other) act(() => room.rename(other));
  else if (room.state === 'out') leave();
}

async function changeNick() {
  const { room } = chat;
  const nick = await ui.askNick({ title: 'Change your name', value: room.nick ?? room.wanted ?? '', action: 'Change' });
  if (nick && chat?.room === room && nick !== room.nick) act(() => room.rename(nick));
  composer.focus();
}

// ---- keeping

const note = (text, tone = 'info') => chat.timeline.add({ kind: 'note', text, tone });

/** Does something and keeps what came of it. */
function act(what) {
  if (!chat) return;
  what();
  save();
}

/** Stores everything at the end of the task, so that a reload finds one state and never half of two. */
function save() {
  if (savePlanned) return;
  savePlanned = true;
  queueMicrotask(() => {
    savePlanned = false;
    if (!chat) return;
    const { channel, transport, client, room, timeline } = chat;
    store.save({ channel, transport, client: client.save(), room: room.save(), timeline: timeline.save() });
  });
}

async function loadConfig() {
  const unreachable = document.getElementById('unreachable');
  for (;;) {
    try {
      const response = await fetch(CONFIG_URL);
      if (response.ok) {
        unreachable.hidden = true;
        return await response.json();
      }
    } catch {
      // the same as a bad answer
    }
    unreachable.hidden = false;
    await new Promise((resolve) => setTimeout(resolve, CONFIG_RETRY_MS));
  }
}

function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// ---- the page comes and goes

window.addEventListener('pagehide', () => {
  if (!chat) return;
  store.release();
  chat.client.suspend();
});

window.addEventListener('pageshow', ({ persisted }) => {
  if (!persisted) return;
  store.take();
  chat?.client.wake();
});

window.addEventListener('online', () => chat?.client.nudge());
window.addEventListener('popstate', () => location.reload());

start();
