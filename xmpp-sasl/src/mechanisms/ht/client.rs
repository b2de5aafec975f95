//! The client's side.

use std::marker::PhantomData;

use subtle::ConstantTimeEq;

use super::hash::{self, HtHash, Role};
use super::token::HtToken;
use crate::error::{LoginError, Malformed, MutualAuthError};
use crate::mechanism::{ClientExchange, ClientStep};
use crate::prep::{self, PrepareError};

pub(super) struct Client<H> {
    token: HtToken,
    binding: Vec<u8>,
    /// The server's proof came in a challenge, where a success carries no data.
    verified: bool,
    hash: PhantomData<fn() -> H>,
}

impl<H: HtHash> Client<H> {
    pub(super) fn new(token: HtToken, binding: Vec<u8>) -> Self {
        Self {
            token,
            binding,
            verified: false,
            hash: PhantomData,
        }
    }

    /// `responder-msg := HMAC(token, "Responder" || cb-data)`
    fn verify(&self, shown: &[u8]) -> Result<(), LoginError> {
        let token = self.token.token().as_bytes();
        let right = hash::hashed::<H>(token, Role::Responder, &self.binding);
        if bool::from(shown.ct_eq(&right)) {
            Ok(())
        } else {
            Err(MutualAuthError::Wrong.into())
        }
    }
}

impl<H: HtHash> ClientExchange for Client<H> {
    fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        let authcid = prep::name(self.token.authcid())?;
        let token = self.token.token().as_bytes();
        if token.is_empty() {
            return Err(PrepareError::Empty.into());
        }
        if authcid.contains('\0') {
            return Err(PrepareError::Prohibited.into());
        }
        // initiator-msg = authcid NUL initiator-hashed-token
        let mut message = authcid.into_owned().into_bytes();
        message.push(0);
        message.extend(hash::hashed::<H>(token, Role::Initiator, &self.binding).iter());
        Ok(Some(message))
    }

    fn challenge(&mut self, data: &[u8]) -> Result<ClientStep, LoginError> {
        if self.verified {
            return Err(Malformed::UnexpectedData.into());
        }
        self.verify(data)?;
        self.verified = true;
        Ok(ClientStep::Respond(Vec::new()))
    }

    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        match data.unwrap_or_default() {
            [] if self.verified => Ok(()),
            // SAS-5: a success without the server's proof is no success.
            [] => Err(MutualAuthError::Missing.into()),
            _ if self.verified => Err(Malformed::UnexpectedData.into()),
            shown => self.verify(shown),
        }
    }
}
