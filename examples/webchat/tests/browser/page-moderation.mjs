// Two browsers, one with a moderator: what the menus offer, what they do, and how both sides are told.

import assert from 'node:assert/strict';
import { configure } from './page-states.mjs';

export const scenarios = {
  'offers what rank permits, and no more': offers,
  'kicks and bans with a reason': kick,
  'gives and takes voice, by request too': voice,
  'removes a message for everybody': moderate,
  'lifts bans and takes ranks by list': lists,
  'tells refusals in words': refusals,
};

const REASON = '#reason-dialog-input';
const DO = '#reason-dialog .danger';

async function offers({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await open('Chiara');
  await anna.present('Anna', 'Bob', 'Chiara');
  const offered = async (window, nick) => {
    const items = await window.menuOf(nick);
    await window.page.keyboard.press('Escape');
    return items;
  };
  // MUC 9.3, 9.4: the owner may everything, the participant nothing.
  assert.deepEqual(await offered(anna, 'Bob'), ['mention', 'write', 'mute', 'moderator', 'kick', 'owner', 'admin', 'member', 'ban']);
  assert.deepEqual(await offered(bob, 'Anna'), ['mention', 'write']);
  assert.deepEqual(await offered(bob, 'Chiara'), ['mention', 'write']);
  assert.deepEqual(await offered(anna, 'Anna'), ['rename']);
  assert.deepEqual(await bob.more(), ['topic', 'rename', 'clients', 'preferences', 'leave']);
  await bob.page.keyboard.press('Escape');

  // A moderator may less than an admin.
  await anna.menuOf('Bob');
  await anna.choose('moderator');
  await bob.page.waitForSelector('[data-role=occupant][data-nick=Bob][data-rank="people.moderator"]');
  await anna.page.getByText('Anna made Bob a moderator').waitFor();
  await anna.page.locator('#announcer', { hasText: 'Bob is now a moderator.' }).waitFor({ state: 'attached' });
  assert.deepEqual(await offered(bob, 'Chiara'), ['mention', 'write', 'mute', 'kick']);
  assert.deepEqual(await offered(bob, 'Anna'), ['mention', 'write']);
  await anna.menuOf('Bob');
  await anna.choose('admin');
  await bob.page.waitForSelector('[data-role=occupant][data-nick=Bob][data-rank="people.admin"]');
  assert.deepEqual(await offered(bob, 'Chiara'), ['mention', 'write', 'mute', 'moderator', 'kick', 'member', 'ban']);
  assert.deepEqual(await offered(bob, 'Anna'), ['mention', 'write']);
  assert.ok((await bob.events()).includes('standing Bob'), 'what changed is told');
}

async function kick({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  const chiara = await open('Chiara');
  await anna.present('Anna', 'Bob', 'Chiara');
  await anna.menuOf('Bob');
  await anna.choose('kick');
  await anna.page.keyboard.press('Escape');
  await anna.present('Anna', 'Bob', 'Chiara');
  await anna.menuOf('Bob');
  await anna.choose('kick');
  await anna.page.fill(REASON, 'too loud');
  await anna.page.press(REASON, 'Enter');
  await bob.page.waitForSelector('#notice:not([hidden])');
  assert.equal(await bob.page.textContent('#notice-words'), 'Anna removed you from this channel: too loud');
  await chiara.present('Anna', 'Chiara');
  await chiara.page.waitForSelector('[data-role=event][data-what=kicked][data-nick=Bob]');
  assert.equal(await chiara.page.textContent('[data-what=kicked] .text'), 'Bob was removed by Anna (too loud)');
  await bob.page.click('#notice-action');
  await bob.inside();
  await anna.present('Anna', 'Bob', 'Chiara');

  await anna.menuOf('Bob');
  await anna.choose('ban');
  await anna.page.fill(REASON, 'again');
  await anna.page.click(DO);
  await bob.page.waitForSelector('#notice:not([hidden])');
  assert.equal(await bob.page.textContent('#notice-words'), 'Anna banned you from this channel: again');
  await chiara.page.waitForSelector('[data-role=event][data-what=banned][data-nick=Bob]');
  await bob.page.click('#notice-action');
  await bob.until(() => document.getElementById('notice-words').textContent.startsWith('You are banned from this channel.'));
  await anna.present('Anna', 'Chiara');
}

async function voice({ open }) {
  const anna = await open('Anna');
  await configure(anna, { 'muc#roomconfig_moderatedroom': true });
  const bob = await open('Bob');
  await bob.page.waitForSelector('#silenced:not([hidden])');
  assert.ok(await bob.page.isHidden('#input'));
  await anna.present('Anna', 'Bob');
  assert.ok((await anna.menuOf('Bob')).includes('voice'));
  await anna.page.keyboard.press('Escape');

  // Asked for, and given by the form that the room passes on (MUC VO1, VO3).
  await bob.page.click('#ask-voice');
  await bob.tells('The moderators were asked.');
  await anna.page.waitForSelector('[data-role=request][data-nick=Bob][data-state=open]');
  await anna.page.click('[data-role=request] button >> nth=0');
  await bob.page.waitForSelector('#input:visible');
  await anna.page.waitForSelector('[data-role=request][data-state=granted]');
  await bob.say('thank you');
  await anna.shows('thank you');
  assert.equal(await bob.page.textContent('[data-role=event][data-what=standing] .text'), 'Bob may write now, thanks to Anna');

  await anna.menuOf('Bob');
  await anna.choose('mute');
  await anna.page.fill(REASON, 'that is enough');
  await anna.page.click(DO);
  await bob.page.waitForSelector('#silenced:not([hidden])');
  await anna.menuOf('Bob');
  await anna.choose('voice');
  await bob.page.waitForSelector('#input:visible');
  await bob.say('here again');
  await anna.shows('here again');
}

async function moderate({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await bob.say('something bad');
  await anna.shows('something bad');
  await anna.say('fine');
  await bob.shows('fine');
  assert.ok(!(await bob.menuAt('fine')).includes('moderate'), 'only moderators may');
  await bob.page.keyboard.press('Escape');
  await anna.menuAt('something bad');
  await anna.choose('moderate');
  await anna.page.fill('#moderate-dialog-input', 'not here');
  await anna.page.click('#moderate-dialog .danger');
  for (const window of [anna, bob]) {
    await window.page.waitForSelector('[data-retracted]');
    assert.deepEqual(
      (await window.messages()).map(({ text }) => text),
      ['This message was removed by Anna (not here).', 'fine'],
    );
  }
  const late = await open('Chiara');
  await late.shows('fine');
  assert.ok(!(await late.page.textContent('#log')).includes('something bad'), 'MUC MO2: no trace of the text');
}

async function lists({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await anna.present('Anna', 'Bob');
  assert.ok(!(await bob.more()).includes('lists'));
  await bob.page.keyboard.press('Escape');
  await anna.menuOf('Bob');
  await anna.choose('ban');
  await anna.page.fill(REASON, 'too loud');
  await anna.page.click(DO);
  await bob.page.waitForSelector('#notice:not([hidden])');
  await anna.more();
  await anna.choose('lists');
  const banned = anna.page.locator('#lists-dialog [data-list=outcast] li');
  await banned.waitFor();
  assert.match(await banned.textContent(), /@localhost.*too loud/);
  assert.match(await anna.page.textContent('#lists-dialog [data-list=owner]'), /@localhost/);
  assert.equal(await anna.page.$('#lists-dialog [data-list=owner] button'), null, 'nobody takes the own rank here');
  await banned.locator('button').click();
  await banned.waitFor({ state: 'detached' });
  await anna.page.keyboard.press('Escape');
  await bob.page.click('#notice-action');
  await bob.inside();
  await anna.present('Anna', 'Bob');
}

async function refusals({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await anna.present('Anna', 'Bob');
  // The menu was opened before Bob was gone: the room refuses, and says why.
  await anna.menuOf('Bob');
  await bob.say('/leave');
  await anna.present('Anna');
  await anna.choose('moderator');
  await anna.tells('was refused for Bob: They are not here any more.');
  assert.equal(await anna.page.getAttribute('[data-role=note] >> nth=-1', 'data-tone'), 'error');
}
