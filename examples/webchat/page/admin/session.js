// The admin's session: a WebSocket, the login by SCRAM, and requests with their answers.

import { answer } from '../js/answers.js';
import { Socket } from '../js/websocket.js';
import { NS, child, children, el, is, stanzaError } from '../js/xml.js';
import { Scram, decode, encode } from './scram.js';

const NAME = 'admin';
const PATIENCE_MS = 30_000;

export class Session {
  #domain;
  #transport;
  #scram;
  #closed;
  #jid = null;
  #waiting = new Map();
  #last = 0;
  #opened;

  /** `closed(condition)` when an open session ends. */
  constructor(url, domain, token, closed) {
    this.#domain = domain;
    this.#closed = closed;
    this.#scram = new Scram(NAME, token);
    this.#transport = new Socket(url, domain, {
      up: () => {},
      commit: () => {},
      quiet: () => this.#ask('get', el('ping', NS.PING)).catch(() => {}),
      element: (element) => this.#element(element).catch((error) => this.#fail(error.message)),
      closed: ({ condition }) => this.#fail(condition),
    });
  }

  /** Logs in; the address that the session got. */
  open() {
    return new Promise((resolve, reject) => {
      this.#opened = { resolve, reject };
      this.#transport.open();
    });
  }

  close() {
    this.#closed = () => {};
    this.#transport.close();
  }

  get(payload) {
    return this.#ask('get', payload);
  }

  /** Sends a request to the domain; the payload of its result. */
  set(payload) {
    return this.#ask('set', payload);
  }

  #ask(type, payload) {
    const id = `admin-${++this.#last}`;
    const to = this.#jid ? this.#domain : null;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id)?.reject(new Error('no answer')), PATIENCE_MS);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#transport.send(el('iq', NS.CLIENT, { type, id, to }, payload));
    });
  }

  #settle(id) {
    const waiting = this.#waiting.get(id);
    if (waiting) clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    return waiting;
  }

  async #element(element) {
    if (is(element, 'features', NS.STREAM)) {
      await this.#features(element);
    } else if (is(element, 'challenge', NS.SASL)) {
      const response = await this.#scram.final(decode(element.textContent));
      this.#transport.send(el('response', NS.SASL, {}, encode(response)));
    } else if (is(element, 'success', NS.SASL)) {
      if (!this.#scram.verify(decode(element.textContent))) throw new Error('impostor');
      this.#transport.restart();
    } else if (is(element, 'failure', NS.SASL)) {
      throw new Error(element.firstElementChild?.localName ?? 'not-authorized');
    } else if (is(element, 'iq', NS.CLIENT)) {
      this.#iq(element);
    }
  }

  async #features(features) {
    const mechanisms = children(child(features, 'mechanisms', NS.SASL), 'mechanism', NS.SASL);
    if (child(features, 'bind', NS.BIND)) {
      const resource = `page-${crypto.randomUUID().slice(0, 8)}`;
      const bind = el('bind', NS.BIND, {}, el('resource', NS.BIND, {}, resource));
      const result = await this.#ask('set', bind);
      this.#jid = child(result, 'jid', NS.BIND)?.textContent ?? '';
      this.#opened.resolve(this.#jid);
    } else if (mechanisms.some((m) => m.textContent.trim() === 'SCRAM-SHA-256')) {
      const first = encode(this.#scram.first());
      this.#transport.send(el('auth', NS.SASL, { mechanism: 'SCRAM-SHA-256' }, first));
    } else {
      throw new Error('no-account');
    }
  }

  #iq(iq) {
    const type = iq.getAttribute('type');
    if (type === 'get' || type === 'set') {
      this.#transport.send(answer(iq));
      return;
    }
    const from = iq.getAttribute('from');
    const trusted = !from || from === this.#domain || from === this.#jid;
    const waiting = trusted && this.#settle(iq.getAttribute('id'));
    if (!waiting) return;
    if (type === 'result') {
      waiting.resolve(iq.firstElementChild);
    } else {
      const { condition, text } = stanzaError(iq);
      waiting.reject(new Error(text || condition));
    }
  }

  #fail(condition) {
    this.#transport.close();
    for (const id of [...this.#waiting.keys()]) this.#settle(id).reject(new Error(condition));
    if (this.#jid === null) this.#opened.reject(new Error(condition));
    else this.#closed(condition);
  }
}
