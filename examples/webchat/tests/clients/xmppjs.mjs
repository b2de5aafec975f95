// xmpp.js 0.14, over WebSocket (it knows no BOSH).

import { User, require } from './user.mjs';

const { client: createClient, xml } = require('@xmpp/client');

class XmppJsUser extends User {
  #client;

  constructor(client) {
    super();
    this.#client = client;
    client.on('stanza', (stanza) => {
      const { from, type } = stanza.attrs;
      if (stanza.is('presence')) this.see(from, type);
      if (stanza.is('message') && stanza.getChild('body')) this.hear(from, stanza.getChildText('body'));
    });
  }

  get jid() {
    return this.#client.jid.toString();
  }

  async join(room, nick) {
    const x = xml('x', { xmlns: 'http://jabber.org/protocol/muc' });
    await this.#client.send(xml('presence', { to: `${room}/${nick}` }, x));
    await this.meets(`${room}/${nick}`);
  }

  async say(room, text) {
    await this.#client.send(xml('message', { to: room, type: 'groupchat' }, xml('body', {}, text)));
  }

  async ping(to) {
    await this.#client.iqCaller.get(xml('ping', { xmlns: 'urn:xmpp:ping' }), to);
  }

  async slot({ name, size, mediaType }) {
    const xmlns = 'urn:xmpp:http:upload:0';
    const request = xml('request', { xmlns, filename: name, size, 'content-type': mediaType });
    const to = `upload.${this.#client.jid.domain}`;
    const answer = await this.#client.iqCaller.request(xml('iq', { type: 'get', to }, request));
    const slot = answer.getChild('slot', xmlns);
    return { put: slot.getChild('put').attrs.url, headers: [], get: slot.getChild('get').attrs.url };
  }

  async leave(room, nick) {
    await this.#client.send(xml('presence', { to: `${room}/${nick}`, type: 'unavailable' }));
    await this.misses(`${room}/${nick}`);
  }

  async end() {
    await this.#client.stop();
  }
}

export async function xmppjs({ url, domain }) {
  const client = createClient({ service: url, domain });
  client.reconnect.stop();
  const user = new XmppJsUser(client);
  const failed = new Promise((_, reject) => {
    client.once('error', reject);
  });
  await Promise.race([client.start(), failed]);
  client.on('error', () => {});
  failed.catch(() => {});
  await client.send(xml('presence'));
  return user;
}
