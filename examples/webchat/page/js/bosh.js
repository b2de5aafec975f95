// XEP-0124/0206, the client: XMPP over HTTP requests.
//
// Nothing is lost or doubled, not by a cut connection and not by a reload, because
//   - each request stays in `unanswered`, with its very bytes, until its answer was processed, and
//     is repeated with the same rid and bytes until then (BOSH 9.4, 9.8);
//   - answers are processed in the order of the rids, whatever order they arrive in (BOSH 4.8);
//   - `save()` gives all of that, and is stored in the task that processed an answer or sent a
//     request, together with what the page made of it.

import { NS, el, parse, serialize } from './xml.js';

const XML_TYPE = 'text/xml; charset=utf-8';
const WAIT_S = 60;
const HOLD = 1;
/** Beyond `wait`, for the way there and back. */
const GRACE_MS = 15_000;
/** A newer request releases an older one at once; if it does not, the connection is dead. */
const STALL_MS = 10_000;
const HURRY_MS = 120;
const RETRY_MS = [0, 500, 1000, 2000, 4000, 8000, 10_000];

export class Bosh {
  #url;
  #domain;
  #handlers;
  #session = null;
  #alive = false;
  #suspended = false;
  #failures = 0;
  #down = false;
  #retryTimer = null;
  #stallTimer = null;
  #hurryTimer = null;
  #pumpPlanned = false;
  #quickEmpty = 0;

  /**
   * `handlers`: `element(e)` for each element received, `up()` when an answer came after opening
   * or an interruption, `down()` when requests fail, `commit()` when `save()` has changed,
   * `closed({ condition })` when the session is over.
   */
  constructor(url, domain, handlers) {
    this.#url = url;
    this.#domain = domain;
    this.#handlers = handlers;
  }

  open() {
    this.#alive = true;
    this.#down = true;
    this.#session = { sid: null, rid: firstRid(), requests: 2, wait: WAIT_S, unanswered: [], queue: [] };
    this.#request({
      to: this.#domain,
      'xml:lang': document.documentElement.lang || 'en',
      content: XML_TYPE,
      ver: '1.6',
      wait: WAIT_S,
      hold: HOLD,
      'xmlns:xmpp': NS.XBOSH,
      'xmpp:version': '1.0',
    });
  }

  /** Goes on with a saved session: what had no answer is asked again, byte for byte. */
  resume(saved) {
    this.#alive = true;
    this.#down = true;
    this.#session = {
      ...saved,
      unanswered: saved.unanswered.map(({ rid, xml }) => ({ rid, xml })),
      queue: saved.queue.map((xml) => parse(xml)).filter(Boolean),
    };
    for (const request of this.#session.unanswered) this.#fly(request);
    this.#hurry();
    this.#planPump();
  }

  save() {
    if (!this.#alive || !this.#session?.sid) return null;
    const { unanswered, queue, ...rest } = this.#session;
    return {
      ...rest,
      unanswered: unanswered.map(({ rid, xml }) => ({ rid, xml })),
      queue: queue.map(serialize),
    };
  }

  /** XEP-0206 5: a new XMPP stream in the same session, after authentication. */
  restart() {
    this.#request({
      to: this.#domain,
      'xml:lang': document.documentElement.lang || 'en',
      'xmlns:xmpp': NS.XBOSH,
      'xmpp:restart': 'true',
    });
  }

  send(stanza) {
    if (!this.#alive) return;
    this.#session.queue.push(stanza);
    this.#planPump();
  }

  /** Says goodbye with what is still queued; one request above the window is allowed (BOSH 7.1). */
  close() {
    if (!this.#alive) return;
    if (this.#session.sid) {
      this.#request({ type: 'terminate' }, this.#session.queue.splice(0));
    }
    this.#stop();
  }

  /** The page goes away: nothing more is sent or retried, the session stays for `resume`. */
  suspend() {
    this.#suspended = true;
    this.#clearTimers();
  }

  /** The page came back from the browser's cache. */
  wake() {
    if (!this.#alive || !this.#suspended) return;
    this.#suspended = false;
    this.#interrupt();
  }

  /** The network seems to be back: whatever hangs is repeated now. */
  nudge() {
    if (!this.#alive || this.#suspended) return;
    this.#failures = 0;
    this.#interrupt();
  }

  #planPump() {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    queueMicrotask(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  /** Sends what is queued, or an empty request so that the server always has one to answer. */
  #pump() {
    if (!this.#alive || this.#suspended || !this.#session.sid) return;
    const { unanswered, queue, requests } = this.#session;
    if (queue.length > 0 && unanswered.length < requests) {
      this.#request({}, queue.splice(0));
    } else if (unanswered.length === 0) {
      this.#request({});
    }
    this.#handlers.commit();
  }

  #request(attributes, stanzas = []) {
    const session = this.#session;
    const body = el('body', NS.HTTPBIND, { rid: session.rid, sid: session.sid, ...attributes }, ...stanzas);
    const request = { rid: session.rid, xml: serialize(body), empty: stanzas.length === 0 };
    session.rid += 1;
    session.unanswered.push(request);
    this.#fly(request);
  }

  async #fly(request) {
    const flight = new AbortController();
    request.flight = flight;
    request.departed = Date.now();
    if (this.#session.unanswered.length > 1) {
      this.#stallTimer ??= setTimeout(() => this.#interrupt(), STALL_MS);
    }
    const overdue = setTimeout(() => flight.abort(), this.#session.wait * 1000 + GRACE_MS);
    let status = 0;
    let text = '';
    try {
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'Content-Type': XML_TYPE },
        body: request.xml,
        cache: 'no-store',
        signal: flight.signal,
      });
      text = await response.text();
      status = response.status;
    } catch {
      // Refused, cut, cut in the middle of the answer, or overdue: the same to us.
    }
    clearTimeout(overdue);
    if (!this.#alive || this.#suspended || request.flight !== flight) return;
    request.flight = null;
    this.#landed(request, status, text);
  }

  #landed(request, status, text) {
    const body = status === 200 ? parse(text) : null;
    if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
      this.#end(`http-${status}`);
    } else if (body?.localName !== 'body' || body.getAttribute('type') === 'error') {
      this.#lost(); // BOSH 9.9: recoverable, repeat it and those before it
    } else if (!this.#session.sid && !body.getAttribute('sid') && !body.hasAttribute('type')) {
      this.#lost();
    } else {
      request.answer = body;
      this.#arrived();
      this.#drain();
    }
  }

  #arrived() {
    this.#failures = 0;
    clearTimeout(this.#stallTimer);
    this.#stallTimer = null;
    if (this.#down) {
      this.#down = false;
      this.#handlers.up();
    }
  }

  /** Processes the answers that are next in order, then tells the page to save. */
  #drain() {
    const { unanswered } = this.#session;
    while (this.#alive && unanswered[0]?.answer) {
      const { answer, empty, departed } = unanswered.shift();
      const quick = empty && !answer.firstElementChild && Date.now() - departed < 50;
      this.#quickEmpty = quick ? this.#quickEmpty + 1 : 0;
      this.#process(answer);
    }
    if (!this.#alive) return;
    if (this.#quickEmpty > 4 && this.#session.queue.length === 0) {
      // A server that does not hold requests: poll it, do not hammer it.
      setTimeout(() => this.#pump(), 1000);
      this.#handlers.commit();
    } else {
      this.#pump();
    }
  }

  #process(body) {
    const session = this.#session;
    if (!session.sid && body.getAttribute('sid')) {
      session.sid = body.getAttribute('sid');
      session.requests = Math.max(2, Number(body.getAttribute('requests')) || 2);
      session.wait = Number(body.getAttribute('wait')) || WAIT_S;
    }
    let condition = body.getAttribute('condition');
    for (const element of [...body.children]) {
      if (element.namespaceURI === NS.STREAM && element.localName === 'error') {
        condition = element.firstElementChild?.localName ?? condition;
        continue;
      }
      this.#handlers.element(element);
      if (!this.#alive) return;
    }
    if (body.getAttribute('type') === 'terminate') this.#end(condition ?? 'closed');
  }

  #lost() {
    if (!this.#session.sid) {
      this.#end('unreachable'); // nothing to keep: the next attempt is a new session
      return;
    }
    if (!this.#down) {
      this.#down = true;
      this.#handlers.down();
    }
    if (this.#retryTimer !== null) return;
    const delay = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)];
    this.#failures += 1;
    this.#retryTimer = setTimeout(() => this.#retry(), delay * (0.75 + Math.random() / 2));
  }

  #retry() {
    this.#retryTimer = null;
    if (!this.#alive || this.#suspended) return;
    for (const request of this.#session.unanswered) {
      if (!request.flight && !request.answer) this.#fly(request);
    }
    this.#hurry();
    this.#handlers.commit();
  }

  /**
   * A request that is held again says nothing about the connection; one more releases it. It goes
   * a little later: some servers end the session if it overtakes the repeated one.
   */
  #hurry() {
    clearTimeout(this.#hurryTimer);
    this.#hurryTimer = setTimeout(() => {
      if (!this.#down || this.#suspended || this.#session.unanswered.length !== 1) return;
      this.#request({}, this.#session.queue.splice(0));
      this.#handlers.commit();
    }, HURRY_MS);
  }

  /** Gives up on all requests under way and repeats them. */
  #interrupt() {
    clearTimeout(this.#stallTimer);
    this.#stallTimer = null;
    for (const request of this.#session.unanswered) {
      const { flight } = request;
      request.flight = null;
      flight?.abort();
    }
    clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    this.#lost();
  }

  #end(condition) {
    this.#stop();
    for (const request of this.#session.unanswered) request.flight?.abort();
    this.#handlers.closed({ condition });
  }

  #stop() {
    this.#alive = false;
    this.#clearTimers();
  }

  #clearTimers() {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#stallTimer);
    clearTimeout(this.#hurryTimer);
    this.#retryTimer = null;
    this.#stallTimer = null;
  }
}

/** Unpredictable, and far enough from 2^53 never to reach it (BOSH 2.11). */
function firstRid() {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2));
  return (high % 2 ** 19) * 2 ** 32 + low + 1;
}
