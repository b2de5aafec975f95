//! Empty, truncated, oversized, foreign and wrong input on each XMPP endpoint gets the condition that the
//! specification names, at once.

mod common;

use std::time::Duration;

use common::{
    bosh::Bosh,
    http::{Answer, post},
    server, soon,
    websocket::Socket,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::{Error, Message};
use xmpp_core::xml::{Element, ns};

const HTTPBIND: &str = "http://jabber.org/protocol/httpbind";

/// The condition of a terminal body, or of the HTTP status that says the same to a client that sent no `ver`
/// (BOSH 12.1).
fn terminal(answer: &Answer) -> String {
    match answer.status.as_u16() {
        400 => return "bad-request".to_owned(),
        403 => return "policy-violation".to_owned(),
        404 => return "item-not-found".to_owned(),
        status => assert_eq!(status, 200, "{}", answer.body),
    }
    let body = Element::parse(&answer.body).unwrap_or_else(|e| panic!("{e}: {}", answer.body));
    assert!(body.is("body", ns::HTTPBIND), "{body}");
    assert_eq!(body.attr("type").as_deref(), Some("terminate"), "{body}");
    body.attr("condition").expect("a condition").into_owned()
}

/// BOSH 1.6 to 1.10, 2.1, 2.9, 2.11, 12
#[tokio::test]
async fn a_broken_bosh_request_is_told_so() {
    let server = server(&[]).await;
    let creation = |attributes: &str| {
        format!("<body xmlns='{HTTPBIND}' ver='1.6' wait='9' hold='1' {attributes}/>")
    };
    let large = format!(
        "<body xmlns='{HTTPBIND}' rid='1' to='localhost' ver='1.6'>{}</body>",
        " ".repeat(300_000)
    );
    for (what, request, conditions) in [
        ("empty", String::new(), &["bad-request"][..]),
        ("no XML", "hello".to_owned(), &["bad-request"]),
        (
            "truncated",
            format!("<body xmlns='{HTTPBIND}' rid='1' to='localhost'"),
            &["bad-request"],
        ),
        (
            "not closed",
            format!("<body xmlns='{HTTPBIND}' rid='1' to='localhost' ver='1.6'>"),
            &["bad-request"],
        ),
        (
            "no namespace",
            "<body rid='1' to='localhost' ver='1.6'/>".to_owned(),
            &["bad-request"],
        ),
        (
            "wrong namespace",
            "<body xmlns='jabber:client' rid='1' to='localhost'/>".to_owned(),
            &["bad-request"],
        ),
        (
            "wrong name",
            format!("<bodi xmlns='{HTTPBIND}' rid='1' to='localhost'/>"),
            &["bad-request"],
        ),
        (
            "comment",
            format!("<body xmlns='{HTTPBIND}' rid='1' to='localhost'><!-- --></body>"),
            &["bad-request"],
        ),
        (
            "DTD",
            format!(
                "<!DOCTYPE a [<!ENTITY b 'c'>]><body xmlns='{HTTPBIND}' rid='1' to='localhost'/>"
            ),
            &["bad-request"],
        ),
        ("no rid", creation("to='localhost'"), &["bad-request"]),
        (
            "rid zero",
            creation("rid='0' to='localhost'"),
            &["bad-request"],
        ),
        (
            "rid too large",
            creation("rid='9007199254740992' to='localhost'"),
            &["bad-request"],
        ),
        (
            "rid no number",
            creation("rid='one' to='localhost'"),
            &["bad-request"],
        ),
        (
            "negative wait",
            format!(
                "<body xmlns='{HTTPBIND}' rid='7' to='localhost' ver='1.6' wait='-1' hold='1'/>"
            ),
            &["bad-request"],
        ),
        ("no domain", creation("rid='7'"), &["improper-addressing"]),
        (
            "foreign domain",
            creation("rid='7' to='elsewhere.example'"),
            &["host-unknown"],
        ),
        (
            "unknown sid",
            format!("<body xmlns='{HTTPBIND}' rid='7' sid='0123456789'/>"),
            &["item-not-found"],
        ),
        ("too large", large, &["policy-violation", "bad-request"]),
    ] {
        let answer = post(server.address(), "/http-bind", request).await;
        let condition = terminal(&answer);
        // A stream error says it too.
        let said = conditions.contains(&&*condition)
            || (condition == "remote-stream-error" && answer.body.contains(conditions[0]));
        assert!(said, "{what}: {}", answer.body);
    }
}

/// A request that stops in the middle holds up nobody else.
#[tokio::test]
async fn a_request_that_breaks_off_is_forgotten() {
    let server = server(&[]).await;
    for part in [
        "POST /http-bind HTTP/1.1\r\nHost: x\r\nContent-Le",
        "POST /http-bind HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n<body xmlns=",
        "GET /xmpp-websocket HTTP/1.1\r\nHost: x\r\nUpgrade: webso",
    ] {
        let mut stream = tokio::net::TcpStream::connect(server.address())
            .await
            .expect("a connection");
        stream
            .write_all(part.as_bytes())
            .await
            .expect("it takes bytes");
        stream.shutdown().await.expect("a half-closed connection");
        let mut rest = Vec::new();
        // Closed by the server, with or without an error.
        let _ = soon("the end", stream.read_to_end(&mut rest)).await;
    }
    Bosh::login(server.address()).await;
}

/// BOSH 9.2, 9.5, 9.10
#[tokio::test]
async fn a_rid_outside_the_window_ends_the_session() {
    for distance in [3i64, 1000, -10] {
        let server = server(&[]).await;
        let user = Bosh::login(server.address()).await;
        let rid = user.rid.saturating_add_signed(distance);
        let answer = post(server.address(), "/http-bind", user.body(rid, "", "")).await;
        assert_eq!(terminal(&answer), "item-not-found", "{distance}");
        let after = post(server.address(), "/http-bind", user.body(user.rid, "", "")).await;
        assert_eq!(terminal(&after), "item-not-found", "{distance}");
    }
}

/// BOSH 9.4: the same answer, and nothing is done twice.
#[tokio::test]
async fn a_repeated_request_gets_the_same_answer() {
    let server = server(&[]).await;
    let user = Bosh::login(server.address()).await;
    let ping = "<iq xmlns='jabber:client' type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";
    let request = user.body(user.rid, "", ping);
    let first = post(server.address(), "/http-bind", request.clone()).await;
    let second = post(server.address(), "/http-bind", request).await;
    assert!(first.body.contains("id='p'"), "{}", first.body);
    assert_eq!(first.body, second.body);
}

/// BOSH 8
#[tokio::test]
async fn a_terminated_session_is_gone() {
    let server = server(&[]).await;
    let user = Bosh::login(server.address()).await;
    let farewell = "<presence xmlns='jabber:client' type='unavailable'/>";
    let request = user.body(user.rid, " type='terminate'", farewell);
    let answer = post(server.address(), "/http-bind", request).await;
    assert!(answer.body.contains("terminate"), "{}", answer.body);
    let after = post(
        server.address(),
        "/http-bind",
        user.body(user.rid + 1, "", ""),
    )
    .await;
    assert_eq!(terminal(&after), "item-not-found");
}

/// BOSH 15.1, 15.18; HDR-17
#[tokio::test]
async fn a_handshake_that_is_not_ours_is_refused() {
    let server = server(&[]).await;
    for (headers, status) in [
        (&[][..], 400),
        (&[("sec-websocket-protocol", "chat")], 400),
        (
            &[
                ("sec-websocket-protocol", "xmpp"),
                ("origin", "https://evil.example"),
            ],
            403,
        ),
        (
            &[("sec-websocket-protocol", "xmpp"), ("origin", "null")],
            403,
        ),
    ] {
        match Socket::connect(server.address(), headers)
            .await
            .err()
            .map(|e| *e)
        {
            Some(Error::Http(response)) => assert_eq!(response.status(), status, "{headers:?}"),
            other => panic!("{headers:?}: {other:?}"),
        }
    }
    let several = [("sec-websocket-protocol", "chat, xmpp")];
    let (_, response) = Socket::connect(server.address(), &several)
        .await
        .expect("a handshake");
    assert_eq!(response.headers()["sec-websocket-protocol"], "xmpp");
    let plain = common::http::get(server.address(), "/xmpp-websocket").await;
    assert_eq!(plain.status, 426);
    assert_eq!(plain.header("upgrade"), Some("websocket"));
}

/// BOSH 15.3, 15.4, 15.7, 15.14, 15.16; HDR-17
#[tokio::test]
async fn a_broken_websocket_message_ends_the_stream_with_its_condition() {
    const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
    let open = format!("<open xmlns='{FRAMING}' to='localhost' version='1.0'/>");
    let large = format!(
        "<message xmlns='jabber:client'><body>{}</body></message>",
        "x".repeat(300_000)
    );
    for (what, messages, condition) in [
        ("empty", vec![String::new()], "bad-format not-well-formed"),
        ("leading space", vec![format!(" {open}")], "bad-format not-well-formed"),
        ("no XML", vec!["hello".to_owned()], "bad-format not-well-formed"),
        ("truncated", vec![open[..40].to_owned()], "not-well-formed bad-format"),
        ("TCP framing", vec!["<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='localhost' version='1.0'>".to_owned()], "not-well-formed bad-format invalid-namespace"),
        ("wrong namespace", vec!["<open xmlns='jabber:client' to='localhost' version='1.0'/>".to_owned()], "invalid-namespace bad-format"),
        ("stanza first", vec!["<presence xmlns='jabber:client'/>".to_owned()], "bad-format not-authorized"),
        ("unknown host", vec![open.replace("localhost", "elsewhere.example")], "host-unknown"),
        ("no host", vec![format!("<open xmlns='{FRAMING}' version='1.0'/>")], "improper-addressing"),
        ("no version", vec![format!("<open xmlns='{FRAMING}' to='localhost'/>")], "unsupported-version"),
        ("stanza before login", vec![open.clone(), "<presence xmlns='jabber:client'/>".to_owned()], "not-authorized"),
        ("two elements", vec![open.clone(), "<presence xmlns='jabber:client'/><presence xmlns='jabber:client'/>".to_owned()], "bad-format not-well-formed"),
        ("no namespace", vec![open.clone(), "<presence/>".to_owned()], "invalid-namespace unsupported-stanza-type bad-format"),
        ("DTD", vec![open.clone(), "<!DOCTYPE a><presence xmlns='jabber:client'/>".to_owned()], "restricted-xml"),
        ("too large", vec![open.clone(), large], "policy-violation"),
    ] {
        let server = server(&[]).await;
        let mut socket = Socket::xmpp(server.address()).await;
        for message in &messages {
            socket.send(message).await;
        }
        let mut seen = Vec::new();
        while let Some(element) = soon(what, socket.next()).await {
            seen.push(element.clone());
            if element.is("close", ns::FRAMING) {
                socket.send(&format!("<close xmlns='{FRAMING}'/>")).await;
            }
        }
        // Our own header comes first, even so (ERR-3).
        assert!(seen.first().is_some_and(|e| e.is("open", ns::FRAMING)), "{what}: {seen:?}");
        let error = seen.iter().find(|e| e.is("error", ns::STREAMS));
        let error = error.unwrap_or_else(|| panic!("{what}: {seen:?}"));
        let given = error.children().next().expect("a condition").name().to_owned();
        assert!(condition.split(' ').any(|c| c == given), "{what}: {given}");
        assert!(seen.last().is_some_and(|e| e.is("close", ns::FRAMING)), "{what}: {seen:?}");
        let frame = socket.closed.expect("a close frame");
        assert_eq!(u16::from(frame.code), 1000, "{what}");
    }
}

/// A client need not wait for the answer of the handshake to say the first thing.
#[tokio::test]
async fn what_comes_with_the_handshake_is_read_behind_it() {
    let server = server(&[]).await;
    let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
    let handshake = "GET /xmpp-websocket HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Sec-WebSocket-Protocol: xmpp\r\n\r\n";
    let mut bytes = handshake.as_bytes().to_vec();
    // Text, final; masked by nothing but zeros.
    bytes.extend([0x81, 0x80 | u8::try_from(open.len()).expect("short")]);
    bytes.extend([0; 4]);
    bytes.extend(open.as_bytes());
    let mut stream = tokio::net::TcpStream::connect(server.address())
        .await
        .expect("a connection");
    stream.write_all(&bytes).await.expect("written");
    let mut answer = Vec::new();
    soon("the features", async {
        while !String::from_utf8_lossy(&answer).contains("</stream:features>") {
            assert_ne!(stream.read_buf(&mut answer).await.expect("read"), 0);
        }
    })
    .await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
    // The answer to this key in RFC 6455, 1.3.
    let accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    assert!(answer.contains(accept), "{answer}");
    assert!(answer.contains("<open "), "{answer}");
}

/// BOSH 15.2: text only.
#[tokio::test]
async fn a_binary_message_closes_the_socket_with_1003() {
    use futures_util::SinkExt;
    let server = server(&[]).await;
    let mut socket = Socket::open(server.address()).await;
    socket
        .stream
        .send(Message::binary(&b"<presence/>"[..]))
        .await
        .expect("it is sent");
    while soon("the close frame", socket.next()).await.is_some() {}
    assert_eq!(socket.closed.map(|frame| u16::from(frame.code)), Some(1003));
}

#[tokio::test]
async fn a_message_beyond_all_measure_closes_the_socket_with_1009() {
    use futures_util::SinkExt;
    let server = server(&[]).await;
    let mut socket = Socket::open(server.address()).await;
    // The server may hang up before it has taken everything.
    let _ = socket
        .stream
        .send(Message::text("x".repeat(2_000_000)))
        .await;
    while soon("the close frame", socket.next()).await.is_some() {}
    if let Some(frame) = socket.closed {
        assert_eq!(u16::from(frame.code), 1009);
    }
}

/// BOSH 15.10
#[tokio::test]
async fn a_websocket_is_closed_by_close_elements_then_frames() {
    let server = server(&[]).await;
    let mut socket = Socket::open(server.address()).await;
    socket
        .send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")
        .await;
    let close = soon("a close", socket.next()).await.expect("an element");
    assert!(close.is("close", ns::FRAMING), "{close}");
    assert!(soon("the close frame", socket.next()).await.is_none());
    assert_eq!(socket.closed.map(|frame| u16::from(frame.code)), Some(1000));
}

/// BOSH 15.13: answered by the WebSocket layer.
#[tokio::test]
async fn a_silent_websocket_is_pinged_and_given_up() {
    use futures_util::StreamExt;
    let server = server(&["--websocket-ping", "1"]).await;
    let mut socket = Socket::open(server.address()).await;
    // Reading answers pings, so this one lives on.
    let alive = tokio::time::timeout(Duration::from_millis(3500), socket.stream.next());
    match alive.await {
        Ok(Some(Ok(Message::Ping(_)))) => {}
        other => panic!("{other:?}"),
    }
    let until = tokio::time::Instant::now() + Duration::from_millis(3500);
    while let Ok(message) = tokio::time::timeout_at(until, socket.stream.next()).await {
        assert!(matches!(message, Some(Ok(Message::Ping(_)))), "{message:?}");
    }
    // This one reads nothing any more.
    let before = tokio::time::Instant::now();
    tokio::time::sleep(Duration::from_millis(4500)).await;
    let ended = soon("the end", async {
        while let Some(Ok(_)) = socket.stream.next().await {}
        tokio::time::Instant::now()
    });
    assert!(ended.await - before < Duration::from_secs(8));
}
