// XEP-0313, the reader: pages of a room's archive, and what of them was missed.

import { NS, child, el, randomId, stanzaError } from './xml.js';

const PAGE = 50;
/** Pages read after an absence; what is older than that is left out, and the person is told. */
const MISSED_PAGES = 10;
/** Read again before the time of the last known message, should the archive not know its id any more. */
const OVERLAP_MS = 60_000;

export class Archive {
  #client;
  #jid;
  #open = new Map();

  constructor(client, jid) {
    this.#client = client;
    this.#jid = jid;
  }

  /** Takes a result of an open query; whether it was one (MUC MA10: the caller has seen that the room sent it). */
  take(stanza) {
    const result = child(stanza, 'result', NS.MAM);
    if (!result) return false;
    const forwarded = child(result, 'forwarded', NS.FORWARD);
    const message = child(forwarded, 'message', NS.CLIENT);
    const time = Date.parse(child(forwarded, 'delay', NS.DELAY)?.getAttribute('stamp') ?? '');
    const id = result.getAttribute('id');
    if (message && id) this.#open.get(result.getAttribute('queryid'))?.push({ id, time, message });
    return true;
  }

  /**
   * A page: behind the id `after`, before the id `before` (`''` for the latest page), or from the time `start`. Gives
   * `{ messages: [{ id, time, message }], complete, last }`, oldest first, or `{ error }`: the condition, or
   * 'no-answer'.
   */
  async page({ after = null, before = null, start = null }) {
    const queryid = randomId();
    const messages = [];
    this.#open.set(queryid, messages);
    const set = el('set', NS.RSM, {}, el('max', NS.RSM, {}, PAGE));
    if (after !== null) set.append(el('after', NS.RSM, {}, after));
    if (before !== null) set.append(el('before', NS.RSM, {}, before));
    const form = start === null ? null : filter({ start: new Date(start).toISOString() });
    const answer = await this.#client.ask('set', this.#jid, el('query', NS.MAM, { queryid }, form, set));
    this.#open.delete(queryid);
    if (!answer) return { error: 'no-answer' };
    if (answer.getAttribute('type') !== 'result') return { error: stanzaError(answer).condition };
    const fin = child(answer, 'fin', NS.MAM);
    const complete = fin?.getAttribute('complete') === 'true' || messages.length === 0;
    const last = child(child(fin, 'set', NS.RSM), 'last', NS.RSM)?.textContent ?? messages.at(-1)?.id ?? null;
    return { messages, complete, last };
  }

  /**
   * What was said since the message `lastId`, which stood at `lastTime`; without one the latest page. Gives
   * `{ messages, gap }`, where `gap` says that something in between may be missing, or `{ error }` (MUC MA9).
   */
  async missed(lastId, lastTime) {
    if (lastId === null) return { gap: false, ...(await this.page({ before: '' })) };
    let from = { after: lastId };
    let gap = false;
    const messages = [];
    for (let pages = 0; pages < MISSED_PAGES; pages += 1) {
      const page = await this.page(from);
      if (page.error === 'item-not-found' && !gap) {
        // It has expired, or is of an earlier room of that name.
        gap = true;
        from = { start: lastTime - OVERLAP_MS };
        continue;
      }
      if (page.error) return page;
      messages.push(...page.messages);
      if (page.complete) return { messages, gap };
      from = { after: page.last };
    }
    const latest = await this.page({ before: '' });
    if (latest.error) return latest;
    const known = new Set(messages.map(({ id }) => id));
    const overlaps = latest.messages.some(({ id }) => known.has(id));
    messages.push(...latest.messages.filter(({ id }) => !known.has(id)));
    return { messages, gap: gap || !overlaps };
  }
}

function filter(values) {
  const field = (name, value, type) =>
    el('field', NS.FORMS, { var: name, type }, el('value', NS.FORMS, {}, value));
  const fields = Object.entries(values).map(([name, value]) => field(name, value));
  return el('x', NS.FORMS, { type: 'submit' }, field('FORM_TYPE', NS.MAM, 'hidden'), ...fields);
}
