//! Media types: what a sender promises, and what is said when the file is served.

use std::fmt;

/// The longest `type/subtype`, in bytes.
const MAX_BYTES: usize = 127;

/// A media type without its parameters, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType(String);

/// How a file is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// Whether a browser may show it; else it is an attachment.
    pub inline: bool,
}

/// What is never shown.
const ATTACHMENT: Served = Served {
    content_type: "application/octet-stream",
    inline: false,
};

impl MediaType {
    /// What is meant when no type is given.
    pub fn octet_stream() -> Self {
        Self(ATTACHMENT.content_type.to_owned())
    }

    /// Reads `type/subtype`, with or without parameters, which are dropped: the charset of a text may be wrong, the
    /// codecs of a film stand in the film.
    pub fn parse(text: &str) -> Option<Self> {
        let essence = text.split(';').next().unwrap_or_default().trim();
        let (kind, subtype) = essence.split_once('/')?;
        let fits = essence.len() <= MAX_BYTES && is_token(kind) && is_token(subtype);
        fits.then(|| Self(essence.to_ascii_lowercase()))
    }

    /// `type/subtype`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How a file of this type is served: what is on a short list of types that run no script by their own name,
    /// everything else (HTML, SVG, XML and PDF above all) as bytes to be saved.
    pub fn served(&self) -> Served {
        let content_type = match self.0.as_str() {
            "image/png" => "image/png",
            "image/jpeg" | "image/jpg" => "image/jpeg",
            "image/gif" => "image/gif",
            "image/webp" => "image/webp",
            "image/avif" => "image/avif",
            "video/mp4" => "video/mp4",
            "video/webm" => "video/webm",
            "video/ogg" => "video/ogg",
            "audio/mpeg" | "audio/mp3" => "audio/mpeg",
            "audio/mp4" | "audio/x-m4a" => "audio/mp4",
            "audio/ogg" | "audio/opus" => "audio/ogg",
            "audio/webm" => "audio/webm",
            "audio/wav" | "audio/x-wav" => "audio/wav",
            "audio/flac" | "audio/x-flac" => "audio/flac",
            "text/plain" => "text/plain; charset=utf-8",
            _ => return ATTACHMENT,
        };
        Served {
            content_type,
            inline: true,
        }
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// `token` of RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_case_do_not_count() {
        for (text, expected) in [
            ("text/plain", Some("text/plain")),
            ("Text/Plain; charset=latin1", Some("text/plain")),
            (" audio/ogg ;codecs=opus", Some("audio/ogg")),
            ("image/svg+xml", Some("image/svg+xml")),
            ("", None),
            ("png", None),
            ("image/", None),
            ("image/png/x", None),
            ("image/png, text/html", None),
            ("image/png\r\nX: y", None),
            ("bild/prächtig", None),
            (&*format!("image/{}", "x".repeat(122)), None),
        ] {
            let read = MediaType::parse(text);
            assert_eq!(read.as_ref().map(MediaType::as_str), expected, "{text:?}");
        }
    }

    /// SECURITY: a content type that can't run script.
    #[test]
    fn only_a_short_list_is_shown() {
        for shown in ["image/png", "image/jpg", "video/webm", "audio/mp3"] {
            assert!(MediaType::parse(shown).expect("a type").served().inline);
        }
        let text = MediaType::parse("text/plain").expect("a type").served();
        assert_eq!(text.content_type, "text/plain; charset=utf-8");
        for kept in [
            "text/html",
            "application/xhtml+xml",
            "image/svg+xml",
            "text/xml",
            "application/xml",
            "application/rss+xml",
            "application/pdf",
            "text/javascript",
            "application/javascript",
            "text/css",
            "multipart/related",
            "message/rfc822",
            "application/x-shockwave-flash",
            "application/wasm",
            "text/cache-manifest",
            "image/x-unheard-of",
        ] {
            let served = MediaType::parse(kept).expect("a type").served();
            assert_eq!(served, ATTACHMENT, "{kept}");
        }
    }
}
