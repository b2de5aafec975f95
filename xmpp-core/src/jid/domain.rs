//! Preparation of a domainpart (RFC 7622 §3.2): a domain name in its Unicode form, an IPv4 address, or an IPv6 address
//! in brackets.

use std::{borrow::Cow, net::Ipv6Addr};

use idna::uts46::{AsciiDenyList, Hyphens, Uts46};

use super::{
    JidError, JidPart, JidRule,
    chars::{self, Precis},
    context,
    prepare::until_stable,
};

/// Bytes of a label in its ASCII form (RFC 1035 §2.3.4).
pub(super) const MAX_LABEL: usize = 63;

/// Labels are mapped and validated by UTS #46 (non-transitional, with its rules for hyphens, joiners, direction and
/// ASCII), then by IDNA2008, which allows fewer characters; A-labels become U-labels, one final separator is removed.
pub(super) fn domain(part: &str) -> Result<Cow<'_, str>, JidError> {
    until_stable(part, step).map_err(|rule| JidError::new(JidPart::Domain, rule))
}

/// One round of preparation.
pub(super) fn step(part: &str) -> Result<String, JidRule> {
    if let Some(rest) = part.strip_prefix('[') {
        let address = rest
            .strip_suffix(']')
            .and_then(|address| address.parse::<Ipv6Addr>().ok())
            .ok_or(JidRule::Domain)?;
        return Ok(format!("[{address}]"));
    }
    let (unicode, result) =
        Uts46::new().to_unicode(part.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    result.map_err(|_| JidRule::Domain)?;
    // One final separator is no part of the name; U+3002 and its kin are `.` only after mapping.
    let unicode = unicode.strip_suffix('.').unwrap_or(&unicode);
    for label in unicode.split('.') {
        if label.is_empty() || !is_u_label(label) {
            return Err(JidRule::Domain);
        }
        if ascii_len(label) > MAX_LABEL {
            return Err(JidRule::Label);
        }
    }
    Ok(unicode.to_owned())
}

/// Whether IDNA2008 allows every character of `label` (RFC 5891 §4.2.2).
fn is_u_label(label: &str) -> bool {
    label.char_indices().all(|(at, c)| {
        chars::idna(c) && (chars::precis(c) != Precis::Context || context::allows(label, at, c))
    })
}

/// Bytes of a label in its ASCII form: itself, or `xn--` and its Punycode (RFC 3492 §6.3), which is only counted here.
pub(super) fn ascii_len(label: &str) -> usize {
    const BASE: u32 = 36;
    let ascii = label.bytes().filter(u8::is_ascii).count();
    if ascii == label.len() {
        return ascii;
    }
    let total = label.chars().count();
    if total > MAX_LABEL {
        return total; // longer than allowed, and longer still in ASCII
    }
    let mut len = "xn--".len() + ascii + usize::from(ascii > 0);
    let count = |n: usize| u32::try_from(n).expect("at most 63");
    let (basic, total) = (count(ascii), count(total));
    let mut done = basic;
    let (mut reached, mut delta, mut bias) = (128, 0, 72);
    while done < total {
        let waiting = label.chars().map(u32::from).filter(|c| *c >= reached);
        let next = waiting.min().unwrap_or(reached);
        delta += (next - reached) * (done + 1);
        reached = next;
        for c in label.chars().map(u32::from) {
            if c < reached {
                delta += 1;
            }
            if c != reached {
                continue;
            }
            // The digits of `delta`, with thresholds around `bias`.
            let (mut rest, mut k) = (delta, BASE);
            loop {
                len += 1;
                let threshold = k.saturating_sub(bias).clamp(1, 26);
                if rest < threshold {
                    break;
                }
                rest = (rest - threshold) / (BASE - threshold);
                k += BASE;
            }
            // Adaptation of the bias (RFC 3492 §6.1).
            let mut scaled = delta / if done == basic { 700 } else { 2 };
            scaled += scaled / (done + 1);
            let mut k = 0;
            while scaled > (BASE - 1) * 26 / 2 {
                scaled /= BASE - 1;
                k += BASE;
            }
            bias = k + BASE * scaled / (scaled + 38);
            delta = 0;
            done += 1;
        }
        delta += 1;
        reached += 1;
    }
    len
}
