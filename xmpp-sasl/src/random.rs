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

/// A generator of the crates `rand` and `rand_core` 0.10 as a [`Random`]; only those that call themselves
/// cryptographically secure. With the feature `rand`.
///
/// A machine owns its source and may be moved to another thread, so a source should be small and `Send`:
/// `CryptoRandom(UnwrapErr(rand::rngs::SysRng))` asks the operating system each time and is nothing but a
/// name; `CryptoRandom(rand::rngs::StdRng)` has a state of its own.
///
/// ```
/// use rand_core::{Infallible, TryCryptoRng, TryRng};
/// use xmpp_sasl::{CryptoRandom, Random};
///
/// # struct Generator;
/// # impl TryRng for Generator {
/// #     type Error = Infallible;
/// #     fn try_next_u32(&mut self) -> Result<u32, Infallible> { Ok(4) }
/// #     fn try_next_u64(&mut self) -> Result<u64, Infallible> { Ok(4) }
/// #     fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), Infallible> { dest.fill(4); Ok(()) }
/// # }
/// # impl TryCryptoRng for Generator {}
/// // In a program: rand::rngs::StdRng, rand_core::UnwrapErr<rand::rngs::SysRng> …
/// let generator = Generator;
/// let mut random: Box<dyn Random + Send> = Box::new(CryptoRandom(generator));
/// let mut nonce = [0; 16];
/// random.fill(&mut nonce);
/// assert_ne!(nonce, [0; 16]);
/// ```
#[cfg(feature = "rand")]
#[derive(Clone, Copy, Debug, Default)]
pub struct CryptoRandom<R>(
    /// The generator.
    pub R,
);

#[cfg(feature = "rand")]
impl<R: rand_core::CryptoRng> Random for CryptoRandom<R> {
    fn fill(&mut self, dest: &mut [u8]) {
        self.0.fill_bytes(dest);
    }
}
