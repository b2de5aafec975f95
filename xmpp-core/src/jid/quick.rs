//! Preparation in one pass, for texts where it changes no more than single characters.
//!
//! Every answer here is the one that the step-by-step preparation gives; `None` is no answer.

use super::{
    Cut, bidi,
    domain::{MAX_LABEL, ascii_len},
    prepare::{MAX_PART, NFC},
    table::{Entry, entry},
};

/// Cuts an address at its separators: the first `/`, and before it the first `@` (RFC 7622 §3.1).
pub(super) fn split(text: &str) -> (Option<&str>, &str, Option<&str>) {
    let (bare, resource) = match text.split_once('/') {
        Some((bare, resource)) => (bare, Some(resource)),
        None => (text, None),
    };
    match bare.split_once('@') {
        Some((local, domain)) => (Some(local), domain, resource),
        None => (None, bare, resource),
    }
}

/// Where the parts of `text` end, if it is of ASCII and prepared already.
pub(super) fn plain(text: &str) -> Option<Cut> {
    let bytes = text.as_bytes();
    let end = run(bytes, LOCAL);
    let local = match bytes.get(end) {
        Some(b'@') if (1..=MAX_PART).contains(&end) => end,
        Some(b'/') | None => 0,
        _ => return None,
    };
    let start = if local > 0 { local + 1 } else { 0 };
    let bare = start + plain_domain(&bytes[start..])?;
    let len = if bare < bytes.len() {
        let resource = &bytes[bare + 1..];
        if !(1..=MAX_PART).contains(&resource.len()) || run(resource, RESOURCE) < resource.len() {
            return None;
        }
        bytes.len()
    } else {
        bare
    };
    Some(Cut::new(local, bare, len))
}

/// Bytes at the start of `bytes` that are all of this class.
fn run(bytes: &[u8], class: u8) -> usize {
    bytes
        .iter()
        .position(|b| CLASSES[usize::from(*b)] & class == 0)
        .unwrap_or(bytes.len())
}

/// Length of the domainpart that `bytes` starts with, to its end or to a `/`: lower-case letters, digits and hyphens, in
/// labels that need no second look.
fn plain_domain(bytes: &[u8]) -> Option<usize> {
    let mut start = 0;
    loop {
        let len = run(&bytes[start..], LABEL);
        let label = &bytes[start..start + len];
        let is_plain = (1..=MAX_LABEL).contains(&len)
            && label[0] != b'-'
            && label[len - 1] != b'-'
            // R-LDH labels: `xn--…` and what IDNA reserves.
            && label.get(2..4) != Some(b"--");
        if !is_plain {
            return None;
        }
        start += len;
        match bytes.get(start) {
            Some(b'.') => start += 1,
            Some(b'/') | None => return (start <= MAX_PART).then_some(start),
            Some(_) => return None,
        }
    }
}

/// Bytes that preparation leaves alone: in a localpart, in a resourcepart, in a label of a domain.
const LOCAL: u8 = 1;
const RESOURCE: u8 = 2;
const LABEL: u8 = 4;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut b = b' ';
    while b <= b'~' {
        let mut class = RESOURCE;
        // RFC 7622 §3.3.1.
        let excluded = super::prepare::is_excluded(b as char) || b == b' ';
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
    if !part.is_empty() && run(part.as_bytes(), LOCAL) == part.len() {
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
    let part = out.since(start);
    let is_stable = (starters || NFC.is_normalized(part))
        && (!right_to_left || bidi::keeps_the_rule(part))
        && !part.is_empty();
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
            is_label(out.since(start)).then_some(())?;
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
    (is_label(out.since(start)) && (starters || NFC.is_normalized(out.since(begin)))).then_some(())
}

/// Whether a label of valid characters is valid: its length, and where its hyphens are.
fn is_label(label: &str) -> bool {
    let reserved = label.as_bytes().contains(&b'-')
        && (label.starts_with('-')
            || label.ends_with('-')
            || label.chars().skip(2).take(2).eq("--".chars()));
    !label.is_empty() && !reserved && ascii_len(label) <= MAX_LABEL
}

fn put_resource(part: &str, out: &mut Prepared) -> Option<()> {
    if !part.is_empty() && run(part.as_bytes(), RESOURCE) == part.len() {
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
    let part = out.since(start);
    (!part.is_empty() && (starters || NFC.is_normalized(part))).then_some(())
}
