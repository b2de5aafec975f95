//! The head of a request, as far as it decides who reads the rest: pure, bytes in and a verdict out.

use std::{mem::MaybeUninit, ops::Range};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use httparse::Status;

/// What a head is no longer than.
pub(super) const MAX_HEAD: usize = 16 * 1024;
/// What a head has no more fields than; hyper's own limit is 100, and is for hyper to enforce.
const MAX_FIELDS: usize = 64;

/// A request, by its head.
#[derive(Debug)]
pub(super) enum Head {
    /// More has to be read.
    Partial,
    /// A POST whose body has its length told in the plainest way.
    Post(Post),
    /// A request without a body: the connection can be lent for this many bytes.
    Bare(usize),
    /// Anything else, also what is no HTTP.
    Other,
}

/// A POST that a BOSH client may have sent.
#[derive(Debug)]
pub(super) struct Post {
    /// The bytes of the head.
    pub(super) head: usize,
    /// The bytes of the body behind it (Content-Length).
    pub(super) body: usize,
    /// Where the path is; the query, if any, stands behind it.
    pub(super) path: Range<usize>,
    /// The client wants the connection closed behind the answer.
    pub(super) close: bool,
    /// The fields that say who asks for what: Host, Origin, and what proxies add.
    pub(super) fields: HeaderMap,
}

/// The fields that [`Post::fields`] keeps.
pub(super) static KEPT: [HeaderName; 6] = [
    header::HOST,
    header::ORIGIN,
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-forwarded-host"),
];

/// Reads the head at the beginning of `input`.
///
/// Whatever could be understood in two ways is [`Head::Other`]: two lengths, a length and a transfer coding, a line that
/// is folded. So no byte of one request is ever taken for another's (RFC 9112 §11.2).
pub(super) fn read(input: &[u8]) -> Head {
    let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    let head = match request.parse_with_uninit_headers(input, &mut fields) {
        Ok(Status::Complete(head)) if head <= MAX_HEAD => head,
        Ok(Status::Partial) if input.len() < MAX_HEAD => return Head::Partial,
        _ => return Head::Other,
    };
    let (Some(method), Some(target), Some(1)) = (request.method, request.path, request.version)
    else {
        return Head::Other;
    };
    let Some(framing) = Framing::of(request.headers) else {
        return Head::Other;
    };
    match (method, framing.length) {
        ("POST", Some(body)) if target.starts_with('/') => {
            let path = target.split(['?', '#']).next().unwrap_or(target);
            let Some(fields) = kept(request.headers) else {
                return Head::Other;
            };
            // httparse lends from `input`, so that the target has a place there.
            let at = target.as_ptr().addr() - input.as_ptr().addr();
            Head::Post(Post {
                head,
                body,
                path: at..at + path.len(),
                close: framing.close,
                fields,
            })
        }
        ("GET" | "HEAD" | "OPTIONS", None | Some(0)) if !framing.close => Head::Bare(head),
        _ => Head::Other,
    }
}

/// How a request is delimited.
struct Framing {
    length: Option<usize>,
    close: bool,
}

impl Framing {
    /// `None` for what is not for us to read.
    fn of(fields: &[httparse::Header<'_>]) -> Option<Self> {
        let mut framing = Self {
            length: None,
            close: false,
        };
        for field in fields {
            let is = |name: &str| field.name.eq_ignore_ascii_case(name);
            // By length first: most fields are none of these.
            match field.name.len() {
                14 if is("content-length") => {
                    let digits = std::str::from_utf8(field.value).ok()?;
                    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                    if !plain || framing.length.is_some() {
                        return None;
                    }
                    framing.length = Some(digits.parse().ok()?);
                }
                17 if is("transfer-encoding") => return None,
                7 if is("upgrade") => return None,
                6 if is("expect") => return None,
                10 if is("connection") => match field.value {
                    value if value.eq_ignore_ascii_case(b"keep-alive") => {}
                    value if value.eq_ignore_ascii_case(b"close") => framing.close = true,
                    _ => return None,
                },
                _ => {}
            }
        }
        Some(framing)
    }
}

fn kept(fields: &[httparse::Header<'_>]) -> Option<HeaderMap> {
    let mut kept = HeaderMap::with_capacity(KEPT.len());
    for field in fields {
        let name = KEPT
            .iter()
            .find(|name| name.as_str().eq_ignore_ascii_case(field.name));
        if let Some(name) = name {
            kept.append(name.clone(), HeaderValue::from_bytes(field.value).ok()?);
        }
    }
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = "POST /anon/http-bind?x HTTP/1.1\r\nHost: chat.example\r\nX-Other: 1\r\n\
        Origin: https://chat.example\r\nContent-Length: 7\r\n\r\n";

    fn post(text: &str) -> Option<Post> {
        match read(text.as_bytes()) {
            Head::Post(post) => Some(post),
            _ => None,
        }
    }

    fn is_other(text: &str) -> bool {
        matches!(read(text.as_bytes()), Head::Other)
    }

    #[test]
    fn a_post_with_a_length_is_read() {
        let text = format!("{POST}<body/>");
        let post = post(&text).expect("a POST");
        assert_eq!(&text[post.path.clone()], "/anon/http-bind");
        assert_eq!(&text[post.head..post.head + post.body], "<body/>");
        assert!(!post.close);
        let fields: Vec<_> = post.fields.keys().map(HeaderName::as_str).collect();
        assert_eq!(fields, ["host", "origin"]);
    }

    #[test]
    fn every_part_of_a_head_is_waited_for() {
        for len in 0..POST.len() {
            assert!(matches!(read(&POST.as_bytes()[..len]), Head::Partial));
        }
    }

    #[test]
    fn requests_without_a_body_may_be_lent_the_connection() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            let text = format!("{method} / HTTP/1.1\r\nHost: chat.example\r\n\r\n");
            assert!(matches!(read(text.as_bytes()), Head::Bare(len) if len == text.len()));
        }
    }

    #[test]
    fn the_wish_to_close_is_understood() {
        let text = POST.replace("X-Other: 1", "connection: Close");
        assert!(post(&text).expect("a POST").close);
        let text = POST.replace("X-Other: 1", "Connection: keep-alive");
        assert!(!post(&text).expect("a POST").close);
    }

    /// RFC 9112 §6.3, §11.2
    #[test]
    fn what_could_be_framed_in_two_ways_is_not_read_here() {
        for other in [
            "Content-Length: 7",
            "Content-Length: 8",
            "Transfer-Encoding: chunked",
            "transfer-encoding: identity",
            "Upgrade: h2c",
            "Expect: 100-continue",
            "Connection: keep-alive, upgrade",
            "Connection: close, x",
        ] {
            assert!(is_other(&POST.replace("X-Other: 1", other)), "{other}");
        }
        for length in ["+7", "-7", "7, 7", "0x7", "", "7 7", "99999999999999999999"] {
            let text = POST.replace("Length: 7", &format!("Length: {length}"));
            assert!(is_other(&text), "{length}");
        }
        for line in ["X-Other : 1", " folded", "X-Other: a\u{0}b", "X-Other"] {
            assert!(is_other(&POST.replace("X-Other: 1", line)), "{line}");
        }
    }

    #[test]
    fn what_is_not_plain_http_1_1_is_not_read_here() {
        for text in [
            POST.replace("HTTP/1.1", "HTTP/1.0"),
            POST.replace("HTTP/1.1", "HTTP/2.0"),
            POST.replace("/anon/http-bind?x", "http://chat.example/http-bind"),
            POST.replace("POST", "PUT"),
            POST.replace("Content-Length: 7\r\n", ""),
            "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\n".to_owned(),
            "CONNECT chat.example:80 HTTP/1.1\r\n\r\n".to_owned(),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            "\u{16}\u{3}\u{1}\u{2}".to_owned(),
            format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(65)),
            format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(MAX_HEAD)),
            "a".repeat(MAX_HEAD),
        ] {
            assert!(is_other(&text), "{text}");
        }
    }
}
