//! What a mechanism says about itself.

use std::any::Any;
use std::borrow::{Borrow, Cow};
use std::fmt;

use crate::credentials::CredentialKind;
use crate::lookup::LookupKind;

/// The name of a mechanism ([RFC 4422 §3.1]).
///
/// ```abnf
/// sasl-mech    = 1*20mech-char
/// mech-char    = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE
/// ```
///
/// [RFC 4422 §3.1]: https://www.rfc-editor.org/rfc/rfc4422#section-3.1
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MechanismName(Cow<'static, str>);

impl MechanismName {
    /// The name written in the program.
    ///
    /// # Panics
    ///
    /// When `name` is not a mechanism name; in a constant, when compiling.
    pub const fn from_static(name: &'static str) -> Self {
        assert!(
            is_mechanism_name(name.as_bytes()),
            "not a SASL mechanism name (RFC 4422 section 3.1)"
        );
        Self(Cow::Borrowed(name))
    }

    /// Checks a name that came from elsewhere.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] unless it matches the grammar.
    pub fn new(name: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        if is_mechanism_name(name.as_bytes()) {
            Ok(Self(Cow::Owned(name)))
        } else {
            Err(InvalidName)
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn to_cow(&self) -> Cow<'static, str> {
        self.0.clone()
    }
}

const fn is_mechanism_name(name: &[u8]) -> bool {
    if name.is_empty() || name.len() > 20 {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if !matches!(name[at], b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_') {
            return false;
        }
        at += 1;
    }
    true
}

/// The text is not the name of a mechanism: 1 to 20 of `A-Z`, `0-9`, `-` and `_`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a SASL mechanism name (RFC 4422 section 3.1)")]
pub struct InvalidName;

impl fmt::Display for MechanismName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for MechanismName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AsRef<str> for MechanismName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for MechanismName {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for MechanismName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for MechanismName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// Which side speaks first in a mechanism ([RFC 4422 §5]).
///
/// [RFC 4422 §5]: https://www.rfc-editor.org/rfc/rfc4422#section-5
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// The client: its first message travels as an initial response where the protocol can.
    Client,
    /// The server: an initial response is an error.
    Server,
}

/// A side of the exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Who logs in.
    Client,
    /// Who is logged in to.
    Server,
}

/// What a mechanism withstands, from least to most. Policies compare it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Strength {
    /// Nobody is authenticated: ANONYMOUS.
    #[default]
    Anonymous,
    /// The other side learns the password or token itself: PLAIN, OAUTHBEARER.
    Plaintext,
    /// The secret stays at home, but the server proves nothing or the hash is broken: DIGEST-MD5.
    ChallengeResponse,
    /// The secret stays at home and the server proves that it knows the account: SCRAM.
    Mutual,
    /// As before or by a certificate, and nobody can stand between: `-PLUS`, EXTERNAL over TLS.
    ChannelBound,
}

impl Strength {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [
            Self::Anonymous,
            Self::Plaintext,
            Self::ChallengeResponse,
            Self::Mutual,
            Self::ChannelBound,
        ]
        .into_iter()
        .find(|strength| strength.to_string() == name)
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "anonymous",
            Self::Plaintext => "plaintext",
            Self::ChallengeResponse => "challenge-response",
            Self::Mutual => "mutual",
            Self::ChannelBound => "channel-bound",
        })
    }
}

/// What a mechanism is called, needs and gives. The registry decides by it, before any code of the
/// mechanism runs.
///
/// [`new`](Self::new) assumes the worst, so that a mechanism that forgets to say something is used too
/// rarely and not too often: it shows its secret (a confidential channel is needed, strength
/// [`Strength::Plaintext`]) and proves nothing about the server.
///
/// ```
/// use xmpp_sasl::{MechanismInfo, Password};
///
/// let info = MechanismInfo::new("SASL-FOO").with_priority(5).uses::<Password>();
/// assert!(info.needs_confidentiality());
/// ```
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent properties, each with a method of its own"
)]
pub struct MechanismInfo {
    pub(crate) name: MechanismName,
    pub(crate) first: First,
    pub(crate) priority: i32,
    pub(crate) strength: Strength,
    pub(crate) confidential: bool,
    pub(crate) binding: bool,
    pub(crate) opt_in: bool,
    pub(crate) mutual: Option<bool>,
    pub(crate) signs_offer: bool,
    pub(crate) only: Option<Side>,
    pub(crate) credentials: Vec<CredentialKind>,
    pub(crate) lookups: Vec<LookupKind>,
}

impl MechanismInfo {
    /// A mechanism in which the client speaks first, of priority 0, for confidential channels only.
    ///
    /// # Panics
    ///
    /// When `name` is not a mechanism name (see [`MechanismName::from_static`]); in a constant, when
    /// compiling.
    pub const fn new(name: &'static str) -> Self {
        Self::named(MechanismName::from_static(name))
    }

    /// As [`new`](Self::new), for a name that is checked already.
    pub const fn named(name: MechanismName) -> Self {
        Self {
            name,
            first: First::Client,
            priority: 0,
            strength: Strength::Plaintext,
            confidential: true,
            binding: false,
            opt_in: false,
            mutual: None,
            signs_offer: false,
            only: None,
            credentials: Vec::new(),
            lookups: Vec::new(),
        }
    }

    /// The server speaks first.
    #[must_use]
    pub const fn server_first(mut self) -> Self {
        self.first = First::Server;
        self
    }

    /// The default priority; of two candidates the one with the higher number wins.
    #[must_use]
    pub const fn with_priority(mut self, priority: i32) -> Self {
        self.priority = priority;
        self
    }

    /// What it withstands.
    #[must_use]
    pub const fn with_strength(mut self, strength: Strength) -> Self {
        self.strength = strength;
        self
    }

    /// It shows nothing secret to a listener, so that it may run over a channel without protection.
    #[must_use]
    pub const fn safe_in_clear(mut self) -> Self {
        self.confidential = false;
        self
    }

    /// It works with the channel's binding data and is no candidate without.
    #[must_use]
    pub const fn with_channel_binding(mut self) -> Self {
        self.binding = true;
        self
    }

    /// A client's policy must name it ([`Policy::opt_in`](crate::Policy::opt_in) or the allow-list)
    /// before it is a candidate. It is no restriction on servers.
    #[must_use]
    pub const fn opt_in(mut self) -> Self {
        self.opt_in = true;
        self
    }

    /// Whether the server proves in it that it knows the account. Unless it is said here, those of
    /// [`Strength::Mutual`] and above do.
    #[must_use]
    pub const fn with_mutual_authentication(mut self, mutual: bool) -> Self {
        self.mutual = Some(mutual);
        self
    }

    /// In it the server can sign what it offers, so that a client sees what someone in between has changed
    /// (XEP-0474).
    #[must_use]
    pub const fn signs_offer(mut self) -> Self {
        self.signs_offer = true;
        self
    }

    /// It has code for this side only; [`ClientMechanism`](crate::ClientMechanism) and
    /// [`ServerMechanism`](crate::ServerMechanism) say so themselves.
    #[must_use]
    pub const fn only(mut self, side: Side) -> Self {
        self.only = Some(side);
        self
    }

    /// A client needs a credential of type `T` for it. Named several times: any one of them will do.
    #[must_use]
    pub fn uses<T: Any>(mut self) -> Self {
        self.credentials.push(CredentialKind::of::<T>());
        self
    }

    /// A server must be able to answer lookups of this kind. Named several times: all of them.
    #[must_use]
    pub fn asks(mut self, kind: LookupKind) -> Self {
        self.lookups.push(kind);
        self
    }

    /// The name.
    pub fn name(&self) -> &MechanismName {
        &self.name
    }

    /// Who speaks first.
    pub fn first(&self) -> First {
        self.first
    }

    /// The default priority.
    pub fn priority(&self) -> i32 {
        self.priority
    }

    /// What it withstands.
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// Whether it needs a confidential channel.
    pub fn needs_confidentiality(&self) -> bool {
        self.confidential
    }

    /// Whether it needs binding data.
    pub fn needs_channel_binding(&self) -> bool {
        self.binding
    }

    /// Whether a client's policy must name it.
    pub fn is_opt_in(&self) -> bool {
        self.opt_in
    }

    /// Whether the server proves in it that it knows the account.
    pub fn authenticates_server(&self) -> bool {
        self.mutual.unwrap_or(self.strength >= Strength::Mutual)
    }

    /// Whether the server can sign its offer in it.
    pub fn can_sign_offer(&self) -> bool {
        self.signs_offer
    }

    /// Whether it has code for `side`.
    pub fn works_on(&self, side: Side) -> bool {
        self.only.is_none_or(|only| only == side)
    }

    /// The types of credentials it works with; any one of them will do. Empty: it needs none.
    pub fn credentials(&self) -> &[CredentialKind] {
        &self.credentials
    }

    /// The lookups that a server must be able to answer.
    pub fn lookups(&self) -> &[LookupKind] {
        &self.lookups
    }
}
