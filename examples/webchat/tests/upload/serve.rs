//! What is served, and how.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::*;

#[tokio::test]
async fn a_file_goes_up_and_comes_down() {
    let mut world = World::new(&[]).await;
    let content = "0123456789".repeat(100_000);
    let slot = world
        .uploaded("très cool.txt", "text/plain", &content)
        .await;
    let answer = world.get(&slot.get, &[]).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, content);
    for (name, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        (
            "content-disposition",
            "inline; filename=\"tr_s cool.txt\"; filename*=UTF-8''tr%C3%A8s%20cool.txt",
        ),
        ("content-length", "1000000"),
        ("accept-ranges", "bytes"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        (
            "content-security-policy",
            "sandbox; default-src 'none'; frame-ancestors 'none'",
        ),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{name}");
    }
    let cache = answer.header("cache-control").expect("a policy");
    assert!(cache.starts_with("private, max-age=6047"), "{cache}");
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(world.files().len(), 1);
}

/// SECURITY: content type and disposition that can't run script.
#[tokio::test]
async fn what_could_run_script_is_an_attachment_of_bytes() {
    let mut world = World::new(&[]).await;
    for (media_type, name) in [
        ("text/html", "a.html"),
        ("TEXT/HTML; charset=utf-8", "b.html"),
        ("application/xhtml+xml", "a.xhtml"),
        ("image/svg+xml", "a.svg"),
        ("application/xml", "a.xml"),
        ("text/xml", "b.xml"),
        ("application/pdf", "a.pdf"),
        ("text/javascript", "a.js"),
        ("text/css", "a.css"),
        ("image/unheard-of", "a.png"),
        ("application/octet-stream", "c.html"),
    ] {
        let content = "<script>alert(1)</script>";
        let slot = world.uploaded(name, media_type, content).await;
        let answer = world.get(&slot.get, &[]).await;
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-type"),
            Some("application/octet-stream"),
            "{media_type}"
        );
        let disposition = answer.header("content-disposition").expect("one");
        assert!(disposition.starts_with("attachment;"), "{disposition}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let policy = answer.header("content-security-policy").expect("one");
        assert!(policy.contains("sandbox;") && policy.contains("default-src 'none'"));
    }
    for (media_type, name) in [
        ("image/png", "a.png"),
        ("video/webm", "a.webm"),
        ("audio/mpeg", "a.mp3"),
    ] {
        let slot = world.uploaded(name, media_type, "x").await;
        let answer = world.get(&slot.get, &[]).await;
        assert_eq!(answer.header("content-type"), Some(media_type));
        let disposition = answer.header("content-disposition").expect("one");
        assert!(disposition.starts_with("inline;"), "{disposition}");
    }
}

#[tokio::test]
async fn without_a_promised_type_a_file_is_bytes() {
    let mut world = World::new(&[]).await;
    let request = "<request xmlns='urn:xmpp:http:upload:0' filename='a.png' size='5'/>";
    let slot = urls(&world.ask(request).await).expect("a slot");
    let answer = world.put(&slot.put, "image/png", "hello").await;
    assert_eq!(answer.status, 415);
    // XEP-0363 §6: what has no Content-Type is bytes.
    let answer = world.send("PUT", &slot.put, &[], "hello").await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let answer = world.get(&slot.get, &[]).await;
    assert_eq!(
        answer.header("content-type"),
        Some("application/octet-stream")
    );
}

#[tokio::test]
async fn head_tells_what_get_would() {
    let mut world = World::new(&[]).await;
    let slot = world.uploaded("a.png", "image/png", "0123456789").await;
    let got = world.get(&slot.get, &[]).await;
    // Range is for GET alone (RFC 9110 §14.2).
    let head = world
        .send("HEAD", &slot.get, &[("range", "bytes=1-2")], "")
        .await;
    assert_eq!(head.status, 200);
    assert_eq!(head.body, "");
    for name in [
        "content-length",
        "content-type",
        "content-disposition",
        "etag",
        "accept-ranges",
    ] {
        assert_eq!(head.header(name), got.header(name), "{name}");
    }
    let missing = slot.get.replace("a.png", "b.png");
    let head = world.send("HEAD", &missing, &[], "").await;
    assert_eq!(head.status, 404);
}

#[tokio::test]
async fn parts_of_a_file() {
    let mut world = World::new(&[]).await;
    let slot = world.uploaded("a.png", "image/png", "0123456789").await;
    let etag = world.get(&slot.get, &[]).await;
    let etag = etag.header("etag").expect("a validator").to_owned();
    for (range, if_range, status, part, body) in [
        ("bytes=0-3", None, 206, Some("bytes 0-3/10"), "0123"),
        ("bytes=9-", None, 206, Some("bytes 9-9/10"), "9"),
        ("bytes=-4", None, 206, Some("bytes 6-9/10"), "6789"),
        ("bytes=5-99", None, 206, Some("bytes 5-9/10"), "56789"),
        ("bytes=0-", None, 206, Some("bytes 0-9/10"), "0123456789"),
        ("bytes=10-", None, 416, Some("bytes */10"), ""),
        ("bytes=-0", None, 416, Some("bytes */10"), ""),
        ("bytes=0-1,3-4", None, 200, None, "0123456789"),
        ("bytes=3-1", None, 200, None, "0123456789"),
        ("chars=0-1", None, 200, None, "0123456789"),
        ("bytes=1-2", Some(&*etag), 206, Some("bytes 1-2/10"), "12"),
        ("bytes=1-2", Some("\"other\""), 200, None, "0123456789"),
    ] {
        let mut headers = vec![("range", range)];
        headers.extend(if_range.map(|validator| ("if-range", validator)));
        let answer = world.get(&slot.get, &headers).await;
        assert_eq!(answer.status, status, "{range}");
        assert_eq!(answer.header("content-range"), part, "{range}");
        if status != 416 {
            assert_eq!(answer.body, body, "{range}");
            assert_eq!(
                answer.header("content-length"),
                Some(&*body.len().to_string())
            );
        }
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn what_a_client_has_is_not_sent_again() {
    let mut world = World::new(&[]).await;
    let slot = world.uploaded("a.png", "image/png", "0123456789").await;
    let got = world.get(&slot.get, &[]).await;
    let etag = got.header("etag").expect("a validator");
    let answer = world.get(&slot.get, &[("if-none-match", etag)]).await;
    assert_eq!((answer.status.as_u16(), &*answer.body), (304, ""));
    assert_eq!(answer.header("etag"), Some(etag));
    // If-None-Match comes before Range (RFC 9110 §13.2.2).
    let headers = [("if-none-match", etag), ("range", "bytes=0-1")];
    assert_eq!(world.get(&slot.get, &headers).await.status, 304);
    let headers = [("if-none-match", "\"other\"")];
    assert_eq!(world.get(&slot.get, &headers).await.status, 200);
}

#[tokio::test]
async fn files_are_gone_when_their_time_is_over() {
    let mut world = World::new(&["--upload-retention", "2", "--upload-slot-timeout", "1"]).await;
    let slot = world.uploaded("a.png", "image/png", "0123456789").await;
    assert_eq!(world.get(&slot.get, &[]).await.status, 200);
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    assert_eq!(world.get(&slot.get, &[]).await.status, 404);
    let world = world.restart(&["--upload-retention", "2", "--upload-slot-timeout", "1"]);
    assert_eq!(world.await.files(), [""; 0], "and from the disk");
}

const FRIEND: (&str, &str) = ("origin", "https://friend.example");
const STRANGER: (&str, &str) = ("origin", "https://evil.example");

#[tokio::test]
async fn pages_of_listed_origins_may_upload() {
    let mut world = World::new(&["--cors-origin", FRIEND.1]).await;
    let slot = world.slot("a.png", 5, "image/png").await;
    let wanted = [
        FRIEND,
        ("access-control-request-method", "PUT"),
        (
            "access-control-request-headers",
            "authorization,content-type,cookie,expires",
        ),
    ];
    let answer = world.send("OPTIONS", &slot.put, &wanted, "").await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND.1));
    let list = |name: &str| -> Vec<String> {
        let value = answer.header(name).expect(name).to_lowercase();
        value.split(',').map(|v| v.trim().to_owned()).collect()
    };
    for method in ["put", "get", "head", "options"] {
        assert!(list("access-control-allow-methods").contains(&method.to_owned()));
    }
    for header in ["authorization", "cookie", "expires", "content-type"] {
        assert!(list("access-control-allow-headers").contains(&header.to_owned()));
    }
    let headers = [FRIEND, ("content-type", "image/png")];
    let answer = world.send("PUT", &slot.put, &headers, "hello").await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND.1));
    let answer = world.get(&slot.get, &[FRIEND]).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(FRIEND.1));
    assert_eq!(
        answer.header("cross-origin-resource-policy"),
        Some("cross-origin")
    );
}

#[tokio::test]
async fn pages_of_other_origins_may_not() {
    let mut world = World::new(&[]).await;
    let slot = world.slot("a.png", 5, "image/png").await;
    let wanted = [STRANGER, ("access-control-request-method", "PUT")];
    let answer = world.send("OPTIONS", &slot.put, &wanted, "").await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("access-control-allow-methods"), None);
    let headers = [STRANGER, ("content-type", "image/png")];
    let answer = world.send("PUT", &slot.put, &headers, "hello").await;
    assert_eq!(answer.status, 403);
    assert_eq!(world.files(), [""; 0]);
    // The server's own page.
    let own = format!("http://{}", world.address());
    let headers = [("origin", &*own), ("content-type", "image/png")];
    let answer = world.send("PUT", &slot.put, &headers, "hello").await;
    assert_eq!(answer.status, 201);
}

/// All that comes on a connection on which these requests were written, after `meanwhile`.
async fn raw(world: &World, requests: &str, meanwhile: impl FnOnce()) -> String {
    let mut stream = TcpStream::connect(world.address()).await.expect("a server");
    let written = stream.write_all(requests.as_bytes()).await;
    written.expect("an open connection");
    let mut said = vec![stream.read_u8().await.expect("an answer")];
    meanwhile();
    // It may be reset.
    let _ = soon("the end", stream.read_to_end(&mut said)).await;
    String::from_utf8(said).expect("UTF-8")
}

const LAST: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn parts_of_a_file_follow_each_other_on_one_connection() {
    let mut world = World::new(&[]).await;
    let content = "0123456789".repeat(500_000);
    let urls = world.uploaded("a.txt", "text/plain", &content).await;
    let path = path_of(&urls.get);
    let get = |range: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nRange: bytes={range}\r\n\r\n")
    };
    let requests = [get("0-2999999"), get("9999999-"), get("3000000-")].concat() + LAST;
    let said = raw(&world, &requests, || {}).await;
    let mut rest = &*said;
    for (status, len) in [
        (206, Some(3_000_000)),
        (416, None),
        (206, Some(2_000_000)),
        (200, Some(3)),
    ] {
        let (head, behind) = rest.split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
        let length = head
            .lines()
            .find_map(|l| l.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse().expect("a number"));
        assert!(len.is_none_or(|len| len == length), "{head}");
        rest = &behind[length..];
    }
    assert_eq!(rest, "");
}

/// The next answer would be taken for the rest of the file.
#[tokio::test]
async fn a_file_that_shrinks_while_it_is_read_ends_the_connection() {
    let mut world = World::new(&[]).await;
    let content = "0123456789".repeat(1_000_000);
    let urls = world.uploaded("a.txt", "text/plain", &content).await;
    let path = path_of(&urls.get);
    let [name] = &*world.files() else {
        panic!("one file")
    };
    let file = world.folder().join(name);
    let requests = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n{LAST}");
    let said = raw(&world, &requests, || {
        let file = std::fs::File::options().write(true).open(file);
        file.expect("a file").set_len(100).expect("a length");
    });
    let said = said.await;
    assert!(said.contains("content-length: 10000000\r\n"));
    assert!(said.len() < content.len(), "{}", said.len());
    assert!(!said.contains("ok\n"));
}
