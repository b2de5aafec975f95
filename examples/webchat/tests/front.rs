//! Where the chat lives, who may connect, and who is believed what.

mod common;

use common::{
    http::{ask, body, creation, get, post_bosh, request},
    server, soon,
    websocket::Socket,
};
use xmpp_core::xml::Element;

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
        let answer = post_bosh(address, &headers, &creation("localhost")).await;
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
            let answer = post_bosh(server.address(), &headers, &creation("localhost")).await;
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

/// BOSH 14.1: what began encrypted does not go on in the clear. Only a trusted proxy can say that it began so.
#[tokio::test]
async fn the_way_is_protected_only_if_a_trusted_proxy_says_so() {
    let trusting = server(&["--trusted-proxy", "loopback"]).await;
    let mistrusting = server(&[]).await;
    for (server, protected) in [(&trusting, true), (&mistrusting, false)] {
        let https = [("x-forwarded-proto", "https")];
        let created = post_bosh(server.address(), &https, &creation("localhost")).await;
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
