//! The mechanisms of this crate.

mod anonymous;
#[cfg(feature = "digest-md5")]
mod digest_md5;
mod external;
mod gs2;
pub(crate) mod ht;
mod oauth;
mod plain;
pub(crate) mod scram;

use std::sync::Arc;

pub use anonymous::AnonymousMechanism;
#[cfg(feature = "digest-md5")]
pub use digest_md5::{DigestMd5, DigestMd5Check, DigestMd5Key};
pub use external::ExternalMechanism;
pub(crate) use ht::{Ht, HtSha256};
pub use oauth::{OauthBearer, OauthError, XOauth2};
pub use plain::Plain;
pub(crate) use scram::{Scram, ScramSha1, ScramSha256, ScramSha512};

use crate::channel::ChannelBindingType;
use crate::mechanism::Mechanism;

/// Every mechanism, for [`Registry::default`](crate::Registry::default).
pub(crate) fn all() -> Vec<Arc<dyn Mechanism>> {
    vec![
        Arc::new(ExternalMechanism::new()),
        Arc::new(Scram::<ScramSha512>::plus()),
        Arc::new(Scram::<ScramSha256>::plus()),
        Arc::new(Scram::<ScramSha1>::plus()),
        Arc::new(Scram::<ScramSha512>::new()),
        Arc::new(Scram::<ScramSha256>::new()),
        Arc::new(Scram::<ScramSha1>::new()),
        #[cfg(feature = "digest-md5")]
        Arc::new(DigestMd5::new()),
        Arc::new(Plain::new()),
        Arc::new(AnonymousMechanism::new()),
        Arc::new(OauthBearer::new()),
        Arc::new(XOauth2::new()),
        Arc::new(Ht::<HtSha256>::bound_to(ChannelBindingType::TlsExporter)),
        Arc::new(Ht::<HtSha256>::bound_to(ChannelBindingType::TlsUnique)),
        Arc::new(Ht::<HtSha256>::bound_to(
            ChannelBindingType::TlsServerEndPoint,
        )),
        Arc::new(Ht::<HtSha256>::unbound()),
    ]
}
