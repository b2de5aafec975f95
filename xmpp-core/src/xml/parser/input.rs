//! The received text: valid UTF-8 without forbidden characters, and what comes after it if it is not.

use super::super::{chars, error::ParseRule, work};

/// Bytes become text here, once. Where they cannot, the text ends and says why.
#[derive(Debug, Default)]
pub(super) struct Input {
    text: String,
    /// Everything before was taken.
    pub(super) pos: usize,
    /// Bytes of a character that is not complete.
    cut: [u8; 4],
    cut_len: usize,
    /// Why nothing can follow the text.
    fault: Option<ParseRule>,
    /// Bytes that came and are no text.
    lost: usize,
    /// No tab, line feed or carriage return stands from here on.
    pub(super) controls_end: usize,
    /// Bytes that were dropped from the start of the text.
    dropped: u64,
}

/// What stays allocated for the next stanza: enough for a roster of 200.
const KEPT: usize = 32 * 1024;

impl Input {
    /// Bytes allocated.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        self.text.capacity()
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Why nothing can follow the text.
    pub(super) fn fault(&self) -> Option<ParseRule> {
        self.fault
    }

    /// The place `at` in the text, counted from the start of all input.
    pub(super) fn offset(&self, at: usize) -> u64 {
        self.dropped.wrapping_add(at as u64)
    }

    /// Counts from here on.
    pub(super) fn count_anew(&mut self) {
        self.dropped = 0u64.wrapping_sub(self.pos as u64);
    }

    /// Bytes that were not taken.
    pub(super) fn remaining(&self) -> usize {
        self.text.len() - self.pos + self.cut_len + self.lost
    }

    /// Adds bytes. The text need hold no more than `limit` bytes at a time, if they are taken as they come.
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8], limit: usize) {
        let all = self.remaining() + bytes.len();
        if self.fault.is_none() {
            self.take(bytes, limit);
        }
        if self.fault.is_some() {
            self.lost += all - self.remaining();
        }
    }

    fn take(&mut self, mut bytes: &[u8], limit: usize) {
        self.make_room(bytes.len(), limit);
        while self.cut_len > 0 {
            let Some((&first, rest)) = bytes.split_first() else {
                return;
            };
            bytes = rest;
            self.cut[self.cut_len] = first;
            self.cut_len += 1;
            let whole = self.cut;
            match str::from_utf8(&whole[..self.cut_len]) {
                Ok(c) => {
                    self.cut_len = 0;
                    self.append(c);
                }
                Err(e) if e.error_len().is_none() => {}
                Err(_) => return self.end(ParseRule::Utf8),
            }
        }
        let (body, cut) = bytes.split_at(bytes.len() - cut_at_end(bytes));
        if let Ok(text) = simdutf8::basic::from_utf8(body) {
            self.append(text);
        } else {
            let valid = str::from_utf8(body).map_or_else(|e| e.valid_up_to(), str::len);
            self.append(str::from_utf8(&body[..valid]).unwrap_or_default());
            return self.end(ParseRule::Utf8);
        }
        // The beginning of a character, unless nothing can make it one.
        match str::from_utf8(cut) {
            Err(e) if e.error_len().is_some() => self.end(ParseRule::Utf8),
            _ if self.fault.is_none() => {
                self.cut[..cut.len()].copy_from_slice(cut);
                self.cut_len = cut.len();
            }
            _ => {}
        }
    }

    /// Nothing can follow the text.
    #[cold]
    fn end(&mut self, rule: ParseRule) {
        self.cut_len = 0;
        self.fault.get_or_insert(rule);
    }

    fn append(&mut self, text: &str) {
        if self.fault.is_some() {
            return;
        }
        work::add(text.len());
        let examined = chars::examine(text.as_bytes());
        if examined.controls_end > 0 {
            self.controls_end = self.text.len() + examined.controls_end;
        }
        self.text.push_str(&text[..examined.allowed]);
        if examined.allowed < text.len() {
            self.end(ParseRule::ForbiddenCharacter);
        }
    }

    /// Drops what was taken when that is at least as much as what it moves, and grows by doubling up to what is needed.
    fn make_room(&mut self, more: usize, limit: usize) {
        if self.pos > 0 && self.pos * 2 >= self.text.len() {
            work::add(self.text.len() - self.pos);
            self.text.drain(..self.pos);
            self.dropped = self.dropped.wrapping_add(self.pos as u64);
            self.controls_end = self.controls_end.saturating_sub(self.pos);
            self.pos = 0;
            if self.text.capacity() > KEPT && self.text.len() + more < KEPT {
                self.text.shrink_to(KEPT);
            }
        }
        let needed = self.text.len() + more + self.cut.len();
        let capacity = self.text.capacity();
        if needed > capacity {
            let doubled = (capacity * 2).min(limit.saturating_add(more).saturating_add(64));
            work::add(self.text.len());
            self.text
                .reserve_exact(needed.max(doubled) - self.text.len());
        }
    }
}

/// How many of the last bytes begin a character that is not complete.
fn cut_at_end(bytes: &[u8]) -> usize {
    for (n, &b) in bytes.iter().rev().take(3).enumerate() {
        let wanted = match b {
            0..=0x7f => return 0,
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => 4,
        };
        return if n + 1 < wanted { n + 1 } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(pieces: &[&[u8]]) -> (String, Option<ParseRule>, bool, usize) {
        let mut input = Input::default();
        for piece in pieces {
            input.push(piece, 1000);
        }
        (
            input.text.clone(),
            input.fault,
            input.cut_len > 0,
            input.controls_end,
        )
    }

    #[test]
    fn any_cut_gives_the_same_text_and_the_same_fault() {
        let inputs: [&[u8]; 16] = [
            "a\u{e9}\u{20ac}\u{1f600}z".as_bytes(),
            b"ab\xc3(",
            b"ab\xc3",
            b"ab\xe2\x82",
            b"ab\xe2\x82<",
            b"ab\xf0\x9f\x98",
            b"ab\xf0\x9f\x98\x41",
            b"ab\xc0\x80 overlong",
            b"ab\xe0\x80\x80 overlong",
            b"ab\xed\xa0\x80 surrogate",
            b"ab\xf4\x90\x80\x80 beyond",
            b"ab\xf5\x80\x80\x80 beyond",
            b"ab\x80 lone",
            b"ab\xff",
            b"\r\nab\x01\xff",
            b"ab\xef\xbf\xbe\xef\xbf\xbd",
        ];
        for input in inputs {
            let whole = outcome(&[input]);
            assert!(whole.0.starts_with("ab") || whole.0.contains("\u{e9}") || whole.3 == 2);
            for cut in 0..=input.len() {
                assert_eq!(
                    outcome(&[&input[..cut], &input[cut..]]),
                    whole,
                    "{input:x?} at {cut}"
                );
            }
            let bytes: Vec<&[u8]> = input.chunks(1).collect();
            assert_eq!(outcome(&bytes), whole, "{input:x?} byte by byte");
        }
    }

    #[test]
    fn what_was_taken_is_dropped() {
        let mut input = Input::default();
        for i in 0..100_000u64 {
            input.push(b"0123456789", 100);
            assert_eq!(input.offset(input.text.len()), (i + 1) * 10);
            input.pos = input.text.len() - 3;
        }
        assert!(input.text.capacity() < 200, "{}", input.text.capacity());
    }
}
