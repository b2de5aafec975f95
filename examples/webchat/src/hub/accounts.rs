//! Stanzas among users. Those who are anonymous have one session each, those of the site and the admin may have several; nobody has
//! a roster, nothing is stored.

use std::collections::BTreeSet;

use xmpp_core::{
    BareJid, FullJid, Jid, StanzaErrorCondition, stream::is_anonymous_localpart, xml::Element,
};
use xmpp_stanza::{Iq, IqContent, Message, MessageType, Presence, PresenceType, Stanza};

use super::{
    Hub,
    client::Key,
    personal::{Account, Personal},
};

/// Users that a session may send its presence to; to more it is not sent.
const MAX_DIRECTED: usize = 100;
/// Requests of other users that one session may owe an answer.
const MAX_ASKED: usize = 100;

impl Hub {
    /// Presence for everybody who is subscribed: nobody. It is kept as far as routing asks for it.
    pub(super) fn broadcast_presence(&mut self, key: Key, from: &FullJid, element: &Element) {
        let presence = match Presence::from_element(element.root()) {
            Ok(presence) => presence,
            Err(error) => {
                let domain = Jid::from(self.domain.clone());
                return self.refuse(key, from, &domain, element, error);
            }
        };
        let Some(client) = self.clients.get_mut(&key) else {
            return;
        };
        match presence.presence_type {
            PresenceType::Available => client.priority = Some(presence.priority()),
            PresenceType::Unavailable => {
                client.priority = None;
                let directed = std::mem::take(&mut client.directed);
                self.announce_end(from, directed);
            }
            _ => {}
        }
    }

    /// A stanza to a user of this domain, bare or full (RFC 6121 §8.5).
    pub(super) fn route_to_user(&mut self, key: Key, from: &FullJid, to: &Jid, element: &Element) {
        let stanza = match Stanza::from_element(element.root()) {
            Ok(stanza) => stanza,
            Err(error) => return self.refuse(key, from, to, element, error),
        };
        match stanza {
            Stanza::Message(message) => self.message_to_user(key, from, to, element, message),
            Stanza::Presence(presence) => self.presence_to_user(key, from, to, presence),
            Stanza::Iq(iq) => self.iq_to_user(key, from, to, iq),
        }
    }

    /// DEL-1 to DEL-8; nothing is stored for later.
    fn message_to_user(
        &mut self,
        key: Key,
        from: &FullJid,
        to: &Jid,
        element: &Element,
        message: Message,
    ) {
        let exact = to.to_full().and_then(|full| self.session_of(&full));
        let usable = |key: &Key| Some((self.clients.get(key)?.priority.filter(|p| *p >= 0)?, *key));
        let user = to.to_bare();
        let sessions = || self.users.sessions(&user);
        // The one with the highest priority, the newest of those.
        let best = || sessions().filter_map(|key| usable(&key)).max();
        let receivers: Vec<Key> = match (message.message_type, to.is_full()) {
            (_, true) if exact.is_some() => exact.into_iter().collect(),
            (MessageType::Normal, false) | (MessageType::Chat, _) => {
                best().map(|(_, key)| key).into_iter().collect()
            }
            (MessageType::Headline, false) => {
                sessions().filter(|key| usable(key).is_some()).collect()
            }
            _ => Vec::new(),
        };
        let silent = matches!(
            message.message_type,
            MessageType::Headline | MessageType::Error
        );
        if receivers.is_empty() && !silent {
            let unavailable = StanzaErrorCondition::ServiceUnavailable;
            return self.refuse(key, from, to, element, unavailable);
        }
        let message = message.with_from(from.clone()).with_to(to.clone());
        for receiver in receivers {
            self.send(receiver, &message);
        }
    }

    /// DEL-11 to DEL-13. Nobody can be subscribed to, so only presence to a full JID arrives.
    fn presence_to_user(&mut self, key: Key, from: &FullJid, to: &Jid, presence: Presence) {
        let available = match presence.presence_type {
            PresenceType::Available => true,
            PresenceType::Unavailable => false,
            _ => return,
        };
        let Some(receiver) = to.to_full() else {
            return;
        };
        let Some(there) = self.session_of(&receiver) else {
            return;
        };
        let Some(client) = self.clients.get_mut(&key) else {
            return;
        };
        if !available {
            client.directed.remove(&receiver);
        } else if client.directed.len() < MAX_DIRECTED {
            client.directed.insert(receiver);
        } else if !client.directed.contains(&receiver) {
            return;
        }
        self.send(there, &presence.with_from(from.clone()));
    }

    /// Those who were told of a user's presence hear of its end (RFC 6121 §4.6.3).
    pub(super) fn announce_end(&mut self, from: &FullJid, directed: BTreeSet<FullJid>) {
        for to in directed {
            if let Some(receiver) = self.session_of(&to) {
                let gone = Presence::unavailable().with_from(from.clone()).with_to(to);
                self.send(receiver, &gone);
            }
        }
    }

    /// What the account of `user` answers to somebody else; `None` when `iq` is no request.
    pub(super) fn answer_for_account(&self, user: &BareJid, iq: &Iq) -> Option<Iq> {
        match self.users.personal(user) {
            Some(personal) => personal.answer_others(iq),
            None => Personal::default().answer_others(iq),
        }
    }

    /// What kind of account a user has.
    fn account(&self, user: &FullJid) -> Account {
        if *user.bare_str() == *self.admin.jid.as_str() {
            Account::Admin
        } else if user.local().is_some_and(is_anonymous_localpart) {
            Account::Anonymous
        } else {
            Account::Registered
        }
    }

    /// DEL-9, DEL-10
    fn iq_to_user(&mut self, key: Key, from: &FullJid, to: &Jid, iq: Iq) {
        // The answer to one without `to` comes from the account (STZ-7).
        let iq = iq.with_from(from.clone()).with_to(to.clone());
        let unavailable = || iq.error(StanzaErrorCondition::ServiceUnavailable.into());
        if to.to_bare() == from.to_bare() && to.is_bare() {
            let whose = self.account(from);
            let Some(personal) = self.users.personal_mut(&from.to_bare()) else {
                return;
            };
            let answer = personal.answer(&self.profile, whose, &iq);
            return self.answer(key, answer);
        }
        if to.is_bare() {
            let answer = self.answer_for_account(&to.to_bare(), &iq);
            return self.answer(key, answer);
        }
        let receiver = to.to_full().and_then(|full| self.session_of(&full));
        let Some(receiver) = receiver else {
            return self.answer(key, unavailable());
        };
        if iq.is_request() {
            let Some(client) = self.clients.get_mut(&receiver) else {
                return;
            };
            if client.asked.len() >= MAX_ASKED {
                let error = iq.error(StanzaErrorCondition::ResourceConstraint.into());
                return self.answer(key, error);
            }
            client.asked.insert((from.clone(), iq.id.clone()));
        } else if let Some(client) = self.clients.get_mut(&key)
            && let Some(asker) = to.to_full()
            && !client.asked.remove(&(asker, iq.id.clone()))
        {
            // Nobody asked (STZ-4).
            return;
        }
        self.send(receiver, &iq);
    }

    /// Those who asked a user who is gone get their answer from here: no request stays without one.
    pub(super) fn answer_for(&mut self, gone: &FullJid, asked: BTreeSet<(FullJid, String)>) {
        for (asker, id) in asked {
            if let Some(key) = self.session_of(&asker) {
                let error = Iq {
                    to: Some(asker.into()),
                    from: Some(gone.clone().into()),
                    id,
                    lang: None,
                    content: IqContent::Error {
                        error: StanzaErrorCondition::ServiceUnavailable.into(),
                        request: None,
                    },
                };
                self.send(key, &error);
            }
        }
    }
}
