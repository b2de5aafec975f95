//! References: `&amp;`, `&#65;`, `&#x41;`.

use super::super::{
    chars::{CLASS, NAME, START, WIDE, is_char, is_wide_name, is_wide_name_start, wide_char},
    error::{Fault, ParseRule, fault},
    work,
};

/// A reference that may be cut anywhere.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reference {
    part: Part,
    /// Bytes of a name, or digits.
    len: usize,
    /// The first bytes of the name, or the number.
    value: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Part {
    /// Behind `&`.
    #[default]
    Start,
    Name,
    /// Behind `&#`.
    Number,
    Decimal,
    /// Behind `&#x`.
    Hexadecimal,
}

impl Reference {
    pub(super) fn begin(&mut self) {
        *self = Self::default();
    }

    /// Goes on at `i`, behind the `&` or further. The place behind the `;`, `None` if the text ends before.
    pub(super) fn go_on(&mut self, b: &[u8], mut i: usize) -> Result<Option<usize>, Fault> {
        if self.part == Part::Start
            && let Some(len) = predefined(&b[i..])
        {
            work::add(len);
            return Ok(Some(i + len));
        }
        while let Some(&c) = b.get(i) {
            work::add(1);
            match (self.part, c) {
                (Part::Start, b'#') => self.part = Part::Number,
                (Part::Start | Part::Name, _) => match self.name(b, i, c)? {
                    Name::Char(len) => {
                        i += len;
                        continue;
                    }
                    Name::Cut => return Ok(None),
                    Name::End => return Ok(Some(i + 1)),
                },
                (Part::Number, b'x') => self.part = Part::Hexadecimal,
                (Part::Number | Part::Decimal, b'0'..=b'9') => {
                    self.part = Part::Decimal;
                    self.digit(10, c - b'0');
                }
                (Part::Hexadecimal, b'0'..=b'9') => self.digit(16, c - b'0'),
                (Part::Hexadecimal, b'a'..=b'f') => self.digit(16, c - b'a' + 10),
                (Part::Hexadecimal, b'A'..=b'F') => self.digit(16, c - b'A' + 10),
                (Part::Decimal | Part::Hexadecimal, b';') if self.len > 0 => {
                    let code = u32::try_from(self.value).unwrap_or(u32::MAX);
                    if is_char(code).is_none() {
                        return fault(ParseRule::ForbiddenReference, i);
                    }
                    return Ok(Some(i + 1));
                }
                _ => return fault(ParseRule::MalformedReference, i),
            }
            i += 1;
        }
        Ok(None)
    }

    fn digit(&mut self, base: u64, digit: u8) {
        self.len = 1;
        // Whatever is above the last character stays above it.
        self.value = (self.value * base + u64::from(digit)).min(1 << 32);
    }

    fn name(&mut self, b: &[u8], i: usize, c: u8) -> Result<Name, Fault> {
        if c == b';' && self.part == Part::Name {
            const fn name(text: &[u8]) -> u64 {
                let mut value = 0;
                let mut i = 0;
                while i < text.len() {
                    value = value << 8 | text[i] as u64;
                    i += 1;
                }
                value
            }
            const AMP: u64 = name(b"amp");
            const LT: u64 = name(b"lt");
            const GT: u64 = name(b"gt");
            const APOS: u64 = name(b"apos");
            const QUOT: u64 = name(b"quot");
            return match self.value {
                AMP | LT | GT | APOS | QUOT if self.len <= 4 => Ok(Name::End),
                _ => fault(ParseRule::UndeclaredEntity, i),
            };
        }
        let first = self.part == Part::Start;
        let class = CLASS[c as usize];
        let mut len = 1;
        if class & WIDE != 0 {
            let Some((c, wide)) = wide_char(b, i) else {
                return Ok(Name::Cut);
            };
            if !(if first {
                is_wide_name_start(c)
            } else {
                is_wide_name(c)
            }) {
                return fault(ParseRule::MalformedReference, i);
            }
            len = wide;
        } else if class & (if first { START } else { NAME }) == 0 {
            return fault(ParseRule::MalformedReference, i);
        }
        self.part = Part::Name;
        self.len += len;
        if self.len <= 4 {
            self.value = self.value << 8 | u64::from(c);
        }
        Ok(Name::Char(len))
    }
}

/// The length of one of the five names at the start of `b`, its `;` included: what nearly every reference is.
fn predefined(b: &[u8]) -> Option<usize> {
    match b {
        [b'l' | b'g', b't', b';', ..] => Some(3),
        [b'a', b'm', b'p', b';', ..] => Some(4),
        [b'a', b'p', b'o', b's', b';', ..] | [b'q', b'u', b'o', b't', b';', ..] => Some(5),
        _ => None,
    }
}

enum Name {
    Char(usize),
    Cut,
    End,
}
