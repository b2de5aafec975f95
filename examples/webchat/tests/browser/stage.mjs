// Where a case plays: a room of its own, windows of a client, proxies before them; and what is looked at when
// it is over.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Proxy } from './proxy.mjs';

/** Runs a scenario in a room of its own and looks at what the windows complained of. */
export async function play(scenario, { browser, origin, pictures, modules, Client, transport }) {
  const room = `t-${randomBytes(5).toString('hex')}`;
  const name = [Client.client, transport, scenario.name].join('-');
  const windows = [];
  const clean = [];
  const stage = {
    room,
    transport,
    Client,
    origin,
    modules,
    /** A picture of a window on the way. */
    picture: (window, what) => window.picture(pictures, `${name}-${what}`),
    async open(nick, options = {}) {
      const window = await Client.open(browser, { origin, room, nick, transport, ...options });
      windows.push(window);
      return window;
    },
    /** A window behind a proxy of its own. */
    async openBehind(nick, options = {}) {
      const { hostname: host, port } = new URL(origin);
      const proxy = await new Proxy({ host, port: Number(port) }).listen();
      clean.push(() => proxy.close());
      return [await stage.open(nick, { ...options, origin: proxy.origin }), proxy];
    },
  };
  try {
    await scenario(stage);
    for (const window of windows) assert.deepEqual(window.faults, [], 'what a page complained of');
    await Promise.all(windows.map((window, i) => window.picture(pictures, `${name}-${i + 1}`)));
  } catch (error) {
    await Promise.all(windows.map((window, i) => window.picture(pictures, `FAILED-${name}-${i + 1}`)));
    const seen = await Promise.all(windows.map((window) => window.messages().catch(() => 'gone')));
    const faults = windows.map((window) => window.faults);
    throw new Error(`seen: ${JSON.stringify(seen)}\nfaults: ${JSON.stringify(faults)}`, { cause: error });
  } finally {
    await Promise.all(windows.map((window) => window.close()));
    for (const close of clean) await close();
  }
}
