// Starts here: which channel and name the address asks for, and how the page's parts know each other.
// chat.js has the open channel.

import { Attachments } from './attachments.js';
import { Bosh } from './bosh.js';
import { Chat } from './chat.js';
import { Composer } from './composer.js';
import { $ } from './dom.js';
import { onLanguage, startLanguage } from './i18n.js';
import { Landing } from './landing.js';
import { Log } from './log.js';
import { closeMenu } from './menu.js';
import { People } from './people.js';
import { CONFIG_URL, addressOf, route, transportName } from './place.js';
import { languageSwitch } from './preferences.js';
import { takeAccount } from './signon.js';
import { Store } from './store.js';
import { Talks } from './talks.js';
import { Ui } from './ui.js';
import { Socket } from './websocket.js';
import { uploadWords } from './words.js';
import { NS, el } from './xml.js';

const CONFIG_RETRY_MS = 2000;

/** First of all: a token does not stay in the address bar. */
const account = takeAccount();
const store = new Store();
const landing = new Landing((channel, nick) => go(channel, nick));
const ui = new Ui({
  leave: () => left(),
  changeNick: () => chat?.changeNick(),
  topic: () => chat?.showTopic(),
  more: (button) => chat?.moreMenu(button),
  seen: () => talks.seen(),
});
const log = new Log({
  menu: (entry, button) => chat?.messageMenu(entry, button),
  react: (entry, emoji) => chat?.react(entry, emoji),
  isMe: (author, nick) => chat?.isMe(author, nick) ?? false,
  again: (entry) => chat?.again(entry),
  drop: (entry) => chat?.drop(entry),
  answer: (entry, allow) => chat?.answerVoice(entry, allow),
  atEnd: () => talks.active?.timeline.trim(),
  nearStart: () => chat?.older(),
});
const talks = new Talks(log, {
  ownNick: () => chat?.room.nick,
  unseen: () => ui.unread(),
  shown: (talk) => chat?.talkShown(talk),
  close: (talk) => chat?.closeTalk(talk),
});
const people = new People((occupant, button) => chat?.occupantMenu(occupant, button));
const composer = new Composer({
  send: (text, about) => chat?.send(text, about),
  nicks: () => people.nicks.filter((nick) => nick !== chat?.room.nick),
  askVoice: () => chat?.askVoice(),
});

const attachments = new Attachments(composer, {
  send: (file, progress, signal) => chat.sendFile(file, progress, signal),
  sent: (url) => chat?.fileSent(url),
  failed: (error) => uploadWords(error),
});
$('older').addEventListener('click', () => chat?.older());

let config = null;
/** The open channel: see chat.js. */
let chat = null;
let savePlanned = false;

async function start() {
  startLanguage();
  languageSwitch($('landing-language'));
  onLanguage(() => landing.title());
  config = await loadConfig();
  const { channel, nick } = route();
  // Whoever comes signed in wants in at once: the token is good for a short time.
  const asked = channel || (account.signedOn ? config.default_channel : '');
  if (asked) await open(asked, nick, { restore: !account.signedOn });
  else await showLanding();
}

async function showLanding() {
  const saved = await store.load();
  if (saved) goodbye(saved);
  store.clear();
  landing.show({ channel: config.default_channel ?? '', nick: '', config });
}

// ---- a channel

/** To a channel by its own address. */
function go(channel, nick) {
  history.pushState(null, '', addressOf(channel, transportName()));
  open(channel, nick);
}

async function open(channel, nick, { restore = false } = {}) {
  landing.hide();
  ui.open(channel);
  const transport = transportName();
  let saved = await store.load();
  if (saved && !(restore && saved.channel === channel && saved.transport === transport)) {
    goodbye(saved);
    saved = null;
  }
  if (saved?.signedOn) account.signedOn = true;
  const opened = new Chat(channel, transport, {
    account,
    page: { ui, log, talks, people, composer, attachments },
    config: { ...config, addresses: { bosh: transportUrl('bosh').href, websocket: transportUrl('websocket').href } },
    makeTransport: (handlers) => makeTransport(transport, handlers),
    save,
    left,
  });
  chat = opened;
  if (saved) chat.restore(saved);
  const reloaded = performance.getEntriesByType('navigation')[0]?.type !== 'navigate';
  const begun = await chat.begin(saved && (reloaded || !nick) ? saved.room.wanted : nick, saved);
  if (begun) save();
  else if (chat === opened) left();
}

function transportUrl(name) {
  const url = new URL(config[name], CONFIG_URL);
  if (name === 'websocket') url.protocol = url.protocol.replace('http', 'ws');
  return url;
}

function makeTransport(name, handlers) {
  const Transport = name === 'bosh' ? Bosh : Socket;
  return new Transport(transportUrl(name), config.domain, handlers);
}

/** Leaves the channel: to the first page, or on to the channel `to`. */
function left(to = null, reason = '') {
  if (!chat) return;
  const { room, channel } = chat;
  const { wanted } = room;
  chat.end(reason);
  chat = null;
  store.clear();
  closeMenu();
  attachments.clear();
  ui.close();
  log.clear();
  if (to) {
    go(to, wanted);
    return;
  }
  history.pushState(null, '', addressOf('', transportName()));
  landing.show({ channel: channel || config.default_channel, nick: wanted ?? '', config });
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

/** Stores everything at the end of the task, so that a reload finds one state and never half of two. */
function save() {
  if (savePlanned) return;
  savePlanned = true;
  queueMicrotask(() => {
    savePlanned = false;
    if (chat) store.save(chat.state());
  });
}

async function loadConfig() {
  for (;;) {
    try {
      const response = await fetch(CONFIG_URL);
      if (response.ok) {
        $('unreachable').hidden = true;
        return await response.json();
      }
    } catch {
      // the same as a bad answer
    }
    $('unreachable').hidden = false;
    await new Promise((resolve) => setTimeout(resolve, CONFIG_RETRY_MS));
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
