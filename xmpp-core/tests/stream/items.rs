//! A session without a codec, as a BOSH connection manager drives it.

use xmpp_core::{
    stream::{
        Channel, CloseReason, OutItem, ServerEvent, ServerSession, Session,
        StreamErrorCondition as C, StreamHeader, StreamItem,
    },
    xml::Element,
};

use super::common::{T0, accept, open_config, session};

/// What comes out, by kind and beginning.
fn out(session: &mut ServerSession) -> Vec<String> {
    let mut items = Vec::new();
    while let Some(item) = session.poll_item() {
        items.push(match item {
            OutItem::Open(header) => format!("open from {}", header.from.as_deref().unwrap()),
            OutItem::Close => "close".to_owned(),
            OutItem::Features(text)
            | OutItem::Error(text)
            | OutItem::Stanza(text)
            | OutItem::Nonza(text) => text.split([' ', '>', '/']).next().unwrap().to_owned(),
            other => panic!("{other:?}"),
        });
    }
    items
}

fn open(to: Option<&str>) -> StreamItem {
    StreamItem::Open(StreamHeader {
        to: to.map(str::to_owned),
        version: Some("1.0".to_owned()),
        ..StreamHeader::default()
    })
}

fn element(text: &str) -> StreamItem {
    StreamItem::Element(Element::parse(text).unwrap())
}

const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
const BIND: &str = "<iq xmlns='jabber:client' type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

/// A session that has logged in and waits for the restart.
fn logged_in() -> ServerSession {
    let mut session = session(open_config(), Channel::trusted_proxy_tls());
    session.handle_item(T0, open(Some("example.org")));
    assert_eq!(
        out(&mut session),
        ["open from example.org", "<stream:features"]
    );
    assert!(!session.take_restart());
    session.handle_item(T0, element(AUTH));
    assert_eq!(out(&mut session), ["<success"]);
    assert!(session.take_restart());
    assert!(!session.take_restart(), "told once");
    session
}

#[test]
fn hdr_18_a_login_in_items() {
    // BOSH 13.4: the restart may leave `to` out.
    for to in [Some("example.org"), None] {
        let mut session = logged_in();
        session.handle_item(T0, open(to));
        assert_eq!(
            out(&mut session),
            ["open from example.org", "<stream:features"]
        );
        session.handle_item(T0, element(BIND));
        assert!(!session.ready());
        let mut events = Vec::new();
        while let Some(event) = session.poll_event() {
            if let Some((id, answer)) = accept(&event) {
                session.resolve(id, answer).unwrap();
            }
            events.push(event);
        }
        assert!(matches!(
            events[..],
            [
                ServerEvent::Authenticated { .. },
                ServerEvent::Bind { .. },
                ServerEvent::Bound { .. }
            ]
        ));
        assert!(session.ready());
        assert_eq!(out(&mut session), ["<iq"]);
        session.handle_item(T0, StreamItem::Close);
        assert_eq!(out(&mut session), ["close"]);
        assert!(matches!(
            session.poll_event(),
            Some(ServerEvent::Closed {
                reason: CloseReason::ByPeer,
                ..
            })
        ));
    }
}

#[test]
fn two_restarts() {
    let mut session = logged_in();
    session.handle_item(T0, open(None));
    session.handle_item(T0, open(None));
    assert_eq!(
        out(&mut session),
        [
            "open from example.org",
            "<stream:features",
            "<stream:error",
            "close"
        ]
    );
    assert!(session.is_closed());
}

#[test]
fn stanzas_in_place_of_the_restart() {
    let mut session = logged_in();
    session.handle_item(T0, element("<message xmlns='jabber:client'/>"));
    assert_eq!(
        out(&mut session),
        ["open from example.org", "<stream:error", "close"]
    );
}

#[test]
fn an_item_while_the_session_waits_ends_it() {
    let mut session = logged_in();
    session.handle_item(T0, open(None));
    session.handle_item(T0, element(BIND));
    assert!(!session.ready());
    session.handle_item(T0, element("<message xmlns='jabber:client'/>"));
    let last = std::iter::from_fn(|| session.poll_event()).last();
    assert!(
        matches!(
            last,
            Some(ServerEvent::Closed {
                condition: Some(C::PolicyViolation),
                ..
            })
        ),
        "{last:?}"
    );
}

#[test]
fn limits_switch_with_the_login() {
    let session = session(open_config(), Channel::plain());
    assert_eq!(session.limits().stanza_bytes, 10_000);
    assert_eq!(logged_in().limits().stanza_bytes, 256 * 1024);
}
