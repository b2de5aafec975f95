// The chat behind a reverse proxy: what is different there, for our page and Converse over both transports. The
// scenarios that need no proxy are those of cases.mjs.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Converse } from './converse.mjs';
import { OurPage } from './ours.mjs';

const TRANSPORTS = ['bosh', 'websocket'];

/** Each case: { name, run({ browser, origin, pictures }) }; `origin` has the path prefix, without its last slash. */
export const cases = [
  ...[OurPage, Converse].flatMap((Client) =>
    TRANSPORTS.map((transport) => ({
      name: `${Client.client}, ${transport}: talk and reload`,
      run: (surroundings) => watched((stage) => talk(stage), { ...surroundings, Client, transport }),
    })),
  ),
  { name: 'page: every address leads inside', run: (s) => watched(addresses, { ...s, Client: OurPage, transport: 'bosh' }) },
  { name: 'converse: found by host-meta', run: (s) => watched(discovery, { ...s, Client: Converse, transport: 'bosh' }) },
  { name: 'a file goes up and comes back', run: (s) => watched(upload, { ...s, Client: OurPage, transport: 'bosh' }) },
  { name: 'the way is known to be encrypted', run: (s) => watched(encrypted, { ...s, Client: OurPage, transport: 'bosh' }) },
];

/** Runs a scenario in a room of its own and looks at what the windows complained of. */
async function watched(scenario, { browser, origin, pictures, Client, transport }) {
  const room = `t-${randomBytes(5).toString('hex')}`;
  const windows = [];
  const open = async (nick, options = {}) => {
    const window = await Client.open(browser, { origin, room, nick, transport, ...options });
    windows.push(window);
    return window;
  };
  try {
    await scenario({ open, browser, origin, room, windows });
    for (const window of windows) assert.deepEqual(window.faults, [], 'what a page complained of');
  } catch (error) {
    const name = ['FAILED-proxied', Client.client, transport, scenario.name].join('-');
    await Promise.all(windows.map((window, i) => window.picture(pictures, `${name}-${i + 1}`)));
    const faults = windows.map((window) => window.faults);
    throw new Error(`faults: ${JSON.stringify(faults)}`, { cause: error });
  } finally {
    await Promise.all(windows.map((window) => window.close()));
  }
}

async function talk({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  // Several in a row: a proxy that buffers lets the first wait for the last.
  for (let i = 1; i <= 3; i += 1) {
    await anna.say(`from Anna ${i}`);
    await bob.shows(`from Anna ${i}`);
    await bob.say(`from Bob ${i}`);
    await anna.shows(`from Bob ${i}`);
  }
  await bob.reload();
  await anna.present('Anna', 'Bob');
  await anna.say('are you still there');
  await bob.shows('are you still there');
  await bob.say('I am');
  await anna.shows('I am');
}

/** The form, the link to a room, the prefix without its slash, the link that is copied. */
async function addresses({ open, origin, room, browser, windows }) {
  const anna = await open('Anna', { by: 'form' });
  const bob = await open('Bob', { by: 'path' });
  await anna.present('Anna', 'Bob');
  assert.ok(anna.page.url().startsWith(`${origin}/?channel=`), anna.page.url());
  assert.ok(bob.page.url().startsWith(`${origin}/room/${room}`), bob.page.url());
  const links = await Promise.all([anna, bob].map(({ page }) => page.evaluate(() => document.baseURI)));
  assert.deepEqual(links, [`${origin}/`, `${origin}/`]);
  // As somebody types it.
  const carol = await new OurPage().init(browser, origin);
  windows.push(carol);
  await carol.page.goto(origin);
  await carol.page.waitForSelector('#landing:not([hidden])');
  assert.equal(new URL(carol.page.url()).pathname, `${new URL(origin).pathname.replace(/\/$/, '')}/`);
  await carol.page.fill('#landing-form [name=channel]', room);
  await carol.page.fill('#landing-form [name=nick]', 'Carol');
  await carol.page.press('#landing-form [name=nick]', 'Enter');
  await carol.inside();
  await anna.present('Anna', 'Bob', 'Carol');
}

/** XEP-0156: Converse knows nothing but the domain. */
async function discovery({ open, origin, room, browser, windows }) {
  const asked = [];
  const converse = await new Converse().init(browser, origin);
  windows.push(converse);
  const { page } = converse;
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  const sockets = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  const source = await readFile(new URL('../../converse/start.js', import.meta.url), 'utf8');
  const known = ['...transport,', 'discover_connection_methods: false,'];
  for (const setting of known) assert.ok(source.includes(setting), setting);
  const body = known.reduce((rest, setting) => rest.replace(setting, ''), source);
  await page.route('**/converse/start.js', (route) => route.fulfill({ contentType: 'text/javascript', body }));
  await page.goto(`${origin}/converse/?${new URLSearchParams({ channel: room, nick: 'Dora' })}`);
  await converse.inside();
  const bob = await open('Bob');
  await converse.say('found you');
  await bob.shows('found you');
  assert.ok(asked.includes('/.well-known/host-meta'), asked.join(' '));
  const { host, pathname } = new URL(origin);
  assert.deepEqual(sockets, [`wss://${host}${pathname.replace(/\/$/, '')}/xmpp-websocket`]);
}

/** XEP-0363, with a file that is larger than what a proxy lets pass without being told. */
async function upload({ open, origin }) {
  const { page } = await open('Anna');
  const { put, get, sent, status, come, type } = await page.evaluate(async (url) => {
    const socket = new WebSocket(url, 'xmpp');
    const waiting = [];
    const arrived = [];
    socket.onmessage = ({ data }) => {
      const element = new DOMParser().parseFromString(data, 'text/xml').documentElement;
      if (waiting.length > 0) waiting.shift()(element);
      else arrived.push(element);
    };
    const next = () => arrived.shift() ?? new Promise((resolve) => waiting.push(resolve));
    const open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.org' version='1.0'/>";
    const size = 3_000_000;
    await new Promise((resolve) => (socket.onopen = resolve));
    let answer;
    for (const [text, answers] of [
      [open, 2],
      ["<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>", 1],
      [open, 2],
      ["<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", 1],
      [
        `<iq xmlns='jabber:client' type='get' id='s' to='upload.example.org'>` +
          `<request xmlns='urn:xmpp:http:upload:0' filename='a.png' size='${size}' content-type='image/png'/></iq>`,
        1,
      ],
    ]) {
      socket.send(text);
      for (let i = 0; i < answers; i += 1) answer = await next();
    }
    const [put, get] = ['put', 'get'].map((name) => answer.getElementsByTagName(name)[0]);
    const headers = Object.fromEntries(
      [...put.getElementsByTagName('header')].map((header) => [header.getAttribute('name'), header.textContent]),
    );
    const sent = Uint8Array.from({ length: size }, (_, i) => (i * 31) % 251);
    const stored = await fetch(put.getAttribute('url'), {
      method: 'PUT',
      headers: { ...headers, 'Content-Type': 'image/png' },
      body: sent,
    });
    const file = await fetch(get.getAttribute('url'));
    const come = new Uint8Array(await file.arrayBuffer());
    socket.close();
    const sum = (bytes) => bytes.reduce((all, byte, i) => (all * 31 + byte + i) % 1_000_000_007, 0);
    return {
      put: put.getAttribute('url'),
      get: get.getAttribute('url'),
      sent: [sent.length, sum(sent)],
      status: [stored.status, file.status],
      come: [come.length, sum(come)],
      type: file.headers.get('content-type'),
    };
  }, `${origin.replace('https:', 'wss:')}/xmpp-websocket`);
  assert.deepEqual(status, [201, 200]);
  assert.deepEqual(come, sent);
  assert.equal(type, 'image/png');
  for (const url of [put, get]) assert.ok(url.startsWith(`${origin}/upload/`), url);
}

/** A client of an old BOSH is told in the answer (`secure`). */
async function encrypted({ open, origin }) {
  const { page } = await open('Anna');
  const answer = await page.evaluate(async (url) => {
    const body = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='example.org' wait='1' hold='1'/>";
    const response = await fetch(url, { method: 'POST', body });
    return new DOMParser().parseFromString(await response.text(), 'text/xml').documentElement.getAttribute('secure');
  }, `${origin}/http-bind`);
  assert.equal(answer, 'true');
}
