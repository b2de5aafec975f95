//! How a room writes presences and messages: what clients sent, without what only the room may say, with what it
//! does say.

use xmpp_core::{
    BareJid, FullJid, Jid, Timestamp,
    xml::{Element, ElementRef, Namespace, Node, WriteXml, Writer, ns},
};
use xmpp_stanza::Delay;

use crate::{Affiliation, Destroy, Hat, Mav, Role, StatusCode, hat::write_hats};

/// `jabber:x:delay`, the predecessor of XEP-0203.
const LEGACY_DELAY: Namespace = Namespace::new("jabber:x:delay");
/// Where XEP-0425 0.2 and XEP-0424 0.3 name the message they are about.
pub(crate) const FASTEN: Namespace = Namespace::new("urn:xmpp:fasten:0");
/// XEP-0425 0.2.
pub(crate) const MODERATE_0: Namespace = Namespace::new("urn:xmpp:message-moderate:0");
/// XEP-0424 0.3.
pub(crate) const RETRACT_0: Namespace = Namespace::new("urn:xmpp:message-retract:0");
/// The namespace that XEP-0463's own schema gives.
const AFFILIATIONS_0: Namespace = Namespace::new("urn:xmpp:muc:affiliations:0");

/// Whether only the room may say this: in a client's stanza it is forged (MUC GC3, SE2, EN19, HI7).
pub(crate) fn is_forged(child: ElementRef<'_>, room: &BareJid) -> bool {
    let names_room = |attribute| {
        child
            .attr(attribute)
            .and_then(|value| Jid::new(&value).ok())
            .is_some_and(|jid| jid.bare_str() == room.as_str())
    };
    match child.name() {
        "x" => {
            child.has_ns(ns::MUC_USER)
                || child.has_ns(ns::MUC)
                || (child.has_ns(LEGACY_DELAY) && names_room("from"))
        }
        "occupant-id" => child.has_ns(ns::OCCUPANT_ID),
        "stanza-id" => child.has_ns(ns::STANZA_ID) && names_room("by"),
        "hats" => child.has_ns(ns::HATS),
        "mav" => child.has_ns(ns::MAV) || child.has_ns(AFFILIATIONS_0),
        "delay" => child.has_ns(ns::DELAY) && names_room("from"),
        // MO4: that a moderator did it is the room's to say.
        "retract" | "retracted" => {
            child.has_ns(ns::RETRACT) && child.child("moderated", ns::MODERATE).is_some()
        }
        "apply-to" => child.has_ns(FASTEN) && child.child("moderated", MODERATE_0).is_some(),
        "moderated" => child.has_ns(ns::MODERATE) || child.has_ns(MODERATE_0),
        _ => false,
    }
}

/// The presence of an occupant as one kind of receiver gets it.
#[derive(Clone, Debug)]
pub(crate) struct PresenceStanza<'a> {
    /// The occupant JID.
    pub(crate) from: &'a FullJid,
    /// The id of the stanza that this answers; only the one who sent it gets it (MUC EN7).
    pub(crate) id: Option<&'a str>,
    pub(crate) unavailable: bool,
    /// Where the client's own children come from: all of them, or only the status text when leaving.
    pub(crate) content: Option<ElementRef<'a>>,
    pub(crate) occupant_id: Option<&'a str>,
    /// What the occupant wears (MUC HA1).
    pub(crate) hats: &'a [Hat],
    pub(crate) affiliation: Affiliation,
    pub(crate) role: Role,
    /// The real JID, for who may see it (MUC EN8).
    pub(crate) jid: Option<&'a FullJid>,
    /// The new nick, with 303.
    pub(crate) nick: Option<&'a str>,
    pub(crate) actor: Option<ActorView<'a>>,
    pub(crate) reason: Option<&'a str>,
    pub(crate) destroy: Option<&'a Destroy>,
    /// The version of the affiliations that this makes (MUC MV2).
    pub(crate) mav: Option<&'a Mav>,
    /// In any order; they are written ascending (MUC EN6).
    pub(crate) codes: &'a [StatusCode],
}

/// Who did it, as one kind of receiver may see it (MUC AD6).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActorView<'a> {
    pub(crate) nick: Option<&'a str>,
    pub(crate) jid: Option<&'a BareJid>,
}

impl<'a> PresenceStanza<'a> {
    pub(crate) fn new(from: &'a FullJid, affiliation: Affiliation, role: Role) -> Self {
        Self {
            from,
            id: None,
            unavailable: role == Role::None,
            content: None,
            occupant_id: None,
            hats: &[],
            affiliation,
            role,
            jid: None,
            nick: None,
            actor: None,
            reason: None,
            destroy: None,
            mav: None,
            codes: &[],
        }
    }
}

impl WriteXml for PresenceStanza<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let presence = w.start("presence", ns::CLIENT);
        w.attr("from", self.from.as_str());
        w.opt_attr("id", self.id);
        if self.unavailable {
            w.attr("type", "unavailable");
        }
        if let Some(content) = self.content {
            w.opt_attr("xml:lang", content.attr_ns("lang", ns::XML).as_deref());
            for child in content.children() {
                if !self.unavailable || child.is("status", ns::CLIENT) {
                    w.element(child);
                }
            }
        }
        if let Some(id) = self.occupant_id {
            write_occupant_id(w, id);
        }
        write_hats(w, self.hats);
        let x = w.start("x", ns::MUC_USER);
        if let Some(mav) = self.mav {
            w.write(mav);
        }
        if let Some(destroy) = self.destroy {
            w.write(destroy);
        }
        let item = w.start("item", ns::MUC_USER);
        w.attr("affiliation", self.affiliation.as_str());
        w.attr("role", self.role.as_str());
        w.opt_attr("jid", self.jid.map(FullJid::as_str));
        w.opt_attr("nick", self.nick);
        if let Some(actor) = self.actor
            && (actor.nick.is_some() || actor.jid.is_some())
        {
            let tag = w.start("actor", ns::MUC_USER);
            w.opt_attr("jid", actor.jid.map(BareJid::as_str));
            w.opt_attr("nick", actor.nick);
            w.end(tag);
        }
        if let Some(reason) = self.reason {
            w.text_element("reason", ns::MUC_USER, reason);
        }
        w.end(item);
        write_codes(w, self.codes);
        w.end(x);
        w.end(presence);
    }
}

/// A message without a type from the room itself, about one thing: an invitation, a form.
pub(crate) struct RoomMessage<'a, P> {
    pub(crate) room: &'a BareJid,
    pub(crate) id: Option<&'a str>,
    pub(crate) payload: &'a P,
}

impl<P: WriteXml> WriteXml for RoomMessage<'_, P> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        w.attr("from", self.room.as_str());
        w.opt_attr("id", self.id);
        w.write(self.payload);
        w.end(message);
    }
}

/// A client's presence as the room keeps it: show, status, priority, capabilities and extensions, without what only
/// the room may say and without addresses (MUC EN19).
pub(crate) struct KeptPresence<'a> {
    pub(crate) stanza: ElementRef<'a>,
    pub(crate) room: &'a BareJid,
    /// Whether a status text is kept (MUC PR7).
    pub(crate) status: bool,
}

impl WriteXml for KeptPresence<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let presence = w.start("presence", ns::CLIENT);
        w.opt_attr("xml:lang", self.stanza.attr_ns("lang", ns::XML).as_deref());
        for child in self.stanza.children() {
            if !is_forged(child, self.room) && (self.status || !child.is("status", ns::CLIENT)) {
                w.element(child);
            }
        }
        w.end(presence);
    }
}

/// A message as it leaves the room.
#[derive(Clone, Debug)]
pub(crate) struct MessageStanza<'a> {
    pub(crate) room: &'a BareJid,
    /// The occupant JID of the author.
    pub(crate) from: &'a FullJid,
    pub(crate) message_type: Option<&'a str>,
    pub(crate) id: Option<&'a str>,
    /// The client's message.
    pub(crate) content: ElementRef<'a>,
    pub(crate) occupant_id: &'a str,
    /// The room's stanza-id, for what goes to all.
    pub(crate) stanza_id: Option<&'a str>,
    /// An empty `muc#user`, for private messages (MUC PM1).
    pub(crate) private: bool,
    /// When the room accepted it, for history.
    pub(crate) delay: Option<Timestamp>,
}

impl WriteXml for MessageStanza<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        w.attr("from", self.from.as_str());
        w.opt_attr("type", self.message_type);
        w.opt_attr("id", self.id);
        w.opt_attr("xml:lang", self.content.attr_ns("lang", ns::XML).as_deref());
        for node in self.content.nodes() {
            if let Node::Element(child) = node
                && !is_forged(child, self.room)
            {
                w.element(child);
            }
        }
        if self.private {
            w.empty_element("x", ns::MUC_USER);
        }
        write_occupant_id(w, self.occupant_id);
        if let Some(id) = self.stanza_id {
            write_stanza_id(w, self.room, id);
        }
        if let Some(time) = self.delay {
            w.write(&Delay::new(self.room.clone(), time));
        }
        w.end(message);
    }
}

/// A stored message as the history replays it (MUC HI1).
pub(crate) struct Replay<'a> {
    pub(crate) stanza: ElementRef<'a>,
    pub(crate) delay: Delay,
}

impl WriteXml for Replay<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        for name in ["from", "type", "id"] {
            w.opt_attr(name, self.stanza.attr(name).as_deref());
        }
        w.opt_attr("xml:lang", self.stanza.attr_ns("lang", ns::XML).as_deref());
        for child in self.stanza.children() {
            w.element(child);
        }
        w.write(&self.delay);
        w.end(message);
    }
}

/// A message of the room itself with status codes and nothing else (MUC CF6).
pub(crate) struct RoomNotice<'a> {
    pub(crate) room: &'a BareJid,
    pub(crate) id: &'a str,
    pub(crate) codes: &'a [StatusCode],
}

impl WriteXml for RoomNotice<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        w.attr("from", self.room.as_str());
        w.attr("type", "groupchat");
        w.attr("id", self.id);
        let x = w.start("x", ns::MUC_USER);
        write_codes(w, self.codes);
        w.end(x);
        w.end(message);
    }
}

pub(crate) fn write_occupant_id(w: &mut Writer<'_>, id: &str) {
    let tag = w.start("occupant-id", ns::OCCUPANT_ID);
    w.attr("id", id);
    w.end(tag);
}

pub(crate) fn write_stanza_id(w: &mut Writer<'_>, room: &BareJid, id: &str) {
    let tag = w.start("stanza-id", ns::STANZA_ID);
    w.attr("by", room.as_str());
    w.attr("id", id);
    w.end(tag);
}

fn write_codes(w: &mut Writer<'_>, codes: &[StatusCode]) {
    let mut codes = codes.to_vec();
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        let tag = w.start("status", ns::MUC_USER);
        w.attr("code", &code.to_string());
        w.end(tag);
    }
}

/// The answer to a subscription request (MUC PR8).
pub(crate) struct Unsubscribed<'a> {
    pub(crate) room: &'a BareJid,
}

impl WriteXml for Unsubscribed<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let presence = w.start("presence", ns::CLIENT);
        w.attr("from", self.room.as_str());
        w.attr("type", "unsubscribed");
        w.end(presence);
    }
}

/// Keeps an element of its own, without the stanza it came in.
pub(crate) fn keep(stanza: &impl WriteXml) -> Element {
    Element::from_xml(stanza)
}

/// Bytes that an element takes up.
pub(crate) fn size(element: &Element) -> usize {
    element.memory()
}
