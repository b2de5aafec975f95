//! Where a stanza goes: the domain, an account, a session, a room.

use std::net::IpAddr;

use xmpp_core::{FullJid, Jid, StanzaErrorCondition, xml::Element};
use xmpp_muc::Event;
use xmpp_stanza::{PresenceType, StanzaKind, StanzaRef};

use super::{Hub, client::Key};

impl Hub {
    /// A stanza from the session `key`. Its sender is who the session belongs to, whatever it says itself (STZ-6).
    pub(super) fn route(&mut self, key: Key, element: &Element) {
        let Some(client) = self.clients.get(&key) else {
            return;
        };
        let Some(from) = client.jid.clone() else {
            return;
        };
        let stamped = client.with_language(element);
        let element = stamped.as_ref().unwrap_or(element);
        let Some(stanza) = StanzaRef::new(element.root()) else {
            return;
        };
        let to = match stanza.to().as_deref().map(Jid::new) {
            // STZ-7
            None if stanza.kind() == StanzaKind::Presence => {
                return self.broadcast_presence(key, &from, element);
            }
            None => Jid::from(from.to_bare()),
            Some(Ok(to)) => to,
            // STZ-9
            Some(Err(_)) => {
                let domain = Jid::from(self.domain.clone());
                return self.refuse(
                    key,
                    &from,
                    &domain,
                    element,
                    StanzaErrorCondition::JidMalformed,
                );
            }
        };
        if to.domain() == self.muc_domain {
            self.route_to_rooms(key, &from, &to, stanza, element);
        } else if self.is_upload(to.domain()) {
            self.route_to_upload(key, &from, &to, element);
        } else if to.domain() != self.domain.domain() {
            self.route_elsewhere(key, &from, &to, element);
        } else if to.local().is_none() {
            self.route_to_domain(key, &from, &to, element);
        } else {
            self.route_to_user(key, &from, &to, element);
        }
    }

    /// Sends a stanza to the session `key`.
    pub(super) fn send(&mut self, key: Key, stanza: &(impl xmpp_core::xml::WriteXml + ?Sized)) {
        if let Some(client) = self.clients.get_mut(&key)
            && !client.is_gone
        {
            // An error says that the session is over or not ready: then nobody is there to receive it.
            let _ = client.session_mut().send(stanza);
            if client.mark() {
                self.marked.push_back(key);
            }
        }
    }

    fn route_to_rooms(
        &mut self,
        key: Key,
        from: &FullJid,
        to: &Jid,
        stanza: StanzaRef<'_>,
        element: &Element,
    ) {
        let enters = stanza.presence_type() == Some(PresenceType::Available) && to.is_full();
        if enters
            && let Some(client) = self.clients.get(&key)
            && !client.rooms.contains(&to.to_bare())
            && (client.rooms.len() >= self.limits.rooms_per_session || self.is_full())
        {
            return self.refuse(
                key,
                from,
                to,
                element,
                StanzaErrorCondition::ResourceConstraint,
            );
        }
        // Whoever leaves is not kept.
        if self.is_store_behind() && stanza.presence_type() != Some(PresenceType::Unavailable) {
            let condition = StanzaErrorCondition::ResourceConstraint;
            return self.refuse(key, from, to, element, condition);
        }
        if enters {
            // The rooms of other domains may have become more or less.
            let limit = self.census.room_limit(self.counted);
            self.rooms.set_room_limit(limit);
        }
        self.rooms.handle_stanza(self.now, from, element);
        self.carry_out_effects();
    }

    /// Whether all rooms of the server together have as many occupants as they may.
    fn is_full(&self) -> bool {
        self.census.occupants() >= self.max_occupants
    }

    /// Another server (DEL-14), or a service of ours that does not exist yet.
    fn route_elsewhere(&mut self, key: Key, from: &FullJid, to: &Jid, element: &Element) {
        let ours = to
            .domain()
            .strip_suffix(self.domain.domain())
            .is_some_and(|before| before.ends_with('.'));
        let condition = if ours {
            StanzaErrorCondition::ServiceUnavailable
        } else {
            StanzaErrorCondition::RemoteServerNotFound
        };
        let is_presence = StanzaRef::new(element.root())
            .is_some_and(|stanza| stanza.kind() == StanzaKind::Presence);
        // DEL-14: presence is dropped silently.
        if !is_presence {
            self.refuse(key, from, to, element, condition);
        }
    }

    /// Where the session that has exactly this address comes from.
    pub(super) fn address_of(&self, jid: &FullJid) -> Option<IpAddr> {
        let key = self.session_of(jid)?;
        Some(self.clients.get(&key)?.address)
    }

    /// The session that has exactly this address.
    pub(super) fn session_of(&self, jid: &FullJid) -> Option<Key> {
        self.users.session(jid)
    }

    pub(super) fn room_event(&mut self, event: Event) {
        match event {
            Event::RoomCreated { room } => tracing::info!(%room, "room made"),
            Event::RoomDestroyed { room, cause } => tracing::info!(%room, ?cause, "room gone"),
            Event::Entered { occupant, session } => {
                if let Some(key) = self.session_of(&session)
                    && let Some(client) = self.clients.get_mut(&key)
                {
                    client.rooms.insert(occupant.to_bare());
                }
            }
            Event::Left { occupant, session } => {
                if let Some(key) = self.session_of(&session)
                    && let Some(client) = self.clients.get_mut(&key)
                {
                    client.rooms.remove(occupant.bare_str());
                }
            }
            _ => {}
        }
    }
}
