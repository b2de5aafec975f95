//! What several tests share.
#![allow(unreachable_pub)]

use std::collections::BTreeMap;

use xmpp_core::xml::{Element, ElementRef, Payload, PayloadError};
use xmpp_stanza::{
    AbuseReport, ArchiveFin, ArchiveMetadata, ArchivePreferences, ArchiveQuery, AvatarData,
    AvatarMetadata, Block, BlockList, Blocked, Bookmark, BookmarkStorage, Caps, Carbons,
    CarbonsPrivate, ChatState, ClientState, Command, Correction, DataForm, Delay, DirectInvitation,
    DiscoInfo, DiscoItems, Displayed, DisplayedUpTo, EntityTime, ExplicitEncryption,
    ExternalCredentials, ExternalServices, Fallback, FileTooLarge, Forwarded, Hint, Idle,
    LastActivity, Markable, Moderated, Moderation, OccupantId, OriginId, OutOfBandData,
    OutOfBandRequest, Ping, PrivateStorage, Reactions, Receipt, ReceiptRequest, Registration,
    Reply, ResultSet, Retracted, Retraction, Roster, SoftwareVersion, StanzaError, StanzaId,
    StreamLimits, Unblock, UploadRequest, UploadSlot, UserNick, VCard, VCardUpdate,
    pubsub::{Event, Owner, PubSub, PubSubCondition},
};

/// Reads `element` as every payload that it may be, and checks that writing that gives the same
/// again.
pub fn visit(
    element: ElementRef<'_>,
    counts: &mut BTreeMap<&'static str, usize>,
) -> Result<(), PayloadError> {
    macro_rules! payloads {
        ($($payload:ident)*) => {$(
            if <$payload>::matches(element) {
                let typed = <$payload>::from_element(element)?;
                let written = Element::from_xml(&typed);
                assert_eq!(<$payload>::from_element(written.root()).as_ref(), Ok(&typed), "{written}");
                *counts.entry(stringify!($payload)).or_default() += 1;
            }
        )*};
    }
    payloads!(
        AbuseReport ArchiveFin ArchiveMetadata ArchivePreferences ArchiveQuery AvatarData
        AvatarMetadata Block BlockList Blocked Bookmark BookmarkStorage Caps Carbons CarbonsPrivate
        ChatState ClientState Command Correction DataForm Delay DirectInvitation DiscoInfo
        DiscoItems Displayed DisplayedUpTo EntityTime ExplicitEncryption ExternalCredentials
        ExternalServices Fallback FileTooLarge Forwarded Hint Idle LastActivity Markable Moderated
        Moderation OccupantId OriginId OutOfBandData OutOfBandRequest Ping PrivateStorage Reactions
        Receipt ReceiptRequest Registration Reply ResultSet Retracted Retraction Roster
        SoftwareVersion StanzaError StanzaId StreamLimits Unblock UploadRequest UploadSlot UserNick
        VCard VCardUpdate Event Owner PubSub PubSubCondition
    );
    Ok(())
}
