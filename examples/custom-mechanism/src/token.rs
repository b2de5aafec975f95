//! X-TOKEN, a serious one: a site that knows its user hands out a token, good for one login; whoever shows it is in.
//!
//! Twenty lines, and yet it is never used without TLS, nor by a client without such a token, nor offered by a server
//! that cannot look tokens up: the registry sees to that by what [`MechanismInfo`] says.

use xmpp_core::sasl::{
    Answer, Claim, ClientInput, ClientMechanism, CustomValue, Failure, Lookup, LookupKind,
    Malformed, Mechanism, MechanismInfo, ServerInput, ServerMechanism, ServerStep,
};
use zeroize::Zeroizing;

/// The credential: what the site handed out. Not printed, and overwritten when it is dropped.
#[derive(Clone)]
pub struct SiteToken(pub Zeroizing<String>);

/// What the server asks its caller: whose token is this `Zeroizing<Vec<u8>>`?
pub const TOKEN: LookupKind = LookupKind::custom("X-TOKEN");

// The mechanism begins.
/// The client's side: the token, at once.
pub fn client() -> impl Mechanism {
    let info = MechanismInfo::new("X-TOKEN").uses::<SiteToken>();
    ClientMechanism::from_fn(info.with_priority(55), |input, cx| match input {
        ClientInput::Initial => Ok(Some(cx.credential::<SiteToken>()?.0.as_bytes().to_vec())),
        ClientInput::Challenge(_) => Err(Malformed::UnexpectedData.into()),
        ClientInput::Success(_) => Ok(None),
    })
}

/// The server's side: its caller says whose token it is.
pub fn server() -> impl Mechanism {
    let info = MechanismInfo::new("X-TOKEN").asks(TOKEN);
    ServerMechanism::from_fn(info.with_priority(55), |input, _| match input {
        ServerInput::Response(data) => Ok(ServerStep::Lookup(Lookup::Custom(CustomValue::new(
            Zeroizing::new(data.to_vec()),
        )))),
        ServerInput::Answer(Answer::Grant { authcid }) => Ok(ServerStep::Done(Claim::new(authcid))),
        ServerInput::Answer(Answer::Refuse(refusal)) => Err(refusal.into()),
        _ => Err(Failure::WrongAnswer),
    })
}
// The mechanism ends.

/// Nothing of the token.
impl std::fmt::Debug for SiteToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SiteToken")
    }
}

#[cfg(test)]
mod tests {
    /// What this package promises, counted in the source as rustfmt leaves it.
    #[test]
    fn both_sides_of_the_mechanism_take_at_most_twenty_lines_of_code() {
        let source = include_str!("token.rs");
        let (_, rest) = source.split_once("// The mechanism begins.\n").unwrap();
        let (code, _) = rest.split_once("// The mechanism ends.\n").unwrap();
        let lines = code.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
        let count = lines.count();
        assert!((10..=20).contains(&count), "{count} lines");
    }
}
