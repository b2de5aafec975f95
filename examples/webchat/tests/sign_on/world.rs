//! A hub, clients that write by hand over either transport, and a site that answers when it is told to.
#![allow(unreachable_pub, reason = "a part of a test program")]

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use testkit::Seeded;
use webchat::{
    Options,
    hub::{
        Checked, ClientCertificate, Hub, Output, Peer, Protection, RequestId, SocketId, ToSocket,
        TokenQuestion,
    },
    store::Database,
};
use xmpp_core::{
    BareJid, Random, Timestamp,
    sasl::{
        base64,
        tokens::{TokenClaims, TokenKey, TokenSigner},
    },
    xml::{Element, ns},
};

pub const SECOND: Duration = Duration::from_secs(1);
/// The bytes 0 to 31, which signs, and 1 to 32, which signed before it.
pub const KEYS: &str = "# of the site\nnow AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n\
                    before AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\n";
const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
const RESTART: &str = " to='localhost' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'";
const BOSH: &str = "http://jabber.org/protocol/httpbind";

/// What a client comes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Bosh,
    WebSocket,
}

pub const WAYS: [Way; 2] = [Way::Bosh, Way::WebSocket];

/// A mechanism and its first message.
#[derive(Clone, Debug)]
pub struct Auth(pub &'static str, pub String);

pub fn bearer(token: &str) -> Auth {
    Auth(
        "OAUTHBEARER",
        format!("n,,\u{1}auth=Bearer {token}\u{1}\u{1}"),
    )
}

pub fn x_oauth2(user: &str, token: &str) -> Auth {
    Auth("X-OAUTH2", format!("\0{user}\0{token}"))
}

pub fn plain(user: &str, token: &str) -> Auth {
    Auth("PLAIN", format!("\0{user}\0{token}"))
}

/// By the certificate; `authzid` is who the client wants to be, or empty.
pub fn external(authzid: &str) -> Auth {
    Auth("EXTERNAL", authzid.to_owned())
}

/// Whoever comes over TLS and has shown a certificate for these addresses, valid until then.
pub fn certified(addresses: &[&str], not_after: Timestamp) -> Peer {
    let addresses = addresses
        .iter()
        .map(|a| BareJid::new(a).expect("an address"));
    Peer {
        address: [192, 0, 2, 1].into(),
        protection: Protection::Tls,
        certificate: Some(ClientCertificate::new(addresses, not_after).into()),
    }
}

pub fn anonymous() -> Auth {
    Auth("ANONYMOUS", String::new())
}

/// What a login came to: the bare address, or the condition; nothing yet.
pub type Outcome = Option<Result<String, String>>;

#[expect(clippy::unnecessary_wraps, reason = "one of the outcomes")]
pub fn is(jid: &str) -> Outcome {
    Some(Ok(jid.to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "one of the outcomes")]
pub fn refused(condition: &str) -> Outcome {
    Some(Err(condition.to_owned()))
}

pub struct World {
    pub hub: Hub,
    pub now: Timestamp,
    /// What the site was asked and has not answered.
    pub asked: VecDeque<TokenQuestion>,
    store: Database,
    clients: Vec<Client>,
    requests: HashMap<RequestId, Name>,
    last_request: u64,
}

pub struct Client {
    transport: Transport,
    peer: Peer,
    /// Elements that came.
    pub heard: Vec<Element>,
    authenticated: bool,
}

enum Transport {
    Socket(SocketId),
    Bosh { sid: String, rid: u64 },
}

pub type Name = usize;

impl World {
    /// With a table `[sign-on]` for signed tokens that has these lines too.
    pub fn signed(more: &str) -> Self {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(&file, KEYS).expect("our own file");
        let path = file.path().display();
        Self::new(&format!("[sign-on]\nkey-file = '{path}'\n{more}"))
    }

    /// With one for tokens that the site is asked about.
    pub fn delegated(more: &str) -> Self {
        Self::new(&format!(
            "[sign-on]\ncheck-url = 'https://www.example.org/check'\n{more}"
        ))
    }

    /// With authorities that sign users' certificates, and these lines too. (It is TLS that reads the files.)
    pub fn certified(more: &str) -> Self {
        let tls = "[tls]\ncertificate = 'a.pem'\nkey = 'a.key'\nclient-ca = 'ca.pem'\n";
        Self::new(&format!("{tls}{more}"))
    }

    pub fn new(toml: &str) -> Self {
        let options: Options = toml::from_str(toml).expect("TOML");
        let settings = options.settle().expect("usable options");
        let now = Timestamp::from_millis(1_800_000_000_000);
        Self {
            hub: Hub::new(&settings.hosts[0], random, now),
            now,
            asked: VecDeque::new(),
            store: Database::in_memory(),
            clients: Vec::new(),
            requests: HashMap::new(),
            last_request: 0,
        }
    }

    /// Connects, protected so; the features have come.
    pub fn connect(&mut self, way: Way, protection: Protection) -> Name {
        self.connect_as(
            way,
            Peer {
                address: [192, 0, 2, 1].into(),
                protection,
                certificate: None,
            },
        )
    }

    /// Connects over TLS, and shows a certificate for these addresses that ends after so long.
    pub fn connect_with(&mut self, way: Way, addresses: &[&str], validity: Duration) -> Name {
        self.connect_as(way, certified(addresses, self.now.saturating_add(validity)))
    }

    /// The client's later requests come as these do.
    pub fn changes_to(&mut self, name: Name, peer: Peer) {
        self.clients[name].peer = peer;
    }

    /// Connects at the admin's own door, as [`connect_with`](Self::connect_with) does at everybody's.
    pub fn connect_admin_with(&mut self, addresses: &[&str], validity: Duration) -> Name {
        let peer = certified(addresses, self.now.saturating_add(validity));
        let socket = self.hub.handle_admin_open(self.now, peer.clone());
        let name = self.add(Transport::Socket(socket.expect("let in")), peer);
        self.write(name, OPEN);
        name
    }

    pub fn connect_as(&mut self, way: Way, peer: Peer) -> Name {
        let transport = match way {
            Way::WebSocket => {
                let socket = self.hub.handle_open(self.now, peer.clone());
                Transport::Socket(socket.expect("let in"))
            }
            Way::Bosh => Transport::Bosh {
                sid: String::new(),
                rid: 1,
            },
        };
        let name = self.add(transport, peer);
        match way {
            Way::WebSocket => self.write(name, OPEN),
            Way::Bosh => self.post(
                name,
                " to='localhost' ver='1.6' wait='59' hold='1' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'",
                "",
            ),
        }
        name
    }

    fn add(&mut self, transport: Transport, peer: Peer) -> Name {
        self.clients.push(Client {
            transport,
            peer,
            heard: Vec::new(),
            authenticated: false,
        });
        self.clients.len() - 1
    }

    /// The mechanisms that were offered.
    pub fn offered(&self, name: Name) -> Vec<String> {
        let mut features = self.clients[name].heard.iter();
        let features = features.find(|e| e.is("features", ns::STREAMS));
        let list = features.expect("features").child("mechanisms", ns::SASL);
        list.into_iter()
            .flat_map(xmpp_core::xml::ElementRef::children)
            .map(|mechanism| mechanism.text().into_owned())
            .collect()
    }

    /// Shows `auth`, and binds where that was enough.
    pub fn show(&mut self, name: Name, auth: &Auth) {
        self.clients[name].heard.clear();
        let text = if auth.1.is_empty() {
            "=".to_owned()
        } else {
            base64::encode(&auth.1)
        };
        let element = format!(
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='{}'>{text}</auth>",
            auth.0
        );
        self.write(name, &element);
    }

    /// A new client over TLS that shows `auth`.
    pub fn login(&mut self, way: Way, auth: &Auth) -> Name {
        let name = self.connect(way, Protection::Tls);
        self.show(name, auth);
        name
    }

    /// What the login of a new client comes to.
    pub fn try_login(&mut self, way: Way, auth: &Auth) -> Outcome {
        let name = self.login(way, auth);
        self.outcome(name)
    }

    pub fn outcome(&self, name: Name) -> Outcome {
        let heard = &self.clients[name].heard;
        if let Some(failure) = heard.iter().find(|e| e.is("failure", ns::SASL)) {
            let condition = failure.children().next().expect("a condition");
            return refused(condition.name());
        }
        let jid = self.jid(name)?;
        let (bare, _) = jid.split_once('/').expect("a full JID");
        is(bare)
    }

    /// The full address that was bound.
    pub fn jid(&self, name: Name) -> Option<String> {
        let mut heard = self.clients[name].heard.iter();
        let jid = heard.find_map(|e| e.child("bind", ns::BIND)?.child("jid", ns::BIND));
        jid.map(|jid| jid.text().into_owned())
    }

    /// The error that OAUTHBEARER told before it failed (RFC 7628 §3.2.2).
    pub fn told(&self, name: Name) -> Option<String> {
        let mut heard = self.clients[name].heard.iter();
        let challenge = heard.find(|e| e.is("challenge", ns::SASL))?;
        let json = base64::decode(&*challenge.text()).expect("base64");
        Some(String::from_utf8(json).expect("UTF-8"))
    }

    pub fn heard(&self, name: Name) -> &[Element] {
        &self.clients[name].heard
    }

    pub fn forget(&mut self, name: Name) {
        self.clients[name].heard.clear();
    }

    /// The site answers what it was asked first; gives the token.
    pub fn site_says(&mut self, checked: Checked) -> String {
        let question = self.asked.pop_front().expect("the site was asked");
        self.hub.handle_checked(self.now, question.id, checked);
        self.run();
        question.token.to_string()
    }

    pub fn write(&mut self, name: Name, xml: &str) {
        match &self.clients[name].transport {
            Transport::Socket(socket) => {
                self.hub.handle_message(self.now, *socket, xml);
                self.run();
            }
            Transport::Bosh { .. } => self.post(name, "", xml),
        }
    }

    /// The connection ends.
    pub fn hang_up(&mut self, name: Name) {
        match &self.clients[name].transport {
            Transport::Socket(socket) => {
                self.hub.handle_closed(self.now, *socket);
                self.run();
            }
            Transport::Bosh { .. } => self.post(name, " type='terminate'", ""),
        }
    }

    fn post(&mut self, name: Name, attributes: &str, payload: &str) {
        let client = &mut self.clients[name];
        let Transport::Bosh { sid, rid } = &mut client.transport else {
            panic!("not over BOSH")
        };
        let session = (!sid.is_empty()).then(|| format!(" sid='{sid}'"));
        let body = format!(
            "<body xmlns='{BOSH}' rid='{rid}'{}{attributes}>{payload}</body>",
            session.unwrap_or_default()
        );
        *rid += 1;
        self.last_request += 1;
        let id = RequestId::new(self.last_request);
        self.requests.insert(id, name);
        self.hub
            .handle_request(self.now, id, client.peer.clone(), body.as_bytes());
        self.run();
    }

    pub fn run(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            match output {
                Output::Answer(response) => {
                    self.hub.handle_written(self.now, response.id);
                    let name = self.requests[&response.id];
                    let body = Element::parse(&response.body).expect("a body");
                    if let Transport::Bosh { sid, .. } = &mut self.clients[name].transport
                        && let Some(given) = body.attr("sid")
                    {
                        given.as_ref().clone_into(sid);
                    }
                    for child in body.children() {
                        self.take(name, &child.to_element());
                    }
                }
                Output::Pending(socket) => {
                    let mut names = 0..self.clients.len();
                    let name = names.find(|name| {
                        matches!(self.clients[*name].transport, Transport::Socket(own) if own == socket)
                    });
                    while let Some(ToSocket::Text(text)) = self.hub.poll_message(socket) {
                        let element = Element::parse(&text).expect("a document");
                        self.take(name.expect("one of ours"), &element);
                    }
                }
                Output::Commit(batch) => {
                    let result = self.store.commit(&batch.commits);
                    self.hub.handle_committed(self.now, batch.ticket, &result);
                }
                Output::ReadArchive(read) => {
                    let answer = self.store.read(&read.room, &read.request);
                    self.hub.handle_archive_read(self.now, read.id, answer);
                }
                Output::CheckToken(question) => self.asked.push_back(question),
                Output::KeepBans(_) | Output::ShutDown => {}
            }
        }
    }

    /// Something came; what a client does then by itself.
    fn take(&mut self, name: Name, element: &Element) {
        let client = &mut self.clients[name];
        client.heard.push(element.clone());
        let is_bosh = matches!(client.transport, Transport::Bosh { .. });
        if element.is("success", ns::SASL) {
            client.authenticated = true;
            if is_bosh {
                self.post(name, RESTART, "");
            } else {
                self.write(name, OPEN);
            }
        } else if element.is("challenge", ns::SASL) {
            let response = base64::encode("\u{1}");
            self.write(
                name,
                &format!(
                    "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{response}</response>"
                ),
            );
        } else if element.is("features", ns::STREAMS) && client.authenticated {
            self.write(
                name,
                "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
            );
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, duration: Duration) {
        let until = self.now.saturating_add(duration);
        while let Some(at) = self.hub.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.hub.handle_timeout(self.now);
            self.run();
        }
        self.now = until;
        self.hub.handle_timeout(self.now);
        self.run();
    }

    /// A token for juliet that is good for a minute, changed.
    pub fn token(&self, change: impl FnOnce(&mut Token)) -> String {
        let mut token = Token {
            key: ("now", 0),
            audience: "webchat",
            domain: "localhost",
            subject: "juliet",
            expiry: self.now.saturating_add(60 * SECOND),
            id: None,
        };
        change(&mut token);
        let secret: Vec<u8> = (token.key.1..token.key.1 + 32).collect();
        let key = TokenKey::new(secret)
            .expect("32 bytes")
            .with_id(token.key.0);
        let mut claims = TokenClaims::new(token.subject, token.expiry);
        if let Some(id) = token.id {
            claims = claims.with_id(id);
        }
        TokenSigner::new(key, token.audience, token.domain).sign(&claims)
    }
}

/// What a token says.
pub struct Token {
    /// The key's name and first byte.
    pub key: (&'static str, u8),
    pub audience: &'static str,
    pub domain: &'static str,
    pub subject: &'static str,
    pub expiry: Timestamp,
    pub id: Option<&'static str>,
}

/// So many seconds after `now`, or before.
pub fn at(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_millis(now.as_millis().saturating_add_signed(seconds * 1000))
}

/// Reproducible, so that every run is the same run.
fn random() -> Box<dyn Random + Send> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEED: AtomicU64 = AtomicU64::new(1);
    Box::new(Seeded::new(SEED.fetch_add(1, Ordering::Relaxed)))
}
