// What a presence of a room says (XEP-0045 section 7 to 10), and what it means for those inside.

import { occupantId } from './conversation.js';
import { phrase } from './i18n.js';
import { NS, child, children } from './xml.js';

/** The parts of an occupant's presence. `codes` are those of MUC section 22. */
export function readPresence(stanza) {
  const x = child(stanza, 'x', NS.MUC_USER);
  const item = child(x, 'item', NS.MUC_USER);
  const destroy = child(x, 'destroy', NS.MUC_USER);
  return {
    codes: statusCodes(stanza),
    role: item?.getAttribute('role') ?? 'none',
    affiliation: item?.getAttribute('affiliation') ?? 'none',
    /** The real address, for those who may see it. */
    jid: item?.getAttribute('jid') ?? '',
    newNick: item?.getAttribute('nick') ?? null,
    by: child(item, 'actor', NS.MUC_USER)?.getAttribute('nick') ?? '',
    reason: child(destroy ?? item, 'reason', NS.MUC_USER)?.textContent ?? '',
    destroyed: destroy && { jid: destroy.getAttribute('jid') ?? '' },
    id: occupantId(stanza),
    show: child(stanza, 'show', NS.CLIENT)?.textContent ?? '',
    status: child(stanza, 'status', NS.CLIENT)?.textContent ?? '',
  };
}

/** The status codes in a stanza of the room. */
export const statusCodes = (stanza) =>
  new Set(children(child(stanza, 'x', NS.MUC_USER), 'status', NS.MUC_USER).map((status) => status.getAttribute('code')));

/** Why somebody else is gone: an event's name, the reason given and who did it. */
export function departure({ codes, reason, by, status }) {
  if (codes.has('301')) return { what: 'banned', text: reason, by };
  if (codes.has('333')) return { what: 'left', text: phrase('event.lost') };
  if (codes.has('307')) return { what: 'kicked', text: reason, by };
  if (codes.has('321') || codes.has('322')) return { what: 'removed', text: reason, by };
  return { what: 'left', text: status };
}

/** What changed in somebody's standing, as names of events; the affiliation says more than the role that follows. */
export function standingChanges(before, after) {
  if (before.affiliation !== after.affiliation) {
    return [after.affiliation === 'none' ? 'unaffiliated' : after.affiliation];
  }
  if (before.role === after.role) return [];
  if (after.role === 'moderator') return ['moderator'];
  if (after.role === 'visitor') return ['muted'];
  return [before.role === 'moderator' ? 'unmoderator' : 'voice'];
}
