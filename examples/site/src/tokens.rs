//! What a site does for its users to be signed in to the chat: it makes tokens.

use std::{collections::HashMap, time::Duration};

use xmpp_core::{
    Timestamp,
    sasl::tokens::{TokenClaims, TokenSigner},
};

use crate::encode::random_name;

/// How long a token is good: the page shows it at once.
const LIFETIME: Duration = Duration::from_mins(1);
/// Opaque tokens at a time; the oldest go first, which have expired long before.
const MAX: usize = 10_000;

/// A signed token for `user`. Its id makes it good once, where the chat wants that (`sign-on-one-time`).
pub(crate) fn signed(signer: &TokenSigner, now: Timestamp, user: &str) -> String {
    let claims = TokenClaims::new(user, now.saturating_add(LIFETIME));
    signer.sign(&claims.with_id(random_name()))
}

/// The opaque tokens that were given out and not used.
#[derive(Debug, Default)]
pub(crate) struct Opaque(HashMap<String, Grant>);

/// Whose a token is, where it is good, and until when.
#[derive(Debug)]
struct Grant {
    user: String,
    domain: String,
    expiry: Timestamp,
}

impl Opaque {
    /// A token for `user`, good at the chat of `domain` and nowhere else.
    pub(crate) fn issue(&mut self, now: Timestamp, user: &str, domain: &str) -> String {
        self.0.retain(|_, grant| grant.expiry > now);
        if self.0.len() >= MAX {
            let oldest = self.0.iter().min_by_key(|(_, grant)| grant.expiry);
            if let Some(oldest) = oldest.map(|(token, _)| token.clone()) {
                self.0.remove(&oldest);
            }
        }
        let token = random_name();
        let grant = Grant {
            user: user.to_owned(),
            domain: domain.to_owned(),
            expiry: now.saturating_add(LIFETIME),
        };
        self.0.insert(token.clone(), grant);
        token
    }

    /// Whose `token` is, for the chat of `domain`. Whoever asks, it is gone then.
    pub(crate) fn redeem(&mut self, now: Timestamp, token: &str, domain: &str) -> Option<String> {
        let grant = self.0.remove(token)?;
        (grant.expiry > now && grant.domain == domain).then_some(grant.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opaque_token_is_good_once_for_a_minute_at_its_own_chat() {
        let at = |seconds: u64| Timestamp::from_millis(seconds * 1000);
        let mut opaque = Opaque::default();
        let token = opaque.issue(at(0), "juliet", "chat.example");
        assert_eq!(token.len(), 64);
        assert_eq!(opaque.redeem(at(59), "other", "chat.example"), None);
        let user = opaque.redeem(at(59), &token, "chat.example");
        assert_eq!(user.as_deref(), Some("juliet"));
        assert_eq!(opaque.redeem(at(59), &token, "chat.example"), None, "twice");
        let late = opaque.issue(at(0), "juliet", "chat.example");
        assert_eq!(opaque.redeem(at(60), &late, "chat.example"), None);
        let elsewhere = opaque.issue(at(0), "juliet", "chat.example");
        assert_eq!(opaque.redeem(at(0), &elsewhere, "evil.example"), None);
        for n in 0..=MAX {
            opaque.issue(at(1 + n as u64 % 2), "romeo", "chat.example");
        }
        assert_eq!(opaque.0.len(), MAX);
    }
}
