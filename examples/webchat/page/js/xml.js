// XML: elements are built and read through the DOM, never by joining strings, so that nothing a
// person typed can become markup.

export const NS = {
  BIND: 'urn:ietf:params:xml:ns:xmpp-bind',
  CLIENT: 'jabber:client',
  CORRECT: 'urn:xmpp:message-correct:0',
  DELAY: 'urn:xmpp:delay',
  DISCO_INFO: 'http://jabber.org/protocol/disco#info',
  DISCO_ITEMS: 'http://jabber.org/protocol/disco#items',
  FALLBACK: 'urn:xmpp:fallback:0',
  FASTEN: 'urn:xmpp:fasten:0',
  FORMS: 'jabber:x:data',
  FORWARD: 'urn:xmpp:forward:0',
  FRAMING: 'urn:ietf:params:xml:ns:xmpp-framing',
  HINTS: 'urn:xmpp:hints',
  HTTPBIND: 'http://jabber.org/protocol/httpbind',
  MAM: 'urn:xmpp:mam:2',
  MODERATE: 'urn:xmpp:message-moderate:1',
  MODERATE_0: 'urn:xmpp:message-moderate:0',
  MUC: 'http://jabber.org/protocol/muc',
  MUC_ADMIN: 'http://jabber.org/protocol/muc#admin',
  MUC_OWNER: 'http://jabber.org/protocol/muc#owner',
  MUC_USER: 'http://jabber.org/protocol/muc#user',
  OCCUPANT_ID: 'urn:xmpp:occupant-id:0',
  OOB: 'jabber:x:oob',
  ORIGIN_ID: 'urn:xmpp:sid:0',
  PING: 'urn:xmpp:ping',
  REACTIONS: 'urn:xmpp:reactions:0',
  REPLY: 'urn:xmpp:reply:0',
  RETRACT: 'urn:xmpp:message-retract:1',
  RETRACT_0: 'urn:xmpp:message-retract:0',
  RSM: 'http://jabber.org/protocol/rsm',
  SASL: 'urn:ietf:params:xml:ns:xmpp-sasl',
  SESSION: 'urn:ietf:params:xml:ns:xmpp-session',
  STANZAS: 'urn:ietf:params:xml:ns:xmpp-stanzas',
  STREAM: 'http://etherx.jabber.org/streams',
  STREAM_ERRORS: 'urn:ietf:params:xml:ns:xmpp-streams',
  UPLOAD: 'urn:xmpp:http:upload:0',
  VALIDATE: 'http://jabber.org/protocol/xdata-validate',
  VERSION: 'jabber:iq:version',
  XBOSH: 'urn:xmpp:xbosh',
};

const PREFIXES = {
  xml: 'http://www.w3.org/XML/1998/namespace',
  xmlns: 'http://www.w3.org/2000/xmlns/',
  xmpp: NS.XBOSH,
};

const factory = document.implementation.createDocument(null, null);
const serializer = new XMLSerializer();
const parser = new DOMParser();

/** An element with attributes (null ones are left out) and children: elements or text. */
export function el(name, namespace, attributes = {}, ...children) {
  const element = factory.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) continue;
    const prefix = key.includes(':') ? key.slice(0, key.indexOf(':')) : null;
    element.setAttributeNS(prefix && PREFIXES[prefix], key, allowed(String(value)));
  }
  for (const child of children) {
    if (child === null || child === undefined) continue;
    element.append(child instanceof Node ? child : allowed(String(child)));
  }
  return element;
}

export const serialize = (element) => serializer.serializeToString(element);

/** The root element of a document, or null where it is not well-formed. */
export function parse(text) {
  const root = rootOf(text);
  if (!root || root.ownerDocument.doctype) return null;
  if (!looksBroken(root)) return root;
  // Chromium reports an error by a first child that a peer could also have written: one level
  // deeper the two differ.
  return looksBroken(rootOf(`<x>${text}</x>`)) ? null : root;
}

/** Child elements by name and namespace. */
export const children = (element, name, namespace) =>
  [...(element?.children ?? [])].filter(
    (child) => child.localName === name && child.namespaceURI === namespace,
  );

export const child = (element, name, namespace) => children(element, name, namespace)[0] ?? null;

export const is = (element, name, namespace) =>
  element.localName === name && element.namespaceURI === namespace;

/** The condition, type and text of a stanza's `<error/>` (RFC 6120 8.3). */
export function stanzaError(stanza) {
  const error = child(stanza, 'error', NS.CLIENT);
  const inside = [...(error?.children ?? [])].filter((e) => e.namespaceURI === NS.STANZAS);
  return {
    condition: inside.find((e) => e.localName !== 'text')?.localName ?? 'undefined-condition',
    type: error?.getAttribute('type') ?? 'cancel',
    text: inside.find((e) => e.localName === 'text')?.textContent ?? '',
  };
}

/** An id nobody can guess. `crypto.randomUUID` is missing on plain http beyond localhost. */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Text without what XML 1.0 cannot carry: controls, non-characters and lone surrogates. */
function allowed(text) {
  return text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}

function rootOf(text) {
  return parser.parseFromString(text, 'text/xml').documentElement;
}

function looksBroken(root) {
  return [root, root?.firstElementChild].some((element) => element?.localName === 'parsererror');
}
