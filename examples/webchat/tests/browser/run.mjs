// Runs the browser cases against a running server and prints one line for each: `ok NAME` or
// `FAILED NAME` with the reason. Started by tests/browser.rs; by hand:
//
//   WEBCHAT_URL=http://127.0.0.1:5280 node run.mjs [part of a name]
//
// Environment: WEBCHAT_URL, WEBCHAT_NODE_MODULES, CHROMIUM, WEBCHAT_PICTURES (a folder for screenshots),
// WEBCHAT_AT_ONCE (cases at a time), WEBCHAT_CASES (`proxied`, `page`, `archive`, `uploads` or `sign-on` for those files), WEBCHAT_RESOLVE (names that
// Chromium finds elsewhere, `MAP example.org 127.0.0.1:4433`).

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launch } from './browser.mjs';

const { WEBCHAT_URL, WEBCHAT_NODE_MODULES, CHROMIUM, WEBCHAT_PICTURES, WEBCHAT_AT_ONCE } = process.env;
const { cases } = await import(`./${process.env.WEBCHAT_CASES ?? 'cases'}.mjs`);
const modules = WEBCHAT_NODE_MODULES ?? join(import.meta.dirname, 'node_modules');
const { chromium } = createRequire(join(modules, 'from-here.js'))('playwright-core');
const CASE_MS = 120_000;

const wanted = cases.filter(({ name }) => name.includes(process.argv[2] ?? ''));
const browser = await launch(chromium, CHROMIUM ?? '/usr/bin/chromium', process.env.WEBCHAT_RESOLVE);
// With a path prefix, if there is one.
const origin = WEBCHAT_URL.replace(/\/$/, '');
const waiting = [...wanted];
let failed = 0;

async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const started = Date.now();
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('the case took too long')), CASE_MS);
    });
    try {
      await Promise.race([next.run({ browser, origin, modules, pictures: WEBCHAT_PICTURES }), late]);
      console.log(`ok ${next.name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${next.name}`);
      console.log(`${error.cause?.stack ?? error.stack}\n${error.message}`.replace(/^/gm, '    '));
    }
    clearTimeout(timer);
    console.log(`    ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }
}

await Promise.all(Array.from({ length: Number(WEBCHAT_AT_ONCE ?? 2) }, work));
await browser.close();
process.exit(failed === 0 ? 0 : 1);
