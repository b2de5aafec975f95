//! Stanzas ([RFC 6120 §8], [RFC 6121]) and the payloads of the XMPP extensions, typed, without I/O.
//!
//! A stanza is read with [`Stanza::from_element`] and written by [`WriteXml`](core::xml::WriteXml).
//! Its children stay elements until a typed one is asked for ([`Message::payload`]); what nobody
//! knows is kept and written back.
//!
//! | for | there is |
//! |---|---|
//! | stanzas | [`Message`], [`Presence`], [`Iq`], [`Stanza`], and the view [`StanzaRef`] for routers |
//! | errors | [`error_for`] answers any stanza, valid or not; [`StanzaError`] says why |
//! | requests | [`IqTracker`] takes an answer only from the entity that was asked |
//! | answers | [`IqDispatch`] finds the handler by the type of the payload; [`DiscoResponder`] answers disco |
//! | payloads | plain structs, one file for each XEP; `#[derive(Payload)]` makes your own ([`core::Payload`]) |
//! | speed | [`TypedStanza`] reads a stanza with all its payloads at once, straight from what the parser lends |
//!
//! A bot that repeats what it hears, and answers every request:
//!
//! ```
//! use xmpp_stanza::core::xml::Element;
//! use xmpp_stanza::{
//!     Delay, DiscoInfo, DiscoResponder, Identity, IqDispatch, IqReply, Message, Ping, SoftwareVersion, Stanza, error_for,
//! };
//!
//! struct Bot {
//!     disco: DiscoResponder,
//!     requests: IqDispatch<()>,
//! }
//!
//! impl Bot {
//!     fn new() -> Self {
//!         let requests = IqDispatch::new()
//!             .on_get(|_, _, Ping| Ok(IqReply::Empty))
//!             .on_get(|_, _, _: SoftwareVersion| Ok(IqReply::payload(&SoftwareVersion::new("echo", "1.0"))));
//!         let info = DiscoInfo::new()
//!             .with_identity(Identity::new("client", "bot").with_name("Echo"))
//!             .with_features(requests.features());
//!         Self { disco: DiscoResponder::new(info), requests }
//!     }
//!
//!     /// What to send in answer to a stanza that came in.
//!     fn handle(&mut self, element: &Element) -> Option<Element> {
//!         match Stanza::try_from(element) {
//!             Ok(Stanza::Message(message)) => Self::echo(&message).map(|reply| Element::from_xml(&reply)),
//!             Ok(Stanza::Iq(iq)) => self
//!                 .disco
//!                 .answer(&iq)
//!                 .or_else(|| self.requests.handle(&mut (), &iq))
//!                 .map(|answer| Element::from_xml(&answer)),
//!             Ok(Stanza::Presence(_)) => None,
//!             // A malformed request gets its error, everything else malformed is dropped.
//!             Err(broken) => error_for(element.root(), broken.into()).map(|answer| Element::from_xml(&answer)),
//!         }
//!     }
//!
//!     fn echo(message: &Message) -> Option<Message> {
//!         // Old messages, from before the bot was there, are delivered with a delay.
//!         if message.payload::<Delay>().ok()?.is_some() {
//!             return None;
//!         }
//!         let body = message.body()?;
//!         Some(message.reply()?.with_body(&*body))
//!     }
//! }
//!
//! let mut bot = Bot::new();
//! let heard: Element = "<message xmlns='jabber:client' type='chat' from='juliet@capulet.example/balcony'>\
//!                       <body>Wherefore art thou &lt;Romeo/&gt;?</body></message>".parse()?;
//! assert_eq!(
//!     bot.handle(&heard).unwrap().to_string(),
//!     "<message xmlns='jabber:client' to='juliet@capulet.example/balcony' type='chat'>\
//!      <body>Wherefore art thou &lt;Romeo/&gt;?</body></message>"
//! );
//! let asked: Element = "<iq xmlns='jabber:client' type='get' id='1' from='a@b.example/c'><x xmlns='urn:x'/></iq>".parse()?;
//! assert!(bot.handle(&asked).unwrap().to_string().contains("<service-unavailable "));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [RFC 6120 §8]: https://www.rfc-editor.org/rfc/rfc6120#section-8
//! [RFC 6121]: https://www.rfc-editor.org/rfc/rfc6121
#![forbid(unsafe_code)]

mod bad_stanza;
mod base64_text;
mod dispatch;
mod error_reply;
mod iq;
mod message;
mod payloads;
mod presence;
mod roster;
mod stanza;
mod tracker;
mod typed;

mod xep_0004_data_forms;
mod xep_0012_last_activity;
mod xep_0030_disco;
mod xep_0050_commands;
mod xep_0054_vcard;
mod xep_0059_rsm;
mod xep_0060_pubsub;
mod xep_0066_oob;
mod xep_0077_register;
mod xep_0082_datetime;
mod xep_0084_avatar;
mod xep_0085_chat_states;
mod xep_0092_version;
mod xep_0115_caps;
mod xep_0157_contact_addresses;
mod xep_0172_nickname;
mod xep_0184_receipts;
mod xep_0191_blocking;
mod xep_0198_stream_management;
mod xep_0199_ping;
mod xep_0202_time;
mod xep_0203_delay;
mod xep_0215_external_services;
mod xep_0249_direct_invitation;
mod xep_0280_carbons;
mod xep_0297_forwarding;
mod xep_0308_correction;
mod xep_0313_mam;
mod xep_0319_idle;
mod xep_0333_displayed_markers;
mod xep_0334_hints;
mod xep_0352_client_state;
mod xep_0359_stanza_id;
mod xep_0363_http_upload;
mod xep_0377_reporting;
mod xep_0380_encryption;
mod xep_0384_omemo_legacy;
mod xep_0402_bookmarks;
mod xep_0421_occupant_id;
mod xep_0424_retraction;
mod xep_0425_moderation;
mod xep_0428_fallback;
mod xep_0444_reactions;
mod xep_0461_reply;
mod xep_0478_stream_limits;
mod xep_0490_displayed_sync;

#[cfg(test)]
mod testing;

pub use xmpp_core as core;
pub use xmpp_core::{StanzaError, StanzaErrorCondition, StanzaErrorType};

pub use bad_stanza::{BadStanza, bad_payload};
pub use base64_text::Base64;
pub use dispatch::{IqDispatch, IqReply};
pub use error_reply::{ErrorReply, error_for};
pub use iq::{Iq, IqContent, IqType};
pub use message::{Message, MessageType, Thread};
pub use payloads::Payloads;
pub use presence::{Presence, PresenceType, Show};
pub use roster::{Roster, RosterAsk, RosterItem, RosterPush, Subscription};
pub use stanza::{Stanza, StanzaKind, StanzaRef};
pub use tracker::{IqEvent, IqTracker, Outcome, RequestId};
pub use typed::{TypedIq, TypedIqContent, TypedMessage, TypedPresence, TypedStanza};
pub use xep_0004_data_forms::{
    DataForm, DataFormType, FieldOption, FieldType, FormError, FormField, FormItem, FormReported,
};
pub use xep_0012_last_activity::LastActivity;
pub use xep_0030_disco::{DiscoInfo, DiscoItem, DiscoItems, DiscoResponder, Feature, Identity};
pub use xep_0050_commands::{
    Command, CommandAction, CommandActions, CommandCondition, CommandNote, CommandNoteType,
    CommandStatus,
};
pub use xep_0054_vcard::{VCard, VCardEmail, VCardName, VCardOrganisation, VCardPhoto};
pub use xep_0059_rsm::{ResultSet, ResultSetFirst};
pub use xep_0066_oob::{OutOfBandData, OutOfBandRequest};
pub use xep_0077_register::{Registration, RegistrationOffer};
pub use xep_0082_datetime::{DateTime, DateTimeError};
pub use xep_0084_avatar::{AvatarData, AvatarInfo, AvatarMetadata, VCardUpdate, avatar_id};
pub use xep_0085_chat_states::ChatState;
pub use xep_0092_version::SoftwareVersion;
pub use xep_0115_caps::{Caps, CapsError};
pub use xep_0157_contact_addresses::ContactAddresses;
pub use xep_0172_nickname::UserNick;
pub use xep_0184_receipts::{Receipt, ReceiptRequest};
pub use xep_0191_blocking::{
    Block, BlockChange, BlockItem, BlockList, BlockPush, Blocked, Unblock,
};
pub use xep_0198_stream_management::{
    Ack, AckRequest, ManagementEnable, ManagementEnabled, ManagementResume, ManagementResumed,
};
pub use xep_0199_ping::Ping;
pub use xep_0202_time::{EntityTime, UtcOffset};
pub use xep_0203_delay::Delay;
pub use xep_0215_external_services::{
    ExternalCredentials, ExternalService, ExternalServices, ServiceAction,
};
pub use xep_0249_direct_invitation::DirectInvitation;
pub use xep_0280_carbons::{
    BadCarbon, Carbon, CarbonCopy, CarbonDirection, Carbons, CarbonsPrivate,
};
pub use xep_0297_forwarding::Forwarded;
pub use xep_0308_correction::Correction;
pub use xep_0313_mam::{
    ArchiveAlways, ArchiveDefault, ArchiveEnd, ArchiveFilter, ArchiveFilterError, ArchiveFin,
    ArchiveMetadata, ArchiveNever, ArchivePreferences, ArchiveQuery, ArchiveResult, ArchiveStart,
    ArchivedMessage, BadResult,
};
pub use xep_0319_idle::Idle;
pub use xep_0333_displayed_markers::{Displayed, Markable};
pub use xep_0334_hints::Hint;
pub use xep_0352_client_state::ClientState;
pub use xep_0359_stanza_id::{OriginId, ReferencedStanza, StanzaId};
pub use xep_0363_http_upload::{
    BadSlot, FileTooLarge, UploadEphemeral, UploadGet, UploadHeader, UploadPurpose, UploadPut,
    UploadRequest, UploadRetry, UploadSlot,
};
pub use xep_0377_reporting::AbuseReport;
pub use xep_0380_encryption::ExplicitEncryption;
pub use xep_0384_omemo_legacy::{
    OmemoBundle, OmemoDevice, OmemoDeviceList, OmemoEncrypted, OmemoHeader, OmemoKey, OmemoPreKey,
    OmemoPreKeys, OmemoSignedPreKey,
};
pub use xep_0402_bookmarks::{
    Bookmark, BookmarkExtensions, BookmarkStorage, PrivateStorage, StoredBookmark, StoredUrl,
};
pub use xep_0421_occupant_id::OccupantId;
pub use xep_0424_retraction::{Retracted, Retraction};
pub use xep_0425_moderation::{Moderated, Moderation};
pub use xep_0428_fallback::{Fallback, FallbackBody, FallbackSubject};
pub use xep_0444_reactions::Reactions;
pub use xep_0461_reply::Reply;
pub use xep_0478_stream_limits::StreamLimits;
pub use xep_0490_displayed_sync::DisplayedUpTo;

use error_reply::error_of;

/// Publish-subscribe (XEP-0060, XEP-0163, XEP-0222, XEP-0223).
pub mod pubsub {
    pub use crate::xep_0060_pubsub::*;
}
