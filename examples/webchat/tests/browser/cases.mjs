// {our page, Converse 14} × {BOSH, WebSocket} × {talk, rename, nick conflict, reload, drop}: what each cell
// promises.
//
// reload and drop  our page, BOSH        the session goes on; every text once, in the room's order, nobody sees a leave
//                  our page, WebSocket   a new login under the same nick; every text once, in the room's order
//                  Converse, BOSH        the session goes on, nobody sees a leave. Drop: every text once.
//                                        Reload: every text reaches the browser; Converse shows none twice, but
//                                        drops what arrives before it has its room back
//                  Converse, WebSocket   a new anonymous user each time, in the room again under its nick; every text
//                                        once, from the archive

import assert from 'node:assert/strict';
import { Converse } from './converse.mjs';
import { OurPage } from './ours.mjs';
import { play } from './stage.mjs';

const CLIENTS = [OurPage, Converse];
const TRANSPORTS = ['bosh', 'websocket'];

/** Each case: { name, run({ browser, origin, pictures }) }. */
export const cases = CLIENTS.flatMap((Client) =>
  TRANSPORTS.flatMap((transport) =>
    Object.entries({
      'join and talk both ways': talk,
      rename,
      'nick conflict': conflict,
      reload,
      'drop and return': drop,
    }).map(([what, scenario]) => ({
      name: `${Client.client}, ${transport}: ${what}`,
      run: (surroundings) => play(scenario, { ...surroundings, Client, transport }),
    })),
  ),
);

// ---- the scenarios

async function talk({ open, Client }) {
  const anna = await open('Anna');
  const bob = await open('Bob', { by: 'path' });
  await Promise.all([anna.present('Anna', 'Bob'), bob.present('Anna', 'Bob')]);

  const markup = '<b onclick="alert(1)">bold</b> & "quoted" \'too\' ]]> 😀 ä';
  const long = `long ${'0123456789'.repeat(400)}`;
  await anna.say('from Anna');
  await bob.shows('from Anna');
  await bob.say(markup);
  await anna.shows(markup);
  await anna.say(long);
  await bob.shows(long);
  await bob.say('from Bob');
  await anna.shows('from Bob');
  await bob.shows('from Bob');

  const spoken = [['Anna', 'from Anna'], ['Bob', markup], ['Anna', long], ['Bob', 'from Bob']];
  for (const window of [anna, bob]) {
    assert.deepEqual(await said(window), spoken);
    assert.equal(await window.page.$('[onclick]'), null, 'peer text became markup');
  }
  if (Client === OurPage) await topicActionLeave(anna, bob);
}

/** What only our page has: the topic, `/me`, the unread count, `/leave`. */
async function topicActionLeave(anna, bob) {
  await anna.say('/topic A <i>quiet</i> place');
  await Promise.all([anna, bob].map(({ page }) => page.waitForFunction(() => topic.textContent === 'A <i>quiet</i> place')));
  await bob.say('/me waves');
  await anna.shows('Bob waves');
  assert.deepEqual(await anna.events(), ['joined Bob', 'topic Anna']);

  await anna.hide(true);
  await bob.say('look here');
  await anna.page.waitForFunction(() => document.title.startsWith('(1) #'));
  await anna.hide(false);
  await anna.page.waitForFunction(() => document.title.startsWith('#'));

  await bob.say('/leave');
  await bob.page.waitForSelector('#landing-form');
  await anna.present('Anna');
  assert.deepEqual(await anna.events(), ['joined Bob', 'topic Anna', 'left Bob']);
}

async function rename({ open, Client }) {
  const anna = await open('Anna');
  const bob = await open('Bob', { by: 'form' });
  await anna.present('Anna', 'Bob');
  await bob.rename('Robert');
  await Promise.all([anna.present('Anna', 'Robert'), bob.present('Anna', 'Robert')]);
  await bob.say('still me');
  await anna.shows('still me');
  await anna.say('so I see');
  await bob.shows('so I see');
  for (const window of [anna, bob]) {
    assert.deepEqual(await said(window), [['Robert', 'still me'], ['Anna', 'so I see']]);
  }
  if (Client === OurPage) assert.deepEqual(await anna.events(), ['joined Bob', 'renamed Bob']);
}

async function conflict({ open, Client }) {
  const anna = await open('Anna');
  const other = await open('Anna', { waitFor: 'conflict' });
  await other.answer('Other');
  await other.inside();
  await Promise.all([anna.present('Anna', 'Other'), other.present('Anna', 'Other')]);
  await other.say('hello, Anna');
  await anna.shows('hello, Anna');
  assert.deepEqual(await said(anna), [['Other', 'hello, Anna']]);

  if (Client !== OurPage) return;
  await other.rename('Anna'); // taken, so the old name stays
  await other.asked();
  await other.page.press('#nick-input', 'Escape');
  await other.say('still Other');
  await anna.shows('still Other');
  assert.deepEqual((await said(anna)).at(-1), ['Other', 'still Other']);
  assert.deepEqual(await anna.events(), ['joined Other']);
}

async function reload({ openBehind, Client, transport }) {
  const [anna, way] = await openBehind('Anna');
  const [bob, wayOfBob] = await openBehind('Bob');
  await anna.present('Anna', 'Bob');
  await bob.say('before');
  await anna.shows('before');

  if (Client === OurPage) {
    // Reloaded in the moment of sending, and again when the answer to what was sent is lost.
    await sayAndReload(anna, 'on the way out');
    await Promise.all([sayAll(bob, ['during 1', 'during 2']), anna.inside()]);
    anna.cutAllowed = true;
    const behind = way.cutBehind(transport === 'bosh' ? 'unanswered' : '');
    await anna.say('unanswered');
    await behind;
    await sayAll(bob, ['during 3']);
    await way.listen();
    await anna.reload();
  } else {
    await away(anna, () => sayAll(bob, ['during 1', 'during 2', 'during 3']));
    await anna.reload();
  }
  await bob.say('after');
  await anna.shows('after');
  await anna.say('back');
  await bob.shows('back');
  await Promise.all([anna.present('Anna', 'Bob'), bob.present('Anna', 'Bob')]);

  const spoken = ['before', 'during 1', 'during 2', 'during 3', 'after', 'back'];
  if (Client === OurPage) {
    await eachOnceInOneOrder([anna, bob], [...spoken, 'on the way out', 'unanswered']);
  } else {
    await eachOnce(bob, spoken);
    // Over BOSH the session goes on, and Converse drops what comes before it has its room back.
    await (transport === 'bosh' ? atMostOnce(anna, spoken, ['after', 'back']) : eachOnce(anna, spoken));
  }
  if (transport === 'bosh') {
    const arrived = (text) => way.sent.includes(`<body>${text}</body>`);
    // Converse shows what it says before the room has sent it back.
    for (let i = 0; !spoken.every(arrived) && i < 400; i += 1) await new Promise((resolve) => setTimeout(resolve, 25));
    for (const text of spoken) assert.ok(arrived(text), `${text} reached the browser`);
    assert.doesNotMatch(wayOfBob.sent, /type=.unavailable/, 'the others see nothing of a reload');
  }
}

/** Sends a text and reloads in the same moment, before any answer. */
async function sayAndReload(window, text) {
  await window.page.fill('#input', text);
  const loaded = window.page.waitForEvent('load');
  await window.page.evaluate(() => {
    document.getElementById('composer').requestSubmit();
    location.reload();
  });
  await loaded;
}

/** Leaves the page, does something, and comes back in the same tab. */
async function away(window, meanwhile) {
  const url = window.page.url();
  await window.page.goto('about:blank');
  await meanwhile();
  await window.page.goto(url);
  await window.inside();
}

async function drop({ openBehind, Client, transport }) {
  const [anna, way] = await openBehind('Anna');
  const [bob, wayOfBob] = await openBehind('Bob');
  await anna.present('Anna', 'Bob');
  anna.cutAllowed = true;
  await bob.say('text 1');
  await anna.shows('text 1');
  await anna.say('Anna 1');
  await bob.shows('Anna 1');

  // Cut in the middle of a body, refused for a while; the other side goes on.
  const cut = way.cutInside('text 2');
  await bob.say('text 2');
  await cut;
  await sayAll(bob, ['text 3', 'text 4']);
  if (Client === OurPage) {
    await anna.offline();
    await anna.say('Anna, while away');
  }
  await way.listen();
  await sayAll(bob, ['text 5', 'text 6']);
  await anna.inside();
  await bob.present('Anna', 'Bob');

  let spoken = ['text 1', 'text 2', 'text 3', 'text 4', 'text 5', 'text 6', 'Anna 1'];
  if (Client === OurPage) {
    spoken.push('Anna, while away');
    await anna.shows('Anna, while away');
    // Cut again, behind what was sent: it arrived, but the page cannot know.
    const behind = way.cutBehind(transport === 'bosh' ? 'Anna, cut off' : '');
    await anna.say('Anna, cut off');
    await behind;
    await bob.say('text 7');
    await way.listen();
    spoken = [...spoken, 'Anna, cut off', 'text 7'];
    await anna.shows('Anna, cut off');
    await anna.inside();
  }
  await bob.say('last');
  await anna.shows('last');
  await anna.say('Anna, last');
  await bob.shows('Anna, last');
  spoken.push('last', 'Anna, last');
  await Promise.all([anna.present('Anna', 'Bob'), bob.present('Anna', 'Bob')]);

  if (Client === OurPage) {
    await anna.shows('Anna, last');
    await eachOnceInOneOrder([anna, bob], spoken);
  } else {
    await eachOnce(bob, spoken);
    await eachOnce(anna, spoken);
  }
  if (transport === 'bosh') {
    assert.doesNotMatch(wayOfBob.sent, /type=.unavailable/, 'the others see nothing of an interruption');
  }
}

// ---- helpers

const said = async (window) => (await window.messages()).map(({ nick, text }) => [nick, text]);
const texts = async (window) => (await window.messages()).map(({ text }) => text);

/** Says the texts one by one, each confirmed before the next. */
async function sayAll(window, all) {
  for (const text of all) {
    await window.say(text);
    await window.shows(text);
  }
}

async function eachOnce(window, wanted) {
  for (const text of wanted) await window.shows(text);
  assert.deepEqual((await texts(window)).toSorted(), wanted.toSorted());
}

/** Each text at most once, those of `present` exactly once, nothing else. */
async function atMostOnce(window, allowed, present) {
  for (const text of present) await window.shows(text);
  const seen = await texts(window);
  assert.equal(new Set(seen).size, seen.length, `twice in ${JSON.stringify(seen)}`);
  assert.deepEqual(seen.filter((text) => !allowed.includes(text)), []);
}

async function eachOnceInOneOrder(windows, wanted) {
  for (const window of windows) await eachOnce(window, wanted);
  const [first, second] = await Promise.all(windows.map(texts));
  assert.deepEqual(first, second, 'one order in both windows');
}
