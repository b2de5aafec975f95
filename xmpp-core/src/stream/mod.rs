//! Streams: headers, errors, codecs, sessions (RFC 6120 §4 to §7, RFC 7395).

mod codec;
mod condition;
mod error;
mod item;
mod session;

pub use self::{
    codec::Codec,
    condition::StreamErrorCondition,
    error::{Advice, CloseReason, Misuse, StreamError},
    item::{OutItem, StreamHeader, StreamItem},
    session::Session,
};
