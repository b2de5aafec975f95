// Our page, by the hooks that ui.js names.

import { Window } from './browser.mjs';

export class OurPage extends Window {
  static client = 'page';

  /**
   * Opens the room, by the whole address, by `/room/ROOM`, or through the form; resolves when inside,
   * or with `waitFor: 'conflict'` when asked for another nick, or with 'nothing'. `context`: options of the
   * browser's context; `before(page)` is called before the page is loaded.
   */
  static async open(browser, { origin, room, nick, transport, waitFor = 'joined', by = 'address', context, before }) {
    const window = await new OurPage().init(browser, origin, context);
    const { page } = window;
    await before?.(page);
    const query = new URLSearchParams(transport === 'websocket' ? { transport } : {});
    if (by === 'address') {
      query.set('channel', room);
      query.set('nick', nick);
      await page.goto(`${origin}/?${query}`);
    } else if (by === 'path') {
      await page.goto(`${origin}/room/${room}?${query}`);
      await window.answer(nick);
    } else if (by === 'landing') {
      await page.goto(`${origin}/?${query}`);
      await page.waitForSelector('#landing:not([hidden])');
      return window;
    } else {
      await page.goto(`${origin}/?${query}`);
      await page.fill('#landing-form [name=channel]', `#${room.toUpperCase()}`);
      await page.fill('#landing-form [name=nick]', nick);
      await page.press('#landing-form [name=nick]', 'Enter');
    }
    if (waitFor !== 'nothing') await (waitFor === 'conflict' ? window.asked() : window.inside());
    return window;
  }

  async inside() {
    await this.page.waitForSelector('#chat[data-connection=online][data-room=joined]');
  }

  async offline() {
    await this.page.waitForSelector('#chat[data-connection=offline], #chat[data-connection=connecting]');
  }

  async asked() {
    await this.page.waitForSelector('#nick-dialog[open] #nick-problem:not([hidden])');
  }

  async answer(nick) {
    await this.page.fill('#nick-input', nick);
    await this.page.press('#nick-input', 'Enter');
  }

  async say(text) {
    await this.page.fill('#input', text);
    await this.page.press('#input', 'Enter');
  }

  rename(nick) {
    return this.say(`/nick ${nick}`);
  }

  /** Every message in the log, in order: { nick, text, state }. */
  messages() {
    return this.page.$$eval('[data-role=message]', (rows) =>
      rows.map((row) => ({
        nick: row.dataset.nick,
        text: row.querySelector('.text').textContent,
        state: row.dataset.state,
      })),
    );
  }

  /** Waits for a text; if it is one's own, until the room has confirmed it. */
  async shows(text) {
    await this.until(
      (wanted) =>
        [...document.querySelectorAll('[data-role=message][data-state=reflected] .text')].some(
          (words) => words.textContent === wanted,
        ),
      text,
    );
  }

  async present(...nicks) {
    await this.until(
      (wanted) =>
        JSON.stringify([...document.querySelectorAll('[data-role=occupant]')].map((o) => o.dataset.nick).sort()) ===
        wanted,
      JSON.stringify(nicks.toSorted()),
    );
  }

  /** What happened to people: `joined Bob`, `renamed Bob`. */
  events() {
    return this.page.$$eval('[data-role=event]', (rows) => rows.map((row) => `${row.dataset.what} ${row.dataset.nick}`));
  }

  /** What the page itself told: texts of notes. */
  notes() {
    return this.page.$$eval('[data-role=note] .text', (notes) => notes.map((note) => note.textContent));
  }

  /** Waits for a note with these words in it. */
  async tells(words) {
    await this.until((wanted) => [...document.querySelectorAll('[data-role=note] .text')].some((note) => note.textContent.includes(wanted)), words);
  }

  /** Opens somebody's menu in the list of people; gives the names of its items. */
  async menuOf(nick) {
    await this.page.click(`[data-role=occupant][data-nick=${JSON.stringify(nick)}] button`);
    return this.items();
  }

  /** Opens the menu of the message with that text. */
  async menuAt(text) {
    const said = this.page.locator('.text', { hasText: text });
    const row = this.page.locator('[data-role=message]').filter({ has: said }).last();
    await row.hover();
    await row.locator('.act').click();
    return this.items();
  }

  async more() {
    await this.page.click('#more');
    return this.items();
  }

  async items() {
    await this.page.waitForSelector('.menu');
    return this.page.$$eval('.menu [role=menuitem]', (items) => items.map((item) => item.dataset.name));
  }

  /** Back to the channel from a private talk. */
  toChannel() {
    return this.page.click('[data-role=talk][data-nick=""] button');
  }

  choose(name) {
    return this.page.click(`.menu [data-name=${name}]`);
  }

  /** Makes the page believe that it is out of sight. */
  hide(hidden) {
    return this.page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  }

  async reload() {
    await this.page.reload();
    await this.inside();
  }
}
