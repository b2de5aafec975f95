// Asking for voice, and giving it (XEP-0045 7.13 and 8.6): a form that goes through the room.

import { readForm, writeForm } from './dataform.js';
import { NS, child, el, randomId } from './xml.js';

const REQUEST = 'http://jabber.org/protocol/muc#request';
const ALLOW = 'muc#request_allow';

/** A visitor asks the moderators. */
export const voiceRequest = (room) => message(room, { FORM_TYPE: [REQUEST], 'muc#role': ['participant'] });

/** A moderator's answer to an entry that `readVoiceRequest` gave. */
export const voiceAnswer = (room, { nick, jid }, allow) =>
  message(room, {
    FORM_TYPE: [REQUEST],
    'muc#role': ['participant'],
    'muc#jid': [jid],
    'muc#roomnick': [nick],
    [ALLOW]: [allow ? '1' : '0'],
  });

/** Who asks, if a message from the room itself is such a form (MUC VO4): `{ nick, jid }` or null. */
export function readVoiceRequest(stanza) {
  const x = child(stanza, 'x', NS.FORMS);
  if (x?.getAttribute('type') !== 'form') return null;
  const { fields } = readForm(x);
  const value = (name) => fields.find((field) => field.name === name)?.values[0] ?? '';
  if (value('FORM_TYPE') !== REQUEST || !fields.some(({ name }) => name === ALLOW)) return null;
  const [nick, jid] = [value('muc#roomnick'), value('muc#jid')];
  return nick && jid ? { nick, jid } : null;
}

function message(room, values) {
  const fields = Object.entries(values).map(([name, all]) => ({ name, type: 'hidden', values: all }));
  return el('message', NS.CLIENT, { to: room, id: randomId() }, writeForm({ fields }));
}
