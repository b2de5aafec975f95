//! Key sequences, which protect sessions over plain HTTP
//! ([XEP-0124 §15](https://xmpp.org/extensions/xep-0124.html#keys), BOSH 10).

use std::fmt;

use sha1::{Digest, Sha1};
use xmpp_core::Random;

use crate::ids::hex;

/// The manager's side: what the next key must hash to.
pub(crate) struct KeyCheck {
    expected: String,
}

impl KeyCheck {
    /// A session that began with this `newkey`.
    pub(crate) fn new(newkey: &str) -> Self {
        Self {
            expected: newkey.to_owned(),
        }
    }

    /// Takes the `key` and `newkey` of the next request in order; `false` when the chain is broken
    /// (BOSH 10.2 to 10.4).
    pub(crate) fn advance(&mut self, key: Option<&str>, newkey: Option<&str>) -> bool {
        let Some(key) = key else {
            return false;
        };
        if !hash(key).eq_ignore_ascii_case(&self.expected) {
            return false;
        }
        newkey.unwrap_or(key).clone_into(&mut self.expected);
        true
    }
}

impl fmt::Debug for KeyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyCheck")
    }
}

/// The client's side: keys not yet used, the last one first to go.
pub(crate) struct KeySequence {
    unused: Vec<String>,
}

impl KeySequence {
    /// A new sequence, of 64 to 191 keys.
    pub(crate) fn new(random: &mut dyn Random) -> Self {
        let mut bits = [0u8; 33];
        random.fill(&mut bits);
        let count = 64 + usize::from(bits[32] & 0x7f);
        let mut unused = Vec::with_capacity(count);
        let mut key = hex(&bits[..32]);
        for _ in 0..count {
            key = hash(&key);
            unused.push(key.clone());
        }
        Self { unused }
    }

    /// The `newkey` that announces this sequence, K(n).
    pub(crate) fn announce(&mut self) -> String {
        self.unused.pop().expect("a sequence begins with 64 keys")
    }

    /// The `key` of the next request, and the `newkey` when a new sequence has to begin (BOSH
    /// 10.4).
    pub(crate) fn next(&mut self, random: &mut dyn Random) -> (String, Option<String>) {
        let key = self
            .unused
            .pop()
            .expect("a sequence is replaced with its last key");
        if !self.unused.is_empty() {
            return (key, None);
        }
        *self = Self::new(random);
        (key, Some(self.announce()))
    }
}

impl fmt::Debug for KeySequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySequence({} unused)", self.unused.len())
    }
}

fn hash(text: &str) -> String {
    hex(&Sha1::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter(u8);
    impl Random for Counter {
        fn fill(&mut self, dest: &mut [u8]) {
            for byte in dest {
                self.0 = self.0.wrapping_add(1);
                *byte = self.0;
            }
        }
    }

    /// XEP-0124 §15.4 and §15.5: the sequence that the examples show the end of.
    #[test]
    fn keys_of_the_specification() {
        let mut check = KeyCheck::new("ca393b51b682f61f98e7877d61146407f3d0a770");
        assert!(check.advance(Some("bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d"), None));
    }

    #[test]
    fn keys_compare_without_case() {
        let mut check = KeyCheck::new("CA393B51B682F61F98E7877D61146407F3D0A770");
        assert!(check.advance(Some("bfb06a6f113cd6fd3838ab9d300fdb4fe3da2f7d"), None));
        // An upper-case newkey is compared without case, too.
        let mut check = KeyCheck::new(&hash("ABCDEF").to_uppercase());
        assert!(check.advance(Some("ABCDEF"), None));
    }

    #[test]
    fn a_missing_or_wrong_key_breaks_the_chain() {
        let mut check = KeyCheck::new("ca393b51b682f61f98e7877d61146407f3d0a770");
        assert!(!check.advance(None, None));
        assert!(!check.advance(None, Some("ca393b51b682f61f98e7877d61146407f3d0a770")));
        assert!(!check.advance(Some("6f825e81f4532b2c5fa2d12457d8a1f22e8f838e"), None));
    }

    #[test]
    fn a_client_sequence_satisfies_the_check_across_sequences() {
        let mut random = Counter(0);
        let mut keys = KeySequence::new(&mut random);
        let mut check = KeyCheck::new(&keys.announce());
        let mut announced = 0;
        for _ in 0..600 {
            let (key, newkey) = keys.next(&mut random);
            announced += usize::from(newkey.is_some());
            assert!(check.advance(Some(&key), newkey.as_deref()));
        }
        assert!(announced >= 3);
    }
}
