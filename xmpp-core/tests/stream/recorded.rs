//! What real clients sent to another server, replayed into ours.
//!
//! The fixtures are what one connection of each client sent, in order; the first line holds the address that it was
//! given there. XEP-0198 is left out of the replay, because no client uses it that is not offered it.

use xmpp_core::stream::{
    Channel, CloseReason, ServerConfig, ServerEvent, TcpServer, WebSocketServer,
};

use super::common::{T0, session, settle};

struct Recording {
    jid: String,
    sent: Vec<String>,
}

fn recording(text: &str) -> Recording {
    let mut parts = text.trim_end_matches('\n').split("\n----\n");
    let jid = parts
        .next()
        .unwrap()
        .strip_prefix("jid ")
        .unwrap()
        .to_owned();
    let sent = parts
        .map(without_xep_0198)
        .filter(|part| !part.is_empty())
        .collect();
    Recording { jid, sent }
}

fn without_xep_0198(part: &str) -> String {
    let mut kept = part.to_owned();
    while let Some(at) = kept.find("xmlns=\"urn:xmpp:sm:3\"") {
        let start = kept[..at].rfind('<').unwrap();
        let end = at + kept[at..].find("/>").unwrap() + 2;
        kept.replace_range(start..end, "");
    }
    kept
}

impl Recording {
    /// What was sent, from the address that the session has here.
    fn addressed(&self, sent: &str, now: Option<&xmpp_core::FullJid>) -> String {
        let Some(now) = now else {
            return sent.to_owned();
        };
        let (bare, _) = self.jid.split_once('/').unwrap();
        sent.replace(&self.jid, now.as_str())
            .replace(bare, now.to_bare().as_str())
    }

    /// Stanzas that are neither bind nor session.
    fn stanzas(&self) -> usize {
        let count = |what: &str| -> usize {
            self.sent
                .iter()
                .map(|sent| sent.matches(what).count())
                .sum()
        };
        count("<message ") + count("<presence ") + count("<presence/>") + count("<iq ")
            - count("urn:ietf:params:xml:ns:xmpp-bind")
            - count("urn:ietf:params:xml:ns:xmpp-session")
    }

    fn ends(&self) -> bool {
        let last = self.sent.last().unwrap();
        last.starts_with("<close") || last.starts_with("</stream")
    }
}

fn config() -> ServerConfig {
    ServerConfig::new("anon.lab.test")
        .unwrap()
        .allow_anonymous()
        .require_tls(false)
}

#[track_caller]
fn check(recording: &Recording, events: &[ServerEvent]) {
    let stanzas = events
        .iter()
        .filter(|e| matches!(e, ServerEvent::Stanza(_)))
        .count();
    assert_eq!(stanzas, recording.stanzas(), "{events:#?}");
    assert!(stanzas > 3);
    match events.last() {
        Some(ServerEvent::Closed {
            reason: CloseReason::ByPeer,
            condition: None,
            ..
        }) => {
            assert!(recording.ends());
        }
        Some(ServerEvent::Closed {
            reason: CloseReason::Lost,
            ..
        }) => assert!(!recording.ends()),
        other => panic!("{other:?}"),
    }
}

fn replay_websocket(text: &str) {
    let recording = recording(text);
    let mut server = WebSocketServer::new(session(config(), Channel::plain()));
    let mut events = Vec::new();
    for sent in &recording.sent {
        let message = recording.addressed(sent, server.session().jid());
        server.handle_message(T0, &message);
        events.extend(settle(&mut server));
        while let Some(message) = server.poll_message() {
            // What goes out is a document of its own, each time.
            let root = xmpp_core::xml::Element::parse(&message)
                .unwrap_or_else(|e| panic!("{message}: {e}"));
            assert!(!root.ns().is_empty(), "{message}");
        }
    }
    server.handle_eof(T0);
    events.extend(settle(&mut server));
    check(&recording, &events);
}

fn replay_tcp(text: &str) {
    let recording = recording(text);
    for chunk in [1, 7, 1460, usize::MAX] {
        let mut server = TcpServer::new(session(config(), Channel::plain()));
        let mut events = Vec::new();
        for sent in &recording.sent {
            let sent = recording.addressed(sent, server.session().jid());
            for piece in sent.as_bytes().chunks(chunk) {
                server.handle_input(T0, piece);
                events.extend(settle(&mut server));
            }
            server.poll_transmit(&mut String::new());
        }
        server.handle_eof(T0);
        events.extend(settle(&mut server));
        check(&recording, &events);
    }
}

#[test]
fn converse_14_over_websocket() {
    replay_websocket(include_str!("../fixtures/converse14-ws-anon.txt"));
}

#[test]
fn stanza_js_12_over_websocket() {
    replay_websocket(include_str!("../fixtures/stanza12-ws-anon.txt"));
}

#[test]
fn xmpp_js_0_14_over_websocket() {
    replay_websocket(include_str!("../fixtures/xmppjs0.14-ws-anon.txt"));
}

#[test]
fn xmpp_js_0_14_over_tcp() {
    replay_tcp(include_str!("../fixtures/xmppjs0.14-tcp-anon.txt"));
}

#[test]
fn slixmpp_1_17_over_tcp() {
    replay_tcp(include_str!("../fixtures/slixmpp1.17-tcp-anon.txt"));
}
