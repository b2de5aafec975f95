//! SASL-FOO, a joke: the password is protected by ROT13, twice.
//!
//! It is here for what stands around it: whatever a mechanism of one's own does, the registry decides when it may be
//! used. This one is worth nothing, says so ([`Strength::Plaintext`]), and so needs a confidential channel and a policy
//! that names it.

use xmpp_core::sasl::{
    Answer, Claim, ClientInput, ClientMechanism, CustomValue, Failure, Lookup, LookupKind,
    Malformed, Mechanism, MechanismInfo, Password, ServerInput, ServerMechanism, ServerStep,
    Strength,
};
use zeroize::Zeroizing;

/// What the server asks its caller: is this the password?
pub const PASSWORD: LookupKind = LookupKind::custom("SASL-FOO password");

/// The question: a user name and a password, after the fourfold rotation.
#[derive(Debug)]
pub struct FooPassword {
    /// The user name.
    pub authcid: String,
    /// The password. `Zeroizing` overwrites it when it is dropped.
    pub password: Zeroizing<String>,
}

fn info() -> MechanismInfo {
    MechanismInfo::new("SASL-FOO")
        .with_priority(5)
        .with_strength(Strength::Plaintext)
        .opt_in()
}

/// The client's side: `rot13(rot13(authcid NUL password))`, at once.
pub fn client() -> impl Mechanism {
    let info = info().uses::<Password>();
    ClientMechanism::from_fn(info, |input, cx| match input {
        ClientInput::Initial => {
            let known = cx.credential::<Password>()?;
            let message = Zeroizing::new(format!("{}\0{}", known.authcid(), known.password()));
            Ok(Some(rot13(&rot13(message.as_bytes()))))
        }
        ClientInput::Challenge(_) => Err(Malformed::UnexpectedData.into()),
        ClientInput::Success(_) => Ok(None),
    })
}

/// The server's side. The claim is kept while the caller looks the password up.
pub fn server() -> impl Mechanism {
    let mut claim = None;
    ServerMechanism::from_fn(info().asks(PASSWORD), move |input, _| match input {
        ServerInput::Response(data) => {
            let message = Zeroizing::new(rot13(&rot13(data)));
            let message = std::str::from_utf8(&message).map_err(|_| Malformed::Utf8)?;
            let (authcid, password) = message.split_once('\0').ok_or(Malformed::Separators)?;
            claim = Some(Claim::new(authcid));
            Ok(ServerStep::Lookup(Lookup::Custom(CustomValue::new(
                FooPassword {
                    authcid: authcid.to_owned(),
                    password: Zeroizing::new(password.to_owned()),
                },
            ))))
        }
        ServerInput::Answer(Answer::Accept) => {
            let claim = claim.take().ok_or(Failure::OutOfOrder)?;
            Ok(ServerStep::Done(claim))
        }
        ServerInput::Answer(Answer::Refuse(refusal)) => Err(refusal.into()),
        _ => Err(Failure::WrongAnswer),
    })
}

/// The cipher of the Usenet.
fn rot13(text: &[u8]) -> Vec<u8> {
    let rotate = |byte: u8, first: u8| first + (byte - first + 13) % 26;
    text.iter()
        .map(|&byte| match byte {
            b'a'..=b'z' => rotate(byte, b'a'),
            b'A'..=b'Z' => rotate(byte, b'A'),
            _ => byte,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_is_a_cipher_and_twice_is_none() {
        assert_eq!(rot13(b"Why did the chicken?"), b"Jul qvq gur puvpxra?");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(rot13(&rot13(&all)), all);
    }
}
