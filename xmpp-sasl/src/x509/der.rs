//! DER ([X.690]), read strictly: definite lengths in their shortest form, nothing left over.
//!
//! [X.690]: https://www.itu.int/rec/T-REC-X.690

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const UTF8_STRING: u8 = 0x0c;
pub(super) const IA5_STRING: u8 = 0x16;
pub(super) const SEQUENCE: u8 = 0x30;

/// The elements of a constructed one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tag of the next element, without taking it.
    pub(super) fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    /// The next element: its tag and what is in it.
    pub(super) fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        // Tags above 30 take more bytes; nothing here has one.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => {
                let (&length, rest) = rest.split_first()?;
                (usize::from(length), rest)
            }
            0x82 => {
                let (length, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            // What is longer is longer than any certificate here.
            _ => return None,
        };
        let shortest = match length {
            0..=0x7f => first < 0x80,
            0x80..=0xff => first == 0x81,
            _ => true,
        };
        if !shortest {
            return None;
        }
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    /// What is in the next element, which has to have this tag.
    pub(super) fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (got, content) = self.any()?;
        (got == tag).then_some(content)
    }

    /// Leaves out the next element if it has this tag.
    pub(super) fn skip(&mut self, tag: u8) -> Option<()> {
        if self.peek() == Some(tag) {
            self.take(tag)?;
        }
        Some(())
    }
}

/// What is in the one element that `bytes` are.
pub(super) fn only(bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let mut reader = Reader::new(bytes);
    let content = reader.take(tag)?;
    reader.is_empty().then_some(content)
}
