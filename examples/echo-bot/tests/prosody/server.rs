//! A Prosody of the test's own: its configuration, data and certificate in a temporary folder, its ports on loopback.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

/// Anybody may log in here.
pub(crate) const ANONYMOUS: &str = "anon.localhost";
/// Passwords are kept as they are, for any SCRAM.
pub(crate) const PLAIN: &str = "plain.localhost";
/// Passwords are kept as keys of SCRAM-SHA-1.
pub(crate) const HASHED: &str = "hashed.localhost";
/// The domain of the rooms.
pub(crate) const ROOMS: &str = "rooms.localhost";
/// An account of both.
pub(crate) const USER: &str = "juliet";
/// Its password; a SASLprep of something that is not ASCII.
pub(crate) const PASSWORD: &str = "r0m30 & Jülïet";

/// A running Prosody, killed with its value.
pub(crate) struct Prosody {
    child: Child,
    folder: TempDir,
    /// The port of TCP.
    pub(crate) c2s: u16,
    /// The port of TLS from the first byte.
    pub(crate) direct: u16,
    /// The port of BOSH and WebSocket.
    pub(crate) http: u16,
    /// The same with TLS.
    pub(crate) https: u16,
}

/// The program, or why it cannot be used.
pub(crate) fn find() -> Result<PathBuf, String> {
    if let Some(named) = env::var_os("PROSODY") {
        return Ok(named.into());
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(["/usr/bin".into(), "/usr/sbin".into()])
        .map(|folder| folder.join("prosody"))
        .find(|program| program.is_file())
        .ok_or_else(|| "there is no prosody; PROSODY may name one".to_owned())
}

impl Prosody {
    /// Starts it and waits until it answers.
    pub(crate) async fn start(program: &Path) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("echo-bot-prosody-")
            .tempdir()
            .expect("a temporary folder");
        let [c2s, direct, http, https] = free_ports();
        let domains = [ANONYMOUS, PLAIN, HASHED, ROOMS, "localhost"].map(str::to_owned);
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(domains).expect("a certificate");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("cert.pem"), cert.pem()).expect("written");
        fs::write(at("key.pem"), signing_key.serialize_pem()).expect("written");
        fs::write(
            at("prosody.cfg.lua"),
            config(folder.path(), [c2s, direct, http, https]),
        )
        .expect("written");
        for host in [PLAIN, HASHED] {
            let accounts = at("data").join(host.replace('.', "%2e")).join("accounts");
            fs::create_dir_all(&accounts).expect("made");
            fs::write(
                accounts.join(format!("{USER}.dat")),
                format!("return {{ [\"password\"] = {PASSWORD:?}; }};\n"),
            )
            .expect("written");
        }
        let child = Command::new(program)
            .arg("--config")
            .arg(at("prosody.cfg.lua"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prosody starts");
        let prosody = Self {
            child,
            folder,
            c2s,
            direct,
            http,
            https,
        };
        for port in [c2s, direct, http, https] {
            prosody.wait_for(port).await;
        }
        prosody
    }

    /// The certificate, which is its own authority.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// A file of the folder, with this content.
    pub(crate) fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, content).expect("written");
        path
    }

    /// What it logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    async fn wait_for(&self, port: u16) {
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .is_ok()
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("prosody does not listen on {port}:\n{}", self.log());
    }
}

impl Drop for Prosody {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ports that were free a moment ago.
#[expect(clippy::disallowed_types, reason = "a test needs free ports")]
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| {
        std::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port")
    });
    listeners.map(|listener| listener.local_addr().expect("bound").port())
}

fn config(folder: &Path, [c2s, direct, http, https]: [u16; 4]) -> String {
    let folder = folder.display();
    format!(
        r#"
pidfile = "{folder}/pid"
data_path = "{folder}/data"
run_as_root = true
daemonize = false
log = {{ {{ levels = {{ min = "debug" }}, to = "file", filename = "{folder}/log" }} }}
modules_enabled = {{ "saslauth", "tls", "c2s", "disco", "ping", "version", "bosh", "websocket" }}
modules_disabled = {{ "s2s", "offline" }}
storage = "internal"
interfaces = {{ "127.0.0.1" }}
local_interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {c2s} }}
c2s_direct_tls_ports = {{ {direct} }}
s2s_ports = {{ }}
s2s_direct_tls_ports = {{ }}
http_ports = {{ {http} }}
http_interfaces = {{ "127.0.0.1" }}
https_ports = {{ {https} }}
https_interfaces = {{ "127.0.0.1" }}
http_default_host = "localhost"
c2s_require_encryption = false
consider_bosh_secure = true
consider_websocket_secure = true
cross_domain_bosh = true
bosh_max_inactivity = 30
limits = {{ }}
ssl = {{ certificate = "{folder}/cert.pem"; key = "{folder}/key.pem"; }}
https_ssl = {{ certificate = "{folder}/cert.pem"; key = "{folder}/key.pem"; }}
c2s_direct_tls_ssl = {{ certificate = "{folder}/cert.pem"; key = "{folder}/key.pem"; }}
VirtualHost "localhost"
VirtualHost "{ANONYMOUS}"
  authentication = "anonymous"
VirtualHost "{PLAIN}"
  authentication = "internal_plain"
VirtualHost "{HASHED}"
  authentication = "internal_hashed"
Component "{ROOMS}" "muc"
  restrict_room_creation = false
"#
    )
}
