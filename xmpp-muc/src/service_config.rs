//! The configuration of a service: what holds for all its rooms.

use std::{collections::BTreeSet, time::Duration};

use xmpp_core::BareJid;

use crate::{Rate, Rates, RoomConfig, TemporaryIdentities};

/// How a [`Service`](crate::Service) behaves.
///
/// The defaults follow XEP-0045: a new room is locked until its owner has configured it, and a temporary room goes
/// with its last occupant. For an anonymous web chat one wants neither:
///
/// ```
/// use std::time::Duration;
/// let mut config = xmpp_muc::ServiceConfig::default();
/// config.lock_new_rooms = false; // open at once; 201 and the empty submit work all the same
/// config.linger = Duration::from_mins(10); // a dropped connection of everybody loses no history
/// config.room.max_history_fetch = 200;
/// config.account_queries = false; // anonymous accounts have no vCards
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceConfig {
    /// Name in disco (`"Chat rooms"`).
    pub name: String,
    /// What a new room starts with.
    pub room: RoomConfig,
    /// Who may make a room by joining it (MUC CR2).
    pub creation: Creation,
    /// Whether a new room admits nobody else until its owner has submitted a form (MUC CR3; `true`).
    pub lock_new_rooms: bool,
    /// How long a new room may stay locked (MUC CR6; 300 s).
    pub lock_timeout: Duration,
    /// What happens then.
    pub lock_expiry: LockExpiry,
    /// How long an empty temporary room is kept, with its history, before it is deleted (MUC LV3; zero: at once).
    pub linger: Duration,
    /// How long a persistent room that was destroyed is remembered: its address is not free, and requests get `gone`
    /// with the room to go to instead (MUC DE2; 31 days, zero for not at all). Administrators and
    /// [`Service::create_room`](crate::Service::create_room) may use the address all the same.
    pub tombstone: Duration,
    /// Whether vCard and pubsub requests to an occupant are sent on to its bare JID (MUC IQ4; `true`).
    ///
    /// The answers come from a bare JID and are handed to [`handle_account_stanza`]. A host whose accounts have
    /// neither turns this off: such requests are then refused at once instead of waiting for an answer.
    ///
    /// [`handle_account_stanza`]: crate::Service::handle_account_stanza
    pub account_queries: bool,
    /// Fields of the owner's form that owners may not change, by their whole names.
    ///
    /// Without more, `muc#roomconfig_enablelogging` and `muc#roomconfig_enablearchiving`: they promise what only a
    /// host with a public log or an archive can keep (MUC CO3, CO21).
    pub withheld_fields: BTreeSet<String>,
    /// After how long a silence a session is asked whether it is still there (MUC LV5; `None`: never).
    ///
    /// It is asked by XEP-0199; one that says so by an error of those that mean that nobody is there, or that leaves
    /// two questions without an answer, is removed with 333. A host that knows the end of each session, and calls
    /// [`handle_session_lost`](crate::Service::handle_session_lost), has no need of it; one with sessions of other
    /// servers has.
    pub ghost_silence: Option<Duration>,
    /// Whether public rooms can be searched for (XEP-0433; MUC DI9).
    pub search: RoomSearch,
    /// Users whose addresses end with their sessions, such as those of SASL ANONYMOUS (MUC FL9).
    pub temporary: TemporaryIdentities,
    /// Whether rooms offer registration, which reserves nicks (MUC RG1, RG2; `true`).
    /// [`RoomConfig::registration`] says who may.
    pub registration: bool,
    /// Users who act as owners of every room (MUC RS6).
    pub administrators: BTreeSet<BareJid>,
    /// Bounds on what peers may use up.
    pub limits: Limits,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            name: "Chat rooms".to_owned(),
            room: RoomConfig::default(),
            creation: Creation::Anyone,
            lock_new_rooms: true,
            lock_timeout: Duration::from_mins(5),
            lock_expiry: LockExpiry::Unlock,
            linger: Duration::ZERO,
            tombstone: Duration::from_hours(31 * 24),
            account_queries: true,
            withheld_fields: [
                "muc#roomconfig_enablelogging",
                "muc#roomconfig_enablearchiving",
            ]
            .map(str::to_owned)
            .into(),
            temporary: TemporaryIdentities::default(),
            ghost_silence: None,
            search: RoomSearch::All,
            registration: true,
            administrators: BTreeSet::new(),
            limits: Limits::default(),
        }
    }
}

impl ServiceConfig {
    /// Whether a user's address ends with its session.
    pub(crate) fn is_temporary(&self, domain: &str, user: &str) -> bool {
        self.temporary.domains.contains(domain)
            && self.temporary.users.contain(user)
            && !self.administrators.contains(user)
    }
}

/// Who may make a room by joining it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Creation {
    /// Whoever may reach the service.
    Anyone,
    /// Users of these domains.
    Domains(BTreeSet<String>),
    /// Only the host itself, by [`Service::create_room`](crate::Service::create_room), and administrators.
    Nobody,
}

/// Which searches for public rooms a service offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoomSearch {
    /// None.
    Off,
    /// By words.
    Words,
    /// By words, and for all public rooms at once, as the list of rooms has them.
    All,
}

/// What becomes of a room that stays locked for too long (MUC CR6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LockExpiry {
    /// It opens with its defaults.
    Unlock,
    /// It is destroyed.
    Destroy,
}

/// Bounds on what peers may use up; each refusal is a stanza error (MUC FL1 to FL4, MS8, IQ7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Rooms of the service (10,000).
    pub rooms: usize,
    /// Destroyed rooms that are remembered (10,000); above that, the one that would be forgotten first goes.
    pub tombstones: usize,
    /// Rooms that one user may be in at once, with all its sessions (200).
    pub rooms_per_user: usize,
    /// Rooms that one user may make by joining them (10 an hour); administrators make as many as they like.
    pub creations: Rate,
    /// New rooms that wait for their owner's form (1,000).
    pub locked_rooms: usize,
    /// How often a user may do things in one room.
    pub rates: Rates,
    /// Occupants of a room, above which no configuration goes (5,000).
    pub occupants: u32,
    /// Sessions of one user under one nick (10).
    pub sessions_per_nick: usize,
    /// Characters of a nick (64).
    pub nick_chars: usize,
    /// Bytes of a message as it is delivered, and of a request to another occupant (64 KiB).
    pub message_bytes: usize,
    /// Bytes of an occupant's presence that the room keeps (8 KiB).
    pub presence_bytes: usize,
    /// Bytes of a status text (1,024).
    pub status_bytes: usize,
    /// Bytes of a subject, all languages together (4,096).
    pub subject_bytes: usize,
    /// Characters of the reason of a kick, a ban or a destruction; longer ones are refused (1,024).
    pub reason_chars: usize,
    /// Messages of history kept in memory for a room, whatever its configuration says (500).
    pub history_messages: usize,
    /// Bytes of history kept in memory for a room (512 KiB).
    pub history_bytes: usize,
    /// Messages with an origin-id that a room recognises when they are sent again (1,000).
    pub resend_messages: usize,
    /// Bytes of these messages (512 KiB).
    pub resend_bytes: usize,
    /// How long a message is recognised when it is sent again (5 minutes).
    pub resend_window: Duration,
    /// Affiliated users of a room (10,000), and as many remembered roles.
    pub affiliations: usize,
    /// Reserved nicks of all rooms together (100,000).
    pub reservations: usize,
    /// Requests for registration of a room that wait for an admin (100).
    pub registration_requests: usize,
    /// Invitations that one user may send, and that one user may get, within an hour (20).
    pub invitations: usize,
    /// Invitations of a room that are on record (1,000).
    pub invitations_on_record: usize,
    /// Requests for voice of a room that are on record (1,000).
    pub voice_requests: usize,
    /// Bytes of the vCard with a room's picture (256 KiB).
    pub avatar_bytes: usize,
    /// Searches for rooms that one user may make (30 a minute).
    pub searches: Rate,
    /// Changes of affiliations that a room remembers, so that clients need not fetch the whole lists (200).
    pub affiliation_versions: usize,
    /// Hats of a room (100).
    pub hats: usize,
    /// Hats that one user wears in a room (10).
    pub hats_per_user: usize,
    /// Users of a room who wear hats (1,000).
    pub hat_wearers: usize,
    /// Items of one request that changes roles or affiliations (100).
    pub items: usize,
    /// Requests to other occupants that one session may have open (20).
    pub queries: usize,
    /// How long such a request waits for its answer (60 s).
    pub query_timeout: Duration,
    /// Entries of an archive in one page (50; MUC MA7).
    pub archive_page: usize,
    /// Entries that one query of an archive may name (50).
    pub archive_ids: usize,
    /// Questions to the archive that one session may have open (4); the next one is refused.
    pub archive_reads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rooms: 10_000,
            tombstones: 10_000,
            rooms_per_user: 200,
            creations: Rate::new(10, Duration::from_hours(1)),
            locked_rooms: 1000,
            rates: Rates::default(),
            occupants: 5_000,
            sessions_per_nick: 10,
            nick_chars: 64,
            message_bytes: 64 * 1024,
            presence_bytes: 8 * 1024,
            status_bytes: 1024,
            subject_bytes: 4096,
            reason_chars: 1024,
            history_messages: 500,
            history_bytes: 512 * 1024,
            resend_messages: 1000,
            resend_bytes: 512 * 1024,
            resend_window: Duration::from_mins(5),
            affiliations: 10_000,
            reservations: 100_000,
            registration_requests: 100,
            invitations: 20,
            invitations_on_record: 1000,
            voice_requests: 1000,
            avatar_bytes: 256 * 1024,
            searches: Rate::new(30, Duration::from_mins(1)),
            affiliation_versions: 200,
            hats: 100,
            hats_per_user: 10,
            hat_wearers: 1000,
            items: 100,
            queries: 20,
            query_timeout: Duration::from_mins(1),
            archive_page: 50,
            archive_ids: 50,
            archive_reads: 4,
        }
    }
}
