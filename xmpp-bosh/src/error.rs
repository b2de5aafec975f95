//! Misuse of the machines.

/// A command was given that cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// There is no session with that sid.
    #[error("no session has this sid")]
    UnknownSession,
    /// There is no session yet, or it is over.
    #[error("the session is not established")]
    NotEstablished,
    /// The connection manager offers no pause, or none that long.
    #[error("the connection manager does not grant this pause")]
    PauseNotGranted,
}
