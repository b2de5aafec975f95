// The page by keyboard and for those who hear it: checked by axe-core in every state, in light and dark.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { roomStates, talkStates } from './page-states.mjs';

export const scenarios = {
  'passes axe-core: talk, menus, dialogs': axeTalk,
  'passes axe-core: private, moderated, narrow, locked': axeRoom,
  'is used by keyboard alone': keyboard,
  'says each new message once': announcements,
  'moves nothing for those who ask for that': stillness,
};

function axeTalk(stage) {
  return axe(stage, talkStates);
}

function axeRoom(stage) {
  return axe(stage, roomStates);
}

async function axe(stage, states) {
  const source = readFileSync(join(stage.modules, 'axe-core', 'axe.min.js'), 'utf8');
  await states(stage, async (window, state) => {
    const { page } = window;
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(source);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      const found = await page.evaluate(async () => {
        const { violations, passes } = await globalThis.axe.run(document);
        const told = violations.flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message ?? ''}`));
        return { told, passes: passes.length };
      });
      assert.deepEqual(found.told, [], `${state}, ${colorScheme}`);
      assert.ok(found.passes > 10, 'axe-core looked at something');
      await stage.picture(window, `${state}-${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });
}

/** Joins, talks, uses menus and dialogs, writes privately and leaves, without a pointer. */
async function keyboard({ open, room }) {
  const bob = await open('Bob');
  const { page, ...anna } = await landingByKeyboard(open, room);
  const keys = page.keyboard;
  const focus = () => page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.tagName);
  assert.equal(await focus(), 'input', 'one can write at once');
  await keys.type('hello');
  await keys.press('Enter');
  await bob.shows('hello');
  await bob.say('hello Anna');
  await page.getByText('hello Anna', { exact: true }).first().waitFor();

  // Back from the field: the log's last message is one stop, arrows go through the others.
  await tabTo(page, '.act', true);
  const row = () => page.evaluate(() => document.activeElement.closest('[data-role=message]').querySelector('.text').textContent);
  assert.equal(await row(), 'hello Anna');
  await keys.press('ArrowUp');
  assert.equal(await row(), 'hello');
  await keys.press('ArrowDown');
  assert.ok(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== 'none'), 'the focus is seen');
  await keys.press('Enter');
  await page.waitForSelector('.menu');
  await keys.press('Escape');
  assert.equal(await row(), 'hello Anna', 'the focus is back');
  await keys.press('Enter');
  await keys.type('r'); // Reply, by its first letter
  assert.equal(await page.evaluate(() => document.activeElement.dataset.name), 'reply');
  await keys.press('Enter');
  assert.equal(await focus(), 'input');
  await keys.type('an answer');
  await keys.press('Enter');
  await bob.page.waitForSelector('.quote');

  // Somebody's menu, and a private talk from it.
  await tabTo(page, '#occupants button', true);
  await keys.press('End');
  const occupant = await page.evaluate(() => document.activeElement.closest('li').dataset.nick);
  await keys.press('Home');
  assert.notEqual(await page.evaluate(() => document.activeElement.closest('li').dataset.nick), occupant);
  await page.evaluate(() => document.querySelector('[data-role=occupant][data-nick=Bob] button').focus());
  await keys.press('Enter');
  await keys.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.name), 'write');
  await keys.press('Enter');
  await page.waitForSelector('[data-role=talk][data-nick=Bob] [aria-current]');
  await keys.type('quietly');
  await keys.press('Enter');
  await bob.page.waitForSelector('[data-role=talk][data-nick=Anna]');
  await tabTo(page, '#talks button', true);
  await keys.press('ArrowLeft');
  await keys.press('Enter');
  await page.waitForSelector('[data-role=talk][data-nick=""] [aria-current]');

  // A dialog: Escape gives the focus back to what opened it. The first stop leads to the field.
  await tabTo(page, '#more', true);
  await keys.press('Enter');
  await keys.press('ArrowDown');
  await keys.press('ArrowDown');
  await keys.press('Enter');
  await page.waitForSelector('dialog[open]');
  await keys.press('Escape');
  await page.waitForSelector('dialog[open]', { state: 'detached' });
  assert.equal(await focus(), 'more');
  await tabTo(page, '#skip', true);
  await keys.press('Enter');
  assert.equal(await focus(), 'input');

  await tabTo(page, '#leave', true);
  await keys.press('Enter');
  await page.waitForSelector('#landing:not([hidden])');
  await bob.present('Bob');
  assert.deepEqual(anna.faults, []);
}

/** Enters by the first page, typing only. */
async function landingByKeyboard(open, room) {
  const anna = await open('Anna', { by: 'landing' });
  const keys = anna.page.keyboard;
  await keys.type('Anna');
  await keys.press('Shift+Tab');
  await keys.press('Control+a');
  await keys.type(room);
  await keys.press('Enter');
  await anna.inside();
  await anna.page.waitForSelector('[data-role=occupant][data-nick=Bob]');
  return anna;
}

/** Presses Tab until the focus is on such an element. */
async function tabTo(page, selector, backwards) {
  for (let stops = 0; stops < 40; stops += 1) {
    await page.keyboard.press(backwards ? 'Shift+Tab' : 'Tab');
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  assert.fail(`Tab never reaches ${selector}`);
}

async function announcements({ open }) {
  const anna = await open('Anna');
  const bob = await open('Bob');
  await anna.present('Anna', 'Bob');
  assert.deepEqual(
    await anna.page.$eval('#announcer', ({ attributes }) => ['role', 'aria-live'].map((name) => attributes[name].value)),
    ['log', 'polite'],
  );
  const announced = () => anna.page.$$eval('#announcer p', (lines) => lines.map((line) => line.textContent));
  await bob.say('one');
  await anna.shows('one');
  await anna.say('mine');
  await anna.shows('mine');
  await anna.menuAt('one');
  await anna.page.click('.menu [role=menuitemcheckbox] >> nth=0');
  await anna.page.waitForSelector('.reaction');
  await bob.say('/msg Anna two');
  await anna.page.waitForSelector('[data-role=talk][data-nick=Bob]');
  assert.deepEqual(await announced(), ['Bob: one', 'Bob, privately: two'], 'not what is drawn again, nor what one says oneself');
  await anna.reload();
  await bob.toChannel();
  await bob.say('three');
  await anna.shows('three');
  assert.deepEqual(await announced(), ['Bob: three'], 'nor what is put back after a reload');
}

async function stillness({ openBehind }) {
  const [anna, way] = await openBehind('Anna');
  anna.cutAllowed = true;
  await way.refuse();
  await anna.offline();
  const moving = () => anna.page.evaluate(() => document.getAnimations().length);
  assert.ok((await moving()) > 0, 'the dot pulses');
  await anna.page.emulateMedia({ reducedMotion: 'reduce' });
  assert.equal(await moving(), 0);
  await way.listen();
  await anna.inside();
}
