//! The configuration of one room (XEP-0045 §10; MUC 12.1, fields CO1 to CO23).

use std::{fmt, time::Duration};

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{Hat, Role};

/// How one room behaves; the values of the owner's form ([XEP-0045 §16.5.3], MUC CO1 to CO23).
///
/// Start from [`RoomConfig::default`] and change fields.
///
/// ```
/// let mut config = xmpp_muc::RoomConfig::default();
/// config.name = "The lobby".to_owned();
/// config.max_history_fetch = 200;
/// assert!(!config.public && !config.persistent);
/// ```
///
/// [XEP-0045 §16.5.3]: https://xmpp.org/extensions/xep-0045.html#registrar-formtype-owner
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a field of the owner's form"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default)
)]
#[non_exhaustive]
pub struct RoomConfig {
    /// Name shown in lists, at most 256 characters (CO1).
    pub name: String,
    /// Description, at most 4,096 characters (CO1).
    pub description: String,
    /// Language of the discussion, a tag of BCP 47 (CO2).
    pub lang: String,
    /// Discussions are published where everybody can read them; the host must do it (CO3).
    pub public_logging: bool,
    /// Participants may change the subject (CO4).
    pub change_subject: bool,
    /// Members of a members-only room may invite (CO5).
    pub allow_invites: bool,
    /// Who may send private messages (CO6).
    pub allow_pm: AllowPm,
    /// Most occupants, `None` for the service's limit (CO7).
    pub max_users: Option<u32>,
    /// Whose presence is shown to the others (CO8).
    #[cfg_attr(feature = "serde", serde(with = "crate::snapshot::form::roles"))]
    pub presence_broadcast: RoleSet,
    /// Who may ask for the member list, in a non-anonymous room (CO9).
    #[cfg_attr(feature = "serde", serde(with = "crate::snapshot::form::roles"))]
    pub get_member_list: RoleSet,
    /// Shown in the service's list of rooms (CO10).
    pub public: bool,
    /// Survives the last leave (CO11).
    pub persistent: bool,
    /// Only occupants with voice speak (CO12).
    pub moderated: bool,
    /// Only affiliated users enter (CO13).
    pub members_only: bool,
    /// Needed to enter (CO14, CO15).
    #[cfg_attr(feature = "serde", serde(with = "crate::snapshot::form::password"))]
    pub password: Option<Password>,
    /// Who sees real JIDs (CO16).
    pub whois: Whois,
    /// Most messages of history on entering (CO17).
    pub max_history_fetch: u32,
    /// Address of a pubsub node that goes with the room (CO19).
    pub pubsub: String,
    /// Least time between two messages of one user, zero for none (CO20).
    pub slow_mode: Duration,
    /// Messages go to the archive: [`Effect::Store`](crate::Effect::Store) comes before they are delivered (CO21).
    pub archive: bool,
    /// Visitors may change their nick (CO22).
    pub visitor_nick_change: bool,
    /// Visitors may send a status text (CO22).
    pub visitor_status: bool,
    /// Occupants may send IQs to each other (CO22).
    pub query_users: bool,
    /// Who may register with the room, to be a member of it and have a nick reserved (RG1 to RG7).
    pub registration: NickRegistration,
    /// Who has a reserved nick enters under that one and keeps it (RG9).
    pub lock_nicks: bool,
    /// The hats that there are in the room, by their URIs (XEP-0317; HA2, HA3). Not in the owner's form: admins
    /// change them by commands.
    pub hats: Vec<Hat>,
    /// Visitors may ask for voice (CO23).
    pub voice_requests: bool,
    /// Least time between two such requests of one visitor (CO23).
    pub voice_request_interval: Duration,
}

impl Default for RoomConfig {
    /// The library's defaults: an open, unmoderated, hidden, temporary, semi-anonymous room.
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            lang: String::new(),
            public_logging: false,
            change_subject: false,
            allow_invites: false,
            allow_pm: AllowPm::Anyone,
            max_users: Some(200),
            presence_broadcast: RoleSet::ALL,
            get_member_list: RoleSet::ALL,
            public: false,
            persistent: false,
            moderated: false,
            members_only: false,
            password: None,
            whois: Whois::Moderators,
            max_history_fetch: 20,
            pubsub: String::new(),
            slow_mode: Duration::ZERO,
            archive: false,
            visitor_nick_change: true,
            visitor_status: true,
            query_users: true,
            registration: NickRegistration::Open,
            lock_nicks: false,
            hats: Vec::new(),
            voice_requests: true,
            voice_request_interval: Duration::from_mins(30),
        }
    }
}

impl RoomConfig {
    pub(crate) fn non_anonymous(&self) -> bool {
        self.whois == Whois::Anyone
    }
}

/// Who may send private messages (`muc#roomconfig_allowpm`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum AllowPm {
    /// Every occupant.
    #[default]
    Anyone,
    /// Who has voice.
    Participants,
    /// Moderators.
    Moderators,
    /// Nobody.
    None,
}

impl AllowPm {
    /// All values, as the form offers them.
    pub const ALL: [Self; 4] = [
        Self::Anyone,
        Self::Participants,
        Self::Moderators,
        Self::None,
    ];

    /// The value in the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Participants => "participants",
            Self::Moderators => "moderators",
            Self::None => "none",
        }
    }

    pub(crate) const fn allows(self, role: Role) -> bool {
        match self {
            Self::Anyone => !matches!(role, Role::None),
            Self::Participants => matches!(role, Role::Participant | Role::Moderator),
            Self::Moderators => matches!(role, Role::Moderator),
            Self::None => false,
        }
    }
}

/// Who may register with a room (`x-muc#roomconfig_registration`; MUC RG2, RG7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum NickRegistration {
    /// Whoever may enter; an admin has to agree in a members-only or moderated room, where members may more.
    #[default]
    Open,
    /// Who is affiliated, and others when an admin agrees.
    Approval,
    /// Nobody.
    Closed,
}

impl NickRegistration {
    /// All values, as the form offers them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Approval, Self::Closed];

    /// The value in the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approval => "approval",
            Self::Closed => "closed",
        }
    }
}

/// Who sees real JIDs (`muc#roomconfig_whois`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum Whois {
    /// Moderators: a semi-anonymous room.
    #[default]
    Moderators,
    /// Everybody: a non-anonymous room.
    Anyone,
}

impl Whois {
    /// Both values, as the form offers them.
    pub const ALL: [Self; 2] = [Self::Moderators, Self::Anyone];

    /// The value in the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Moderators => "moderators",
            Self::Anyone => "anyone",
        }
    }
}

/// A set of the roles visitor, participant and moderator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RoleSet(u8);

impl RoleSet {
    /// No role.
    pub const NONE: Self = Self(0);
    /// All three roles.
    pub const ALL: Self = Self(7);

    /// The set with `role` added; [`Role::None`] is never in a set.
    #[must_use]
    pub const fn with(self, role: Role) -> Self {
        Self(self.0 | Self::bit(role))
    }

    /// Whether `role` is in the set.
    pub const fn contains(self, role: Role) -> bool {
        self.0 & Self::bit(role) != 0
    }

    /// The roles in the set, moderator first, as the form lists them.
    pub fn iter(self) -> impl Iterator<Item = Role> {
        [Role::Moderator, Role::Participant, Role::Visitor]
            .into_iter()
            .filter(move |role| self.contains(*role))
    }

    const fn bit(role: Role) -> u8 {
        match role {
            Role::None => 0,
            Role::Visitor => 1,
            Role::Participant => 2,
            Role::Moderator => 4,
        }
    }
}

impl FromIterator<Role> for RoleSet {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::NONE, Self::with)
    }
}

/// The secret of a password-protected room; never printed, zeroed on drop (MUC SE7, CF9).
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// The password `text`; `None` for an empty one, which protects nothing.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = Zeroizing::new(text.into());
        (!text.is_empty()).then_some(Self(text))
    }

    /// As read from a stanza, where it may be empty; an empty one protects and opens nothing.
    pub(crate) fn possibly_empty(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The password itself: for the owner's form, an invitation or a destroyed room's successor only.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `other` is the same text, in a time that depends on the lengths only (MUC EN10).
    pub fn matches(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl PartialEq for Password {
    fn eq(&self, other: &Self) -> bool {
        self.matches(&other.0)
    }
}

impl Eq for Password {}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cf9_the_password_is_not_printed() {
        let config = RoomConfig {
            password: Password::new("open sesame"),
            ..RoomConfig::default()
        };
        assert!(!format!("{config:?}").contains("sesame"));
        assert_eq!(Password::new(""), None);
    }

    #[test]
    fn en10_passwords_compare_whole() {
        let password = Password::new("abc").expect("not empty");
        assert!(password.matches("abc"));
        assert!(!password.matches("ab") && !password.matches("abcd") && !password.matches(""));
    }

    #[test]
    fn a_role_set_holds_what_was_put_in() {
        let set: RoleSet = [Role::Visitor, Role::Moderator, Role::None]
            .into_iter()
            .collect();
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            [Role::Moderator, Role::Visitor]
        );
        assert!(!set.contains(Role::None));
    }
}
