//! What is the same on every transport: a session's events go to an application.

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use xmpp_core::{
    FullJid, Timestamp,
    sasl::MechanismName,
    stream::{Advice, ClientEvent, ClientSession, CloseReason, Misuse},
    xml::Element,
};

use crate::Clock;

/// What runs on a session: the [`Bot`](crate::Bot), or one of your own.
///
/// An `Err` says that the session is over already, which it tells by itself.
pub trait Application: Send {
    /// The session has this address: stanzas may be sent.
    ///
    /// # Errors
    ///
    /// Those of [`ClientSession::send`].
    fn ready(&mut self, session: &mut ClientSession, jid: &FullJid) -> Result<(), Misuse>;

    /// A stanza arrived.
    ///
    /// # Errors
    ///
    /// Those of [`ClientSession::send`].
    fn stanza(&mut self, session: &mut ClientSession, stanza: &Element) -> Result<(), Misuse>;

    /// The program is about to end the session: the last chance to say goodbye.
    ///
    /// # Errors
    ///
    /// Those of [`ClientSession::send`].
    fn leave(&mut self, session: &mut ClientSession) -> Result<(), Misuse>;
}

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// By which mechanism it was logged in, if it was: worth a pin for the next time.
    pub mechanism: Option<MechanismName>,
    /// Why it ended.
    pub reason: CloseReason,
    /// What to do now.
    pub advice: Advice,
}

/// An application on its session, with a clock and a wish to stop.
pub(crate) struct Client<'a> {
    pub(crate) app: &'a mut dyn Application,
    pub(crate) clock: Clock,
    stop: CancellationToken,
    leaving: bool,
    end: End,
}

impl<'a> Client<'a> {
    pub(crate) fn new(app: &'a mut dyn Application, clock: Clock, stop: CancellationToken) -> Self {
        Self {
            app,
            clock,
            stop,
            leaving: false,
            end: End {
                mechanism: None,
                reason: CloseReason::Lost,
                advice: Advice::Backoff,
            },
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Handles one event. `true` when TLS has to be started now, which only a TCP connection can do.
    pub(crate) async fn handle(&mut self, session: &mut ClientSession, event: ClientEvent) -> bool {
        let done = match event {
            ClientEvent::StartTls => return true,
            // A salted hash takes its time, and other tasks should not wait for it.
            ClientEvent::Derive(job) => match spawn_blocking(move || job.run()).await {
                Ok(key) => session.derived(key),
                Err(_) => Err(Misuse::Closed),
            },
            ClientEvent::Authenticated { login } => {
                let mechanism = login.mechanism().clone();
                tracing::info!(%mechanism, "logged in");
                self.end.mechanism = Some(mechanism);
                Ok(())
            }
            ClientEvent::Ready { jid } => {
                tracing::info!(%jid, "ready");
                self.app.ready(session, &jid)
            }
            ClientEvent::Stanza(stanza) => self.app.stanza(session, &stanza),
            ClientEvent::Closed { reason, advice, .. } => {
                tracing::info!(?reason, ?advice, "closed");
                (self.end.reason, self.end.advice) = (reason, advice);
                Ok(())
            }
            _ => Ok(()),
        };
        if let Err(misuse) = done {
            tracing::debug!(%misuse, "not sent");
        }
        false
    }

    /// Resolves once, when the session is to be left; then call [`Client::leave`].
    pub(crate) async fn stopped(&self) {
        if self.leaving {
            std::future::pending::<()>().await;
        } else {
            self.stop.cancelled().await;
        }
    }

    /// Says goodbye and ends the session in good order.
    pub(crate) fn leave(&mut self, session: &mut ClientSession) {
        self.leaving = true;
        if session.jid().is_some()
            && let Err(misuse) = self.app.leave(session)
        {
            tracing::debug!(%misuse, "no goodbye");
        }
        session.close(self.now());
    }

    /// How the session ended.
    pub(crate) fn end(self) -> End {
        self.end
    }
}
