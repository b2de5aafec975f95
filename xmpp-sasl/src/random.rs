//! Randomness as an argument.

/// A source of random bytes, injected by the caller.
///
/// Nonces, ids, RIDs and SIDs come from it, so that every vector of the RFCs replays exactly and
/// every simulation is a seed. In production it must be cryptographically secure (the operating
/// system's generator, or a CSPRNG seeded from it).
pub trait Random {
    /// Fills `dest` with random bytes.
    fn fill(&mut self, dest: &mut [u8]);
}

impl<R: Random + ?Sized> Random for &mut R {
    fn fill(&mut self, dest: &mut [u8]) {
        (**self).fill(dest);
    }
}

impl<R: Random + ?Sized> Random for Box<R> {
    fn fill(&mut self, dest: &mut [u8]) {
        (**self).fill(dest);
    }
}
