//! IQs from occupant to occupant (XEP-0045 §17.4, §6.6, XEP-0410; MUC IQ2 to IQ7, SP1).

use xmpp_core::{
    FullJid, Jid, StanzaError, StanzaErrorCondition,
    xml::{ElementRef, WriteXml, Writer, ns},
};

use super::{private::error_of, queries::Query, state::RoomState};
use crate::{
    Fanout,
    context::Context,
    ids::random_id,
    request::{Refusal, Request, errors},
};

/// Bytes of an id that is kept.
const MAX_ID: usize = 1023;

impl RoomState {
    /// A request to an occupant JID.
    pub(super) fn handle_query(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        payload: ElementRef<'_>,
        set: bool,
    ) {
        let Some((own, asker)) = self.occupants.by_session(request.from) else {
            let disco = payload.has_ns(ns::DISCO_INFO) || payload.has_ns(ns::DISCO_ITEMS);
            let error = if disco {
                errors::bad_request()
            } else {
                errors::not_inside()
            };
            request.refuse(cx, error); // IQ6, SP1
            return;
        };
        let open = asker.session(request.from).map_or(0, |s| s.queries);
        let from = asker.address.clone();
        let nick = request.to.resource().unwrap_or_default();
        let Some((number, target)) = self.occupants.by_nick(nick) else {
            request.refuse(cx, errors::item_not_found());
            return;
        };
        if number == own && payload.is("ping", ns::PING) {
            request.result(cx); // SP1: this session is inside under this nick
            return;
        }
        let for_account = payload.is("vCard", ns::VCARD_TEMP)
            || payload.is("vcard", ns::VCARD4)
            || payload.is("pubsub", ns::PUBSUB);
        let refusal = if for_account && set {
            Some(errors::forbidden()) // IQ4
        } else if for_account && !cx.service.account_queries {
            Some(errors::service_unavailable())
        } else if !for_account && !self.config.query_users {
            Some(errors::not_allowed()) // IQ7
        } else if request.id().is_some_and(|id| id.len() > MAX_ID) {
            Some(errors::too_large("id")) // it is kept until the answer comes
        } else if open >= cx.service.limits.queries {
            Some(errors::resource_constraint())
        } else {
            None
        };
        if let Some(error) = refusal {
            request.refuse(cx, error);
            return;
        }
        let target: Jid = if for_account {
            target.user.clone().into()
        } else {
            target.primary().jid.clone().into()
        };
        let id = random_id(cx.random);
        let forwarded = Fanout::new(&Forwarded {
            from: from.as_str(),
            iq_type: if set { "set" } else { "get" },
            id: &id,
            payload: Some(payload),
        });
        if forwarded.as_str().len() > cx.service.limits.message_bytes {
            request.refuse(cx, errors::too_large("request")); // FL3
            return;
        }
        cx.send_written(target.clone(), forwarded.into());
        let query = Query {
            asker: request.from.clone(),
            id: request.id().unwrap_or_default().into_owned(),
            asked: request.addressee().into_owned(),
            target,
        };
        let deadline = cx.now.saturating_add(cx.service.limits.query_timeout);
        self.queries.insert(id, query, deadline);
        self.occupants.count_query(request.from, true);
    }

    /// The answer to a request that was sent on, from whoever was asked; anything else is dropped (MUC IQ1, IQ3).
    pub(super) fn handle_answer(
        &mut self,
        cx: &mut Context<'_>,
        from: &Jid,
        answer: ElementRef<'_>,
    ) {
        let Some(query) = answer
            .attr("id")
            .and_then(|id| self.queries.answered(&id, from))
        else {
            return;
        };
        self.occupants.count_query(&query.asker, false);
        match answer.attr("type").as_deref() {
            Some("result") => cx.send(
                query.asker.clone(),
                &Forwarded {
                    from: &query.asked,
                    iq_type: "result",
                    id: &query.id,
                    payload: answer.children().next(),
                },
            ),
            _ => fail(cx, &query, error_of(answer)),
        }
    }

    /// MUC IQ3: nobody answered in time.
    pub(super) fn expire_queries(&mut self, cx: &mut Context<'_>) {
        for query in self.queries.expired(cx.now) {
            self.occupants.count_query(&query.asker, false);
            fail(cx, &query, StanzaErrorCondition::RemoteServerTimeout.into());
        }
    }

    /// Sessions are gone: who waits for them is told (MUC IQ3).
    pub(super) fn orphan_queries(&mut self, cx: &mut Context<'_>, sessions: &[FullJid]) {
        let mut orphans = Vec::new();
        for session in sessions {
            orphans.extend(self.queries.session_gone(session));
        }
        for query in orphans {
            if !sessions.contains(&query.asker) {
                self.occupants.count_query(&query.asker, false);
                fail(
                    cx,
                    &query,
                    StanzaErrorCondition::RecipientUnavailable.into(),
                );
            }
        }
    }
}

/// Tells the asker that there will be no answer. Nothing of the other's real address or text is in it (MUC IQ5).
fn fail(cx: &mut Context<'_>, query: &Query, mut error: StanzaError) {
    error.by = Jid::new(&query.asked).ok();
    let stanza = Refusal {
        name: "iq",
        from: &query.asked,
        id: Some(&query.id),
        empty_x: false,
        echo: &[],
        error: &error,
    };
    cx.send(query.asker.clone(), &stanza);
}

/// A request or a result on its way through the room.
struct Forwarded<'a> {
    from: &'a str,
    iq_type: &'a str,
    id: &'a str,
    payload: Option<ElementRef<'a>>,
}

impl WriteXml for Forwarded<'_> {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let iq = w.start("iq", ns::CLIENT);
        w.attr("from", self.from);
        w.attr("type", self.iq_type);
        w.attr("id", self.id);
        if let Some(payload) = self.payload {
            w.element(payload);
        }
        w.end(iq);
    }
}
