//! Which pages may connect (BOSH 1.16, 15.18): those of the server's own origin, and those of a list.

use std::collections::HashSet;

use axum::http::{HeaderMap, HeaderValue, header};

use super::Site;
use crate::options::PublicUrl;

/// Where the page that sends a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// No browser, or a page of our own: no special headers are needed.
    Own,
    /// A page of another origin, on the list.
    Listed(HeaderValue),
    /// A page of another origin.
    Foreign,
}

impl Origin {
    /// Reads the `Origin` of a request.
    pub(super) fn of(headers: &HeaderMap, site: &Site) -> Self {
        let public = site.public_url.as_ref().map(PublicUrl::origin);
        Self::among(headers, public.as_deref(), &site.cors_origins)
    }

    /// [`Origin::of`] on a server whose pages are of the origin `public`, and of whatever `Host` says.
    fn among(headers: &HeaderMap, public: Option<&str>, listed: &HashSet<String>) -> Self {
        let Some(origin) = headers.get(header::ORIGIN) else {
            return Self::Own;
        };
        let Ok(text) = origin.to_str() else {
            return Self::Foreign;
        };
        let host = headers.get(header::HOST).and_then(|h| h.to_str().ok());
        let same = |given: &str| host.is_some_and(|host| host.eq_ignore_ascii_case(given));
        // The scheme is not compared: behind a proxy that ends TLS, ours is not the page's.
        let own = text.split_once("://").is_some_and(|(_, given)| same(given));
        // A proxy may have put its own name for us into Host.
        let public = public.is_some_and(|public| public.eq_ignore_ascii_case(text));
        if own || public {
            Self::Own
        } else if listed.contains(&text.to_ascii_lowercase()) {
            Self::Listed(origin.clone())
        } else {
            Self::Foreign
        }
    }

    /// Adds what a browser wants to see before it shows an answer to a page.
    pub(super) fn allow(&self, headers: &mut HeaderMap) {
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
        if let Self::Listed(origin) = self {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        }
    }

    /// Adds the answer to a preflight request: these methods and headers may be used.
    pub(super) fn allow_preflight(
        &self,
        headers: &mut HeaderMap,
        methods: &'static str,
        request_headers: &'static str,
    ) {
        self.allow(headers);
        if matches!(self, Self::Listed(_)) {
            for (name, value) in [
                (header::ACCESS_CONTROL_ALLOW_METHODS, methods),
                (header::ACCESS_CONTROL_ALLOW_HEADERS, request_headers),
                (header::ACCESS_CONTROL_MAX_AGE, "7200"),
            ] {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
    }
}

/// What a foreign page is told.
pub(super) const REFUSAL: &str = "Pages of this origin may not connect. The server's operator can allow it with --cors-origin.\n";

#[cfg(test)]
mod tests {
    use super::*;

    fn of(origin: Option<&'static str>, host: &'static str) -> Origin {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static(host));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        Origin::among(
            &headers,
            Some("https://www.chat.example"),
            &HashSet::from(["https://friend.example".to_owned()]),
        )
    }

    /// BOSH 15.18
    #[test]
    fn only_our_own_and_listed_origins_may_connect() {
        assert_eq!(of(None, "chat.example"), Origin::Own);
        assert_eq!(
            of(Some("https://chat.example"), "Chat.example"),
            Origin::Own
        );
        assert_eq!(
            of(Some("http://127.0.0.1:5280"), "127.0.0.1:5280"),
            Origin::Own
        );
        // The public URL's, whatever name the proxy has for us.
        assert_eq!(
            of(Some("https://www.chat.example"), "127.0.0.1:5280"),
            Origin::Own
        );
        assert_eq!(
            of(Some("https://friend.example"), "chat.example"),
            Origin::Listed(HeaderValue::from_static("https://friend.example"))
        );
        for foreign in [
            "null",
            "https://chat.example.evil.example",
            "https://evil.example",
            "http://friend.example",
            "https://chat.example:444",
            "chat.example",
            "http://www.chat.example",
            "https://www.chat.example:444",
            "https://www.chat.example/anon/",
            "",
        ] {
            assert_eq!(
                of(Some(foreign), "chat.example"),
                Origin::Foreign,
                "{foreign}"
            );
        }
    }

    /// BOSH 1.16
    #[test]
    fn only_listed_origins_are_named_in_the_answer() {
        let allowed = |origin: Origin| {
            let mut headers = HeaderMap::new();
            origin.allow_preflight(&mut headers, "POST, OPTIONS", "content-type");
            headers
                .get(header::ACCESS_CONTROL_ALLOW_ORIGIN)
                .map(|v| v.to_str().expect("ASCII").to_owned())
        };
        assert_eq!(
            allowed(of(Some("https://friend.example"), "chat.example")),
            Some("https://friend.example".to_owned())
        );
        assert_eq!(allowed(Origin::Own), None);
        assert_eq!(allowed(Origin::Foreign), None);
    }
}
