//! XEP-0106: JID Escaping, version 1.1.1.
//!
//! What a localpart may not have is written there as `\` and two hexadecimal digits, for people to read and for gateways
//! to other networks. It is a matter of display: addresses are compared and sent in their escaped form.

use std::borrow::Cow;

/// What is escaped, and the digits behind the `\`.
const ESCAPES: [(char, &str); 10] = [
    (' ', "20"),
    ('"', "22"),
    ('&', "26"),
    ('\'', "27"),
    ('/', "2f"),
    (':', "3a"),
    ('<', "3c"),
    ('>', "3e"),
    ('@', "40"),
    ('\\', "5c"),
];

/// Escapes what people typed, or the address of another network, for a localpart ([XEP-0106
/// §4.2](https://xmpp.org/extensions/xep-0106.html#escaping)).
///
/// A `\` is escaped only where it would be read as the start of an escape, also with capital digits, since preparation
/// makes them small. A space at the start or the end is left alone, because its escape may not stand there: preparation
/// then refuses the localpart.
///
/// ```
/// assert_eq!(xmpp_core::escape_local("d'artagnan"), r"d\27artagnan");
/// assert_eq!(xmpp_core::escape_local(r"c:\cool stuff"), r"c\3a\cool\20stuff");
/// ```
pub fn escape_local(text: &str) -> Cow<'_, str> {
    replace(text, |at, c| {
        let rest = &text[at + c.len_utf8()..];
        let (_, digits) = ESCAPES.iter().find(|(escaped, _)| *escaped == c)?;
        let needed = match c {
            '\\' => escape_at(rest, true).is_some(),
            ' ' => at > 0 && !rest.is_empty(),
            _ => true,
        };
        needed.then(|| (1, Cow::Owned(format!("\\{digits}"))))
    })
}

/// The form of a localpart that people read ([XEP-0106 §4.3](https://xmpp.org/extensions/xep-0106.html#unescaping)).
///
/// Only the ten escapes are replaced, and `\20` not at the start or the end. Never compare or send the result.
///
/// ```
/// assert_eq!(xmpp_core::unescape_local(r"d\27artagnan"), "d'artagnan");
/// ```
pub fn unescape_local(local: &str) -> Cow<'_, str> {
    replace(local, |at, c| {
        if c != '\\' {
            return None;
        }
        let escaped = escape_at(&local[at + 1..], false)?;
        let is_outermost = at == 0 || at + 3 == local.len();
        (escaped != ' ' || !is_outermost).then(|| (3, Cow::Owned(escaped.to_string())))
    })
}

/// The character whose escape goes on with `rest` behind its `\`.
fn escape_at(rest: &str, any_case: bool) -> Option<char> {
    let digits = rest.get(..2)?;
    let is_it = |(_, known): &&(char, &str)| {
        digits == *known || any_case && digits.eq_ignore_ascii_case(known)
    };
    ESCAPES.iter().find(is_it).map(|(escaped, _)| *escaped)
}

/// Copies `text`, asking at each character whether some bytes from there are to be replaced, and by what.
fn replace(
    text: &str,
    instead: impl Fn(usize, char) -> Option<(usize, Cow<'static, str>)>,
) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (at, c) in text.char_indices() {
        if at < copied {
            continue;
        }
        if let Some((len, by)) = instead(at, c) {
            out.push_str(&text[copied..at]);
            out.push_str(&by);
            copied = at + len;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[copied..]);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{escape_local, unescape_local};
    use crate::{BareJid, Jid};

    #[test]
    fn the_ten_escapes_of_the_table() {
        for (c, escape) in [
            ("\"", r"\22"),
            ("&", r"\26"),
            ("'", r"\27"),
            ("/", r"\2f"),
            (":", r"\3a"),
            ("<", r"\3c"),
            (">", r"\3e"),
            ("@", r"\40"),
        ] {
            assert_eq!(escape_local(c), escape);
            assert_eq!(unescape_local(escape), c);
            let backslash = format!(r"\{}", &escape[1..]);
            assert_eq!(escape_local(&backslash), format!(r"\5c{}", &escape[1..]));
        }
        assert_eq!(escape_local("a b"), r"a\20b");
        assert_eq!(unescape_local(r"a\20b"), "a b");
        assert_eq!(escape_local(r"\5c"), r"\5c5c");
        assert_eq!(unescape_local(r"\5c"), r"\");
    }

    #[test]
    fn what_users_type_and_what_clients_show() {
        for (typed, escaped) in [
            ("space cadet", r"space\20cadet"),
            ("call me \"ishmael\"", r"call\20me\20\22ishmael\22"),
            ("at&t guy", r"at\26t\20guy"),
            ("d'artagnan", r"d\27artagnan"),
            ("/.fanboy", r"\2f.fanboy"),
            ("::foo::", r"\3a\3afoo\3a\3a"),
            ("<foo>", r"\3cfoo\3e"),
            ("user@host", r"user\40host"),
            (r"c:\net", r"c\3a\net"),
            (r"c:\\net", r"c\3a\\net"),
            (r"c:\cool stuff", r"c\3a\cool\20stuff"),
            (r"c:\5commas", r"c\3a\5c5commas"),
        ] {
            assert_eq!(escape_local(typed), escaped);
            assert_eq!(unescape_local(escaped), typed);
            let jid = BareJid::from_parts(Some(escaped), "example.com").expect("a localpart");
            assert_eq!(
                jid.local(),
                Some(escaped),
                "preparation leaves escapes alone"
            );
        }
    }

    #[test]
    fn addresses_of_other_networks() {
        for (source, escaped) in [
            (
                "here's_a_wild_&_/cr%zy/_address",
                r"here\27s_a_wild_\26_\2fcr%zy\2f_address",
            ),
            (
                "here's_a_wild_&_/cr%zy/_address_for:<wv>(\"IMPS\")",
                r"here\27s_a_wild_\26_\2fcr%zy\2f_address_for\3a\3cwv\3e(\22IMPS\22)",
            ),
            (
                "CN=D'Artagnan Saint-André,O=Example & Company, Inc.,DC=example,DC=com",
                r"CN=D\27Artagnan\20Saint-André,O=Example\20\26\20Company,\20Inc.,DC=example,DC=com",
            ),
            (
                r#"somenick!user"&'/:<>\3address"#,
                r"somenick!user\22\26\27\2f\3a\3c\3e\5c3address",
            ),
            (r"\3and\2is\5cool", r"\5c3and\2is\5c5cool"),
        ] {
            assert_eq!(escape_local(source), escaped);
            assert_eq!(unescape_local(escaped), source);
        }
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [
            r"\2plus\2is\4",
            r"foo\bar",
            r"foob\41r",
            r"\",
            r"a\",
            r"a\2",
            r"\2é",
            r"\é9",
        ] {
            assert_eq!(escape_local(text), text);
            assert_eq!(unescape_local(text), text);
        }
    }

    #[test]
    fn no_space_at_the_start_or_the_end() {
        assert_eq!(escape_local(" a b "), r" a\20b ");
        assert_eq!(escape_local(" "), " ");
        assert!(Jid::from_parts(Some(&escape_local(" a")), "d", None).is_err());
        for text in [r"\20a", r"a\20", r"\20"] {
            assert_eq!(unescape_local(text), text);
        }
        assert_eq!(unescape_local(r"\20\20\20"), r"\20 \20");
    }

    #[test]
    fn capital_digits_do_not_become_an_escape_by_preparation() {
        let escaped = escape_local(r"a\2Fb");
        let jid = BareJid::from_parts(Some(&escaped), "d").expect("a localpart");
        assert_eq!(unescape_local(jid.local().unwrap_or_default()), r"a\2fb");
        // On the wire the case is significant: this is no escape.
        assert_eq!(unescape_local(r"a\2Fb"), r"a\2Fb");
    }

    proptest! {
        #[test]
        fn unescaping_gives_back_what_was_escaped(text in r#"([a-f0-9\\ "&'/:<>@é]|\\[25][0c]){0,12}"#) {
            let text = text.trim_matches(' ');
            let escaped = escape_local(text);
            prop_assert_eq!(unescape_local(&escaped), text);
            if !text.is_empty() {
                prop_assert!(BareJid::from_parts(Some(&escaped), "d").is_ok(), "{}", escaped);
            }
        }
    }
}
