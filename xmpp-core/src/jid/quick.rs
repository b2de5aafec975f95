//! Preparation in one pass, for texts where it changes no more than single characters.
//!
//! Every answer here is the one that the step-by-step preparation gives; `None` is no answer.

use super::{
    Cut, bidi,
    domain::{MAX_LABEL, ascii_len},
    plain::{plain, plain_domain, plain_local, plain_resource},
    prepare::NFC,
    table::{Entry, entry},
};

/// Cuts an address at its separators: the first `/`, and before it the first `@` (RFC 7622 §3.1).
pub(super) fn split(text: &str) -> (Option<&str>, &str, Option<&str>) {
    let (bare, resource) = cut_at(text, b'/');
    let (local, domain) = cut_at(bare, b'@');
    match domain {
        Some(domain) => (Some(local), domain, resource),
        None => (None, bare, resource),
    }
}

/// What stands before and behind the first `separator`, a character of ASCII.
fn cut_at(text: &str, separator: u8) -> (&str, Option<&str>) {
    match memchr::memchr(separator, text.as_bytes()) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    }
}

/// Prepares an address.
pub(super) fn read(text: &str, out: &mut Prepared) -> Option<Cut> {
    if text.is_ascii() {
        return ascii(text, out);
    }
    let (local, domain, resource) = split(text);
    prepare(local, domain, resource, out)
}

/// Of ASCII, preparation makes capitals small and takes a final dot away (RFC 8264 §9.11); the rest is not for here.
fn ascii(text: &str, out: &mut Prepared) -> Option<Cut> {
    let (bare, resource) = text.split_at(text.find('/').unwrap_or(text.len()));
    out.push_str(bare.strip_suffix('.').unwrap_or(bare))?;
    out.bytes[..out.len].make_ascii_lowercase();
    out.push_str(resource)?;
    plain(out.as_str()).map(|plain| plain.cut)
}

/// The prepared text, as far as it is written.
pub(super) struct Prepared {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Prepared {
    /// Nearly all addresses are shorter; this lives on the stack.
    const MAX: usize = 256;

    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; Self::MAX],
            len: 0,
        }
    }

    pub(super) fn as_str(&self) -> &str {
        self.since(0)
    }

    /// Whether it is `text`.
    pub(super) fn is(&self, text: &str) -> bool {
        self.bytes[..self.len] == *text.as_bytes()
    }

    fn since(&self, start: usize) -> &str {
        str::from_utf8(&self.bytes[start..self.len]).expect("made of characters")
    }

    fn push_str(&mut self, s: &str) -> Option<()> {
        let end = self.len + s.len();
        self.bytes
            .get_mut(self.len..end)?
            .copy_from_slice(s.as_bytes());
        self.len = end;
        Some(())
    }

    fn push(&mut self, c: char) -> Option<()> {
        if c.is_ascii() {
            *self.bytes.get_mut(self.len)? = c as u8;
            self.len += 1;
        } else {
            let room = self.bytes.get_mut(self.len..self.len + c.len_utf8())?;
            self.len += c.encode_utf8(room).len();
        }
        Some(())
    }
}

/// Prepares the parts, one behind the other with their separators.
pub(super) fn prepare(
    local: Option<&str>,
    domain: &str,
    resource: Option<&str>,
    out: &mut Prepared,
) -> Option<Cut> {
    let mut local_len = 0;
    if let Some(local) = local {
        put_local(local, out)?;
        local_len = out.len;
        out.push('@')?;
    }
    put_domain(domain, out)?;
    let bare = out.len;
    if let Some(resource) = resource {
        out.push('/')?;
        put_resource(resource, out)?;
    }
    Some(Cut::new(local_len, bare, out.len))
}

/// Puts a resourcepart behind a bare JID; the length of both.
pub(super) fn append(bare: &str, resource: &str, out: &mut Prepared) -> Option<usize> {
    out.push_str(bare)?;
    out.push('/')?;
    put_resource(resource, out)?;
    Some(out.len)
}

fn put_local(part: &str, out: &mut Prepared) -> Option<()> {
    if plain_local(part.as_bytes()) {
        return out.push_str(part);
    }
    let start = out.len;
    let (mut starters, mut right_to_left) = (true, false);
    for c in part.chars() {
        let entry = entry(c);
        right_to_left |= entry.has(Entry::RIGHT_TO_LEFT);
        if entry.has(Entry::LOCAL) {
            starters &= entry.has(Entry::STARTER);
            out.push(c)?;
        } else if entry.has(Entry::LOCAL_MAPS) {
            out.push(entry.mapped()?)?;
        } else {
            return None;
        }
    }
    let is_stable = (starters || NFC.is_normalized(out.since(start)))
        && (!right_to_left || bidi::keeps_the_rule(out.since(start)))
        && out.len > start;
    is_stable.then_some(())
}

fn put_domain(part: &str, out: &mut Prepared) -> Option<()> {
    let part = part.strip_suffix('.').unwrap_or(part);
    if plain_domain(part.as_bytes()) == Some(part.len()) {
        return out.push_str(part);
    }
    let mut start = out.len;
    let begin = start;
    let mut starters = true;
    for c in part.chars() {
        if c == '.' {
            is_label(&out.bytes[start..out.len]).then_some(())?;
            out.push('.')?;
            start = out.len;
            continue;
        }
        let entry = entry(c);
        if entry.has(Entry::LABEL) && !(entry.has(Entry::MARK) && out.len == start) {
            starters &= entry.has(Entry::STARTER);
            out.push(c)?;
        } else if entry.has(Entry::LABEL_MAPS) {
            out.push(entry.mapped()?)?;
        } else {
            return None;
        }
    }
    (is_label(&out.bytes[start..out.len]) && (starters || NFC.is_normalized(out.since(begin))))
        .then_some(())
}

/// Whether a label of valid characters is valid: its length, and where its hyphens are.
fn is_label(label: &[u8]) -> bool {
    let ascii = label.iter().filter(|b| b.is_ascii()).count();
    if ascii == label.len() {
        return plain_domain(label).is_some();
    }
    // Punycode has at most nine digits for a character, and of UTF-8 it has two bytes at least.
    let is_short = "xn--".len() + ascii + 1 + 9 * (label.len() - ascii) / 2 <= MAX_LABEL;
    if is_short && !label.contains(&b'-') {
        return true;
    }
    let Ok(label) = str::from_utf8(label) else {
        return false;
    };
    let reserved = label.starts_with('-')
        || label.ends_with('-')
        || label.chars().skip(2).take(2).eq("--".chars());
    !reserved && (is_short || ascii_len(label) <= MAX_LABEL)
}

fn put_resource(part: &str, out: &mut Prepared) -> Option<()> {
    if plain_resource(part.as_bytes()) {
        return out.push_str(part);
    }
    let start = out.len;
    let mut starters = true;
    for c in part.chars() {
        let entry = entry(c);
        if !entry.has(Entry::RESOURCE) {
            return None;
        }
        starters &= entry.has(Entry::STARTER);
        out.push(c)?;
    }
    (out.len > start && (starters || NFC.is_normalized(out.since(start)))).then_some(())
}
