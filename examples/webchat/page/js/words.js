// Conditions of the protocol, in words for people.

const ERRORS = {
  'bad-request': 'The server did not understand that.',
  conflict: 'That name is taken.',
  'feature-not-implemented': 'The server cannot do that.',
  forbidden: 'You are not allowed to do that here.',
  gone: 'This channel no longer exists.',
  'internal-server-error': 'The server has a problem. Please try again later.',
  'item-not-found': 'There is no such channel or person.',
  'jid-malformed': 'That name cannot be used here.',
  'not-acceptable': 'That is not accepted here.',
  'not-allowed': 'That is not allowed here.',
  'not-authorized': 'This channel asks for a password.',
  'policy-violation': 'That is too much, or against the rules here.',
  'registration-required': 'This channel is for members only.',
  'resource-constraint': 'That was too fast, or the server is full. Please wait a moment.',
  'service-unavailable': 'The channel is full, or not available.',
};

/** The words for a stanza error; what the server says itself comes first. */
export const errorWords = (condition, text) =>
  text || ERRORS[condition] || `The server refused that (${condition}).`;

/** Why one was removed, and whether to come back by oneself (MUC OC5, OC6). */
export function removalWords({ destroyed, codes, reason }) {
  const because = reason ? `: ${reason}` : '.';
  if (destroyed) return { words: `This channel was closed${because}`, back: false };
  if (codes.has('301')) return { words: `You were banned from this channel${because}`, back: false };
  if (codes.has('333')) return { words: 'The channel lost its connection to you.', back: true };
  if (codes.has('307')) return { words: `You were removed from this channel${because}`, back: false };
  if (codes.has('321')) return { words: `You may no longer be in this channel${because}`, back: false };
  if (codes.has('322')) return { words: 'This channel is now for members only.', back: false };
  if (codes.has('332')) return { words: 'The chat service is shutting down.', back: true };
  return { words: 'You are no longer in the channel.', back: true };
}

const CONNECTION = {
  'host-gone': 'This server no longer offers the chat.',
  'host-unknown': 'This server does not offer the chat that the page asks for.',
  'improper-addressing': 'The server did not accept the address that the page asks for.',
  'invalid-mechanism': 'This server does not admit guests.',
  'not-authorized': 'This server did not admit you.',
  'policy-violation': 'The server ended the connection because too much was sent.',
};

/** Why there is no connection and will be none by itself. */
export const connectionWords = (condition, text) =>
  text || CONNECTION[condition] || `The server refused the connection (${condition}).`;
