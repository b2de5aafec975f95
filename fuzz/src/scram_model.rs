//! SCRAM as RFC 5802 writes it, a second time and as plainly as it can be said: nothing here is shared with the crate under
//! test, not even HMAC or base64.

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

impl Hash {
    pub(crate) const ALL: [Self; 3] = [Self::Sha1, Self::Sha256, Self::Sha512];

    pub(crate) fn mechanism(self) -> &'static str {
        match self {
            Self::Sha1 => "SCRAM-SHA-1",
            Self::Sha256 => "SCRAM-SHA-256",
            Self::Sha512 => "SCRAM-SHA-512",
        }
    }

    pub(crate) fn of(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// RFC 2104.
    pub(crate) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        let block = match self {
            Self::Sha1 | Self::Sha256 => 64,
            Self::Sha512 => 128,
        };
        let mut key = if key.len() > block {
            self.of(key)
        } else {
            key.to_vec()
        };
        key.resize(block, 0);
        let pad = |with: u8| key.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
        let inner = self.of(&[&pad(0x36)[..], data].concat());
        self.of(&[pad(0x5c), inner].concat())
    }

    /// `Hi()` of RFC 5802 §2.2.
    pub(crate) fn salted(self, password: &str, salt: &[u8], iterations: u32) -> Vec<u8> {
        let password = password.as_bytes();
        let mut u = self.hmac(password, &[salt, &1u32.to_be_bytes()].concat());
        let mut out = u.clone();
        for _ in 1..iterations {
            u = self.hmac(password, &u);
            out = xor(&out, &u);
        }
        out
    }
}

/// What a login proves, for one message that both sides sign.
#[derive(Debug)]
pub(crate) struct Proofs {
    pub(crate) client: Vec<u8>,
    pub(crate) server: Vec<u8>,
}

/// RFC 5802 §3, for what was said: the first message without its header, the challenge, and the last without its proof.
pub(crate) fn proofs(hash: Hash, salted: &[u8], said: [&str; 3]) -> Proofs {
    let signed = said.join(",");
    let client_key = hash.hmac(salted, b"Client Key");
    let stored_key = hash.of(&client_key);
    let client_signature = hash.hmac(&stored_key, signed.as_bytes());
    let server_key = hash.hmac(salted, b"Server Key");
    Proofs {
        client: xor(&client_key, &client_signature),
        server: hash.hmac(&server_key, signed.as_bytes()),
    }
}

/// `StoredKey` and `ServerKey`.
pub(crate) fn stored(hash: Hash, salted: &[u8]) -> [Vec<u8>; 2] {
    [
        hash.of(&hash.hmac(salted, b"Client Key")),
        hash.hmac(salted, b"Server Key"),
    ]
}

/// `h=` of XEP-0474.
pub(crate) fn offer(hash: Hash, mechanisms: &[&str], types: Option<&[&str]>) -> String {
    let list = |names: &[&str]| {
        let mut names = names.to_vec();
        names.sort_by(|one, other| one.as_bytes().cmp(other.as_bytes()));
        names.join("\x1e")
    };
    let mut text = list(mechanisms);
    if let Some(types) = types {
        text += "\x1f";
        text += &list(types);
    }
    encode(&hash.of(text.as_bytes()))
}

/// The value of the attribute `name` where it stands exactly once, and no attribute is mandatory that nobody knows.
pub(crate) fn attribute<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    if message.split(',').any(|pair| pair.starts_with("m=")) {
        return None;
    }
    let mut found = message
        .split(',')
        .filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let value = found.next()?;
    found.next().is_none().then_some(value)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(crate) fn encode(data: &[u8]) -> String {
    let mut out = String::new();
    for group in data.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| {
            bits << 8 | u32::from(group.get(at).copied().unwrap_or(0))
        });
        for at in 0..4 {
            if at <= group.len() {
                let digit = (bits >> (18 - 6 * at)) & 63;
                out.push(char::from(ALPHABET[digit as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

/// What `text` stands for, if it is the one text that does.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in digits.bytes() {
        let digit = ALPHABET.iter().position(|&known| known == byte)?;
        bits = (bits << 6 | u32::try_from(digit).ok()?) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    (encode(&out) == text).then_some(out)
}

fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    assert_eq!(one.len(), other.len());
    one.iter()
        .zip(other)
        .map(|(one, other)| one ^ other)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    /// RFC 7677 §3, so that a mistake here is not taken for one of the crate.
    #[test]
    fn the_model_knows_the_vector() {
        let salt = decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let salted = Hash::Sha256.salted("pencil", &salt, 4_096);
        assert!(hex(&salted).starts_with("c4a49510323ab4f9"));
        let nonce = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let proofs = proofs(
            Hash::Sha256,
            &salted,
            [
                "n=user,r=rOprNGfwEbeRWgbNEkqO",
                &format!("{nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"),
                &format!("c=biws,{nonce}"),
            ],
        );
        assert_eq!(
            encode(&proofs.client),
            "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
        );
        assert_eq!(
            encode(&proofs.server),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
        let offered = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"];
        let types = ["tls-server-end-point", "tls-exporter"];
        let signed = offer(Hash::Sha1, &offered, Some(&types));
        assert_eq!(signed, "G6k/rBLDqgOhRRaCuuatSDFkJ08=");
        for text in ["Zg=", "Zh==", "Zg==Zg==", "Zm9v\n", "="] {
            assert_eq!(decode(text), None);
        }
    }
}
