//! Which domain a request is for, where the chat lives, and who is believed what.

mod common;

use std::net::SocketAddr;

use common::{
    condition,
    http::{Answer, get, request},
    server, server_with_file, soon,
    websocket::Socket,
};
use xmpp_core::xml::{Element, ns};

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

async fn ask(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Answer {
    soon(path, request(address, "GET", path, headers, ""))
        .await
        .expect("an answer")
}

async fn post(address: SocketAddr, headers: &[(&str, &str)], body: &str) -> Answer {
    soon(
        body,
        request(address, "POST", "/http-bind", headers, body.to_owned()),
    )
    .await
    .expect("an answer")
}

fn creation(domain: &str) -> String {
    format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='1000' to='{domain}' ver='1.6' wait='1' hold='1' \
         xmlns:xmpp='urn:xmpp:xbosh' xmpp:version='1.0'/>"
    )
}

fn body(answer: &Answer) -> Element {
    Element::parse(&answer.body).expect("a body")
}

/// The domain whose site answers.
fn domain(answer: &Answer) -> String {
    let config: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    config["domain"].as_str().expect("a domain").to_owned()
}

// ---- which domain

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
    let created = post(address, &[("host", "b.example")], &creation("b.example")).await;
    let sid = body(&created).attr("sid").expect("a session").into_owned();
    // The stream's `to` names another domain.
    let other = post(address, &[("host", "a.example")], &creation("b.example")).await;
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
    let elsewhere = post(address, &[("host", "a.example")], &next).await;
    assert_eq!(
        body(&elsewhere).attr("condition").as_deref(),
        Some("item-not-found")
    );
    let there = post(address, &[("host", "b.example")], &next).await;
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

// ---- where the chat lives

#[tokio::test]
async fn the_chat_lives_below_its_prefix_and_without_it() {
    let server = server(&["--public-url", "https://www.example.org/anon/"]).await;
    let address = server.address();
    // With proxies that keep the prefix, and with those that take it off.
    for prefix in ["/anon", ""] {
        for (path, status) in [
            ("/", 200),
            ("/?channel=lobby", 200),
            ("/room/lobby", 200),
            ("/room/lobby/", 200),
            ("//room/lobby", 404),
            ("/js/main.js", 200),
            ("/config.json", 200),
            ("/healthz", 200),
            ("/.well-known/host-meta", 200),
            ("/http-bind", 405),
            ("/xmpp-websocket", 426),
            ("/nothing", 404),
        ] {
            let path = format!("{prefix}{path}");
            assert_eq!(get(address, &path).await.status, status, "{path}");
        }
        let page = get(address, &format!("{prefix}/room/lobby")).await;
        assert!(page.body.contains("<base href=\"../\">"), "{prefix}");
        let page = get(address, &format!("{prefix}/room/lobby/")).await;
        assert!(page.body.contains("<base href=\"../../\">"), "{prefix}");
    }
    for (path, location) in [("/anon", "anon/"), ("/anon?channel=x", "anon/?channel=x")] {
        let answer = get(address, path).await;
        assert_eq!(answer.status, 308);
        assert_eq!(answer.header("location"), Some(location));
    }
    assert_eq!(get(address, "/anonymous/").await.status, 404);
}

/// BOSH 15.18
#[tokio::test]
async fn pages_of_the_public_url_may_connect_whatever_name_the_proxy_uses() {
    let server = server(&["--public-url", "https://www.example.org/anon/"]).await;
    let address = server.address();
    for (origin, status) in [
        ("https://www.example.org", 200),
        ("https://example.org", 403),
        ("https://www.example.org:8443", 403),
    ] {
        let headers = [("origin", origin)];
        let answer = post(address, &headers, &creation("localhost")).await;
        assert_eq!(answer.status, status, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None);
        let headers = [("origin", origin), ("sec-websocket-protocol", "xmpp")];
        let opened = Socket::connect(address, &headers).await;
        assert_eq!(opened.is_ok(), status == 200, "{origin}");
    }
    let page = get(address, "/").await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains(" wss://www.example.org;"), "{policy}");
}

#[tokio::test]
async fn foreign_origins_are_listed_for_each_domain() {
    let server = server_with_file(&[], TWO_DOMAINS).await;
    for (host, status, allowed) in [
        ("a.example", 403, None),
        ("b.example", 200, Some("https://friend.example")),
    ] {
        let headers = [("host", host), ("origin", "https://friend.example")];
        let answer = post(server.address(), &headers, &creation(host)).await;
        assert_eq!(answer.status, status, "{host}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            allowed,
            "{host}"
        );
    }
}

#[tokio::test]
async fn the_configuration_may_be_read_by_pages_that_may_connect() {
    let server = server(&["--cors-origin", "https://friend.example"]).await;
    for (origin, allowed) in [
        ("https://friend.example", Some("https://friend.example")),
        ("https://evil.example", None),
    ] {
        let answer = ask(server.address(), "/config.json", &[("origin", origin)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert_eq!(answer.header("vary"), Some("origin"));
    }
}

// ---- host-meta (XEP-0156)

#[tokio::test]
async fn host_meta_names_the_public_addresses() {
    let server = server(&["--public-url", "https://www.example.org/anon/"]).await;
    let (bosh, websocket) = (
        "https://www.example.org/anon/http-bind",
        "wss://www.example.org/anon/xmpp-websocket",
    );
    for origin in ["https://elsewhere.example", "null"] {
        let headers = [("origin", origin)];
        let xrd = ask(server.address(), "/.well-known/host-meta", &headers).await;
        assert_eq!(xrd.header("content-type"), Some("application/xrd+xml"));
        assert_eq!(xrd.header("access-control-allow-origin"), Some("*"));
        let (_, document) = xrd.body.split_once("?>").expect("an XML declaration");
        let document = Element::parse(document.trim()).expect("XML");
        assert_eq!(document.name(), "XRD");
        let namespace = " xmlns=\"http://docs.oasis-open.org/ns/xri/xrd-1.0\"";
        assert!(xrd.body.contains(namespace), "{}", xrd.body);
        let links: Vec<_> = document
            .children()
            .map(|link| {
                assert_eq!(link.name(), "Link");
                let attr = |name| link.attr(name).expect("an attribute").into_owned();
                (attr("rel"), attr("href"))
            })
            .collect();
        let wanted = [
            ("urn:xmpp:alt-connections:xbosh".to_owned(), bosh.to_owned()),
            (
                "urn:xmpp:alt-connections:websocket".to_owned(),
                websocket.to_owned(),
            ),
        ];
        assert_eq!(links, wanted);

        let json = ask(server.address(), "/.well-known/host-meta.json", &headers).await;
        assert_eq!(json.header("content-type"), Some("application/json"));
        assert_eq!(json.header("access-control-allow-origin"), Some("*"));
        let document: serde_json::Value = serde_json::from_str(&json.body).expect("JSON");
        let wanted = serde_json::json!({ "links": [
            { "rel": "urn:xmpp:alt-connections:xbosh", "href": bosh },
            { "rel": "urn:xmpp:alt-connections:websocket", "href": websocket },
        ] });
        assert_eq!(document, wanted);
    }
}

/// XEP-0156 allows https and wss links only.
#[tokio::test]
async fn there_is_no_host_meta_without_https() {
    let unsaid = server(&[]).await;
    let http = server(&["--public-url", "http://www.example.org/"]).await;
    for server in [&unsaid, &http] {
        for path in ["/.well-known/host-meta", "/.well-known/host-meta.json"] {
            let answer = get(server.address(), path).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        }
    }
}

// ---- what proxies say

/// One session from an address, and who says where it comes from.
#[tokio::test]
async fn sessions_are_counted_by_the_address_that_trusted_proxies_name() {
    let trusting = server(&[
        "--max-sessions-per-address",
        "1",
        "--trusted-proxy",
        "loopback",
    ])
    .await;
    let mistrusting = server(&[
        "--max-sessions-per-address",
        "1",
        "--trusted-proxy",
        "10.0.0.0/8",
    ])
    .await;
    for (said, trusted, mistrusted) in [
        ("192.0.2.1", true, true),
        ("192.0.2.1", false, true),
        ("10.9.9.9, 192.0.2.1", false, true),
        ("192.0.2.2", true, true),
        ("192.0.2.1, 192.0.2.3", true, true),
    ] {
        for (server, admitted) in [(&trusting, trusted), (&mistrusting, mistrusted)] {
            let headers = [("x-forwarded-for", said)];
            let answer = post(server.address(), &headers, &creation("localhost")).await;
            let answer = body(&answer);
            assert_eq!(answer.attr("sid").is_some(), admitted, "{said}: {answer}");
        }
    }
    let headers = [
        ("sec-websocket-protocol", "xmpp"),
        ("x-forwarded-for", "192.0.2.1"),
    ];
    assert!(Socket::connect(trusting.address(), &headers).await.is_err());
    assert!(
        Socket::connect(mistrusting.address(), &headers)
            .await
            .is_ok()
    );
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

/// BOSH 14.1: what began encrypted does not go on in the clear. Only a trusted proxy can say that it began so.
#[tokio::test]
async fn the_way_is_protected_only_if_a_trusted_proxy_says_so() {
    let trusting = server(&["--trusted-proxy", "loopback"]).await;
    let mistrusting = server(&[]).await;
    for (server, protected) in [(&trusting, true), (&mistrusting, false)] {
        let https = [("x-forwarded-proto", "https")];
        let created = post(server.address(), &https, &creation("localhost")).await;
        let sid = body(&created).attr("sid").expect("a session").into_owned();
        let next =
            format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='1001' sid='{sid}'/>");
        let http = [("x-forwarded-proto", "http")];
        let answer = soon(
            "an end",
            request(server.address(), "POST", "/http-bind", &http, next),
        )
        .await;
        assert_eq!(answer.is_err(), protected, "{answer:?}");
    }
}
