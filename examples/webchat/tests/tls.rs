//! HTTPS by certificate files.

mod common;

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Parser as _;
use common::{server_with_file, soon};
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest as _};
use webchat::{Options, Server};

/// A folder with certificates.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("webchat-tls-{}", rand::random::<u64>()));
        fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a file");
        path
    }

    /// A new certificate for these names as `NAME.pem` and `NAME.key`.
    fn certify(&self, name: &str, names: &[&str]) -> CertificateDer<'static> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(names).expect("a certificate");
        self.write(&format!("{name}.pem"), &cert.pem());
        self.write(&format!("{name}.key"), &signing_key.serialize_pem());
        cert.der().clone()
    }

    /// `certificate` and `key` in a table of the TOML file.
    fn keys(&self, name: &str) -> String {
        let folder = self.0.display();
        format!("certificate = '{folder}/{name}.pem'\nkey = '{folder}/{name}.key'\n")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over is in the system's temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A connection on which the server has shown a certificate of `trusted` for `name`.
async fn connect(
    address: SocketAddr,
    name: &str,
    trusted: &[&CertificateDer<'static>],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for &certificate in trusted {
        roots.add(certificate.clone()).expect("a certificate");
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let connected = TlsConnector::from(Arc::new(config)).connect(name, stream);
    soon("a handshake", connected).await
}

#[tokio::test]
async fn everything_is_served_over_https() {
    let folder = Folder::new();
    let certificate = folder.certify("server", &["localhost"]);
    let server = server_with_file(&[], &format!("[tls]\n{}", folder.keys("server"))).await;
    let address = server.address();
    assert_eq!(server.link(), format!("https://{address}/"));

    let stream = connect(address, "localhost", &[&certificate])
        .await
        .expect("TLS");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    // Without `ver` the answer says `secure`: the session knows that its way is protected.
    let creation = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='localhost' wait='1' hold='1'/>";
    for (method, path, body, wanted) in [
        ("GET", "/", "", "<!doctype html>"),
        ("POST", "/http-bind", creation, "secure='true'"),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "localhost")
            .body(Full::<bytes::Bytes>::from(body))
            .expect("a request");
        let answer = soon(path, sender.send_request(request))
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
        let body = answer
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        let body = String::from_utf8_lossy(&body).replace('"', "'");
        assert!(body.contains(wanted), "{body}");
    }

    let stream = connect(address, "localhost", &[&certificate])
        .await
        .expect("TLS");
    let mut request = "wss://localhost/xmpp-websocket"
        .into_client_request()
        .expect("a request");
    for (name, value) in [
        ("sec-websocket-protocol", "xmpp"),
        ("origin", "https://localhost"),
    ] {
        request
            .headers_mut()
            .insert(name, value.parse().expect("a header"));
    }
    let connected = tokio_tungstenite::client_async(request, stream);
    let (mut socket, _) = Box::pin(soon("a handshake", connected))
        .await
        .expect("a WebSocket");
    let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
    socket.send(Message::text(open)).await.expect("a socket");
    let answer = soon("an answer", socket.next()).await.expect("a message");
    let answer = answer.expect("a message").into_text().expect("a text");
    assert!(answer.starts_with("<open"), "{answer}");
}

/// Without `close_notify` a client cannot tell the end from an attacker's.
#[tokio::test]
async fn the_end_of_an_idle_connection_is_said_in_tls() {
    let folder = Folder::new();
    let certificate = folder.certify("server", &["localhost"]);
    let server = server_with_file(&[], &format!("[tls]\n{}", folder.keys("server"))).await;
    let stream = connect(server.address(), "localhost", &[&certificate]).await;
    let mut stream = stream.expect("TLS");
    let get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    stream.write_all(get.as_bytes()).await.expect("open");
    stream.read_u8().await.expect("an answer");
    let (said, ()) = tokio::join!(
        async {
            let mut said = String::new();
            let read = soon("the end", stream.read_to_string(&mut said)).await;
            read.map(|_| said)
        },
        server.stop()
    );
    assert!(said.expect("close_notify").ends_with("ok\n"));
}

#[tokio::test]
async fn each_domain_shows_its_own_certificate() {
    let folder = Folder::new();
    let shared = folder.certify("shared", &["a.example", "unknown.example"]);
    let own = folder.certify("own", &["b.example", "chat.b.example"]);
    let file = format!(
        "[tls]\n{}[[host]]\ndomain = 'a.example'\n[[host]]\ndomain = 'b.example'\nnames = ['chat.b.example']\n[host.tls]\n{}",
        folder.keys("shared"),
        folder.keys("own"),
    );
    let server = server_with_file(&[], &file).await;
    for (name, certificate) in [
        ("a.example", &shared),
        ("unknown.example", &shared),
        ("b.example", &own),
        ("Chat.b.example", &own),
    ] {
        let stream = connect(server.address(), name, &[&shared, &own])
            .await
            .expect(name);
        let shown = stream
            .get_ref()
            .1
            .peer_certificates()
            .expect("certificates");
        assert_eq!(shown, std::slice::from_ref(certificate), "{name}");
    }
}

#[tokio::test]
async fn a_certificate_of_one_domain_only_serves_the_others_too() {
    let folder = Folder::new();
    let own = folder.certify("own", &["b.example", "a.example"]);
    let file = format!(
        "[[host]]\ndomain = 'a.example'\n[[host]]\ndomain = 'b.example'\n[host.tls]\n{}",
        folder.keys("own"),
    );
    let server = server_with_file(&[], &file).await;
    for name in ["a.example", "b.example"] {
        connect(server.address(), name, &[&own]).await.expect(name);
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let folder = Folder::new();
    folder.certify("a", &["a.example"]);
    folder.certify("b", &["b.example"]);
    folder.write("empty", "");
    folder.write("text", "no certificate at all");
    folder.write(
        "broken",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    folder.write("torn", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    folder.write(
        "password",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    folder.write(
        "nonsense",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    );
    for (certificate, key, wanted) in [
        ("absent", "a.key", "cannot read"),
        ("a.pem", "absent", "cannot read"),
        ("empty", "a.key", "holds no certificate"),
        ("text", "a.key", "holds no certificate"),
        ("a.key", "a.key", "holds no certificate"),
        ("torn", "a.key", "is no PEM file"),
        ("broken", "a.key", "cannot be used"),
        ("a.pem", "empty", "holds no private key"),
        ("a.pem", "a.pem", "holds no private key"),
        ("a.pem", "password", "has a password"),
        ("a.pem", "nonsense", "cannot be used"),
        ("a.pem", "b.key", "does not belong"),
    ] {
        let (certificate, key) = (folder.path(certificate), folder.path(key));
        let line = [
            Path::new("webchat"),
            "--data".as_ref(),
            "none".as_ref(),
            "--listen".as_ref(),
            "127.0.0.1:0".as_ref(),
            "--tls-certificate".as_ref(),
            &certificate,
            "--tls-key".as_ref(),
            &key,
        ];
        let settings = Options::parse_from(line).settle().expect("settings");
        let error = Server::start(&settings)
            .await
            .expect_err(wanted)
            .to_string();
        assert!(error.contains(wanted) && !error.contains('\n'), "{error}");
        let named = [certificate, key]
            .iter()
            .any(|p| error.contains(&format!("'{}'", p.display())));
        assert!(named, "{error}");
    }
}

#[tokio::test]
async fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let folder = Folder::new();
    let first = folder.certify("server", &["localhost"]);
    let server = server_with_file(&[], &format!("[tls]\n{}", folder.keys("server"))).await;
    let address = server.address();
    let is_shown = async |certificate: &CertificateDer<'static>| {
        connect(address, "localhost", &[certificate]).await.is_ok()
    };
    assert!(is_shown(&first).await);
    // The certificate without its key, as a renewal may be found half done.
    let pem = folder.path("server.pem");
    fs::write(
        folder.path("server.key"),
        KeyPair::generate().expect("a key").serialize_pem(),
    )
    .expect("a file");
    server.reload_certificates();
    assert!(is_shown(&first).await);
    fs::remove_file(&pem).expect("our own file");
    server.reload_certificates();
    assert!(is_shown(&first).await);

    let second = folder.certify("server", &["localhost"]);
    server.reload_certificates();
    assert!(is_shown(&second).await);
    assert!(!is_shown(&first).await);
}

#[tokio::test]
async fn a_changed_file_is_found_within_a_minute() {
    let folder = Folder::new();
    let first = folder.certify("server", &["localhost"]);
    let server = server_with_file(&[], &format!("[tls]\n{}", folder.keys("server"))).await;
    connect(server.address(), "localhost", &[&first])
        .await
        .expect("TLS");
    let second = folder.certify("server", &["localhost"]);
    // The clock of a file may be coarse.
    let key = fs::File::open(folder.path("server.key")).expect("a file");
    key.set_modified(std::time::UNIX_EPOCH + Duration::from_hours(1))
        .expect("a time");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    let mut shown = false;
    for _ in 0..100 {
        shown = connect(server.address(), "localhost", &[&second])
            .await
            .is_ok();
        if shown {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(shown);
}

#[cfg(unix)]
#[tokio::test]
async fn sighup_has_the_files_read_again_and_ends_nothing() {
    use tokio::{
        io::{AsyncBufReadExt as _, BufReader},
        process::Command,
    };
    let folder = Folder::new();
    folder.certify("server", &["localhost"]);
    let mut program = Command::new(env!("CARGO_BIN_EXE_webchat"))
        .args(["--listen", "127.0.0.1:0", "--log", "off", "--data", "none"])
        .arg("--tls-certificate")
        .arg(folder.path("server.pem"))
        .arg("--tls-key")
        .arg(folder.path("server.key"))
        .stdout(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program");
    let mut lines = BufReader::new(program.stdout.take().expect("piped")).lines();
    let line = soon("the link", lines.next_line())
        .await
        .expect("a line")
        .expect("a line");
    let (_, rest) = line.split_once("https://").expect("a link");
    let (address, _) = rest.split_once('/').expect("a link");
    let address = address.parse().expect("an address");

    let second = folder.certify("server", &["localhost"]);
    let pid = program.id().expect("it runs").to_string();
    let sent = Command::new("kill").args(["-HUP", &pid]).status().await;
    assert!(sent.expect("kill").success());
    soon("the new certificate", async {
        while connect(address, "localhost", &[&second]).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert!(program.try_wait().expect("a status").is_none());
}

/// Time passes by itself when nobody does anything.
#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_shake_hands_is_dropped() {
    let folder = Folder::new();
    folder.certify("server", &["localhost"]);
    let server = server_with_file(&[], &format!("[tls]\n{}", folder.keys("server"))).await;
    let began = tokio::time::Instant::now();
    let mut stream = TcpStream::connect(server.address())
        .await
        .expect("a connection");
    let mut nothing = [0; 1];
    // An alert or nothing, and the end.
    let _ = stream.read(&mut nothing).await;
    let waited = began.elapsed();
    assert!(
        (Duration::from_secs(10)..Duration::from_mins(1)).contains(&waited),
        "{waited:?}"
    );
}
