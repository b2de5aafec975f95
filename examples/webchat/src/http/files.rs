//! Answers that are files: types, validators, headers that every answer carries.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use bytes::Bytes;

use crate::options::PublicUrl;

/// The media type by a name's extension.
pub(super) fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "ttf" => "font/ttf",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        _ => "application/octet-stream",
    }
}

/// A strong validator of `content`.
pub(super) fn etag(content: &[u8]) -> String {
    // Not a secret and not attacked: the content is ours.
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// `content` under `etag`; 304 when the client has it already.
pub(super) fn file(
    request: &HeaderMap,
    content_type: &'static str,
    etag: &str,
    content: impl Into<Bytes>,
) -> Response<Body> {
    let fresh = has(request, etag);
    let response = Response::builder()
        .header(header::ETAG, etag)
        // Always asked again, so that a new version of the program is seen at once.
        .header(header::CACHE_CONTROL, "no-cache");
    if fresh {
        response
            .status(StatusCode::NOT_MODIFIED)
            .body(Body::empty())
    } else {
        response
            .header(header::CONTENT_TYPE, content_type)
            .body(Body::from(content.into()))
    }
    .expect("the parts are valid")
}

/// Whether a request says that the client has what `etag` stands for.
pub(super) fn has(request: &HeaderMap, etag: &str) -> bool {
    entries(request, &header::IF_NONE_MATCH)
        .any(|given| given == "*" || given.trim_start_matches("W/") == etag)
}

/// The entries of a header that is a list (RFC 9110, 5.6.1), without what is no text.
pub(super) fn entries<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// A short answer in words.
pub(super) fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    response
}

/// The headers that keep a browser from guessing and telling.
pub(super) async fn careful(mut response: Response<Body>) -> Response<Body> {
    add_careful(response.headers_mut());
    response
}

/// The headers of [`careful`].
pub(super) fn add_careful(headers: &mut HeaderMap) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
}

/// The `Host` of a request, if it is safe to repeat in a header.
pub(super) fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(header::HOST)?.to_str().ok()?;
    let plain =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-' | b'_' | b'[' | b']');
    (!host.is_empty() && host.len() <= 260 && host.bytes().all(plain)).then_some(host)
}

/// `'self'` of `connect-src`, with the WebSocket forms, which Safari does not count in, of the request's host and of
/// the public URL.
pub(super) fn connect_src(headers: &HeaderMap, public: Option<&PublicUrl>) -> String {
    let host = host(headers).map(|host| format!(" ws://{host} wss://{host}"));
    let public = public.map(|public| format!(" {}", public.websocket_origin()));
    ["'self'".to_owned()]
        .into_iter()
        .chain(host)
        .chain(public)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_the_client_has_is_not_sent_again() {
        let tag = etag(b"text");
        let mut headers = HeaderMap::new();
        let status = |headers: &HeaderMap| file(headers, "text/plain", &tag, "text").status();
        assert_eq!(status(&headers), StatusCode::OK);
        headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static("\"other\""));
        assert_eq!(status(&headers), StatusCode::OK);
        let list = format!("\"other\", W/{tag}");
        headers.insert(header::IF_NONE_MATCH, list.parse().expect("a header"));
        assert_eq!(status(&headers), StatusCode::NOT_MODIFIED);
    }

    #[test]
    fn a_host_that_would_break_out_of_the_policy_is_not_repeated() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("chat.example:8080"));
        assert_eq!(
            connect_src(&headers, None),
            "'self' ws://chat.example:8080 wss://chat.example:8080"
        );
        headers.insert(header::HOST, HeaderValue::from_static("x; script-src *"));
        assert_eq!(connect_src(&headers, None), "'self'");
        let public = PublicUrl::parse("https://chat.example/anon/").expect("a URL");
        assert_eq!(
            connect_src(&headers, Some(&public)),
            "'self' wss://chat.example"
        );
    }
}
