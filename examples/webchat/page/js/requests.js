// What one asks of the room by IQ: its description, its settings, and changes of others' standing
// (XEP-0045 section 8 to 10, XEP-0425).

import { writeModeration } from './annotations.js';
import { readForm, writeForm } from './dataform.js';
import { NS, child, children, el, stanzaError } from './xml.js';

export class Requests {
  #client;
  #room;

  constructor(client, room) {
    this.#client = client;
    this.#room = room;
  }

  /** What the room says about itself, or null. */
  async info() {
    const { answer } = await this.#ask('get', el('query', NS.DISCO_INFO));
    const query = child(answer, 'query', NS.DISCO_INFO);
    if (!query) return null;
    const fields = children(query, 'x', NS.FORMS).flatMap((x) => readForm(x).fields);
    return {
      features: new Set(children(query, 'feature', NS.DISCO_INFO).map((feature) => feature.getAttribute('var'))),
      openSubject: fields.some(({ name, values }) => name === 'muc#roominfo_subjectmod' && /^(1|true)$/u.test(values[0])),
    };
  }

  // Each of these gives `{ error }`: null, or `{ condition, text }` of a refusal.

  setRole(nick, role, reason) {
    return this.#administrate({ nick, role }, reason);
  }

  setAffiliation(jid, affiliation, reason) {
    const slash = jid.indexOf('/');
    return this.#administrate({ jid: slash < 0 ? jid : jid.slice(0, slash), affiliation }, reason);
  }

  /** Those with an affiliation: `{ list: [{ jid, nick, reason }], error }`. */
  async withAffiliation(affiliation) {
    const { answer, error } = await this.#ask('get', el('query', NS.MUC_ADMIN, {}, el('item', NS.MUC_ADMIN, { affiliation })));
    const list = children(child(answer, 'query', NS.MUC_ADMIN), 'item', NS.MUC_ADMIN).map((item) => ({
      jid: item.getAttribute('jid') ?? '',
      nick: item.getAttribute('nick') ?? '',
      reason: child(item, 'reason', NS.MUC_ADMIN)?.textContent ?? '',
    }));
    return { list, error };
  }

  /** Removes somebody's message for everybody. */
  moderate(stanzaId, reason) {
    return this.#ask('set', writeModeration(stanzaId, reason, this.#room.features));
  }

  /** A new room is locked until its owner accepts the defaults (XEP-0045 10.1.2). */
  acceptDefaults() {
    return this.#owner('set', el('x', NS.FORMS, { type: 'submit' }));
  }

  /** `{ form, error }`: the owner's form (dataform.js). */
  async settings() {
    const { answer, error } = await this.#owner('get');
    const x = child(child(answer, 'query', NS.MUC_OWNER), 'x', NS.FORMS);
    return { form: x && readForm(x), error };
  }

  saveSettings(form) {
    return this.#owner('set', writeForm(form));
  }

  destroy(reason) {
    const why = reason ? el('reason', NS.MUC_OWNER, {}, reason) : null;
    return this.#owner('set', el('destroy', NS.MUC_OWNER, {}, why));
  }

  #administrate(item, reason) {
    const why = reason ? el('reason', NS.MUC_ADMIN, {}, reason) : null;
    return this.#ask('set', el('query', NS.MUC_ADMIN, {}, el('item', NS.MUC_ADMIN, item, why)));
  }

  #owner(type, content = null) {
    return this.#ask(type, el('query', NS.MUC_OWNER, {}, content));
  }

  async #ask(type, payload) {
    const answer = await this.#client.ask(type, this.#room.jid, payload);
    const failed = !answer || answer.getAttribute('type') === 'error';
    const error = answer ? stanzaError(answer) : { condition: 'remote-server-timeout', text: '' };
    return { answer, error: failed ? error : null };
  }
}
