//! What every session has in common.

use super::{OutItem, StreamError, StreamItem};
use crate::{Timestamp, xml::Limits};

/// The side of a session that faces its transport: items in, items out.
///
/// A session does not know what carries it. [`Link`](super::Link) joins it to a codec; a BOSH connection manager feeds
/// it from bodies.
///
/// ```text
/// while session.ready() { match codec.next() { item => session.handle_item(now, item) }
///                         if session.take_restart() { codec.restart() }
///                         codec.set_limits(session.limits()) }
/// while let Some(item) = session.poll_item() { codec.encode(item, &mut out) }
/// ```
pub trait Session {
    /// What the user of the session should know.
    type Event;

    /// Whether the session takes another item now. It does not while it waits for an answer to a lookup or for
    /// TLS, nor when it is over: then nothing is to be pulled from the codec.
    fn ready(&self) -> bool;

    /// Takes one item from the peer. While the session is not [ready](Session::ready), the item ends the session
    /// or, after its end, is ignored.
    fn handle_item(&mut self, now: Timestamp, item: StreamItem);

    /// The codec could not read what the peer sent: ends the session with this error.
    fn handle_error(&mut self, now: Timestamp, error: StreamError);

    /// The transport ended.
    fn handle_eof(&mut self, now: Timestamp);

    /// Time has passed; too early is harmless.
    fn handle_timeout(&mut self, now: Timestamp);

    /// When to call [`Session::handle_timeout`] at the latest.
    fn poll_timeout(&self) -> Option<Timestamp>;

    /// The next item to send.
    fn poll_item(&mut self) -> Option<OutItem<'_>>;

    /// For a byte stream: puts all items that wait into the empty buffer `out`, if each is a text that goes as it
    /// stands, without a copy (the buffers change places). `false`, and nothing done, where that is not so; then
    /// [`Session::poll_item`] has them one by one.
    fn take_text(&mut self, out: &mut String) -> bool {
        let _ = out;
        false
    }

    /// What happened.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// Whether the peer's next item has to be a new stream header, read by a parser without memory. True once for each
    /// restart; on a byte stream the codec is restarted before anything more is read (HDR-13).
    fn take_restart(&mut self) -> bool;

    /// The limits on what the peer may send now. They change when it has logged in.
    fn limits(&self) -> Limits;

    /// Whether the session is over: the transport may be closed when [`Session::poll_item`] has given its last.
    fn is_closed(&self) -> bool;

    /// Whether nothing may be read before a TLS handshake: what was received beyond the last item, and what
    /// arrives now, came in clear and ends the session (TLS-3).
    fn awaits_tls(&self) -> bool {
        false
    }

    /// Bytes of output that wait to be sent.
    fn backlog(&self) -> usize;
}
