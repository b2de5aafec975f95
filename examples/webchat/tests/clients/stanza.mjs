// stanza.js 12, over BOSH and WebSocket.

import { User, require } from './user.mjs';

const { createClient } = require('stanza');

class StanzaUser extends User {
  #client;

  constructor(client) {
    super();
    this.#client = client;
    client.on('message', ({ from, body }) => {
      if (body) this.hear(from, body);
    });
    client.on('presence', ({ from, type }) => this.see(from, type));
  }

  get jid() {
    return this.#client.jid;
  }

  async join(room, nick) {
    await this.#client.joinRoom(room, nick);
    await this.meets(`${room}/${nick}`);
  }

  async say(room, body) {
    this.#client.sendMessage({ to: room, type: 'groupchat', body });
  }

  async ping(to) {
    await this.#client.ping(to);
  }

  /** Where the service for uploads is found, and a slot of it. */
  async slot({ name, size, mediaType }) {
    const { jid, maxSize } = await this.#client.getUploadService();
    if (!(maxSize >= size)) throw new Error(`the service takes ${maxSize} bytes`);
    const { upload, download } = await this.#client.getUploadSlot(jid, { name, size, mediaType });
    return { put: upload.url, headers: upload.headers, get: download };
  }

  async leave(room, nick) {
    await this.#client.leaveRoom(room, nick);
  }

  end() {
    return new Promise((resolve) => {
      this.#client.once('disconnected', resolve);
      this.#client.disconnect();
    });
  }
}

/** As `stanza`, but as the admin; the client itself. */
export function stanzaAdmin({ url, domain, token }) {
  const client = createClient({
    server: domain,
    jid: `admin@${domain}`,
    credentials: { username: 'admin', password: token },
    sasl: ['SCRAM-SHA-256'],
    autoReconnect: false,
    transports: { bosh: false, websocket: url },
  });
  return new Promise((resolve, reject) => {
    client.once('session:started', () => resolve(client));
    client.once('auth:failed', () => reject(new Error('stanza.js: authentication failed')));
    client.connect();
  });
}

export function stanza({ transport, url, domain }) {
  const client = createClient({
    server: domain,
    credentials: {},
    sasl: ['ANONYMOUS'],
    autoReconnect: false,
    transports: { bosh: transport === 'bosh' && url, websocket: transport === 'websocket' && url },
  });
  return new Promise((resolve, reject) => {
    client.once('session:started', () => {
      resolve(new StanzaUser(client));
      client.sendPresence();
    });
    client.once('auth:failed', () => reject(new Error('stanza.js: authentication failed')));
    client.once('disconnected', (error) => reject(error ?? new Error('stanza.js: disconnected')));
    client.connect();
  });
}
