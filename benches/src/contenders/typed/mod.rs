//! Typed stanzas: both libraries read every stanza with all its payloads into typed values, hash every field that both
//! have, and write the same values again. A child that stays untyped is a panic.

pub mod ours;
#[cfg(test)]
mod owned;
pub mod peer;
mod peer_sums;
mod sums;

/// Writing typed values that were read beforehand.
pub trait Writes {
    /// Writes every value, each into the same buffer; says how many there are.
    fn run(&mut self) -> usize;
    /// All that [`Writes::run`] writes, as a stream.
    fn stream(&mut self) -> String;
}

/// What stands around the stanzas when what was written is read again.
const HEADER: &str =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const FOOTER: &str = "</stream:stream>";
