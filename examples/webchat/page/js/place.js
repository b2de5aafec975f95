// Where the page is, and what its address asks for. All is relative to this module: nothing knows the path
// that the page lives under. (`<base>` does not serve: it moves with each `pushState`.)

import { channelName } from './landing.js';

const HOME = new URL('../', import.meta.url);
export const CONFIG_URL = new URL('config.json', HOME);

/** The first page's address, or a channel's. */
export function addressOf(channel = '', transport = '') {
  const query = new URLSearchParams();
  if (channel) query.set('channel', channel);
  if (transport === 'websocket') query.set('transport', transport);
  const address = new URL(HOME);
  address.search = query;
  return address;
}

/** `?channel=ROOM&nick=NICK` and `room/ROOM`: { channel, nick }. */
export function route() {
  const query = new URLSearchParams(location.search);
  const inPath = location.pathname.match(/\/room\/([^/]+)\/?$/u);
  const asked = query.get('channel') ?? (inPath ? safeDecode(inPath[1]) : '');
  return { channel: channelName(asked), nick: query.get('nick')?.trim() ?? '' };
}

export const transportName = () =>
  new URLSearchParams(location.search).get('transport') === 'websocket' ? 'websocket' : 'bosh';

function safeDecode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
