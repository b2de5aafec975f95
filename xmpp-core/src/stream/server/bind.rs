//! Binding a resource (RFC 6120 §7; BND-2 to BND-7) and the session request of RFC 3921.

use super::{BindAnswer, Pending, ServerEvent, ServerSession, State, write_limits};
use crate::{
    FullJid, Jid, StanzaErrorCondition,
    stream::{Misuse, ids::random_id, stanza::IqAnswer},
    xml::{Element, ElementRef, WriteXml, ns},
};

/// A bind request that waits for the caller's answer.
#[derive(Debug)]
pub(super) struct BindRequest {
    iq_id: Option<String>,
    jid: FullJid,
}

impl ServerSession {
    /// FEA-2: bind, session, and what the configuration adds.
    pub(super) fn offer_bind(&mut self) {
        let config = &self.config;
        self.out.features(|w| {
            w.empty_element("bind", ns::BIND);
            // BND-7: no client needs it; those that ask for it get their answer.
            let session = w.start("session", ns::SESSION);
            w.empty_element("optional", ns::SESSION);
            w.end(session);
            for feature in &config.features {
                feature.write_xml(w);
            }
            write_limits(config, &config.limits, w);
        });
    }

    /// Handles an IQ if it is one of the two that the session answers itself.
    pub(super) fn handle_own_iq(&mut self, iq: &Element) -> bool {
        if !iq.is("iq", ns::CLIENT) || !matches!(iq.attr("type").as_deref(), Some("set" | "get")) {
            return false;
        }
        let bind = iq.child("bind", ns::BIND);
        // Before bind there is no session to ask for.
        let session = self.jid.is_some() && iq.child("session", ns::SESSION).is_some();
        if bind.is_none() && !session || !self.is_for_server(iq) {
            return false;
        }
        if let Some(bind) = bind {
            self.handle_bind(iq, bind);
        } else {
            let error = (!is_single_set(iq)).then_some(StanzaErrorCondition::BadRequest);
            self.answer_iq(iq, error);
        }
        true
    }

    fn handle_bind(&mut self, iq: &Element, bind: ElementRef<'_>) {
        if self.jid.is_some() {
            // BND-5.
            return self.answer_iq(iq, Some(StanzaErrorCondition::NotAllowed));
        }
        if !is_single_set(iq) {
            self.answer_iq(iq, Some(StanzaErrorCondition::BadRequest));
            return self.count_attempt("too many refused binds");
        }
        let Some(user) = &self.user else {
            return;
        };
        // BND-2.
        let wanted = bind.child("resource", ns::BIND).map(ElementRef::text);
        let jid = match wanted.filter(|wanted| !wanted.is_empty()) {
            Some(wanted) => user.with_resource(&wanted),
            None => user.with_resource(&random_id(&mut *self.random)[..12]),
        };
        let Ok(jid) = jid else {
            self.answer_iq(iq, Some(StanzaErrorCondition::BadRequest));
            return self.count_attempt("too many refused binds");
        };
        let id = self.ask(Pending::Bind(BindRequest {
            iq_id: iq.attr("id").map(std::borrow::Cow::into_owned),
            jid: jid.clone(),
        }));
        self.events.push_back(ServerEvent::Bind { id, jid });
    }

    /// The caller's answer to a bind request.
    pub(super) fn resolve_bind(
        &mut self,
        request: BindRequest,
        answer: BindAnswer,
    ) -> Result<(), (BindRequest, Misuse)> {
        let jid = match answer {
            BindAnswer::Accept => request.jid,
            BindAnswer::AcceptAs(jid) if jid.to_bare() == request.jid.to_bare() => jid,
            BindAnswer::AcceptAs(_) => return Err((request, Misuse::WrongAnswer)),
            BindAnswer::Refuse(condition) => {
                // BND-3, BND-4.
                let answer = IqAnswer {
                    id: request.iq_id.as_deref(),
                    to: None,
                    error: Some(condition),
                };
                self.out.stanza(|w| answer.write(w, |_| {}));
                self.count_attempt("too many refused binds");
                return Ok(());
            }
        };
        let answer = IqAnswer {
            id: request.iq_id.as_deref(),
            to: None,
            error: None,
        };
        self.out.stanza(|w| {
            answer.write(w, |w| {
                let bind = w.start("bind", ns::BIND);
                w.text_element("jid", ns::BIND, jid.as_str());
                w.end(bind);
            });
        });
        self.jid = Some(jid.clone());
        self.state = State::Bound;
        self.deadline.clear();
        self.events.push_back(ServerEvent::Bound { jid });
        Ok(())
    }

    fn answer_iq(&mut self, iq: &Element, error: Option<StanzaErrorCondition>) {
        let id = iq.attr("id");
        let answer = IqAnswer {
            id: id.as_deref(),
            to: self.jid.as_ref().map(FullJid::as_str),
            error,
        };
        self.out.stanza(|w| answer.write(w, |_| {}));
    }

    /// Whether the IQ is addressed to nobody, to the domain or to the session's account.
    fn is_for_server(&self, iq: &Element) -> bool {
        iq.attr("to").is_none_or(|to| {
            Jid::new(&to).is_ok_and(|to| {
                to == self.domain().as_str()
                    || self.user.as_ref().is_some_and(|user| to == user.as_str())
            })
        })
    }
}

/// BND-5, STZ-2: a request of type `set` with an id and one child.
fn is_single_set(iq: &Element) -> bool {
    iq.attr("type").as_deref() == Some("set")
        && iq.attr("id").is_some()
        && iq.children().count() == 1
}
