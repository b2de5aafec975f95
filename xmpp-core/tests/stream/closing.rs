//! CLS-1 to CLS-4, timers and the backlog.

use std::time::Duration;

use xmpp_core::stream::{
    Advice, CloseReason, Misuse, ServerEvent, Session, StreamErrorCondition as C,
};

use super::common::{
    AUTH, HEADER, Message, OPEN, T0, assert_error, bound, closed, give, open_config, say, settle,
    tcp, tcp_with, ws,
};

#[test]
fn cls_1_stanzas_arrive_until_the_peers_end() {
    let mut server = bound();
    server.session_mut().send(&Message("last")).unwrap();
    server.session_mut().close(T0);
    assert_eq!(
        server.session_mut().send(&Message("late")),
        Err(Misuse::Closed)
    );
    let (out, events) = give(&mut server, "<message id='1'/>");
    assert_eq!(
        out,
        "<message to='a@b'><body>last</body></message></stream:stream>"
    );
    assert!(matches!(events[..], [ServerEvent::Stanza(_)]), "{events:?}");
    let (out, events) = give(&mut server, "</stream:stream>");
    assert_eq!(out, "");
    assert!(
        matches!(
            events[..],
            [ServerEvent::Closed {
                reason: CloseReason::Local,
                advice: Advice::None,
                ..
            }]
        ),
        "{events:?}"
    );
}

#[test]
fn cls_1_the_peers_end_is_awaited_for_5_s() {
    let mut server = bound();
    server.session_mut().close(T0);
    let deadline = T0.saturating_add(Duration::from_secs(5));
    assert_eq!(server.poll_timeout(), Some(deadline));
    server.handle_timeout(T0.saturating_add(Duration::from_millis(4999)));
    assert!(!server.is_closed());
    server.handle_timeout(deadline);
    assert!(server.is_closed());
    assert_eq!(closed(&settle(&mut server)), None);
}

#[test]
fn cls_2_the_peers_end_is_answered_behind_what_waits() {
    let mut server = bound();
    server.session_mut().send(&Message("due")).unwrap();
    let (out, events) = give(&mut server, "</stream:stream>");
    assert_eq!(
        out,
        "<message to='a@b'><body>due</body></message></stream:stream>"
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
fn cls_3_bytes_behind_the_end_and_an_end_without_tag() {
    let mut server = bound();
    let (_, events) = give(&mut server, "</stream:stream><garbage");
    assert_eq!(events.len(), 1);
    for cut in ["", "<message><bo"] {
        let mut server = bound();
        give(&mut server, cut);
        server.handle_eof(T0);
        let events = settle(&mut server);
        assert!(
            matches!(
                events[..],
                [ServerEvent::Closed {
                    reason: CloseReason::Lost,
                    condition: None,
                    ..
                }]
            ),
            "{events:?}"
        );
    }
}

#[test]
fn a_close_before_the_header_still_has_one() {
    let mut server = tcp();
    server.session_mut().close(T0);
    let (out, _) = give(&mut server, "");
    assert!(
        out.starts_with("<?xml version='1.0'?><stream:stream "),
        "{out}"
    );
    assert!(out.ends_with("</stream:stream>"));
    let mut server = ws();
    say(&mut server, OPEN);
    server.session_mut().close(T0);
    assert_eq!(
        server.poll_message().as_deref(),
        Some("<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" />")
    );
}

#[test]
fn kep_4_login_within_60_s() {
    let end = T0.saturating_add(Duration::from_mins(1));
    for script in [
        String::new(),
        HEADER.to_owned(),
        format!("{HEADER}{AUTH}{HEADER}"),
    ] {
        let mut server = tcp();
        let (mut before, _) = give(&mut server, &script);
        assert_eq!(server.poll_timeout(), Some(end));
        server.handle_timeout(T0.saturating_add(Duration::from_millis(59_999)));
        assert!(!server.is_closed());
        server.handle_timeout(end);
        let (out, events) = give(&mut server, "");
        before.push_str(&out);
        assert_error(&(before, events), C::ConnectionTimeout);
    }
    let mut server = bound();
    assert_eq!(server.poll_timeout(), None);
    server.handle_timeout(T0.saturating_add(Duration::from_secs(1 << 30)));
    assert!(!server.is_closed());
}

#[test]
fn time_that_goes_backwards_counts_as_the_latest_seen() {
    let mut server = tcp();
    let late = T0.saturating_add(Duration::from_secs(59));
    server.handle_input(late, HEADER.as_bytes());
    server.session_mut().close(T0);
    assert_eq!(
        server.poll_timeout(),
        Some(late.saturating_add(Duration::from_secs(5)))
    );
}

#[test]
fn lim_4_a_peer_that_does_not_read_is_cut_off() {
    let mut server = tcp_with(open_config().with_max_backlog(10_000));
    give(
        &mut server,
        &format!("{HEADER}{AUTH}{HEADER}{}", super::common::BIND),
    );
    let text = "x".repeat(1000);
    let mut sent = 0;
    while server.session_mut().send(&Message(&text)).is_ok() {
        sent += 1;
        assert!(server.session().backlog() <= 10_000);
    }
    assert_eq!(sent, 9);
    assert_eq!(server.session_mut().send(&Message("")), Err(Misuse::Closed));
    let answer = give(&mut server, "");
    assert_error(&answer, C::ResourceConstraint);
    assert!(
        answer.0.starts_with("<stream:error>"),
        "what waited is dropped"
    );
    // Who reads gets everything.
    let mut server = tcp_with(open_config().with_max_backlog(10_000));
    give(
        &mut server,
        &format!("{HEADER}{AUTH}{HEADER}{}", super::common::BIND),
    );
    for _ in 0..100 {
        server.session_mut().send(&Message(&text)).unwrap();
        assert!(give(&mut server, "").0.len() > 1000);
    }
}

#[test]
fn stanzas_are_sent_only_when_bound() {
    let mut server = tcp();
    assert_eq!(
        server.session_mut().send(&Message("")),
        Err(Misuse::NotReady)
    );
    give(&mut server, &format!("{HEADER}{AUTH}{HEADER}"));
    assert_eq!(
        server.session_mut().send(&Message("")),
        Err(Misuse::NotReady)
    );
}

#[test]
fn cls_1_nothing_counts_from_one_who_has_not_logged_in() {
    for script in [
        String::new(),
        HEADER.to_owned(),
        format!("{HEADER}{AUTH}{HEADER}"),
    ] {
        let mut server = tcp();
        give(&mut server, &script);
        server.session_mut().close(T0);
        give(&mut server, "");
        let head = if script.is_empty() { HEADER } else { "" };
        let late = format!(
            "{head}<message/>{AUTH}{}<foo xmlns='u'/>",
            super::common::BIND
        );
        let (out, events) = give(&mut server, &late);
        assert_eq!((out.as_str(), events.len()), ("", 0), "{events:?}");
        let (_, events) = give(&mut server, "</stream:stream>");
        assert_eq!(closed(&events), None);
    }
    // Nor does one who has get answers behind the end.
    let mut server = bound();
    server.session_mut().close(T0);
    give(&mut server, "");
    let session =
        "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>";
    for late in [
        session,
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        AUTH,
        "<foo xmlns='u'/>",
    ] {
        assert_eq!(give(&mut server, late).0, "");
    }
    assert!(!server.is_closed());
    // What cannot be read ends it.
    let (out, events) = give(&mut server, "<!-- x -->");
    assert_eq!(out, "");
    assert!(matches!(
        events.last(),
        Some(ServerEvent::Closed {
            reason: CloseReason::Local,
            ..
        })
    ));
}

#[test]
fn lim_4_the_sessions_own_answers_count_too() {
    let mut server = tcp_with(open_config().with_max_backlog(1000));
    give(
        &mut server,
        &format!("{HEADER}{AUTH}{HEADER}{}", super::common::BIND),
    );
    let session =
        "<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>";
    for _ in 0..10_000 {
        server.handle_input(T0, session.as_bytes());
        assert!(server.session().backlog() < 100_000);
    }
    assert_error(&give(&mut server, ""), C::ResourceConstraint);
}
