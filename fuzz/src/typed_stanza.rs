//! Any bytes as stanzas whose every child is read as a type: what was read is written and reads the same.

use xmpp_core::{
    Payload, StanzaError,
    xml::{Element, ElementRef, Limits, Parser, ParserEventRef, ns},
};
use xmpp_muc::{ChannelSearch, ChannelSearchResult, Muc, MucAdmin, MucOwner, MucUser};
use xmpp_stanza::{
    AbuseReport, Ack, AckRequest, ArchiveFin, ArchiveMetadata, ArchivePreferences, ArchiveQuery,
    ArchiveResult, AvatarData, AvatarMetadata, Block, BlockList, Blocked, Bookmark,
    BookmarkStorage, Caps, Carbons, CarbonsPrivate, ChatState, ClientState, Command, Correction,
    DataForm, Delay, DirectInvitation, DiscoInfo, DiscoItems, Displayed, DisplayedUpTo, EntityTime,
    ExplicitEncryption, ExternalCredentials, ExternalServices, Fallback, FileTooLarge, Forwarded,
    Hint, Idle, LastActivity, ManagementEnable, ManagementEnabled, ManagementResume,
    ManagementResumed, Markable, Moderated, Moderation, OccupantId, OmemoBundle, OmemoDeviceList,
    OmemoEncrypted, OriginId, OutOfBandData, OutOfBandRequest, Ping, PrivateStorage, Reactions,
    Receipt, ReceiptRequest, ReferencedStanza, Registration, Reply, ResultSet, Retracted,
    Retraction, Roster, SoftwareVersion, Stanza, StanzaId, StanzaKind, StreamLimits, TypedMessage,
    TypedStanza, Unblock, UploadRequest, UploadRetry, UploadSlot, UserNick, VCard, VCardUpdate,
    pubsub::{Event, Owner, PubSub, PubSubCondition},
};

macro_rules! payloads {
    ($(#[$doc:meta])* $name:ident { $($payload:ident)* } { $($variant:ident($ty:ty))* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Payload)]
        enum $name {
            $($payload(Box<$payload>),)*
            $($variant(Box<$ty>),)*
            #[xml(other)]
            Other(Element),
        }
    };
}

payloads!(
    /// Every payload that the libraries have.
    Every {
        AbuseReport Ack AckRequest ArchiveFin ArchiveMetadata ArchivePreferences ArchiveQuery
        Block BlockList Blocked Bookmark BookmarkStorage Caps Carbons CarbonsPrivate
        ChannelSearch ChannelSearchResult ChatState ClientState Command Correction DataForm Delay
        DirectInvitation DiscoInfo DiscoItems Displayed DisplayedUpTo EntityTime ExplicitEncryption
        ExternalCredentials ExternalServices Fallback FileTooLarge Hint Idle LastActivity
        ManagementEnable ManagementEnabled ManagementResume ManagementResumed Markable Moderated
        Moderation Muc MucAdmin MucOwner MucUser OccupantId OmemoEncrypted OriginId OutOfBandData
        OutOfBandRequest Owner Ping PrivateStorage PubSub PubSubCondition Reactions Receipt
        ReceiptRequest ReferencedStanza Registration Reply ResultSet Retracted Retraction Roster
        SoftwareVersion StanzaError StanzaId StreamLimits Unblock UploadRequest UploadRetry
        UploadSlot UserNick VCard VCardUpdate
    } {
        Archived(ArchiveResult<TypedMessage<Inner>>)
        Event(Event<Published>)
        Forwarded(Forwarded<TypedMessage<Inner>>)
    }
);

payloads!(
    /// What stands in a message inside another one.
    Inner {
        ChatState Correction Delay Displayed Hint Markable OccupantId OmemoEncrypted OriginId
        Receipt ReceiptRequest Reply Retraction StanzaId
    } {
        MucUser(MucUser)
    }
);

payloads!(
    /// What is published.
    Published {
        AvatarData AvatarMetadata Bookmark BookmarkStorage DisplayedUpTo OmemoBundle
        OmemoDeviceList UserNick VCard
    } {}
);

/// The input is what stands in a stream.
pub fn typed_stanza(data: &[u8]) {
    let mut parser = Parser::stream(Limits::CLIENT);
    parser.push(
        b"<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
    );
    parser.push(data);
    while let Ok(Some(event)) = parser.poll_ref() {
        if let ParserEventRef::Element(element) = event {
            check(element);
        }
    }
}

fn check(element: ElementRef<'_>) {
    let untyped = Stanza::from_element(element);
    let typed = TypedStanza::<Every>::from_element(element);
    let typed = match (typed, untyped) {
        (Ok(typed), Ok(untyped)) => {
            assert_eq!(
                (typed.kind(), typed.from(), typed.to()),
                (untyped.kind(), untyped.from(), untyped.to())
            );
            typed
        }
        // A stanza is lost for what is wrong with itself, never for a payload.
        (typed, untyped) => {
            let (typed, untyped) = (typed.map(drop), untyped.map(drop));
            assert!(
                typed.is_err() && untyped.is_err(),
                "{typed:?} {untyped:?}: {element}"
            );
            return;
        }
    };
    assert_eq!(
        TypedStanza::<Every>::from_element(element.to_element().root()).as_ref(),
        Ok(&typed),
        "lent or owned is the same"
    );
    if let TypedStanza::Message(message) = &typed {
        let own = ["body", "subject", "thread"];
        let others = element
            .children()
            .filter(|c| !(c.has_ns(ns::CLIENT) && own.contains(&c.name())))
            .count();
        assert_eq!(message.payloads.len(), others, "no child is lost");
    }
    let written = Element::from_xml(&typed);
    assert_eq!(StanzaKind::of(written.root()), Some(typed.kind()));
    let again = TypedStanza::<Every>::from_element(written.root());
    assert_eq!(again.as_ref(), Ok(&typed), "{written}");
}
