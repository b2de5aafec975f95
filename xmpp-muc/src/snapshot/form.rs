//! How values of other crates stand in a serialised snapshot.
#![expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's `with` wants these signatures"
)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::ids::OccupantSecret;

/// What has a text form: addresses, roles, affiliations.
pub(crate) mod text {
    use std::{fmt::Display, str::FromStr};

    use super::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(value)
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        let text = String::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// As `text`, where it may be absent.
pub(crate) mod opt_text {
    use std::{fmt::Display, str::FromStr};

    use super::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(crate) fn serialize<T: Display, S: Serializer>(
        value: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(ToString::to_string).serialize(to)
    }

    pub(crate) fn deserialize<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        Option::<String>::deserialize(from)?
            .map(|text| text.parse().map_err(serde::de::Error::custom))
            .transpose()
    }
}

/// A shared text that may be absent.
pub(crate) mod shared {
    use std::sync::Arc;

    use super::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Arc<str>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_deref().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Arc<str>>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.map(Arc::from))
    }
}

/// A point in time: milliseconds since the Unix epoch.
pub(crate) mod moment {
    use xmpp_core::Timestamp;

    use super::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(value.as_millis())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        u64::deserialize(from).map(Timestamp::from_millis)
    }
}

/// As `moment`, where it may be absent.
pub(crate) mod time {
    use xmpp_core::Timestamp;

    use super::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Timestamp>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(Timestamp::as_millis).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::<u64>::deserialize(from)?.map(Timestamp::from_millis))
    }
}

/// A stanza that a room wrote: its text.
pub(crate) mod stanza {
    use std::sync::Arc;

    use xmpp_core::xml::{Element, Limits, ns};

    use super::{Deserialize as _, Deserializer, Serializer};
    use crate::Fanout;

    pub(crate) fn serialize<S: Serializer>(value: &Arc<Fanout>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(value.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<Fanout>, D::Error> {
        let text = String::deserialize(from)?;
        let element = Element::parse_in(&text, Limits::CLIENT, ns::CLIENT)
            .map_err(serde::de::Error::custom)?;
        Ok(Arc::new(Fanout::new(&element)))
    }
}

/// The secret itself, in base64: without it everybody would be somebody else after a restart.
impl Serialize for OccupantSecret {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(self.reveal()))
    }
}

impl<'de> Deserialize<'de> for OccupantSecret {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = STANDARD.decode(&text).map_err(D::Error::custom)?;
        <[u8; 32]>::try_from(bytes)
            .map(Self::from)
            .map_err(|_| D::Error::custom("a secret of 32 bytes is wanted"))
    }
}

/// The password of a room, where it may be absent.
pub(crate) mod password {
    use super::{Deserialize as _, Deserializer, Serialize as _, Serializer};
    use crate::Password;

    pub(crate) fn serialize<S: Serializer>(
        value: &Option<Password>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_ref().map(Password::reveal).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Password>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.and_then(Password::new))
    }
}

/// A set of roles: their names.
pub(crate) mod roles {
    use super::{Deserialize as _, Deserializer, Serializer};
    use crate::{Role, RoleSet};

    pub(crate) fn serialize<S: Serializer>(value: &RoleSet, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(value.iter().map(Role::as_str))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RoleSet, D::Error> {
        Vec::<String>::deserialize(from)?
            .iter()
            .map(|name| name.parse::<Role>().map_err(serde::de::Error::custom))
            .collect()
    }
}
