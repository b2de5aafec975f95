//! A thread of its own for sessions that would keep the others waiting.

use std::{sync::Arc, thread};

use tokio::{
    sync::mpsc,
    task::{LocalSet, spawn_local},
};

use super::{RunError, one_thread};
use crate::session::{self, Command, Place, World};

/// A session that is to begin.
pub(super) struct Newcomer {
    pub(super) world: Arc<World>,
    pub(super) number: u32,
    pub(super) place: Option<Place>,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
}

impl Newcomer {
    /// Runs it on this thread.
    pub(super) fn start(self) {
        spawn_local(session::run(
            self.world,
            self.number,
            self.place,
            self.commands,
        ));
    }
}

/// The way to the thread, which ends with this and the sessions on it.
///
/// What a thousand sessions that come at once have to do on one thread takes a while; a message that comes meanwhile would
/// be heard late there, and the server be blamed for it.
pub(super) struct Elsewhere(mpsc::UnboundedSender<Newcomer>);

impl Elsewhere {
    pub(super) fn new() -> Result<Self, RunError> {
        let runtime = one_thread()?;
        let (newcomers, mut received) = mpsc::unbounded_channel::<Newcomer>();
        let sessions = async move {
            while let Some(newcomer) = received.recv().await {
                newcomer.start();
            }
        };
        thread::Builder::new()
            .name("burst".to_owned())
            .spawn(move || LocalSet::new().block_on(&runtime, sessions))
            .map_err(|source| RunError::System {
                what: "no second thread",
                source,
            })?;
        Ok(Self(newcomers))
    }

    pub(super) fn start(&self, newcomer: Newcomer) {
        // If the thread has panicked, nobody comes, and that is what the run then ends with.
        let _ = self.0.send(newcomer);
    }
}
