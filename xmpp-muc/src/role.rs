//! Roles and affiliations (XEP-0045 §5), version 1.35.5 read.

use std::{fmt, str::FromStr};

use xmpp_core::{
    UnknownName,
    xml::{XmlText, XmlTextError},
};

/// What an occupant may do while it is in the room ([XEP-0045 §5.1]); lost on leaving.
///
/// Ordered by privilege, so that `role >= Role::Participant` reads "has voice".
///
/// [XEP-0045 §5.1]: https://xmpp.org/extensions/xep-0045.html#roles
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Not in the room.
    #[default]
    None,
    /// Listens, in a moderated room.
    Visitor,
    /// Speaks.
    Participant,
    /// Speaks, kicks, gives and takes voice.
    Moderator,
}

impl Role {
    /// All roles in order of privilege.
    pub const ALL: [Self; 4] = [
        Self::None,
        Self::Visitor,
        Self::Participant,
        Self::Moderator,
    ];

    /// The value of the attribute `role`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Visitor => "visitor",
            Self::Participant => "participant",
            Self::Moderator => "moderator",
        }
    }
}

/// The lasting relation of a user (a bare JID) to the room ([XEP-0045 §5.2]).
///
/// Ordered by privilege; an outcast stands below everybody.
///
/// [XEP-0045 §5.2]: https://xmpp.org/extensions/xep-0045.html#affil
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Affiliation {
    /// Banned.
    Outcast,
    /// No relation.
    #[default]
    None,
    /// On the member list.
    Member,
    /// May ban and manage members.
    Admin,
    /// May configure and destroy the room.
    Owner,
}

impl Affiliation {
    /// All affiliations in order of privilege.
    pub const ALL: [Self; 5] = [
        Self::Outcast,
        Self::None,
        Self::Member,
        Self::Admin,
        Self::Owner,
    ];

    /// The value of the attribute `affiliation`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outcast => "outcast",
            Self::None => "none",
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

macro_rules! name_enum {
    ($($type:ident),*) => {$(
        impl FromStr for $type {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL
                    .into_iter()
                    .find(|value| value.as_str() == text)
                    .ok_or(UnknownName)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl XmlText for $type {
            fn from_xml_text(text: &str) -> Result<Self, XmlTextError> {
                text.parse()
                    .map_err(|error: UnknownName| XmlTextError(error.to_string()))
            }

            fn with_xml_text<R>(&self, f: impl FnOnce(&str) -> R) -> R {
                f(self.as_str())
            }
        }
    )*};
}

name_enum!(Role, Affiliation);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        for affiliation in Affiliation::ALL {
            assert_eq!(affiliation.as_str().parse(), Ok(affiliation));
        }
        assert!("Moderator".parse::<Role>().is_err());
        assert!("".parse::<Affiliation>().is_err());
    }

    #[test]
    fn privilege_is_the_order() {
        assert!(Role::None < Role::Visitor && Role::Visitor < Role::Participant);
        assert!(
            Affiliation::Outcast < Affiliation::None && Affiliation::Admin < Affiliation::Owner
        );
    }
}
