//! How streams are framed.

use super::{OutItem, StreamError, StreamItem};
use crate::xml::Limits;

/// How a transport frames a stream. Sealed: [`TcpCodec`](super::TcpCodec) and [`WebSocketCodec`](super::WebSocketCodec) have it; BOSH has
/// its own crate.
///
/// A codec is pulled: [`Codec::next`] reads no further than the item that it returns.
pub trait Codec: sealed::Sealed {
    /// The next item of the stream; `None` means nothing yet.
    ///
    /// # Errors
    ///
    /// The stream error to send; every later call gives the same one.
    fn next(&mut self) -> Result<Option<StreamItem>, StreamError>;

    /// Appends `item` to `out` as it stands on the wire.
    fn encode(&mut self, item: OutItem<'_>, out: &mut String);

    /// Bytes received and not yet part of an item that was returned.
    fn buffered(&self) -> usize;

    /// The stream starts anew with the next byte or message that was not yet returned (HDR-13).
    fn restart(&mut self);

    /// Other limits, from the next item on.
    fn set_limits(&mut self, limits: Limits);
}

pub(super) mod sealed {
    pub trait Sealed {}
}
