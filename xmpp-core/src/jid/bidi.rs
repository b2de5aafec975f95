//! The Bidi rule of RFC 5893 §2: which mixtures of text directions a localpart may have.

use icu_properties::{CodePointMapData, props::BidiClass as B};

/// Whether `c` reads from right to left, so that the rule applies to its text.
pub(super) fn is_right_to_left(c: char) -> bool {
    matches!(class(c), B::RightToLeft | B::ArabicLetter | B::ArabicNumber)
}

/// Whether `text`, which has a character that reads from right to left, keeps the rule.
pub(super) fn keeps_the_rule(text: &str) -> bool {
    let Some(first) = text.chars().next().map(class) else {
        return true;
    };
    // Marks at the end belong to the character before them.
    let last = text
        .chars()
        .rev()
        .map(class)
        .find(|class| *class != B::NonspacingMark);
    match first {
        B::RightToLeft | B::ArabicLetter => {
            let (mut european, mut arabic) = (false, false);
            for class in text.chars().map(class) {
                match class {
                    B::EuropeanNumber => european = true,
                    B::ArabicNumber => arabic = true,
                    B::RightToLeft | B::ArabicLetter => {}
                    class if is_neutral(class) => {}
                    _ => return false,
                }
            }
            !(european && arabic)
                && matches!(
                    last,
                    Some(B::RightToLeft | B::ArabicLetter | B::EuropeanNumber | B::ArabicNumber)
                )
        }
        B::LeftToRight => {
            text.chars().map(class).all(|class| {
                matches!(class, B::LeftToRight | B::EuropeanNumber) || is_neutral(class)
            }) && matches!(last, Some(B::LeftToRight | B::EuropeanNumber))
        }
        _ => false,
    }
}

/// What texts of either direction may have inside.
fn is_neutral(class: B) -> bool {
    matches!(
        class,
        B::EuropeanSeparator
            | B::CommonSeparator
            | B::EuropeanTerminator
            | B::OtherNeutral
            | B::BoundaryNeutral
            | B::NonspacingMark
    )
}

fn class(c: char) -> B {
    CodePointMapData::<B>::new().get(c)
}
