// Answers to the requests of others: who we are (XEP-0030, XEP-0092), ping (XEP-0199), and for all
// else that it is not offered; no request stays without an answer (RFC 6120 8.2.3).

import { NS, el } from './xml.js';

const FEATURES = [NS.DISCO_INFO, NS.MUC, NS.OCCUPANT_ID, NS.PING, NS.VERSION];

export function answer(iq) {
  const payload = iq.firstElementChild;
  const known = iq.getAttribute('type') === 'get' && payload && ANSWERS[payload.namespaceURI];
  const content = known?.(payload);
  return el(
    'iq',
    NS.CLIENT,
    { type: content === undefined ? 'error' : 'result', to: iq.getAttribute('from'), id: iq.getAttribute('id') },
    content === undefined ? unavailable() : content,
  );
}

const ANSWERS = {
  [NS.PING]: () => null,
  [NS.DISCO_INFO]: (query) =>
    query.hasAttribute('node')
      ? undefined
      : el(
          'query',
          NS.DISCO_INFO,
          {},
          el('identity', NS.DISCO_INFO, { category: 'client', type: 'web', name: 'Web chat' }),
          ...FEATURES.map((feature) => el('feature', NS.DISCO_INFO, { var: feature })),
        ),
  [NS.VERSION]: () => el('query', NS.VERSION, {}, el('name', NS.VERSION, {}, 'Web chat'), el('version', NS.VERSION, {}, '1')),
};

const unavailable = () =>
  el('error', NS.CLIENT, { type: 'cancel' }, el('service-unavailable', NS.STANZAS));
