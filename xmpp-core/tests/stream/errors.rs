//! ERR-1 to ERR-5.

use xmpp_core::{
    stream::{Advice, CloseReason, ServerEvent, StreamError, StreamErrorCondition as C},
    xml::Element,
};

use super::common::{
    HEADER, OPEN, T0, assert_error, bound, closed, first, give, say, settle, tcp, ws,
};

fn read(children: &str) -> StreamError {
    let xml = format!("<error xmlns='http://etherx.jabber.org/streams'>{children}</error>");
    StreamError::from_element(Element::parse(&xml).unwrap().root())
}

#[test]
fn err_1_children_in_any_order() {
    let condition = "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
    let text = "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='de'>weg</text>";
    let app = "<why xmlns='u'/>";
    for children in [
        [condition, text, app],
        [condition, app, text],
        [text, condition, app],
        [text, app, condition],
        [app, condition, text],
        [app, text, condition],
    ] {
        let error = read(&children.concat());
        assert_eq!(error.condition, C::Conflict);
        assert_eq!(error.text.as_deref(), Some("weg"));
        assert_eq!(error.text_lang.as_deref(), Some("de"));
        assert_eq!(error.application.unwrap().name(), "why");
    }
    assert_eq!(read("").condition, C::UndefinedCondition);
    assert_eq!(read(text).condition, C::UndefinedCondition);
    let unknown = "<oops xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>";
    assert_eq!(read(unknown).condition, C::UndefinedCondition);
}

#[test]
fn err_1_written_in_order() {
    let application = Element::parse("<why xmlns='u'/>").unwrap();
    let error = StreamError::new(C::Conflict)
        .with_text("a & b")
        .with_application(application);
    let mut server = bound();
    server.session_mut().close_with(T0, error);
    let (out, _) = give(&mut server, "");
    assert_eq!(
        out,
        "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>\
         <text xmlns='urn:ietf:params:xml:ns:xmpp-streams' xml:lang='en'>a &amp; b</text>\
         <why xmlns='u'/></stream:error></stream:stream>"
    );
}

#[test]
fn err_2_nothing_is_processed_after_an_error() {
    let mut server = bound();
    let (out, events) = give(
        &mut server,
        "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error><message/>",
    );
    assert_eq!(
        out, "</stream:stream>",
        "an error is not answered by an error"
    );
    let [
        ServerEvent::Closed {
            reason: CloseReason::ErrorReceived(error),
            ..
        },
    ] = &events[..]
    else {
        panic!("{events:?}");
    };
    assert_eq!(error.condition, C::Reset);
    // The sender of an error likewise.
    let mut server = bound();
    let (out, events) = give(&mut server, "<oops/><message/></stream:stream>");
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(out.matches("</stream:stream>").count(), 1);
    assert_eq!(give(&mut server, "<message/>").0, "");
}

#[test]
fn err_3_own_header_first() {
    for garbage in [
        "garbage",
        "<",
        "\u{0}",
        "GET / HTTP/1.1\r\n\r\n",
        "</stream:stream>",
        "<a b>",
    ] {
        let mut server = tcp();
        let (mut out, mut events) = give(&mut server, garbage);
        if events.is_empty() {
            // Not yet wrong: it is when more comes.
            (out, events) = give(&mut server, " <");
        }
        assert!(
            out.starts_with("<?xml version='1.0'?><stream:stream xmlns='jabber:client' "),
            "{garbage}: {out}"
        );
        assert!(out.contains(" from='example.org' "), "{out}");
        assert_error(&(out, events), C::NotWellFormed);
    }
}

#[test]
fn err_4_advice_of_every_condition() {
    for condition in C::ALL {
        let advice = Advice::after(&StreamError::new(condition));
        let expected = match condition {
            C::SystemShutdown => Advice::BackoffSpread,
            C::Reset => Advice::Reconnect,
            C::HostUnknown | C::InvalidNamespace => Advice::NextCandidate,
            C::HostGone => Advice::Rediscover,
            C::NotAuthorized => Advice::Reauthenticate,
            C::ResourceConstraint => Advice::BackoffLong,
            C::ConnectionTimeout
            | C::InternalServerError
            | C::NotWellFormed
            | C::PolicyViolation
            | C::RemoteConnectionFailed
            | C::UndefinedCondition => Advice::Backoff,
            _ => Advice::Stop,
        };
        assert_eq!(advice, expected, "{condition}");
    }
    let error = read(
        "<see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'> [2001:db8::1]:5222\n</see-other-host>",
    );
    assert_eq!(
        Advice::after(&error),
        Advice::ReconnectTo("[2001:db8::1]:5222".to_owned())
    );
}

#[test]
fn err_5_websocket_close() {
    let mut server = ws();
    say(&mut server, OPEN);
    let (out, events) = say(
        &mut server,
        "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>",
    );
    // BOSH 15.12: this very text.
    assert_eq!(
        out,
        ["<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" />"]
    );
    assert!(matches!(
        events[..],
        [ServerEvent::Closed {
            reason: CloseReason::ByPeer,
            ..
        }]
    ));
}

#[test]
fn a_session_stays_defined_after_its_end() {
    let mut server = tcp();
    let answer = first("<a>");
    assert_error(&answer, C::BadFormat);
    give(&mut server, "<a>");
    for _ in 0..3 {
        server.handle_input(T0, HEADER.as_bytes());
        server.handle_eof(T0);
        server.handle_timeout(T0);
        server.session_mut().close(T0);
        server.session_mut().close_with(T0, C::Reset.into());
        server.pump(T0);
    }
    assert!(settle(&mut server).is_empty());
    assert!(server.is_closed());
    assert_eq!(server.poll_timeout(), None);
    let mut out = String::new();
    server.poll_transmit(&mut out);
    assert_eq!(out, "");
    assert_eq!(closed(&answer.1), Some(C::BadFormat));
}
