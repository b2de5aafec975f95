//! What the tests share.

use std::sync::Arc;

use xmpp_core::{
    Random, Timestamp,
    sasl::{self, LookupKind, Registry, ScramKeys, ScramSha256},
    stream::{
        Answer, BindAnswer, Channel, Codec, Link, ServerConfig, ServerEvent, ServerSession,
        StreamErrorCondition, TcpServer, WebSocketServer,
    },
    xml::{Element, WriteXml, Writer, ns},
};

pub(crate) const T0: Timestamp = Timestamp::from_millis(1_700_000_000_000);

pub(crate) const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
     xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";
pub(crate) const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.org' version='1.0'/>";
pub(crate) const AUTH: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
pub(crate) const BIND: &str = "<iq type='set' id='b1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
     <resource>r</resource></bind></iq>";

/// A generator whose output depends on its seed alone (splitmix64).
#[derive(Debug)]
pub(crate) struct Seeded(pub(crate) u64);

impl Random for Seeded {
    fn fill(&mut self, dest: &mut [u8]) {
        for byte in dest {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *byte = u8::try_from((z ^ (z >> 31)) & 0xff).unwrap();
        }
    }
}

pub(crate) fn random() -> Box<dyn Random + Send> {
    Box::new(Seeded(7))
}

/// Anybody may log in, in clear.
pub(crate) fn open_config() -> ServerConfig {
    ServerConfig::new("example.org")
        .unwrap()
        .with_domain("other.example")
        .unwrap()
        .allow_anonymous()
        .require_tls(false)
}

/// Accounts: every user's password is `pencil`.
pub(crate) fn account_config() -> ServerConfig {
    let sasl =
        sasl::ServerConfig::new([1; 32]).answers([LookupKind::PASSWORD, LookupKind::SCRAM_SHA_256]);
    ServerConfig::new("example.org")
        .unwrap()
        .with_sasl(Registry::default(), sasl)
}

pub(crate) fn session(config: ServerConfig, channel: Channel) -> ServerSession {
    ServerSession::new(Arc::new(config), channel, T0, random())
}

pub(crate) fn tcp() -> TcpServer {
    tcp_with(open_config())
}

pub(crate) fn tcp_with(config: ServerConfig) -> TcpServer {
    TcpServer::new(session(config, Channel::plain()))
}

pub(crate) fn ws() -> WebSocketServer {
    WebSocketServer::new(session(open_config(), Channel::plain()))
}

/// The answer that accepts: every bind, and `pencil` for every user but `nobody`.
pub(crate) fn accept(event: &ServerEvent) -> Option<(xmpp_core::stream::LookupId, Answer)> {
    match event {
        ServerEvent::Bind { id, .. } => Some((*id, BindAnswer::Accept.into())),
        ServerEvent::Lookup { id, lookup } => Some((*id, check(lookup).into())),
        _ => None,
    }
}

fn check(lookup: &sasl::Lookup) -> sasl::Answer {
    match lookup {
        sasl::Lookup::Password(check) => {
            check.against_plaintext((check.authcid() != "nobody").then_some("pencil"))
        }
        sasl::Lookup::ScramKeys { authcid, .. } if authcid == "nobody" => sasl::Answer::UnknownUser,
        sasl::Lookup::ScramKeys { .. } => sasl::Answer::ScramKeys(
            ScramKeys::derive::<ScramSha256>("pencil", b"0123456789abcdef", 4096).unwrap(),
        ),
        other => panic!("{other:?}"),
    }
}

/// Takes all events, and answers those that ask.
pub(crate) fn settle<C: Codec>(link: &mut Link<C, ServerSession>) -> Vec<ServerEvent> {
    let mut events = Vec::new();
    while let Some(event) = link.poll_event() {
        if let Some((id, answer)) = accept(&event) {
            link.session_mut().resolve(id, answer).unwrap();
            link.pump(T0);
        }
        events.push(event);
    }
    events
}

/// Gives bytes, settles what is asked, returns what is sent.
pub(crate) fn give(server: &mut TcpServer, input: &str) -> (String, Vec<ServerEvent>) {
    server.handle_input(T0, input.as_bytes());
    let events = settle(server);
    let mut out = String::new();
    server.poll_transmit(&mut out);
    (out, events)
}

/// As [`give`], one message.
pub(crate) fn say(server: &mut WebSocketServer, message: &str) -> (Vec<String>, Vec<ServerEvent>) {
    server.handle_message(T0, message);
    let events = settle(server);
    (
        std::iter::from_fn(|| server.poll_message()).collect(),
        events,
    )
}

/// A server whose client is bound as `…@example.org/r`.
pub(crate) fn bound() -> TcpServer {
    let mut server = tcp();
    let script = format!("{HEADER}{AUTH}{HEADER}{BIND}");
    let (_, events) = give(&mut server, &script);
    assert!(
        matches!(events.last(), Some(ServerEvent::Bound { .. })),
        "{events:?}"
    );
    server
}

/// The condition of the stream error that ended the session, `None` for an end without one.
pub(crate) fn closed(events: &[ServerEvent]) -> Option<StreamErrorCondition> {
    match events.last() {
        Some(ServerEvent::Closed { condition, .. }) => *condition,
        other => panic!("not closed: {other:?}"),
    }
}

/// Checks that the session ended with this error: event, own header, error and end on the wire.
#[track_caller]
pub(crate) fn assert_error(
    (out, events): &(String, Vec<ServerEvent>),
    condition: StreamErrorCondition,
) {
    assert_eq!(closed(events), Some(condition), "{out}");
    let start = out
        .find("<stream:error>")
        .unwrap_or_else(|| panic!("no error in {out}"));
    let error = format!("<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>");
    assert!(out[start..].starts_with(&error), "{out}");
    assert!(out.ends_with("</stream:error></stream:stream>"), "{out}");
}

/// The answer to `input` as the first bytes of a stream.
pub(crate) fn first(input: &str) -> (String, Vec<ServerEvent>) {
    give(&mut tcp(), input)
}

/// A stanza given as text.
pub(crate) struct Xml(Element);

pub(crate) fn xml(text: &str) -> Xml {
    Xml(Element::parse(text).unwrap())
}

impl WriteXml for Xml {
    fn write_xml(&self, w: &mut Writer<'_>) {
        self.0.write_xml(w);
    }
}

/// `<message to='a@b'><body>text</body></message>`.
pub(crate) struct Message<'a>(pub(crate) &'a str);

impl WriteXml for Message<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        w.attr("to", "a@b");
        w.text_element("body", ns::CLIENT, self.0);
        w.end(message);
    }
}
