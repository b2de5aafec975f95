//! The values of xmpp-parsers into the checksum.

use xmpp_parsers::{
    chatstates::ChatState,
    delay::Delay,
    displayed_markers::Markable,
    hashes::Algo,
    iq::Iq,
    jid::Jid,
    legacy_omemo::Bundle,
    mam,
    message::{Message, MessageType},
    muc::user::{Affiliation, MucUser, Role, Status},
    presence::{Presence, Show, Type},
    pubsub::{self, event::Payload},
    roster::{Ask, Roster, Subscription},
    sm::Nonza,
    stanza::Stanza,
};

use super::{
    peer::{Child, Known, typed},
    sums::{ACK_REQUEST, Header, MARKABLE, OCCUPANT_ID, ORIGIN_ID, RECEIPT_REQUEST, STANZA_ID},
};
use crate::checksum::Checksum;

pub fn add(child: Child, sum: &mut Checksum) {
    match child {
        Child::Stanza(stanza, payloads) => {
            match &stanza {
                Stanza::Message(message) => add_message(message, sum),
                Stanza::Presence(presence) => add_presence(presence, sum),
                Stanza::Iq(Iq::Result { from, to, id, .. }) => sum.header(Header {
                    kind: 2,
                    from: text(from.as_ref()),
                    to: text(to.as_ref()),
                    id: Some(id),
                    stanza_type: "result",
                }),
                Stanza::Iq(other) => panic!("not in the shapes: {other:?}"),
            }
            for payload in payloads {
                add_payload(payload, sum);
            }
        }
        Child::Nonza(Nonza::Req(_)) => sum.flag(ACK_REQUEST),
        Child::Nonza(Nonza::Ack(ack)) => sum.ack(ack.h),
        Child::Nonza(other) => panic!("not in the shapes: {other:?}"),
    }
}

fn add_message(message: &Message, sum: &mut Checksum) {
    sum.header(Header {
        kind: 0,
        from: text(message.from.as_ref()),
        to: text(message.to.as_ref()),
        id: message.id.as_ref().map(|id| id.0.as_str()),
        stanza_type: message_type(&message.type_),
    });
    for (lang, text) in message.bodies.iter().chain(&message.subjects) {
        sum.lang_text(lang, text);
    }
    if let Some(thread) = &message.thread {
        sum.thread(thread.parent.as_deref(), &thread.id);
    }
}

fn text(jid: Option<&Jid>) -> Option<&str> {
    jid.map(Jid::as_str)
}

fn message_type(kind: &MessageType) -> &'static str {
    match kind {
        MessageType::Chat => "chat",
        MessageType::Error => "error",
        MessageType::Groupchat => "groupchat",
        MessageType::Headline => "headline",
        MessageType::Normal => "normal",
    }
}

fn add_presence(presence: &Presence, sum: &mut Checksum) {
    sum.header(Header {
        kind: 1,
        from: text(presence.from.as_ref()),
        to: text(presence.to.as_ref()),
        id: presence.id.as_deref(),
        stanza_type: match presence.type_ {
            Type::None => "",
            Type::Error => "error",
            Type::Probe => "probe",
            Type::Subscribe => "subscribe",
            Type::Subscribed => "subscribed",
            Type::Unavailable => "unavailable",
            Type::Unsubscribe => "unsubscribe",
            Type::Unsubscribed => "unsubscribed",
        },
    });
    sum.option(presence.show.as_ref().map(|show| match show {
        Show::Away => "away",
        Show::Chat => "chat",
        Show::Dnd => "dnd",
        Show::Xa => "xa",
    }));
    for (lang, text) in &presence.statuses {
        sum.lang_text(lang, text);
    }
    sum.number(presence.priority.0.unsigned_abs().into());
}

fn add_payload(payload: Known, sum: &mut Checksum) {
    match payload {
        Known::ChatState(state) => sum.chat_state(match state {
            ChatState::Active => "active",
            ChatState::Composing => "composing",
            ChatState::Gone => "gone",
            ChatState::Inactive => "inactive",
            ChatState::Paused => "paused",
        }),
        Known::ReceiptRequest(_) => sum.flag(RECEIPT_REQUEST),
        Known::OriginId(id) => sum.id(ORIGIN_ID, &id.id, None),
        Known::StanzaId(id) => sum.id(STANZA_ID, &id.id, Some(id.by.as_str())),
        Known::OccupantId(id) => sum.id(OCCUPANT_ID, &id.id, None),
        Known::Delay(delay) => add_delay(&delay, sum),
        Known::Caps(caps) => {
            assert!(caps.ext.is_none(), "not in the shapes");
            let Algo::Sha_1 = caps.hash else {
                panic!("not in the shapes: {:?}", caps.hash);
            };
            sum.caps("sha-1", &caps.node, &caps.ver);
        }
        Known::VCardUpdate(update) => sum.vcard_update(update.photo.and_then(|photo| photo.data)),
        Known::MucUser(user) => add_muc_user(&user, sum),
        Known::Archived(result) => add_archived(result, sum),
        Known::Event(event) => add_event(event, sum),
        Known::Roster(roster) => add_roster(&roster, sum),
        Known::DiscoInfo(info) => {
            sum.disco_info(
                info.node.as_deref(),
                info.identities.len(),
                info.extensions.len(),
            );
            for i in &info.identities {
                let (lang, name) = (i.lang.as_deref(), i.name.as_deref());
                sum.identity([&i.category, &i.type_], [lang, name]);
            }
            sum.features(info.features.iter().map(String::as_str));
        }
        Known::DiscoItems(items) => {
            assert!(items.rsm.is_none(), "not in the shapes");
            sum.disco_items(items.node.as_deref(), items.items.len());
            for item in &items.items {
                let (node, name) = (item.node.as_deref(), item.name.as_deref());
                sum.disco_item(item.jid.as_str(), node, name);
            }
        }
    }
}

fn add_delay(delay: &Delay, sum: &mut Checksum) {
    let stamp = delay.stamp.0.timestamp_millis().unsigned_abs();
    sum.delay(text(delay.from.as_ref()), stamp, delay.data.as_deref());
}

fn add_muc_user(user: &MucUser, sum: &mut Checksum) {
    assert!(
        user.invite.is_none() && user.decline.is_none() && user.affiliations.is_none(),
        "not in the shapes"
    );
    sum.muc_user(user.items.len(), user.status.len());
    for item in &user.items {
        assert!(
            item.actor.is_none() && item.continue_.is_none(),
            "not in the shapes"
        );
        let affiliation = match item.affiliation {
            Affiliation::Owner => "owner",
            Affiliation::Admin => "admin",
            Affiliation::Member => "member",
            Affiliation::Outcast => "outcast",
            Affiliation::None => "none",
        };
        let role = match item.role {
            Role::Moderator => "moderator",
            Role::Participant => "participant",
            Role::Visitor => "visitor",
            Role::None => "none",
        };
        let jid = item.jid.as_ref().map(|jid| jid.as_str());
        let reason = item.reason.as_ref().map(|reason| reason.0.as_str());
        sum.muc_item([affiliation, role], [jid, item.nick.as_deref(), reason]);
    }
    for status in &user.status {
        sum.number(match status {
            Status::NonAnonymousRoom => 100,
            Status::SelfPresence => 110,
            Status::AssignedNick => 210,
            other => panic!("not in the shapes: {other:?}"),
        });
    }
}

fn add_archived(result: mam::Result_, sum: &mut Checksum) {
    sum.archive_result(&result.id, result.queryid.as_ref().map(|id| id.0.as_str()));
    if let Some(delay) = &result.forwarded.delay {
        add_delay(delay, sum);
    }
    let message = result.forwarded.message;
    add_message(&message, sum);
    for payload in message.payloads {
        let Markable = typed(payload);
        sum.flag(MARKABLE);
    }
}

fn add_event(event: pubsub::Event, sum: &mut Checksum) {
    let Payload::Items {
        node,
        published,
        retracted,
    } = event.payload
    else {
        panic!("not in the shapes");
    };
    sum.event_items(&node.0, published.len(), retracted.len());
    for item in published {
        let id = item.id.as_ref().map(|id| id.0.as_str());
        sum.event_item(id, text(item.publisher.as_ref()));
        add_bundle(&typed(item.payload.expect("a bundle")), sum);
    }
}

fn add_bundle(bundle: &Bundle, sum: &mut Checksum) {
    let signed = bundle.signed_pre_key_public.as_ref().expect("a key");
    let signature = bundle
        .signed_pre_key_signature
        .as_ref()
        .expect("a signature");
    let identity = bundle.identity_key.as_ref().expect("a key");
    let id = signed.signed_pre_key_id.expect("a number");
    sum.bundle((id.into(), &signed.data), &signature.data, &identity.data);
    for key in &bundle.prekeys.as_ref().expect("keys").keys {
        sum.key(key.pre_key_id.into(), &key.data);
    }
}

fn add_roster(roster: &Roster, sum: &mut Checksum) {
    sum.roster(roster.ver.as_deref(), roster.items.len());
    for item in &roster.items {
        let subscription = match item.subscription {
            Subscription::None => "none",
            Subscription::From => "from",
            Subscription::To => "to",
            Subscription::Both => "both",
            Subscription::Remove => "remove",
        };
        let asks = matches!(item.ask, Ask::Subscribe);
        sum.roster_item(
            item.jid.as_str(),
            item.name.as_deref(),
            subscription,
            [asks, item.approved.unwrap_or_default()],
        );
        for group in &item.groups {
            sum.text(&group.0);
        }
    }
}
