//! Preparation of the parts of a JID: PRECIS for localpart and resourcepart, IDNA for the domainpart.
//!
//! The PRECIS tables stop at Unicode 6.3, as IANA's registry does. RFC 8264 §8 defines its classes by
//! properties, so that they apply to any version: a code point that the tables don't know yet is judged by
//! its properties in the version that `icu_properties` has.

use std::{borrow::Cow, net::Ipv6Addr};

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, NoncharacterCodePoint},
};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use precis_profiles::{
    OpaqueString, UsernameCaseMapped,
    precis_core::{
        DerivedPropertyValue, FreeformClass, IdentifierClass, StringClass, profile::Rules,
    },
};

use super::{JidError, JidPart, JidRule};

/// Bytes of one part (RFC 7622 §3.1).
pub(super) const MAX_PART: usize = 1023;

/// Rounds until the result has to be stable (RFC 8264 §7 suggests three).
const ROUNDS: usize = 4;

/// RFC 7622 §3.3: the profile `UsernameCaseMapped`, and eight characters fewer.
pub(super) fn local(part: &str) -> Result<Cow<'_, str>, JidError> {
    let error = |rule| JidError::new(JidPart::Local, rule);
    length(part).map_err(error)?;
    if part.bytes().all(|b| class_of(b) & LOCAL != 0) {
        return Ok(Cow::Borrowed(part));
    }
    if part.is_ascii() {
        // Of ASCII, the profile maps capitals and leaves the rest (RFC 8264 §9.11).
        let lower = part.to_ascii_lowercase();
        return if lower.bytes().all(|b| class_of(b) & LOCAL != 0) {
            Ok(Cow::Owned(lower))
        } else {
            Err(error(JidRule::Character))
        };
    }
    let prepared = until_stable(part, |s| {
        let profile = UsernameCaseMapped::new();
        let s = profile
            .width_mapping_rule(s)
            .map_err(|_| JidRule::Character)?;
        check_class(&s, &IdentifierClass::default(), Class::Identifier)?;
        let s = profile
            .case_mapping_rule(s)
            .and_then(|s| profile.normalization_rule(s))
            .map_err(|_| JidRule::Character)?;
        let s = profile
            .directionality_rule(s)
            .map_err(|_| JidRule::Direction)?;
        if s.bytes()
            .any(|b| matches!(b, b'"' | b'&' | b'\'' | b'/' | b':' | b'<' | b'>' | b'@'))
        {
            return Err(JidRule::Character);
        }
        Ok(s.into_owned())
    });
    prepared.map(Cow::Owned).map_err(error)
}

/// RFC 7622 §3.4: the profile `OpaqueString`.
pub(super) fn resource(part: &str) -> Result<Cow<'_, str>, JidError> {
    let error = |rule| JidError::new(JidPart::Resource, rule);
    length(part).map_err(error)?;
    if part.bytes().all(|b| class_of(b) & RESOURCE != 0) {
        return Ok(Cow::Borrowed(part));
    }
    let prepared = until_stable(part, |s| {
        let profile = OpaqueString::new();
        check_class(s, &FreeformClass::default(), Class::Freeform)?;
        profile
            .additional_mapping_rule(s)
            .and_then(|s| profile.normalization_rule(s))
            .map(Cow::into_owned)
            .map_err(|_| JidRule::Character)
    });
    prepared.map(Cow::Owned).map_err(error)
}

/// RFC 7622 §3.2: a domain name in its Unicode form, an IPv4 address, or an IPv6 address in brackets.
///
/// Labels are mapped and validated by UTS #46 (non-transitional, with its rules for hyphens, joiners, direction and
/// ASCII); A-labels become U-labels, one final separator is removed.
pub(super) fn domain(part: &str) -> Result<Cow<'_, str>, JidError> {
    let error = |rule| JidError::new(JidPart::Domain, rule);
    length(part).map_err(error)?;
    if let Some(rest) = part.strip_prefix('[') {
        let address = rest
            .strip_suffix(']')
            .and_then(|a| a.parse::<Ipv6Addr>().ok())
            .ok_or(error(JidRule::Domain))?;
        return Ok(Cow::Owned(format!("[{address}]")));
    }
    let stripped = part.strip_suffix('.').unwrap_or(part);
    if is_plain_domain(stripped) {
        return Ok(Cow::Borrowed(stripped));
    }
    if stripped.bytes().any(|b| b.is_ascii_uppercase()) {
        let lower = stripped.to_ascii_lowercase();
        if is_plain_domain(&lower) {
            return Ok(Cow::Owned(lower));
        }
    }
    let prepared = until_stable(part, |s| {
        let uts46 = Uts46::new();
        let (unicode, result) = uts46.to_unicode(s.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
        result.map_err(|_| JidRule::Domain)?;
        // One final separator is no part of the name; U+3002 and its kin are `.` only after mapping.
        let unicode = unicode.strip_suffix('.').unwrap_or(&unicode);
        if unicode.split('.').any(str::is_empty) {
            return Err(JidRule::Domain);
        }
        // The ASCII form has to exist, in labels of 63 bytes.
        let ascii = uts46
            .to_ascii(
                unicode.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::Check,
                DnsLength::Ignore,
            )
            .map_err(|_| JidRule::Domain)?;
        if ascii.split('.').any(|label| label.len() > 63) {
            return Err(JidRule::Label);
        }
        Ok(unicode.to_owned())
    });
    prepared.map(Cow::Owned).map_err(error)
}

/// Bytes that preparation leaves alone, in a localpart, in a resourcepart, in a label of a domain.
const LOCAL: u8 = 1;
const RESOURCE: u8 = 2;
const LABEL: u8 = 4;

/// In which parts a byte is left alone.
fn class_of(b: u8) -> u8 {
    const CLASSES: [u8; 256] = {
        let mut classes = [0; 256];
        let mut b = b' ';
        while b <= b'~' {
            let mut class = RESOURCE;
            // RFC 7622 §3.3.1.
            let special = matches!(
                b,
                b' ' | b'"' | b'&' | b'\'' | b'/' | b':' | b'<' | b'>' | b'@'
            );
            if !special && !b.is_ascii_uppercase() {
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
    CLASSES[usize::from(b)]
}

/// Lower-case letters, digits and hyphens in labels that need no mapping and no second look.
fn is_plain_domain(part: &str) -> bool {
    let is_plain_label = |label: &[u8]| {
        (1..=63).contains(&label.len())
            && label[0] != b'-'
            && label[label.len() - 1] != b'-'
            // R-LDH labels: `xn--…` and what IDNA reserves.
            && label.get(2..4) != Some(b"--")
    };
    let bytes = part.as_bytes();
    let mut start = 0;
    for (i, &b) in bytes.iter().enumerate() {
        if class_of(b) & LABEL != 0 {
            continue;
        }
        if b != b'.' || !is_plain_label(&bytes[start..i]) {
            return false;
        }
        start = i + 1;
    }
    is_plain_label(&bytes[start..])
}

fn length(part: &str) -> Result<(), JidRule> {
    match part.len() {
        0 => Err(JidRule::Empty),
        1..=MAX_PART => Ok(()),
        _ => Err(JidRule::TooLong),
    }
}

/// Applies `step` until its result stays the same, within the limits of a part.
fn until_stable(
    part: &str,
    step: impl Fn(&str) -> Result<String, JidRule>,
) -> Result<String, JidRule> {
    let mut last = step(part)?;
    length(&last)?;
    for _ in 1..ROUNDS {
        let next = step(&last)?;
        length(&next)?;
        if next == last {
            return Ok(last);
        }
        last = next;
    }
    Err(JidRule::Unstable)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Identifier,
    Freeform,
}

fn check_class(s: &str, tables: &impl StringClass, class: Class) -> Result<(), JidRule> {
    let newer = |c: char| {
        tables.get_value_from_char(c) == DerivedPropertyValue::Unassigned
            && is_valid_newer(c, class)
    };
    if s.is_empty() {
        return Err(JidRule::Empty);
    }
    if !s.chars().any(newer) {
        return tables.allows(s).map_err(|_| JidRule::Character);
    }
    // Contextual rules look at neighbours: a letter without any property stands in for a newer character.
    let known: String = s.chars().map(|c| if newer(c) { 'a' } else { c }).collect();
    tables.allows(&known).map_err(|_| JidRule::Character)
}

/// RFC 8264 §8 for a code point that was assigned after Unicode 6.3.
fn is_valid_newer(c: char, class: Class) -> bool {
    use GeneralCategory as G;
    if CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
    {
        return false;
    }
    let identifier = match CodePointMapData::<GeneralCategory>::new().get(c) {
        G::LowercaseLetter
        | G::UppercaseLetter
        | G::OtherLetter
        | G::DecimalNumber
        | G::ModifierLetter
        | G::NonspacingMark
        | G::SpacingMark => true,
        G::Unassigned
        | G::Control
        | G::Format
        | G::PrivateUse
        | G::Surrogate
        | G::LineSeparator
        | G::ParagraphSeparator => return false,
        _ => false,
    };
    class == Class::Freeform || identifier && !has_compatibility_form(c)
}

/// RFC 8264 §9.17, `HasCompat`.
fn has_compatibility_form(c: char) -> bool {
    use unicode_normalization::UnicodeNormalization;
    !std::iter::once(c).nfkc().eq(std::iter::once(c))
}
