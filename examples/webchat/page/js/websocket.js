// RFC 7395, the client: XMPP over a WebSocket, one XML document a message. An anonymous session
// cannot be resumed, so a lost socket is the end of it; the room catches up after the next login.

import { NS, el, is, parse, serialize } from './xml.js';

/** Silence after which the server is asked for a sign of life. */
const QUIET_MS = 30_000;
const ANSWER_MS = 10_000;
const OPEN_MS = 15_000;

export class Socket {
  #url;
  #domain;
  #handlers;
  #socket = null;
  #timer = null;
  #ready = false;

  /** `handlers` as in `Bosh`, and `quiet()`: send something that the server must answer. */
  constructor(url, domain, handlers) {
    this.#url = url;
    this.#domain = domain;
    this.#handlers = handlers;
  }

  open() {
    const socket = new WebSocket(this.#url, 'xmpp');
    this.#socket = socket;
    socket.onopen = () => this.restart();
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = () => this.#end('unreachable');
    this.#timer = setTimeout(() => this.#end('timeout'), OPEN_MS);
  }

  save() {
    return null;
  }

  /** RFC 7395 3.7: a new stream on the same socket is a new `<open/>`. */
  restart() {
    const attributes = { to: this.#domain, version: '1.0', 'xml:lang': document.documentElement.lang || 'en' };
    this.#write(el('open', NS.FRAMING, attributes));
  }

  send(stanza) {
    this.#write(stanza);
  }

  close() {
    this.#write(el('close', NS.FRAMING));
    this.#release()?.close();
  }

  /** The page goes away: leaving properly frees the nick at once. */
  suspend() {
    this.close();
  }

  wake() {
    this.#handlers.closed({ condition: 'unreachable' });
  }

  nudge() {
    if (this.#ready) this.#ask();
  }

  #write(element) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(serialize(element));
  }

  #received(data) {
    const element = typeof data === 'string' ? parse(data) : null;
    if (!element) {
      this.#end('not-well-formed');
    } else if (is(element, 'open', NS.FRAMING)) {
      this.#ready = true;
      this.#handlers.up();
    } else if (is(element, 'close', NS.FRAMING)) {
      this.#write(el('close', NS.FRAMING));
      this.#end('closed');
    } else if (is(element, 'error', NS.STREAM)) {
      this.#end(element.firstElementChild?.localName ?? 'closed');
    } else {
      this.#handlers.element(element);
      this.#handlers.commit();
    }
    if (!this.#socket) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), QUIET_MS);
  }

  #ask() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end('timeout'), ANSWER_MS);
    this.#handlers.quiet();
  }

  #release() {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    this.#socket = null;
    if (socket) socket.onopen = socket.onmessage = socket.onclose = null;
    return socket;
  }

  #end(condition) {
    const socket = this.#release();
    if (!socket) return;
    socket.close();
    this.#handlers.closed({ condition });
  }
}
