//! The identifiers of BOSH: session ids, request ids on the wire, and the caller's names for HTTP
//! requests.

use std::{borrow::Borrow, fmt, sync::Arc};

use xmpp_core::Random;

/// The caller's name for one HTTP request.
///
/// For a [`Manager`](crate::Manager) the caller chooses it, any value that is not in use; a
/// [`Client`](crate::Client) hands it out, a new one for every attempt. It never goes over the
/// wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u64);

impl RequestId {
    /// The name `id`.
    pub const fn new(id: u64) -> Self {
        Self(id)
    }

    /// The number given to [`RequestId::new`].
    pub const fn as_u64(self) -> u64 {
        self.0
    }
}

/// A session identifier ([XEP-0124
/// §7.2](https://xmpp.org/extensions/xep-0124.html#session-response)).
///
/// Whoever knows it and a current rid can act in the session, so `Debug` shows the first characters
/// only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid(Arc<str>);

impl Sid {
    /// The identifier as it stands in the attribute `sid`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A new one: 160 random bits in hexadecimal (BOSH 3.1, 14.2; at least 128 are asked for).
    pub(crate) fn random(random: &mut dyn Random) -> Self {
        let mut bits = [0u8; 20];
        random.fill(&mut bits);
        Self(hex(&bits).into())
    }
}

impl From<&str> for Sid {
    fn from(sid: &str) -> Self {
        Self(sid.into())
    }
}

impl Borrow<str> for Sid {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(6).collect();
        write!(f, "Sid({shown}…)")
    }
}

/// A request id of the wire: a positive integer of at most 2⁵³ − 1
/// ([XEP-0124 §14.1](https://xmpp.org/extensions/xep-0124.html#rids-syntax), BOSH 2.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rid(u64);

impl Rid {
    /// 2⁵³ − 1, the largest integer that every client can count to.
    pub const MAX: Self = Self(9_007_199_254_740_991);

    /// The rid `rid`; `None` for zero and for what is larger than [`Rid::MAX`].
    pub const fn new(rid: u64) -> Option<Self> {
        if rid == 0 || rid > Self::MAX.0 {
            None
        } else {
            Some(Self(rid))
        }
    }

    /// The number.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The rid `n` further on, cut at one above [`Rid::MAX`], which no request can carry.
    pub(crate) const fn plus(self, n: u64) -> Self {
        let sum = self.0.saturating_add(n);
        Self(if sum > Self::MAX.0 {
            Self::MAX.0 + 1
        } else {
            sum
        })
    }

    /// The rid `n` before; not below zero, which no request can carry.
    pub(crate) const fn minus(self, n: u64) -> Self {
        Self(self.0.saturating_sub(n))
    }

    /// A rid to begin a session with: unpredictable, and with room for 2⁵² requests (BOSH 2.11,
    /// 14.2).
    pub(crate) fn random(random: &mut dyn Random) -> Self {
        let mut bits = [0u8; 8];
        random.fill(&mut bits);
        // 52 random bits, never zero.
        Self((u64::from_le_bytes(bits) >> 12).max(1))
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 0xf)]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rid_bounds() {
        assert_eq!(Rid::new(0), None);
        assert_eq!(Rid::new(1).map(Rid::as_u64), Some(1));
        assert_eq!(Rid::new((1 << 53) - 1), Some(Rid::MAX));
        assert_eq!(Rid::new(1 << 53), None);
        assert_eq!(Rid::MAX.plus(1).as_u64(), 1 << 53);
        assert_eq!(Rid::MAX.plus(u64::MAX).as_u64(), 1 << 53);
        assert_eq!(Rid(3).minus(9).as_u64(), 0);
    }

    #[test]
    fn debug_does_not_show_a_whole_sid() {
        let sid = Sid::from("0123456789abcdef");
        assert_eq!(format!("{sid:?}"), "Sid(012345…)");
    }
}
