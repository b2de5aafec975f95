//! What DIGEST-MD5 computes ([RFC 2831 §2.1.2.1](https://www.rfc-editor.org/rfc/rfc2831#section-2.1.2.1)).

use std::fmt;

use hmac::digest::Digest as _;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::lookup::Answer;
use crate::prep::{self, PrepareError};

/// What a server stores of a password for DIGEST-MD5: the MD5 of user, realm and password. Redacted in `Debug`, zeroed
/// on drop.
///
/// Who has it can log in with it in this realm: it is as secret as the password.
#[derive(Clone)]
pub struct DigestMd5Key(Zeroizing<[u8; 16]>);

impl DigestMd5Key {
    /// The key of this user and password in `realm` (the domain, unless the server says otherwise:
    /// [`DigestMd5::with_realm`](crate::DigestMd5::with_realm)).
    ///
    /// # Errors
    ///
    /// [`PrepareError`] where SASLprep prohibits the name or the password.
    pub fn derive(user: &str, realm: &str, password: &str) -> Result<Self, PrepareError> {
        let user = prep::name(user)?;
        let password = Zeroizing::new(prep::password(password)?.into_owned());
        Ok(Self::from_prepared(&user, realm, &password))
    }

    pub(super) fn from_prepared(user: &str, realm: &str, password: &str) -> Self {
        let [user, realm, password] = [user, realm, password].map(narrow);
        Self(md5(&[&user, b":", &realm, b":", &password]))
    }

    /// The key that is stored as these bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, to be stored as carefully as a password.
    pub fn to_bytes(&self) -> [u8; 16] {
        *self.0
    }

    /// Nobody's key, for users that do not exist.
    pub(super) fn of_nobody() -> Self {
        Self::from_bytes([0; 16])
    }
}

impl fmt::Debug for DigestMd5Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestMd5Key")
    }
}

impl PartialEq for DigestMd5Key {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&*other.0).into()
    }
}

impl Eq for DigestMd5Key {}

/// What is stored for this user? The two methods give the answer; both compute as much for a user that does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestMd5Check {
    pub(super) authcid: String,
    /// As the client has written and hashed it.
    pub(super) username: String,
    pub(super) realm: String,
}

impl DigestMd5Check {
    /// The user, prepared by SASLprep and
    /// [`ServerConfig::with_username_preparation`](crate::ServerConfig::with_username_preparation).
    pub fn authcid(&self) -> &str {
        &self.authcid
    }

    /// The realm.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The answer from a stored key; `None` where there is no such user. The key fits one spelling of the name only: who
    /// writes `Alice` is not let in by the key of `alice`.
    pub fn with_key(&self, stored: Option<&DigestMd5Key>) -> Answer {
        match stored {
            Some(key) => Answer::DigestMd5(key.clone()),
            None => Answer::UnknownUser,
        }
    }

    /// The answer from a password that is stored as such, SASLprep'd; `None` where there is no such user.
    pub fn with_plaintext(&self, stored: Option<&str>) -> Answer {
        let password = stored.unwrap_or("nobody's password");
        let key = DigestMd5Key::from_prepared(&self.username, &self.realm, password);
        match stored {
            Some(_) => Answer::DigestMd5(key),
            None => Answer::UnknownUser,
        }
    }
}

/// What both sides know at the end.
pub(super) struct Exchange<'a> {
    pub(super) nonce: &'a str,
    pub(super) cnonce: &'a str,
    pub(super) authzid: Option<&'a str>,
    pub(super) uri: &'a str,
}

/// The only count that is accepted: nobody comes back with an old nonce.
pub(super) const COUNT: &str = "00000001";

impl Exchange<'_> {
    /// The client's proof and the server's, in hexadecimal.
    pub(super) fn proofs(&self, key: &DigestMd5Key) -> [Zeroizing<String>; 2] {
        let colon: &[u8] = b":";
        let mut a1 = vec![
            &key.0[..],
            colon,
            self.nonce.as_bytes(),
            colon,
            self.cnonce.as_bytes(),
        ];
        if let Some(authzid) = self.authzid {
            a1.extend([colon, authzid.as_bytes()]);
        }
        let a1 = hex(&md5(&a1)[..]);
        let proof = |before: &[u8]| {
            let a2 = hex(&md5(&[before, colon, self.uri.as_bytes()])[..]);
            let nonces = [self.nonce, COUNT, self.cnonce, "auth"].join(":");
            hex(&md5(&[
                a1.as_bytes(),
                colon,
                nonces.as_bytes(),
                colon,
                a2.as_bytes(),
            ])[..])
        };
        [proof(b"AUTHENTICATE"), proof(b"")]
    }
}

fn md5(parts: &[&[u8]]) -> Zeroizing<[u8; 16]> {
    #[cfg(test)]
    HASHES.set(HASHES.get() + 1);
    let mut hash = md5::Md5::new();
    for part in parts {
        hash.update(part);
    }
    Zeroizing::new(hash.finalize().into())
}

#[cfg(test)]
thread_local! {
    /// How many times this thread has computed MD5.
    pub(super) static HASHES: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Zeroizing::new(digits.map(digit).collect())
}

/// What ISO 8859-1 can write is hashed in it, for the sake of HTTP (RFC 2831 §2.1.2.1).
fn narrow(text: &str) -> Zeroizing<Vec<u8>> {
    let narrow: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    Zeroizing::new(narrow.unwrap_or_else(|_| text.as_bytes().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_passwords_are_hashed_in_iso_8859_1_where_it_can_write_them() {
        assert_eq!(**narrow("n\u{fc}rse"), *b"n\xfcrse");
        assert_eq!(**narrow("\u{ff}"), *b"\xff");
        assert_eq!(**narrow("\u{100}\u{fc}"), *"\u{100}\u{fc}".as_bytes());
    }

    #[test]
    fn unknown_user_costs_as_many_hashes_as_a_known_one() {
        let check = DigestMd5Check {
            authcid: "user".to_owned(),
            username: "User".to_owned(),
            realm: "example.org".to_owned(),
        };
        let cost = |answer: &dyn Fn() -> Answer| {
            let before = HASHES.get();
            let _ = answer();
            HASHES.get() - before
        };
        let key = DigestMd5Key::of_nobody();
        assert_eq!(cost(&|| check.with_plaintext(Some("pencil"))), 1);
        assert_eq!(cost(&|| check.with_plaintext(None)), 1);
        assert_eq!(cost(&|| check.with_key(Some(&key))), 0);
        assert_eq!(cost(&|| check.with_key(None)), 0);
    }
}
