//! Stanzas (RFC 6121) and the payloads of the XMPP extensions, typed, without I/O.
#![forbid(unsafe_code)]

mod bad_stanza;
mod dispatch;
mod error_reply;
mod iq;
mod message;
mod payloads;
mod presence;
mod stanza;
mod tracker;

mod xep_0004_data_forms;
mod xep_0030_disco;
mod xep_0059_rsm;
mod xep_0066_oob;
mod xep_0082_datetime;
mod xep_0085_chat_states;
mod xep_0092_version;
mod xep_0115_caps;
mod xep_0184_receipts;
mod xep_0199_ping;
mod xep_0202_time;
mod xep_0203_delay;
mod xep_0249_direct_invitation;
mod xep_0308_correction;
mod xep_0333_displayed_markers;
mod xep_0334_hints;
mod xep_0359_stanza_id;
mod xep_0421_occupant_id;
mod xep_0424_retraction;
mod xep_0425_moderation;
mod xep_0428_fallback;
mod xep_0444_reactions;
mod xep_0461_reply;
mod xep_0478_stream_limits;

#[cfg(test)]
mod testing;

pub use xmpp_core as core;
pub use xmpp_core::{StanzaError, StanzaErrorCondition, StanzaErrorType};

pub use bad_stanza::{BadStanza, bad_payload};
pub use dispatch::{IqDispatch, IqReply};
pub use error_reply::{ErrorReply, error_for};
pub use iq::{Iq, IqContent, IqType};
pub use message::{Message, MessageType, Thread};
pub use payloads::Payloads;
pub use presence::{Presence, PresenceType, Show};
pub use stanza::{Stanza, StanzaKind, StanzaRef};
pub use tracker::{IqEvent, IqTracker, Outcome, RequestId};
pub use xep_0004_data_forms::{
    DataForm, DataFormType, FieldOption, FieldType, FormError, FormField, FormItem, FormReported,
};
pub use xep_0030_disco::{DiscoInfo, DiscoItem, DiscoItems, DiscoResponder, Feature, Identity};
pub use xep_0059_rsm::{ResultSet, ResultSetFirst};
pub use xep_0066_oob::{OutOfBandData, OutOfBandRequest};
pub use xep_0082_datetime::{DateTime, DateTimeError};
pub use xep_0085_chat_states::ChatState;
pub use xep_0092_version::SoftwareVersion;
pub use xep_0115_caps::{Caps, CapsError};
pub use xep_0184_receipts::{Receipt, ReceiptRequest};
pub use xep_0199_ping::Ping;
pub use xep_0202_time::{EntityTime, UtcOffset};
pub use xep_0203_delay::Delay;
pub use xep_0249_direct_invitation::DirectInvitation;
pub use xep_0308_correction::Correction;
pub use xep_0333_displayed_markers::{Displayed, Markable};
pub use xep_0334_hints::Hint;
pub use xep_0359_stanza_id::{OriginId, ReferencedStanza, StanzaId};
pub use xep_0421_occupant_id::OccupantId;
pub use xep_0424_retraction::{Retracted, Retraction};
pub use xep_0425_moderation::{Moderated, Moderation};
pub use xep_0428_fallback::{Fallback, FallbackBody, FallbackSubject};
pub use xep_0444_reactions::Reactions;
pub use xep_0461_reply::Reply;
pub use xep_0478_stream_limits::StreamLimits;

use error_reply::error_of;
