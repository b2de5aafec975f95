//! Why a mechanism was chosen and the others were not.

use std::borrow::Cow;
use std::fmt;

use crate::info::MechanismName;
use crate::unavailable::Unavailable;

/// For each mechanism that is offered or registered, why it was or was not chosen: as data
/// ([`verdicts`](Self::verdicts)) and, by `Display`, as a text of one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    pub(crate) verdicts: Vec<Verdict>,
}

impl Explanation {
    /// The candidates in order of preference, then what was refused, then what is unknown here.
    pub fn verdicts(&self) -> &[Verdict] {
        &self.verdicts
    }

    /// What was decided about the mechanism of this name.
    pub fn of(&self, mechanism: &str) -> Option<&Decision> {
        self.verdicts
            .iter()
            .find(|verdict| verdict.mechanism == mechanism)
            .map(|verdict| &verdict.decision)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, verdict) in self.verdicts.iter().enumerate() {
            write!(f, "{}{verdict}", if at == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

/// What was decided about one mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Its name. What a peer offers need not be the name of a mechanism.
    pub mechanism: Cow<'static, str>,
    /// Its priority under the policy in force; `None` if it is unknown here.
    pub priority: Option<i32>,
    /// The decision.
    pub decision: Decision,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What a peer wrote is not let loose on a terminal.
        write!(f, "{}", self.mechanism.escape_default())?;
        if let Some(priority) = self.priority {
            write!(f, " (priority {priority})")?;
        }
        write!(f, ": {}", self.decision)
    }
}

/// A decision about one mechanism.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// A client uses it; a server offers it.
    Chosen,
    /// It could be used, but another one is preferred.
    Outranked {
        /// The other one.
        by: MechanismName,
    },
    /// It is no candidate.
    Refused(Unavailable),
    /// Nothing of this name is registered.
    NotRegistered,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chosen => f.write_str("chosen"),
            Self::Outranked { by } => write!(f, "possible, but {by} is preferred"),
            Self::Refused(reason) => write!(f, "refused: {reason}"),
            Self::NotRegistered => f.write_str("not registered here"),
        }
    }
}

/// No mechanism that is offered may be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no usable mechanism:\n{explanation}")]
pub struct NoMechanism {
    pub(crate) explanation: Explanation,
}

impl NoMechanism {
    /// Why not.
    pub fn explanation(&self) -> &Explanation {
        &self.explanation
    }
}
