//! The checksum that every contender must arrive at: it covers each name, namespace, attribute and text.
//!
//! It is cheap on purpose, so that the figures show the parsers and not the hash, and it does not depend on how a
//! parser cuts character data into pieces: text is summed by byte.
#![expect(
    clippy::inline_always,
    reason = "the same few instructions in every contender, not a call in some"
)]

/// Checksum over a sequence of elements, in document order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checksum(u64);

const K: u64 = 0x9e37_79b9_7f4a_7c15;

/// Character data of one element, in any number of pieces.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextSum {
    sum: u64,
    len: u64,
}

impl TextSum {
    /// Adds a piece of character data.
    #[inline]
    pub fn add(&mut self, text: &str) {
        let mut sum = 0u64;
        for &b in text.as_bytes() {
            sum += u64::from(b);
        }
        self.sum = self.sum.wrapping_add(sum);
        self.len += text.len() as u64;
    }
}

impl Checksum {
    /// The value.
    pub fn value(self) -> u64 {
        self.0
    }

    /// An element starts; `attributes` is the sum of [`attribute`] over its attributes, in any order.
    #[inline]
    pub fn start(&mut self, ns: &str, name: &str, attributes: u64) {
        self.mix(word(name) ^ word(ns).rotate_left(17));
        self.mix(attributes);
    }

    /// The element ends; `text` is its own character data.
    #[inline]
    pub fn end(&mut self, text: TextSum) {
        self.mix(text.sum ^ text.len.rotate_left(32));
    }

    /// A value of a field: text.
    #[inline]
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// A value of a field: bytes.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.mix(hash(bytes));
    }

    /// A value of a field: text that may be absent.
    #[inline]
    pub fn option(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.mix(1),
        }
    }

    /// A value of a field: a number.
    #[inline]
    pub fn number(&mut self, number: u64) {
        self.mix(number);
    }

    #[inline]
    fn mix(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(K);
    }
}

/// One attribute; add these up.
#[inline(always)]
pub fn attribute(ns: &str, name: &str, value: &str) -> u64 {
    (word(name) ^ word(ns).rotate_left(17))
        .wrapping_mul(K)
        .rotate_left(29)
        ^ word(value)
}

#[inline(always)]
fn word(text: &str) -> u64 {
    hash(text.as_bytes())
}

/// Every byte goes in; short names, which are most, cost a few instructions.
#[inline(always)]
fn hash(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    let mut h = len as u64;
    if let Some(last) = bytes.last_chunk::<8>() {
        for chunk in bytes.as_chunks::<8>().0 {
            h = (h ^ u64::from_le_bytes(*chunk)).wrapping_mul(K);
        }
        h ^= u64::from_le_bytes(*last);
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        h ^= u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
    } else if len > 0 {
        h ^= u64::from(bytes[0]) << 32
            | u64::from(bytes[len / 2]) << 16
            | u64::from(bytes[len - 1]) << 8;
    }
    h.wrapping_mul(K)
}
