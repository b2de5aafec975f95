//! One session of a manager: its state, and what it does with requests.

use std::{collections::VecDeque, time::Duration};

use xmpp_core::{
    Timestamp,
    stream::{StreamHeader, StreamItem},
    xml::{Element, Limits},
};

use super::{
    CloseReason, ManagerConfig, ManagerEvent,
    answers::Answers,
    end::End,
    out::{Out, recoverable_body},
    overactivity::Pace,
    terms::Terms,
    window::{Early, Slot, SlotKind, Window},
};
use crate::{
    Attributes, BodyError, BodyType, RequestId, Rid, Sid, TerminalCondition, key::KeyCheck,
    payload::Chunk,
};

/// A session.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) sid: Sid,
    /// Where it stands among the [`Timers`](xmpp_core::Timers).
    pub(super) timer: Option<Timestamp>,
    pub(super) terms: Terms,
    pub(super) state: State,
    /// What to tell the client at the end.
    pub(super) end: Option<End>,
    pub(super) window: Window,
    pub(super) answers: Answers,
    /// Input of a request that was answered before the session took it.
    pub(super) unfed: VecDeque<StreamItem>,
    /// Payload that goes out before what the server session has: lost before it was handed over, or
    /// one stanza too many for the last body.
    pub(super) front: VecDeque<Chunk>,
    pub(super) keys: Option<KeyCheck>,
    pub(super) limits: Limits,
    pub(super) pace: Pace,
    /// Since when the client has nothing here, if it has nothing.
    pub(super) idle_since: Timestamp,
    pub(super) pause: Option<Duration>,
    /// The server session may have more to say, but the next payload has to wait (see
    /// [`Answers::in_flight`]).
    pub(super) blocked: bool,
    /// The rid to report with the next answer, and the last one that was (BOSH 5.3).
    pub(super) report: Option<Rid>,
    pub(super) reported: Option<Rid>,
    pub(super) pump_announced: bool,
    /// Nothing more can come of it.
    pub(super) gone: bool,
}

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Live,
    /// Over for the server session; the client has to be told.
    Ending,
    /// The client was told. Repeats of what was answered are still served.
    Over,
}

/// Facts about one arrival.
pub(super) struct Arrival<'a> {
    pub(super) now: Timestamp,
    pub(super) id: RequestId,
    pub(super) config: &'a ManagerConfig,
}

impl Record {
    /// A session that a request of these terms creates; the request waits for the stream's
    /// features.
    pub(super) fn new(
        sid: Sid,
        rid: Rid,
        terms: Terms,
        asked: &Attributes,
        at: &Arrival<'_>,
    ) -> Self {
        let mut window = Window::new(rid.plus(1));
        window.slots.push_back(Slot {
            rid,
            connection: Some(at.id),
            since: at.now,
            input: [StreamItem::Open(header(asked, &terms))].into(),
            kind: SlotKind::Create,
            repeats: 0,
            key: None,
        });
        Self {
            sid,
            timer: None,
            terms,
            state: State::Live,
            end: None,
            window,
            answers: Answers::default(),
            unfed: VecDeque::new(),
            front: VecDeque::new(),
            keys: asked.newkey.as_deref().map(KeyCheck::new),
            limits: at.config.limits,
            pace: Pace::default(),
            idle_since: at.now,
            pause: None,
            blocked: false,
            report: None,
            reported: None,
            pump_announced: true,
            gone: false,
        }
    }

    /// A request with this sid.
    pub(super) fn receive(
        &mut self,
        at: &Arrival<'_>,
        attributes: Attributes,
        children: impl FnOnce(Limits) -> Result<Vec<Element>, BodyError>,
        out: &mut Out,
    ) {
        let Some(raw) = attributes.rid else {
            return self.refuse(at, TerminalCondition::BadRequest, out);
        };
        let Some(rid) = Rid::new(raw) else {
            // Too large and too small look alike (BOSH 9.10).
            return self.refuse(at, TerminalCondition::ItemNotFound, out);
        };
        if self.state == State::Over && self.answers.get(rid).is_none() {
            // BOSH 8.4.
            return self.refuse(at, TerminalCondition::ItemNotFound, out);
        }
        if rid < self.window.next || self.window.early.contains_key(&rid) {
            return self.repeat(at, rid, attributes.key.as_deref(), out);
        }
        if self.state == State::Over || !self.window.admits(rid, self.terms.requests, &attributes) {
            return self.refuse(at, TerminalCondition::ItemNotFound, out);
        }
        let children = match children(self.limits) {
            Ok(children) => children,
            Err(error) => return self.refuse(at, error.condition(), out),
        };
        out.place(at.id, &self.sid, rid);
        let early = Early {
            connection: Some(at.id),
            since: at.now,
            attributes,
            children,
            repeats: 0,
        };
        if self.state == State::Ending {
            self.window.early.insert(rid, Box::new(early));
            // Nothing is taken any more, so no gap has to be filled.
            self.window.close();
            return self.conclude(at.now, at.config, out);
        }
        // Most are in order, and need no place among those that are not.
        let mut in_turn = None;
        if rid == self.window.next {
            in_turn = Some(early);
        } else {
            self.window.early.insert(rid, Box::new(early));
        }
        self.take_turns(at, rid, in_turn, out);
    }

    /// Takes what is in order now, the first of it being `in_turn` (BOSH 4.2, 9.3).
    fn take_turns(
        &mut self,
        at: &Arrival<'_>,
        newest: Rid,
        mut in_turn: Option<Early>,
        out: &mut Out,
    ) {
        let mut accepted = false;
        while let Some(early) = in_turn.take().or_else(|| self.window.pop_early()) {
            let rid = self.window.next;
            self.window.next = rid.plus(1);
            accepted = true;
            if let Err(condition) = self.accept(rid, early, at) {
                return self.fail(at, rid, condition, out);
            }
        }
        self.window.gap_since = if self.window.early.is_empty() {
            None
        } else {
            Some(self.window.gap_since.unwrap_or(at.now))
        };
        // More at a time than was granted (BOSH 7.2). Those held may have died with the page that
        // was before this one: a reload must not look like a flood.
        let extra = u64::from(self.window.ends_with_extra());
        let bound = self.terms.requests + self.terms.hold as u64 + extra;
        if self.window.connected() as u64 > bound {
            return self.fail(at, newest, TerminalCondition::PolicyViolation, out);
        }
        if accepted {
            self.announce_pump(out);
        }
    }

    /// Takes a request whose turn it is.
    fn accept(
        &mut self,
        rid: Rid,
        early: Early,
        at: &Arrival<'_>,
    ) -> Result<(), TerminalCondition> {
        let Early {
            connection,
            since,
            attributes,
            children,
            repeats,
        } = early;
        let mut slot = Slot {
            rid,
            connection,
            since,
            input: VecDeque::new(),
            kind: SlotKind::of(&attributes),
            repeats,
            key: attributes.key.clone(),
        };
        let verdict = self.judge(&attributes, children.is_empty(), slot.kind, since);
        self.note_overdue(rid, &attributes, at.now);
        slot.input = input(&attributes, children, &self.terms);
        self.settle_unrepeatable(rid);
        // Also a request that ends the session is answered in its place.
        self.window.slots.push_back(slot);
        verdict
    }

    /// Keys, pause and pace.
    fn judge(
        &mut self,
        attributes: &Attributes,
        empty: bool,
        kind: SlotKind,
        arrived: Timestamp,
    ) -> Result<(), TerminalCondition> {
        let (key, newkey) = (attributes.key.as_deref(), attributes.newkey.as_deref());
        match &mut self.keys {
            Some(check) => {
                if !check.advance(key, newkey) {
                    // BOSH 10.3.
                    return Err(TerminalCondition::ItemNotFound);
                }
            }
            None => self.keys = newkey.map(KeyCheck::new),
        }
        // Any request ends a pause (BOSH 6.8).
        self.pause = None;
        if let Some(pause) = attributes.pause {
            let pause = Duration::from_secs(pause);
            if self.terms.max_pause.is_none_or(|max| pause > max) {
                return Err(TerminalCondition::PolicyViolation);
            }
            self.pause = Some(pause);
        }
        // A session that takes nothing bounds what can be brought to it.
        if self.unfed.len() > self.limits.elements {
            return Err(TerminalCondition::PolicyViolation);
        }
        let empty = empty && kind == SlotKind::Plain && !attributes.restart;
        let waiting = self.window.connected() as u64 + 1;
        if self.pace.is_excessive(&self.terms, empty, waiting, arrived) {
            return Err(TerminalCondition::PolicyViolation);
        }
        Ok(())
    }

    /// Notes the rid to report: one whose answer was handed over a while ago, and of which the
    /// client's `ack` says that it has not come (BOSH 5.3). Each is reported once.
    fn note_overdue(&mut self, rid: Rid, attributes: &Attributes, now: Timestamp) {
        const A_WHILE: Duration = Duration::from_secs(2);
        // Without `ack` everything before this request has come (BOSH 5.2).
        let Some(ack) = attributes.ack.filter(|_| self.terms.acks) else {
            return;
        };
        let Some(missing) = Rid::new(ack.saturating_add(1)) else {
            return;
        };
        let overdue = self.answers.get(missing).is_some_and(|answer| {
            missing < rid && answer.handed && now.since(answer.at) >= A_WHILE
        });
        if overdue && self.reported < Some(missing) {
            self.reported = Some(missing);
            self.report = Some(missing);
        }
    }

    /// A rid that was received before: with whatever body, the answer of the first one counts (BOSH
    /// 9.4 to 9.7, point 9).
    fn repeat(&mut self, at: &Arrival<'_>, rid: Rid, key: Option<&str>, out: &mut Out) {
        let keyed = self.keys.is_some();
        let (repeats, known_key) = if let Some(early) = self.window.early.get_mut(&rid) {
            (&mut early.repeats, &early.attributes.key)
        } else if let Some(slot) = self.window.slot(rid) {
            (&mut slot.repeats, &slot.key)
        } else if let Some(answer) = self.answers.get_mut(rid) {
            (&mut answer.repeats, &answer.key)
        } else {
            // No longer kept (BOSH 9.5).
            return self.refuse(at, TerminalCondition::ItemNotFound, out);
        };
        *repeats += 1;
        if *repeats > at.config.max_repeats {
            return self.refuse(at, TerminalCondition::PolicyViolation, out);
        }
        let same = match (key, known_key) {
            (Some(key), Some(known)) => key.eq_ignore_ascii_case(known),
            (key, known) => key.is_none() == known.is_none(),
        };
        if keyed && !same {
            // An exact copy has the same key (BOSH 10.5).
            return self.refuse(at, TerminalCondition::ItemNotFound, out);
        }
        self.serve_repeat(at, rid, out);
    }

    fn serve_repeat(&mut self, at: &Arrival<'_>, rid: Rid, out: &mut Out) {
        out.place(at.id, &self.sid, rid);
        let content_type = &self.terms.content_type;
        if let Some(answer) = self.answers.get_mut(rid) {
            answer.carriers.push(at.id);
            out.respond(at.id, answer.status, content_type, &answer.body);
            return;
        }
        let (connection, since) = if let Some(early) = self.window.early.get_mut(&rid) {
            (&mut early.connection, &mut early.since)
        } else if let Some(slot) = self.window.slot(rid) {
            (&mut slot.connection, &mut slot.since)
        } else {
            return;
        };
        *since = at.now;
        if let Some(old) = connection.replace(at.id) {
            // The older one is told to repeat (BOSH 9.6).
            out.leave(old);
            out.respond(old, 200, content_type, &recoverable_body().into());
        }
        match self.state {
            State::Live => self.announce_pump(out),
            _ => self.conclude(at.now, at.config, out),
        }
    }

    /// Drops requests that lost their connection and can no longer be repeated once `rid` has come.
    fn settle_unrepeatable(&mut self, rid: Rid) {
        let oldest = rid.minus(self.terms.requests);
        self.window
            .slots
            .retain(|s| s.rid >= oldest || s.connection.is_some() || !s.is_consumed());
    }

    pub(super) fn announce_pump(&mut self, out: &mut Out) {
        if !self.pump_announced {
            self.pump_announced = true;
            out.events.push_back(ManagerEvent::Pump {
                sid: self.sid.clone(),
            });
        }
    }

    /// When something has to happen.
    pub(super) fn deadline(&self, config: &ManagerConfig) -> Option<Timestamp> {
        let idle = self.idle_since.saturating_add(self.patience());
        if self.state != State::Live {
            return Some(idle);
        }
        let gap = self
            .window
            .gap_since
            .map(|since| since.saturating_add(self.terms.inactivity));
        let quiet = self.window.connected() == 0 && !self.answers.unreported();
        let wait = self
            .window
            .wait_deadline(self.terms.wait, config.creation_wait);
        [gap, quiet.then_some(idle), wait]
            .into_iter()
            .flatten()
            .min()
    }

    /// Time has passed.
    pub(super) fn handle_timeout(&mut self, now: Timestamp, config: &ManagerConfig, out: &mut Out) {
        let idle = now >= self.idle_since.saturating_add(self.patience());
        if self.state != State::Live {
            if idle {
                self.tell(now, true, config, out);
                self.gone = true;
            }
            return;
        }
        let gap = self.window.gap_since;
        if gap.is_some_and(|since| now >= since.saturating_add(self.terms.inactivity)) {
            let end = End::from(TerminalCondition::ItemNotFound);
            return self.end_now(now, end, CloseReason::GapNotFilled, config, out);
        }
        if idle && self.window.connected() == 0 && !self.answers.unreported() {
            // Without a word (BOSH 6.2).
            out.closed(&self.sid, CloseReason::Inactive);
            self.gone = true;
            return;
        }
        self.release_expired(now, config, out);
    }

    /// How long the client may have nothing here.
    fn patience(&self) -> Duration {
        self.pause.unwrap_or(self.terms.inactivity)
    }
}

/// What the server session is to take of a request.
fn input(attributes: &Attributes, children: Vec<Element>, terms: &Terms) -> VecDeque<StreamItem> {
    if attributes.restart {
        // A payload beside it is ignored (BOSH 13.3).
        return [StreamItem::Open(header(attributes, terms))].into();
    }
    let mut input: VecDeque<_> = children.into_iter().map(StreamItem::Element).collect();
    if attributes.kind == Some(BodyType::Terminate) {
        input.push_back(StreamItem::Close);
    }
    input
}

/// The stream header that rides on a body (HDR-18). BOSH without `xmpp:version` is XMPP 1.0 (BOSH
/// 2.10); a restart keeps what it does not repeat (BOSH 13.4).
fn header(attributes: &Attributes, terms: &Terms) -> StreamHeader {
    let version = attributes.xmpp_version.clone();
    StreamHeader {
        to: attributes.to.clone().or_else(|| terms.to.clone()),
        from: attributes.from.clone(),
        id: None,
        lang: attributes.lang.clone().or_else(|| terms.lang.clone()),
        version: Some(version.unwrap_or_else(|| "1.0".to_owned())),
    }
}
