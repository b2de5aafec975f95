//! The subject (XEP-0045 §7.2.15, §8.1; MUC SU1 to SU5).

use std::{borrow::Cow, sync::Arc};

use xmpp_core::{
    BareJid, FullJid, Timestamp,
    xml::{ElementRef, WriteXml, Writer, ns},
};
use xmpp_stanza::Delay;

use super::state::RoomState;
use crate::{
    Fanout, Role,
    context::Context,
    request::{Request, errors},
    wire::write_occupant_id,
};

/// What the room is talking about now, or that its subject was cleared.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// As newcomers get it: from its author, with the time of the change (MUC SU2).
    pub(crate) stanza: Arc<Fanout>,
    /// The text in the room's own language, for disco.
    pub(crate) text: String,
}

/// Whether a groupchat message changes the subject (MUC SU3).
pub(super) fn is_change(message: ElementRef<'_>) -> bool {
    message.child("subject", ns::CLIENT).is_some()
        && message.child("body", ns::CLIENT).is_none()
        && message.child("thread", ns::CLIENT).is_none()
}

impl RoomState {
    /// Ends a join with exactly one subject message (MUC SU1).
    pub(super) fn send_subject(&self, cx: &mut Context<'_>, session: &FullJid) {
        let stanza = stanza_of(self.subject.as_ref(), &self.jid);
        cx.send_written(session.clone(), stanza);
    }

    /// MUC SU4, FL3: whether an occupant may make this the subject; the refusal repeats it.
    pub(super) fn may_change_subject(
        &self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        role: Role,
    ) -> bool {
        let allowed = match role {
            Role::Moderator => true,
            Role::Participant => self.config.change_subject,
            Role::Visitor | Role::None => false,
        };
        let subjects: Vec<_> = subjects(request.stanza).collect();
        if !allowed {
            request.refuse_with(cx, errors::forbidden(), &subjects);
            return false;
        }
        let bytes: usize = subjects.iter().map(|subject| subject.text().len()).sum();
        if bytes > cx.service.limits.subject_bytes {
            request.refuse(cx, errors::too_large("subject"));
            return false;
        }
        true
    }

    /// Keeps the subject of a message that is being reflected; an empty one clears (MUC SU5).
    pub(super) fn set_subject(
        &mut self,
        now: Timestamp,
        message: ElementRef<'_>,
        author: &FullJid,
        occupant_id: &str,
    ) {
        let stanza = SubjectStanza {
            from: author.as_str(),
            content: Some(message),
            author: Some((occupant_id, Delay::new(self.jid.clone(), now))),
        };
        let text = subjects(message)
            .find(|subject| subject.attr_ns("lang", ns::XML).is_none())
            .or_else(|| subjects(message).next())
            .map(ElementRef::text);
        self.subject = Some(Subject {
            stanza: Arc::new(Fanout::new(&stanza)),
            text: text.map_or_else(String::new, Cow::into_owned),
        });
    }
}

/// The subject message at the end of a join; an empty one where no subject was ever set.
pub(super) fn stanza_of(subject: Option<&Subject>, room: &BareJid) -> Arc<Fanout> {
    let none = || {
        Arc::new(Fanout::new(&SubjectStanza {
            from: room.as_str(),
            content: None,
            author: None,
        }))
    };
    subject.map_or_else(none, |subject| subject.stanza.clone())
}

fn subjects(message: ElementRef<'_>) -> impl Iterator<Item = ElementRef<'_>> {
    message
        .children()
        .filter(|child| child.is("subject", ns::CLIENT))
}

/// The subject message at the end of a join.
struct SubjectStanza<'a> {
    from: &'a str,
    content: Option<ElementRef<'a>>,
    /// The author's occupant-id and the time of the change.
    author: Option<(&'a str, Delay)>,
}

impl WriteXml for SubjectStanza<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let message = w.start("message", ns::CLIENT);
        w.attr("from", self.from);
        w.attr("type", "groupchat");
        match self.content {
            Some(content) => {
                w.opt_attr("xml:lang", content.attr_ns("lang", ns::XML).as_deref());
                for subject in subjects(content) {
                    w.element(subject);
                }
            }
            None => w.empty_element("subject", ns::CLIENT),
        }
        if let Some((occupant_id, delay)) = &self.author {
            write_occupant_id(w, occupant_id);
            w.write(delay);
        }
        w.end(message);
    }
}
