// From the first stream features to a bound user: SASL ANONYMOUS (RFC 4505), or OAUTHBEARER (RFC 7628) with a token; a new
// stream, resource binding, and the session that old servers still ask for.

import { NS, child, children, el, is, stanzaError } from './xml.js';

/** Between the parts of a message of OAUTHBEARER. */
const SEPARATOR = '\u0001';

export class Login {
  #transport;
  #token;
  #handlers;
  #waiting = null;
  #wantsSession = false;

  /** `token`: of a person who is signed in, else null. `handlers`: `done(jid)`, `refused(condition, text)`. */
  constructor(transport, token, handlers) {
    this.#transport = transport;
    this.#token = token;
    this.#handlers = handlers;
  }

  /** An element that arrived before the login is done. */
  handle(element) {
    if (is(element, 'features', NS.STREAM)) {
      this.#features(element);
    } else if (is(element, 'challenge', NS.SASL)) {
      // To a token it is the error in other words: the failure follows when it was heard (RFC 7628 3.2.3).
      this.#transport.send(el('response', NS.SASL, {}, this.#token ? btoa(SEPARATOR) : null));
    } else if (is(element, 'success', NS.SASL)) {
      this.#transport.restart();
    } else if (is(element, 'failure', NS.SASL)) {
      const conditions = [...element.children].filter((e) => e.localName !== 'text');
      this.#handlers.refused(conditions[0]?.localName ?? 'not-authorized', child(element, 'text', NS.SASL)?.textContent);
    } else if (element.localName === 'iq' && element.getAttribute('id') === this.#waiting) {
      this.#answer(element);
    }
  }

  #features(features) {
    const mechanisms = children(child(features, 'mechanisms', NS.SASL), 'mechanism', NS.SASL);
    if (child(features, 'bind', NS.BIND)) {
      const session = child(features, 'session', NS.SESSION);
      this.#wantsSession = session !== null && !child(session, 'optional', NS.SESSION);
      this.#ask('bind', el('bind', NS.BIND));
    } else if (mechanisms.some((mechanism) => mechanism.textContent.trim() === this.#mechanism)) {
      this.#transport.send(el('auth', NS.SASL, { mechanism: this.#mechanism }, this.#initial()));
    } else if (mechanisms.length > 0) {
      this.#handlers.refused('invalid-mechanism');
    }
  }

  get #mechanism() {
    return this.#token ? 'OAUTHBEARER' : 'ANONYMOUS';
  }

  /** The token says whose it is; a guest has nothing to say. */
  #initial() {
    if (!this.#token) return null;
    return btoa(['n,,', `auth=Bearer ${this.#token}`, '', ''].join(SEPARATOR));
  }

  #ask(id, payload) {
    this.#waiting = id;
    this.#transport.send(el('iq', NS.CLIENT, { type: 'set', id }, payload));
  }

  #answer(iq) {
    if (iq.getAttribute('type') !== 'result') {
      const { condition, text } = stanzaError(iq);
      this.#handlers.refused(condition, text);
      return;
    }
    const bound = child(iq, 'bind', NS.BIND);
    if (bound) this.jid = child(bound, 'jid', NS.BIND)?.textContent ?? '';
    if (bound && this.#wantsSession) {
      this.#ask('session', el('session', NS.SESSION));
    } else {
      this.#waiting = null;
      this.#handlers.done(this.jid);
    }
  }
}
