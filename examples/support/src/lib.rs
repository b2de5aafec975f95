//! What the example programs share: where time and randomness enter them. The machines get both as arguments.

mod clock;

pub use clock::{Clock, secure_random};
