//! Characters that are valid where their neighbours allow it (RFC 5892, appendix A, which PRECIS shares).

use icu_properties::{
    CodePointMapData,
    props::{CanonicalCombiningClass, JoiningType, Script},
};

/// Whether the contextual character `c`, which stands at the byte `at` of `text`, is valid there.
pub(super) fn allows(text: &str, at: usize, c: char) -> bool {
    let before = &text[..at];
    let after = &text[at + c.len_utf8()..];
    let previous = before.chars().next_back();
    match c {
        '\u{200c}' => previous.is_some_and(is_virama) || joins(before, after),
        '\u{200d}' => previous.is_some_and(is_virama),
        '\u{b7}' => previous == Some('l') && after.starts_with('l'),
        '\u{375}' => after
            .chars()
            .next()
            .is_some_and(|c| script(c) == Script::Greek),
        '\u{5f3}' | '\u{5f4}' => previous.is_some_and(|c| script(c) == Script::Hebrew),
        '\u{30fb}' => text
            .chars()
            .any(|c| matches!(script(c), Script::Hiragana | Script::Katakana | Script::Han)),
        // Digits of two Arabic sets that look alike don't mix.
        '\u{660}'..='\u{669}' => !text.contains(|c| matches!(c, '\u{6f0}'..='\u{6f9}')),
        '\u{6f0}'..='\u{6f9}' => !text.contains(|c| matches!(c, '\u{660}'..='\u{669}')),
        _ => false,
    }
}

/// Whether a non-joiner between the two keeps apart letters that would join (RFC 5892, A.1).
fn joins(before: &str, after: &str) -> bool {
    let joining = |c| CodePointMapData::<JoiningType>::new().get(c);
    let letter = |joining: &JoiningType| *joining != JoiningType::Transparent;
    let left = before.chars().rev().map(joining).find(letter);
    let right = after.chars().map(joining).find(letter);
    matches!(
        left,
        Some(JoiningType::LeftJoining | JoiningType::DualJoining)
    ) && matches!(
        right,
        Some(JoiningType::RightJoining | JoiningType::DualJoining)
    )
}

fn is_virama(c: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(c) == CanonicalCombiningClass::Virama
}

fn script(c: char) -> Script {
    CodePointMapData::<Script>::new().get(c)
}
