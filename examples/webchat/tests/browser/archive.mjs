// Our page and the room's archive: what was missed in a long absence, what is older than the history, and what
// both do to the order. The server of these tests keeps a short history, so that only the archive has the rest.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { OurPage } from './ours.mjs';
import { Proxy } from './proxy.mjs';

const MANY = 70; // more than a page of the archive, and than the history

export const cases = [
  { name: 'page, websocket: catching up from the archive', run: (stage) => play(stage, 'websocket', catchUp) },
  { name: 'page, websocket: a message cut off is sent again and stands once', run: (stage) => play(stage, 'websocket', sentAgain) },
  { name: 'page, websocket: reload catches up from the archive', run: (stage) => play(stage, 'websocket', reloadCatchesUp) },
  ...['bosh', 'websocket'].map((transport) => ({
    name: `page, ${transport}: older messages by scrolling up`,
    run: (stage) => play(stage, transport, scrollUp),
  })),
];

async function play({ browser, origin, pictures }, transport, scenario) {
  const room = `a-${randomBytes(5).toString('hex')}`;
  const windows = [];
  const proxies = [];
  const open = async (nick, at = origin) => {
    const window = await OurPage.open(browser, { origin: at, room, nick, transport });
    windows.push(window);
    return window;
  };
  const openBehind = async (nick) => {
    const { hostname: host, port } = new URL(origin);
    const proxy = await new Proxy({ host, port: Number(port) }).listen();
    proxies.push(proxy);
    const window = await open(nick, proxy.origin);
    window.cutAllowed = true;
    return [window, proxy];
  };
  try {
    await scenario({ open, openBehind });
    for (const window of windows) assert.deepEqual(window.faults, [], 'what a page complained of');
  } catch (error) {
    await Promise.all(windows.map((window, i) => window.picture(pictures, `FAILED-archive-${scenario.name}-${i + 1}`)));
    const seen = await Promise.all(windows.map((window) => window.messages().catch(() => 'gone')));
    throw new Error(`seen: ${JSON.stringify(seen)}`, { cause: error });
  } finally {
    await Promise.all(windows.map((window) => window.close()));
    for (const proxy of proxies) await proxy.close();
  }
}

/** Dropped while others say more than the history keeps; what was written meanwhile follows. */
async function catchUp({ open, openBehind }) {
  const [anna, way] = await openBehind('Anna');
  const bob = await open('Bob');
  await anna.present('Anna', 'Bob');
  await bob.say('before');
  await anna.shows('before');
  await way.refuse();
  await anna.offline();
  await anna.say('from Anna, while away');
  const missed = numbered('missed');
  await sayAll(bob, missed);
  await way.listen();
  await anna.shows('from Anna, while away');
  await bob.say('after');
  await anna.shows('after');
  await inOneOrder([anna, bob], ['before', ...missed, 'from Anna, while away', 'after']);
}

/** The server has it, the page cannot know; and the same for one that never arrived. */
async function sentAgain({ open, openBehind }) {
  const [anna, way] = await openBehind('Anna');
  const bob = await open('Bob');
  await anna.present('Anna', 'Bob');
  for (const text of ['cut off 1', 'cut off 2']) {
    const behind = way.cutBehind();
    await anna.say(text);
    await behind;
    await bob.say(`Bob, after ${text}`);
    await way.listen();
    await anna.shows(`Bob, after ${text}`);
    await anna.shows(text);
  }
  await bob.shows('cut off 2');
  const [first, second] = await Promise.all([anna, bob].map(texts));
  assert.deepEqual(first, second, 'one order in both windows');
  assert.deepEqual(first.toSorted(), ['Bob, after cut off 1', 'Bob, after cut off 2', 'cut off 1', 'cut off 2']);
}

async function reloadCatchesUp({ open, openBehind }) {
  const [anna] = await openBehind('Anna');
  const bob = await open('Bob');
  await anna.present('Anna', 'Bob');
  await bob.say('before');
  await anna.shows('before');
  const url = anna.page.url();
  await anna.page.goto('about:blank');
  const missed = numbered('missed');
  await sayAll(bob, missed);
  await anna.page.goto(url);
  await anna.inside();
  await bob.say('after');
  await anna.shows('after');
  await inOneOrder([anna, bob], ['before', ...missed, 'after']);
}

/** A newcomer sees the history; scrolling up brings the rest, and what is read stays where it is. */
async function scrollUp({ open }) {
  const bob = await open('Bob');
  const spoken = numbered('text');
  await sayAll(bob, spoken);
  const anna = await open('Anna');
  await anna.shows(spoken.at(-1));
  assert.ok((await texts(anna)).length < MANY, 'the history is shorter than the archive');
  await anna.page.waitForSelector('#older:not([hidden])');
  while ((await texts(anna)).length < MANY) {
    const before = (await texts(anna)).length;
    const moved = await anna.page.evaluate(async (count) => {
      const scroller = document.getElementById('scroller');
      // What fills no screen cannot be scrolled: then there is the button.
      if (scroller.scrollTop > 0) scroller.scrollTop = 0;
      else document.getElementById('older').click();
      const row = document.querySelector('[data-role=message]');
      const place = () => row.getBoundingClientRect().top;
      const was = place();
      const rows = () => document.querySelectorAll('[data-role=message]').length;
      for (let i = 0; rows() === count && i < 400; i += 1) await new Promise((resolve) => setTimeout(resolve, 25));
      return Math.abs(place() - was);
    }, before);
    assert.ok((await texts(anna)).length > before, 'scrolling up brought more');
    // The line of the day and the button may move by a line; the text that is read may not jump away.
    assert.ok(moved < 80, `what was read moved by ${moved} pixels`);
  }
  assert.deepEqual(await texts(anna), spoken);
  await anna.page.waitForSelector('#older', { state: 'hidden' });
  await bob.say('after');
  await anna.shows('after');
  assert.deepEqual(await texts(anna), [...spoken, 'after']);
}

const numbered = (word) => Array.from({ length: MANY }, (_, i) => `${word} ${i + 1}`);
const texts = async (window) => (await window.messages()).map(({ text }) => text);

async function sayAll(window, all) {
  for (const text of all) {
    await window.say(text);
    await window.shows(text);
  }
}

async function inOneOrder(windows, wanted) {
  for (const window of windows) {
    for (const text of wanted) await window.shows(text);
    assert.deepEqual(await texts(window), wanted);
  }
}
