//! What the server signs of its offer: XEP-0474 0.5.0 (SASL SCRAM Downgrade Protection), and the version of TLS: XEP-0515
//! 0.1.0.

use super::hash::{self, ScramHash};
use crate::base64;
use crate::channel::ChannelSecurity;

/// Between the names of a list, and between the two lists. Neither can stand in XML.
const NAMES: char = '\u{1e}';
const LISTS: char = '\u{1f}';

/// The text that is hashed: the mechanisms, and the channel-binding types where they were advertised, each list sorted
/// by octets. `None` if a name holds a separator: another offer would have the same text.
pub(super) fn text(mechanisms: &[&str], types: Option<&[&str]>) -> Option<String> {
    let lists = [Some(mechanisms), types];
    let mut text = String::new();
    for (at, names) in lists.into_iter().flatten().enumerate() {
        if names.iter().any(|name| name.contains([NAMES, LISTS])) {
            return None;
        }
        let mut names = names.to_vec();
        names.sort_unstable();
        if at > 0 {
            text.push(LISTS);
        }
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                text.push(NAMES);
            }
            text.push_str(name);
        }
    }
    Some(text)
}

/// The value of `h=`.
pub(super) fn signature<H: ScramHash>(text: &str) -> String {
    base64::encode(&*hash::digest::<H>(text.as_bytes()))
}

/// The value that `t=` has to have, if it is there, as a client sees the channel. Where there is no TLS no value is right; where
/// someone else ends it nobody knows.
pub(super) fn expected_tls(channel: &ChannelSecurity) -> Option<String> {
    match channel {
        ChannelSecurity::Plain => Some(String::new()),
        other => other.tls_version().map(|version| version.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ScramSha1;
    use super::*;

    #[test]
    fn xep_0474_example() {
        let mechanisms = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"];
        let types = ["tls-server-end-point", "tls-exporter"];
        let text = text(&mechanisms, Some(&types)).unwrap();
        assert_eq!(
            text,
            "SCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS\x1ftls-exporter\x1etls-server-end-point"
        );
        assert_eq!(
            signature::<ScramSha1>(&text),
            "G6k/rBLDqgOhRRaCuuatSDFkJ08="
        );
    }

    #[test]
    fn absent_types_differ_from_none() {
        assert_eq!(text(&["A", "B"], None).unwrap(), "A\x1eB");
        assert_eq!(text(&["A", "B"], Some(&[])).unwrap(), "A\x1eB\x1f");
        // By octets: upper case before lower, a prefix before what it begins.
        assert_eq!(
            text(&["a", "B", "BB", "-"], None).unwrap(),
            "-\x1eB\x1eBB\x1ea"
        );
    }

    #[test]
    fn names_with_separators_have_no_text() {
        assert_eq!(text(&["A\x1eB"], None), None);
        assert_eq!(text(&["A"], Some(&["x\x1fy"])), None);
    }
}
