// Runs the cases against a running server and prints one line for each: `ok NAME` or `FAILED NAME` with the reason.
// Started by tests/clients.rs; by hand:
//
//   WEBCHAT_URL=http://127.0.0.1:5280 node run.mjs [part of a name]
//
// Environment: WEBCHAT_URL, WEBCHAT_CLIENT_MODULES (a node_modules), WEBCHAT_CASES (`mechanisms` for that file).

import { mechanisms } from './mechanisms.mjs';
import { strophe } from './strophe.mjs';
import { stanza, stanzaAdmin } from './stanza.mjs';
import { xmppjs } from './xmppjs.mjs';

const CASE_MS = 30_000;
const BOSH = 'bosh';
const WEBSOCKET = 'websocket';
/** Each with the transports that it knows. */
const clients = [
  ['strophe', BOSH, strophe],
  ['strophe', WEBSOCKET, strophe],
  ['stanza', BOSH, stanza],
  ['stanza', WEBSOCKET, stanza],
  ['xmpp.js', WEBSOCKET, xmppjs],
];

const origin = new URL(process.env.WEBCHAT_URL).origin;
const endpoints = {
  [BOSH]: `${origin}/http-bind`,
  [WEBSOCKET]: `${origin.replace('http', 'ws')}/xmpp-websocket`,
};

async function login(connect, transport) {
  const user = await connect({ transport, url: endpoints[transport], domain: 'localhost' });
  if (!/^[^@/]+@localhost\/./.test(user.jid)) throw new Error(`logged in as ${user.jid}`);
  return user;
}

/** Two users of one library: the whole of a chat. */
async function alone([name, transport, connect]) {
  const room = `${name.replace('.', '')}-${transport}-${process.pid}@rooms.localhost`;
  const a = await login(connect, transport);
  const b = await login(connect, transport);
  await a.ping('localhost');
  await a.join(room, 'a');
  await b.join(room, 'b');
  await a.say(room, 'hello <b> & "all"');
  await b.hears(`${room}/a`, 'hello <b> & "all"');
  await a.hears(`${room}/a`, 'hello <b> & "all"');
  await b.say(room, 'grüezi 👋');
  await a.hears(`${room}/b`, 'grüezi 👋');
  await a.ping(`${room}/a`); // XEP-0410
  if (a.slot) await shares(a);
  await b.leave(room, 'b');
  await a.misses(`${room}/b`);
  await b.end();
  await a.end();
}

/** A file goes up as the library's slot says, and comes down by its link (XEP-0363). */
async function shares(user) {
  const content = 'grüezi 👋';
  const body = new Blob([content], { type: 'text/plain' });
  const slot = await user.slot({ name: 'a note.txt', size: body.size, mediaType: body.type });
  const headers = Object.fromEntries((slot.headers ?? []).map(({ name, value }) => [name, value]));
  const { status } = await fetch(slot.put, { method: 'PUT', body, headers });
  if (status !== 201) throw new Error(`PUT: ${status}`);
  const answer = await fetch(slot.get);
  const got = await answer.text();
  if (!answer.ok || got !== content) throw new Error(`GET: ${answer.status} ${got}`);
}

/** All of them in one room, and each hears each exactly once. */
async function together() {
  const room = `together-${process.pid}@rooms.localhost`;
  const users = [];
  for (const [name, transport, connect] of clients) {
    const user = await login(connect, transport);
    const nick = `${name} ${transport}`;
    await user.join(room, nick);
    users.push({ user, nick });
  }
  for (const { user, nick } of users) await user.say(room, `from ${nick}`);
  for (const { user } of users) {
    for (const { nick } of users) await user.hears(`${room}/${nick}`, `from ${nick}`);
  }
  for (const { user, nick } of users) {
    for (const { nick: other } of users) {
      const times = user.heard.filter(({ body }) => body === `from ${other}`).length;
      if (times !== 1) throw new Error(`${nick} heard ${other} ${times} times`);
    }
  }
  // One after the other, and out of the room first: stanza.js throws when a stanza comes behind its own goodbye.
  for (const { user, nick } of users) {
    await user.leave(room, nick);
    await user.end();
  }
}

/** A stranger's client as the admin (XEP-0050): it sees who is in a room, and throws one out. */
async function administration() {
  const domain = 'localhost';
  const url = endpoints[WEBSOCKET].replace('/xmpp-websocket', '/admin/xmpp-websocket');
  const admin = await stanzaAdmin({ url, domain, token: process.env.WEBCHAT_TOKEN });
  const guest = await login(stanza, WEBSOCKET);
  const room = `admin-${process.pid}@rooms.localhost`;
  await guest.join(room, 'guest');
  const { items } = await admin.getDiscoItems(domain, 'http://jabber.org/protocol/commands');
  if (!items.some(({ node }) => node === 'webchat#kick')) throw new Error('kick is not listed');
  const step = async (command) => {
    const { command: answer } = await admin.sendIQ({ to: domain, type: 'set', command });
    return answer;
  };
  const fill = ({ node, sid }, action, fields) =>
    step({ node, sid, action, form: { type: 'submit', fields: [{ name: 'FORM_TYPE', type: 'hidden', value: 'http://jabber.org/protocol/admin' }, ...fields] } });
  const first = await step({ node: 'webchat#kick', action: 'execute' });
  if (first.status !== 'executing') throw new Error(JSON.stringify(first));
  const second = await fill(first, 'next', [{ name: 'room', value: room }]);
  const done = await fill(second, 'complete', [{ name: 'nicks', type: 'list-multi', value: ['guest'] }]);
  if (done.status !== 'completed') throw new Error(JSON.stringify(done));
  await guest.misses(`${room}/guest`);
  await guest.end();
  admin.disconnect();
}

const chats = [
  ...clients.map((client) => [`${client[0]}, ${client[1]}`, () => alone(client)]),
  ['all together', together],
  ['stanza, as the admin', administration],
];

const cases = process.env.WEBCHAT_CASES === 'mechanisms' ? mechanisms(endpoints, origin) : chats;

let failed = 0;
for (const [name, run] of cases.filter(([name]) => name.includes(process.argv[2] ?? ''))) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('the case took too long')), CASE_MS);
  });
  try {
    await Promise.race([run(), late]);
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}`);
    console.log(`${error?.stack ?? JSON.stringify(error)}`.replace(/^/gm, '    '));
  }
  clearTimeout(timer);
}
process.exit(failed === 0 ? 0 : 1);
