//! Nicks: what may be one, and when two are the same (MUC NI1 to NI5).

use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// The form of a nick that decides conflicts (MUC NI3).
///
/// Two nicks are the same when they are equal after compatibility decomposition and composition (NFKC), without
/// regard to case, outer and repeated spaces, and characters that show nothing. Case is folded by mapping each
/// character to upper and then to lower case, which joins `ß` with `ss` and the three sigmas as full case folding
/// does. It is a comparison key only: the nick is shown as it was typed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NickKey(Box<str>);

impl NickKey {
    /// The key of `nick`; `None` when nothing in it can be seen (MUC NI2).
    pub(crate) fn new(nick: &str) -> Option<Self> {
        // Folding may leave text that is not normalised and the other way round: twice is enough for
        // every character of Unicode, as RFC 8264 §7 advises for its profiles.
        let key = fold(&fold(nick));
        (!key.is_empty()).then(|| Self(key.into_boxed_str()))
    }
}

impl fmt::Debug for NickKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn fold(nick: &str) -> String {
    let mut key = String::with_capacity(nick.len());
    let mut space = false;
    for c in nick.nfkc() {
        if c.is_whitespace() || c.is_control() {
            space = true;
            continue;
        }
        if is_ignorable(c) {
            continue;
        }
        if space && !key.is_empty() {
            key.push(' ');
        }
        space = false;
        for upper in c.to_uppercase() {
            key.extend(upper.to_lowercase());
        }
    }
    key.nfkc().collect()
}

/// `Default_Ignorable_Code_Point` of Unicode 17 (`DerivedCoreProperties.txt`), with the blanks that are letters or
/// symbols by category and show nothing all the same.
const fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        NickKey::new(a).expect("visible") == NickKey::new(b).expect("visible")
    }

    #[test]
    fn ni2_nothing_to_see_is_no_nick() {
        for nick in [
            "",
            " ",
            "\t",
            "\u{a0}\u{3000}",
            "\u{200b}",
            "\u{3164}",
            "\u{ffa0} \u{2800}",
            "\u{1}",
        ] {
            assert_eq!(NickKey::new(nick), None, "{nick:?}");
        }
        assert!(NickKey::new("\u{200d}a").is_some());
    }

    #[test]
    fn ni3_conflicts_are_decided_on_a_folded_key() {
        assert!(same("Anna", "anna"));
        assert!(same("anna", " anna  "));
        assert!(same("anna  b", "Anna\u{a0}B"));
        assert!(same("ａｎｎａ", "anna"));
        assert!(same("an\u{200d}na", "anna"));
        assert!(same("STRASSE", "straße"));
        assert!(same("ὈΔΥΣΣΕΎΣ", "ὀδυσσεύς"));
        assert!(same("e\u{301}", "É"));
        assert!(!same("anna", "аnna"), "Cyrillic а is another letter");
        assert!(!same("anna", "annab"));
        assert!(!same("an na", "anna"));
    }

    #[test]
    fn ni3_the_key_of_a_key_is_itself() {
        // Scripts without case or compatibility forms are many characters and nothing to see here.
        let plain = |c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}');
        for c in ('\u{20}'..='\u{1ffff}').filter(|c| !plain(*c)) {
            let nick = format!("a{c}b");
            let key = NickKey::new(&nick).expect("visible");
            assert_eq!(
                NickKey::new(&key.0),
                Some(key.clone()),
                "{:x}",
                u32::from(c)
            );
        }
    }
}
