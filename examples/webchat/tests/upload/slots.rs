//! Who gets a slot, and what for.

use super::*;

use common::condition;

#[tokio::test]
async fn the_service_is_found_and_says_how_large_files_may_be() {
    let mut world = World::new(&["--upload-max-file-size", "20000"]).await;
    let items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
    let answer = ask(&mut world.user, "localhost", items).await;
    assert!(answer.to_string().contains("upload.localhost"), "{answer}");
    let answer = world
        .ask("<query xmlns='http://jabber.org/protocol/disco#info'/>")
        .await;
    let info = answer.child("query", ns::DISCO_INFO).expect("info");
    let identity = info.child("identity", ns::DISCO_INFO).expect("an identity");
    assert_eq!(identity.attr("category").as_deref(), Some("store"));
    assert_eq!(identity.attr("type").as_deref(), Some("file"));
    let text = answer.to_string();
    for wanted in [
        "<feature var='urn:xmpp:http:upload:0'/>",
        "<feature var='urn:xmpp:http:upload:purpose:0#message'/>",
        "<value>urn:xmpp:http:upload:0</value>",
        "var='max-file-size'",
        "<value>20000</value>",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}

#[tokio::test]
async fn where_nothing_can_be_kept_there_is_no_service() {
    let data = tempfile::tempdir().expect("a folder");
    let data = data.path().to_str().expect("UTF-8");
    for options in [
        &["--data", "none"][..],
        &["--data", data, "--upload-max-file-size", "0"],
        // XEP-0363 §4: the host must provide TLS.
        &["--data", data, "--public-url", "http://chat.example/"],
    ] {
        let server = server(options).await;
        let mut user = User::login(server.address(), Transport::WebSocket).await;
        let items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
        let answer = ask(&mut user, "localhost", items).await;
        assert!(!answer.to_string().contains("upload"), "{answer}");
        let request = "<request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'/>";
        let answer = ask(&mut user, "upload.localhost", request).await;
        assert_eq!(condition(&answer).as_deref(), Some("service-unavailable"));
        server.stop().await;
    }
    let server = server(&["--data", "none"]).await;
    let path = format!("/upload/{}/a", "0".repeat(32));
    assert_eq!(http::get(server.address(), &path).await.status, 404);
}

#[tokio::test]
async fn slots_are_under_the_public_url() {
    let mut world = World::new(&["--public-url", "https://chat.example/anon"]).await;
    let slot = world.slot("très cool.jpg", 1, "image/jpeg").await;
    assert!(
        slot.get.starts_with("https://chat.example/anon/upload/"),
        "{}",
        slot.get
    );
    assert!(slot.get.ends_with("/tr%C3%A8s%20cool.jpg"), "{}", slot.get);
    assert!(slot.put.starts_with(&slot.get));
}

/// SECURITY: headers outside the allowed three.
#[tokio::test]
async fn only_the_three_allowed_headers_are_asked_for() {
    let mut world = World::new(&[]).await;
    let answer = world.request("a.txt", 1, "text/plain").await;
    let slot = answer.child("slot", ns::HTTP_UPLOAD).expect("a slot");
    let put = slot.child("put", ns::HTTP_UPLOAD).expect("a URL");
    for header in put.children() {
        let name = header.attr("name").expect("a name").to_lowercase();
        assert!(["authorization", "cookie", "expires"].contains(&&*name));
    }
}

#[tokio::test]
async fn names_sizes_and_types_that_are_none() {
    let mut world = World::new(&[]).await;
    for (name, size, media_type) in [
        ("../../etc/passwd", 1, "text/plain"),
        ("..", 1, "text/plain"),
        ("a\\b", 1, "text/plain"),
        ("a&#13;&#10;Set-Cookie: x", 1, "text/plain"),
        ("a&#x202e;gpj.exe", 1, "text/plain"),
        ("", 1, "text/plain"),
        ("a", 0, "text/plain"),
        ("a", 1, "text"),
        ("a", 1, "text/plain&#13;&#10;X: y"),
    ] {
        let answer = world.request(name, size, media_type).await;
        let condition = condition(&answer);
        assert_eq!(condition.as_deref(), Some("not-acceptable"), "{answer}");
    }
    let long = "x".repeat(256);
    let answer = world.request(&long, 1, "text/plain").await;
    assert_eq!(condition(&answer).as_deref(), Some("not-acceptable"));
    let answer = world
        .ask("<request xmlns='urn:xmpp:http:upload:0' filename='a' size='-1'/>")
        .await;
    assert_eq!(condition(&answer).as_deref(), Some("bad-request"));
}

#[tokio::test]
async fn a_file_that_is_too_large_is_told_the_limit() {
    let mut world = World::new(&["--upload-max-file-size", "20000"]).await;
    let answer = world.request("a", 20_001, "image/png").await;
    assert_eq!(condition(&answer).as_deref(), Some("not-acceptable"));
    let text = answer.to_string();
    assert!(
        text.contains("<max-file-size>20000</max-file-size>"),
        "{text}"
    );
    world.slot("a", 20_000, "image/png").await;
}

#[tokio::test]
async fn a_session_gets_no_more_than_its_quota() {
    let mut world = World::new(&["--upload-max-session-files", "2"]).await;
    world.slot("a", 1, "image/png").await;
    world.slot("b", 1, "image/png").await;
    let answer = world.request("c", 1, "image/png").await;
    assert_eq!(condition(&answer).as_deref(), Some("resource-constraint"));
    let error = answer.child("error", ns::CLIENT).expect("an error");
    assert_eq!(error.attr("type").as_deref(), Some("wait"));
    let retry = error.child("retry", ns::HTTP_UPLOAD).expect("a time");
    let stamp = retry.attr("stamp").expect("a stamp");
    assert!(stamp.ends_with('Z'), "{stamp}");
    // Loopback is not counted by address: another session has its own quota.
    let mut other = User::login(world.address(), Transport::Bosh).await;
    let request = "<request xmlns='urn:xmpp:http:upload:0' filename='a' size='1'/>";
    let answer = ask(&mut other, "upload.localhost", request).await;
    assert!(urls(&answer).is_some(), "{answer}");
}

#[tokio::test]
async fn a_full_store_gives_no_slots_and_takes_no_files() {
    let mut world = World::new(&[
        "--upload-max-file-size",
        "600",
        "--upload-max-total-size",
        "1000",
    ])
    .await;
    let early = world.slot("early", 600, "image/png").await;
    world.uploaded("first", "image/png", &"x".repeat(600)).await;
    let answer = world.request("late", 600, "image/png").await;
    assert_eq!(condition(&answer).as_deref(), Some("resource-constraint"));
    let answer = world.put(&early.put, "image/png", &"x".repeat(600)).await;
    assert_eq!(answer.status, 507, "{}", answer.body);
    assert_eq!(world.files().len(), 1);
}

#[tokio::test]
async fn nobody_else_lives_at_the_service() {
    let mut world = World::new(&[]).await;
    for (to, payload, expected) in [
        ("upload.localhost", "<ping xmlns='urn:xmpp:ping'/>", None),
        (
            "upload.localhost",
            "<query xmlns='jabber:iq:roster'/>",
            Some("service-unavailable"),
        ),
        (
            "somebody@upload.localhost",
            "<ping xmlns='urn:xmpp:ping'/>",
            Some("service-unavailable"),
        ),
    ] {
        let answer = ask(&mut world.user, to, payload).await;
        assert_eq!(condition(&answer).as_deref(), expected, "{answer}");
        assert_eq!(answer.attr("from").as_deref(), Some(to));
    }
}

/// Everything that was promised before a restart still holds after it, and nothing else.
#[tokio::test]
async fn a_restart_changes_nothing() {
    let mut world = World::new(&[]).await;
    let used = world.uploaded("used.txt", "text/plain", "hello").await;
    let unused = world.slot("unused.txt", 5, "text/plain").await;
    let orphan = world.folder().join(format!("{}.part", "0".repeat(32)));
    std::fs::write(&orphan, "half a fi").expect("written");
    let mut world = world.restart(&[]).await;
    assert!(!orphan.exists(), "orphans are removed");
    // The port is another one; the paths are the same.
    let answer = world.get(&used.get, &[]).await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (200, "hello"));
    let answer = world.put(&used.put, "text/plain", "HELLO").await;
    assert_eq!(answer.status, 409);
    let answer = world.put(&unused.put, "text/plain", "hello").await;
    assert_eq!(answer.status, 201, "the key is the same: {}", answer.body);
    assert_eq!(world.files().len(), 2);
    drop(world.slot("a", 1, "text/plain").await);
}

#[tokio::test]
async fn what_was_stored_before_a_restart_counts_after_it() {
    let options = [
        "--upload-max-file-size",
        "600",
        "--upload-max-total-size",
        "1000",
    ];
    let mut world = World::new(&options).await;
    world.uploaded("a", "image/png", &"x".repeat(600)).await;
    let mut world = world.restart(&options).await;
    let answer = world.request("b", 600, "image/png").await;
    assert_eq!(condition(&answer).as_deref(), Some("resource-constraint"));
    world.slot("c", 100, "image/png").await;
}

/// XEP-0363 §5.3
#[tokio::test]
async fn what_is_ephemeral_is_gone_when_it_was_said() {
    let mut world = World::new(&[]).await;
    let now = webchat::Clock::start().now();
    let until = now.saturating_add(std::time::Duration::from_millis(1500));
    let until = xmpp_stanza::DateTime::new(until);
    let answer = world
        .ask(&format!(
            "<request xmlns='urn:xmpp:http:upload:0' filename='a.txt' size='5' content-type='text/plain'>\
             <ephemeral xmlns='urn:xmpp:http:upload:purpose:0' expire-before='{until}'/></request>"
        ))
        .await;
    let slot = urls(&answer).expect("a slot");
    assert_eq!(
        world.put(&slot.put, "text/plain", "hello").await.status,
        201
    );
    assert_eq!(world.get(&slot.get, &[]).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(1600)).await;
    assert_eq!(world.get(&slot.get, &[]).await.status, 404);
}
