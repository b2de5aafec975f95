//! The state of one room, and which rule handles which stanza.

use std::{collections::BTreeMap, sync::Arc};

use xmpp_core::{
    BareJid, FullJid, Jid, Timestamp,
    xml::{Element, ElementRef},
};

use super::{
    activity::Activity, affiliations::Affiliations, archive::Reads, avatar::Avatar, flood::Flood,
    ghosts::Ghosts, hats::Hats, history::History, invite::Invitations, occupants::Occupants,
    queries::Queries, registration::Registrations, resend::Resends, subject::Subject,
    versions::Versions, voice::VoiceRequests,
};
use crate::{
    Affiliation, DestroyCause, Event, LockExpiry, Role, RoomConfig, ServiceConfig, StoreEvent,
    context::{Context, Totals},
    ids::OccupantSecret,
    request::{Asker, Fault, Request, is_of_room},
    snapshot::Tombstone,
};

/// One room without its surroundings; [`Room`](super::Room) and [`Service`](crate::Service) lend it those.
#[derive(Debug)]
pub(crate) struct RoomState {
    pub(crate) jid: BareJid,
    pub(crate) config: RoomConfig,
    pub(super) secret: OccupantSecret,
    pub(super) affiliations: Affiliations,
    /// Roles given or taken by moderators in a moderated room, by bare JID (MUC EN18).
    pub(super) remembered: BTreeMap<BareJid, Role>,
    pub(crate) occupants: Occupants,
    pub(super) subject: Option<Subject>,
    pub(super) history: History,
    /// Messages that may be sent again.
    pub(super) resends: Resends,
    pub(super) queries: Queries,
    /// Questions to the archive that wait for their answers.
    pub(super) reads: Reads,
    pub(super) invitations: Invitations,
    pub(super) voice: VoiceRequests,
    pub(super) registrations: Registrations,
    pub(super) flood: Flood,
    pub(super) ghosts: Ghosts,
    pub(super) hats: Hats,
    pub(super) avatar: Option<Avatar>,
    pub(super) versions: Versions,
    pub(super) activity: Activity,
    /// What the service has counted of this room.
    pub(crate) counted: Totals,
    /// Where the service's timer for this room stands.
    pub(crate) timer: Option<Timestamp>,
    /// When each user last spoke, in slow mode (MUC FL6).
    pub(super) spoke: BTreeMap<BareJid, Timestamp>,
    /// Until when the room stays locked, if it is (MUC CR3, CR6).
    pub(super) locked_until: Option<Timestamp>,
    /// Since when nobody is in a temporary room that is to be deleted (MUC LV3).
    pub(super) empty_since: Option<Timestamp>,
    pub(crate) gone: Option<DestroyCause>,
    /// What is left of it then (MUC DE2).
    pub(crate) tombstone: Option<Tombstone>,
}

impl RoomState {
    pub(crate) fn new(jid: BareJid, config: RoomConfig, secret: OccupantSecret) -> Self {
        Self {
            jid,
            config,
            secret,
            affiliations: Affiliations::default(),
            remembered: BTreeMap::new(),
            occupants: Occupants::default(),
            subject: None,
            history: History::default(),
            resends: Resends::default(),
            queries: Queries::default(),
            reads: Reads::default(),
            invitations: Invitations::default(),
            voice: VoiceRequests::default(),
            registrations: Registrations::default(),
            flood: Flood::default(),
            ghosts: Ghosts::default(),
            hats: Hats::default(),
            avatar: None,
            versions: Versions::default(),
            activity: Activity::default(),
            counted: Totals::default(),
            timer: None,
            spoke: BTreeMap::new(),
            locked_until: None,
            empty_since: None,
            gone: None,
            tombstone: None,
        }
    }

    /// Gives the room its first owner and makes it known.
    pub(crate) fn open(&mut self, cx: &mut Context<'_>, owner: &BareJid) {
        self.affiliations.set(owner, Affiliation::Owner.into());
        cx.trace(owner, &self.jid);
        cx.store(StoreEvent::RoomCreated {
            room: self.jid.clone(),
            owner: owner.clone(),
        });
        self.activity.start(cx.now);
        cx.event(Event::RoomCreated {
            room: self.jid.clone(),
        });
    }

    /// A first join: the joiner owns the room and is told so (MUC CR1, CR3).
    pub(crate) fn create(
        &mut self,
        cx: &mut Context<'_>,
        request: Request<'_>,
        address: &FullJid,
        muc: ElementRef<'_>,
    ) -> Result<(), Fault> {
        let owner = request.from.to_bare();
        self.affiliations.set(&owner, Affiliation::Owner.into());
        let admission = self.admit(cx, request.from, address, muc)?;
        self.keep_presence(cx, request.stanza, Role::Moderator)?;
        if cx.service.lock_new_rooms {
            self.locked_until = Some(cx.now.saturating_add(cx.service.lock_timeout));
        }
        self.open(cx, &owner);
        self.enter(cx, request, address, muc, admission, true);
        note_asker(cx, request);
        Ok(())
    }

    /// What the service counts over all rooms together.
    pub(crate) fn totals(&self) -> Totals {
        Totals {
            occupants: self.occupants.len(),
            reservations: self.affiliations.reserved(),
            locked: usize::from(self.locked_until.is_some()),
        }
    }

    pub(crate) fn occupants(&self) -> usize {
        self.occupants.len()
    }

    /// Whether the service's list shows this room (MUC DI2).
    pub(crate) fn is_listed(&self) -> bool {
        self.config.public && self.locked_until.is_none() && self.gone.is_none()
    }

    /// A stanza of a session. The caller has seen that `to` is this room or one of its occupants.
    pub(crate) fn handle_stanza(
        &mut self,
        cx: &mut Context<'_>,
        from: &FullJid,
        to: &Jid,
        stanza: &Element,
    ) {
        debug_assert!(is_of_room(to, &self.jid));
        let request = Request::new(from, to, stanza);
        match stanza.name() {
            "message" => self.handle_message(cx, request),
            "presence" => self.handle_presence(cx, request),
            "iq" => self.handle_iq(cx, request),
            _ => {}
        }
        // An error may come from a server in the place of somebody who is gone.
        if request.stanza_type().as_deref() != Some("error") {
            self.ghosts.heard(cx.now, from); // LV5
        }
        note_asker(cx, request);
    }

    /// A stanza of an account or a server.
    pub(crate) fn handle_account_stanza(
        &mut self,
        cx: &mut Context<'_>,
        from: &BareJid,
        stanza: &Element,
    ) {
        match stanza.name() {
            "iq" => self.handle_answer(cx, from.as_ref(), stanza.root()),
            "message" if stanza.attr("type").as_deref() == Some("error") => {
                if let Some(id) = stanza.attr("id") {
                    self.handle_bounced_invite(cx, from, &id);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        self.expire_queries(cx);
        self.send_late_presences(cx);
        self.look_for_ghosts(cx);
        if self.locked_until.is_some_and(|until| until <= cx.now) {
            self.locked_until = None;
            if cx.service.lock_expiry == LockExpiry::Destroy {
                self.destroy(cx, DestroyCause::NeverConfigured, None);
            } else {
                self.store_room(cx);
            }
        }
        if self
            .empty_since
            .is_some_and(|since| since.saturating_add(cx.service.linger) <= cx.now)
        {
            self.vanish(cx, DestroyCause::Empty);
        }
    }

    pub(crate) fn poll_timeout(&self, service: &ServiceConfig) -> Option<Timestamp> {
        [
            self.queries.deadline(),
            self.flood.deadline(),
            self.ghosts.deadline(),
            self.locked_until,
            self.empty_since
                .map(|since| since.saturating_add(service.linger)),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The affiliation that counts for what a user may do (MUC RS6).
    pub(super) fn standing_affiliation(&self, cx: &Context<'_>, user: &BareJid) -> Affiliation {
        if cx.service.administrators.contains(user) {
            Affiliation::Owner
        } else {
            self.affiliations.of(user)
        }
    }

    /// Whether the room is locked for this user (MUC CR3).
    pub(super) fn is_locked_for(&self, cx: &Context<'_>, user: &BareJid) -> bool {
        self.locked_until.is_some() && self.standing_affiliation(cx, user) != Affiliation::Owner
    }

    /// Called when somebody has left: an empty temporary room goes (MUC LV3), a locked one too (MUC CR5).
    pub(super) fn check_empty(&mut self, cx: &mut Context<'_>) {
        if !self.occupants.is_empty() || self.gone.is_some() {
            return;
        }
        if self.locked_until.is_some() {
            self.vanish(cx, DestroyCause::NeverConfigured);
        } else if !self.config.persistent {
            if cx.service.linger.is_zero() {
                self.vanish(cx, DestroyCause::Empty);
            } else {
                self.empty_since = Some(cx.now);
            }
        }
    }

    /// The empty room is gone.
    fn vanish(&mut self, cx: &mut Context<'_>, cause: DestroyCause) {
        self.delete(cx, cause);
        cx.event(Event::RoomDestroyed {
            room: self.jid.clone(),
            cause,
        });
    }

    /// The room was never stored.
    pub(super) fn vanish_unstored(&mut self, cx: &mut Context<'_>) {
        self.gone = Some(DestroyCause::NotStored);
        self.clear(cx);
        self.refuse_reads(cx);
    }

    /// Everything that belonged to the room goes.
    pub(super) fn delete(&mut self, cx: &mut Context<'_>, cause: DestroyCause) {
        self.gone = Some(cause);
        self.clear(cx);
        cx.store(StoreEvent::RoomDeleted {
            room: self.jid.clone(),
        });
        self.refuse_reads(cx);
    }

    fn clear(&mut self, cx: &mut Context<'_>) {
        for user in self.traces() {
            cx.out.identities.untrace(user, &self.jid);
        }
        self.locked_until = None;
        self.empty_since = None;
        self.subject = None;
        self.history = History::default();
        self.resends = Resends::default();
    }

    /// The occupant-id of a user in this room.
    pub(super) fn occupant_id(&self, user: &BareJid) -> Arc<str> {
        self.secret.occupant_id(user)
    }
}

/// Whoever asked for what is to be stored hears of it if it can't be (MUC ET14).
pub(super) fn note_asker(cx: &mut Context<'_>, request: Request<'_>) {
    if let Some(commit) = cx.commit() {
        commit.undo.asker = Some(Asker::new(request));
    }
}
