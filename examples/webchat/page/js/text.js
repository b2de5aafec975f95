// What a text looks like: links, actions, mentions, and the colour of a name. Texts of others
// become text nodes and links that this file makes; they are never parsed as HTML.

/** Addresses of the web, of XMPP and of mail; nothing that a browser would run. */
const LINK = /(?:https?:\/\/|xmpp:|mailto:)[^\s<>"`]+/giu;
const PROTOCOLS = new Set(['http:', 'https:', 'xmpp:', 'mailto:']);

/** `/me waves` is an action of its author (XEP-0245). */
export const isAction = (text) => text.startsWith('/me ');

/** The text as nodes, with addresses made clickable. */
export function textNodes(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    // `foo.mailto:bar` is no address.
    if (/[\p{L}\p{N}]$/u.test(text.slice(0, match.index))) continue;
    const address = withoutTail(match[0]);
    const link = linkTo(address);
    if (!link) continue;
    nodes.push(document.createTextNode(text.slice(end, match.index)), link);
    end = match.index + address.length;
  }
  nodes.push(document.createTextNode(text.slice(end)));
  return nodes;
}

/** Whether `text` names `nick` as a word of its own. */
export function mentions(text, nick) {
  if (!nick) return false;
  const hay = text.toLocaleLowerCase();
  const needle = nick.toLocaleLowerCase();
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) {
    const around = [hay.slice(0, at).match(/.$/su), hay.slice(at + needle.length).match(/^./su)];
    if (around.every((beside) => !beside || !/[\p{L}\p{N}_]/u.test(beside[0]))) return true;
  }
  return false;
}

/** An element that shows a name, in the name's colour. */
export function named(tag, className, nick) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = nick;
  paint(element, nick);
  return element;
}

/** Gives a name its colour, the same on every screen (FNV-1a over UTF-16 units, as a hue). */
export function paint(element, nick) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < nick.length; i += 1) {
    hash = Math.imul(hash ^ nick.charCodeAt(i), 0x01000193);
  }
  element.classList.add('named');
  element.style.setProperty('--hue', (hash >>> 8) % 360);
}

/** Punctuation behind an address is the sentence's, a bracket too unless it was opened inside. */
function withoutTail(address) {
  const plain = address.replace(/[.,;:!?'*_\]}]+$/u, '');
  const opened = plain.split('(').length;
  return plain.endsWith(')') && plain.split(')').length > opened ? withoutTail(plain.slice(0, -1)) : plain;
}

function linkTo(address) {
  if (!URL.canParse(address)) return null;
  const { protocol, host, pathname } = new URL(address);
  if (!PROTOCOLS.has(protocol) || (host === '' && pathname === '')) return null;
  const link = document.createElement('a');
  link.href = address;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  link.textContent = address;
  return link;
}
