// Starts Converse.js as a chat of one room: anonymous, or for whoever is logged in at a site (`sign_on`).
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

// The site says who is logged in there, by its cookie, and gives a token for a password.
const credentialsUrl = config.sign_on?.credentials_url;
converse.plugins.add('webchat-sign-on', {
  initialize() {
    this._converse.api.listen.on('beforeFetchLoginCredentials', (_, request) => {
      request.withCredentials = true;
      return request;
    });
  },
});

const { SASLAnonymous } = converse.env.Strophe;
const authentication = credentialsUrl
  ? { authentication: 'login', credentials_url: credentialsUrl, muc_nickname_from_jid: true }
  : {
      authentication: 'anonymous',
      jid: config.domain,
      // Strophe takes a mechanism with a token where one is offered, though there is none in hand.
      connection_options: { mechanisms: [SASLAnonymous] },
    };

converse.initialize({
  ...transport,
  ...authentication,
  auto_login: true,
  auto_join_rooms: [{ jid: room, nick }],
  muc_domain: config.muc,
  locked_muc_domain: true,
  singleton: true,
  view_mode: 'fullscreen',
  // The addresses are known, and without https there is nothing to discover.
  discover_connection_methods: false,
  assets_path: new URL('./dist/', location.href).href,
  whitelisted_plugins: ['webchat-return', 'webchat-sign-on'],
  // Its WebAssembly looks for itself beside the page, and guests have no keys to show.
  blacklisted_plugins: ['converse-omemo', 'converse-omemo-views'],
  i18n: 'en',
});
