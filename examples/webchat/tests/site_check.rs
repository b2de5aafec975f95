//! The question to a site whose token it is, over real HTTP: the site answers, refuses, is slow, broken, or not there.

mod common;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::StatusCode, response::Redirect, routing::post};
use common::{TRANSPORTS, Transport, http, server_with_file, soon, websocket::Socket};
use tokio::net::TcpListener;
use webchat::Server;
use xmpp_core::{
    sasl::base64,
    xml::{Element, ElementRef, ns},
};

/// What a client behind a proxy that ended TLS looks like.
const BEHIND_TLS: (&str, &str) = ("x-forwarded-proto", "https");
const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";

/// A site that does what the token says. It keeps the forms that it got.
async fn site() -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let forms = Arc::new(Mutex::new(Vec::new()));
    let kept = forms.clone();
    let check = post(move |form: String| {
        kept.lock().expect("no panic").push(form.clone());
        async move {
            let token = form
                .split('&')
                .next()
                .and_then(|t| t.strip_prefix("token="));
            let good = |padding: usize| {
                let padding = "x".repeat(padding);
                format!("{{\"active\": true, \"sub\": \"juliet\", \"scope\": \"{padding}\"}}")
            };
            match token.unwrap_or_default() {
                "good" => (StatusCode::OK, good(0)),
                "refused" => (StatusCode::OK, "{\"active\": false}".to_owned()),
                "late" => {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    (StatusCode::OK, good(0))
                }
                "slow" => {
                    tokio::time::sleep(Duration::from_secs(30)).await;
                    (StatusCode::OK, good(0))
                }
                "long" => (StatusCode::OK, good(10_000)),
                "endless" => (StatusCode::OK, good(20_000)),
                "nameless" => (StatusCode::OK, "{\"active\": true}".to_owned()),
                "page" => (StatusCode::OK, "<html>Please log in</html>".to_owned()),
                "unauthorized" => (StatusCode::UNAUTHORIZED, good(0)),
                _ => (StatusCode::SERVICE_UNAVAILABLE, good(0)),
            }
        }
    });
    let router = Router::new()
        .route("/check", check)
        .route("/moved", post(|| async { Redirect::temporary("check") }));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, forms)
}

async fn chat(check: &str) -> Server {
    let table = format!("[sign-on]\ncheck-url = '{check}'\ncheck-timeout = 1\n");
    server_with_file(&["--trusted-proxy", "loopback"], &table).await
}

/// Shows a token; `None` when it opens, else the condition.
async fn show(address: SocketAddr, transport: Transport, token: &str) -> Option<String> {
    let message = base64::encode(format!("n,,\u{1}auth=Bearer {token}\u{1}\u{1}"));
    let auth = format!(
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='OAUTHBEARER'>{message}</auth>"
    );
    let response = format!(
        "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</response>",
        base64::encode("\u{1}")
    );
    let verdict = |element: &Element| match element.name() {
        "success" => Some(None),
        "failure" => {
            let condition = element.children().next().expect("a condition");
            Some(Some(condition.name().to_owned()))
        }
        _ => None,
    };
    match transport {
        Transport::WebSocket => {
            let headers = [("sec-websocket-protocol", "xmpp"), BEHIND_TLS];
            let (mut socket, _) = Socket::connect(address, &headers).await.expect("let in");
            socket.send(OPEN).await;
            loop {
                let element = soon("an answer", socket.next()).await.expect("an answer");
                if let Some(verdict) = verdict(&element) {
                    return verdict;
                }
                if element.is("features", ns::STREAMS) {
                    socket.send(&auth).await;
                } else if element.is("challenge", ns::SASL) {
                    socket.send(&response).await;
                }
            }
        }
        Transport::Bosh => {
            let creation = http::creation("localhost");
            let created = http::post_bosh(address, &[BEHIND_TLS], &creation).await;
            let sid = http::body(&created)
                .attr("sid")
                .expect("a sid")
                .into_owned();
            let mut next = auth;
            for rid in 1001.. {
                let body = format!(
                    "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}'>{next}</body>"
                );
                let answer = http::post_bosh(address, &[BEHIND_TLS], &body).await;
                let body = http::body(&answer);
                next = String::new();
                for element in body.children().map(ElementRef::to_element) {
                    if let Some(verdict) = verdict(&element) {
                        return verdict;
                    }
                    assert!(element.is("challenge", ns::SASL), "{element}");
                    next.clone_from(&response);
                }
            }
            unreachable!("the loop has no end")
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clear_answer_counts_and_anything_else_is_temporary() {
    let (site, forms) = site().await;
    let chat = chat(&format!("http://{site}/check")).await;
    let temporary = Some("temporary-auth-failure");
    for transport in TRANSPORTS {
        for (token, wanted) in [
            ("good", None),
            ("refused", Some("not-authorized")),
            ("late", None),
            ("slow", temporary),
            ("long", None),
            ("endless", temporary),
            ("nameless", temporary),
            ("page", temporary),
            ("unauthorized", temporary),
            ("broken", temporary),
        ] {
            let began = tokio::time::Instant::now();
            let shown = show(chat.address(), transport, token).await;
            assert_eq!(shown.as_deref(), wanted, "{transport:?} {token}");
            assert!(began.elapsed() < Duration::from_secs(10), "{token}");
        }
    }
    let forms = std::mem::take(&mut *forms.lock().expect("no panic"));
    assert_eq!(forms[0], "token=good&domain=localhost");
    assert_eq!(forms.len(), 20, "each was asked about once");
    chat.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_is_not_there_or_sends_us_elsewhere_is_temporary() {
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address")
    };
    let (site, forms) = site().await;
    for url in [
        format!("http://{nobody}/check"),
        format!("http://{site}/moved"),
    ] {
        let chat = chat(&url).await;
        for transport in TRANSPORTS {
            let shown = show(chat.address(), transport, "good").await;
            assert_eq!(shown.as_deref(), Some("temporary-auth-failure"), "{url}");
        }
        chat.stop().await;
    }
    // The token went nowhere else.
    assert!(forms.lock().expect("no panic").is_empty());
}

/// A client that gives up while the site thinks leaves nothing behind, and the next one comes in.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_wait_for_the_site_disturbs_nobody() {
    let (site, _) = site().await;
    let chat = chat(&format!("http://{site}/check")).await;
    for transport in TRANSPORTS {
        let address = chat.address();
        let asked = tokio::spawn(async move { show(address, transport, "late").await });
        tokio::time::sleep(Duration::from_millis(100)).await;
        asked.abort();
        assert_eq!(show(address, transport, "good").await, None);
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(show(address, transport, "good").await, None);
    }
    chat.stop().await;
}
