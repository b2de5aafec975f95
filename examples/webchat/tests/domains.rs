//! Several domains in one process: which one a request is for, and what they share.

mod common;

use std::net::SocketAddr;

use common::{
    condition,
    http::{Answer, ask, body, creation, post_bosh},
    server, server_with_file, soon,
    websocket::Socket,
};
use xmpp_core::xml::ns;

const TWO_DOMAINS: &str = "
    [[host]]
    domain = 'a.example'
    public-url = 'https://www.a.example/anon/'
    default-channel = 'foyer'

    [[host]]
    domain = 'b.example'
    names = ['chat.b.example']
    cors-origin = ['https://friend.example']
";

/// The domain whose site answers.
fn domain(answer: &Answer) -> String {
    let config: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    config["domain"].as_str().expect("a domain").to_owned()
}

#[tokio::test]
async fn host_chooses_the_domain() {
    let server = server_with_file(&[], TWO_DOMAINS).await;
    let address = server.address();
    for (host, wanted) in [
        ("a.example", "a.example"),
        ("www.A.example:443", "a.example"),
        ("b.example", "b.example"),
        ("Chat.b.example.", "b.example"),
        ("chat.b.example:8080", "b.example"),
        // No page of somebody else's can have been loaded from these.
        ("127.0.0.1:5280", "a.example"),
        ("[::1]", "a.example"),
        ("localhost", "a.example"),
    ] {
        let answer = ask(address, "/config.json", &[("host", host)]).await;
        assert_eq!(answer.status, 200, "{host}");
        assert_eq!(domain(&answer), wanted, "{host}");
    }
    // RFC 9112 §3.2.2: a request that names the whole URL means that.
    let answer = ask(
        address,
        "http://b.example/config.json",
        &[("host", "a.example")],
    )
    .await;
    assert_eq!(domain(&answer), "b.example");
}

/// A page that has its own name resolve to us (DNS rebinding) gets nothing.
#[tokio::test]
async fn an_unknown_host_is_refused() {
    let two = server_with_file(&[], TWO_DOMAINS).await;
    let here = server(&[]).await;
    for server in [&two, &here] {
        for path in ["/", "/config.json", "/http-bind", "/xmpp-websocket"] {
            let headers = [("host", "evil.example"), ("origin", "http://evil.example")];
            let answer = ask(server.address(), path, &headers).await;
            assert_eq!(answer.status, 421, "{path}");
            assert!(answer.body.contains("--host-name"), "{}", answer.body);
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        }
        // Whoever watches over the program asks by any name.
        let health = ask(server.address(), "/healthz", &[("host", "probe")]).await;
        assert_eq!(health.status, 200);
    }
}

#[tokio::test]
async fn an_unknown_host_is_the_first_domain_where_that_was_chosen() {
    let chosen = server_with_file(&["--unknown-host", "first"], TWO_DOMAINS).await;
    let answer = ask(chosen.address(), "/config.json", &[("host", "c.example")]).await;
    assert_eq!(domain(&answer), "a.example");
    // Listening for others than this machine, and no name was said.
    let open = server(&["--listen", "0.0.0.0:0"]).await;
    let address = (std::net::Ipv4Addr::LOCALHOST, open.address().port()).into();
    let answer = ask(address, "/config.json", &[("host", "c.example")]).await;
    assert_eq!(domain(&answer), "localhost");
    let named = server(&["--listen", "0.0.0.0:0", "--host-name", "d.example"]).await;
    let address = (std::net::Ipv4Addr::LOCALHOST, named.address().port()).into();
    for (host, status) in [("c.example", 421), ("d.example", 200)] {
        assert_eq!(
            ask(address, "/", &[("host", host)]).await.status,
            status,
            "{host}"
        );
    }
}

#[tokio::test]
async fn two_hosts_in_one_request_are_refused() {
    let server = server_with_file(&[], TWO_DOMAINS).await;
    let hosts = [("host", "a.example"), ("host", "b.example")];
    assert_eq!(ask(server.address(), "/", &hosts).await.status, 400);
}

#[tokio::test]
async fn a_session_is_for_the_domain_of_its_host_only() {
    let server = server_with_file(&[], TWO_DOMAINS).await;
    let address = server.address();
    let created = post_bosh(address, &[("host", "b.example")], &creation("b.example")).await;
    let sid = body(&created).attr("sid").expect("a session").into_owned();
    // The stream's `to` names another domain.
    let other = post_bosh(address, &[("host", "a.example")], &creation("b.example")).await;
    let other = body(&other);
    let unknown = other.attr("condition").as_deref() == Some("host-unknown")
        || other
            .root()
            .children()
            .any(|error| error.child("host-unknown", ns::STREAM_ERRORS).is_some());
    assert!(unknown, "{other}");
    // A session of one domain is none of the other's.
    let next =
        format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='1001' sid='{sid}'/>");
    let elsewhere = post_bosh(address, &[("host", "a.example")], &next).await;
    assert_eq!(
        body(&elsewhere).attr("condition").as_deref(),
        Some("item-not-found")
    );
    let there = post_bosh(address, &[("host", "b.example")], &next).await;
    assert_eq!(body(&there).attr("type"), None, "{}", there.body);
}

#[tokio::test]
async fn limits_of_the_server_count_over_all_domains() {
    let server = server_with_file(&["--max-sessions", "2", "--max-rooms", "1"], TWO_DOMAINS).await;
    let address = server.address();
    let mut anna = login(address, "a.example").await;
    let mut ben = login(address, "b.example").await;
    assert!(open(address, "b.example").await.is_err(), "a third session");

    let join = |domain: &str| {
        format!(
            "<presence to='hall@rooms.{domain}/nick'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        )
    };
    anna.send_stanza(&join("a.example")).await;
    let joined = soon("joining", anna.next()).await.expect("a stanza");
    assert_eq!(joined.attr("type"), None, "{joined}");
    ben.send_stanza(&join("b.example")).await;
    let refused = soon("joining", ben.next()).await.expect("a stanza");
    assert_eq!(
        condition(&refused).as_deref(),
        Some("resource-constraint"),
        "{refused}"
    );
    // As soon as there is room for it again, there is.
    drop(anna);
    let mut anna = loop {
        match open(address, "a.example").await {
            Ok(socket) => break bound(socket, "a.example").await,
            Err(()) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    // The empty room stays for a while.
    ben.send_stanza(&join("b.example")).await;
    let refused = soon("joining", ben.next()).await.expect("a stanza");
    assert_eq!(condition(&refused).as_deref(), Some("resource-constraint"));
    anna.send_stanza(&join("a.example")).await;
    let joined = soon("joining", anna.next()).await.expect("a stanza");
    assert_eq!(joined.attr("type"), None, "{joined}");
}

#[tokio::test]
async fn occupants_are_counted_over_all_domains() {
    let server = server_with_file(&["--flood-max-occupants", "1"], TWO_DOMAINS).await;
    let address = server.address();
    let mut anna = login(address, "a.example").await;
    let mut ben = login(address, "b.example").await;
    let presence = |domain: &str, leave: &str| {
        format!(
            "<presence{leave} to='hall@rooms.{domain}/nick'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        )
    };
    anna.send_stanza(&presence("a.example", "")).await;
    let joined = soon("joining", anna.next()).await.expect("a stanza");
    assert_eq!(joined.attr("type"), None, "{joined}");
    ben.send_stanza(&presence("b.example", "")).await;
    let refused = soon("joining", ben.next()).await.expect("a stanza");
    assert_eq!(condition(&refused).as_deref(), Some("resource-constraint"));
    anna.send_stanza(&presence("a.example", " type='unavailable'"))
        .await;
    soon("leaving", async {
        while anna.next().await.expect("a stanza").attr("type").as_deref() != Some("unavailable") {}
    })
    .await;
    ben.send_stanza(&presence("b.example", "")).await;
    let joined = soon("joining", ben.next()).await.expect("a stanza");
    assert_eq!(joined.attr("type"), None, "{joined}");
}

async fn open(address: SocketAddr, host: &str) -> Result<Socket, ()> {
    let headers = [("sec-websocket-protocol", "xmpp"), ("host", host)];
    let connected = soon("a handshake", Socket::connect(address, &headers)).await;
    connected.map(|(socket, _)| socket).map_err(|_| ())
}

async fn login(address: SocketAddr, domain: &str) -> Socket {
    let socket = open(address, domain).await.expect("a place");
    bound(socket, domain).await
}

async fn bound(mut socket: Socket, domain: &str) -> Socket {
    let open =
        format!("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{domain}' version='1.0'/>");
    let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
    let bind = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    for (step, answers) in [(&*open, 2), (auth, 1), (&open, 2), (bind, 1)] {
        socket.send(step).await;
        for _ in 0..answers {
            let answer = soon("login", socket.next()).await.expect("an answer");
            assert!(
                !answer.is("error", ns::STREAMS) && answer.attr("type").as_deref() != Some("error"),
                "{answer}"
            );
        }
    }
    socket
}

#[tokio::test]
async fn foreign_origins_are_listed_for_each_domain() {
    let server = server_with_file(&[], TWO_DOMAINS).await;
    for (host, status, allowed) in [
        ("a.example", 403, None),
        ("b.example", 200, Some("https://friend.example")),
    ] {
        let headers = [("host", host), ("origin", "https://friend.example")];
        let answer = post_bosh(server.address(), &headers, &creation(host)).await;
        assert_eq!(answer.status, status, "{host}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            allowed,
            "{host}"
        );
    }
}

#[tokio::test]
async fn the_name_that_a_trusted_proxy_passes_on_chooses_the_domain() {
    let trusting = server_with_file(&["--trusted-proxy", "127.0.0.1"], TWO_DOMAINS).await;
    let mistrusting = server_with_file(&[], TWO_DOMAINS).await;
    let headers = [
        ("host", "a.example"),
        ("x-forwarded-host", "chat.b.example"),
    ];
    let answer = ask(trusting.address(), "/config.json", &headers).await;
    assert_eq!(domain(&answer), "b.example");
    let answer = ask(mistrusting.address(), "/config.json", &headers).await;
    assert_eq!(domain(&answer), "a.example");
}
