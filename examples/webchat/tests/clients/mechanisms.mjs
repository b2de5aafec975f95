// Strophe.js by each mechanism that it shares with the web chat, one at a time; each with its refused twin.

import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { strophe, withCertificate } from './strophe.mjs';

const { WEBCHAT_KEY, WEBCHAT_TOKEN, WEBCHAT_SITE, WEBCHAT_CERTIFICATES } = process.env;
const DOMAIN = 'localhost';

/** What a site does, in five lines (docs/single-sign-on.md). */
function makeToken(user) {
  const b = (x) => Buffer.from(x).toString('base64url');
  const claims = { sub: user, domain: DOMAIN, aud: 'webchat', exp: Date.now() / 1000 + 60, jti: randomUUID() };
  const head = `${b('{"alg":"HS256","kid":"test"}')}.${b(JSON.stringify(claims))}`;
  return `${head}.${createHmac('sha256', Buffer.from(WEBCHAT_KEY, 'base64')).update(head).digest('base64url')}`;
}

/** A one-time token, as Converse.js gets it. */
async function opaqueToken(origin) {
  const form = new URLSearchParams({ name: 'juliet', password: 'balcony' });
  const login = await fetch(`${WEBCHAT_SITE}/login`, { method: 'POST', body: form, redirect: 'manual' });
  const cookie = login.headers.get('set-cookie').split(';')[0];
  const answer = await fetch(`${WEBCHAT_SITE}/credentials?kind=opaque`, { headers: { cookie, origin } });
  const { jid, password } = await answer.json();
  if (jid !== `juliet@${DOMAIN}` || password.includes('.')) throw new Error(`credentials: ${jid}`);
  return password;
}

/** Of that name, with its key. */
function certificate(name) {
  const read = (ending) => readFileSync(join(WEBCHAT_CERTIFICATES, `${name}.${ending}`));
  return { cert: read('pem'), key: read('key') };
}

async function opens({ url, mechanism, jid, pass, as }) {
  const user = await strophe({ url, domain: jid, pass, mechanism });
  if (user.mechanism !== mechanism) throw new Error(`logged in by ${user.mechanism}`);
  if (!as.test(user.jid)) throw new Error(`logged in as ${user.jid}`);
  await user.ping(DOMAIN);
  await user.end();
}

async function isRefused(login, status) {
  const said = await strophe(login).then(
    (user) => `in as ${user.jid}`,
    (error) => error.message,
  );
  if (!said.startsWith(`Strophe status ${status}:`)) throw new Error(`not refused: ${said}`);
}

/** Cases for `run.mjs`. */
export function mechanisms(endpoints, origin) {
  const cases = [];
  const AUTHFAIL = 4;
  const NO_MECHANISM = 2;
  const add = (transport, mechanism, run) =>
    cases.push([`strophe, ${transport}: ${mechanism}`, () => run(endpoints[transport], mechanism)]);
  for (const transport of Object.keys(endpoints)) {
    add(transport, 'ANONYMOUS', async (url, mechanism) => {
      await opens({ url, mechanism, jid: DOMAIN, pass: null, as: /^[0-9a-f-]{36}@localhost\/./ });
    });
    for (const name of ['PLAIN', 'OAUTHBEARER', 'X-OAUTH2']) {
      add(transport, name, async (url, mechanism) => {
        const jid = `juliet@${DOMAIN}`;
        const as = /^juliet@localhost\/./;
        await opens({ url, mechanism, jid, pass: makeToken('juliet'), as });
        await isRefused({ url, mechanism, domain: jid, pass: `${makeToken('juliet')}A` }, AUTHFAIL);
        await isRefused({ url, mechanism, domain: jid, pass: makeToken('romeo') }, AUTHFAIL);
        const opaque = await opaqueToken(origin);
        await opens({ url, mechanism, jid, pass: opaque, as });
        await isRefused({ url, mechanism, domain: jid, pass: opaque }, AUTHFAIL);
      });
    }
    add(transport, 'EXTERNAL', async (url, mechanism) => {
      const juliet = { url, mechanism, jid: `juliet@${DOMAIN}`, as: /^juliet@localhost\/./ };
      const nurse = { url, mechanism, jid: `nurse@${DOMAIN}`, as: /^nurse@localhost\/./ };
      const denied = (who, status) => isRefused({ url, mechanism, domain: who.jid }, status);
      await withCertificate(certificate('juliet'), async () => {
        await opens(juliet);
        await denied(nurse, AUTHFAIL);
        await opens({ url, mechanism: 'ANONYMOUS', jid: DOMAIN, as: /^[0-9a-f-]{36}@localhost\/./ });
      });
      await withCertificate(certificate('both'), async () => {
        await opens(juliet);
        await opens(nurse);
      });
      // Over BOSH Strophe waits on for an offer that suits it.
      if (transport === 'bosh') return;
      await withCertificate(certificate('elsewhere'), () => denied(juliet, NO_MECHANISM));
      await denied(juliet, NO_MECHANISM);
    });
  }
  for (const hash of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
    cases.push([
      `strophe, the admin's door: SCRAM-${hash}`,
      async () => {
        const url = endpoints.websocket.replace('/xmpp-websocket', '/admin/xmpp-websocket');
        const mechanism = `SCRAM-${hash}`;
        const jid = `admin@${DOMAIN}`;
        await opens({ url, mechanism, jid, pass: WEBCHAT_TOKEN, as: /^admin@localhost\/./ });
        await isRefused({ url, mechanism, domain: jid, pass: `${WEBCHAT_TOKEN}!` }, AUTHFAIL);
        // Where everybody comes in there is no such door.
        await isRefused({ url: endpoints.websocket, mechanism, domain: jid, pass: WEBCHAT_TOKEN }, NO_MECHANISM);
      },
    ]);
  }
  return cases;
}
