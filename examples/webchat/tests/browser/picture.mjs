// Pictures of the chat for the documentation and for looking at: light, dark, and on a phone.
//
//   WEBCHAT_URL=http://127.0.0.1:5280 node picture.mjs FOLDER

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { OurPage } from './ours.mjs';

const { WEBCHAT_URL, WEBCHAT_NODE_MODULES, CHROMIUM } = process.env;
const modules = WEBCHAT_NODE_MODULES ?? join(import.meta.dirname, 'node_modules');
const { chromium } = createRequire(join(modules, 'from-here.js'))('playwright-core');
const folder = process.argv[2] ?? '.';
const origin = new URL(WEBCHAT_URL).origin;

const TALK = [
  ['Anna', '/topic Saturday at the community garden · bring gloves'],
  ['Anna', 'Morning! The compost arrives at nine, who can help unload?'],
  ['Chiara', 'I can. Is the gate open, or do I need the key?'],
  ['Bogdan', 'Gate will be open, I am there from half past eight.'],
  ['Bogdan', 'Someone please bring the second wheelbarrow.'],
  ['Élodie', '/me has a wheelbarrow'],
  ['Chiara', 'Anna: should we also plant the tomatoes, or is it too early?'],
  ['Anna', 'Too early – let us wait for the last frost. The list: https://garden.example/plan'],
  ['Farid', 'I will be late, the bus only leaves at ten.'],
  ['Farid', '/nick Farid (bus)'],
  ['Chiara', 'No hurry.\nThere is enough to do for everybody.'],
  ['Élodie', 'Coffee is on me.'],
];

const browser = await launch(chromium, CHROMIUM ?? '/usr/bin/chromium');
const windows = {};
for (const nick of ['Anna', 'Bogdan', 'Chiara', 'Élodie', 'Farid']) {
  windows[nick] = await OurPage.open(browser, { origin, room: 'garden', nick, transport: 'bosh' });
}
const { page } = windows.Anna;
for (const [nick, text] of TALK) {
  const before = await page.$$eval('.row', (rows) => rows.length);
  await windows[nick].say(text);
  await page.waitForFunction((count) => document.querySelectorAll('.row').length > count, before);
}
await page.waitForFunction(() => !document.querySelector('[data-state=sent]'));
const shoot = async (name, colorScheme, width, height) => {
  await page.emulateMedia({ colorScheme });
  await page.setViewportSize({ width, height });
  await page.screenshot({ path: join(folder, `${name}.png`) });
};
await shoot('chat', 'light', 1000, 680);
await shoot('chat-dark', 'dark', 1000, 680);
await shoot('chat-phone', 'light', 390, 760);
for (const window of Object.values(windows)) await window.say('/leave');
await browser.close();
