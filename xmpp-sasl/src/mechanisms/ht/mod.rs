//! The hashed-token mechanisms ([draft-schmaus-kitten-sasl-ht-09], as XEP-0484 pins it) over any hash.
//!
//! [draft-schmaus-kitten-sasl-ht-09]: https://datatracker.ietf.org/doc/draft-schmaus-kitten-sasl-ht/09/

mod client;
mod hash;
mod keys;
mod server;
mod token;

use std::fmt;
use std::marker::PhantomData;

pub use hash::{HtHash, HtSha256};
pub use keys::{HtKey, HtTokens, HtUsed, TooShortToken};
pub use token::HtToken;

use crate::channel::ChannelBindingType;
use crate::info::{MechanismInfo, MechanismName, Strength};
use crate::lookup::LookupKind;
use crate::mechanism::{ClientExchange, Mechanism, ServerExchange};
use crate::random::Random;
use crate::select::SelectCx;
use crate::unavailable::Unavailable;

/// A hashed-token mechanism over the hash `H` ([draft-schmaus-kitten-sasl-ht-09]): one round trip, by a token
/// that the server has issued before (XEP-0484, FAST), and both sides prove that they know it.
///
/// What the client sends is the same each time and as good as the token for whoever hears it: none is a
/// candidate without a confidential channel, on either side. Channel binding makes it worthless elsewhere.
///
/// A client needs a [`HtToken`] issued for this very mechanism, and no authorization identity: there is no
/// place for one. A server must answer the lookup [`HtHash::LOOKUP`]. In XMPP the names stand in `<fast/>` and
/// not among the other mechanisms: two registries, or two policies.
///
/// [draft-schmaus-kitten-sasl-ht-09]: https://datatracker.ietf.org/doc/draft-schmaus-kitten-sasl-ht/09/
pub struct Ht<H> {
    info: MechanismInfo,
    binding: Option<ChannelBindingType>,
    hash: PhantomData<fn() -> H>,
}

impl<H: HtHash> Ht<H> {
    /// Without channel binding: `-NONE`.
    pub fn unbound() -> Self {
        let name = const { MechanismName::from_static(H::NONE) };
        let info = MechanismInfo::named(name).with_strength(Strength::Mutual);
        Self::with_info(info.with_priority(75), None)
    }

    /// Bound to the channel by data of type `kind`: `-EXPR`, `-UNIQ` or `-ENDP`.
    pub fn bound_to(kind: ChannelBindingType) -> Self {
        let (name, priority) = match kind {
            ChannelBindingType::TlsExporter => (const { MechanismName::from_static(H::EXPR) }, 86),
            ChannelBindingType::TlsUnique => (const { MechanismName::from_static(H::UNIQ) }, 85),
            ChannelBindingType::TlsServerEndPoint => {
                (const { MechanismName::from_static(H::ENDP) }, 84)
            }
        };
        let info = MechanismInfo::named(name)
            .with_strength(Strength::ChannelBound)
            .with_channel_binding();
        Self::with_info(info.with_priority(priority), Some(kind))
    }

    fn with_info(info: MechanismInfo, binding: Option<ChannelBindingType>) -> Self {
        let info = info.uses::<HtToken>().asks(LookupKind::custom(H::LOOKUP));
        Self {
            info,
            binding,
            hash: PhantomData,
        }
    }

    /// The draft's `cb-data`: of one type and no other, and nothing for `-NONE`.
    fn binding_data(&self, cx: &SelectCx<'_>) -> Result<Vec<u8>, Unavailable> {
        let Some(kind) = self.binding else {
            return Ok(Vec::new());
        };
        let binding = cx.channel().binding(kind);
        binding
            .map(|binding| binding.data().to_vec())
            .filter(|data| !data.is_empty())
            .ok_or(Unavailable::NoChannelBinding)
    }
}

impl<H> Clone for Ht<H> {
    fn clone(&self) -> Self {
        Self {
            info: self.info.clone(),
            binding: self.binding,
            hash: PhantomData,
        }
    }
}

impl<H> fmt::Debug for Ht<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ht").field(&self.info).finish()
    }
}

impl<H: HtHash> Mechanism for Ht<H> {
    fn info(&self) -> &MechanismInfo {
        &self.info
    }

    fn available(&self, cx: &SelectCx<'_>) -> Result<(), Unavailable> {
        self.binding_data(cx)?;
        let Some(credentials) = cx.credentials() else {
            return Ok(());
        };
        let issued_for = cx.credential::<HtToken>()?.mechanism();
        if issued_for != self.info.name() {
            let reason = format!("the token in hand was issued for {issued_for}");
            return Err(Unavailable::Other(reason));
        }
        if credentials.authzid().is_some() {
            let reason = "it carries no authorization identity".to_owned();
            return Err(Unavailable::Other(reason));
        }
        Ok(())
    }

    fn client(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        let (token, binding) = (cx.credential::<HtToken>()?.clone(), self.binding_data(cx)?);
        Ok(Box::new(client::Client::<H>::new(token, binding)))
    }

    fn server(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        let (name, binding) = (self.info.name().clone(), self.binding_data(cx)?);
        let kind = LookupKind::custom(H::LOOKUP);
        let config = cx.server().ok_or(Unavailable::Lookup(kind))?.clone();
        Ok(Box::new(server::Server::<H>::new(name, binding, config)))
    }
}
