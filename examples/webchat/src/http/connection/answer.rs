//! The answer to a BOSH request, as HTTP/1.1 wants it written.

use std::{
    cell::RefCell,
    io::Write as _,
    sync::LazyLock,
    time::{Duration, UNIX_EPOCH},
};

use axum::http::{HeaderValue, StatusCode, header};
use xmpp_core::Timestamp;

use crate::http::{bosh, origin::Origin};

/// What every answer carries, as it is written.
static CONSTANT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut headers = bosh::constant_headers();
    Origin::Own.allow(&mut headers);
    let mut out = Vec::new();
    for (name, value) in &headers {
        field(&mut out, name.as_str(), value.as_bytes());
    }
    out
});

/// An answer, head and body.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub(super) status: StatusCode,
    pub(super) content_type: &'a str,
    pub(super) origin: &'a Origin,
    pub(super) body: &'a [u8],
    /// Nothing comes behind it.
    pub(super) close: bool,
}

impl Answer<'_> {
    /// The bytes to send at `now`.
    pub(super) fn write(&self, now: Timestamp) -> Vec<u8> {
        const BESIDE: usize = 192;
        let constant = &**CONSTANT;
        let mut out = Vec::with_capacity(BESIDE + constant.len() + self.body.len());
        out.extend_from_slice(b"HTTP/1.1 ");
        out.extend_from_slice(self.status.as_str().as_bytes());
        out.push(b' ');
        let reason = self.status.canonical_reason().unwrap_or_default();
        out.extend_from_slice(reason.as_bytes());
        out.extend_from_slice(b"\r\n");
        // It comes from the client, in an attribute of its body.
        let content_type = HeaderValue::from_str(self.content_type);
        if let Ok(content_type) = content_type.as_ref() {
            field(
                &mut out,
                header::CONTENT_TYPE.as_str(),
                content_type.as_bytes(),
            );
        }
        out.extend_from_slice(constant);
        if let Origin::Listed(origin) = self.origin {
            let name = header::ACCESS_CONTROL_ALLOW_ORIGIN;
            field(&mut out, name.as_str(), origin.as_bytes());
        }
        if self.close {
            field(&mut out, header::CONNECTION.as_str(), b"close");
        }
        out.extend_from_slice(b"content-length: ");
        // Writing to a `Vec` does not fail.
        let _ = write!(out, "{}", self.body.len());
        out.extend_from_slice(b"\r\ndate: ");
        write_date(now, &mut out);
        out.extend_from_slice(b"\r\n\r\n");
        out.extend_from_slice(self.body);
        out
    }
}

fn field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [name.as_bytes(), b": ", value, b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// The time (RFC 9110 §6.6.1), which is put into words once a second.
fn write_date(now: Timestamp, out: &mut Vec<u8>) {
    thread_local! {
        static WRITTEN: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
    }
    let second = now.as_millis() / 1000;
    WRITTEN.with_borrow_mut(|(written, text)| {
        if *written != second || text.is_empty() {
            *written = second;
            *text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(second));
        }
        out.extend_from_slice(text.as_bytes());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_all_that_a_client_needs() {
        let answer = Answer {
            status: StatusCode::OK,
            content_type: "text/xml; charset=utf-8",
            origin: &Origin::Listed(HeaderValue::from_static("https://friend.example")),
            body: b"<body/>",
            close: true,
        };
        let text =
            String::from_utf8(answer.write(Timestamp::from_millis(784_111_777_123))).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("head and body");
        assert_eq!(body, "<body/>");
        let mut lines = head.split("\r\n");
        assert_eq!(lines.next(), Some("HTTP/1.1 200 OK"));
        let fields: Vec<&str> = lines.collect();
        for field in [
            "content-type: text/xml; charset=utf-8",
            "content-length: 7",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "vary: origin",
            "access-control-allow-origin: https://friend.example",
            "connection: close",
            // RFC 9110 §5.6.7
            "date: Sun, 06 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(fields.iter().filter(|f| **f == field).count(), 1, "{field}");
        }
    }

    #[test]
    fn a_content_type_cannot_add_headers() {
        let answer = Answer {
            status: StatusCode::OK,
            content_type: "text/xml\r\nset-cookie: a=b",
            origin: &Origin::Own,
            body: b"",
            close: false,
        };
        let text =
            String::from_utf8(answer.write(Timestamp::from_millis(784_111_777_123))).expect("text");
        assert!(!text.contains("set-cookie"), "{text}");
    }
}
