//! Identifiers that a room makes: occupant-ids (XEP-0421), stanza-ids (XEP-0359), ids of its own stanzas.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use xmpp_core::{BareJid, Random};
use zeroize::Zeroizing;

/// The secret of one room's occupant-ids (MUC SE3).
///
/// Never printed. A new room under an old address has another one (MUC DE3).
#[derive(Clone)]
pub(crate) struct OccupantSecret(Zeroizing<[u8; 32]>);

impl OccupantSecret {
    pub(crate) fn new(random: &mut dyn Random) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        random.fill(&mut *secret);
        Self(secret)
    }

    /// The key itself, for a snapshot only.
    #[cfg(feature = "serde")]
    pub(crate) fn reveal(&self) -> &[u8; 32] {
        &self.0
    }

    /// The occupant-id of a user: HMAC-SHA-256 of the prepared bare JID, the same for all sessions and nicks.
    ///
    /// 43 characters, and a valid resourcepart (MUC NM1).
    pub(crate) fn occupant_id(&self, user: &BareJid) -> Arc<str> {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&*self.0).expect("HMAC takes keys of any length");
        mac.update(user.as_str().as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()).into()
    }
}

#[cfg(feature = "serde")]
impl From<[u8; 32]> for OccupantSecret {
    fn from(secret: [u8; 32]) -> Self {
        Self(Zeroizing::new(secret))
    }
}

impl fmt::Debug for OccupantSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OccupantSecret(…)")
    }
}

/// A new id: 128 random bits, so that it is unique for ever and tells nothing (MUC GC4).
pub(crate) fn random_id(random: &mut dyn Random) -> Arc<str> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter(u8);

    impl Random for Counter {
        fn fill(&mut self, dest: &mut [u8]) {
            for byte in dest {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
        }
    }

    #[test]
    fn se3_occupant_ids_are_stable_and_differ_by_room() {
        let mut random = Counter(0);
        let (one, two) = (
            OccupantSecret::new(&mut random),
            OccupantSecret::new(&mut random),
        );
        let anna: BareJid = "anna@example.org".parse().expect("a JID");
        let ben: BareJid = "ben@example.org".parse().expect("a JID");
        assert_eq!(one.occupant_id(&anna), one.occupant_id(&anna));
        assert_ne!(one.occupant_id(&anna), one.occupant_id(&ben));
        assert_ne!(one.occupant_id(&anna), two.occupant_id(&anna));
        assert_eq!(one.occupant_id(&anna).len(), 43);
        // Computed with Python's hmac module for the key 00 01 … 1f.
        assert_eq!(
            &*one.occupant_id(&anna),
            "3BbaxOByTmgGnRBwTs0ag6VQZI0Hz6q-vVkmp_rM5Gs"
        );
        assert_eq!(format!("{one:?}"), "OccupantSecret(…)");
    }

    /// MUC NM1: an occupant-id may be a resourcepart.
    #[test]
    fn nm1_an_occupant_id_is_a_resourcepart() {
        let secret = OccupantSecret::new(&mut Counter(7));
        let anna: BareJid = "anna@example.org".parse().expect("a JID");
        let id = secret.occupant_id(&anna);
        assert_eq!(
            anna.with_resource(&id).expect("a resource").resource(),
            &*id
        );
    }
}
