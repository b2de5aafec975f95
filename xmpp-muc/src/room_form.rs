//! The owner's form (XEP-0045 §16.5.3; MUC CO1 to CO23): what is offered, and what a submission makes of it.

use std::{collections::BTreeSet, time::Duration};

use xmpp_core::BareJid;
use xmpp_stanza::{DataForm, FieldType, FormField};

use crate::{AllowPm, Limits, NickRegistration, Password, Role, RoleSet, RoomConfig, Whois};

/// `FORM_TYPE` of the form.
pub(crate) const ROOM_CONFIG: &str = "http://jabber.org/protocol/muc#roomconfig";

/// Characters of a room's password (MUC CO15, FL3).
pub(crate) const PASSWORD_CHARS: usize = 256;

/// Configuration and lists, as the form shows them and as a submission wants them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoomForm {
    pub(crate) config: RoomConfig,
    pub(crate) admins: BTreeSet<BareJid>,
    pub(crate) owners: BTreeSet<BareJid>,
}

/// A field whose value cannot be taken (MUC CF4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadField(pub(crate) &'static str);

/// What a value is checked against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy<'a> {
    pub(crate) limits: &'a Limits,
    /// Fields that owners may not change.
    pub(crate) withheld: &'a BTreeSet<String>,
}

impl RoomForm {
    /// The form with the current values (MUC CF1).
    pub(crate) fn to_form(&self, policy: Policy<'_>) -> DataForm {
        let config = &self.config;
        let seconds = |duration: Duration| duration.as_secs().to_string();
        let fields = [
            FormField::text(NAME, &*config.name).with_label("Name"),
            FormField::text(DESCRIPTION, &*config.description).with_label("Description"),
            FormField::text(LANG, &*config.lang).with_label("Language"),
            FormField::boolean(LOGGING, config.public_logging).with_label("Publish the discussion"),
            FormField::boolean(CHANGE_SUBJECT, config.change_subject)
                .with_label("Participants may change the subject"),
            FormField::boolean(ALLOW_INVITES, config.allow_invites)
                .with_label("Members may invite"),
            FormField::choice(
                ALLOW_PM,
                config.allow_pm.as_str(),
                AllowPm::ALL.map(|v| (v.as_str(), v.as_str())),
            )
            .with_label("Who may send private messages"),
            max_users(config.max_users, policy.limits),
            roles(BROADCAST, config.presence_broadcast).with_label("Whose presence is shown"),
            roles(MEMBER_LIST, config.get_member_list)
                .with_label("Who may ask for the member list"),
            FormField::boolean(PUBLIC, config.public).with_label("Show in the list of rooms"),
            FormField::boolean(PERSISTENT, config.persistent).with_label("Keep when it is empty"),
            FormField::boolean(MODERATED, config.moderated)
                .with_label("Only those with voice speak"),
            FormField::boolean(MEMBERS_ONLY, config.members_only).with_label("Only members enter"),
            FormField::boolean(PROTECTED, config.password.is_some())
                .with_label("A password is needed to enter"),
            FormField::typed(
                SECRET,
                FieldType::TextPrivate,
                config.password.as_ref().map(Password::reveal),
            )
            .with_label("Password"),
            FormField::choice(
                WHOIS,
                config.whois.as_str(),
                Whois::ALL.map(|v| (v.as_str(), v.as_str())),
            )
            .with_label("Who sees real addresses"),
            FormField::text(HISTORY, config.max_history_fetch.to_string())
                .with_label("Messages of history on entering"),
            jids(ADMINS, &self.admins).with_label("Admins"),
            jids(OWNERS, &self.owners).with_label("Owners"),
            FormField::text(PUBSUB, &*config.pubsub).with_label("Address of a pubsub node"),
            FormField::text(SLOW_MODE, seconds(config.slow_mode))
                .with_label("Seconds between two messages of one user"),
            FormField::boolean(ARCHIVE, config.archive).with_label("Keep an archive"),
            FormField::boolean(VISITOR_NICK, config.visitor_nick_change)
                .with_label("Visitors may change their nick"),
            FormField::boolean(VISITOR_STATUS, config.visitor_status)
                .with_label("Visitors may send a status text"),
            FormField::boolean(QUERY_USERS, config.query_users)
                .with_label("Occupants may query each other"),
            FormField::choice(
                REGISTRATION,
                config.registration.as_str(),
                NickRegistration::ALL.map(|v| (v.as_str(), v.as_str())),
            )
            .with_label("Who may register"),
            FormField::boolean(LOCK_NICKS, config.lock_nicks)
                .with_label("Registered users keep their nick"),
            FormField::boolean(VOICE_REQUESTS, config.voice_requests)
                .with_label("Visitors may ask for voice"),
            FormField::text(VOICE_INTERVAL, seconds(config.voice_request_interval))
                .with_label("Seconds between two requests for voice"),
        ];
        let offered = |field: &FormField| {
            field
                .var
                .as_ref()
                .is_none_or(|var| !policy.withheld.contains(var))
        };
        fields
            .into_iter()
            .filter(offered)
            .fold(DataForm::form(ROOM_CONFIG), DataForm::with_field)
            .with_title("Configuration of the room")
    }

    /// The values with those of a submission in their place: unknown fields are passed over, absent ones stay (MUC
    /// CF2).
    pub(crate) fn submitted(&self, form: &DataForm, policy: Policy<'_>) -> Result<Self, BadField> {
        let mut new = self.clone();
        let config = &mut new.config;
        let reader = Reader { form };
        reader.text(NAME, 256, &mut config.name)?;
        reader.text(DESCRIPTION, 4096, &mut config.description)?;
        reader.text(LANG, 35, &mut config.lang)?;
        if !is_language(&config.lang) {
            return Err(BadField(LANG));
        }
        reader.text(PUBSUB, 2048, &mut config.pubsub)?;
        if !config.pubsub.is_empty() && !config.pubsub.starts_with("xmpp:") {
            return Err(BadField(PUBSUB));
        }
        for (var, flag) in [
            (LOGGING, &mut config.public_logging),
            (CHANGE_SUBJECT, &mut config.change_subject),
            (ALLOW_INVITES, &mut config.allow_invites),
            (PUBLIC, &mut config.public),
            (PERSISTENT, &mut config.persistent),
            (MODERATED, &mut config.moderated),
            (MEMBERS_ONLY, &mut config.members_only),
            (ARCHIVE, &mut config.archive),
            (VISITOR_NICK, &mut config.visitor_nick_change),
            (VISITOR_STATUS, &mut config.visitor_status),
            (QUERY_USERS, &mut config.query_users),
            (LOCK_NICKS, &mut config.lock_nicks),
            (VOICE_REQUESTS, &mut config.voice_requests),
        ] {
            if let Some(value) = reader.flag(var)? {
                *flag = value;
            }
        }
        reader.choice(
            ALLOW_PM,
            &AllowPm::ALL,
            AllowPm::as_str,
            &mut config.allow_pm,
        )?;
        reader.choice(
            REGISTRATION,
            &NickRegistration::ALL,
            NickRegistration::as_str,
            &mut config.registration,
        )?;
        reader.choice(WHOIS, &Whois::ALL, Whois::as_str, &mut config.whois)?;
        reader.roles(BROADCAST, &mut config.presence_broadcast)?;
        reader.roles(MEMBER_LIST, &mut config.get_member_list)?;
        let cap = u32::try_from(policy.limits.history_messages).unwrap_or(u32::MAX);
        if let Some(count) = reader.number(HISTORY, cap)? {
            config.max_history_fetch = count;
        }
        if let Some(seconds) = reader.number(SLOW_MODE, 86_400)? {
            config.slow_mode = Duration::from_secs(seconds.into());
        }
        if let Some(seconds) = reader.number(VOICE_INTERVAL, 86_400)? {
            config.voice_request_interval = Duration::from_secs(seconds.into());
        }
        reader.max_users(policy.limits, &mut config.max_users)?;
        reader.password(&mut config.password)?;
        reader.jids(OWNERS, &mut new.owners)?;
        reader.jids(ADMINS, &mut new.admins)?;
        // CO18: in both is an owner.
        new.admins.retain(|admin| !new.owners.contains(admin));
        new.check_withheld(self, policy)?;
        Ok(new)
    }

    /// MUC CF4: a field that policy withholds keeps its value.
    fn check_withheld(&self, old: &Self, policy: Policy<'_>) -> Result<(), BadField> {
        if policy.withheld.is_empty() {
            return Ok(());
        }
        let all = BTreeSet::new();
        let open = Policy {
            withheld: &all,
            ..policy
        };
        let (old, new) = (old.to_form(open), self.to_form(open));
        for var in FIELDS {
            if policy.withheld.contains(*var) && old.values(var) != new.values(var) {
                return Err(BadField(var));
            }
        }
        Ok(())
    }
}

/// Reads fields of a submission.
struct Reader<'a> {
    form: &'a DataForm,
}

impl Reader<'_> {
    fn text(&self, var: &'static str, max: usize, text: &mut String) -> Result<(), BadField> {
        let Some(field) = self.form.field(var) else {
            return Ok(());
        };
        // A text of several lines may come as several values.
        let value = field.values.join("\n");
        if value.chars().count() > max {
            return Err(BadField(var));
        }
        *text = value;
        Ok(())
    }

    fn flag(&self, var: &'static str) -> Result<Option<bool>, BadField> {
        self.form.flag(var).map_err(|_| BadField(var))
    }

    fn number(&self, var: &'static str, max: u32) -> Result<Option<u32>, BadField> {
        match self.form.typed::<u32>(var) {
            Ok(Some(number)) if number > max => Err(BadField(var)),
            Ok(number) => Ok(number),
            Err(_) => Err(BadField(var)),
        }
    }

    fn choice<T: Copy>(
        &self,
        var: &'static str,
        all: &[T],
        name: impl Fn(T) -> &'static str,
        choice: &mut T,
    ) -> Result<(), BadField> {
        if let Some(value) = self.form.value(var) {
            *choice = all
                .iter()
                .copied()
                .find(|candidate| name(*candidate) == value)
                .ok_or(BadField(var))?;
        }
        Ok(())
    }

    fn roles(&self, var: &'static str, roles: &mut RoleSet) -> Result<(), BadField> {
        let Some(field) = self.form.field(var) else {
            return Ok(());
        };
        *roles = field
            .values
            .iter()
            .map(|value| match value.parse() {
                Ok(Role::None) | Err(_) => Err(BadField(var)),
                Ok(role) => Ok(role),
            })
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    fn jids(&self, var: &'static str, jids: &mut BTreeSet<BareJid>) -> Result<(), BadField> {
        let Some(field) = self.form.field(var) else {
            return Ok(());
        };
        *jids = field
            .values
            .iter()
            .map(|value| value.trim().parse().map_err(|_| BadField(var)))
            .collect::<Result<_, _>>()?;
        Ok(())
    }

    /// MUC CO7: any number up to the service's limit, or none.
    fn max_users(&self, limits: &Limits, max: &mut Option<u32>) -> Result<(), BadField> {
        *max = match self.form.value(MAX_USERS) {
            None => return Ok(()),
            Some("none" | "") => None,
            Some(value) => match value.trim().parse() {
                Ok(number) if (1..=limits.occupants).contains(&number) => Some(number),
                _ => return Err(BadField(MAX_USERS)),
            },
        };
        Ok(())
    }

    /// MUC CO14, CO15, CF4.
    fn password(&self, password: &mut Option<Password>) -> Result<(), BadField> {
        let secret = self.form.value(SECRET).unwrap_or_default();
        if secret.chars().count() > PASSWORD_CHARS {
            return Err(BadField(SECRET));
        }
        let secret = Password::new(secret);
        match self.flag(PROTECTED)? {
            Some(false) => *password = None,
            Some(true) if secret.is_none() && password.is_none() => return Err(BadField(SECRET)),
            _ if secret.is_some() => *password = secret,
            _ => {}
        }
        Ok(())
    }
}

fn max_users(max: Option<u32>, limits: &Limits) -> FormField {
    let current = max.map_or_else(|| "none".to_owned(), |max| max.to_string());
    let mut choices: Vec<String> = [10, 20, 30, 50, 100, 200, 500, 1000]
        .into_iter()
        .filter(|choice| *choice <= limits.occupants)
        .map(|choice: u32| choice.to_string())
        .collect();
    if !choices.contains(&current) && current != "none" {
        choices.insert(0, current.clone());
    }
    choices.push("none".to_owned());
    FormField::choice(
        MAX_USERS,
        current,
        choices.iter().map(|choice| (&**choice, &**choice)),
    )
    .with_label("Most occupants")
}

fn roles(var: &str, roles: RoleSet) -> FormField {
    let mut field = FormField::choice(
        var,
        "",
        [Role::Moderator, Role::Participant, Role::Visitor]
            .map(|role| (role.as_str(), role.as_str())),
    );
    field.field_type = Some(FieldType::ListMulti);
    field.values = roles.iter().map(|role| role.as_str().to_owned()).collect();
    field
}

fn jids(var: &str, jids: &BTreeSet<BareJid>) -> FormField {
    FormField::typed(var, FieldType::JidMulti, jids.iter().map(BareJid::as_str))
}

/// Whether a text looks like a language tag of BCP 47; empty is none.
fn is_language(lang: &str) -> bool {
    lang.is_empty()
        || lang.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

const NAME: &str = "muc#roomconfig_roomname";
const DESCRIPTION: &str = "muc#roomconfig_roomdesc";
const LANG: &str = "muc#roomconfig_lang";
const LOGGING: &str = "muc#roomconfig_enablelogging";
const CHANGE_SUBJECT: &str = "muc#roomconfig_changesubject";
const ALLOW_INVITES: &str = "muc#roomconfig_allowinvites";
const ALLOW_PM: &str = "muc#roomconfig_allowpm";
const MAX_USERS: &str = "muc#roomconfig_maxusers";
const BROADCAST: &str = "muc#roomconfig_presencebroadcast";
const MEMBER_LIST: &str = "muc#roomconfig_getmemberlist";
const PUBLIC: &str = "muc#roomconfig_publicroom";
const PERSISTENT: &str = "muc#roomconfig_persistentroom";
const MODERATED: &str = "muc#roomconfig_moderatedroom";
const MEMBERS_ONLY: &str = "muc#roomconfig_membersonly";
const PROTECTED: &str = "muc#roomconfig_passwordprotectedroom";
const SECRET: &str = "muc#roomconfig_roomsecret";
const WHOIS: &str = "muc#roomconfig_whois";
const HISTORY: &str = "muc#maxhistoryfetch";
const ADMINS: &str = "muc#roomconfig_roomadmins";
const OWNERS: &str = "muc#roomconfig_roomowners";
const PUBSUB: &str = "muc#roomconfig_pubsub";
const SLOW_MODE: &str = "muc#roomconfig_slow_mode_duration";
const ARCHIVE: &str = "muc#roomconfig_enablearchiving";
const VISITOR_NICK: &str = "muc#roomconfig_allow_visitor_nickchange";
const VISITOR_STATUS: &str = "muc#roomconfig_allow_visitor_status";
const QUERY_USERS: &str = "muc#roomconfig_allow_query_users";
// The registry has no names for these: XEP-0068 wants an `x-` then.
const REGISTRATION: &str = "x-muc#roomconfig_registration";
const LOCK_NICKS: &str = "x-muc#roomconfig_lock_nicks";
const VOICE_REQUESTS: &str = "muc#roomconfig_allow_voice_requests";
const VOICE_INTERVAL: &str = "muc#roomconfig_voice_request_min_interval";

/// All fields of the form.
const FIELDS: &[&str] = &[
    NAME,
    DESCRIPTION,
    LANG,
    LOGGING,
    CHANGE_SUBJECT,
    ALLOW_INVITES,
    ALLOW_PM,
    MAX_USERS,
    BROADCAST,
    MEMBER_LIST,
    PUBLIC,
    PERSISTENT,
    MODERATED,
    MEMBERS_ONLY,
    PROTECTED,
    SECRET,
    WHOIS,
    HISTORY,
    ADMINS,
    OWNERS,
    PUBSUB,
    SLOW_MODE,
    ARCHIVE,
    VISITOR_NICK,
    VISITOR_STATUS,
    QUERY_USERS,
    REGISTRATION,
    LOCK_NICKS,
    VOICE_REQUESTS,
    VOICE_INTERVAL,
];
