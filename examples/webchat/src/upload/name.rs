//! The name that a file is shown by. It is never a path here: files are stored under a random id.

use example_support::percent_encode;

/// The longest name, in bytes: what file systems take, so that whoever downloads the file can keep it.
const MAX_BYTES: usize = 255;

/// A file's name as its sender gave it, fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);

/// Why a name is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadName {
    /// Nothing, or only spaces.
    #[error("the file has no name")]
    Empty,
    /// More than 255 bytes.
    #[error("the file's name is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// `/` or `\`, or a name that is a folder's: `.` and `..`.
    #[error("the file's name is a path")]
    Path,
    /// A control character, CR and LF among them, or one that turns the direction of what is shown around it.
    #[error("the file's name has a control character")]
    Control,
}

impl FileName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`BadName`] says what is wrong with it.
    pub fn new(name: &str) -> Result<Self, BadName> {
        if name.trim().is_empty() {
            return Err(BadName::Empty);
        }
        if name.len() > MAX_BYTES {
            return Err(BadName::TooLong);
        }
        if name.contains(['/', '\\']) || matches!(name.trim(), "." | "..") {
            return Err(BadName::Path);
        }
        if name.chars().any(|c| c.is_control() || turns_direction(c)) {
            return Err(BadName::Control);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `Content-Disposition` with this name ([RFC 6266](https://www.rfc-editor.org/rfc/rfc6266),
    /// [RFC 8187](https://www.rfc-editor.org/rfc/rfc8187)): visible ASCII, whatever the name is.
    pub fn disposition(&self, inline: bool) -> String {
        let kind = if inline { "inline" } else { "attachment" };
        let mut value = format!("{kind}; filename=\"");
        // For those who do not know the other form. RFC 6266 appendix D: no backslash, no quote, no percent sign.
        value.extend(self.0.chars().map(|c| match c {
            '"' | '\\' | '%' => '_',
            ' '..='~' => c,
            _ => '_',
        }));
        value.push_str("\"; filename*=UTF-8''");
        percent_encode(&self.0, &mut value);
        value
    }
}

/// Embeddings, overrides and isolates: `exe.gpj` that reads `jpg.exe`.
fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_taken() {
        for name in [
            "très cool.jpg",
            "a",
            ".hidden",
            "...",
            "a..b",
            "日本語.png",
            "\"quoted\"; filename=evil.html",
            "100%.txt",
            "%2e%2e%2fetc%2fpasswd",
            "C:autoexec.bat",
            &"x".repeat(255),
        ] {
            assert_eq!(FileName::new(name).expect(name).as_str(), name);
        }
    }

    /// SECURITY: path traversal in file names; CR or LF in headers.
    #[test]
    fn names_that_are_not() {
        for (name, expected) in [
            ("", BadName::Empty),
            (" \u{a0} ", BadName::Empty),
            (&*"x".repeat(256), BadName::TooLong),
            (&*"é".repeat(128), BadName::TooLong),
            ("..", BadName::Path),
            (".", BadName::Path),
            (" .. ", BadName::Path),
            ("../../etc/passwd", BadName::Path),
            ("/etc/passwd", BadName::Path),
            ("..\\..\\boot.ini", BadName::Path),
            ("a\r\nSet-Cookie: x", BadName::Control),
            ("a\nb", BadName::Control),
            ("a\0.png", BadName::Control),
            ("a\u{85}b", BadName::Control),
            ("a\u{202e}gpj.exe", BadName::Control),
            ("a\u{2067}b", BadName::Control),
        ] {
            assert_eq!(FileName::new(name), Err(expected), "{name:?}");
        }
    }

    #[test]
    fn dispositions_are_visible_ascii() {
        for (name, inline, expected) in [
            (
                "note.txt",
                true,
                "inline; filename=\"note.txt\"; filename*=UTF-8''note.txt",
            ),
            (
                "très cool.jpg",
                true,
                "inline; filename=\"tr_s cool.jpg\"; filename*=UTF-8''tr%C3%A8s%20cool.jpg",
            ),
            (
                "a\"; filename=\"b.html",
                false,
                "attachment; filename=\"a_; filename=_b.html\"; filename*=UTF-8''a%22%3B%20filename%3D%22b.html",
            ),
            (
                "50%'*.bin",
                false,
                "attachment; filename=\"50_'*.bin\"; filename*=UTF-8''50%25%27%2A.bin",
            ),
        ] {
            let value = FileName::new(name).expect(name).disposition(inline);
            assert_eq!(value, expected);
            assert!(value.bytes().all(|b| (b' '..=b'~').contains(&b)), "{value}");
        }
    }
}
