//! The site without a socket: who gets which token, and who does not.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use clap::Parser as _;
use http_body_util::BodyExt as _;
use site::{Options, router};
use tower::ServiceExt as _;
use xmpp_core::{
    Timestamp,
    sasl::tokens::{TokenKey, TokenVerifier},
};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const CHAT: &str = "https://chat.example";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("JSON")
    }
}

fn site(public_url: &str) -> Router {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&file, format!("2026-01 {KEY}\n")).expect("our own file");
    let options = Options::parse_from([
        "site",
        "--chat",
        "https://Chat.example:443",
        "--domain",
        "chat.example",
        "--public-url",
        public_url,
        "--key-file",
        file.path().to_str().expect("UTF-8"),
    ]);
    let address = ([127, 0, 0, 1], 8080).into();
    router(options.settle(address).expect("usable options"))
}

async fn ask(
    site: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(Body::from(body.to_owned()))
        .expect("a request");
    let answer = site.clone().oneshot(request).await.expect("an answer");
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    Answer {
        status: head.status,
        headers: head.headers,
        body: String::from_utf8(body.to_vec()).expect("UTF-8"),
    }
}

async fn get(site: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(site, Method::GET, path, headers, "").await
}

/// Logs in; the cookie as it is sent back.
async fn log_in(site: &Router) -> String {
    let answer = ask(
        site,
        Method::POST,
        "/login",
        &[],
        "name=juliet&password=balcony",
    )
    .await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let cookie = answer.header(header::SET_COOKIE).expect("a cookie");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    cookie.split(';').next().expect("a pair").to_owned()
}

async fn check(site: &Router, token: &str, domain: &str) -> serde_json::Value {
    let form = format!("token={token}&domain={domain}");
    ask(site, Method::POST, "/check", &[], &form).await.json()
}

#[tokio::test]
async fn a_user_of_the_site_is_sent_to_the_chat_with_a_token_in_the_fragment() {
    let site = site("https://www.example/");
    let stranger = get(&site, "/chat?channel=lobby", &[]).await;
    assert_eq!(stranger.status, StatusCode::OK);
    assert!(stranger.body.contains("This is a demonstration") && !stranger.body.contains("token="));
    let cookie = log_in(&site).await;
    let known = [("cookie", &*cookie)];
    assert!(get(&site, "/", &known).await.body.contains("juliet"));

    let signed = get(&site, "/chat?channel=my%20room&kind=signed", &known).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER);
    assert_eq!(signed.header(header::CACHE_CONTROL), Some("no-store"));
    let to = signed.header(header::LOCATION).expect("an address");
    let token = to
        .strip_prefix("https://Chat.example:443/?channel=my%20room#token=")
        .expect("in the fragment");
    let secret: Vec<u8> = (0..32).collect();
    let key = TokenKey::new(secret).expect("32 bytes").with_id("2026-01");
    let verifier = TokenVerifier::new("webchat", "chat.example").with_key(key);
    let now = example_support::Clock::start().now();
    let good = verifier.verify(token, now).expect("good");
    assert_eq!(good.subject(), "juliet");
    assert!(good.id().is_some(), "it can be good once");
    assert!(good.expiry().since(now) <= Duration::from_mins(1));

    let opaque = get(&site, "/chat?kind=opaque", &known).await;
    let to = opaque.header(header::LOCATION).expect("an address");
    let (_, token) = to.split_once("/#token=").expect("in the fragment");
    assert_eq!(check(&site, token, "evil.example").await["active"], false);
    assert_eq!(
        check(&site, token, "chat.example").await["active"],
        false,
        "used up"
    );
    let opaque = get(&site, "/chat?kind=opaque", &known).await;
    let to = opaque.header(header::LOCATION).expect("an address");
    let (_, token) = to.split_once("/#token=").expect("in the fragment");
    let good = check(&site, token, "chat.example").await;
    assert_eq!(
        (&good["active"], &good["sub"]),
        (&true.into(), &"juliet".into())
    );
    assert_eq!(
        check(&site, token, "chat.example").await["active"],
        false,
        "one time"
    );
    assert!(verifier.verify(token, Timestamp::default()).is_err());
}

#[tokio::test]
async fn credentials_are_for_the_pages_of_the_chat_alone() {
    let site = site("https://www.example/");
    let cookie = log_in(&site).await;
    let cookie = ("cookie", &*cookie);
    let origin = ("origin", CHAT);
    let given = get(&site, "/credentials", &[cookie, origin]).await;
    assert_eq!(given.status, StatusCode::OK);
    assert_eq!(given.json()["jid"], "juliet@chat.example");
    assert!(
        given.json()["password"]
            .as_str()
            .expect("a token")
            .contains('.')
    );
    assert_eq!(
        given.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        Some(CHAT)
    );
    assert_eq!(
        given.header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS),
        Some("true")
    );
    let own = get(
        &site,
        "/credentials",
        &[cookie, ("sec-fetch-site", "same-origin")],
    )
    .await;
    assert_eq!(own.status, StatusCode::OK);
    assert_eq!(own.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), None);
    let nobody = get(&site, "/credentials", &[origin]).await;
    assert_eq!(nobody.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        nobody.header(header::ACCESS_CONTROL_ALLOW_ORIGIN),
        Some(CHAT)
    );
    for foreign in [
        &[cookie][..],
        &[cookie, ("origin", "https://evil.example")],
        &[cookie, ("origin", "http://chat.example")],
        &[cookie, ("origin", "https://chat.example.evil.example")],
        &[cookie, ("origin", "null")],
        &[cookie, ("sec-fetch-site", "same-site")],
        &[
            cookie,
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "same-origin"),
        ],
    ] {
        let refused = get(&site, "/credentials", foreign).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{foreign:?}");
        assert!(!refused.body.contains("juliet"));
        assert_eq!(refused.header(header::ACCESS_CONTROL_ALLOW_ORIGIN), None);
    }
}

#[tokio::test]
async fn the_login_is_that_of_a_site() {
    let site_by_https = site("https://www.example/");
    let form = "name=juliet&password=balcony&channel=a%22%3Eb";
    let next = ask(&site_by_https, Method::POST, "/login", &[], form).await;
    assert_eq!(next.header(header::LOCATION), Some("chat?channel=a%22%3Eb"));
    assert!(
        next.header(header::SET_COOKIE)
            .expect("a cookie")
            .contains("Secure")
    );
    for form in [
        "name=juliet&password=orchard",
        "name=tybalt&password=balcony",
        "name=juliet&password=",
    ] {
        let wrong = ask(&site_by_https, Method::POST, "/login", &[], form).await;
        assert_eq!(wrong.status, StatusCode::FORBIDDEN, "{form}");
        assert_eq!(wrong.header(header::SET_COOKIE), None);
    }
    // What comes back stays text.
    let page = get(&site_by_https, "/chat?channel=%22%3E%3Cb%3E", &[]).await;
    assert!(
        page.body.contains("value=\"&quot;&gt;&lt;b&gt;\""),
        "{}",
        page.body
    );
    // Whoever logs out is nobody, and so is whoever makes a cookie up.
    let site = site("http://127.0.0.1:8080/");
    let cookie = log_in(&site).await;
    let known = [("cookie", &*cookie)];
    ask(&site, Method::POST, "/logout", &known, "").await;
    for cookie in [&*cookie, "site-session=1", "site-session="] {
        let page = get(&site, "/", &[("cookie", cookie)]).await;
        assert!(page.body.contains("Log in"), "{cookie}");
    }
}
