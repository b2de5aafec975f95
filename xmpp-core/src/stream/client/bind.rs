//! Binding a resource, and the session request of RFC 3921 (BND-1, BND-7).

use super::{ClientEvent, ClientSession, State};
use crate::{
    FullJid, StanzaError, StanzaErrorCondition,
    stream::{Advice, StreamError, StreamErrorCondition, ids::random_id},
    xml::{ElementRef, Namespace, Payload, Writer, ns},
};

impl ClientSession {
    pub(super) fn bind(&mut self, features: ElementRef<'_>) {
        if features.child("bind", ns::BIND).is_none() {
            // Condition 23: nothing else leads to stanzas.
            let error = StreamError::new(StreamErrorCondition::UnsupportedFeature)
                .with_text("resource binding is not offered");
            return self.fail(error, Advice::Stop);
        }
        self.wants_session = features
            .child("session", ns::SESSION)
            .is_some_and(|session| session.child("optional", ns::SESSION).is_none());
        let resource = self.config.resource.clone();
        self.request("bind", ns::BIND, |w| {
            if let Some(resource) = &resource {
                w.text_element("resource", ns::BIND, resource);
            }
        });
        self.state = State::Bind;
    }

    /// Whether `iq` is the answer to what was asked.
    pub(super) fn is_answer(&self, iq: ElementRef<'_>) -> bool {
        iq.is("iq", ns::CLIENT)
            && iq.attr("id").as_deref() == Some(&self.request)
            && iq.attr("from").is_none_or(|from| self.may_answer(&from))
            && matches!(iq.attr("type").as_deref(), Some("result" | "error"))
    }

    pub(super) fn handle_answer(&mut self, iq: ElementRef<'_>) {
        if iq.attr("type").as_deref() == Some("result") {
            self.handle_result(iq);
        } else {
            self.handle_refusal(iq);
        }
    }

    /// SEC-3: nobody but the server and the own account.
    fn may_answer(&self, from: &str) -> bool {
        let own = |own: &FullJid| from == own.as_str() || from == own.bare_str();
        from == self.config.domain.as_str()
            || self
                .config
                .account
                .as_ref()
                .is_some_and(|account| from == account.as_str())
            || self.jid.as_ref().is_some_and(own)
    }

    fn handle_result(&mut self, iq: ElementRef<'_>) {
        if self.state == State::Session {
            return self.ready();
        }
        // BND-1: the address is the one that the server says.
        let jid = iq
            .child("bind", ns::BIND)
            .and_then(|bind| bind.child("jid", ns::BIND))
            .and_then(|jid| FullJid::new(jid.text().trim()).ok());
        let Some(jid) = jid else {
            return self.give_up("the server bound no address", Advice::Stop);
        };
        self.jid = Some(jid);
        if self.wants_session {
            self.request("session", ns::SESSION, |_| {});
            self.state = State::Session;
        } else {
            self.ready();
        }
    }

    fn handle_refusal(&mut self, iq: ElementRef<'_>) {
        let error = iq
            .children()
            .find_map(|child| StanzaError::from_element(child).ok())
            .unwrap_or_else(|| StanzaErrorCondition::UndefinedCondition.into());
        let advice = match error.condition {
            StanzaErrorCondition::ResourceConstraint => Advice::BackoffLong,
            StanzaErrorCondition::InternalServerError => Advice::Backoff,
            StanzaErrorCondition::NotAuthorized => Advice::Reauthenticate,
            _ => Advice::Stop,
        };
        self.jid = None;
        self.give_up(error.to_string(), advice);
    }

    fn ready(&mut self) {
        if let Some(jid) = self.jid.clone() {
            self.state = State::Ready;
            self.deadline.clear();
            self.events.push_back(ClientEvent::Ready { jid });
        }
    }

    fn request(&mut self, name: &str, ns: Namespace, write: impl FnOnce(&mut Writer<'_>)) {
        self.request = random_id(&mut *self.random);
        let id = &self.request;
        self.out.stanza(|w| {
            let iq = w.start("iq", ns::CLIENT);
            w.attr("type", "set");
            w.attr("id", id);
            let payload = w.start(name, ns);
            write(w);
            w.end(payload);
            w.end(iq);
        });
    }
}
