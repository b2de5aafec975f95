// What a text looks like: links, actions, mentions, and the colour of a name. Texts of others
// become text nodes and links that this file makes; they are never parsed as HTML.

const LINK = /https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]}*_]/giu;
const HUES = 12;

/** `/me waves` is an action of its author (XEP-0245). */
export const isAction = (text) => text.startsWith('/me ');

/** The text as nodes, with links to the web made clickable. */
export function textNodes(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const link = linkTo(match[0]);
    if (!link) continue;
    nodes.push(document.createTextNode(text.slice(end, match.index)), link);
    end = match.index + match[0].length;
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

/** A name's colour, the same on every screen (FNV-1a over UTF-16 units). */
export function hue(nick) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < nick.length; i += 1) {
    hash = Math.imul(hash ^ nick.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 8) % HUES;
}

function linkTo(address) {
  if (!URL.canParse(address)) return null;
  const link = document.createElement('a');
  link.href = address;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  link.textContent = address;
  return link;
}
