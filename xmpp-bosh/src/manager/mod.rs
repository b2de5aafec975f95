//! The connection manager.

mod config;
mod event;

use xmpp_core::{Random, Timestamp, xml::Limits};

pub use self::{
    config::ManagerConfig,
    event::{CloseReason, ManagerEvent, RESPONSE_HEADERS, Response},
};
use crate::{Misuse, RequestId, Session, Sid, TerminalCondition};

/// A BOSH connection manager: many sessions, each known by its sid.
#[derive(Debug)]
pub struct Manager {}

impl Manager {
    /// A manager without sessions. `random` makes the sids.
    pub fn new(_config: ManagerConfig, _random: Box<dyn Random + Send>) -> Self {
        todo!()
    }

    /// An HTTP POST arrived. Its answer comes from [`Manager::poll_response`], at once or up to `wait` later.
    pub fn handle_request(&mut self, _now: Timestamp, _id: RequestId, _body: &[u8]) {
        todo!()
    }

    /// As [`Manager::handle_request`], where `encrypted` says how this one came (BOSH 14.1).
    pub fn handle_request_over(
        &mut self,
        _now: Timestamp,
        _id: RequestId,
        _encrypted: bool,
        _body: &[u8],
    ) {
        todo!()
    }

    /// The answer to `id` was handed to HTTP completely. (Not: the client received it.)
    pub fn handle_written(&mut self, _id: RequestId) {
        todo!()
    }

    /// The connection of `id` died: while the request waited, or before its answer was handed over completely.
    pub fn handle_lost(&mut self, _now: Timestamp, _id: RequestId) {
        todo!()
    }

    /// Time has passed. Too early is harmless.
    pub fn handle_timeout(&mut self, _now: Timestamp) {
        todo!()
    }

    /// When to call [`Manager::handle_timeout`] at the latest.
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        todo!()
    }

    /// The next answer to send.
    pub fn poll_response(&mut self) -> Option<Response> {
        todo!()
    }

    /// What happened.
    pub fn poll_event(&mut self) -> Option<ManagerEvent> {
        todo!()
    }

    /// Moves what arrived into `session` while it is ready, in rid order, and what it has to say into answers.
    ///
    /// Call it after [`ManagerEvent::Created`] and [`ManagerEvent::Pump`], and after everything that gives the
    /// session something to say (`send`, `resolve`, `close`, its `handle_timeout`). For a sid that is not
    /// known it does nothing.
    pub fn pump<S: Session>(&mut self, _now: Timestamp, _sid: &Sid, _session: &mut S) {
        todo!()
    }

    /// Ends a session with a condition. What its server session had not yet said is dropped.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownSession`] when there is no such session (any more).
    pub fn terminate(
        &mut self,
        _now: Timestamp,
        _sid: &Sid,
        _condition: TerminalCondition,
    ) -> Result<(), Misuse> {
        todo!()
    }

    /// Ends all sessions with `system-shutdown`, and refuses new ones from now on.
    pub fn shut_down(&mut self, _now: Timestamp) {
        todo!()
    }

    /// Other limits for the elements of a session, usually
    /// [`Limits::SERVER_FROM_CLIENT`] after login.
    ///
    /// # Errors
    ///
    /// [`Misuse::UnknownSession`] when there is no such session (any more).
    pub fn set_limits(&mut self, _sid: &Sid, _limits: Limits) -> Result<(), Misuse> {
        todo!()
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        todo!()
    }
}
