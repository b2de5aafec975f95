//! What the example programs share: where time and randomness enter them, which the machines get as arguments; and text
//! in URLs.

mod clock;
mod url;

pub use clock::{Clock, secure_random};
pub use url::percent_encode;
