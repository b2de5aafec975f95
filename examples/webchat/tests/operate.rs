//! Running it: what `webchat check` finds, what systemd is told, the metrics, and what the log does not say.
#![expect(clippy::disallowed_types, reason = "a port that is taken")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "common/authority.rs"]
mod authority;
mod common;

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use common::{Transport, User, http};

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("operate-{name}"));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for tests");
    folder
}

fn check(name: &str, toml: &str) -> (Option<i32>, String) {
    let path = folder(name).join("webchat.toml");
    fs::write(&path, toml).expect("a file");
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_webchat"))
        .arg("check")
        .arg(&path)
        .output()
        .expect("the program");
    let said = [stdout, stderr].concat();
    (status.code(), String::from_utf8(said).expect("UTF-8"))
}

#[test]
fn check_accepts_a_configuration_that_works() {
    let data = folder("good-data");
    let toml = format!(
        "listen = '127.0.0.1:0'\ndata = '{}'\n[admin]\ntoken = 'correct horse battery'\n",
        data.display()
    );
    let (code, said) = check("good", &toml);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("can be started") && !said.contains("hint"),
        "{said}"
    );
}

#[test]
fn check_reports_every_problem_at_once() {
    let (code, said) = check(
        "bad",
        "listen = 'nowhere'\nmax-sesions = 3\nmax-rooms = 0\npublic-url = 'example.org'\n\
         [admin]\ntoken = 'short'\n[[room]]\nid = 'a b'\n[[room]]\nid = 'fine'\n",
    );
    assert_eq!(code, Some(1), "{said}");
    for wanted in [
        "problem: listen: 'nowhere' is no address",
        "problem: max-sesions: unknown field",
        "problem: max-rooms: max-rooms = 0 is too small",
        "problem: public-url: ",
        "problem: admin: token of [admin] is no token",
        "problem: [[room]] 1: ",
        "problems found: 6",
    ] {
        assert!(said.contains(wanted), "{wanted} in {said}");
    }
    assert!(
        said.lines().all(|line| line.contains("webchat")),
        "the file is named: {said}"
    );
    assert!(!said.contains("'short'"), "{said}");
}

#[test]
fn check_looks_at_files_and_ports() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken
        .local_addr()
        .map(|address| (taken, address))
        .expect("an address");
    let file = folder("no-folder").join("file");
    fs::write(&file, "").expect("a file");
    let (code, said) = check(
        "surroundings",
        &format!(
            "listen = '{}'\ndata = '{}/below-a-file'\npublic-url = 'https://example.org/'\n",
            taken.1,
            file.display()
        ),
    );
    assert_eq!(code, Some(1), "{said}");
    for wanted in [
        "problem: listen: cannot listen on",
        "another program has the port",
        "problem: data: ",
        "hint: trusted-proxy: ",
        "hint: admin: ",
    ] {
        assert!(said.contains(wanted), "{wanted} in {said}");
    }
    let (code, said) = check(
        "certificate",
        "listen = '127.0.0.1:0'\ndata = 'none'\n[tls]\ncertificate = '/nonexistent.pem'\nkey = '/nonexistent.key'\n",
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("problem: tls: ") && said.contains("/nonexistent.pem"),
        "{said}"
    );
    let (code, said) = check(
        "wait",
        "listen = '127.0.0.1:0'\ndata = 'none'\nbosh-wait = 90\ntrusted-proxy = ['127.0.0.1']\n",
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("hint: bosh-wait: "), "{said}");
}

#[test]
fn check_knows_single_sign_on() {
    let keys = folder("keys").join("sign-on.keys");
    fs::write(&keys, "short c2VjcmV0LXNlY3JldA==\n").expect("a file");
    let rest = "listen = '127.0.0.1:0'\ndata = 'none'\n";
    let (code, said) = check(
        "sign-on-key",
        &format!("{rest}[sign-on]\nkey-file = '{}'\n", keys.display()),
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("problem: sign-on: ") && said.contains("line 1"));
    assert!(!said.contains("c2VjcmV0"), "{said}");
    let (code, said) = check(
        "sign-on-hints",
        &format!("{rest}[sign-on]\ncheck-url = 'http://site.example/check'\n"),
    );
    assert_eq!(code, Some(0), "{said}");
    for wanted in [
        "encrypted connections only",
        "is not https",
        "no sign-on-login-url",
    ] {
        assert!(said.contains(wanted), "{wanted} in {said}");
    }
    // What a table leaves out stands in the other: alone neither is enough, and together they are.
    let (code, said) = check(
        "sign-on-hosts",
        &format!(
            "{rest}trusted-proxy = ['loopback']\n[sign-on]\nlogin-url = 'https://site.example/login'\n\
             [[host]]\ndomain = 'a.example'\n[host.sign-on]\ncheck-url = 'http://127.0.0.1/check'\n"
        ),
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("hint: sign-on"), "{said}");
}

#[test]
fn check_knows_client_certificates() {
    let folder = folder("client-ca");
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("one");
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file");
    write("server.pem", &certified.cert.pem());
    write("server.key", &certified.signing_key.serialize_pem());
    write("ca.pem", &authority::Authority::new("The site's").pem());
    let file = |name: &str| folder.join(name).display().to_string();
    let (certificate, key) = (file("server.pem"), file("server.key"));
    let rest = "listen = '127.0.0.1:0'\ndata = 'none'\n";
    let tls = |ca: &str| {
        format!(
            "[tls]\ncertificate = '{certificate}'\nkey = '{key}'\nclient-ca = '{}'\n",
            file(ca)
        )
    };
    let (code, said) = check("client-ca-good", &format!("{rest}{}", tls("ca.pem")));
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("hint: tls"), "{said}");
    for (ca, wanted) in [
        ("absent.pem", "cannot read"),
        ("server.pem", "none of an authority"),
    ] {
        let (code, said) = check("client-ca-bad", &format!("{rest}{}", tls(ca)));
        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains("problem: tls: ") && said.contains(wanted),
            "{said}"
        );
    }
    let (code, said) = check(
        "client-ca-alone",
        &format!("{rest}[tls]\nclient-ca = 'ca.pem'\n"),
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("without tls-certificate"), "{said}");
    // What one table needs stands in another, and one mistake is told once.
    let closed = "[sign-on]\nanonymous = false\n";
    let (code, said) = check(
        "client-ca-closed",
        &format!("{rest}{closed}{}", tls("ca.pem")),
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("hint: sign-on: only certificates open"),
        "{said}"
    );
    let of_one = format!(
        "[tls]\ncertificate = '{certificate}'\nkey = '{key}'\n[[host]]\ndomain = 'a.example'\n[host.tls]\nclient-ca = '{}'\n",
        file("ca.pem")
    );
    let (code, said) = check("client-ca-host", &format!("{rest}{of_one}"));
    assert_eq!(code, Some(0), "{said}");
    let (_, said) = check(
        "client-ca-once",
        &format!("{rest}[tls]\nkey = '{key}'\n[[host]]\ndomain = 'a.example'\n"),
    );
    assert_eq!(said.matches("without tls-certificate").count(), 1, "{said}");
    let (code, said) = check(
        "client-ca-proxy",
        &format!("trusted-proxy = ['127.0.0.1']\n{rest}{}", tls("ca.pem")),
    );
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("hint: tls: client-ca counts for"), "{said}");
}

#[test]
fn check_says_when_there_is_nothing_to_check() {
    let (code, said) = check("broken", "domain = \n");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("line 1"), "{said}");
    let output = Command::new(env!("CARGO_BIN_EXE_webchat"))
        .args(["check", "/nonexistent.toml"])
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(2));
    let output = Command::new(env!("CARGO_BIN_EXE_webchat"))
        .arg("check")
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(2));
}

/// `systemd-analyze verify`, where there is one; with `CI=true` the unit's own lines are looked at in any case.
#[test]
fn the_unit_is_one_that_systemd_takes() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/webchat.service");
    let text = fs::read_to_string(&unit).expect("the unit");
    for line in [
        "DynamicUser=yes",
        "StateDirectory=webchat",
        "ProtectSystem=strict",
        "Type=notify",
        "LimitNOFILE=",
    ] {
        assert!(text.contains(line), "{line}");
    }
    // The program has to exist for the verifier.
    let copy = folder("unit").join("webchat.service");
    let text = text.replace("/usr/local/bin/webchat", env!("CARGO_BIN_EXE_webchat"));
    fs::write(&copy, text).expect("a file");
    match Command::new("systemd-analyze")
        .arg("verify")
        .arg(&copy)
        .output()
    {
        Err(error) => eprintln!("SKIPPED systemd-analyze verify: {error}"),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            let ours: Vec<&str> = said
                .lines()
                .filter(|line| line.contains("webchat.service"))
                .collect();
            assert!(output.status.success() && ours.is_empty(), "{said}");
        }
    }
}

/// `sd_notify`
#[cfg(unix)]
#[test]
fn systemd_hears_when_it_is_ready_and_when_it_ends() {
    let path = folder("notify").join("socket");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).expect("a socket");
    socket
        .set_read_timeout(Some(common::PATIENCE))
        .expect("a timeout");
    let mut child = Command::new(env!("CARGO_BIN_EXE_webchat"))
        .args(["--listen", "127.0.0.1:0", "--data", "none", "--log", "warn"])
        .env("NOTIFY_SOCKET", &path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("the program");
    let hear = || {
        let mut buffer = [0; 64];
        let n = socket.recv(&mut buffer).expect("a word");
        String::from_utf8_lossy(&buffer[..n]).into_owned()
    };
    assert_eq!(hear(), "READY=1");
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .expect("kill")
            .success()
    );
    assert_eq!(hear(), "STOPPING=1");
    assert!(child.wait().expect("a status").success());
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .expect("nobody panicked")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// One server, watched: its metrics, and a log at debug level that holds nothing that people said.
#[expect(clippy::too_many_lines, reason = "one run, looked at from two sides")]
#[tokio::test]
async fn numbers_are_told_and_texts_are_not() {
    const TEXT: &str = "a-text-that-nobody-else-reads";
    const PASSWORD: &str = "sesame-of-the-room";
    const TOKEN: &str = "token-of-the-admin-account";
    let captured = Captured::default();
    let writer = captured.clone();
    let line = [
        "webchat",
        "--listen",
        "127.0.0.1:0",
        "--metrics-listen",
        "127.0.0.1:0",
        "--log",
        "debug",
        "--log-format",
        "json",
        "--data",
        "none",
    ];
    let mut options = <webchat::Options as clap::Parser>::parse_from(line);
    options.admin.token = Some(TOKEN.to_owned());
    let settings = options.settle().expect("usable options");
    webchat::logs::start(&settings, move || writer.clone()).expect("no other log");
    let server = webchat::Server::start(&settings)
        .await
        .expect("a free port");
    let mut anna = User::login(server.address(), Transport::WebSocket).await;
    let mut ben = User::login(server.address(), Transport::Bosh).await;
    anna.join("secret-room", "anna").await;
    ben.join("secret-room", "ben").await;
    anna.send(&format!(
        "<iq type='set' id='c' to='secret-room@rooms.localhost'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field><field var='muc#roomconfig_passwordprotectedroom'><value>1</value></field><field var='muc#roomconfig_roomsecret'><value>{PASSWORD}</value></field></x></query></iq>"
    ))
    .await;
    anna.say("secret-room", TEXT, "m1").await;
    assert_eq!(ben.hears().await.1, TEXT);
    // What is refused, malformed, private or to nobody may be logged, without its content.
    let anna_jid = anna.jid().to_owned();
    ben.send(&format!(
        "<message type='chat' to='{anna_jid}'><body>{TEXT}</body></message>"
    ))
    .await;
    ben.send(&format!(
        "<message type='chat' to='nobody@localhost'><body>{TEXT}</body></message>"
    ))
    .await;
    ben.send(&format!(
        "<message type='chat' to='elsewhere.example'><body>{TEXT}</body></message>"
    ))
    .await;
    let mut carl = common::websocket::Socket::open(server.address()).await;
    carl.send(&format!(
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>{TOKEN}</auth>"
    ))
    .await;
    carl.send(&format!(
        "<message xmlns='jabber:client'><body>{TEXT}</bdy></message>"
    ))
    .await;
    while carl.next().await.is_some() {}
    ben.drain().await;

    let address = server.metrics_address().expect("served");
    let answer = http::get(address, "/metrics").await;
    let text = answer.body;
    for wanted in [
        "webchat_sessions{transport=\"bosh\"} 1",
        "webchat_sessions{transport=\"websocket\"} 1",
        "webchat_rooms 1",
        "webchat_occupants 2",
        "webchat_stanzas_received_total{kind=\"message\"} 4",
        "webchat_stanza_errors_total{condition=\"remote-server-not-found\"} 1",
        "webchat_stream_errors_total{condition=\"not-well-formed\"} 1",
        "webchat_http_requests_total{route=\"websocket\",method=\"GET\",status=\"101\"} 2",
        "webchat_held_requests",
        "webchat_store_commits_total",
        "# EOF",
    ] {
        assert!(text.contains(wanted), "{wanted} in\n{text}");
    }
    assert!(
        !text.contains("secret-room") && !text.contains("localhost"),
        "no names\n{text}"
    );
    // Not where the public comes.
    let elsewhere = http::get(server.address(), "/metrics").await;
    assert_eq!(elsewhere.status, 404);
    server.stop().await;

    let log =
        String::from_utf8(captured.0.lock().expect("nobody panicked").clone()).expect("UTF-8");
    assert!(log.lines().count() > 10, "{log}");
    for line in log.lines() {
        let json: serde_json::Value = serde_json::from_str(line).expect(line);
        assert!(
            json["level"].is_string() && json["message"].is_string(),
            "{line}"
        );
    }
    assert!(log.contains("\"session\":"), "{log}");
    for secret in [TEXT, PASSWORD, TOKEN] {
        assert!(!log.contains(secret), "{secret} in\n{log}");
    }
    assert!(
        !log.contains("\"127.0.0.1\""),
        "addresses are shortened\n{log}"
    );
}
