//! LIM-1 and what a peer may make a session hold.

use xmpp_core::{
    stream::{
        Channel, ServerConfig, ServerEvent, StreamErrorCondition as C, TcpServer, WebSocketServer,
    },
    xml::Limits,
};

use super::common::{
    AUTH, BIND, HEADER, OPEN, T0, assert_error, bound, closed, give, open_config, say, session,
    settle, tcp, ws,
};

/// `<message>` of exactly `bytes` bytes.
fn message(bytes: usize) -> String {
    let frame = "<message><body></body></message>";
    frame.replace(
        "></body>",
        &format!(">{}</body>", "x".repeat(bytes - frame.len())),
    )
}

/// Names that differ in a number.
fn numbered(n: usize, before: &str, behind: &str) -> String {
    let numbers: Vec<String> = (0..n).map(|i| i.to_string()).collect();
    let between = format!("{behind}{before}");
    format!("{before}{}{behind}", numbers.join(&between))
}

fn too_big() -> String {
    "<stanza-too-big xmlns='urn:xmpp:errors'/>".to_owned()
}

#[test]
fn lim_1_bytes_before_and_after_login() {
    // RFC 6120 §13.12: 10,000 bytes are the least that a server takes.
    let auth = |bytes: usize| {
        let frame = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'>=</auth>";
        frame.replace(">=<", &format!(">{}=<", " ".repeat(bytes - frame.len())))
    };
    let mut server = tcp();
    let (out, _) = give(&mut server, &format!("{HEADER}{}", auth(10_000)));
    assert!(out.contains("<success"), "{out}");
    let mut server = tcp();
    let answer = give(&mut server, &format!("{HEADER}{}", auth(10_001)));
    assert_error(&answer, C::PolicyViolation);
    assert!(answer.0.contains(&too_big()), "{}", answer.0);

    let (_, events) = give(&mut bound(), &message(256 * 1024));
    assert!(matches!(events[..], [ServerEvent::Stanza(_)]));
    let answer = give(&mut bound(), &message(256 * 1024 + 1));
    assert_error(&answer, C::PolicyViolation);
    assert!(answer.0.contains(&too_big()));
}

#[test]
fn lim_1_while_streaming() {
    // The end never comes: the error does, at the same byte for any chunking.
    for chunk in [1, 1000, 1460, 65_536] {
        let mut server = bound();
        let text = message(300_000);
        let mut given = 0;
        for piece in text.as_bytes().chunks(chunk) {
            server.handle_input(T0, piece);
            given += piece.len();
            if server.is_closed() {
                break;
            }
        }
        assert!(
            given <= 256 * 1024 + chunk,
            "{given} bytes in chunks of {chunk}"
        );
        assert_eq!(closed(&settle(&mut server)), Some(C::PolicyViolation));
    }
}

#[test]
fn lim_1_the_header_counts_too() {
    let mut server = tcp();
    let head = HEADER.replace("to=", &format!("x='{}' to=", "y".repeat(10_000)));
    assert_error(&give(&mut server, &head), C::PolicyViolation);
    let prefixes = numbered(50_000, " xmlns:p", "='u'");
    let answer = give(
        &mut tcp(),
        &HEADER.replace(" to=", &format!("{prefixes} to=")),
    );
    assert_error(&answer, C::PolicyViolation);
}

#[test]
fn lim_1_elements_depth_attributes() {
    let nested = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
    let wide = |n: usize| format!("<message>{}</message>", "<a/>".repeat(n - 1));
    let attributes = |n: usize| {
        let list = numbered(n, " a", "=''");
        format!("<message{list}/>")
    };
    let stanza = |inner: String| format!("<message>{inner}</message>");
    for (good, bad) in [
        (stanza(nested(63)), stanza(nested(64))),
        (wide(25_000), wide(25_001)),
        (attributes(64), attributes(65)),
    ] {
        let (_, events) = give(&mut bound(), &good);
        assert!(matches!(events[..], [ServerEvent::Stanza(_)]), "{events:?}");
        assert_error(&give(&mut bound(), &bad), C::PolicyViolation);
    }
    // Before login less is allowed.
    let deep = nested(17).replacen("<a>", "<a xmlns='u'>", 1);
    assert_error(
        &give(&mut tcp(), &format!("{HEADER}{deep}")),
        C::PolicyViolation,
    );
}

#[test]
fn lim_1_over_websocket() {
    let mut server = ws();
    say(&mut server, OPEN);
    let (out, events) = say(
        &mut server,
        &format!("{}{}", AUTH.replace("/>", ">"), " ".repeat(10_001)),
    );
    assert_eq!(closed(&events), Some(C::PolicyViolation));
    // BOSH 15.17.
    assert!(out[0].contains(&too_big()), "{out:?}");
    let mut server = ws();
    for message in [
        OPEN,
        AUTH,
        OPEN,
        &BIND.replacen("<iq ", "<iq xmlns='jabber:client' ", 1),
    ] {
        say(&mut server, message);
    }
    let big = message(256 * 1024).replacen("<message>", "<message xmlns='jabber:client'>", 1);
    let (_, events) = say(&mut server, &big);
    assert_eq!(closed(&events), Some(C::PolicyViolation));
}

#[test]
fn limits_change_with_the_login_even_in_one_write() {
    let script = format!("{HEADER}{AUTH}{HEADER}{BIND}{}", message(200_000));
    let (_, events) = give(&mut tcp(), &script);
    assert!(
        matches!(events.last(), Some(ServerEvent::Stanza(_))),
        "{events:?}"
    );
}

#[test]
fn limits_of_the_configuration() {
    let mut small = Limits::SERVER_FROM_CLIENT;
    small.stanza_bytes = 20_000;
    let config: ServerConfig = open_config().with_limits(Limits::SERVER_BEFORE_LOGIN, small);
    let mut server = TcpServer::new(session(config, Channel::plain()));
    let (out, _) = give(&mut server, &format!("{HEADER}{AUTH}{HEADER}{BIND}"));
    assert!(out.contains("<max-bytes>20000</max-bytes>"), "{out}");
    assert_error(&give(&mut server, &message(20_001)), C::PolicyViolation);
}

#[test]
fn a_waiting_session_does_not_hold_without_bound() {
    // The router takes its time with the bind while the client sends on.
    let mut server = tcp();
    server.handle_input(T0, format!("{HEADER}{AUTH}{HEADER}{BIND}").as_bytes());
    assert!(!server.wants_input());
    let stanza = message(1000);
    let mut given = 0;
    while !server.is_closed() {
        server.handle_input(T0, stanza.as_bytes());
        given += stanza.len();
        assert!(given < 400_000);
    }
    assert!(
        given > 256 * 1024,
        "what a patient server would take is taken"
    );
    assert_eq!(
        closed(&settle_unanswered(&mut server)),
        Some(C::PolicyViolation)
    );

    let mut server = ws();
    for message in [OPEN, AUTH, OPEN] {
        say(&mut server, message);
    }
    server.handle_message(T0, &BIND.replacen("<iq ", "<iq xmlns='jabber:client' ", 1));
    let message = stanza.replacen("<message>", "<message xmlns='jabber:client'>", 1);
    for _ in 0..400 {
        server.handle_message(T0, &message);
    }
    assert!(server.is_closed());
}

fn settle_unanswered(server: &mut TcpServer) -> Vec<ServerEvent> {
    std::iter::from_fn(|| server.poll_event()).collect()
}

#[test]
fn an_endless_stream_of_spaces_costs_nothing() {
    let mut server = bound();
    for _ in 0..1000 {
        server.handle_input(T0, &[b' '; 1460]);
        assert!(settle(&mut server).is_empty());
    }
    assert!(server.wants_input());
}

#[test]
fn empty_inputs_change_nothing() {
    let mut server = tcp();
    for piece in ["", HEADER, "", AUTH, "", HEADER, "", BIND, ""] {
        server.handle_input(T0, piece.as_bytes());
        let events = settle(&mut server);
        assert!(
            !events
                .iter()
                .any(|e| matches!(e, ServerEvent::Closed { .. }))
        );
    }
    assert!(server.session().jid().is_some());
    let _: fn(_) -> WebSocketServer = WebSocketServer::new;
}
