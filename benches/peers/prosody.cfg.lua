-- Prosody as a peer of the load: anonymous logins, rooms, BOSH and WebSocket on loopback, and nothing else.
-- `run` gives the folder and the port by the environment.

local folder = os.getenv("LOAD_FOLDER")

pidfile = folder .. "/pid"
data_path = folder .. "/data"
run_as_root = true
log = { { levels = { min = "warn" }, to = "console" } }

-- The collector that its documentation recommends for busy servers; LOAD_GC=incremental takes the default.
gc = { mode = os.getenv("LOAD_GC") or "generational" }
network_backend = "epoll"

modules_enabled = { "c2s", "saslauth", "disco", "ping", "bosh", "websocket" }
modules_disabled = { "s2s", "tls", "offline" }
-- Rooms and users live in memory, as here: a disk is not what is compared.
storage = "memory"

interfaces = { "127.0.0.1" }
c2s_ports = { }
c2s_direct_tls_ports = { }
http_ports = { tonumber(os.getenv("LOAD_PORT")) }
http_interfaces = { "127.0.0.1" }
https_ports = { }
http_default_host = "localhost"
c2s_require_encryption = false
consider_bosh_secure = true
consider_websocket_secure = true

-- One address is everybody here.
limits = { }
bosh_max_inactivity = 120

VirtualHost "localhost"
  authentication = "anonymous"
Component "rooms.localhost" "muc"
  restrict_room_creation = false
  muc_room_default_history_length = 0
  muc_room_locking = false
