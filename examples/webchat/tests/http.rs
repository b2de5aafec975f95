//! The HTTP endpoints that carry no XMPP, and the HTTP side of those that do.

mod common;

use common::{
    http::{get, request},
    server, soon,
};

#[tokio::test]
async fn healthz_answers() {
    let server = server(&[]).await;
    let answer = get(server.address(), "/healthz").await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (200, "ok\n"));
}

#[tokio::test]
async fn the_page_comes_with_a_strict_policy() {
    let server = server(&[]).await;
    for path in ["/", "/?channel=lobby&nick=anna", "/room/lobby"] {
        let answer = get(server.address(), path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        let policy = answer.header("content-security-policy").expect("a policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        let base = if path == "/room/lobby" { "../" } else { "./" };
        assert!(
            answer.body.contains(&format!("<base href=\"{base}\">")),
            "{path}"
        );
    }
}

#[tokio::test]
async fn files_of_the_page_have_types_and_validators() {
    let server = server(&[]).await;
    let address = server.address();
    let page = get(address, "/").await;
    // Whatever the page refers to is there.
    let mut seen = 0;
    for attribute in ["src=\"", "href=\""] {
        for rest in page.body.split(attribute).skip(1) {
            let (path, _) = rest.split_once('"').expect("a closing quote");
            if path.contains(':') || path.starts_with(['#', '.', '?']) {
                continue;
            }
            seen += 1;
            let path = format!("/{path}");
            let answer = get(address, &path).await;
            assert_eq!(answer.status, 200, "{path}");
            let content_type = answer.header("content-type").expect("a type");
            let wanted = match path.rsplit_once('.').expect("an extension").1 {
                "js" => "text/javascript; charset=utf-8",
                "css" => "text/css; charset=utf-8",
                "svg" => "image/svg+xml",
                other => panic!("{path}: {other}"),
            };
            assert_eq!(content_type, wanted);
            let tag = answer.header("etag").expect("a validator");
            let again = [("if-none-match", tag)];
            let again = request(address, "GET", &path, &again, "")
                .await
                .expect("an answer");
            assert_eq!((again.status.as_u16(), &*again.body), (304, ""));
        }
    }
    assert!(seen >= 2, "a page has a script and a style");
}

#[tokio::test]
async fn the_configuration_tells_the_page_where_things_are() {
    let server = server(&["--domain", "Chat.Example", "--default-channel", "foyer"]).await;
    let answer = get(server.address(), "/config.json").await;
    let config: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
    assert_eq!(
        config,
        serde_json::json!({
            "domain": "chat.example",
            "muc": "rooms.chat.example",
            "bosh": "http-bind",
            "websocket": "xmpp-websocket",
            "default_channel": "foyer",
        })
    );
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused() {
    let server = server(&[]).await;
    let address = server.address();
    for path in [
        "/nothing",
        "/js/../index.html",
        "/README.md",
        "/converse/",
        "/js/",
    ] {
        assert_eq!(get(address, path).await.status, 404, "{path}");
    }
    for path in [
        "/",
        "/config.json",
        "/healthz",
        "/room/lobby",
        "/xmpp-websocket",
    ] {
        let answer = request(address, "POST", path, &[], "x")
            .await
            .expect("an answer");
        assert_eq!(answer.status, 405, "{path}");
        assert!(
            answer.header("allow").is_some_and(|a| a.contains("GET")),
            "{path}"
        );
    }
}

/// BOSH 1.1, 1.17: POST only; a GET is told so.
#[tokio::test]
async fn http_bind_takes_post_only() {
    let server = server(&[]).await;
    for method in ["GET", "PUT", "DELETE", "HEAD", "PATCH"] {
        let answer = request(server.address(), method, "/http-bind", &[], "")
            .await
            .expect("an answer");
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("POST, OPTIONS"), "{method}");
    }
}

/// BOSH 1.16
#[tokio::test]
async fn only_listed_origins_may_post_from_elsewhere() {
    let server = server(&["--cors-origin", "https://friend.example"]).await;
    let address = server.address();
    let own = format!("http://{address}");
    for (origin, status, allowed) in [
        (&*own, 200, None),
        (
            "https://friend.example",
            200,
            Some("https://friend.example"),
        ),
        ("https://evil.example", 403, None),
        ("null", 403, None),
    ] {
        let headers = [("origin", origin)];
        let preflight = request(address, "OPTIONS", "/http-bind", &headers, "")
            .await
            .expect("an answer");
        assert_eq!(preflight.status, 204, "{origin}");
        assert_eq!(
            preflight.header("access-control-allow-origin"),
            allowed,
            "{origin}"
        );
        let post = soon(
            "an answer",
            request(address, "POST", "/http-bind", &headers, "<x/>"),
        )
        .await
        .expect("an answer");
        assert_eq!(post.status, status, "{origin}");
        assert_eq!(
            post.header("access-control-allow-origin"),
            allowed,
            "{origin}"
        );
    }
}

/// BOSH 1.2, 1.4, 1.5
#[tokio::test]
async fn bosh_answers_are_never_cached_chunked_or_compressed() {
    let server = server(&[]).await;
    for content_type in [
        "text/xml; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
    ] {
        let headers = [("content-type", content_type), ("accept-encoding", "gzip")];
        let answer = request(server.address(), "POST", "/http-bind", &headers, "<x/>")
            .await
            .expect("an answer");
        assert_eq!(
            answer.header("content-type"),
            Some("text/xml; charset=utf-8")
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("transfer-encoding"), None);
        assert_eq!(answer.header("content-encoding"), None);
        let length = answer.header("content-length").map(str::to_owned);
        assert_eq!(length, Some(answer.body.len().to_string()));
    }
}

#[tokio::test]
async fn converse_is_served_from_its_folder_and_nothing_else() {
    let folder = std::env::temp_dir().join(format!("webchat-converse-{}", std::process::id()));
    let dist = folder.join("dist");
    std::fs::create_dir_all(dist.join("images")).expect("a folder");
    std::fs::write(dist.join("converse.min.js"), "export default 1;").expect("a file");
    std::fs::write(dist.join("images/logo.svg"), "<svg/>").expect("a file");
    std::fs::write(folder.join("package.json"), "{}").expect("a file");

    let server = server(&["--converse", folder.to_str().expect("UTF-8")]).await;
    let address = server.address();
    let page = get(address, "/converse/?channel=lobby").await;
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    let module = get(address, "/converse/dist/converse.min.js").await;
    assert_eq!(
        module.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    let start = get(address, "/converse/start.js").await;
    assert_eq!(
        start.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
    let logo = get(address, "/converse/dist/images/logo.svg").await;
    assert_eq!(logo.header("content-type"), Some("image/svg+xml"));
    assert_eq!(
        get(address, "/converse").await.header("location"),
        Some("converse/")
    );
    for path in [
        "/converse/dist/../package.json",
        "/converse/dist/%2e%2e/package.json",
        "/converse/dist/..%2fpackage.json",
        "/converse/dist/images%2f..%2f..%2fpackage.json",
        "/converse/dist/%2fetc/passwd",
        "/converse/dist/images",
        "/converse/dist/absent.js",
        "/converse/dist/",
    ] {
        assert_eq!(get(address, path).await.status, 404, "{path}");
    }
    std::fs::remove_dir_all(&folder).expect("our own folder");
}
