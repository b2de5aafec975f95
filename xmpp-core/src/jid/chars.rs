//! What PRECIS and IDNA think of one character, by its Unicode properties.
//!
//! RFC 8264 §8 and RFC 5892 §3 define their classes by properties, so that they hold for any version of Unicode; the
//! tables of IANA stop at 6.3. Here the version is that of `icu_properties`.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        DefaultIgnorableCodePoint, EastAsianWidth, GeneralCategory as G, HangulSyllableType,
        NoncharacterCodePoint,
    },
};

/// What PRECIS says of a character ([RFC 8264 §8](https://www.rfc-editor.org/rfc/rfc8264#section-8)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precis {
    /// Valid in both classes.
    Valid,
    /// Valid in the freeform class alone.
    Freeform,
    /// Valid where its neighbours allow it.
    Context,
    /// Unassigned in this version of Unicode.
    Unassigned,
    /// Valid in neither class.
    Disallowed,
}

/// The class of `c`.
pub(super) fn precis(c: char) -> Precis {
    if let Some(exception) = exception(c) {
        return exception;
    }
    let category = category(c);
    if category == G::Unassigned {
        return if is_noncharacter(c) {
            Precis::Disallowed
        } else {
            Precis::Unassigned
        };
    }
    if ('!'..='~').contains(&c) {
        return Precis::Valid;
    }
    if is_joiner(c) {
        return Precis::Context;
    }
    if is_old_jamo(c) || is_ignorable(c) || category == G::Control {
        return Precis::Disallowed;
    }
    if has_compatibility_form(c) {
        return Precis::Freeform;
    }
    if is_letter_or_digit(category) {
        return Precis::Valid;
    }
    match category {
        G::Format | G::PrivateUse | G::Surrogate | G::LineSeparator | G::ParagraphSeparator => {
            Precis::Disallowed
        }
        // Other letters and digits, spaces, symbols, punctuation.
        _ => Precis::Freeform,
    }
}

/// Whether `c` may stand in a U-label, by itself or where its neighbours allow it ([RFC 5892
/// §3](https://www.rfc-editor.org/rfc/rfc5892#section-3)).
///
/// UTS #46 has mapped the label before, so that of the unstable characters only those with a compatibility form are
/// left to be found.
pub(super) fn idna(c: char) -> bool {
    if let Some(exception) = exception(c) {
        return exception != Precis::Disallowed;
    }
    if c.is_ascii() {
        return c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    }
    // Blocks of marks and musical signs that are no part of any word.
    let in_ignorable_block = matches!(c, '\u{20d0}'..='\u{20ff}' | '\u{1d100}'..='\u{1d1ff}' | '\u{1d200}'..='\u{1d24f}');
    is_joiner(c)
        || is_letter_or_digit(category(c))
            && !in_ignorable_block
            && !is_old_jamo(c)
            && !is_ignorable(c)
            && !has_compatibility_form(c)
}

/// The exceptions that PRECIS and IDNA share (RFC 5892 §2.6).
fn exception(c: char) -> Option<Precis> {
    Some(match c {
        'ß' | 'ς' | '\u{6fd}' | '\u{6fe}' | '\u{f0b}' | '\u{3007}' => Precis::Valid,
        '\u{b7}'
        | '\u{375}'
        | '\u{5f3}'
        | '\u{5f4}'
        | '\u{30fb}'
        | '\u{660}'..='\u{669}'
        | '\u{6f0}'..='\u{6f9}' => Precis::Context,
        '\u{640}' | '\u{7fa}' | '\u{302e}' | '\u{302f}' | '\u{3031}'..='\u{3035}' | '\u{303b}' => {
            Precis::Disallowed
        }
        _ => return None,
    })
}

/// Whether `c` is a space other than that of ASCII, which a resourcepart maps to it (RFC 8265 §4.2.2).
pub(super) fn is_other_space(c: char) -> bool {
    c != ' ' && category(c) == G::SpaceSeparator
}

/// Whether `c` is a combining mark.
pub(super) fn is_mark(c: char) -> bool {
    matches!(
        category(c),
        G::NonspacingMark | G::SpacingMark | G::EnclosingMark
    )
}

/// Whether nothing can be in this class or map into it: unassigned, for private use.
pub(super) fn is_without_meaning(c: char) -> bool {
    matches!(category(c), G::Unassigned | G::PrivateUse)
}

/// The ordinary form of a fullwidth or halfwidth character (RFC 8265 §3.3.1), `c` itself of any other.
pub(super) fn ordinary_width(c: char) -> char {
    let width = CodePointMapData::<EastAsianWidth>::new().get(c);
    if !matches!(width, EastAsianWidth::Fullwidth | EastAsianWidth::Halfwidth) {
        return c;
    }
    let mut bytes = [0; 4];
    let mapped = NFKC.normalize(c.encode_utf8(&mut bytes));
    let mut chars = mapped.chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) => one,
        // What becomes several characters is in no class, before as after.
        _ => c,
    }
}

const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfkc();

/// `HasCompat` (RFC 8264 §9.17).
fn has_compatibility_form(c: char) -> bool {
    !NFKC.is_normalized(c.encode_utf8(&mut [0; 4]))
}

fn category(c: char) -> G {
    CodePointMapData::<G>::new().get(c)
}

/// `LetterDigits` (RFC 8264 §9.1).
fn is_letter_or_digit(category: G) -> bool {
    matches!(
        category,
        G::LowercaseLetter
            | G::UppercaseLetter
            | G::OtherLetter
            | G::DecimalNumber
            | G::ModifierLetter
            | G::NonspacingMark
            | G::SpacingMark
    )
}

fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

/// `OldHangulJamo` (RFC 8264 §9.9).
fn is_old_jamo(c: char) -> bool {
    matches!(
        CodePointMapData::<HangulSyllableType>::new().get(c),
        HangulSyllableType::LeadingJamo
            | HangulSyllableType::VowelJamo
            | HangulSyllableType::TrailingJamo
    )
}

fn is_noncharacter(c: char) -> bool {
    CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
}

/// `PrecisIgnorableProperties` (RFC 8264 §9.13).
fn is_ignorable(c: char) -> bool {
    is_noncharacter(c) || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}
