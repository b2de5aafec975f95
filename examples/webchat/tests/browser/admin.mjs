// The administration in a real browser: the login with the token, and the commands as the server lists them.
//
// Environment beside run.mjs's: WEBCHAT_TOKEN, the admin's.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Window } from './browser.mjs';
import { OurPage } from './ours.mjs';
import { play } from './stage.mjs';

const TOKEN = process.env.WEBCHAT_TOKEN;

class Administration extends Window {
  static async open(browser, origin) {
    const window = await new Administration().init(browser, origin);
    await window.page.goto(`${origin}/admin`);
    await window.page.waitForSelector('#login:not([hidden])');
    return window;
  }

  async logIn(token = TOKEN) {
    await this.page.getByLabel('Token').fill(token);
    await this.page.getByRole('button', { name: 'Log in' }).click();
  }

  async inside() {
    await this.page.waitForSelector('#admin:not([hidden])');
  }

  /** Begins a command by the name that the server gives it. */
  async begin(name) {
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  async press(name) {
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  async noted(text) {
    await this.page.getByRole('status').getByText(text).waitFor();
  }

  messages() {
    return this.page.locator('#notes').allInnerTexts();
  }
}

const scenarios = {
  'the token opens it, and a wrong one is refused': async ({ admin }) => {
    const { page } = admin;
    await admin.logIn('not the token at all');
    await page.getByRole('alert').getByText('That is not the token.').waitFor();
    await admin.logIn();
    await admin.inside();
    assert.match(await page.locator('#who').innerText(), /^admin@localhost\/page-/);
    // The token is not left in the page.
    assert.equal(await page.locator('#login-token').inputValue(), '');
    await admin.begin('Number of online users');
    await page.locator('#result dd').getByText(/^[0-9]+$/).waitFor();
    await admin.press('Log out');
    await page.waitForSelector('#login:not([hidden])');
  },

  'lists, kicks, bans, announces and destroys': async ({ admin, open, room }) => {
    const { page } = admin;
    const jid = `${room}@rooms.localhost`;
    const anna = await open('Anna');
    const ben = await open('Ben');
    await admin.logIn();
    await admin.inside();
    await admin.begin('List rooms');
    await page.getByRole('row').filter({ hasText: jid }).getByRole('cell', { name: '2', exact: true }).waitFor();

    await admin.begin('Kick somebody out of a room');
    await page.locator('#step').getByLabel(/^Room/).selectOption(jid);
    await admin.press('Next');
    const people = page.locator('#step').getByLabel(/^Occupants/);
    await people.waitFor();
    // One step back and forth again, and nothing without a choice.
    await admin.press('Back');
    await page.locator('#step').getByLabel(/^Room/).selectOption(jid);
    await admin.press('Next');
    await people.waitFor();
    await admin.press('Carry out');
    await admin.noted('A required field is empty.');
    await people.selectOption('Ben');
    await page.getByLabel(/^Reason/).fill('that was enough');
    await admin.press('Carry out');
    await admin.noted(`Kicked out of ${jid}: Ben`);
    await ben.page.getByText('that was enough').first().waitFor();

    await admin.begin('Ban somebody from a room');
    await page.locator('#step').getByLabel(/^Room/).selectOption(jid);
    await admin.press('Next');
    await page.locator('#step').getByLabel(/^Occupants/).selectOption('Anna');
    // All are at loopback here, which cannot be banned: said, and asked again.
    await admin.press('Carry out');
    await page.locator('#notes .error').getByText('loopback cannot be banned').waitFor();
    await page.locator('#step').getByLabel(/^Occupants/).selectOption('Anna');
    await page.getByLabel(/^Ban their addresses/).uncheck();
    await admin.press('Carry out');
    await admin.noted(`Banned from ${jid}: Anna`);

    const carl = await open('Carl');
    await admin.begin('Announce something to everybody');
    await page.locator('#step').getByLabel(/^Announcement/).fill('Back in a minute');
    await admin.press('Carry out');
    await admin.noted(/Sessions that were told: [1-9]/);
    await carl.page.getByText('From those who run this chat: Back in a minute').first().waitFor();

    await admin.begin('Destroy a room');
    await page.locator('#step').getByLabel(/^Room/).selectOption(jid);
    await page.getByLabel(/^Reason/).fill('closed for good');
    await admin.press('Carry out');
    await admin.noted(`Destroyed: ${jid}`);
    await carl.page.getByText('closed for good').first().waitFor();
    void anna;
  },

  'is used by keyboard alone and passes axe-core': async ({ admin, open, modules, room }) => {
    const { page } = admin;
    await open('Dora');
    const source = readFileSync(join(modules, 'axe-core', 'axe.min.js'), 'utf8');
    await page.evaluate(source);
    const sound = async (state) => {
      const told = await page.evaluate(async () => {
        const { violations } = await globalThis.axe.run(document);
        return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
      });
      assert.deepEqual(told, [], state);
    };
    await sound('login');
    // The field has the focus.
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await admin.inside();
    await sound('commands');
    await page.locator('#commands button', { hasText: 'List occupants' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('#step').getByLabel(/^Room/).waitFor();
    await sound('form');
    // The first control has the focus; the room is chosen by its name.
    await page.waitForFunction(() => document.activeElement.tagName === 'SELECT');
    await page.keyboard.type(`${room}@`);
    await page.keyboard.press('Enter');
    if (!(await page.locator('#result table').isVisible())) await page.locator('#step [type=submit]').press('Enter');
    await page.getByRole('cell', { name: 'Dora' }).waitFor();
    await sound('result');
  },
};

export const cases = Object.entries(scenarios).map(([name, run]) => ({
  name: `admin: ${name}`,
  async run({ browser, origin, ...rest }) {
    const admin = await Administration.open(browser, origin);
    try {
      const scenario = Object.defineProperty((stage) => run({ ...stage, admin }), 'name', { value: name });
      await play(scenario, { browser, origin, ...rest, Client: OurPage, transport: 'websocket' });
      assert.deepEqual(admin.faults, [], 'what the page complained of');
      await admin.picture(rest.pictures, `admin-${name}`);
    } catch (error) {
      await admin.picture(rest.pictures, `FAILED-admin-${name}`);
      throw error;
    } finally {
      await admin.close();
    }
  },
}));
