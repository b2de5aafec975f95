//! What both sides call a fault, in the same words.

use super::{StreamError, StreamErrorCondition as C, StreamHeader};

/// Octets of the language on a header (HDR-11).
const MAX_LANG: usize = 35;

/// HDR-1: something else in place of the header.
pub(super) fn no_header() -> StreamError {
    StreamError::new(C::BadFormat).with_text("the stream has no header")
}

/// A header where no restart is due.
pub(super) fn header_in_mid_stream() -> StreamError {
    StreamError::new(C::BadFormat).with_text("a stream header in mid-stream")
}

/// An item while the session waits.
pub(super) fn before_its_time() -> StreamError {
    StreamError::new(C::PolicyViolation).with_text("something was sent before its time")
}

/// TLS-7: nothing is said in clear.
pub(super) fn tls_required() -> StreamError {
    StreamError::new(C::PolicyViolation).with_text("TLS is required")
}

/// KEP-4.
pub(super) fn login_timeout() -> StreamError {
    StreamError::new(C::ConnectionTimeout).with_text("login took too long")
}

/// LIM-4: who does not read is cut off.
pub(super) fn unread() -> StreamError {
    StreamError::new(C::ResourceConstraint).with_text("stanzas are not read fast enough")
}

/// HDR-11.
pub(super) fn long_lang(header: &StreamHeader) -> Option<StreamError> {
    let is_long = header.lang.as_ref().is_some_and(|l| l.len() > MAX_LANG);
    is_long.then(|| {
        StreamError::new(C::PolicyViolation).with_text("'xml:lang' is longer than 35 octets")
    })
}
