// Strophe.js 5, over BOSH and WebSocket. In Node.js it wants a browser's XMLHttpRequest and WebSocket from outside.

import { Agent, globalAgent } from 'node:https';
import { User, require } from './user.mjs';

const { XMLHttpRequest: NodeRequest } = require('xhr2');
globalThis.WebSocket ??= require('ws');
const { Strophe, $iq, $msg, $pres } = require('strophe.js');

/** A browser parses what comes as text/xml; Strophe brings a DOMParser for Node.js. */
globalThis.XMLHttpRequest ??= class extends NodeRequest {
  get responseXML() {
    const whole = this.readyState === 4 && this.responseText;
    return whole ? new DOMParser().parseFromString(whole, 'text/xml') : null;
  }

  set responseXML(_) {
    // The parent's constructor clears it.
  }
};
Strophe.setLogLevel(Strophe.LogLevel.ERROR);

class StropheUser extends User {
  #connection;

  constructor(connection) {
    super();
    this.#connection = connection;
    connection.addHandler((message) => {
      const body = message.getElementsByTagName('body')[0];
      if (body) this.hear(message.getAttribute('from'), body.textContent);
      return true;
    }, null, 'message');
    connection.addHandler((presence) => {
      this.see(presence.getAttribute('from'), presence.getAttribute('type'));
      return true;
    }, null, 'presence');
  }

  get jid() {
    return this.#connection.jid;
  }

  /** What it logged in by. */
  get mechanism() {
    return this.#connection._sasl_mechanism?.mechname;
  }

  async join(room, nick) {
    const to = `${room}/${nick}`;
    this.#connection.send($pres({ to }).c('x', { xmlns: 'http://jabber.org/protocol/muc' }));
    await this.meets(to);
  }

  async say(room, text) {
    this.#connection.send($msg({ to: room, type: 'groupchat' }).c('body').t(text));
  }

  ping(to) {
    const iq = $iq({ to, type: 'get' }).c('ping', { xmlns: 'urn:xmpp:ping' });
    return new Promise((resolve, reject) => {
      this.#connection.sendIQ(iq, resolve, (error) => reject(new Error(`ping: ${error}`)), 10_000);
    });
  }

  async leave(room, nick) {
    this.#connection.send($pres({ to: `${room}/${nick}`, type: 'unavailable' }));
    await this.misses(`${room}/${nick}`);
  }

  end() {
    return new Promise((resolve) => {
      this.#connection.connect_callback = (status) => {
        if (status === Strophe.Status.DISCONNECTED) resolve();
      };
      this.#connection.disconnect('done');
    });
  }
}

/** Has connections show a certificate, as a browser does by itself, until `act` is done. */
export async function withCertificate({ cert, key }, act) {
  const { WebSocket } = globalThis;
  globalThis.WebSocket = class extends require('ws') {
    constructor(url, protocols) {
      super(url, protocols, { cert, key });
    }
  };
  NodeRequest.nodejsSet({ httpsAgent: new Agent({ cert, key }) });
  try {
    return await act();
  } finally {
    globalThis.WebSocket = WebSocket;
    NodeRequest.nodejsSet({ httpsAgent: globalAgent });
  }
}

const MECHANISMS = [
  Strophe.SASLAnonymous,
  Strophe.SASLExternal,
  Strophe.SASLPlain,
  Strophe.SASLOAuthBearer,
  Strophe.SASLXOAuth2,
  Strophe.SASLSHA1,
  Strophe.SASLSHA256,
  Strophe.SASLSHA384,
  Strophe.SASLSHA512,
];

/** `domain`: or the address of an account, whose password is `pass`. `mechanism`: the only one that may be used. */
export function strophe({ url, domain, pass = null, mechanism = null }) {
  const chosen = MECHANISMS.filter((Mechanism) => new Mechanism().mechname === mechanism);
  const connection = new Strophe.Connection(url, mechanism ? { mechanisms: chosen } : {});
  return new Promise((resolve, reject) => {
    connection.connect(domain, pass, (status, reason) => {
      const { CONNECTED, CONNFAIL, AUTHFAIL, ERROR, DISCONNECTED } = Strophe.Status;
      if (status === CONNECTED) resolve(new StropheUser(connection));
      if ([CONNFAIL, AUTHFAIL, ERROR, DISCONNECTED].includes(status)) {
        reject(new Error(`Strophe status ${status}: ${reason}`));
      }
    });
  });
}
