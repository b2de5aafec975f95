// Single sign-on with a real site: our page by signed and by one-time tokens, Converse.js by its credentials_url; what is shown
// when a token is no good, and what guests may.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Converse } from './converse.mjs';
import { OurPage } from './ours.mjs';

const { WEBCHAT_SITE: SITE, WEBCHAT_SIGN_ON: SETTING = 'open' } = process.env;
const TRANSPORTS = ['bosh', 'websocket'];

/** The drivers, which may go to the site as well. */
const alsoAtTheSite = (Base) =>
  class extends Base {
    mayLeave(url) {
      return url.startsWith(`${SITE}/`) || super.mayLeave(url);
    }

    /** The answer to a wrong password at the site. */
    mayLog(type, text) {
      return /status of 403/u.test(text) || super.mayLog(type, text);
    }
  };
const Page = alsoAtTheSite(OurPage);
const ConversePage = alsoAtTheSite(Converse);

const newRoom = () => `s-${randomBytes(5).toString('hex')}`;

/** Logs in at the site, where the window is shown its form. */
async function logIn({ page }, name = 'juliet', password = 'balcony') {
  await page.fill('[name=name]', name);
  await page.fill('[name=password]', password);
  await page.press('[name=password]', 'Enter');
}

/** A window that is logged in at the site. */
async function atTheSite(Client, stage, user) {
  const window = await stage.window(Client);
  await window.page.goto(`${SITE}/`);
  await logIn(window, ...(user ?? []));
  await window.page.waitForSelector('#user');
  return window;
}

/** The address that the site opens the chat with, for this window's user. */
async function addressFor({ context }, room, kind, transport) {
  const answer = await context.request.get(`${SITE}/chat?kind=${kind}&channel=${room}`, { maxRedirects: 0 });
  const address = new URL(answer.headers().location);
  if (transport === 'websocket') address.searchParams.set('transport', transport);
  assert.match(address.hash, /^#token=./);
  return address;
}

/** Nothing of the token is left where somebody else could find it. */
async function leavesNoToken({ page }, token) {
  const left = await page.evaluate(() => JSON.stringify([location.href, { ...sessionStorage }, { ...localStorage }, document.body.innerText]));
  assert.ok(!left.includes(token) && !left.includes('token='), left);
}

const ownNick = ({ page }) => page.textContent('#own-nick');
const noticed = ({ page }) => page.textContent('#notice-words');

// ---- our page

function signedIn(kind, transport) {
  return async (stage) => {
    const room = newRoom();
    const juliet = await atTheSite(Page, stage);
    const address = await addressFor(juliet, room, kind, transport);
    const token = address.hash.slice('#token='.length);
    await juliet.page.goto(address.href);
    await juliet.inside();
    assert.equal(await ownNick(juliet), 'juliet');
    await leavesNoToken(juliet, token);
    // Anonymous visitors come in as before, and they talk.
    const guest = await stage.window(Page);
    await guest.page.goto(`${stage.origin}/?${new URLSearchParams({ channel: room, nick: 'guest', transport })}`);
    await guest.inside();
    await juliet.present('juliet', 'guest');
    await juliet.say('by my name');
    await guest.shows('by my name');

    if (transport === 'bosh') {
      // The session goes on, without a token.
      await juliet.page.reload();
      await juliet.inside();
      await juliet.say('still me');
      await guest.shows('still me');
      return;
    }
    // A WebSocket's session ends with the page; nobody is made a guest unasked.
    await juliet.page.reload();
    await juliet.page.waitForSelector('#notice-link:not([hidden])');
    assert.equal(await noticed(juliet), 'Your sign-in has ended.');
    await guest.present('guest');
    await juliet.page.click('#notice-link');
    await juliet.inside();
    assert.equal(await ownNick(juliet), 'juliet');
    await guest.present('juliet', 'guest');
  };
}

/** From the site's form into the channel, as a person goes. */
async function byTheForm(stage) {
  const room = newRoom();
  const juliet = await stage.window(Page);
  await juliet.page.goto(`${SITE}/chat?channel=${room}`);
  await logIn(juliet, 'juliet', 'wrong');
  await juliet.page.waitForSelector('[role=alert]');
  await logIn(juliet);
  await juliet.inside();
  assert.equal(await ownNick(juliet), 'juliet');
  assert.equal(await juliet.page.textContent('#channel'), room);
  // The site's own links lead to the channel that the chat offers.
  for (const link of ['#signed', '#opaque']) {
    await juliet.page.goto(`${SITE}/`);
    await juliet.page.click(link);
    await juliet.inside();
    assert.equal(await ownNick(juliet), 'juliet');
    assert.equal(await juliet.page.textContent('#channel'), 'lobby');
  }
}

/** What was refused is said, and both ways on are there. */
async function refusal(stage) {
  const room = newRoom();
  const juliet = await atTheSite(Page, stage);
  const address = await addressFor(juliet, room, 'opaque', 'bosh');
  await juliet.page.goto(address.href);
  await juliet.inside();

  const again = await atTheSite(Page, stage);
  await again.page.goto(address.href);
  await again.page.waitForSelector('#notice-link:not([hidden])');
  const words = 'Your sign-in was not accepted: it may be too old, or used before.';
  assert.equal(await noticed(again), words);
  await leavesNoToken(again, address.hash.slice('#token='.length));
  await again.picture(stage.pictures, 'sign-on-refused');
  // The site knows who it is: one click, and the user is there twice under one name.
  await again.page.click('#notice-link');
  await again.inside();
  assert.equal(await ownNick(again), 'juliet');

  const guest = await stage.window(Page);
  await guest.page.goto(`${stage.origin}/?channel=${room}#token=${'x'.repeat(64)}`);
  await guest.page.waitForSelector('#notice-action:not([hidden])');
  assert.equal(await noticed(guest), words);
  await guest.page.click('#notice-action');
  await guest.answer('a guest');
  await guest.inside();
  await juliet.present('juliet', 'a guest');
}

/** The first page says where to sign in. */
async function landing(stage) {
  const window = await stage.window(Page);
  await window.page.goto(`${stage.origin}/`);
  await window.page.waitForSelector('#landing-form');
  assert.equal(await window.page.textContent('#landing-link'), `Sign in at ${new URL(SITE).host}`);
  assert.ok(await window.page.isVisible('#landing-nick'));
  await window.page.click('#landing-link');
  await logIn(window);
  await window.inside();
  assert.equal(await ownNick(window), 'juliet');
}

// ---- Converse.js

function converse(transport) {
  return async (stage) => {
    const room = newRoom();
    const romeo = await atTheSite(ConversePage, stage, ['romeo', 'orchard']);
    await romeo.page.goto(`${stage.origin}/converse/?${new URLSearchParams({ channel: room, transport })}`);
    await romeo.inside();
    await romeo.present('romeo');
    const juliet = await atTheSite(Page, stage);
    await juliet.page.goto((await addressFor(juliet, room, 'signed', 'bosh')).href);
    await juliet.inside();
    await juliet.present('juliet', 'romeo');
    await romeo.say('but soft');
    await juliet.shows('but soft');
    // A reload fetches new credentials where the session is gone.
    await romeo.reload();
    await juliet.say('ay me');
    await romeo.shows('ay me');
    await juliet.present('juliet', 'romeo');
  };
}

/** Where Converse.js has no credentials_url it stays anonymous, though tokens could be shown. */
async function converseAsGuest(stage) {
  for (const transport of TRANSPORTS) {
    const guest = await stage.window(ConversePage);
    await guest.page.goto(`${stage.origin}/converse/?${new URLSearchParams({ channel: newRoom(), nick: 'guest', transport })}`);
    await guest.inside();
    await guest.present('guest');
  }
}

// ---- a chat without guests

async function membersOnly(stage) {
  const room = newRoom();
  const nobody = await stage.window(Page);
  await nobody.page.goto(`${stage.origin}/`);
  await nobody.page.waitForSelector('#landing-members:not([hidden])');
  assert.ok(!(await nobody.page.isVisible('#landing-nick')));
  await nobody.page.goto(`${stage.origin}/?channel=${room}&nick=nobody`);
  await nobody.page.waitForSelector('#notice-link:not([hidden])');
  assert.equal(await noticed(nobody), 'This server does not admit guests.');
  await nobody.page.goto(`${stage.origin}/?channel=${room}#token=wrong`);
  await nobody.page.waitForSelector('#notice-link:not([hidden])');
  assert.ok(!(await nobody.page.isVisible('#notice-action')), 'no way in as a guest');
  await nobody.page.click('#notice-link');
  await logIn(nobody);
  await nobody.inside();
  assert.equal(await ownNick(nobody), 'juliet');
}

// ---- the cases

const settings = {
  open: {
    ...Object.fromEntries(
      ['signed', 'opaque'].flatMap((kind) => TRANSPORTS.map((transport) => [`page, ${transport}: ${kind} token`, signedIn(kind, transport)])),
    ),
    'page: from the form of the site into the channel': byTheForm,
    'page: a refused token is told in words, with two ways on': refusal,
    'page: the first page says where to sign in': landing,
    ...Object.fromEntries(TRANSPORTS.map((transport) => [`converse, ${transport}: credentials_url`, converse(transport)])),
  },
  closed: { 'page: without guests there is the site alone': membersOnly },
  guests: { 'converse: a guest beside tokens': converseAsGuest },
};

export const cases = Object.entries(settings[SETTING]).map(([name, scenario]) => ({
  name,
  async run({ browser, origin, pictures }) {
    const windows = [];
    const stage = {
      origin,
      pictures,
      async window(Client) {
        const window = await new Client().init(browser, origin);
        windows.push(window);
        return window;
      },
    };
    try {
      await scenario(stage);
      for (const window of windows) assert.deepEqual(window.faults, [], 'what a page complained of');
    } catch (error) {
      const file = `FAILED-${name.replaceAll(/\W+/gu, '-')}`;
      await Promise.all(windows.map((window, i) => window.picture(pictures, `${file}-${i + 1}`)));
      const faults = windows.map((window) => [window.page.url().replace(/#.*/u, ''), ...window.faults]);
      throw new Error(`faults: ${JSON.stringify(faults)}`, { cause: error });
    } finally {
      await Promise.all(windows.map((window) => window.close()));
    }
  },
}));
