// Chromium, and windows that are watched: what they log, and where their requests go.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
export const TIMEOUT_MS = 30_000;

/** `resolve`: rules for names that are found elsewhere than the network says. */
export const launch = (chromium, executablePath, resolve) =>
  chromium.launch({ executablePath, args: resolve ? [...FLAGS, `--host-resolver-rules=${resolve}`] : FLAGS });

/** Base of the drivers: one page in a context of its own. */
export class Window {
  page;
  origin;
  faults = [];
  /** While connections are cut on purpose, Chromium itself reports them as errors. */
  cutAllowed = false;

  /** `context`: options of the browser's context, such as a language. */
  async init(browser, origin, context = {}) {
    this.origin = origin;
    // The certificates of tests are signed by nobody.
    const ignoreHTTPSErrors = origin.startsWith('https:');
    this.context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ignoreHTTPSErrors, ...context });
    this.context.setDefaultTimeout(TIMEOUT_MS);
    this.page = await this.context.newPage();
    this.page.on('request', (request) => this.#requested(request.url()));
    this.page.on('websocket', (socket) => this.#requested(socket.url()));
    this.page.on('console', (message) => this.#logged(message.type(), message.text()));
    this.page.on('pageerror', (error) => this.faults.push(`uncaught: ${error.stack}`));
    return this;
  }

  /** Waits until `test(argument)` holds in the page. */
  until(test, argument) {
    return this.page.waitForFunction(test, argument, { polling: 25, timeout: TIMEOUT_MS });
  }

  async picture(folder, name) {
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    await this.page.screenshot({ path: join(folder, `${name}.png`) }).catch(() => {});
  }

  async close() {
    await this.context?.close();
  }

  #requested(url) {
    const { protocol, host } = new URL(url);
    if (protocol === 'data:' || protocol === 'blob:' || protocol === 'about:') return;
    if (host !== new URL(this.origin).host && !this.mayLeave(url)) this.faults.push(`request elsewhere: ${url}`);
  }

  #logged(type, text) {
    if (type !== 'error' && type !== 'warning') return;
    const network = /^Failed to load resource: net::|^WebSocket connection to .* failed|WebSocket is already in CLOSING/;
    if (!(this.cutAllowed && network.test(text)) && !this.mayLog(type, text)) this.faults.push(`${type}: ${text}`);
  }

  /** Whether a request may leave the origin. */
  mayLeave() {
    return false;
  }

  /** Whether an error or warning in the console is no fault. */
  mayLog() {
    return false;
  }
}
