// How to get into the channel with another program: its address as a link, the server's addresses, and a list.

import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { phrase } from './i18n.js';

/** Programs that log in without an account (SASL ANONYMOUS) over WebSocket or BOSH, and what they are. */
const CLIENTS = [
  ['Gajim', 'https://gajim.org/', 'clients.desktop'],
  ['Converse', 'https://conversejs.org/', 'clients.web'],
  ['xmpp.js', 'https://github.com/xmppjs/xmpp.js', 'clients.library'],
  ['Slixmpp', 'https://slixmpp.readthedocs.io/', 'clients.library'],
];
const OVERVIEW = 'https://xmpp.org/software/';

/** The address of a room for programs (XEP-0045 17.3, RFC 5122). */
export const roomUri = (channel, muc) => `xmpp:${encodeURIComponent(channel)}@${muc}?join`;

/** `addresses`: domain, muc, bosh, websocket (whole URLs). */
export function otherClients(channel, { domain, muc, bosh, websocket }) {
  const uri = roomUri(channel, muc);
  const rows = [
    ['clients.room', h('a', { href: uri }, uri)],
    ['clients.server', domain],
    ['clients.websocket', websocket],
    ['clients.bosh', bosh],
  ];
  const list = rows.flatMap(([key, value]) => [h('dt', { t: key }), h('dd', {}, typeof value === 'string' ? h('code', {}, value) : value)]);
  const programs = CLIENTS.map(([name, address, key]) =>
    h('li', {}, outside(address, name), ' – ', h('span', { t: key })),
  );
  return openDialog({
    name: 'clients-dialog',
    title: phrase('clients.title'),
    content: [
      h('p', { t: 'clients.hint' }),
      h('dl', {}, ...list),
      h('h3', { t: 'clients.programs' }),
      h('ul', { class: 'bullets' }, ...programs, h('li', {}, outside(OVERVIEW, '', 'clients.overview'))),
    ],
    wide: true,
    actions: [{ label: 'close' }],
  });
}

const outside = (href, text, key = null) =>
  h('a', { href, target: '_blank', rel: 'noopener noreferrer', ...(key ? { t: key } : {}) }, ...(key ? [] : [text]));
