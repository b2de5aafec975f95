//! A client with a certificate, over TLS and either transport.
#![allow(unreachable_pub, reason = "a part of a test program")]

use std::{error::Error as StdError, io, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncReadExt as _, net::TcpStream};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, ConfigBuilder, RootCertStore,
        client::WantsClientCert,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName},
    },
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, client::IntoClientRequest as _},
};
use xmpp_core::{
    sasl::base64,
    xml::{Element, ElementRef, ns},
};

use crate::{authority::Certified, common::soon};

/// What a client comes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Bosh,
    WebSocket,
}

pub const WAYS: [Way; 2] = [Way::Bosh, Way::WebSocket];

/// What a login came to: the bare address, or the SASL condition.
pub type Outcome = Result<String, String>;

/// A client that believes this server, and shows this certificate if there is one.
pub fn config(trusted: &CertificateDer<'static>, own: Option<&Certified>) -> Arc<ClientConfig> {
    of_versions(rustls::ALL_VERSIONS, trusted, own)
}

/// The same that speaks no other versions of TLS.
pub fn of_versions(
    versions: &[&'static rustls::SupportedProtocolVersion],
    trusted: &CertificateDer<'static>,
    own: Option<&Certified>,
) -> Arc<ClientConfig> {
    let builder = builder(versions, trusted);
    Arc::new(match own.map(Certified::der) {
        Some((certificate, key)) => builder
            .with_client_auth_cert(vec![certificate], key)
            .expect("a certificate and its key"),
        None => builder.with_no_client_auth(),
    })
}

/// A client that believes this server, and shows a certificate that was made elsewhere.
pub fn with_identity(
    trusted: &CertificateDer<'static>,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Arc<ClientConfig> {
    let config = builder(rustls::ALL_VERSIONS, trusted).with_client_auth_cert(chain, key);
    Arc::new(config.expect("a certificate and its key"))
}

fn builder(
    versions: &[&'static rustls::SupportedProtocolVersion],
    trusted: &CertificateDer<'static>,
) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .expect("TLS")
        .with_root_certificates(roots)
}

/// A connection to the server of that name.
pub async fn connect(
    address: SocketAddr,
    name: &str,
    config: &Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let connected = TlsConnector::from(config.clone()).connect(name, stream);
    soon("a handshake", connected).await
}

/// The alert by which the server refuses the certificate.
pub async fn alert(address: SocketAddr, name: &str, config: &Arc<ClientConfig>) -> String {
    let error = match connect(address, name, config).await {
        Err(error) => error,
        // In TLS 1.3 it comes with the first bytes that are read.
        Ok(mut stream) => {
            let read = soon("an alert", stream.read_u8()).await;
            read.expect_err("nothing was asked")
        }
    };
    let inner = error
        .get_ref()
        .map(|inner| inner as &(dyn StdError + 'static));
    match inner.and_then(|inner| inner.downcast_ref()) {
        Some(rustls::Error::AlertReceived(alert)) => format!("{alert:?}"),
        _ => panic!("no alert: {error}"),
    }
}

/// A session whose features have come.
pub struct Client {
    transport: Transport,
    domain: String,
    /// The mechanisms.
    pub offered: Vec<String>,
}

enum Transport {
    Bosh(Box<Bosh>),
    Socket(Box<WebSocketStream<TlsStream<TcpStream>>>),
}

struct Bosh {
    http: http1::SendRequest<Full<Bytes>>,
    origin: Option<String>,
    sid: String,
    rid: u64,
}

impl Client {
    /// Opens a session of `domain` over `stream`.
    pub async fn open(way: Way, domain: &str, stream: TlsStream<TcpStream>) -> Self {
        Self::open_from(None, way, domain, stream).await
    }

    /// The same, as a page of this origin.
    pub async fn open_from(
        origin: Option<&str>,
        way: Way,
        domain: &str,
        stream: TlsStream<TcpStream>,
    ) -> Self {
        let mut this = Self {
            transport: match way {
                Way::Bosh => Transport::Bosh(Box::new(Bosh::new(origin, stream).await)),
                Way::WebSocket => Transport::Socket(Box::new(socket(origin, domain, stream).await)),
            },
            domain: domain.to_owned(),
            offered: Vec::new(),
        };
        let features = this.restart(" ver='1.6' wait='1' hold='1'").await;
        let list = features.child("mechanisms", ns::SASL);
        this.offered = list
            .into_iter()
            .flat_map(ElementRef::children)
            .map(|mechanism| mechanism.text().into_owned())
            .collect();
        this
    }

    /// Whether EXTERNAL is offered.
    pub fn is_known(&self) -> bool {
        self.offered.iter().any(|mechanism| mechanism == "EXTERNAL")
    }

    /// Logs in by EXTERNAL and binds.
    pub async fn external(self, authzid: &str) -> Outcome {
        self.login("EXTERNAL", authzid).await
    }

    /// Logs in by this mechanism, which says so much, and binds.
    pub async fn login(mut self, mechanism: &str, says: &str) -> Outcome {
        let text = if says.is_empty() {
            "=".to_owned()
        } else {
            base64::encode(says)
        };
        let auth = format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{mechanism}'>{text}</auth>"
        );
        let answer = self.exchange("", &auth).await;
        if answer.is("failure", ns::SASL) {
            let condition = answer.children().next().expect("a condition");
            return Err(condition.name().to_owned());
        }
        assert!(answer.is("success", ns::SASL), "{answer}");
        self.restart(" xmpp:restart='true'").await;
        let bind = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
        let bound = self.exchange("", bind).await;
        let bind = bound.child("bind", ns::BIND).expect("a bind result");
        let jid = bind.child("jid", ns::BIND).expect("a JID").text();
        let (bare, _) = jid.split_once('/').expect("a full JID");
        Ok(bare.to_owned())
    }

    /// Goes on with a session of BOSH on another connection.
    pub async fn move_to(&mut self, stream: TlsStream<TcpStream>) {
        let Transport::Bosh(bosh) = &mut self.transport else {
            panic!("a WebSocket is its connection");
        };
        let moved = Bosh::new(bosh.origin.as_deref(), stream).await;
        bosh.http = moved.http;
    }

    /// Begins a stream; the features.
    async fn restart(&mut self, attributes: &str) -> Element {
        let domain = &self.domain;
        match &mut self.transport {
            Transport::Bosh(_) => {
                let attributes = format!(
                    " to='{domain}' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'{attributes}"
                );
                self.exchange(&attributes, "").await
            }
            Transport::Socket(socket) => {
                let open = format!(
                    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{domain}' version='1.0'/>"
                );
                socket.send(Message::text(open)).await.expect("it is open");
                assert!(received(socket).await.is("open", ns::FRAMING));
                received(socket).await
            }
        }
    }

    /// Sends an element; the next that comes.
    async fn exchange(&mut self, attributes: &str, xml: &str) -> Element {
        match &mut self.transport {
            Transport::Bosh(bosh) => bosh.post(&self.domain, attributes, xml).await,
            Transport::Socket(socket) => {
                socket.send(Message::text(xml)).await.expect("it is open");
                received(socket).await
            }
        }
    }
}

impl Bosh {
    async fn new(origin: Option<&str>, stream: TlsStream<TcpStream>) -> Self {
        let (http, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
        tokio::spawn(connection);
        Self {
            http,
            origin: origin.map(str::to_owned),
            sid: String::new(),
            rid: 1,
        }
    }

    async fn post(&mut self, host: &str, attributes: &str, payload: &str) -> Element {
        let session = match &*self.sid {
            "" => String::new(),
            sid => format!(" sid='{sid}'"),
        };
        let body = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{}'{session}{attributes}>{payload}</body>",
            self.rid
        );
        self.rid += 1;
        let mut request = Request::post("/http-bind").header(header::HOST, host);
        if let Some(origin) = &self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        let request = request.body(Full::from(body)).expect("a request");
        let answer = soon("an answer", self.http.send_request(request)).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), 200);
        let body = answer.into_body().collect().await.expect("a body");
        let text = String::from_utf8(body.to_bytes().to_vec()).expect("UTF-8");
        let body = Element::parse(&text).expect("a body");
        if let Some(sid) = body.attr("sid") {
            self.sid = sid.into_owned();
        }
        body.children().next().expect("an element").to_element()
    }
}

async fn socket(
    origin: Option<&str>,
    host: &str,
    stream: TlsStream<TcpStream>,
) -> WebSocketStream<TlsStream<TcpStream>> {
    let url = format!("wss://{host}/xmpp-websocket");
    let mut request = url.into_client_request().expect("a request");
    let xmpp = "xmpp".parse().expect("a header");
    request.headers_mut().insert("sec-websocket-protocol", xmpp);
    if let Some(origin) = origin {
        let origin = origin.parse().expect("a header");
        request.headers_mut().insert(header::ORIGIN, origin);
    }
    let connected = tokio_tungstenite::client_async(request, stream);
    let (socket, _) = Box::pin(soon("a handshake", connected))
        .await
        .expect("a WebSocket");
    socket
}

async fn received(socket: &mut WebSocketStream<TlsStream<TcpStream>>) -> Element {
    let message = soon("a message", socket.next()).await.expect("a message");
    let text = message.expect("a message").into_text().expect("a text");
    Element::parse(text.as_str()).expect("a document")
}
