//! Client certificates, from the handshake to the login by EXTERNAL.

#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "../common/authority.rs"]
mod authority;
mod client;
#[path = "../common/mod.rs"]
mod common;

use std::{fs, io::Write as _, path::PathBuf, time::Duration};

use authority::{Authority, Certified};
use clap::Parser as _;
use client::{Client, Outcome, WAYS, Way, alert, config, connect, of_versions, with_identity};
use common::server_with_file;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio_rustls::rustls::{HandshakeKind, version};
use webchat::{Options, Server};

const JULIET: &str = "juliet@localhost";

/// A server that believes an authority, and the files that it reads.
struct World {
    folder: TempDir,
    authority: Authority,
    server: Server,
    /// The server's own.
    certificate: CertificateDer<'static>,
}

impl World {
    /// With these options too.
    async fn new(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let authority = Authority::new("The site's authority");
        fs::write(folder.path().join("ca.pem"), authority.pem()).expect("a file");
        let certificate = certify_server(&folder, "server", &["localhost"]);
        let file = format!("[tls]\n{}{}", own(&folder, "server"), ca(&folder, "ca.pem"));
        let server = server_with_file(options, &file).await;
        Self {
            folder,
            authority,
            server,
            certificate,
        }
    }

    fn juliet(&self) -> Certified {
        self.authority.certify(&[JULIET])
    }

    /// A new session of who shows this certificate.
    async fn open(&self, way: Way, own: Option<&Certified>) -> Client {
        let config = config(&self.certificate, own);
        let stream = connect(self.server.address(), "localhost", &config).await;
        Client::open(way, "localhost", stream.expect("TLS")).await
    }

    async fn external(&self, way: Way, own: &Certified) -> Outcome {
        self.open(way, Some(own)).await.external("").await
    }

    /// Why TLS ends for who shows this certificate.
    async fn alert(&self, own: &Certified) -> String {
        let config = config(&self.certificate, Some(own));
        alert(self.server.address(), "localhost", &config).await
    }
}

/// A new certificate for a server of these names as `NAME.pem` and `NAME.key`.
fn certify_server(folder: &TempDir, name: &str, names: &[&str]) -> CertificateDer<'static> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(names).expect("a certificate");
    let path = |ending: &str| folder.path().join(format!("{name}.{ending}"));
    fs::write(path("pem"), cert.pem()).expect("a file");
    fs::write(path("key"), signing_key.serialize_pem()).expect("a file");
    cert.der().clone()
}

/// Keys in a table of the TOML file.
fn own(folder: &TempDir, name: &str) -> String {
    let folder = folder.path().display();
    format!("certificate = '{folder}/{name}.pem'\nkey = '{folder}/{name}.key'\n")
}

fn ca(folder: &TempDir, name: &str) -> String {
    format!("client-ca = '{}/{name}'\n", folder.path().display())
}

// ---- who is let in, and as whom

#[tokio::test]
async fn a_certificate_logs_its_owner_in_over_either_transport() {
    let world = World::new(&[]).await;
    let juliet = world.juliet();
    for way in WAYS {
        for version in [&version::TLS12, &version::TLS13] {
            let config = of_versions(&[version], &world.certificate, Some(&juliet));
            let stream = connect(world.server.address(), "localhost", &config).await;
            let client = Client::open(way, "localhost", stream.expect("TLS")).await;
            assert_eq!(client.offered, ["EXTERNAL", "ANONYMOUS"], "{way:?}");
            let outcome = client.external("").await;
            assert_eq!(outcome.as_deref(), Ok(JULIET), "{way:?} {version:?}");
        }
        let named = world.open(way, Some(&juliet)).await.external(JULIET).await;
        assert_eq!(named.as_deref(), Ok(JULIET));
        let other = world.open(way, Some(&juliet)).await;
        let other = other.external("romeo@localhost").await;
        assert_eq!(other, Err("invalid-authzid".to_owned()));
    }
}

#[tokio::test]
async fn without_a_certificate_everything_is_as_it_was() {
    let world = World::new(&[]).await;
    for way in WAYS {
        let guest = world.open(way, None).await;
        assert_eq!(guest.offered, ["ANONYMOUS"]);
        let jid = guest.login("ANONYMOUS", "").await.expect("let in");
        assert!(jid.ends_with("@localhost") && jid != JULIET, "{jid}");
        let nobody = world.open(way, None).await.external(JULIET).await;
        assert_eq!(nobody, Err("invalid-mechanism".to_owned()));
    }
}

#[tokio::test]
async fn a_certificate_without_an_address_here_is_no_login() {
    let world = World::new(&[]).await;
    for (addresses, condition) in [
        // The common name is romeo's address, and is not believed.
        (&[][..], "invalid-mechanism"),
        (&["juliet@montague.example"], "invalid-mechanism"),
        (&["localhost"], "invalid-mechanism"),
        (&["juliet@localhost/balcony"], "invalid-mechanism"),
        // One bad name spoils them all.
        (&[JULIET, "*@localhost"], "invalid-mechanism"),
        (&["admin@localhost"], "not-authorized"),
        (&["rooms@localhost"], "not-authorized"),
    ] {
        let certificate = world.authority.certify(addresses);
        for way in WAYS {
            let outcome = world.external(way, &certificate).await;
            assert_eq!(outcome, Err(condition.to_owned()), "{addresses:?}");
            let guest = world.open(way, Some(&certificate)).await;
            guest.login("ANONYMOUS", "").await.expect("let in");
        }
    }
}

#[tokio::test]
async fn certificates_that_are_not_good_end_the_handshake() {
    let world = World::new(&[]).await;
    let expired = world.authority.certify_once(&[JULIET]);
    let stranger = Authority::new("Another authority");
    let impostor = Authority::new("The site's authority");
    for (certificate, wanted) in [
        (expired, "CertificateExpired"),
        (stranger.certify(&[JULIET]), "UnknownCA"),
        (impostor.certify(&[JULIET]), "DecryptError"),
        (
            world.authority.certify_server(&[JULIET]),
            "UnsupportedCertificate",
        ),
    ] {
        assert_eq!(world.alert(&certificate).await, wanted);
    }
    // They have done nothing to others.
    let outcome = world.external(Way::Bosh, &world.juliet()).await;
    assert_eq!(outcome.as_deref(), Ok(JULIET));
}

#[tokio::test]
async fn where_no_authority_is_believed_no_certificate_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = certify_server(&folder, "server", &["localhost"]);
    let server = server_with_file(&[], &format!("[tls]\n{}", own(&folder, "server"))).await;
    let stranger = Authority::new("Nobody's").certify(&[JULIET]);
    let config = config(&certificate, Some(&stranger));
    for way in WAYS {
        let stream = connect(server.address(), "localhost", &config).await;
        let client = Client::open(way, "localhost", stream.expect("TLS")).await;
        assert_eq!(client.offered, ["ANONYMOUS"]);
    }
}

#[tokio::test]
async fn a_proxys_certificate_makes_nobody_of_its_clients() {
    let world = World::new(&["--trusted-proxy", "loopback"]).await;
    for way in WAYS {
        let client = world.open(way, Some(&world.juliet())).await;
        assert_eq!(client.offered, ["ANONYMOUS"]);
    }
}

/// Whoever is on the way can put pages into an address in clear, and a browser would show the certificate for them.
#[tokio::test]
async fn a_page_that_came_in_clear_does_not_get_its_visitors_names() {
    let world = World::new(&["--cors-origin", "http://friend.example"]).await;
    let config = config(&world.certificate, Some(&world.juliet()));
    for (origin, is_known) in [
        ("https://localhost", true),
        ("http://localhost", false),
        ("http://friend.example", false),
    ] {
        for way in WAYS {
            let stream = connect(world.server.address(), "localhost", &config).await;
            let stream = stream.expect("TLS");
            let client = Client::open_from(Some(origin), way, "localhost", stream).await;
            assert_eq!(client.is_known(), is_known, "{way:?} {origin}");
        }
    }
}

/// BOSH: the certificate of the connection that asked for the session counts, for as long as the session lives.
#[tokio::test]
async fn a_session_does_not_change_its_owner_with_its_connection() {
    let world = World::new(&[]).await;
    let (juliet, romeo) = (
        world.juliet(),
        world.authority.certify(&["romeo@localhost"]),
    );
    for (first, then, known) in [
        (None, Some(&juliet), None),
        (Some(&juliet), None, Some(JULIET)),
        (Some(&juliet), Some(&romeo), Some(JULIET)),
        (Some(&romeo), Some(&juliet), Some("romeo@localhost")),
    ] {
        for authzid in ["", JULIET, "romeo@localhost"] {
            let mut client = world.open(Way::Bosh, first).await;
            let config = config(&world.certificate, then);
            let stream = connect(world.server.address(), "localhost", &config).await;
            client.move_to(stream.expect("TLS")).await;
            let outcome = client.external(authzid).await;
            let wanted = match known {
                None => Err("invalid-mechanism".to_owned()),
                Some(known) if authzid.is_empty() || authzid == known => Ok(known.to_owned()),
                Some(_) => Err("invalid-authzid".to_owned()),
            };
            assert_eq!(outcome, wanted, "{authzid:?}");
        }
    }
}

#[tokio::test]
async fn only_certificate_holders_come_in_where_guests_are_shut_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new("The site's authority");
    fs::write(folder.path().join("ca.pem"), authority.pem()).expect("a file");
    let certificate = certify_server(&folder, "server", &["localhost"]);
    let file = format!(
        "[sign-on]\nanonymous = false\n[tls]\n{}{}",
        own(&folder, "server"),
        ca(&folder, "ca.pem")
    );
    let server = server_with_file(&[], &file).await;
    let juliet = authority.certify(&[JULIET]);
    for way in WAYS {
        for (own, wanted) in [(Some(&juliet), &["EXTERNAL"][..]), (None, &[])] {
            let config = config(&certificate, own);
            let stream = connect(server.address(), "localhost", &config).await;
            let client = Client::open(way, "localhost", stream.expect("TLS")).await;
            assert_eq!(client.offered, wanted);
        }
    }
}

/// The commands of `docs/webchat.md`, as they stand there.
#[tokio::test]
async fn the_documented_commands_make_a_certificate_that_logs_in() {
    const DOCUMENT: &str = include_str!("../../../../docs/webchat.md");
    const DOMAIN: &str = "chat.example.org";
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["openssl, the authority", "openssl, a person"] {
        let marker = format!("<!-- block: {name} -->\n```sh\n");
        let (_, rest) = DOCUMENT.split_once(&marker).expect(name);
        let (commands, _) = rest.split_once("```").expect("an end");
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-e", "-c", commands])
            .current_dir(folder.path());
        let output = shell.output();
        let output = output.expect("a shell");
        let said = String::from_utf8_lossy(&output.stderr);
        let is_ci = std::env::var("CI").is_ok_and(|value| value == "true" || value == "1");
        if output.status.code() == Some(127) && !is_ci {
            // Nobody may be reading.
            let _ = writeln!(std::io::stderr(), "SKIPPED: there is no openssl");
            return;
        }
        assert!(output.status.success(), "{said}");
    }
    let certificate = certify_server(&folder, "server", &[DOMAIN]);
    let file = format!(
        "domain = '{DOMAIN}'\npublic-url = 'https://{DOMAIN}/'\n[tls]\n{}{}",
        own(&folder, "server"),
        ca(&folder, "ca.pem")
    );
    let server = server_with_file(&[], &file).await;
    let pem = |name: &str| folder.path().join(name);
    let juliet = CertificateDer::from_pem_file(pem("juliet.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(pem("juliet.key")).expect("a key");
    let config = with_identity(&certificate, vec![juliet], key);
    for way in WAYS {
        let stream = connect(server.address(), DOMAIN, &config).await;
        let client = Client::open(way, DOMAIN, stream.expect("TLS")).await;
        let outcome = client.external("").await;
        assert_eq!(outcome.as_deref(), Ok("juliet@chat.example.org"));
    }
}

// ---- several domains

#[tokio::test]
async fn an_authority_of_one_domain_makes_nobody_of_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let [of_a, of_b] = ["a", "b"].map(|name| {
        let authority = Authority::new(name);
        let path = folder.path().join(format!("{name}-ca.pem"));
        fs::write(path, authority.pem()).expect("a file");
        authority
    });
    let names = ["a.example", "b.example", "c.example"];
    let certificate = certify_server(&folder, "server", &names);
    let file = format!(
        "[tls]\n{}[[host]]\ndomain = 'a.example'\n[host.tls]\n{}[[host]]\ndomain = 'b.example'\n[host.tls]\n{}\
         [[host]]\ndomain = 'c.example'\n",
        own(&folder, "server"),
        ca(&folder, "a-ca.pem"),
        ca(&folder, "b-ca.pem"),
    );
    let server = server_with_file(&[], &file).await;
    let addresses = ["juliet@a.example", "juliet@b.example", "juliet@c.example"];
    let (by_a, by_b) = (of_a.certify(&addresses), of_b.certify(&addresses));
    let (by_a, by_b) = (
        config(&certificate, Some(&by_a)),
        config(&certificate, Some(&by_b)),
    );
    // The name in the handshake, and the domain that is asked for then.
    for (config, name, domain, is_known) in [
        (&by_a, "a.example", "a.example", true),
        (&by_b, "b.example", "b.example", true),
        (&by_a, "a.example", "b.example", false),
        (&by_b, "b.example", "a.example", false),
        (&by_a, "a.example", "c.example", false),
        (&by_a, "c.example", "a.example", false),
    ] {
        for way in WAYS {
            let stream = connect(server.address(), name, config).await;
            let client = Client::open(way, domain, stream.expect("TLS")).await;
            assert_eq!(client.is_known(), is_known, "{way:?} {name} {domain}");
            if is_known {
                let wanted = format!("juliet@{domain}");
                assert_eq!(client.external(&wanted).await, Ok(wanted));
            }
        }
    }
    assert_eq!(
        alert(server.address(), "b.example", &by_a).await,
        "UnknownCA"
    );
}

/// Names of one domain are not those of another, whoever signs for both.
#[tokio::test]
async fn domains_that_share_an_authority_do_not_share_their_users() {
    let folder = tempfile::tempdir().expect("a folder");
    let authority = Authority::new("of both");
    fs::write(folder.path().join("ca.pem"), authority.pem()).expect("a file");
    let certificate = certify_server(&folder, "server", &["a.example", "b.example"]);
    let file = format!(
        "[tls]\n{}{}[[host]]\ndomain = 'a.example'\n[[host]]\ndomain = 'b.example'\n",
        own(&folder, "server"),
        ca(&folder, "ca.pem"),
    );
    let server = server_with_file(&[], &file).await;
    let config = config(
        &certificate,
        Some(&authority.certify(&["juliet@a.example"])),
    );
    for name in ["a.example", "b.example"] {
        for (domain, is_known) in [("a.example", true), ("b.example", false)] {
            for way in WAYS {
                let stream = connect(server.address(), name, &config).await;
                let client = Client::open(way, domain, stream.expect("TLS")).await;
                assert_eq!(client.is_known(), is_known, "{way:?} {name} {domain}");
                let outcome = client.external("juliet@a.example").await;
                assert_eq!(outcome.is_ok(), is_known, "{way:?} {name} {domain}");
            }
        }
    }
}

// ---- the file of authorities

#[tokio::test]
async fn other_authorities_are_believed_at_once_and_a_broken_file_changes_nothing() {
    let world = World::new(&[]).await;
    let path = world.folder.path().join("ca.pem");
    let juliet = world.juliet();
    let replace = |text: &str| {
        fs::write(&path, text).expect("a file");
        world.server.reload_certificates();
    };
    for broken in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
        replace(broken);
        let outcome = world.external(Way::Bosh, &juliet).await;
        assert_eq!(outcome.as_deref(), Ok(JULIET), "{broken}");
    }
    fs::remove_file(&path).expect("our own file");
    world.server.reload_certificates();
    let outcome = world.external(Way::Bosh, &juliet).await;
    assert_eq!(outcome.as_deref(), Ok(JULIET), "no file");

    let next = Authority::new("The next authority");
    replace(&format!("{}{}", world.authority.pem(), next.pem()));
    for own in [&juliet, &next.certify(&[JULIET])] {
        let outcome = world.external(Way::WebSocket, own).await;
        assert_eq!(outcome.as_deref(), Ok(JULIET), "both");
    }
    replace(&next.pem());
    assert_eq!(world.alert(&juliet).await, "UnknownCA");
}

#[tokio::test]
async fn a_changed_file_of_authorities_is_found_within_a_minute() {
    let world = World::new(&[]).await;
    let outcome = world.external(Way::Bosh, &world.juliet()).await;
    assert_eq!(outcome.as_deref(), Ok(JULIET));
    let next = Authority::new("The next authority");
    let path = world.folder.path().join("ca.pem");
    fs::write(&path, next.pem()).expect("a file");
    // The clock of a file may be coarse.
    let file = fs::File::options().write(true).open(&path).expect("a file");
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_hours(1))
        .expect("a time");
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
    let config = config(&world.certificate, Some(&next.certify(&[JULIET])));
    let client = common::soon("the new authority", async {
        loop {
            let stream = connect(world.server.address(), "localhost", &config).await;
            // In TLS 1.3 the refusal comes after the handshake: with the first answer.
            let mut stream = stream.expect("TLS");
            let refused = stream.read_u8();
            if tokio::time::timeout(Duration::from_millis(200), refused)
                .await
                .is_err()
            {
                return Client::open(Way::Bosh, "localhost", stream).await;
            }
        }
    });
    assert!(client.await.is_known());
}

/// A resumed connection would have the certificate of the one before, and nobody would look at it again.
#[tokio::test]
async fn every_connection_shows_its_certificate_anew() {
    let world = World::new(&[]).await;
    let juliet = world.juliet();
    for version in [&version::TLS12, &version::TLS13] {
        let config = of_versions(&[version], &world.certificate, Some(&juliet));
        for _ in 0..3 {
            let stream = connect(world.server.address(), "localhost", &config).await;
            let stream = stream.expect("TLS");
            assert_eq!(
                stream.get_ref().1.handshake_kind(),
                Some(HandshakeKind::Full)
            );
            let client = Client::open(Way::Bosh, "localhost", stream).await;
            assert_eq!(client.external("").await.as_deref(), Ok(JULIET));
        }
    }
}

#[tokio::test]
async fn a_file_of_authorities_that_cannot_be_used_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    certify_server(&folder, "server", &["localhost"]);
    let authority = Authority::new("The site's authority");
    let one = authority.certify(&[JULIET]).certificate.pem();
    let with_one = format!("{}{one}", authority.pem());
    for (text, wanted) in [
        (None, "cannot read"),
        (Some(""), "holds no certificate"),
        (Some("no certificate at all"), "holds no certificate"),
        (
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n"),
            "is no PEM file",
        ),
        (
            Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            "certificate 1 in",
        ),
        (Some(&with_one), "certificate 2 in"),
    ] {
        let path: PathBuf = folder.path().join("ca.pem");
        if let Some(text) = text {
            fs::write(&path, text).expect("a file");
        }
        let file = |name: &str| folder.path().join(name).display().to_string();
        let line = [
            "webchat",
            "--data",
            "none",
            "--listen",
            "127.0.0.1:0",
            "--tls-certificate",
            &file("server.pem"),
            "--tls-key",
            &file("server.key"),
            "--tls-client-ca",
            &file("ca.pem"),
        ];
        let settings = Options::parse_from(line).settle().expect("settings");
        let error = Server::start(&settings).await.expect_err(wanted);
        let error = error.to_string();
        assert!(error.contains(wanted) && !error.contains('\n'), "{error}");
        assert!(error.contains(&format!("'{}'", file("ca.pem"))), "{error}");
    }
}
