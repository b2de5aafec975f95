//! Whoever does too much too fast (MUC FL1, FL2): messages, nick changes and joins are refused, presences wait and are
//! overtaken by later ones.

use std::collections::{BTreeMap, BTreeSet};

use xmpp_core::{BareJid, FullJid, Timestamp, xml::Element};

use super::{occupants::OccupantNumber, presence::priority, state::RoomState};
use crate::{
    Rates,
    context::Context,
    rate::{Allowance, ByUser},
    request::{Fault, Request, errors},
};

/// What the users of a room have left, and the presences that wait.
#[derive(Debug, Default)]
pub(crate) struct Flood {
    users: ByUser<Allowances>,
    late: BTreeMap<FullJid, Late>,
    queue: BTreeSet<(Timestamp, FullJid)>,
}

#[derive(Debug)]
struct Allowances {
    messages: Allowance,
    bytes: Allowance,
    nick_changes: Allowance,
    entries: Allowance,
    presences: Allowance,
}

/// The latest presence of a session that sends too many.
#[derive(Debug)]
struct Late {
    due: Timestamp,
    presence: Element,
    id: Option<String>,
}

impl Allowances {
    fn new(rates: &Rates) -> Self {
        Self {
            messages: Allowance::events(rates.messages),
            bytes: Allowance::bytes(rates.message_bytes),
            nick_changes: Allowance::events(rates.nick_changes),
            entries: Allowance::events(rates.entries),
            presences: Allowance::events(rates.presences),
        }
    }

    fn is_whole(&mut self, now: Timestamp) -> bool {
        [
            &mut self.messages,
            &mut self.bytes,
            &mut self.nick_changes,
            &mut self.entries,
            &mut self.presences,
        ]
        .into_iter()
        .all(|allowance| allowance.is_whole(now))
    }
}

impl Flood {
    /// What a user has left. All its sessions and nicks share it, and it survives leaving.
    fn of(&mut self, cx: &Context<'_>, user: &BareJid) -> &mut Allowances {
        let rates = &cx.service.limits.rates;
        let new = || Allowances::new(rates);
        self.users.of(user, cx.now, new, Allowances::is_whole)
    }

    /// MUC FL1: one more message of this size.
    pub(super) fn count_message(
        &mut self,
        cx: &Context<'_>,
        user: &BareJid,
        bytes: usize,
    ) -> Result<(), Fault> {
        let left = self.of(cx, user);
        left.messages
            .take(cx.now, 1)
            .and_then(|()| left.bytes.take(cx.now, bytes as u64))
            .map_err(|_| errors::resource_constraint())
    }

    /// MUC FL1: one more nick.
    pub(super) fn count_nick_change(
        &mut self,
        cx: &Context<'_>,
        user: &BareJid,
    ) -> Result<(), Fault> {
        let left = self.of(cx, user);
        left.nick_changes
            .take(cx.now, 1)
            .map_err(|_| errors::resource_constraint())
    }

    /// MUC FL1: one more roster, history and subject.
    pub(super) fn count_entry(&mut self, cx: &Context<'_>, user: &BareJid) -> Result<(), Fault> {
        let left = self.of(cx, user);
        left.entries
            .take(cx.now, 1)
            .map_err(|_| errors::resource_constraint())
    }

    /// Forgets what a session wanted to send: it is gone, or has sent something newer.
    pub(super) fn forget(&mut self, session: &FullJid) {
        if let Some(late) = self.late.remove(session) {
            self.queue.remove(&(late.due, session.clone()));
        }
    }

    fn wait(&mut self, session: &FullJid, late: Late) {
        self.queue.insert((late.due, session.clone()));
        self.late.insert(session.clone(), late);
    }

    /// When the next presence is due.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.queue.first().map(|(due, _)| *due)
    }

    fn take_due(&mut self, now: Timestamp) -> Option<(FullJid, Late)> {
        if self.deadline()? > now {
            return None;
        }
        let (_, session) = self.queue.pop_first()?;
        let late = self.late.remove(&session)?;
        Some((session, late))
    }
}

impl RoomState {
    /// MUC FL2: whether a presence has to wait. It then takes the place of an earlier one that waits.
    pub(super) fn delay_presence(
        &mut self,
        cx: &Context<'_>,
        request: Request<'_>,
        kept: &Element,
    ) -> bool {
        let session = request.from;
        let left = self.flood.of(cx, &session.to_bare());
        let Err(due) = left.presences.take(cx.now, 1) else {
            return false;
        };
        let due = self.flood.late.get(session).map_or(due, |late| late.due);
        self.flood.forget(session);
        let late = Late {
            due,
            presence: kept.clone(),
            id: request.id().map(std::borrow::Cow::into_owned),
        };
        self.flood.wait(session, late);
        true
    }

    /// Sends the presences whose time has come.
    pub(super) fn send_late_presences(&mut self, cx: &mut Context<'_>) {
        while let Some((session, mut late)) = self.flood.take_due(cx.now) {
            let Some((number, _)) = self.occupants.by_session(&session) else {
                continue;
            };
            // Another session of the same user may have used up what there was.
            let left = self.flood.of(cx, &session.to_bare());
            if let Err(due) = left.presences.take(cx.now, 1) {
                late.due = due;
                self.flood.wait(&session, late);
                continue;
            }
            self.send_late(cx, number, &session, &late);
        }
    }

    fn send_late(
        &mut self,
        cx: &mut Context<'_>,
        number: OccupantNumber,
        session: &FullJid,
        late: &Late,
    ) {
        let Some(role) = self.occupants.get(number).map(|occupant| occupant.role) else {
            return;
        };
        // The role may be another one by now, and with it what the room keeps (PR7).
        let Ok(kept) = self.keep_presence(cx, late.presence.root(), role) else {
            return;
        };
        let priority = priority(kept.root());
        let Some(changed) = self.put_presence(number, session, kept, priority) else {
            return;
        };
        if changed {
            self.tell_others(cx, number);
        }
        self.tell_self(cx, number, session, late.id.as_deref(), &[]);
        if changed {
            self.tell_own_sessions(cx, number, Some(session), &[]);
        }
    }
}
