//! Multi-User Chat ([XEP-0045]): the payloads, and the machine that runs rooms. No sockets, no clock, no randomness of
//! its own: stanzas and time come in, effects come out.
//!
//! A [`Service`] is the host of rooms, such as `rooms.example.com`. Its owner, the *host*, hands it each stanza that is
//! addressed there, together with the session that sent it, and carries out its [`Effect`]s **in order**:
//!
//! ```
//! use std::{collections::VecDeque, time::Duration};
//! use xmpp_muc::{Effect, Random, Service, ServiceConfig, Timestamp, core::{FullJid, xml::Element}};
//!
//! struct Os; // In production the operating system's generator; here something that compiles anywhere.
//! impl Random for Os {
//!     fn fill(&mut self, dest: &mut [u8]) { dest.fill(7) }
//! }
//!
//! let mut config = ServiceConfig::default();
//! config.lock_new_rooms = false;
//! config.linger = Duration::from_mins(10);
//! let mut service = Service::new("rooms.example".parse()?, config, Box::new(Os));
//!
//! // Whenever a stanza arrives for the service's domain:
//! let anna: FullJid = "anna@users.example/web".parse()?;
//! let stanza: Element = "<presence xmlns='jabber:client' to='lobby@rooms.example/Anna'>\
//!                        <x xmlns='http://jabber.org/protocol/muc'/></presence>".parse()?;
//! let now = Timestamp::from_millis(1_700_000_000_000);
//! service.handle_stanza(now, &anna, &stanza);
//!
//! // Then, until there is nothing left:
//! let mut sent = String::new();
//! let mut effects = VecDeque::new();
//! loop {
//!     effects.extend(std::iter::from_fn(|| service.poll_effect()));
//!     let Some(effect) = effects.pop_front() else { break };
//!     match effect {
//!         Effect::Store(commit) => {
//!             // Here `commit.events` become durable; then goes on what belongs to them.
//!             for effect in commit.then.into_iter().rev() {
//!                 effects.push_front(effect);
//!             }
//!         }
//!         Effect::Deliver { stanza, to } => {
//!             for session in to.iter() {
//!                 stanza.copy(session.as_str(), &mut sent); // or send `stanza.to(session.as_str())`
//!             }
//!         }
//!         Effect::Send { stanza, to } => stanza.copy(to.as_str(), &mut sent),
//!         _ => {}
//!     }
//! }
//! assert!(sent.contains("<status code='110'/><status code='201'/>"));
//! while let Some(event) = service.poll_event() {
//!     println!("{event:?}"); // RoomCreated, Entered
//! }
//!
//! // When a session ends for whatever reason, and when a timer is due:
//! service.handle_session_lost(now, &anna);
//! if let Some(at) = service.poll_timeout() {
//!     service.handle_timeout(at); // the empty room goes
//! }
//! assert_eq!(service.rooms().count(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What the host does
//!
//! - It knows who sent a stanza: `from` is an argument, the stanza's own is not read.
//! - It calls [`Service::handle_session_lost`] when a session that may be in a room is gone. [`Event::Entered`] and
//!   [`Event::Left`] say which are. Where many may be cut off at once, [`Service::handle_session_unreachable`] for all of them comes
//!   first: they need not be told of each other.
//! - It gives back what could not be delivered, as stanza errors from the session they were for: a session that is
//!   not there is removed.
//! - A [`Effect::Send`] to a bare JID is for the account: a vCard request that an occupant sent through the room. The
//!   answer goes to [`Service::handle_account_stanza`]; [`ServiceConfig::account_queries`] turns such requests off.
//!
//! # What a room does
//!
//! It implements the rules of XEP-0045 for the room and the service as far as entering, leaving, presence, messages,
//! private messages, queries, nicks, several sessions under one nick, history, subject, roles, affiliations, lists,
//! invitations, voice requests, registration of nicks, configuration and destruction go, with occupant-ids
//! (XEP-0421), stanza-ids (XEP-0359), hats (XEP-0317), avatars (XEP-0486), versions of the affiliations (XEP-0463), an
//! archive (XEP-0313), moderation (XEP-0425) and retraction (XEP-0424), search (XEP-0433), activity (XEP-0502), self-ping
//! (XEP-0410) and slow mode (XEP-0500). A message is written once and delivered through one shared list of receivers;
//! everything that a peer can make grow has a bound in [`Limits`]. The page [`rules`] says which test shows which rule.
//!
//! # What is stored
//!
//! Everything that one call makes durable is one [`Commit`], with the effects that show it. A host with a store makes
//! the events durable, all or none, carries out the rest after that, and so keeps the promise that what anybody has
//! seen is stored. It keeps messages in the order in which they come, and of a room's other state the last
//! [`Service::snapshot`]; [`Service::restore_room`] brings both back. Reading is an effect too,
//! [`Effect::ReadArchive`], which the host answers when it can:
//!
//! ```
//! use xmpp_muc::*;
//! # fn page(_: &[StoredMessage], _: &ArchiveSelection, _: &ArchivePage) -> Result<ArchiveAnswer, ArchiveReadError> {
//! #     Ok(ArchiveAnswer::default())
//! # }
//! /// The archive of one room, oldest first.
//! fn answer(archive: &[StoredMessage], read: &ArchiveRead) -> Result<ArchiveAnswer, ArchiveReadError> {
//!     let mut answer = ArchiveAnswer::default();
//!     match &read.request {
//!         ArchiveRequest::Page(selection, place) => return page(archive, selection, place),
//!         ArchiveRequest::Metadata => {
//!             let (first, last) = (archive.first(), archive.get(1..).and_then(<[_]>::last));
//!             answer.entries.extend(first.into_iter().chain(last).cloned());
//!         }
//!         ArchiveRequest::Message(id) => {
//!             answer.entries.extend(archive.iter().find(|entry| entry.id == *id).cloned());
//!         }
//!         _ => return Err(ArchiveReadError::Failed),
//!     }
//!     Ok(answer)
//! }
//! ```
//!
//! A message that is sent again, with the same nick, origin-id and body within [`Limits::resend_window`], is not shown
//! again: its sender, and nobody else, gets the first reflection.
//!
//! [XEP-0045]: https://xmpp.org/extensions/xep-0045.html
#![forbid(unsafe_code)]

mod archive;
mod channel_search;
mod config;
mod context;
mod effect;
mod hat;
mod ids;
mod mav;
mod muc;
mod muc_admin;
mod muc_owner;
mod muc_user;
mod nick;
mod privileges;
mod rate;
mod request;
mod role;
mod room;
mod room_form;
mod service;
mod service_config;
mod snapshot;
mod status_code;
mod temporary;
mod wire;

pub use archive::{
    ArchiveAnchor, ArchiveAnswer, ArchiveAuthor, ArchivePage, ArchiveRead, ArchiveReadError,
    ArchiveReadId, ArchiveRequest, ArchiveSelection, StoredMessage,
};
pub use channel_search::{ChannelSearch, ChannelSearchResult, FoundChannel};
pub use config::{AllowPm, NickRegistration, Password, RoleSet, RoomConfig, Whois};
pub use effect::{Commit, DestroyCause, Effect, Event, StoreEvent};
pub use hat::{Hat, HatError};
pub use mav::Mav;
pub use muc::{HistoryRequest, Muc};
pub use muc_admin::{AdminActor, AdminItem, MucAdmin};
pub use muc_owner::{DestroyRequest, MucOwner};
pub use muc_user::{Actor, Continue, Decline, Destroy, Invite, Item, MucUser, Status};
pub use rate::{Rate, Rates};
pub use role::{Affiliation, Role};
pub use room::Room;
pub use service::{CreateError, OccupantView, Service};
pub use service_config::{Creation, Limits, LockExpiry, RoomSearch, ServiceConfig};
pub use snapshot::{RestoreError, RoomSnapshot};
pub use status_code::StatusCode;
pub use temporary::{Succession, TemporaryIdentities, TemporaryUsers};

#[doc = include_str!("../docs/rules.md")]
pub mod rules {}

pub use xmpp_core as core;
pub use xmpp_core::{Random, Timestamp, xml::Fanout};
pub use xmpp_stanza as stanza;
