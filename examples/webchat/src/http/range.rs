//! Range requests ([RFC 9110 §14](https://www.rfc-editor.org/rfc/rfc9110#section-14)): one range of bytes.

use axum::http::{HeaderMap, header};

/// What part of a file is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// All of it.
    Whole,
    /// From the first byte to the last, both included.
    Part(u64, u64),
    /// None of it: the range lies behind its end.
    Unsatisfiable,
}

impl Range {
    /// What `headers` ask for of a file of `size` bytes whose strong validator is `etag`. Several ranges, other units and what
    /// cannot be read are passed over, as a server may.
    pub(super) fn of(headers: &HeaderMap, size: u64, etag: &str) -> Self {
        let mut values = headers.get_all(header::RANGE).iter();
        let (Some(range), None) = (values.next(), values.next()) else {
            return Self::Whole;
        };
        // There is no Last-Modified that a date could be compared with.
        let current = headers
            .get(header::IF_RANGE)
            .is_none_or(|validator| validator.as_bytes() == etag.as_bytes());
        match range.to_str() {
            Ok(range) if current => Self::parse(range, size).unwrap_or(Self::Whole),
            _ => Self::Whole,
        }
    }

    fn parse(range: &str, size: u64) -> Option<Self> {
        let (unit, range) = range.split_once('=')?;
        let (first, last) = range.trim().split_once('-')?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return None;
        }
        let number = |text: &str| -> Option<u64> {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            // Larger than any file is as good as the largest number.
            digits.then(|| text.parse().unwrap_or(u64::MAX))
        };
        if first.is_empty() {
            let length = number(last)?.min(size);
            return Some(match length {
                0 => Self::Unsatisfiable,
                length => Self::Part(size - length, size - 1),
            });
        }
        let first = number(first)?;
        let last = if last.is_empty() {
            u64::MAX
        } else {
            number(last)?
        };
        if last < first {
            return None;
        }
        Some(if first >= size {
            Self::Unsatisfiable
        } else {
            Self::Part(first, last.min(size - 1))
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn ranges() {
        for (range, expected) in [
            ("bytes=0-4", Range::Part(0, 4)),
            ("bytes=0-0", Range::Part(0, 0)),
            ("Bytes=3-", Range::Part(3, 9)),
            ("bytes=9-9", Range::Part(9, 9)),
            ("bytes=5-99999999999999999999999", Range::Part(5, 9)),
            ("bytes=-3", Range::Part(7, 9)),
            ("bytes=-10", Range::Part(0, 9)),
            ("bytes=-99", Range::Part(0, 9)),
            ("bytes= 1-2 ", Range::Part(1, 2)),
            ("bytes=10-", Range::Unsatisfiable),
            ("bytes=10-20", Range::Unsatisfiable),
            ("bytes=99999999999999999999999-", Range::Unsatisfiable),
            ("bytes=-0", Range::Unsatisfiable),
            ("bytes=4-3", Range::Whole),
            ("bytes=0-1,3-4", Range::Whole),
            ("bytes=a-b", Range::Whole),
            ("bytes=--1", Range::Whole),
            ("bytes=+1-2", Range::Whole),
            ("bytes=-", Range::Whole),
            ("bytes=", Range::Whole),
            ("bytes", Range::Whole),
            ("lines=1-2", Range::Whole),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(range));
            assert_eq!(Range::of(&headers, 10, "\"x\""), expected, "{range}");
        }
        assert_eq!(Range::of(&HeaderMap::new(), 10, "\"x\""), Range::Whole);
    }

    #[test]
    fn a_range_of_another_version_is_not_sent() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=1-2"));
        for (validator, expected) in [
            ("\"x\"", Range::Part(1, 2)),
            ("W/\"x\"", Range::Whole),
            ("\"y\"", Range::Whole),
            ("Fri, 20 Nov 2026 12:00:00 GMT", Range::Whole),
        ] {
            headers.insert(header::IF_RANGE, HeaderValue::from_static(validator));
            assert_eq!(Range::of(&headers, 10, "\"x\""), expected, "{validator}");
        }
        headers.remove(header::IF_RANGE);
        headers.append(header::RANGE, HeaderValue::from_static("bytes=3-4"));
        assert_eq!(
            Range::of(&headers, 10, "\"x\""),
            Range::Whole,
            "two headers"
        );
    }
}
