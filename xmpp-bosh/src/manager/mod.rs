//! The connection manager.

mod answers;
mod config;
mod deliver;
mod end;
mod event;
mod fate;
mod out;
mod overactivity;
mod record;
mod terms;
mod window;

use std::{
    collections::{HashMap, hash_map::DefaultHasher},
    fmt,
    hash::BuildHasherDefault,
};

use xmpp_core::{Random, Timers, Timestamp, stream::Session};

pub use self::{
    config::ManagerConfig,
    event::{CloseReason, ManagerEvent, RESPONSE_HEADERS, Response},
};
use self::{
    end::End,
    out::Out,
    record::{Arrival, Record, State},
    terms::Terms,
};
use crate::{
    Attributes, BodyError, Creation, Misuse, RequestId, Rid, Sid, TerminalCondition,
    body::{BodyReader, Leniency},
};

/// A hash table whose order is the same in every run. Its keys are ours or the caller's: no client can choose them so that
/// they collide.
type Table<K, V> = HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// Bytes of a body within which its start tag has to end when the body is larger than is read.
const HEAD_BYTES: usize = 8 * 1024;

/// A BOSH connection manager: many sessions, each known by its sid
/// ([XEP-0124](https://xmpp.org/extensions/xep-0124.html),
/// [XEP-0206](https://xmpp.org/extensions/xep-0206.html)).
///
/// It owns the order of requests and the answers that were given; what is unsent stays in the
/// caller's server sessions. The recommended order of calls:
///
/// 1. Something happened: an HTTP request ([`handle_request`](Self::handle_request)), the fate of
///    an answer ([`handle_written`](Self::handle_written), [`handle_lost`](Self::handle_lost)), a
///    timer ([`handle_timeout`](Self::handle_timeout)), or a server session got something to say.
/// 2. [`poll_event`](Self::poll_event) until `None`: make a server session on
///    [`ManagerEvent::Created`]; [`pump`](Self::pump) it then, on [`ManagerEvent::Pump`], and when
///    it has something to say; on [`ManagerEvent::Closed`] tell it `handle_eof` and drop it.
/// 3. [`poll_response`](Self::poll_response) until `None`, and send each.
/// 4. [`poll_timeout`](Self::poll_timeout), and wait.
///
/// For every HTTP request exactly one of `handle_written` and `handle_lost` is due in the end.
/// While the fate of an answer with payload is open, the session gets no further one: were the
/// first one lost before it was handed over, its payload would come behind that of the second.
pub struct Manager {
    config: ManagerConfig,
    random: Box<dyn Random + Send>,
    now: Timestamp,
    /// Boxed, because a table that grows has room for twice as many.
    sessions: Table<Sid, Box<Record>>,
    timers: Timers<Sid>,
    out: Out,
    shut_down: bool,
}

impl Manager {
    /// A manager without sessions. `random` makes the sids.
    pub fn new(config: ManagerConfig, random: Box<dyn Random + Send>) -> Self {
        Self {
            config,
            random,
            now: Timestamp::default(),
            sessions: Table::default(),
            timers: Timers::default(),
            out: Out::default(),
            shut_down: false,
        }
    }

    /// An HTTP POST arrived, complete. Its answer comes from [`Manager::poll_response`], at once or
    /// up to `wait` later.
    ///
    /// The HTTP side has checked the method; it ignores the `Content-Type` (BOSH 1.4) and refuses
    /// what is larger than [`ManagerConfig::max_request_bytes`] or hands it in.
    pub fn handle_request(&mut self, now: Timestamp, id: RequestId, body: &[u8]) {
        self.handle_request_over(now, id, self.config.encrypted, body);
    }

    /// As [`Manager::handle_request`], where `encrypted` says how this one came. A session that
    /// began encrypted takes no request that is not (BOSH 14.1).
    pub fn handle_request_over(
        &mut self,
        now: Timestamp,
        id: RequestId,
        encrypted: bool,
        body: &[u8],
    ) {
        self.tick(now);
        // A name that is still in use: its old meaning is over.
        self.handle_lost(now, id);
        let too_large = body.len() > self.config.max_request_bytes;
        let head = &body[..if too_large {
            body.len().min(HEAD_BYTES)
        } else {
            body.len()
        }];
        let (attributes, reader) =
            match BodyReader::open(head, self.config.limits, Leniency::Strict) {
                Ok(opened) => opened,
                Err(_) if too_large => {
                    return self
                        .out
                        .refuse(id, false, TerminalCondition::PolicyViolation);
                }
                Err(error) => return self.out.refuse(id, false, error.condition()),
            };
        let max = self.config.max_request_bytes;
        let children = move |limits| {
            if too_large {
                return Err(BodyError::TooLarge(max));
            }
            reader.children(limits)
        };
        let Some(sid) = attributes.sid.clone() else {
            let limits = self.config.limits;
            let verdict = match children(limits) {
                // Stanzas in a creation request come from clients that lost their session (BOSH
                // 2.12).
                Ok(children) if !children.is_empty() => Err(TerminalCondition::BadRequest),
                Ok(_) => self.create(id, encrypted, &attributes),
                Err(error) => Err(error.condition()),
            };
            if let Err(condition) = verdict {
                self.out.refuse(id, attributes.ver.is_none(), condition);
            }
            return;
        };
        self.with(&sid, |record, at| {
            let (arrival, out) = at.arrival(id);
            if record.terms.encrypted && !encrypted {
                return out.close(id);
            }
            record.receive(&arrival, attributes, children, out);
        })
        .unwrap_or_else(|| {
            self.out.refuse(id, false, TerminalCondition::ItemNotFound);
        });
    }

    /// The answer to `id` was handed to HTTP completely. (Not: the client received it.)
    pub fn handle_written(&mut self, id: RequestId) {
        let Some((sid, rid)) = self.out.place_of(id) else {
            return;
        };
        let session = self.with(sid.as_str(), |record, at| {
            record.written(at.now, rid, id, at.config, at.out);
        });
        if session.is_none() {
            self.out.leave(id);
        }
    }

    /// The connection of `id` died: while the request waited, or before its answer was handed over
    /// completely.
    pub fn handle_lost(&mut self, now: Timestamp, id: RequestId) {
        self.tick(now);
        self.out.forget_response(id);
        if let Some((sid, rid)) = self.out.leave(id) {
            self.with(sid.as_str(), |record, at| {
                record.lost(at.now, rid, id, at.config, at.out);
            });
        }
    }

    /// Time has passed. Too early is harmless.
    pub fn handle_timeout(&mut self, now: Timestamp) {
        self.tick(now);
        let mut due = Vec::new();
        while let Some(sid) = self.timers.pop(self.now) {
            if let Some(record) = self.sessions.get_mut(&sid) {
                record.timer = None;
            }
            due.push(sid);
        }
        for sid in due {
            self.with(sid.as_str(), |record, at| {
                record.handle_timeout(at.now, at.config, at.out);
            });
        }
    }

    /// When to call [`Manager::handle_timeout`] at the latest. Often nothing is to be done then: what was to happen has been
    /// put off meanwhile.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// The next answer to send.
    pub fn poll_response(&mut self) -> Option<Response> {
        self.out.responses.pop_front()
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<ManagerEvent> {
        self.out.events.pop_front()
    }

    /// Moves what arrived into `session` while it is ready, in rid order, and what it has to say
    /// into answers.
    ///
    /// Call it after [`ManagerEvent::Created`] and [`ManagerEvent::Pump`], and after everything
    /// that gives the session something to say (`send`, `resolve`, `close`, its `handle_timeout`).
    /// For a sid that is not known it does nothing. Timers and events of the session stay with the
    /// caller.
    pub fn pump<S: Session>(&mut self, now: Timestamp, sid: &Sid, session: &mut S) {
        self.tick(now);
        self.with(sid.as_str(), |record, at| {
            record.pump(at.now, session, at.config, at.out);
        });
    }

    /// Ends a session with a condition. What its server session has not said yet is dropped.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownSession`] when there is no such session (any more).
    pub fn terminate(
        &mut self,
        now: Timestamp,
        sid: &Sid,
        condition: TerminalCondition,
    ) -> Result<(), Misuse> {
        self.tick(now);
        self.with(sid.as_str(), |record, at| {
            if record.state != State::Live {
                return Err(Misuse::UnknownSession);
            }
            let reason = CloseReason::Terminated(condition);
            record.end_now(at.now, End::from(condition), reason, at.config, at.out);
            Ok(())
        })
        .unwrap_or(Err(Misuse::UnknownSession))
    }

    /// Ends all sessions with `system-shutdown`, and refuses new ones from now on (BOSH 12.12).
    pub fn shut_down(&mut self, now: Timestamp) {
        self.shut_down = true;
        let sids: Vec<Sid> = self.sessions.keys().cloned().collect();
        for sid in sids {
            // One that is over already needs nothing.
            let _ = self.terminate(now, &sid, TerminalCondition::SystemShutdown);
        }
    }

    /// How many sessions there are, those included whose clients are still to be told their end.
    pub fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// How many sessions are over whose clients are still to be told so: what an orderly shutdown
    /// waits for.
    pub fn untold(&self) -> usize {
        let records = self.sessions.values();
        records.filter(|r| r.state == State::Ending).count()
    }

    /// A creation request (BOSH 2).
    fn create(
        &mut self,
        id: RequestId,
        encrypted: bool,
        asked: &Attributes,
    ) -> Result<(), TerminalCondition> {
        if self.shut_down {
            return Err(TerminalCondition::SystemShutdown);
        }
        let rid = asked.rid.and_then(Rid::new);
        let rid = rid.ok_or(TerminalCondition::BadRequest)?;
        let terms = Terms::negotiate(asked, encrypted, &self.config)?;
        self.make_room()?;
        let sid = Sid::random(&mut self.random);
        self.out.place(id, &sid, rid);
        self.out.events.push_back(ManagerEvent::Created {
            sid: sid.clone(),
            request: id,
            creation: Box::new(Creation::new(asked, encrypted)),
        });
        let at = Arrival {
            now: self.now,
            id,
            config: &self.config,
        };
        let mut record = Record::new(sid.clone(), rid, terms, asked, &at);
        let deadline = record.deadline(&self.config);
        self.timers.set(&sid, &mut record.timer, deadline);
        self.sessions.insert(sid, Box::new(record));
        Ok(())
    }

    /// Makes room for one session, at the cost of one that is over.
    fn make_room(&mut self) -> Result<(), TerminalCondition> {
        if self.sessions.len() < self.config.max_sessions {
            return Ok(());
        }
        let over = self.sessions.values().find(|r| r.state == State::Over);
        let sid = over.map(|record| record.sid.clone());
        let sid = sid.ok_or(TerminalCondition::InternalServerError)?;
        if let Some(mut record) = self.sessions.remove(&sid) {
            self.timers.set(&sid, &mut record.timer, None);
        }
        Ok(())
    }

    /// Does something with a session, then sets its timer. `None` when there is no such session.
    fn with<T>(&mut self, sid: &str, act: impl FnOnce(&mut Record, At<'_>) -> T) -> Option<T> {
        let record = self.sessions.get_mut(sid)?;
        let at = At {
            now: self.now,
            config: &self.config,
            out: &mut self.out,
        };
        let result = act(record, at);
        if record.gone {
            self.timers.set(&record.sid, &mut record.timer, None);
            self.sessions.remove(sid);
        } else if let Some(deadline) = record.deadline(&self.config) {
            self.timers
                .bring_forward(&record.sid, &mut record.timer, deadline);
        }
        Some(result)
    }

    /// Time never runs backwards.
    fn tick(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }
}

/// What a session needs to act.
struct At<'a> {
    now: Timestamp,
    config: &'a ManagerConfig,
    out: &'a mut Out,
}

impl<'a> At<'a> {
    fn arrival(self, id: RequestId) -> (Arrival<'a>, &'a mut Out) {
        let arrival = Arrival {
            now: self.now,
            id,
            config: self.config,
        };
        (arrival, self.out)
    }
}

impl fmt::Debug for Manager {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manager")
            .field("sessions", &self.sessions.len())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

const _: () = {
    const fn assert_send<T: Send>() {}
    assert_send::<Manager>();
};
