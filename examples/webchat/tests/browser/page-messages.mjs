// What is said, and what is said about it: links, replies, reactions, corrections, messages taken back, private
// talks, and what is drawn between messages.

import assert from 'node:assert/strict';

export const scenarios = {
  'makes links of addresses and of nothing else': links,
  'shows replies and leads to what they answer': replies,
  'shows reactions and takes them back': reactions,
  'shows corrections, of the author alone': corrections,
  'shows what was taken back': retraction,
  'keeps private talks apart': privateTalks,
  'draws days and merges comings and goings': between,
  'puts older messages on top without a jump': older,
};

async function links({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  const hostile = [
    'javascript:alert(1)',
    'see data:text/html,<script>alert(1)</script>',
    '<a href="javascript:alert(1)">x</a> <img src=x onerror=alert(1)>',
    'https://example.org/"onmouseover="alert(1)',
    'vbscript:x file:///etc/passwd blob:https://x/1 http:// https://',
    'xjavascript:https://example.org/a',
    'https://user:secret@example.org/%0d%0aX: 1',
    '/me <svg onload=alert(1)> https://example.org/me',
    '\u202ehttps://example.org/\u202e',
  ];
  for (const text of hostile) {
    await bob.say(text);
    await anna.shows(text.startsWith('/me ') ? `Bob ${text.slice(4)}` : text);
  }
  await bob.say('Read https://example.org/a_(b), xmpp:room@example.org?join and mailto:a@example.org.');
  await anna.page.getByText('mailto:a@example.org').first().waitFor();
  const made = await anna.page.$$eval('[data-role=message] .text a', (all) =>
    all.map((a) => ({ href: a.href, protocol: a.protocol, rel: a.rel, target: a.target })),
  );
  for (const { protocol, rel, target } of made) {
    assert.ok(['http:', 'https:', 'xmpp:', 'mailto:'].includes(protocol), protocol);
    assert.deepEqual([rel, target], ['noopener noreferrer nofollow', '_blank']);
  }
  assert.deepEqual(made.map(({ href }) => href).slice(-3), ['https://example.org/a_(b)', 'xmpp:room@example.org?join', 'mailto:a@example.org']);
  const strange = await anna.page.$$eval('#log *', (all) =>
    all
      .filter((e) => ['SCRIPT', 'IMG', 'IFRAME', 'STYLE'].includes(e.tagName) || [...e.attributes].some(({ name }) => name.startsWith('on')))
      .map((e) => e.outerHTML),
  );
  assert.deepEqual(strange, [], 'nothing that somebody wrote became markup');
}

async function replies({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await anna.say('first line\nsecond line');
  await bob.shows('first line\nsecond line');
  for (let i = 0; i < 30; i += 1) await bob.say(`between ${i}`);
  await anna.shows('between 29');
  await bob.menuAt('first line');
  await bob.choose('reply');
  assert.match(await bob.page.textContent('#context'), /Reply to Anna: first line/);
  await bob.page.keyboard.press('Escape');
  assert.ok(await bob.page.isHidden('#context'), 'Escape drops it');
  await bob.menuAt('first line');
  await bob.choose('reply');
  await bob.say('an answer with 😀');
  await anna.shows('an answer with 😀');
  for (const { page } of [anna, bob]) {
    assert.equal(await page.textContent('.quote .quoted'), 'Anna');
    assert.equal(await page.textContent('.quote .words'), 'first line second line', 'in one line, without the quotation for old clients');
  }
  await bob.menuAt('an answer with');
  await bob.choose('edit');
  await bob.say('a better answer');
  await anna.shows('a better answer');
  assert.equal(await anna.page.textContent('.quote .words'), 'first line second line', 'a corrected reply is one still');
  await anna.page.click('.quote');
  await anna.until(() => {
    const row = document.querySelector('[data-role=message]').getBoundingClientRect();
    const seen = document.getElementById('scroller').getBoundingClientRect();
    return row.top >= seen.top && row.bottom <= seen.bottom;
  });
}

async function reactions({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await anna.say('nice');
  await bob.shows('nice');
  const shown = ({ page }) => page.$$eval('.reaction', (all) => all.map((one) => `${one.textContent}, ${one.getAttribute('aria-pressed')}`));
  const until = (window, wanted) =>
    window.until((all) => JSON.stringify([...document.querySelectorAll('.reaction')].map((one) => one.firstChild.data + one.querySelector('.count').textContent)) === all, JSON.stringify(wanted));
  await bob.menuAt('nice');
  await bob.page.click('.menu [role=menuitemcheckbox] >> nth=0');
  await until(anna, ['👍1']);
  await anna.page.click('.reaction');
  await until(bob, ['👍2']);
  await bob.menuAt('nice');
  await bob.page.click('.menu [role=menuitemcheckbox] >> nth=1');
  await until(anna, ['👍2', '❤️1']);
  assert.deepEqual(await shown(anna), ['👍2from Bob and Anna, true', '❤️1from Bob, false']);
  await bob.page.click('.reaction >> nth=0');
  await until(anna, ['👍1', '❤️1']);
  const late = await open('Chiara');
  await until(late, ['👍1', '❤️1']);
  await anna.reload();
  await until(anna, ['👍1', '❤️1']);
  assert.equal((await anna.messages()).length, 1, 'a reaction is no message');
}

async function corrections({ open }) {
  const anna = await open('Anna', { before: (page) => page.clock.install() });
  await anna.page.clock.resume();
  const bob = await open('Bob');
  await anna.say('helo');
  await bob.shows('helo');
  assert.ok(!(await bob.menuAt('helo')).includes('edit'), 'nobody edits what another said');
  await bob.page.keyboard.press('Escape');
  await anna.menuAt('helo');
  await anna.choose('edit');
  assert.equal(await anna.page.inputValue('#input'), 'helo');
  await anna.say('hello');
  await bob.shows('hello');
  assert.deepEqual((await bob.messages()).map(({ text }) => text), ['hello']);
  assert.deepEqual((await anna.messages()).map(({ text }) => text), ['hello']);
  assert.equal(await bob.page.textContent('[data-role=message] .mark'), 'edited');
  await anna.page.clock.fastForward(25_000); // nobody waits for it any more
  await bob.page.waitForTimeout(300);
  // MUC MO6: a correction by somebody else is a message of its own.
  const id = await anna.page.getAttribute('[data-role=message]', 'data-id');
  await sendRaw(bob, `<body>not what Anna said</body><replace xmlns="urn:xmpp:message-correct:0" id="${id}"/>`);
  await anna.shows('not what Anna said');
  assert.deepEqual((await anna.messages()).map(({ nick, text }) => `${nick}: ${text}`), ['Anna: hello', 'Bob: not what Anna said']);
}

async function retraction({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await anna.say('too much');
  await bob.shows('too much');
  await anna.say('just right');
  await anna.menuAt('too much');
  await anna.choose('retract');
  await anna.page.click('#retract-dialog .danger');
  for (const window of [anna, bob]) {
    await window.page.waitForSelector('[data-retracted]');
    assert.deepEqual((await window.messages()).map(({ text }) => text), ['This message was taken back.', 'just right']);
    assert.ok(!(await window.page.textContent('#log')).includes('too much'));
  }
  // MUC MO3, MO4: nobody takes back what another said, and only the room speaks of moderation.
  const stanzaId = await bob.page.evaluate(() => [...document.querySelectorAll('[data-role=message]')].at(-1).entry.stanzaId);
  await sendRaw(bob, `<retract xmlns="urn:xmpp:message-retract:1" id="${stanzaId}"/><body>x</body>`);
  await sendRaw(bob, `<retract xmlns="urn:xmpp:message-retract:1" id="${stanzaId}"><moderated xmlns="urn:xmpp:message-moderate:1" by="x/Bob"/></retract><body>y</body>`);
  await sendRaw(bob, `<apply-to xmlns="urn:xmpp:fasten:0" id="${stanzaId}"><moderated xmlns="urn:xmpp:message-moderate:0" by="x/Bob"><retract xmlns="urn:xmpp:message-retract:0"/></moderated></apply-to><body>z</body>`);
  await bob.say('end');
  await anna.shows('end');
  assert.ok((await anna.messages()).some(({ text }) => text === 'just right'));
}

/** Sends a message that the page itself would not send. */
const sendRaw = ({ page }, content) =>
  page.evaluate(async (xml) => {
    const { Bosh } = await import(new URL('js/bosh.js', document.baseURI).href);
    const send = Bosh.prototype.send;
    const { promise, resolve } = Promise.withResolvers();
    Bosh.prototype.send = function replaced(stanza) {
      Bosh.prototype.send = send;
      const { documentElement } = new DOMParser().parseFromString(`<x xmlns="jabber:client">${xml}</x>`, 'text/xml');
      stanza.replaceChildren(...[...documentElement.childNodes].map((node) => stanza.ownerDocument.importNode(node, true)));
      send.call(this, stanza);
      resolve();
    };
    document.getElementById('input').value = 'replaced';
    document.getElementById('composer').requestSubmit();
    await promise;
  }, content);

async function privateTalks({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await open('Chiara');
  await bob.menuOf('Anna');
  await bob.choose('write');
  await bob.say('only for you');
  await anna.page.waitForSelector('[data-role=talk][data-nick=Bob] .badge');
  assert.deepEqual(await anna.messages(), [], 'not in the channel');
  await anna.page.click('[data-role=talk][data-nick=Bob] button');
  await anna.shows('only for you');
  assert.equal(await anna.page.getAttribute('#input', 'placeholder'), 'Only Bob reads this');
  await anna.say('thanks');
  await bob.shows('thanks');
  await bob.rename('Robert');
  await anna.page.waitForSelector('[data-role=talk][data-nick=Robert] [aria-current]');
  await anna.say('still you');
  await bob.shows('still you');
  await anna.reload();
  await anna.page.waitForSelector('[data-role=talk][data-nick=Robert]');
  await anna.page.click('[data-role=talk][data-nick=Robert] button');
  assert.deepEqual((await anna.messages()).map(({ text }) => text), ['only for you', 'thanks', 'still you']);
  // Who is gone gets nothing; that is said (MUC PM2).
  await bob.say('/leave');
  await anna.present('Anna', 'Chiara');
  await anna.say('are you there?');
  await anna.page.waitForSelector('[data-role=message][data-state=failed]');
  assert.match(await anna.page.textContent('[data-state=failed] .mark'), /Nobody here has that name/);
  // Somebody else with that name is not Bob (MUC PM5).
  await open('Robert');
  await anna.tells('Somebody else now has the name Robert');
  await anna.page.click('[data-role=talk][data-nick=Robert] .close');
  await anna.page.waitForSelector('[data-role=talk]', { state: 'detached' });
  assert.deepEqual(await anna.messages(), []);
}

async function between({ open }) {
  const anna = await open('Anna', { before: (page) => page.clock.install({ time: new Date('2026-03-01T22:00:00') }) });
  await anna.page.clock.resume();
  const bob = await open('Bob');
  const chiara = await open('Chiara');
  await chiara.say('/leave');
  await anna.present('Anna', 'Bob');
  const lines = () => anna.page.$$eval('#log > :not([hidden])', (rows) => rows.map((row) => row.querySelector('.text')?.textContent ?? row.textContent));
  assert.deepEqual(await lines(), ['Bob joined · Chiara came and went'], 'one line');
  await bob.say('hello');
  await anna.shows('hello');
  await bob.say('/leave');
  await anna.present('Anna');
  assert.deepEqual(await lines(), ['Bob joined · Chiara came and went', 'hello', 'Bob left'], 'a message parts them');
  await anna.page.clock.setSystemTime(new Date('2026-03-02T08:00:00'));
  await anna.say('good morning');
  await anna.shows('good morning');
  assert.equal(await anna.page.textContent('.divider.day'), 'Monday, March 2, 2026');
}

/** Timeline and log as whoever fetches older messages will use them. */
async function older({ open }) {
  const { page } = await open('Anna', { by: 'landing' });
  const told = await page.evaluate(async () => {
    const module = (name) => import(new URL(`js/${name}.js`, document.baseURI).href);
    const [{ Timeline }, { Log }] = await Promise.all([module('timeline'), module('log')]);
    document.getElementById('landing').hidden = true;
    document.getElementById('chat').hidden = false;
    const log = new Log({ isMe: () => false });
    const timeline = new Timeline(log);
    log.show(timeline);
    const message = (i) => ({ kind: 'message', nick: `N${i % 3}`, author: `N${i % 3}`, text: `text ${i}`, id: `m${i}`, stanzaId: `s${i}`, state: 'reflected', time: Date.parse('2026-03-01T12:00:00') + i * 3_600_000 });
    timeline.annotate({ what: 'retraction', id: 's3', moderated: true, by: 'Mod', reason: '' }); // before its message
    for (let i = 100; i < 150; i += 1) timeline.add(message(i));
    const scroller = document.getElementById('scroller');
    const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await frames();
    scroller.scrollTop = 60;
    await frames();
    const row = [...document.querySelectorAll('[data-role=message]')].find((one) => one.entry.stanzaId === 's105');
    const before = row.getBoundingClientRect().top;
    const page1 = Array.from({ length: 60 }, (_, i) => message(i + 45)); // the last five are known
    let added = 0;
    log.keepPlace(() => (added = timeline.addOlder(page1)));
    log.keepPlace(() => timeline.addOlder(Array.from({ length: 45 }, (_, i) => message(i))));
    await frames();
    const after = row.getBoundingClientRect().top;
    const rows = [...document.querySelectorAll('[data-role=message]')];
    return {
      added,
      moved: Math.abs(after - before),
      order: rows.map((one) => one.entry.stanzaId),
      entries: timeline.entries.map(({ stanzaId }) => stanzaId),
      days: document.querySelectorAll('.divider.day').length,
      text: rows[3].querySelector('.text').textContent,
    };
  });
  const all = Array.from({ length: 150 }, (_, i) => `s${i}`);
  assert.equal(told.added, 55, 'known ones add nothing');
  assert.ok(told.moved < 2, `what one reads moved by ${told.moved} pixels`);
  assert.deepEqual(told.order, all);
  assert.deepEqual(told.entries, all);
  assert.equal(told.days, 7, 'a line for each day');
  assert.equal(told.text, 'This message was removed by Mod.', 'MUC MO4: it was taken away before it came');
}
