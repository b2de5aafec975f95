// Converse.js 14, as `--converse` serves it, by its own elements.

import { Window } from './browser.mjs';

const INPUT = 'converse-muc textarea.chat-textarea';

export class Converse extends Window {
  static client = 'converse';

  static async open(browser, { origin, room, nick, transport, waitFor = 'joined' }) {
    const window = await new Converse().init(browser, origin);
    const query = new URLSearchParams({ channel: room, nick, transport });
    await window.page.goto(`${origin}/converse/?${query}`);
    await (waitFor === 'conflict' ? window.asked() : window.inside());
    return window;
  }

  /** Three sponsors' logos, which a policy or a closed network keeps away. */
  mayLeave(url) {
    return /\.(png|svg|webp|jpe?g|gif)$/i.test(new URL(url).pathname);
  }

  /** It logs what it tries and does not find as errors; only what it does not catch counts. */
  mayLog() {
    return true;
  }

  async inside() {
    await this.page.waitForSelector(INPUT, { state: 'visible' });
  }

  async asked() {
    await this.page.waitForSelector('converse-muc-nickname-form .validation-message');
  }

  async answer(nick) {
    await this.page.fill('converse-muc-nickname-form input[name=nick]', nick);
    await this.page.click('converse-muc-nickname-form input[type=submit]');
  }

  async say(text) {
    await this.page.fill(INPUT, text);
    await this.page.press(INPUT, 'Enter');
  }

  rename(nick) {
    return this.say(`/nick ${nick}`);
  }

  messages() {
    return this.page.$$eval('converse-muc .chat-msg', (rows) =>
      rows.map((row) => ({
        nick: row.dataset.from?.replace(/^[^/]*\//, ''),
        text: row.querySelector('converse-chat-message-body')?.getAttribute('text') ?? '',
      })),
    );
  }

  async shows(text) {
    await this.until(
      (wanted) =>
        [...document.querySelectorAll('converse-muc converse-chat-message-body')].some(
          (body) => body.getAttribute('text') === wanted,
        ),
      text,
    );
  }

  /** Its list also holds owners who are not there. */
  async present(...nicks) {
    await this.until(
      (wanted) =>
        JSON.stringify(
          [...document.querySelectorAll('li.occupant')]
            .filter((item) => !item.querySelector('.chat-status[color*=offline]'))
            .map((item) => item.querySelector('.occupant-nick').textContent.trim())
            .sort(),
        ) === wanted,
      JSON.stringify(nicks.toSorted()),
    );
  }

  async reload() {
    await this.page.reload();
    await this.inside();
  }
}
