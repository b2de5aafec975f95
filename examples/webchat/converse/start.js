// Starts Converse.js as an anonymous chat of one room.
// ?channel=ROOM and ?nick=NICK choose the room and the nick, ?transport=websocket the transport.
import converse from './dist/converse.min.js';

const query = new URLSearchParams(location.search);
const server = new URL('../config.json', location.href);
const config = await (await fetch(server)).json();

const channel = (query.get('channel') || config.default_channel).replace(/^#/, '');
const room = channel.includes('@') ? channel : `${channel}@${config.muc}`;
const nick = query.get('nick') || undefined;

const url = new URL(config.bosh, server);
const transport = { bosh_service_url: url.href };
if (query.get('transport') === 'websocket') {
  const socket = new URL(config.websocket, server);
  socket.protocol = socket.protocol.replace('http', 'ws');
  transport.websocket_url = socket.href;
  delete transport.bosh_service_url;
}

// An anonymous session on a WebSocket ends with its socket: Converse comes back as somebody new and
// would leave the room's pane blank.
converse.plugins.add('webchat-return', {
  initialize() {
    const { api } = this._converse;
    api.listen.on('reconnected', async () => {
      const open = await api.rooms.get(room);
      await api.rooms.open(room, { nick: open?.get('nick') || nick, bring_to_foreground: true });
    });
  },
});

converse.initialize({
  ...transport,
  authentication: 'anonymous',
  auto_login: true,
  jid: config.domain,
  auto_join_rooms: [{ jid: room, nick }],
  muc_domain: config.muc,
  locked_muc_domain: true,
  singleton: true,
  view_mode: 'fullscreen',
  // The addresses are known, and without https there is nothing to discover.
  discover_connection_methods: false,
  assets_path: new URL('./dist/', location.href).href,
  whitelisted_plugins: ['webchat-return'],
  // Its WebAssembly looks for itself beside the page, and guests have no keys to show.
  blacklisted_plugins: ['converse-omemo', 'converse-omemo-views'],
  i18n: 'en',
});
