//! What an account has used before.

use std::fmt;
use std::str::FromStr;

use crate::info::{MechanismName, Strength};

/// What an account has logged in with before, to be kept with the account and given to
/// [`Policy::pin`](crate::Policy::pin): nothing weaker is used from then on.
///
/// Its text form is the mechanism's name, a slash and the strength:
///
/// ```
/// use xmpp_sasl::{Pin, Policy, Strength};
///
/// let pin: Pin = "SCRAM-SHA-256-PLUS/channel-bound".parse()?;
/// assert_eq!(pin.strength(), Some(Strength::ChannelBound));
/// // The server may give up channel binding, but nobody gets the password.
/// let pin = pin.at_most(Strength::Mutual);
/// assert_eq!(pin.to_string(), "SCRAM-SHA-256-PLUS/mutual");
/// let policy = Policy::new().opt_in("PLAIN").pin(pin);
/// # let _ = policy;
/// # Ok::<(), xmpp_sasl::InvalidPin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    mechanism: String,
    strength: Option<Strength>,
}

impl Pin {
    /// `mechanism` of this strength was used.
    pub fn new(mechanism: &MechanismName, strength: Strength) -> Self {
        Self {
            mechanism: mechanism.to_string(),
            strength: Some(strength),
        }
    }

    /// The mechanism.
    pub fn mechanism(&self) -> &str {
        &self.mechanism
    }

    /// What it withstands; `None` if only its name was given.
    pub fn strength(&self) -> Option<Strength> {
        self.strength
    }

    /// The same, but whatever is of `strength` is strong enough. XEP-0474 §7 has clients pin that they used SCRAM, but
    /// no particular one: `at_most(Strength::Mutual)`.
    #[must_use]
    pub fn at_most(mut self, strength: Strength) -> Self {
        self.strength = self.strength.map(|before| before.min(strength));
        self
    }
}

/// By its name alone: how strong it is, the registry says.
impl From<&str> for Pin {
    fn from(mechanism: &str) -> Self {
        mechanism.to_owned().into()
    }
}

/// By its name alone: how strong it is, the registry says.
impl From<String> for Pin {
    fn from(mechanism: String) -> Self {
        Self {
            mechanism,
            strength: None,
        }
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mechanism)?;
        match self.strength {
            Some(strength) => write!(f, "/{strength}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Pin {
    type Err = InvalidPin;

    fn from_str(text: &str) -> Result<Self, InvalidPin> {
        let (mechanism, strength) = match text.split_once('/') {
            Some((mechanism, strength)) => (
                mechanism,
                Some(Strength::from_name(strength).ok_or(InvalidPin)?),
            ),
            None => (text, None),
        };
        MechanismName::new(mechanism).map_err(|_| InvalidPin)?;
        Ok(Self {
            mechanism: mechanism.to_owned(),
            strength,
        })
    }
}

/// The text is no [`Pin`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a pin: mechanism/strength")]
pub struct InvalidPin;
