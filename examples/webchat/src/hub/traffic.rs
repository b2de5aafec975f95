//! What was counted: stanzas by kind, errors by condition. No names of rooms or users.

use std::collections::BTreeMap;

use xmpp_core::{StanzaError, xml::Element, xml::ns};
use xmpp_stanza::StanzaKind;

/// Counters that only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Stanzas from clients.
    pub received: Counts,
    /// Stanzas to clients.
    pub sent: Counts,
    /// Stanza errors to clients, by condition.
    pub stanza_errors: BTreeMap<&'static str, u64>,
    /// Stream errors, sent and received, by condition.
    pub stream_errors: BTreeMap<&'static str, u64>,
}

/// Stanzas by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `<message/>`
    pub messages: u64,
    /// `<presence/>`
    pub presences: u64,
    /// `<iq/>`
    pub iqs: u64,
}

impl Traffic {
    /// An element that a session takes in; what is no stanza does not count.
    pub(super) fn take_in(&mut self, element: &Element) {
        match StanzaKind::of(element.root()) {
            Some(StanzaKind::Message) => self.received.messages += 1,
            Some(StanzaKind::Presence) => self.received.presences += 1,
            Some(StanzaKind::Iq) => self.received.iqs += 1,
            None => {}
        }
    }

    /// A stanza in its canonical form that goes out.
    pub(super) fn give_out(&mut self, stanza: &str) {
        match stanza.as_bytes().get(1) {
            Some(b'm') => self.sent.messages += 1,
            Some(b'p') => self.sent.presences += 1,
            _ => self.sent.iqs += 1,
        }
        // What looks like an error in the start tag is looked at in full.
        let tag = stanza.split('>').next().unwrap_or_default();
        if (tag.contains("type='error'") || tag.contains("type=\"error\""))
            && let Ok(element) = Element::parse_in(
                stanza,
                xmpp_core::xml::Limits::SERVER_FROM_CLIENT,
                ns::CLIENT,
            )
            && let Some(Ok(error)) = element
                .child("error", ns::CLIENT)
                .map(<StanzaError as xmpp_core::xml::Payload>::from_element)
        {
            *self
                .stanza_errors
                .entry(error.condition.as_str())
                .or_default() += 1;
        }
    }

    /// Adds `more`, which is empty then.
    pub(super) fn absorb(&mut self, more: &mut Self) {
        let more = std::mem::take(more);
        self.received += more.received;
        self.sent += more.sent;
        for (condition, n) in more.stanza_errors {
            *self.stanza_errors.entry(condition).or_default() += n;
        }
        for (condition, n) in more.stream_errors {
            *self.stream_errors.entry(condition).or_default() += n;
        }
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.messages += more.messages;
        self.presences += more.presences;
        self.iqs += more.iqs;
    }
}

/// How things stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Sessions over BOSH.
    pub bosh_sessions: usize,
    /// Sessions over WebSocket.
    pub websocket_sessions: usize,
    /// Users who are logged in.
    pub users: usize,
    /// Rooms.
    pub rooms: usize,
    /// Occupants of all rooms.
    pub occupants: usize,
    /// Sessions that flood control slows down.
    pub slowed: usize,
    /// Bytes that wait for clients to fetch them.
    pub backlog_bytes: usize,
    /// Bytes of room effects that wait for the store.
    pub store_backlog_bytes: usize,
    /// What was counted.
    pub traffic: Traffic,
}

impl Stats {
    /// Adds those of another hub.
    pub fn add(&mut self, more: &Self) {
        self.bosh_sessions += more.bosh_sessions;
        self.websocket_sessions += more.websocket_sessions;
        self.users += more.users;
        self.rooms += more.rooms;
        self.occupants += more.occupants;
        self.slowed += more.slowed;
        self.backlog_bytes += more.backlog_bytes;
        self.store_backlog_bytes += more.store_backlog_bytes;
        self.traffic.absorb(&mut more.traffic.clone());
    }
}

impl super::Hub {
    /// How things stand, for who watches the server.
    pub fn stats(&mut self) -> Stats {
        let mut stats = Stats {
            users: self.users.users().count(),
            slowed: self.flood.slowed(),
            store_backlog_bytes: self.waiting.bytes(),
            ..Stats::default()
        };
        for client in self.clients.values_mut() {
            match client.transport {
                super::Transport::Bosh { .. } => stats.bosh_sessions += 1,
                super::Transport::Socket(_) => stats.websocket_sessions += 1,
            }
            stats.backlog_bytes += xmpp_core::stream::Session::backlog(client.session());
            self.traffic.absorb(client.paced_mut().traffic());
        }
        for (_, occupants) in self.rooms.rooms() {
            stats.rooms += 1;
            stats.occupants += occupants;
        }
        stats.traffic = self.traffic.clone();
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stanzas_are_counted_by_kind_and_errors_by_condition() {
        let mut traffic = Traffic::default();
        for stanza in [
            "<message to='a'><body>type='error'</body></message>",
            "<presence/>",
            "<iq type='error' id='1'><error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
            "<iq type='error' id='1'><error type='cancel'><made-up-4711 xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
        ] {
            traffic.give_out(stanza);
        }
        assert_eq!(
            (
                traffic.sent.messages,
                traffic.sent.presences,
                traffic.sent.iqs
            ),
            (1, 1, 2)
        );
        assert_eq!(traffic.stanza_errors.get("conflict"), Some(&1));
        assert!(
            !traffic
                .stanza_errors
                .keys()
                .any(|name| name.contains("4711"))
        );
        let mut sum = Traffic::default();
        sum.absorb(&mut traffic);
        sum.absorb(&mut traffic);
        assert_eq!(sum.sent.iqs, 2);
        assert_eq!(traffic, Traffic::default());
    }
}
