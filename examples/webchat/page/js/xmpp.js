// A client that stays connected: it logs in, tracks its requests (IQ), answers those of others, and
// comes back after a loss.
//
//   connecting ──► online ◄──► offline (the session lives, its requests are repeated)
//       ▲             │
//       └── offline ◄─┘ (the session is over: a new login after a pause)      failed, closed: the end

import { answer } from './answers.js';
import { Login } from './login.js';
import { NS, el, randomId } from './xml.js';

const LOGIN_MS = 30_000;
const IQ_MS = 30_000;
const PAUSE_MS = [0, 1000, 2000, 4000, 8000, 15_000, 30_000];
/** Conditions that another attempt would only meet again. */
const FINAL = new Set(['host-unknown', 'host-gone', 'improper-addressing', 'policy-violation']);

export class Client {
  #makeTransport;
  #domain;
  #account;
  #handlers;
  #transport = null;
  #login = null;
  #requests = new Map();
  #attempts = 0;
  #timer = null;
  state = 'closed';
  jid = null;
  /** Counts logins, so that a stanza is known to belong to an earlier one. */
  epoch = 0;

  /**
   * `account`: who the person is, see signon.js. `handlers`: `state(state, { condition, text })`, `online({ resumed })`, `offline({ over })`,
   * `stanza(element)`, `commit()`.
   */
  constructor(makeTransport, domain, account, handlers) {
    this.#makeTransport = makeTransport;
    this.#domain = domain;
    this.#account = account;
    this.#handlers = handlers;
  }

  connect() {
    this.#clear();
    this.epoch += 1;
    this.jid = null;
    if (this.#account.signedOn && !this.#account.token) {
      // Whoever was somebody does not come back as anybody.
      this.#become('failed', { condition: 'over' });
      return;
    }
    this.#become('connecting');
    const transport = this.#start();
    this.#login = new Login(transport, this.#account.token, {
      done: (jid) => this.#online(jid),
      refused: (condition, text) => this.#refused(condition, text),
    });
    this.#timer = setTimeout(() => this.#over(transport, 'timeout'), LOGIN_MS);
    transport.open();
  }

  /** Goes on with what `save` gave before a reload. */
  resume(saved) {
    this.epoch = saved.epoch;
    this.jid = saved.jid;
    this.#become('connecting');
    this.#start().resume(saved.transport);
  }

  /** What `resume` needs, or null where a session cannot be resumed. */
  save() {
    const transport = this.jid && this.#transport?.save();
    return transport ? { epoch: this.epoch, jid: this.jid, transport } : null;
  }

  disconnect() {
    this.#clear();
    this.#transport?.close();
    this.#transport = null;
    this.#become('closed');
  }

  suspend() {
    clearTimeout(this.#timer);
    this.#transport?.suspend();
  }

  wake() {
    if (this.#transport) this.#transport.wake();
    else if (this.state === 'offline') this.connect();
  }

  /** The browser says that the network is back. */
  nudge() {
    if (this.#transport) this.#transport.nudge();
    else if (this.state === 'offline') this.connect();
  }

  send(stanza) {
    this.#transport?.send(stanza);
  }

  /** Sends a request; `done(answer)` gets the result or error stanza, or null when none came. */
  request(type, to, payload, done) {
    const id = randomId();
    const timer = setTimeout(() => this.#settle(id, null), IQ_MS);
    this.#requests.set(id, { to, done, timer });
    this.send(el('iq', NS.CLIENT, { type, to, id }, payload));
  }

  /** The same as a promise of the answer, or of null. */
  ask(type, to, payload) {
    return new Promise((resolve) => {
      this.request(type, to, payload, resolve);
    });
  }

  #start() {
    const transport = this.#makeTransport({
      element: (element) => this.#received(transport, element),
      up: () => this.#up(transport),
      down: () => this.#down(transport),
      quiet: () => this.#quiet(),
      commit: () => transport === this.#transport && this.#handlers.commit(),
      closed: ({ condition }) => this.#over(transport, condition),
    });
    this.#transport = transport;
    return transport;
  }

  #received(transport, element) {
    if (transport !== this.#transport) return;
    try {
      if (this.#login) this.#login.handle(element);
      else if (element.localName === 'iq') this.#iq(element);
      else this.#handlers.stanza(element);
    } catch (error) {
      console.error('a stanza could not be handled', error); // one bad stanza is not the end
    }
  }

  #iq(iq) {
    const type = iq.getAttribute('type');
    if (type === 'get' || type === 'set') {
      this.send(answer(iq));
      return;
    }
    const request = this.#requests.get(iq.getAttribute('id'));
    // Only who was asked can answer; the server may leave out its own or our own address.
    const from = iq.getAttribute('from');
    if (request && (from === request.to || (!from && !request.to) || (from === this.#domain && !request.to))) {
      this.#settle(iq.getAttribute('id'), iq);
    }
  }

  #settle(id, iq) {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    clearTimeout(request?.timer);
    request?.done?.(iq);
  }

  #quiet() {
    if (!this.#login) this.request('get', this.#domain, el('ping', NS.PING));
  }

  #online(jid) {
    this.#login = null;
    this.jid = jid;
    this.#attempts = 0;
    clearTimeout(this.#timer);
    this.#become('online');
    this.#handlers.online({ resumed: false });
  }

  #up(transport) {
    if (transport !== this.#transport || this.#login || this.state === 'online') return;
    this.#become('online');
    this.#handlers.online({ resumed: true });
  }

  #down(transport) {
    if (transport !== this.#transport || this.#login) return;
    this.#become('offline');
    this.#handlers.offline({ over: false });
  }

  #refused(condition, text) {
    if (condition === 'temporary-auth-failure' || condition === 'resource-constraint') {
      this.#over(this.#transport, condition);
      return;
    }
    this.disconnect();
    this.#become('failed', { condition, text });
  }

  #over(transport, condition) {
    if (transport !== this.#transport || !transport) return;
    const wasOnline = !this.#login;
    this.#clear();
    this.#transport = null;
    this.jid = null;
    if (FINAL.has(condition)) {
      this.#become('failed', { condition });
      return;
    }
    this.#become('offline', { condition });
    if (wasOnline) this.#handlers.offline({ over: true });
    const pause = PAUSE_MS[Math.min(this.#attempts, PAUSE_MS.length - 1)];
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.connect(), pause * (0.75 + Math.random() / 2));
    this.#handlers.commit();
  }

  #clear() {
    clearTimeout(this.#timer);
    this.#login = null;
    for (const id of [...this.#requests.keys()]) this.#settle(id, null);
  }

  #become(state, detail = {}) {
    this.state = state;
    this.#handlers.state(state, detail);
  }
}
