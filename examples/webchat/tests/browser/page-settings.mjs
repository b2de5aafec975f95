// What an owner sets for the channel, and a reader for the browser.

import assert from 'node:assert/strict';
import { configure } from './page-states.mjs';

export const scenarios = {
  "edits the owner's form": ownerForm,
  'renders every type of field': fields,
  'closes a channel for good': destroy,
  'shows and changes the topic': topic,
  'notifies by permission, and is silent until told': notifications,
  'names other programs and addresses': programs,
  'starts anew from what another version kept': otherVersion,
};

async function ownerForm({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await configure(anna, {
    'muc#roomconfig_roomname': 'The garden',
    'muc#roomconfig_changesubject': false,
    'muc#roomconfig_allowpm': 'moderators',
  });
  await anna.tells('The settings were saved.');
  await bob.tells('The settings of this channel were changed.'); // 104
  await bob.until(() => !document.querySelector('[data-role=note][data-tone=error]'));
  const items = await untilItems(bob, (names) => !names.includes('topic'));
  assert.deepEqual(items, ['rename', 'clients', 'preferences', 'leave'], 'MUC RP7: the topic is the moderators’');
  await bob.say('/msg Anna psst');
  await bob.page.click('[data-role=talk][data-nick=Anna] button');
  await bob.page.waitForSelector('[data-state=failed]');
  assert.match(await bob.page.textContent('[data-state=failed] .mark'), /Private messages are not allowed here/);
  await bob.toChannel();

  // What the room refuses stands beside its field (MUC CF4), and what was entered stays.
  await anna.more();
  await anna.choose('config');
  const { page } = anna;
  await page.waitForSelector('#settings-dialog[open]');
  assert.equal(await page.inputValue('[name="muc#roomconfig_roomname"]'), 'The garden', 'kept by the room');
  await page.fill('[name="muc#roomconfig_lang"]', 'no language at all');
  await page.click('#settings-dialog .primary');
  await page.waitForSelector('[data-field="muc#roomconfig_lang"] .problem:not([hidden])');
  assert.equal(await page.evaluate(() => document.activeElement.name), 'muc#roomconfig_lang');
  await page.fill('[name="muc#roomconfig_lang"]', 'de');
  await page.fill('[name="muc#roomconfig_roomadmins"]', 'not an address');
  await page.click('#settings-dialog .primary');
  await page.waitForSelector('[data-field="muc#roomconfig_roomadmins"] .problem:not([hidden])');
  await page.fill('[name="muc#roomconfig_roomadmins"]', 'guest@example.org');
  await page.click('#settings-dialog .primary');
  await page.waitForSelector('#settings-dialog', { state: 'detached' });

  // A password: whoever enters is asked for it.
  await configure(anna, { 'muc#roomconfig_passwordprotectedroom': true, 'muc#roomconfig_roomsecret': 'sesame' });
  const chiara = await open('Chiara', { waitFor: 'nothing' });
  await chiara.page.waitForSelector('#password-dialog');
  await chiara.page.fill('#password-dialog-input', 'wrong');
  await chiara.page.press('#password-dialog-input', 'Enter');
  await chiara.page.getByText('That was not the right one').waitFor();
  await chiara.page.fill('#password-dialog-input', 'sesame');
  await chiara.page.press('#password-dialog-input', 'Enter');
  await chiara.inside();
  await chiara.reload();
  await anna.present('Anna', 'Bob', 'Chiara');
}

/** The channel's menu, once it is as `good` wants it. */
async function untilItems(window, good) {
  for (let attempt = 0; ; attempt += 1) {
    const items = await window.more();
    await window.page.keyboard.press('Escape');
    if (good(items) || attempt === 40) return items;
    await window.page.waitForTimeout(50);
  }
}

/** A form with each type of XEP-0004, shown and read back. */
async function fields({ open }) {
  const { page } = await open('Anna', { by: 'landing' });
  const result = await page.evaluate(async () => {
    const module = (name) => import(new URL(`js/${name}.js`, document.baseURI).href);
    const [{ readForm, writeForm }, { FormView }, { parse }] = await Promise.all([module('dataform'), module('formview'), module('xml')]);
    const x = parse(`<x xmlns="jabber:x:data" type="form"><title>T</title><instructions>Read this</instructions>
      <field var="FORM_TYPE" type="hidden"><value>urn:test</value></field>
      <field type="fixed"><value>A heading</value></field>
      <field var="b" type="boolean" label="B"><value>true</value></field>
      <field var="s" type="text-single" label="S"><required/><desc>What it is for</desc></field>
      <field var="p" type="text-private" label="P"><value>secret</value></field>
      <field var="m" type="text-multi" label="M"><value>one</value><value>two</value></field>
      <field var="j" type="jid-single" label="J"/>
      <field var="jm" type="jid-multi" label="JM"><value>a@example.org</value></field>
      <field var="l" type="list-single" label="L"><value>2</value><option label="Uno"><value>1</value></option><option label="Due"><value>2</value></option></field>
      <field var="lm" type="list-multi" label="LM"><value>x</value><option><value>x</value></option><option><value>y</value></option></field>
      <field var="n" type="text-single" label="N"><value>5</value><validate xmlns="http://jabber.org/protocol/xdata-validate" datatype="xs:integer"><range min="0" max="10"/></validate></field>
      <field var="u" type="unknown-type" label="U"><value>kept</value></field>
      <field var="evil" label="&lt;img src=x onerror=alert(1)&gt;"/></x>`);
    const view = new FormView(readForm(x));
    document.body.replaceChildren(...view.elements);
    const $ = (name) => document.querySelector(`[name="${name}"]`);
    const problems = () => [...document.querySelectorAll('.problem:not([hidden])')].map((p) => `${p.closest('[data-field]').dataset.field}: ${p.textContent}`);
    const wrong = [];
    wrong.push(view.check(), problems());
    $('s').value = 'text';
    $('j').value = 'no address';
    $('n').value = '11';
    wrong.push(view.check(), problems());
    $('j').value = 'b@example.org/desk';
    $('jm').value = 'a@example.org\n\n c@example.org ';
    $('n').value = '7';
    $('b').checked = false;
    document.querySelectorAll('[name="lm"]')[1].click();
    const labels = [...document.querySelectorAll('input, select, textarea')].every((control) => control.labels.length === 1);
    const good = view.check();
    const sent = [...writeForm(view.form).children].map((field) => [field.getAttribute('var'), ...[...field.children].map((value) => value.textContent)]);
    return { wrong, good, sent, labels, password: $('p').type, required: $('s').getAttribute('aria-required'), markup: document.querySelector('img') !== null };
  });
  assert.deepEqual(result.wrong, [
    false, ['s: This is needed.'],
    false, ['j: This is no address, such as name@example.org.', 'n: This is too small or too large.'],
  ]);
  assert.ok(result.good);
  assert.deepEqual(result.sent, [
    ['FORM_TYPE', 'urn:test'], ['b', '0'], ['s', 'text'], ['p', 'secret'], ['m', 'one', 'two'], ['j', 'b@example.org/desk'],
    ['jm', 'a@example.org', 'c@example.org'], ['l', '2'], ['lm', 'x', 'y'], ['n', '7'], ['u', 'kept'], ['evil', ''],
  ]);
  assert.deepEqual([result.labels, result.password, result.required, result.markup], [true, 'password', 'true', false]);
}

async function destroy({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await anna.more();
  await anna.choose('config');
  await anna.page.click('#settings-dialog [data-value=destroy]');
  await anna.page.fill('#destroy-dialog-input', 'we moved');
  await anna.page.click('#destroy-dialog .danger');
  for (const { page } of [anna, bob]) {
    await page.waitForSelector('#notice:not([hidden])');
    assert.equal(await page.textContent('#notice-words'), 'This channel was closed: we moved');
  }
}

async function topic({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  assert.ok(await bob.page.isHidden('#topic'));
  await anna.more();
  await anna.choose('topic');
  await anna.page.fill('#topic-dialog-input', 'See https://example.org/');
  await anna.page.click('#topic-dialog .primary');
  await bob.until(() => document.getElementById('topic').textContent === 'See https://example.org/');
  await configure(anna, { 'muc#roomconfig_changesubject': false });
  await untilItems(bob, (names) => !names.includes('topic'));
  await bob.page.click('#topic');
  assert.equal(await bob.page.getAttribute('#topic-dialog a', 'href'), 'https://example.org/');
  assert.equal(await bob.page.$('#topic-dialog textarea'), null, 'to be read only');
}

/** Stands in for what the browser would show and play. */
function watchAttention(page) {
  return page.addInitScript(() => {
    globalThis.asked = 0;
    globalThis.shown = [];
    globalThis.sounds = 0;
    globalThis.Notification = class {
      static permission = 'default';
      static requestPermission() {
        globalThis.asked += 1;
        this.permission = 'granted';
        return Promise.resolve('granted');
      }
      constructor(title, { body }) {
        globalThis.shown.push(`${title} – ${body}`);
      }
      close() {}
    };
    const { createOscillator } = AudioContext.prototype;
    AudioContext.prototype.createOscillator = function counted() {
      globalThis.sounds += 1;
      return createOscillator.call(this);
    };
  });
}

async function notifications({ open, room }) {
  const anna = await open('Anna', { before: watchAttention });
  const bob = await open('Bob');
  const { page } = anna;
  const seen = () => page.evaluate(() => ({ asked: globalThis.asked, shown: globalThis.shown, sounds: globalThis.sounds }));
  await anna.hide(true);
  await bob.say('Anna: are you there?');
  await anna.shows('Anna: are you there?');
  assert.deepEqual(await seen(), { asked: 0, shown: [], sounds: 0 }, 'nothing without having been asked for');
  assert.equal(await page.title(), `(1) #${room}`);
  await anna.hide(false);
  assert.equal(await page.title(), `#${room}`);

  await anna.more();
  await anna.choose('preferences');
  await page.check('#preferences-notify');
  await page.check('#preferences-sound');
  await anna.until(() => globalThis.asked === 1 && document.getElementById('preferences-notify').checked);
  await page.keyboard.press('Escape');
  const { sounds } = await seen();
  assert.ok(sounds > 0, 'switching it on lets one hear it');
  await page.waitForTimeout(1600); // two sounds have a pause between them
  await anna.hide(true);
  await bob.say('nothing for her');
  await bob.say('anna, hello');
  await bob.say('Annabel, hello');
  await bob.say('/msg Anna psst');
  await anna.until(() => document.title.startsWith('(4)'));
  const after = await seen();
  assert.deepEqual(after.shown, [`Bob mentions you in #${room} – anna, hello`, 'Bob writes to you privately – psst']);
  assert.equal(after.asked, 1);
  assert.ok(after.sounds > sounds);
  await anna.hide(false);
  await anna.reload();
  await anna.more();
  await anna.choose('preferences');
  assert.ok(await page.isChecked('#preferences-sound'), 'remembered');
}

async function programs({ open, room, origin }) {
  const anna = await open('Anna');
  await anna.more();
  await anna.choose('clients');
  const { page } = anna;
  assert.equal(await page.getAttribute('#clients-dialog dd a', 'href'), `xmpp:${room}@rooms.localhost?join`);
  const codes = await page.$$eval('#clients-dialog code', (all) => all.map((code) => code.textContent));
  assert.deepEqual(codes, ['localhost', `${origin.replace('http', 'ws')}/xmpp-websocket`, `${origin}/http-bind`]);
  const links = await page.$$eval('#clients-dialog .bullets a', (all) => all.map(({ rel }) => rel));
  assert.ok(links.length >= 4 && links.every((rel) => rel === 'noopener noreferrer'));
}

/** A tab that was open while the server got a new version must not be stuck with what the old page kept. */
async function otherVersion({ open, room }) {
  const anna = await open('Anna');
  await anna.say('hello');
  await anna.shows('hello');
  const old = { channel: room, transport: 'bosh', room: { nick: 'Anna', wanted: 'Anna' }, timeline: { entries: [] } };
  await anna.page.addInitScript((state) => {
    sessionStorage.setItem('webchat', state);
    localStorage.setItem('webchat-settings', '{"sound":"yes","language":7}');
  }, JSON.stringify(old));
  await anna.page.reload();
  // One's own earlier session still holds the name, and nothing knows that it is one's own.
  await anna.answer('Anna again');
  await anna.inside();
}
