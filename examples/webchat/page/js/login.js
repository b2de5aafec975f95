// From the first stream features to a bound anonymous user: SASL ANONYMOUS (RFC 4505), a new
// stream, resource binding, and the session that old servers still ask for.

import { NS, child, children, el, is, stanzaError } from './xml.js';

export class Login {
  #transport;
  #handlers;
  #waiting = null;
  #wantsSession = false;

  /** `handlers`: `done(jid)`, `refused(condition, text)`. */
  constructor(transport, handlers) {
    this.#transport = transport;
    this.#handlers = handlers;
  }

  /** An element that arrived before the login is done. */
  handle(element) {
    if (is(element, 'features', NS.STREAM)) {
      this.#features(element);
    } else if (is(element, 'challenge', NS.SASL)) {
      this.#transport.send(el('response', NS.SASL));
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
    } else if (mechanisms.some((mechanism) => mechanism.textContent.trim() === 'ANONYMOUS')) {
      this.#transport.send(el('auth', NS.SASL, { mechanism: 'ANONYMOUS' }));
    } else if (mechanisms.length > 0) {
      this.#handlers.refused('invalid-mechanism');
    }
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
