//! Where a stanza goes: the domain, an account, a session, a room.

use std::sync::Arc;

use xmpp_core::{FullJid, Jid, StanzaErrorCondition, xml::Element};
use xmpp_muc::{Effect, Event, Fanout};
use xmpp_stanza::{PresenceType, StanzaKind, StanzaRef};

use super::{Hub, client::Key};

impl Hub {
    /// A stanza from the session `key`. Its sender is who the session belongs to, whatever it says itself (STZ-6).
    pub(super) fn route(&mut self, key: Key, element: &Element) {
        let Some(from) = self.clients.get(&key).and_then(|c| c.jid.clone()) else {
            return;
        };
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
        if let Some(client) = self.clients.get_mut(&key) {
            // An error says that the session is over or not ready: then nobody is there to receive it.
            let _ = client.session_mut().send(stanza);
            self.mark(key);
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
        if enters {
            // The rooms of other domains may have become more or less.
            let limit = self.census.room_limit(self.counted_rooms);
            self.rooms.set_room_limit(limit);
        }
        self.rooms.handle_stanza(self.now, from, element);
        self.carry_out_effects();
    }

    /// Whether all rooms together have as many occupants as they may.
    fn is_full(&self) -> bool {
        let occupants: usize = self.rooms.rooms().map(|(_, occupants)| occupants).sum();
        occupants >= self.max_occupants
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

    /// Does what the rooms want done.
    pub(super) fn carry_out_effects(&mut self) {
        while let Some(effect) = self.rooms.poll_effect() {
            self.carry_out(effect);
        }
        while let Some(event) = self.rooms.poll_event() {
            self.room_event(event);
        }
        let rooms = self.rooms.room_count();
        if rooms != self.counted_rooms {
            self.census.rooms_changed(self.counted_rooms, rooms);
            self.counted_rooms = rooms;
        }
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            // There is no store yet: nothing has to wait.
            Effect::Store(commit) => {
                for effect in commit.then {
                    self.carry_out(effect);
                }
            }
            Effect::Deliver { stanza, to } => {
                for to in to.iter() {
                    self.deliver(&stanza, to);
                }
            }
            Effect::Send { stanza, to } => self.send_from_room(&stanza, &to),
            _ => {}
        }
    }

    fn deliver(&mut self, stanza: &Fanout, to: &FullJid) {
        if let Some(key) = self.session_of(to) {
            self.send(key, &stanza.to(to.as_str()));
        }
    }

    fn send_from_room(&mut self, stanza: &Arc<Fanout>, to: &Jid) {
        let key = match to.to_full() {
            Some(full) => self.session_of(&full),
            // An invitation, for instance.
            None => self.by_jid.get(&to.to_bare()).copied(),
        };
        if let Some(key) = key {
            self.send(key, &stanza.to(to.as_str()));
        }
    }

    /// The session that has exactly this address.
    pub(super) fn session_of(&self, jid: &FullJid) -> Option<Key> {
        let key = *self.by_jid.get(jid.bare_str())?;
        let bound = self.clients.get(&key)?.jid.as_ref()?;
        (bound == jid).then_some(key)
    }

    fn room_event(&mut self, event: Event) {
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
