//! The mechanisms of this crate.

mod anonymous;
mod gs2;
mod oauth;
mod plain;
pub(crate) mod scram;

use std::sync::Arc;

pub use anonymous::AnonymousMechanism;
pub use oauth::{OauthBearer, OauthError, XOauth2};
pub use plain::Plain;
pub(crate) use scram::{Scram, ScramSha1, ScramSha256, ScramSha512};

use crate::mechanism::Mechanism;

/// Every mechanism, for [`Registry::default`](crate::Registry::default).
pub(crate) fn all() -> Vec<Arc<dyn Mechanism>> {
    vec![
        Arc::new(Scram::<ScramSha512>::plus()),
        Arc::new(Scram::<ScramSha256>::plus()),
        Arc::new(Scram::<ScramSha1>::plus()),
        Arc::new(Scram::<ScramSha512>::new()),
        Arc::new(Scram::<ScramSha256>::new()),
        Arc::new(Scram::<ScramSha1>::new()),
        Arc::new(Plain::new()),
        Arc::new(AnonymousMechanism::new()),
        Arc::new(OauthBearer::new()),
        Arc::new(XOauth2::new()),
    ]
}
