// Who may do what to whom in a room: the tables of MUC 9.3 and 9.4, as pure functions. The room decides;
// the page offers only what it will not refuse.

const RANKS = ['none', 'member', 'admin', 'owner'];

/** Affiliations in their order; an outcast counts as nobody. */
const rank = (affiliation) => Math.max(0, RANKS.indexOf(affiliation));

/**
 * Whether `actor` may give `target` the role `to` (MUC RC1 to RC7): both are `{ role, affiliation }`. What
 * changes nothing is not offered.
 */
export function mayChangeRole(actor, target, own, to) {
  if (actor.role !== 'moderator' || target.role === to) return false;
  if (own && to === 'none') return false; // RC7
  const [a, b] = [rank(actor.affiliation), rank(target.affiliation)];
  const privileged = a >= rank('admin');
  const isProtected = b >= rank('admin');
  if (to === 'none') {
    if (actor.affiliation === 'owner') return true;
    return target.role === 'moderator' ? privileged && a >= b : a >= b; // RC2, RC1
  }
  if (to === 'moderator') return privileged; // RC5
  if (target.role === 'moderator') return privileged && !isProtected; // RC6
  if (to === 'participant') return true; // RC3
  if (isProtected) return false; // RC4
  return privileged || a > b || a + b === 0;
}

/** Whether somebody with the affiliation `actor` may change one `from` another `to` a third (MUC RA1 to RA5, RS2). */
export function mayChangeAffiliation(actor, own, from, to) {
  if (from === to || rank(actor) < rank('admin')) return false;
  if (own && to === 'outcast') return false;
  return actor === 'owner' || (rank(to) < rank('admin') && rank(from) < rank('admin'));
}

/** What an occupant may do: [name, role or affiliation it gives], in the order of a menu. */
const ROLE_ACTIONS = {
  voice: { from: ['visitor'], to: 'participant' },
  mute: { from: ['participant'], to: 'visitor' },
  moderator: { from: ['visitor', 'participant'], to: 'moderator' },
  unmoderator: { from: ['moderator'], to: 'participant' },
  kick: { from: ['visitor', 'participant', 'moderator'], to: 'none' },
};
const AFFILIATION_ACTIONS = { owner: 'owner', admin: 'admin', member: 'member', unaffiliated: 'none', ban: 'outcast' };

/**
 * The names of what `actor` may do to `target`, both `{ nick, role, affiliation, jid }`: keys of the tables
 * above. Affiliations go by the real address, which the room has to show.
 */
export function permitted(actor, target) {
  if (!actor) return [];
  const own = actor.nick === target.nick;
  const roles = Object.entries(ROLE_ACTIONS)
    .filter(([, { from, to }]) => from.includes(target.role) && mayChangeRole(actor, target, own, to))
    .map(([name]) => name);
  const affiliations = Object.entries(AFFILIATION_ACTIONS)
    .filter(([, to]) => !own && target.jid && mayChangeAffiliation(actor.affiliation, own, target.affiliation, to))
    .map(([name]) => name);
  // An admin's or owner's role follows the affiliation: the room would give it back (MUC 9.3).
  return [...roles.filter((name) => !(own && name === 'unmoderator')), ...affiliations];
}

/** What an action of `permitted` gives: `{ role }` or `{ affiliation }`. */
export const given = (name) =>
  name in ROLE_ACTIONS ? { role: ROLE_ACTIONS[name].to } : { affiliation: AFFILIATION_ACTIONS[name] };

/** Whether one may remove somebody's message for all (MUC MO1). */
export const mayModerate = (self, features) =>
  self?.role === 'moderator' && [...features].some((feature) => feature.startsWith('urn:xmpp:message-moderate:'));

/** Whether one may speak to all (MUC RP6) and change the subject (RP7). */
export const maySpeak = (self, features) => self?.role !== 'visitor' || !features.has('muc_moderated');
export const mayChangeSubject = (self, openSubject) =>
  self?.role === 'moderator' || (openSubject && self?.role === 'participant');
