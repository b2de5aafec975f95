//! The messages of SCRAM ([RFC 5802 §7]), read and written; nothing is computed here.
//!
//! [RFC 5802 §7]: https://www.rfc-editor.org/rfc/rfc5802#section-7

use crate::base64;
use crate::error::Malformed;
use crate::mechanisms::gs2::{Header, unescape};

/// Bytes of the salt that a server may ask a client to hash with (SEC-6).
pub(super) const MAX_SALT: usize = 1_024;

/// `server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions]`
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerFirst<'a> {
    pub(super) nonce: &'a str,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
    /// XEP-0474: the base64 of a hash of what the server offers.
    pub(super) offer: Option<&'a str>,
    /// XEP-0515: the version of TLS that the server sees.
    pub(super) tls: Option<&'a str>,
}

impl<'a> ServerFirst<'a> {
    pub(super) fn parse(message: &'a str) -> Result<Self, Malformed> {
        let mut attributes = Attributes::new(message);
        let nonce = attributes.expect('r')?;
        let salt = attributes.expect('s')?;
        let iterations = attributes.expect('i')?;
        let (mut offer, mut tls) = (None, None);
        while let Some((name, value)) = attributes.next_pair()? {
            match name {
                'h' => offer = Some(value),
                't' => tls = Some(value),
                _ => {}
            }
        }
        check_nonce(nonce)?;
        let salt = base64::decode(salt).map_err(|_| Malformed::Base64)?;
        if salt.is_empty() {
            return Err(Malformed::Attributes);
        }
        if salt.len() > MAX_SALT {
            return Err(Malformed::TooLong);
        }
        let iterations = positive_number(iterations).ok_or(Malformed::Iterations)?;
        Ok(Self {
            nonce,
            salt,
            iterations,
            offer,
            tls,
        })
    }
}

/// `server-final-message = (server-error / verifier) ["," extensions]`
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ServerFinal<'a> {
    Error(&'a str),
    Verifier(Vec<u8>),
}

impl<'a> ServerFinal<'a> {
    pub(super) fn parse(message: &'a str) -> Result<Self, Malformed> {
        let mut attributes = Attributes::new(message);
        let (name, value) = attributes.next_pair()?.ok_or(Malformed::Attributes)?;
        let parsed = match name {
            'e' => Self::Error(value),
            'v' => Self::Verifier(base64::decode(value).map_err(|_| Malformed::Base64)?),
            _ => return Err(Malformed::Attributes),
        };
        attributes.only_extensions()?;
        Ok(parsed)
    }
}

/// `client-first-message = gs2-header client-first-message-bare`
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClientFirst<'a> {
    /// What follows it is `[reserved-mext ","] username "," nonce ["," extensions]`.
    pub(super) header: Header<'a>,
    pub(super) username: String,
    pub(super) nonce: &'a str,
}

impl<'a> ClientFirst<'a> {
    pub(super) fn parse(message: &'a str) -> Result<Self, Malformed> {
        let header = Header::parse(message)?;
        let mut attributes = Attributes::new(header.rest);
        let username = unescape(attributes.expect('n')?)?;
        let nonce = attributes.expect('r')?;
        attributes.only_extensions()?;
        check_nonce(nonce)?;
        Ok(Self {
            header,
            username,
            nonce,
        })
    }
}

/// `client-final-message = channel-binding "," nonce ["," extensions] "," proof`
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClientFinal<'a> {
    /// All but the proof and the comma before it, as received.
    pub(super) without_proof: &'a str,
    pub(super) binding: Vec<u8>,
    pub(super) nonce: &'a str,
    pub(super) proof: Vec<u8>,
}

impl<'a> ClientFinal<'a> {
    pub(super) fn parse(message: &'a str) -> Result<Self, Malformed> {
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(Malformed::Attributes)?;
        let mut attributes = Attributes::new(without_proof);
        let binding = attributes.expect('c')?;
        let nonce = attributes.expect('r')?;
        attributes.only_extensions()?;
        if attributes.has_seen('p') {
            return Err(Malformed::Attributes);
        }
        let binding = base64::decode(binding).map_err(|_| Malformed::Base64)?;
        let proof = base64::decode(proof).map_err(|_| Malformed::Base64)?;
        check_nonce(nonce)?;
        Ok(Self {
            without_proof,
            binding,
            nonce,
            proof,
        })
    }
}

/// `posit-number = %x31-39 *DIGIT`: no sign, no leading zero, below 2^32.
pub(super) fn positive_number(text: &str) -> Option<u32> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    if canonical { text.parse().ok() } else { None }
}

/// `printable = %x21-2B / %x2D-7E`, at least one. (The comma separates attributes, so none is left.)
fn check_nonce(nonce: &str) -> Result<(), Malformed> {
    if !nonce.is_empty() && nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(Malformed::Nonce)
    }
}

/// `attr-val = ALPHA "=" value`, separated by commas, none of them twice.
struct Attributes<'a> {
    rest: Option<&'a str>,
    seen: u64,
}

impl<'a> Attributes<'a> {
    fn new(message: &'a str) -> Self {
        Self {
            rest: Some(message),
            seen: 0,
        }
    }

    fn next_pair(&mut self) -> Result<Option<(char, &'a str)>, Malformed> {
        let Some(rest) = self.rest else {
            return Ok(None);
        };
        let (pair, rest) = match rest.split_once(',') {
            Some((pair, rest)) => (pair, Some(rest)),
            None => (rest, None),
        };
        self.rest = rest;
        let (name, value) = pair.split_once('=').ok_or(Malformed::Attributes)?;
        let &[letter] = name.as_bytes() else {
            return Err(Malformed::Attributes);
        };
        if !letter.is_ascii_alphabetic() || value.is_empty() || value.contains('\0') {
            return Err(Malformed::Attributes);
        }
        // RFC 5802 §5.1: nobody may go on who does not know this extension, and none is defined.
        if letter == b'm' {
            return Err(Malformed::MandatoryExtension);
        }
        if self.has_seen(char::from(letter)) {
            return Err(Malformed::Attributes);
        }
        self.seen |= bit(letter);
        Ok(Some((char::from(letter), value)))
    }

    fn expect(&mut self, name: char) -> Result<&'a str, Malformed> {
        match self.next_pair()? {
            Some((found, value)) if found == name => Ok(value),
            _ => Err(Malformed::Attributes),
        }
    }

    /// The others are optional extensions: read over, but part of what is signed.
    fn only_extensions(&mut self) -> Result<(), Malformed> {
        while self.next_pair()?.is_some() {}
        Ok(())
    }

    fn has_seen(&self, name: char) -> bool {
        u8::try_from(name).is_ok_and(|letter| self.seen & bit(letter) != 0)
    }
}

/// Letters lie between 65 and 122.
fn bit(letter: u8) -> u64 {
    1 << (letter.saturating_sub(b'A') & 63)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iteration_counts_are_canonical() {
        assert_eq!(positive_number("1"), Some(1));
        assert_eq!(positive_number("4294967295"), Some(u32::MAX));
        for text in [
            "",
            "0",
            "04096",
            "+4096",
            "-1",
            "4096x",
            " 4096",
            "4294967296",
            "4_096",
            "٤",
        ] {
            assert_eq!(positive_number(text), None, "{text:?}");
        }
    }

    #[test]
    fn unknown_optional_extensions_are_read_over() {
        let parsed = ServerFirst::parse("r=abc,s=QSXCR+Q6sek8bf92,i=4096,h=x=y,z=1").unwrap();
        assert_eq!((parsed.nonce, parsed.iterations), ("abc", 4096));
        assert_eq!((parsed.offer, parsed.tls), (Some("x=y"), None));
        let parsed = ClientFinal::parse("c=biws,r=abc,x=1,p=AAAA").unwrap();
        assert_eq!(parsed.without_proof, "c=biws,r=abc,x=1");
    }

    #[test]
    fn every_letter_has_a_bit_of_its_own() {
        let letters = (b'A'..=b'Z').chain(b'a'..=b'z');
        assert_eq!(
            letters
                .fold(0, |bits, letter| bits | bit(letter))
                .count_ones(),
            52
        );
    }
}
