//! The configurations of `docs/reverse-proxy.md`, as they stand there, with Chromium in front: our page and Converse
//! through nginx, Apache and Caddy, which run here as ordinary programs on a port of this machine.
//!
//! What differs from the document is only what has to: the ports, and the certificate. Chromium is told that
//! `example.org` is this machine. Where a proxy, the browser or its packages are missing the test says so and passes;
//! with `CI=true` it fails. The cases are those of `tests/browser/proxied.mjs`.

#![expect(
    clippy::disallowed_types,
    reason = "a test without a runtime looks for ports"
)]

#[allow(unreachable_pub, dead_code, reason = "shared by several test programs")]
#[path = "common/scripts.rs"]
mod scripts;

use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use scripts::{Program, Setup, check, on_path, with_browser};
use tempfile::TempDir;

const DOCUMENT: &str = include_str!("../../../docs/reverse-proxy.md");

const CASES: [&str; 8] = [
    "page, bosh: talk and reload",
    "page, websocket: talk and reload",
    "converse, bosh: talk and reload",
    "converse, websocket: talk and reload",
    "page: every address leads inside",
    "converse: found by host-meta",
    "a file goes up and comes back",
    "the way is known to be encrypted",
];

#[test]
fn nginx_below_a_prefix() {
    through("nginx, https://example.org/anon/", Proxy::Nginx);
}

#[test]
fn nginx_on_a_host_of_its_own() {
    through("nginx, https://example.org/", Proxy::Nginx);
}

#[test]
fn apache_below_a_prefix() {
    through("apache, https://example.org/anon/", Proxy::Apache);
}

#[test]
fn apache_that_takes_the_prefix_off() {
    through("apache, https://example.org/anon/ stripped", Proxy::Apache);
}

#[test]
fn caddy_below_a_prefix() {
    through("caddy, https://example.org/anon/", Proxy::Caddy);
}

/// FEATURES 1b: long-poll below the proxy's timeout.
#[test]
fn requests_are_held_for_less_than_the_documented_timeouts() {
    let wait = webchat::Settings::default().hosts[0].timing.bosh_wait;
    let mut seen = 0;
    for marker in ["proxy_read_timeout ", "proxy_send_timeout ", "timeout="] {
        for rest in DOCUMENT.split(marker).skip(1) {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            let timeout = Duration::from_secs(digits.parse().expect("seconds"));
            // The way there and back takes time, too.
            assert!(
                timeout >= wait + Duration::from_secs(15),
                "{marker}{timeout:?}"
            );
            seen += 1;
        }
    }
    assert_eq!(seen, 6, "each configuration sets one");
    let said = format!("held: {} s", wait.as_secs());
    assert!(DOCUMENT.contains(&said), "{said}");
}

/// Runs all cases through `proxy`, configured by that block of the document.
fn through(block: &'static str, proxy: Proxy) {
    let wanted = CASES.map(str::to_owned).into();
    check(block, &wanted, setup(block, proxy));
}

fn setup(block: &'static str, proxy: Proxy) -> Result<Setup, String> {
    let url = block.split(' ').find(|word| word.starts_with("https://"));
    let url = url.expect("a block says where the chat is");
    let mut setup = with_browser()?;
    let name = proxy.name();
    // Servers are not in everybody's search path.
    let program = on_path(name)
        .or_else(|| Some(Path::new("/usr/sbin").join(name)).filter(|path| path.is_file()))
        .ok_or_else(|| format!("there is no {name}"))?;
    let options = [
        "--domain",
        "example.org",
        "--public-url",
        url,
        "--trusted-proxy",
        "127.0.0.1",
    ];
    setup.server.extend(options.map(Into::into));
    setup.script.env("WEBCHAT_CASES", "proxied");
    setup.between = Some(Box::new(move |link, script| {
        let chat = link.trim_start_matches("http://").trim_end_matches('/');
        let running = Running::start(&program, proxy, block, chat);
        script.env("WEBCHAT_URL", url);
        script.env(
            "WEBCHAT_RESOLVE",
            format!("MAP example.org 127.0.0.1:{}", running.port),
        );
        Box::new(running)
    }));
    Ok(setup)
}

/// The programs that the document has configurations for.
#[derive(Clone, Copy, Debug)]
enum Proxy {
    Nginx,
    Apache,
    Caddy,
}

impl Proxy {
    fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::Apache => "apache2",
            Self::Caddy => "caddy",
        }
    }

    /// The document's block as a whole configuration for a program that stays in `folder`.
    fn whole(self, block: &Block, folder: &Path) -> String {
        let folder = folder.display();
        match self {
            Self::Nginx => {
                let block = block.with(
                    "listen 443 ssl",
                    &format!("listen 127.0.0.1:{} ssl", block.port),
                );
                let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .map(|kind| format!("    {kind}_temp_path {folder}/{kind};\n"))
                    .concat();
                format!(
                    "daemon off;\nuser root;\npid {folder}/pid;\nevents {{}}\nhttp {{\n    access_log off;\n{temporary}{}\n}}\n",
                    block.text
                )
            }
            Self::Apache => {
                let block = block.with(
                    "<VirtualHost *:443>",
                    &format!("<VirtualHost *:{}>", block.port),
                );
                let modules: String = [
                    "mpm_event",
                    "authz_core",
                    "alias",
                    "headers",
                    "proxy",
                    "proxy_http",
                    "socache_shmcb",
                    "ssl",
                ]
                .map(|name| {
                    format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
                })
                .concat();
                format!(
                    "ServerRoot {folder}\nServerName localhost\n{modules}User www-data\nGroup www-data\n\
                     PidFile {folder}/pid\nMutex file:{folder}\nDefaultRuntimeDir {folder}\nErrorLog {folder}/errors\n\
                     Listen 127.0.0.1:{}\n{}",
                    block.port, block.text
                )
            }
            Self::Caddy => {
                let site = format!(
                    "https://example.org:{} {{\n    bind 127.0.0.1\n    tls {} {}\n",
                    block.port,
                    block.certificate.display(),
                    block.key.display()
                );
                let block = block.with("example.org {\n", &site);
                format!(
                    "{{\n    admin off\n    auto_https off\n    storage file_system {folder}\n}}\n{}",
                    block.text
                )
            }
        }
    }

    fn command(self, program: &Path, config: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        match self {
            Self::Nginx => command
                .arg("-c")
                .arg(config)
                .arg("-p")
                .arg(folder)
                .arg("-e")
                .arg(folder.join("errors")),
            Self::Apache => command.arg("-f").arg(config).arg("-DFOREGROUND"),
            Self::Caddy => command
                .args(["run", "--adapter", "caddyfile", "--config"])
                .arg(config)
                .env("XDG_CONFIG_HOME", folder)
                .env("XDG_DATA_HOME", folder),
        };
        command.stderr(fs::File::create(folder.join("said")).expect("a file"));
        command
    }
}

/// A configuration of the document, with what the test has in place of the document's examples.
#[derive(Clone)]
struct Block {
    text: String,
    port: u16,
    certificate: PathBuf,
    key: PathBuf,
}

impl Block {
    fn new(name: &str, chat: &str, folder: &Path) -> Self {
        let marker = format!("<!-- block: {name} -->\n```");
        let (_, rest) = DOCUMENT.split_once(&marker).expect(name);
        let (_, rest) = rest.split_once('\n').expect("a block");
        let (text, _) = rest.split_once("```").expect("an end");

        let names = vec!["example.org".to_owned()];
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).expect("a certificate");
        let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        fs::write(&certificate, cert.pem()).expect("a file");
        fs::write(&key, signing_key.serialize_pem()).expect("a file");

        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let this = Self {
            text: text.to_owned(),
            port: free.local_addr().expect("an address").port(),
            certificate: certificate.clone(),
            key: key.clone(),
        };
        let this = this.with("127.0.0.1:5280", chat);
        // Caddy's has none.
        if !this.text.contains("/etc/") {
            return this;
        }
        let letsencrypt = "/etc/letsencrypt/live/example.org";
        let path = |path: &Path| path.display().to_string();
        this.with(&format!("{letsencrypt}/fullchain.pem"), &path(&certificate))
            .with(&format!("{letsencrypt}/privkey.pem"), &path(&key))
    }

    /// With `to` in place of `from`, which must be there.
    fn with(&self, from: &str, to: &str) -> Self {
        assert!(
            self.text.contains(from),
            "there is no '{from}' in {}",
            self.text
        );
        Self {
            text: self.text.replace(from, to),
            ..self.clone()
        }
    }
}

/// A proxy at work.
struct Running {
    port: u16,
    /// Ended before its folder.
    program: Program,
    _folder: TempDir,
}

/// Killed, a proxy would leave its workers behind.
impl Drop for Running {
    fn drop(&mut self) {
        let pid = self.program.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        for _ in 0..400 {
            if asked.is_err() || !matches!(self.program.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(25));
        }
    }
}

impl Running {
    fn start(program: &Path, proxy: Proxy, block: &str, chat: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let block = Block::new(block, chat, folder.path());
        let config = folder.path().join("config");
        fs::write(&config, proxy.whole(&block, folder.path())).expect("a file");
        let mut program = Program::start(&mut proxy.command(program, &config, folder.path()));
        let mut waits = 0;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, block.port)).is_err() {
            waits += 1;
            let ended = program.child.try_wait().expect("a status").is_some();
            if ended || waits > 400 {
                let said = ["said", "errors"]
                    .map(|name| fs::read_to_string(folder.path().join(name)).unwrap_or_default());
                panic!("{proxy:?} does not listen: {}", said.concat());
            }
            thread::sleep(Duration::from_millis(25));
        }
        Self {
            port: block.port,
            program,
            _folder: folder,
        }
    }
}
