// Conditions of the protocol as phrases for people (lang/, under `error.`, `removed.` and `connection.`).

import { clock, has, phrase } from './i18n.js';

/**
 * The phrase for a stanza error. `where` names what was tried: some conditions mean something else there. What the
 * server says itself is added: it may know more.
 */
export function errorWords(condition, text, where = '') {
  const keys = [`error.${where}.${condition}`, `error.${condition}`];
  const key = keys.find(has);
  const known = key ? phrase(key) : phrase('error.other', { condition });
  return text ? phrase('error.with-text', { words: known, text }) : known;
}

/** Why one was removed, and whether to come back by oneself (MUC OC5, OC6). */
export function removalWords({ destroyed, codes, reason, by }) {
  const removed = (key, back = false) => {
    const who = by && !destroyed && has(`${key}-by`) ? `${key}-by` : key;
    return { words: phrase(reason ? 'removed.why' : 'removed.plain', { words: phrase(who, { by }), reason }), back };
  };
  if (destroyed) return removed('removed.destroyed');
  if (codes.has('301')) return removed('removed.banned');
  if (codes.has('333')) return removed('removed.lost', true);
  if (codes.has('307')) return removed('removed.kicked');
  if (codes.has('321')) return removed('removed.affiliation');
  if (codes.has('322')) return removed('removed.members-only');
  if (codes.has('332')) return removed('removed.shutdown', true);
  return removed('removed.unexplained', true);
}

/** Why a file was not sent: an UploadError. */
export function uploadWords({ what, maxSize, until, condition, text }) {
  if (what === 'too-large') return maxSize ? phrase('upload.too-large', { n: Math.floor(maxSize / 1_000_000) || 1 }) : phrase('upload.too-large-any');
  if (what === 'later') return phrase('upload.later', { time: Number.isNaN(until) ? '' : clock(new Date(until)) });
  if (what === 'refused' && condition) return errorWords(condition, text);
  return phrase('upload.failed');
}

/** Why there is no connection and will be none by itself. */
export function connectionWords(condition, text) {
  const key = `connection.${condition}`;
  const known = has(key) ? phrase(key) : phrase('connection.other', { condition });
  return text ? phrase('error.with-text', { words: known, text }) : known;
}
