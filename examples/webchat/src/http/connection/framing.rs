//! That [`head`](super::head) and hyper agree on where each request ends, whatever the bytes: a request that one of them
//! took for a part of another would be smuggled past whatever stands before this server (RFC 9112 §11.2).

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt as _, Collected, Empty};
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use proptest::{prelude::*, sample::select};
use tokio::io::duplex;

use super::{
    head::{self, Head, MAX_HEAD},
    prefixed::Prefixed,
};

const MARKER: &str = "GET /the-next-request HTTP/1.1\r\n\r\n";

/// A request as hyper has understood it.
#[derive(Debug)]
struct Seen {
    request: String,
    headers: HeaderMap,
    /// `None` when it ended before its end.
    body: Option<Bytes>,
}

/// The requests that hyper finds in a connection of these bytes.
fn by_hyper(bytes: &[u8]) -> Vec<Seen> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let service = service_fn(|request: Request<Incoming>| {
        let seen = seen.clone();
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect().await.ok().map(Collected::to_bytes);
            seen.lock().expect("no panic").push(Seen {
                request: format!("{} {}", head.method, head.uri),
                headers: head.headers,
                body,
            });
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let (ours, _theirs) = duplex(1024 * 1024);
    let stream = TokioIo::new(Prefixed::lent(bytes.to_vec(), ours));
    let serve = http1::Builder::new()
        .half_close(true)
        .max_buf_size(MAX_HEAD)
        .serve_connection(stream, service);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    // What it cannot read is an error, and was not seen.
    let _ = runtime.expect("a runtime").block_on(serve);
    std::mem::take(&mut *seen.lock().expect("no panic"))
}

fn is_next(seen: Option<&Seen>) -> bool {
    seen.is_some_and(|seen| seen.request == "GET /the-next-request")
}

/// What `bytes` begin with, after it was checked that hyper says the same.
fn compare(bytes: &[u8]) -> Head {
    let shown = String::from_utf8_lossy(bytes);
    let read = head::read(bytes);
    match &read {
        Head::Bare(len) => {
            let seen = by_hyper(&[&bytes[..*len], MARKER.as_bytes()].concat());
            // What it refuses altogether it says to be the end.
            if let Some(first) = seen.first() {
                let body = first.body.as_deref();
                assert_eq!(body, Some(&b""[..]), "{shown:?}: {seen:?}");
                assert!(is_next(seen.get(1)), "{shown:?}: {seen:?}");
                assert_eq!(seen.len(), 2, "{shown:?}: {seen:?}");
            }
        }
        Head::Post(post) if post.body <= MAX_HEAD => {
            let body = vec![b'x'; post.body];
            let seen = by_hyper(&[&bytes[..post.head], &body, MARKER.as_bytes()].concat());
            let Some(first) = seen.first() else {
                // Where it ends is as clear as ever, but hyper wants no such target.
                let target = shown.split(' ').nth(1).expect("a target");
                assert!(target.parse::<Uri>().is_err(), "{shown:?}");
                return read;
            };
            assert_eq!(first.body.as_deref(), Some(&*body), "{shown:?}: {seen:?}");
            assert_eq!(is_next(seen.get(1)), !post.close, "{shown:?}: {seen:?}");
            let path = String::from_utf8_lossy(&bytes[post.path.clone()]);
            let uri: Uri = first.request["POST ".len()..].parse().expect("a URI");
            assert_eq!(uri.path(), path);
            for name in &head::KEPT {
                let all =
                    |headers: &HeaderMap| headers.get_all(name).iter().cloned().collect::<Vec<_>>();
                assert_eq!(all(&first.headers), all(&post.fields), "{shown:?}");
            }
        }
        Head::Partial => {
            let seen = by_hyper(bytes);
            assert!(seen.is_empty(), "{shown:?}: {seen:?}");
        }
        Head::Post(_) | Head::Other => {}
    }
    read
}

const LINES: [&str; 34] = [
    "Host: chat.example",
    "Origin: https://chat.example",
    "Content-Length: 7",
    "Content-Length: 0",
    "Content-Length: 007",
    "Content-Length: +7",
    "Content-Length: 7, 7",
    "Content-Length: 7;",
    "Content-Length:\t7\t",
    "Content-Length : 7",
    "content-length:8",
    "CONTENT-LENGTH:",
    "Content_Length: 9",
    "Content-Length\u{b}: 9",
    "Content-Length: 18446744073709551615",
    "Transfer-Encoding: chunked",
    "TRANSFER-ENCODING: Chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding:",
    "Transfer-Encoding : chunked",
    " Transfer-Encoding: chunked",
    "Connection: keep-alive",
    "Connection: close",
    "Connection: Close",
    "Connection: close, upgrade",
    "Connection:",
    "Upgrade: websocket",
    "Expect: 100-continue",
    "TE: trailers",
    "Trailer: Content-Length",
    "X-Forwarded-For: 192.0.2.1",
    "X: a\tb \t",
    "X:",
    ":",
];

const TARGETS: [&str; 12] = [
    "/http-bind",
    "/http-bind?a=b#c",
    "/http-bind#c?d",
    "//http-bind",
    "/",
    "*",
    "http://chat.example/http-bind",
    "chat.example:443",
    "?",
    "#",
    "/a b",
    "/\u{e9}<>\"",
];

prop_compose! {
    /// A head of plausible lines, most of them right.
    fn plausible()(
        leading in select(&["", "", "", "\r\n", "\n\r\n", "\n", " "][..]),
        method in select(&["POST", "POST", "POST", "GET", "HEAD", "OPTIONS", "PUT", "post", "CONNECT"][..]),
        target in prop_oneof![3 => Just("/http-bind"), 1 => select(&TARGETS[..])],
        version in select(&["HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", ""][..]),
        lines in prop::collection::vec((select(&LINES[..]), select(&["\r\n", "\r\n", "\r\n", "\n", "\r", "\r\r\n"][..])), 0..5),
        length in select(&["Content-Length: 7\r\n", "Content-Length: 7\r\n", ""][..]),
        end in select(&["\r\n", "\r\n", "\n", ""][..]),
        behind in select(&["", "<body/>", "\r\n", "0\r\n\r\n", MARKER][..]),
    ) -> Vec<u8> {
        let lines: String = lines.iter().flat_map(|&(line, end)| [line, end]).collect();
        format!("{leading}{method} {target} {version}\r\n{lines}{length}{end}{behind}").into_bytes()
    }
}

/// Bytes that mean something to HTTP, and some that do not.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        4 => select(b"\r\n \t:,;/?#07+-\0\x0b\x7f\x80".to_vec()),
        1 => any::<u8>(),
    ]
}

proptest! {
    #[test]
    fn plausible_requests_end_where_hyper_says(bytes in plausible()) {
        compare(&bytes);
    }

    #[test]
    fn mutated_requests_end_where_hyper_says(
        mut bytes in plausible(),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), 0..4_u8, byte()), 1..5),
    ) {
        for (at, kind, byte) in mutations {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes.insert(at, byte),
                1 if bytes.len() > 1 => { bytes.remove(at); }
                2 => bytes.truncate(at.max(1)),
                _ => bytes[at] = byte,
            }
        }
        compare(&bytes);
    }

    #[test]
    fn no_bytes_are_too_strange_to_be_read(bytes in prop::collection::vec(byte(), 0..200)) {
        compare(&bytes);
    }

    /// As it is read in pieces, it is looked at only where it may have ended.
    #[test]
    fn a_head_in_pieces_is_found_where_it_ends(bytes in plausible()) {
        let whole = (1..=bytes.len()).find(|&len| !matches!(head::read(&bytes[..len]), Head::Partial));
        let mut looked_at = 0;
        let found = (1..=bytes.len()).find(|&len| {
            let is_worth = super::is_worth_reading(&bytes[..len], looked_at);
            looked_at = len;
            is_worth && !matches!(head::read(&bytes[..len]), Head::Partial)
        });
        if let Some(whole) = whole
            && matches!(head::read(&bytes[..whole]), Head::Post(_) | Head::Bare(_))
        {
            prop_assert_eq!(found, Some(whole));
        }
    }
}

#[test]
fn ordinary_requests_are_compared_and_not_only_strange_ones() {
    let post = "POST /http-bind HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n<body/>";
    assert!(matches!(compare(post.as_bytes()), Head::Post(_)));
    let closing = post.replace(
        "Host",
        "Connection: close\r\nConnection: keep-alive\r\nHost",
    );
    assert!(matches!(compare(closing.as_bytes()), Head::Post(post) if post.close));
    assert!(matches!(compare(MARKER.as_bytes()), Head::Bare(_)));
    assert!(matches!(compare(b"GET / HTTP/1.1\n\n"), Head::Bare(_)));
}
