//! Files that are not taken.

use super::*;

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// The head of a PUT.
fn head(address: SocketAddr, url: &str, more: &str) -> String {
    format!(
        "PUT {} HTTP/1.1\r\nHost: {address}\r\nContent-Type: text/plain\r\n{more}\r\n",
        path_of(url)
    )
}

async fn connect(world: &World, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(world.address())
        .await
        .expect("it listens");
    stream.write_all(bytes.as_bytes()).await.expect("written");
    stream
}

/// The first line of the answer.
async fn status(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    while !answer.contains(&b'\n') {
        let mut bytes = [0; 1024];
        let read = soon("an answer", stream.read(&mut bytes)).await;
        match read.expect("an answer") {
            0 => break,
            n => answer.extend_from_slice(&bytes[..n]),
        }
    }
    let answer = String::from_utf8_lossy(&answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

/// The status of a request that is sent as it stands.
async fn raw(world: &World, bytes: &str) -> String {
    status(&mut connect(world, bytes).await).await
}

fn is_busy(world: &World) -> bool {
    let mut files = world.files().into_iter();
    files.any(|name| Path::new(&name).extension() == Some("part".as_ref()))
}

/// Waits until no upload is under way.
async fn until_quiet(world: &World) {
    let quiet = async {
        while is_busy(world) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    soon("the end of uploads", quiet).await;
}

/// Waits until an upload is under way.
async fn until_begun(world: &World) {
    let begun = async {
        while !is_busy(world) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    soon("the beginning of an upload", begun).await;
}

#[tokio::test]
async fn a_file_has_exactly_the_promised_size_and_type() {
    let mut world = World::new(&[]).await;
    let slot = world.slot("a.txt", 5, "text/plain").await;
    for (content, media_type, expected) in [
        ("hello!", "text/plain", 413),
        ("hell", "text/plain", 400),
        ("hello", "text/html", 415),
        ("hello", "", 415),
    ] {
        let answer = world.put(&slot.put, media_type, content).await;
        assert_eq!(answer.status, expected, "{content} {media_type}");
        assert_eq!(world.files(), [""; 0]);
    }
    let answer = world.send("PUT", &slot.put, &[], "hello").await;
    assert_eq!(answer.status, 415, "no Content-Type is none of text");
    let chunked = head(world.address(), &slot.put, "Transfer-Encoding: chunked\r\n");
    let line = raw(&world, &format!("{chunked}5\r\nhello\r\n0\r\n\r\n")).await;
    assert!(line.contains(" 411 "), "{line}");
    let empty = head(world.address(), &slot.put, "Content-Length: 0\r\n");
    let line = raw(&world, &empty).await;
    assert!(line.contains(" 400 "), "{line}");
    // Parameters and case say nothing about what it is.
    let answer = world
        .put(&slot.put, "Text/Plain; charset=utf-8", "hello")
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// The length is checked before anything is read: a client that asks first is answered at once.
#[tokio::test]
async fn what_is_too_large_is_not_even_read() {
    let mut world = World::new(&[]).await;
    let slot = world.slot("a.txt", 5, "text/plain").await;
    let expects = |length: u64| {
        let more = format!("Content-Length: {length}\r\nExpect: 100-continue\r\n");
        head(world.address(), &slot.put, &more)
    };
    let line = raw(&world, &expects(1 << 40)).await;
    assert!(line.contains(" 413 "), "{line}");
    let mut stream = connect(&world, &expects(5)).await;
    let line = status(&mut stream).await;
    assert!(line.contains(" 100 "), "{line}");
    stream.write_all(b"hello").await.expect("written");
    let line = status(&mut stream).await;
    // The rest of the first answer's head may come first.
    let line = if line.is_empty() {
        status(&mut stream).await
    } else {
        line
    };
    assert!(line.contains(" 201 "), "{line}");
}

/// SECURITY: a slot reused.
#[tokio::test]
async fn a_slot_is_used_once() {
    let mut world = World::new(&[]).await;
    let slot = world.uploaded("a.txt", "text/plain", "hello").await;
    let answer = world.put(&slot.put, "text/plain", "HELLO").await;
    assert_eq!(answer.status, 409);
    assert_eq!(world.get(&slot.get, &[]).await.body, "hello");
}

#[tokio::test]
async fn of_two_uploads_to_one_slot_one_is_refused() {
    let mut world = World::new(&[]).await;
    let slot = world.slot("a.txt", 5, "text/plain").await;
    let head = head(world.address(), &slot.put, "Content-Length: 5\r\n");
    let mut first = connect(&world, &format!("{head}hel")).await;
    until_begun(&world).await;
    let answer = world.put(&slot.put, "text/plain", "HELLO").await;
    assert_eq!(answer.status, 409);
    assert_eq!(world.get(&slot.get, &[]).await.status, 404, "not yet");
    first.write_all(b"lo").await.expect("written");
    let line = status(&mut first).await;
    assert!(line.contains(" 201 "), "{line}");
    assert_eq!(world.get(&slot.get, &[]).await.body, "hello");
}

#[tokio::test]
async fn of_many_uploads_to_one_slot_one_is_taken() {
    let mut world = World::new(&[]).await;
    let slot = world.slot("a.txt", 5, "text/plain").await;
    let puts = (0..8).map(|n| {
        let content = format!("hell{n}");
        let (world, slot) = (&world, &slot);
        async move {
            let answer = world.put(&slot.put, "text/plain", &content).await;
            (answer.status.as_u16(), content)
        }
    });
    let answers = futures_util::future::join_all(puts).await;
    let taken: Vec<_> = answers
        .iter()
        .filter(|(status, _)| *status == 201)
        .collect();
    let refused = answers.iter().filter(|(status, _)| *status == 409).count();
    assert_eq!((taken.len(), refused), (1, 7), "{answers:?}");
    assert_eq!(world.get(&slot.get, &[]).await.body, taken[0].1);
    assert_eq!(world.files().len(), 1);
}

#[tokio::test]
async fn a_slot_expires() {
    let mut world = World::new(&["--upload-slot-timeout", "1"]).await;
    let slot = world.slot("a.txt", 5, "text/plain").await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let answer = world.put(&slot.put, "text/plain", "hello").await;
    assert_eq!(answer.status, 410);
    assert_eq!(world.files(), [""; 0]);
}

/// SECURITY: a slot enlarged, or changed in any other way.
#[tokio::test]
async fn a_forged_slot_is_refused() {
    let mut world = World::new(&[]).await;
    let slot = world.slot("a.txt", 5, "text/plain").await;
    let (plain, signature) = slot.put.split_once("&sig=").expect("a signature");
    let flipped = match signature.strip_prefix('0') {
        Some(rest) => format!("1{rest}"),
        None => format!("0{}", &signature[1..]),
    };
    for forged in [
        slot.get.clone(),
        plain.to_owned(),
        format!("{plain}&sig="),
        format!("{plain}&sig={flipped}"),
        format!("{plain}&sig={}", &signature[..62]),
        format!("{plain}&sig={signature}00"),
        slot.put.replace("size=5", "size=6"),
        slot.put.replace("text%2Fplain", "text%2Fhtml"),
        slot.put.replace("expires=", "expires=9"),
        slot.put.replace("&sig", "&until=99999999999999&sig"),
        slot.put.replace("a.txt", "b.txt"),
        format!("{}&size=6", slot.put),
        format!("{}&more=1", slot.put),
        slot.put.replace("size=5&", ""),
    ] {
        for content in ["hello", "hello!"] {
            let answer = world.put(&forged, "text/plain", content).await;
            assert_eq!(answer.status, 403, "{forged}");
        }
    }
    let mut other = World::new(&[]).await;
    let foreign = other.slot("a.txt", 5, "text/plain").await;
    let answer = world.put(&foreign.put, "text/plain", "hello").await;
    assert_eq!(answer.status, 403, "another server's");
    assert_eq!(world.files(), [""; 0]);
    let answer = world.put(&slot.put, "text/plain", "hello").await;
    assert_eq!(answer.status, 201, "what was not forged");
}

/// SECURITY: path traversal in file names.
#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let mut world = World::new(&[]).await;
    let slot = world.slot("a.txt", 5, "text/plain").await;
    let secret = world.data.path().join("localhost/upload.key");
    assert!(secret.exists());
    let id = path_of(&slot.get).split('/').nth(2).expect("an id");
    let query = slot.put.split_once('?').expect("a query").1;
    let paths = [
        "/upload/../upload.key".to_owned(),
        "/upload/..%2fupload.key/a.txt".to_owned(),
        "/upload/%2e%2e/upload.key".to_owned(),
        "/upload/..%2f..%2fetc/passwd".to_owned(),
        "/upload//etc/passwd".to_owned(),
        "/upload/..%5c..%5cetc/passwd".to_owned(),
        format!("/upload/{id}/..%2f..%2fupload.key"),
        format!("/upload/{id}/../../upload.key"),
        format!("/upload/{id}%00/a.txt"),
        format!("/upload/{id}.part/a.txt"),
        format!("/upload/{id}/a.txt%0d%0aSet-Cookie:%20x"),
        format!("/upload/{id}/%ff"),
        "/upload/lock/a.txt".to_owned(),
        "/upload/".to_owned(),
        "/upload".to_owned(),
    ];
    let around = || {
        let mut names = names(&world.data.path().join("localhost"));
        names.extend(super::names(world.data.path()));
        names.sort();
        names
    };
    let before = around();
    for path in &paths {
        let host = world.address();
        let get = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let line = raw(&world, &get).await;
        assert!(
            line.contains(" 404 ") || line.contains(" 400 "),
            "{path}: {line}"
        );
        let put = format!(
            "PUT {path}?{query} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
        );
        let line = raw(&world, &put).await;
        let refused = [" 400 ", " 403 ", " 404 ", " 405 "];
        assert!(refused.iter().any(|s| line.contains(s)), "{path}: {line}");
    }
    assert_eq!(world.files(), [""; 0]);
    assert_eq!(around(), before, "nothing was made beside the folder");
}

#[tokio::test]
async fn an_upload_that_is_broken_off_leaves_nothing() {
    let mut world = World::new(&[]).await;
    let size = 3_000_000;
    let slot = world.slot("a.txt", size, "text/plain").await;
    let length = format!("Content-Length: {size}\r\n");
    let head = head(world.address(), &slot.put, &length);
    for sent in [0, 1, 2_000_000] {
        let stream = connect(&world, &format!("{head}{}", "x".repeat(sent))).await;
        until_begun(&world).await;
        drop(stream);
        until_quiet(&world).await;
        assert_eq!(world.files(), [""; 0], "after {sent} bytes");
    }
    // The slot is as good as new.
    let answer = world.put(&slot.put, "text/plain", &"x".repeat(size)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

/// Whoever is slow keeps out nobody else.
#[tokio::test]
async fn one_address_uploads_a_few_files_at_a_time() {
    let mut world = World::new(&["--trusted-proxy", "127.0.0.1"]).await;
    let from = |address: &str| format!("Content-Length: 5\r\nX-Forwarded-For: {address}\r\n");
    let mut begun = Vec::new();
    for n in 0..8 {
        let slot = world.slot("a.txt", 5, "text/plain").await;
        let head = head(world.address(), &slot.put, &from("192.0.2.1"));
        begun.push(connect(&world, &format!("{head}hel")).await);
        let many = async {
            while world.files().len() <= n {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        soon("the beginning of an upload", many).await;
    }
    let slot = world.slot("a.txt", 5, "text/plain").await;
    let put = |address| format!("{}hello", head(world.address(), &slot.put, &from(address)));
    let line = raw(&world, &put("192.0.2.1")).await;
    assert!(line.contains(" 503 "), "{line}");
    let line = raw(&world, &put("192.0.2.2")).await;
    assert!(line.contains(" 201 "), "{line}");
    begun[0].write_all(b"lo").await.expect("written");
    let line = status(&mut begun[0]).await;
    assert!(line.contains(" 201 "), "{line}");
    let slot = world.slot("a.txt", 5, "text/plain").await;
    let head = head(world.address(), &slot.put, &from("192.0.2.1"));
    let line = raw(&world, &format!("{head}hello")).await;
    assert!(line.contains(" 201 "), "a place is free again: {line}");
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let mut world = World::new(&[]).await;
    let slot = world.uploaded("a.txt", "text/plain", "hello").await;
    for method in ["POST", "DELETE", "PATCH"] {
        let answer = world.send(method, &slot.put, &[], "").await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("OPTIONS, HEAD, GET, PUT"));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut world = World::new(&[]).await;
    world.uploaded("a.txt", "text/plain", "hello").await;
    let mode = |path: &Path| {
        let metadata = std::fs::metadata(path).expect("there");
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode(&world.folder()), 0o700);
    assert_eq!(mode(&world.folder().join(&world.files()[0])), 0o600);
    assert_eq!(mode(&world.data.path().join("localhost/upload.key")), 0o600);
}
