//! Finding out that a text of ASCII is a prepared address, which nearly every address on the wire is.

use wide::u8x16;

use super::{Cut, domain::MAX_LABEL, prepare};

/// Where the parts of `text` end, if it is of ASCII and prepared already, or but for capitals before the resourcepart.
///
/// Texts of at most 64 bytes become masks of one bit a byte, and the rules become a few operations on those: the jumps
/// of a loop over the labels would cost more than all of it. Of texts whose bare JID is longer, those with capitals are not for here.
pub(super) fn plain(text: &str) -> Option<Plain> {
    let bytes = text.as_bytes();
    let head = if bytes.len() <= 64 {
        bytes
    } else {
        // As a rule it is the resourcepart that is long.
        match memchr::memchr(b'/', bytes) {
            Some(bare @ 1..=64) => &bytes[..bare],
            _ => return plain_long(bytes),
        }
    };
    let plain = Masks::of(head)?.cut(head)?;
    if head.len() == bytes.len() {
        return Some(plain);
    }
    let cut = Cut::new(plain.cut.local(), head.len(), bytes.len());
    plain_resource(&bytes[head.len() + 1..]).then_some(Plain { cut, ..plain })
}

/// What is known of a plain address.
#[derive(Clone, Copy)]
pub(super) struct Plain {
    pub(super) cut: Cut,
    /// Whether its bare JID has capitals, which have to become small.
    pub(super) has_capitals: bool,
}

/// A bit for each byte of a text, the first byte lowest.
#[derive(Default)]
struct Masks {
    at: u64,
    slash: u64,
    capital: u64,
    /// Hyphens and dots: where a label may neither start nor end.
    edge: u64,
    /// What labels have, capitals too, and the dots between them: what nearly all localparts have.
    domain: u64,
    resource: u64,
}

const LANES: usize = 16;

impl Masks {
    /// The masks of a text of at most 64 bytes; `None` where it is not of ASCII.
    ///
    /// The last blocks overlap those before them: what is seen twice is the same twice. So there is no loop whose length
    /// the processor would have to guess.
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut masks = Self::default();
        let block = |at: usize| {
            bytes
                .get(at..at + LANES)
                .and_then(|block| block.try_into().ok())
                .map(|block: &[u8; LANES]| u8x16::new(*block))
        };
        let len = bytes.len();
        if len < LANES {
            let mut block = [0; LANES];
            block[..len].copy_from_slice(bytes);
            masks.add(u8x16::new(block), 0)?;
            return Some(masks);
        }
        masks.add(block(0)?, 0)?;
        if len > 2 * LANES {
            masks.add(block(LANES)?, LANES)?;
            masks.add(block(len - 2 * LANES)?, len - 2 * LANES)?;
        }
        masks.add(block(len - LANES)?, len - LANES)?;
        Some(masks)
    }

    /// Takes in the block `x`, which stands from `at`.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "the masks stay in registers")]
    fn add(&mut self, x: u8x16, at: usize) -> Option<()> {
        // The highest bit of each byte.
        if x.to_bitmask() != 0 {
            return None;
        }
        let is = |b: u8| x.simd_eq(u8x16::splat(b));
        let range = |x: u8x16, first: u8, last: u8| {
            let distance = x - u8x16::splat(first);
            distance.min(u8x16::splat(last - first)).simd_eq(distance)
        };
        let mask = |x: u8x16| u64::from(x.to_bitmask()) << at;
        let (ampersat, slash, edge) = (is(b'@'), is(b'/'), is(b'-') | is(b'.'));
        let letter = range(x | u8x16::splat(0x20), b'a', b'z');
        self.at |= mask(ampersat);
        self.slash |= mask(slash);
        self.edge |= mask(edge);
        self.capital |= mask(range(x, b'A', b'Z'));
        self.domain |= mask(letter | range(x, b'0', b'9') | edge);
        self.resource |= mask(range(x, b' ', b'~'));
        Some(())
    }

    /// Where the parts of the text end.
    fn cut(&self, bytes: &[u8]) -> Option<Plain> {
        let len = bytes.len();
        let bare = (self.slash.trailing_zeros() as usize).min(len);
        let at = self.at & below(bare);
        let (local, start) = if at == 0 {
            (0, 0)
        } else {
            let local = at.trailing_zeros() as usize;
            (local, local + 1)
        };
        if bare <= start || (at != 0 && local == 0) {
            return None;
        }
        let domain = below(bare) & !below(start);
        // Two of them side by side leave an empty label, a hyphen at the end of one, or what may be an R-LDH label
        // (`xn--…`): the last is for those who look closer.
        let edges = self.edge & domain;
        let ends = 1 << start | 1 << (bare - 1);
        let resource = if bare < len {
            below(len) & !below(bare + 1)
        } else {
            0
        };
        let wrong = domain & !self.domain | edges & (edges >> 1 | ends) | resource & !self.resource;
        let is_local = |b: &u8| CLASSES[usize::from(*b)] & LOCAL != 0 || b.is_ascii_uppercase();
        let is_cut = (bare == len || bare + 1 < len)
            && (below(local) & !self.domain == 0 || bytes[..local].iter().all(is_local));
        (wrong == 0 && is_cut && bare - start <= MAX_LABEL).then(|| Plain {
            cut: Cut::new(local, bare, len),
            has_capitals: self.capital & below(bare) != 0,
        })
    }
}

/// The lowest `n` bits, of 64 at most.
const fn below(n: usize) -> u64 {
    if n >= 64 { !0 } else { (1 << n) - 1 }
}

/// As [`plain`], byte by byte.
fn plain_long(bytes: &[u8]) -> Option<Plain> {
    let end = run(bytes, LOCAL);
    let local = match bytes.get(end) {
        Some(b'@') if (1..=prepare::MAX_PART).contains(&end) => end,
        Some(b'/') | None => 0,
        _ => return None,
    };
    let start = if local > 0 { local + 1 } else { 0 };
    let bare = start + plain_domain(&bytes[start..])?;
    if bare < bytes.len() {
        plain_resource(&bytes[bare + 1..]).then_some(())?;
    }
    Some(Plain {
        cut: Cut::new(local, bare, bytes.len()),
        has_capitals: false,
    })
}

/// Whether a localpart is of ASCII and prepared already.
pub(super) fn plain_local(bytes: &[u8]) -> bool {
    (1..=prepare::MAX_PART).contains(&bytes.len()) && run(bytes, LOCAL) == bytes.len()
}

/// Whether a resourcepart is of ASCII and prepared already.
pub(super) fn plain_resource(bytes: &[u8]) -> bool {
    // All of them are looked at, so that it can be many at a time.
    let is_plain = |all, b: &u8| all & (b' '..=b'~').contains(b);
    (1..=prepare::MAX_PART).contains(&bytes.len()) && bytes.iter().fold(true, is_plain)
}

/// Length of the domainpart that `bytes` starts with, to its end or to a `/`: lower-case letters, digits and hyphens, in
/// labels that need no second look.
pub(super) fn plain_domain(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    loop {
        let len = run(&bytes[start..], LABEL);
        let label = &bytes[start..start + len];
        let is_plain = (1..=MAX_LABEL).contains(&len)
            && label[0] != b'-'
            && label[len - 1] != b'-'
            && label.get(2..4) != Some(b"--");
        if !is_plain {
            return None;
        }
        start += len;
        match bytes.get(start) {
            Some(b'.') => start += 1,
            Some(b'/') | None => return (start <= prepare::MAX_PART).then_some(start),
            Some(_) => return None,
        }
    }
}

/// Bytes at the start of `bytes` that are all of this class.
fn run(bytes: &[u8], class: u8) -> usize {
    bytes
        .iter()
        .position(|b| CLASSES[usize::from(*b)] & class == 0)
        .unwrap_or(bytes.len())
}

/// Bytes that preparation leaves alone: in a localpart, in a label of a domain.
const LOCAL: u8 = 1;
const LABEL: u8 = 2;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut b = b' ';
    while b <= b'~' {
        let mut class = 0;
        // RFC 7622 §3.3.1.
        let excluded = prepare::is_excluded(b as char) || b == b' ';
        if !excluded && !b.is_ascii_uppercase() {
            class |= LOCAL;
        }
        if b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' {
            class |= LABEL;
        }
        classes[b as usize] = class;
        b += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Plain, plain, plain_long};

    fn compare(text: &str) {
        let parts = |plain: Plain| (plain.cut.local(), plain.cut.bare(), plain.cut.len());
        let masks = plain(text).map(|plain| (parts(plain), plain.has_capitals));
        // The loop takes no capitals: it gets the text as it will be.
        let bare = text.find('/').unwrap_or(text.len());
        let small = text[..bare].to_ascii_lowercase() + &text[bare..];
        let expected = plain_long(small.as_bytes());
        let expected = expected.map(|plain| (parts(plain), small != text));
        // Masks leave hyphens side by side and long texts with capitals to others.
        if masks.is_some() || text.len() <= 64 && !small[..bare].contains("--") {
            assert_eq!(masks, expected, "{text:?}");
        }
    }

    #[test]
    fn masks_judge_every_byte_as_the_loop_does() {
        for b in 0..128u8 {
            let c = char::from(b);
            for n in [0, 1, 2, 13, 14, 15, 16, 17, 30, 31, 32, 47, 48] {
                let fill = "x".repeat(n);
                for text in [
                    format!("{fill}{c}@d/r"),
                    format!("{c}{fill}@d"),
                    format!("a@{fill}{c}"),
                    format!("a@{fill}{c}b/r"),
                    format!("{fill}{c}b"),
                    format!("d/{fill}{c}"),
                    format!("d/{c}{fill}"),
                ] {
                    compare(&text);
                }
            }
        }
        assert!(plain("").is_none());
        assert!(plain("é@d").is_none());
    }

    #[test]
    fn texts_around_the_length_of_the_masks() {
        for n in 55..=70 {
            for text in [
                "x".repeat(n),
                format!("a@{}", "x".repeat(n)),
                format!("a@b/{}", "x".repeat(n)),
            ] {
                compare(&text);
                compare(&format!("{text}."));
                compare(&format!("{text}/"));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5000))]

        #[test]
        fn masks_say_what_the_loop_says(text in "[a-c1.@/A-]{0,24}|[a-z0-9-]{1,30}(@[a-z.-]{1,30})?(/[ -~]{0,30})?|[ -~]{0,70}") {
            compare(&text);
        }
    }
}
