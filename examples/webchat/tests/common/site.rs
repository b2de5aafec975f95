//! The site of `examples/site` beside a web chat with TLS: what single sign-on is tried with.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
};

use axum::serve::Listener;
use clap::Parser as _;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring},
    server::TlsStream,
};

/// The bytes 0 to 31.
pub const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Where everything is.
pub struct Surroundings {
    /// Options of the web chat.
    pub options: Vec<String>,
    /// The site, by https as browsers find it.
    pub site: String,
    /// A certificate that is nobody's but its own.
    pub certificate: PathBuf,
}

/// Starts the site, for a web chat with these options. It ends with the process.
pub fn start(folder: &Path, more: &[&str]) -> Surroundings {
    std::fs::create_dir_all(folder).expect("a folder for tests");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        path
    };
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let certificate = write("server.pem", &cert.pem());
    let key = write("server.key", &signing_key.serialize_pem());
    let keys = write("sign-on.keys", &format!("test {KEY}\n"));
    let chat = free_port();
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();

    let (sender, receiver) = mpsc::channel();
    let line = [
        "site".to_owned(),
        "--chat".to_owned(),
        format!("https://{chat}/"),
        "--key-file".to_owned(),
        text(&keys),
    ];
    let tls = acceptor(&certificate, &key);
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async move {
            let here = (Ipv4Addr::LOCALHOST, 0);
            let plain = TcpListener::bind(here).await.expect("a port");
            let secure = TcpListener::bind(here).await.expect("a port");
            let address = |listener: &TcpListener| listener.local_addr().expect("an address");
            let (inside, outside) = (address(&plain), address(&secure));
            let public = ["--public-url".to_owned(), format!("https://{outside}/")];
            let options = site::Options::parse_from(line.into_iter().chain(public));
            let router = site::router(options.settle(outside).expect("usable options"));
            sender.send((inside, outside)).expect("somebody waits");
            // The chat asks at the one, browsers come to the other.
            let served = tokio::join!(
                axum::serve(plain, router.clone()),
                axum::serve(Secure(secure, tls), router)
            );
            panic!("the site has ended: {served:?}");
        });
    });
    let (inside, outside) = receiver.recv().expect("the site has started");
    let options = [
        ("--listen", chat.to_string()),
        ("--tls-certificate", text(&certificate)),
        ("--tls-key", text(&key)),
        ("--sign-on-key-file", text(&keys)),
        ("--sign-on-check-url", format!("http://{inside}/check")),
        ("--sign-on-login-url", format!("https://{outside}/chat")),
        (
            "--sign-on-credentials-url",
            format!("https://{outside}/credentials"),
        ),
    ];
    Surroundings {
        options: options
            .into_iter()
            .flat_map(|(name, value)| [name.to_owned(), value])
            .chain(more.iter().map(|&option| option.to_owned()))
            .collect(),
        site: format!("https://{outside}"),
        certificate,
    }
}

/// A port that nobody has at the moment: both sides have to know it before either starts.
#[expect(clippy::disallowed_types, reason = "a test looks for a free port")]
fn free_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}

fn acceptor(certificate: &Path, key: &Path) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(certificate).expect("our own file");
    let key = PrivateKeyDer::from_pem_file(key).expect("our own file");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}

/// TLS before the site.
struct Secure(TcpListener, TlsAcceptor);

impl Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = Listener::accept(&mut self.0).await;
            // Whoever does not agree on TLS is gone.
            if let Ok(stream) = self.1.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}
