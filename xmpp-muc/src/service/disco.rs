//! What the service says about itself, and its list of rooms (XEP-0045 §6.2, §6.3; MUC DI1, DI2, CL1).

use std::ops::Bound;

use xmpp_core::{
    BareJid, Timestamp,
    xml::{ElementRef, Payload as _, ns},
};
use xmpp_stanza::{DiscoInfo, DiscoItem, DiscoItems, Identity};

use super::Service;
use crate::{
    RoomSearch,
    channel_search::SEARCH,
    request::{Fault, Request, errors},
    room::{STABLE_ID, decline_subscription},
};

/// Most rooms in one answer (MUC DI2).
const PAGE: u32 = 100;

impl Service {
    /// A stanza to the service itself.
    pub(super) fn handle_own(&mut self, now: Timestamp, request: Request<'_>) {
        let stanza_type = request.stanza_type();
        match (request.stanza.name(), stanza_type.as_deref()) {
            ("iq", Some("get")) => self.answer_get(now, request),
            ("iq", Some("result" | "error")) => {}
            ("iq" | "message", _) => {
                let mut cx = self.surroundings.at(now);
                request.refuse(&mut cx, errors::service_unavailable());
            }
            ("presence", Some("subscribe")) => {
                let mut cx = self.surroundings.at(now);
                decline_subscription(&mut cx, &self.jid, request.from);
            }
            ("presence", None) if request.stanza.child("x", ns::MUC).is_some() => {
                let mut cx = self.surroundings.at(now);
                request.refuse(&mut cx, errors::jid_malformed()); // NI1: no room id
            }
            _ => {}
        }
    }

    fn answer_get(&mut self, now: Timestamp, request: Request<'_>) {
        let mut children = request.stanza.children();
        let payload = (children.next(), children.next());
        if let (Some(search), None) = payload
            && search.is("search", SEARCH)
            && self.surroundings.service.search != RoomSearch::Off
        {
            self.answer_search(now, request, search);
            return;
        }
        let answer = match payload {
            (Some(query), None) if query.is("query", ns::DISCO_INFO) => {
                self.disco_info(query).map(Answer::Info)
            }
            (Some(query), None) if query.is("query", ns::DISCO_ITEMS) => {
                self.disco_items(query).map(Answer::Items)
            }
            (Some(ping), None) if ping.is("ping", ns::PING) => Ok(Answer::Pong),
            (Some(_), None) => Err(errors::service_unavailable()),
            _ => Err(errors::bad_request()),
        };
        let mut cx = self.surroundings.at(now);
        match answer {
            Ok(Answer::Info(info)) => request.reply(&mut cx, &info),
            Ok(Answer::Items(items)) => request.reply(&mut cx, &items),
            Ok(Answer::Pong) => request.result(&mut cx),
            Err(error) => request.refuse(&mut cx, error),
        }
    }

    /// MUC DI1.
    fn disco_info(&self, query: ElementRef<'_>) -> Result<DiscoInfo, Fault> {
        if query.attr("node").is_some_and(|node| !node.is_empty()) {
            return Err(errors::item_not_found());
        }
        let config = &self.surroundings.service;
        Ok(DiscoInfo::new()
            .with_identity(Identity::new("conference", "text").with_name(&*config.name))
            .with_features([
                ns::DISCO_INFO,
                ns::DISCO_ITEMS,
                ns::MUC,
                ns::PING,
                ns::RSM,
                ns::OCCUPANT_ID,
                ns::STANZA_ID,
            ])
            // XEP-0486 §3.1: rooms have pictures.
            .with_feature(ns::VCARD_TEMP)
            .with_feature(STABLE_ID)
            .with_features((config.search != RoomSearch::Off).then_some(SEARCH)))
    }

    /// MUC DI2: public rooms, in pages when asked or when there are many.
    fn disco_items(&self, query: ElementRef<'_>) -> Result<DiscoItems, Fault> {
        let asked = DiscoItems::from_element(query).map_err(|_| errors::bad_request())?;
        if asked.node.is_some_and(|node| !node.is_empty()) {
            return Err(errors::item_not_found());
        }
        let rooms: Vec<&BareJid> = self.listed.iter().collect();
        let paged = asked.page.is_some() || rooms.len() > PAGE as usize;
        let mut page = asked.page.unwrap_or_default();
        page.after = page.after.and_then(|after| self.last_up_to(&after));
        let (range, answer) = page.page_of(&rooms, PAGE)?;
        let mut items = DiscoItems::new();
        for jid in &rooms[range] {
            let mut item = DiscoItem::new((*jid).clone());
            if let Some(room) = self.rooms.get(*jid)
                && !room.config.name.is_empty()
            {
                item = item.with_name(&*room.config.name);
            }
            items = items.with_item(item);
        }
        items.page = paged.then_some(answer);
        Ok(items)
    }

    /// The listed room at or before an address: a page goes on where the last one ended even if that room is gone.
    fn last_up_to(&self, address: &str) -> Option<String> {
        self.listed
            .range::<str, _>((Bound::Unbounded, Bound::Included(address)))
            .next_back()
            .map(|jid| jid.as_str().to_owned())
    }
}

/// What is answered to a `get`.
enum Answer {
    Info(DiscoInfo),
    Items(DiscoItems),
    Pong,
}
