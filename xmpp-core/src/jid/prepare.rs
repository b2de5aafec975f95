//! Preparation of localpart and resourcepart as RFC 8265 describes it, step by step.
//!
//! `quick` does the same in one pass where no step but the mapping of single characters has something to do. What it
//! leaves over comes here.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

use super::{
    JidError, JidPart, JidRule, bidi,
    chars::{self, Precis},
    context,
};

/// Bytes of one part (RFC 7622 §3.1).
pub(super) const MAX_PART: usize = 1023;

/// Rounds until the result has to be stable (RFC 8264 §7 suggests three).
const ROUNDS: usize = 4;

pub(super) const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();

/// RFC 7622 §3.3: the profile `UsernameCaseMapped`, and eight characters fewer.
pub(super) fn local(part: &str) -> Result<Cow<'_, str>, JidError> {
    until_stable(part, |s| {
        let s: String = s.chars().map(chars::ordinary_width).collect();
        check_class(&s, false)?;
        let s: String = s.chars().flat_map(char::to_lowercase).collect();
        let s = NFC.normalize(&s);
        if s.chars().any(bidi::is_right_to_left) && !bidi::keeps_the_rule(&s) {
            return Err(JidRule::Direction);
        }
        if s.contains(is_excluded) {
            return Err(JidRule::Character);
        }
        Ok(s.into_owned())
    })
    .map_err(|rule| JidError::new(JidPart::Local, rule))
}

/// The characters that RFC 7622 §3.3.1 excludes from a localpart.
pub(super) const fn is_excluded(c: char) -> bool {
    matches!(c, '"' | '&' | '\'' | '/' | ':' | '<' | '>' | '@')
}

/// RFC 7622 §3.4: the profile `OpaqueString`.
pub(super) fn resource(part: &str) -> Result<Cow<'_, str>, JidError> {
    until_stable(part, |s| {
        check_class(s, true)?;
        let ascii = |c| if chars::is_other_space(c) { ' ' } else { c };
        let s: String = s.chars().map(ascii).collect();
        Ok(NFC.normalize(&s).into_owned())
    })
    .map_err(|rule| JidError::new(JidPart::Resource, rule))
}

/// Whether every character of `s` is in the identifier class or, if `freeform`, in the freeform class.
fn check_class(s: &str, freeform: bool) -> Result<(), JidRule> {
    let valid = |(at, c)| match chars::precis(c) {
        Precis::Valid => true,
        // The space of ASCII is a space like the others: freeform.
        Precis::Freeform => freeform,
        Precis::Context => context::allows(s, at, c),
        Precis::Unassigned | Precis::Disallowed => false,
    };
    if s.char_indices().all(valid) {
        Ok(())
    } else {
        Err(JidRule::Character)
    }
}

/// Applies `step` until its result stays the same, within the limits of a part.
pub(super) fn until_stable(
    part: &str,
    step: impl Fn(&str) -> Result<String, JidRule>,
) -> Result<Cow<'_, str>, JidRule> {
    length(part)?;
    let mut last = step(part)?;
    if last == part {
        return Ok(Cow::Borrowed(part));
    }
    length(&last)?;
    for _ in 1..ROUNDS {
        let next = step(&last)?;
        length(&next)?;
        if next == last {
            return Ok(Cow::Owned(last));
        }
        last = next;
    }
    Err(JidRule::Unstable)
}

fn length(part: &str) -> Result<(), JidRule> {
    match part.len() {
        0 => Err(JidRule::Empty),
        1..=MAX_PART => Ok(()),
        _ => Err(JidRule::TooLong),
    }
}
