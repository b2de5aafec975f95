//! Streams: headers, errors, codecs, sessions (RFC 6120 §4 to §7, RFC 7395).

mod condition;

pub use self::condition::StreamErrorCondition;
