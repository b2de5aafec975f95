// What a message says about another: replies (XEP-0461), corrections (XEP-0308), reactions (XEP-0444),
// retractions (XEP-0424) and moderation (XEP-0425), read from stanzas and written for them.

import { NS, child, children, el } from './xml.js';

/** What stands for emoji, and nothing longer: others' clients may send anything. */
const EMOJI = /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic}\ufe0f?)$/v;
const MAX_REACTIONS = 20;
const MAX_ID = 200;

/**
 * What a groupchat message is: `{ what: 'message', text, reply, replaces, file }`, `{ what: 'reactions', id, emoji }`,
 * `{ what: 'retraction', id, by, reason }` or null. `fromRoom`: it comes from the room itself.
 */
export function read(stanza, fromRoom) {
  const moderation = readModeration(stanza);
  if (moderation) return fromRoom ? moderation : null; // MUC MO4
  const body = child(stanza, 'body', NS.CLIENT)?.textContent ?? '';
  const tombstone = child(stanza, 'retracted', NS.RETRACT);
  if (tombstone) return { what: 'message', text: '', reply: null, replaces: null, retracted: readTombstone(tombstone) };
  const retract = child(stanza, 'retract', NS.RETRACT);
  if (retract) return known({ what: 'retraction', id: retract.getAttribute('id'), by: null, reason: '' });
  const reactions = child(stanza, 'reactions', NS.REACTIONS);
  if (reactions) return known({ what: 'reactions', id: reactions.getAttribute('id'), emoji: readEmoji(reactions) });
  if (!body) return null;
  const reply = readReply(stanza);
  return {
    what: 'message',
    text: reply ? withoutFallback(stanza, body) : body,
    reply,
    replaces: child(stanza, 'replace', NS.CORRECT)?.getAttribute('id') ?? null,
    file: child(child(stanza, 'x', NS.OOB), 'url', NS.OOB)?.textContent === body ? body : null,
  };
}

// ---- writing

/** The children of a message that replies: body with a quotation for old clients, and what marks it as one. */
export function writeReply({ to, id, nick, text = '' }, answer) {
  const quoted = `> ${nick}:\n${text.replace(/^/gmu, '> ')}\n`;
  const range = { start: 0, end: [...quoted].length };
  return [
    el('body', NS.CLIENT, {}, quoted + answer),
    el('reply', NS.REPLY, { to, id }),
    el('fallback', NS.FALLBACK, { for: NS.REPLY }, el('body', NS.FALLBACK, range)),
  ];
}

export const writeReactions = (id, emoji) => [
  el('reactions', NS.REACTIONS, { id }, ...emoji.map((one) => el('reaction', NS.REACTIONS, {}, one))),
  el('store', NS.HINTS),
];

/** `note` is for clients that know no retractions. */
export const writeRetraction = (id, note) => [
  el('retract', NS.RETRACT, { id }),
  el('fallback', NS.FALLBACK, { for: NS.RETRACT }),
  el('body', NS.CLIENT, {}, note),
  el('store', NS.HINTS),
];

/** The request of a moderator, in the version that the room speaks. */
export function writeModeration(id, reason, features) {
  const why = (namespace) => (reason ? el('reason', namespace, {}, reason) : null);
  if (features.has(NS.MODERATE) || !features.has(NS.MODERATE_0)) {
    return el('moderate', NS.MODERATE, { id }, el('retract', NS.RETRACT), why(NS.MODERATE));
  }
  const moderate = el('moderate', NS.MODERATE_0, {}, el('retract', NS.RETRACT_0), why(NS.MODERATE_0));
  return el('apply-to', NS.FASTEN, { id }, moderate);
}

// ---- reading

/** Both versions of a moderator's removal: `by` is the moderator's nick. */
function readModeration(stanza) {
  const retract = child(stanza, 'retract', NS.RETRACT);
  const moderated = child(retract, 'moderated', NS.MODERATE);
  if (moderated) {
    const reason = (child(retract, 'reason', NS.RETRACT) ?? child(moderated, 'reason', NS.MODERATE))?.textContent ?? '';
    return known({ what: 'retraction', moderated: true, id: retract.getAttribute('id'), by: nickOf(moderated), reason });
  }
  const applied = child(stanza, 'apply-to', NS.FASTEN);
  const old = child(applied, 'moderated', NS.MODERATE_0);
  if (!old || !child(old, 'retract', NS.RETRACT_0)) return null;
  const reason = child(old, 'reason', NS.MODERATE_0)?.textContent ?? '';
  return known({ what: 'retraction', moderated: true, id: applied.getAttribute('id'), by: nickOf(old), reason });
}

/** What stands in an archive where a message was. */
function readTombstone(retracted) {
  const moderated = child(retracted, 'moderated', NS.MODERATE);
  const reason = child(retracted, 'reason', NS.RETRACT)?.textContent ?? '';
  return { by: moderated ? nickOf(moderated) : null, moderated: Boolean(moderated), reason };
}

const nickOf = (moderated) => {
  const by = moderated.getAttribute('by') ?? '';
  return by.includes('/') ? by.slice(by.indexOf('/') + 1) : '';
};

function readReply(stanza) {
  const reply = child(stanza, 'reply', NS.REPLY);
  const id = reply?.getAttribute('id');
  if (!id || id.length > MAX_ID) return null;
  const to = reply.getAttribute('to') ?? '';
  return { id, to, nick: to.includes('/') ? to.slice(to.indexOf('/') + 1) : '' };
}

/** The text without the part that is there for clients which know no replies (XEP-0428). */
function withoutFallback(stanza, body) {
  const fallback = children(stanza, 'fallback', NS.FALLBACK).find((e) => e.getAttribute('for') === NS.REPLY);
  const range = child(fallback, 'body', NS.FALLBACK);
  const [start, end] = ['start', 'end'].map((name) => Number(range?.getAttribute(name) ?? NaN));
  const points = [...body];
  const valid = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end < points.length;
  return valid ? [...points.slice(0, start), ...points.slice(end)].join('') : body;
}

function readEmoji(reactions) {
  const all = children(reactions, 'reaction', NS.REACTIONS).map((e) => e.textContent.trim());
  return [...new Set(all.filter((one) => EMOJI.test(one)))].slice(0, MAX_REACTIONS);
}

const known = (annotation) => (annotation.id && annotation.id.length <= MAX_ID ? annotation : null);
