//! The tokens of one user at one client.

use super::{FastAttempt, FastPolicy, FastToken, IssuedToken};
use crate::error::Failure;
use crate::info::MechanismName;
use crate::lookup::Answer;
use crate::mechanisms::ht::{HtKey, HtTokens, HtUsed};
use crate::random::Random;
use crate::timestamp::Timestamp;

/// The tokens of one user at one client (XEP-0484 §5.1): the current one, and the next one while the client has
/// not shown that it got it. Store one for each user and user-agent id.
///
/// 1. After a full login that asks for a token: [`issue`](Self::issue), store, send.
/// 2. At a login by a token answer [`Lookup::HtTokens`](crate::Lookup::HtTokens) with
///    [`check`](Self::check).
/// 3. When it has succeeded, [`used`](Self::used) on the record *as it is then*, and store it before the
///    success is sent, in one transaction: of two logins with the same count one must lose.
///
/// ```
/// # use xmpp_sasl::*;
/// # struct Seven;
/// # impl Random for Seven { fn fill(&mut self, dest: &mut [u8]) { dest.fill(7) } }
/// # let mut random = Seven;
/// let policy = FastPolicy::new();
/// let now = Timestamp::from_millis(1_800_000_000_000);
/// let mut record = FastRecord::new();
/// let mechanism = MechanismName::from_static("HT-SHA-256-NONE");
/// let token = record.issue(mechanism, now, &policy, &mut random).into_credential("juliet");
///
/// // The next time:
/// let registry = Registry::default();
/// let tls = ChannelSecurity::tls();
/// let config = ServerConfig::without_secret().answers([LookupKind::HT_SHA_256]);
/// let cx = SelectCx::new(&tls).with_server(&config);
/// let credentials = Credentials::new().with(token);
/// let mut client = registry.select(&["HT-SHA-256-NONE"], &credentials, &cx, &mut random)?;
/// let mut server = registry.begin("HT-SHA-256-NONE", &cx, &mut random)?;
///
/// let attempt = FastAttempt::new();
/// let Outcome::Lookup(_) = server.start(client.initial()?.as_deref())? else { panic!() };
/// let Outcome::Success { data, .. } = server.resolve(record.check(now, &attempt))? else { panic!() };
/// let used = server.export::<HtUsed>().unwrap();
/// let next = record.used(used, now, &attempt, &policy, &mut random)?;
/// assert!(next.is_none(), "the token is young");
/// client.success(data.as_deref())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FastRecord {
    current: Option<FastToken>,
    next: Option<FastToken>,
}

impl FastRecord {
    /// No token.
    pub const fn new() -> Self {
        Self {
            current: None,
            next: None,
        }
    }

    /// A record from what was stored.
    pub const fn from_tokens(current: Option<FastToken>, next: Option<FastToken>) -> Self {
        Self { current, next }
    }

    /// The token that the client has used.
    pub fn current(&self) -> Option<&FastToken> {
        self.current.as_ref()
    }

    /// The token that was issued and has not been used.
    pub fn next(&self) -> Option<&FastToken> {
        self.next.as_ref()
    }

    /// Whether there is nothing to store.
    pub fn is_empty(&self) -> bool {
        self.current.is_none() && self.next.is_none()
    }

    /// Issues a token for `mechanism`. It replaces one that was issued before and never used; the current one
    /// stays good until this one is used.
    ///
    /// Only after the client has logged in fully, all factors included (XEP-0484 §3.3).
    pub fn issue(
        &mut self,
        mechanism: MechanismName,
        now: Timestamp,
        policy: &FastPolicy,
        random: &mut dyn Random,
    ) -> IssuedToken {
        let token = FastToken::issue(mechanism, now, policy, random);
        self.next.insert(token).issued_token()
    }

    /// The answer to [`Lookup::HtTokens`](crate::Lookup::HtTokens). A token that is too old, or an attempt that
    /// is not newer than the last one with it, is refused to whoever proves to have it.
    pub fn check(&self, now: Timestamp, attempt: &FastAttempt) -> Answer {
        let key = |token: &FastToken| -> HtKey {
            let key = token.key.clone();
            match token.refusal(now, attempt) {
                Some(refusal) => key.refused(refusal),
                None => key,
            }
        };
        let [current, next] = [&self.current, &self.next].map(|token| token.as_ref().map(key));
        Answer::HtTokens(HtTokens::new(current, next))
    }

    /// A login by the token `used` has succeeded. The others that are older end, the count is kept, and if the
    /// client asked for it or the token is due for rotation there is another one to send.
    ///
    /// # Errors
    ///
    /// What [`check`](Self::check) would say by now: the record has changed since, and the login fails after
    /// all. Nothing is changed.
    pub fn used(
        &mut self,
        used: &HtUsed,
        now: Timestamp,
        attempt: &FastAttempt,
        policy: &FastPolicy,
        random: &mut dyn Random,
    ) -> Result<Option<IssuedToken>, Failure> {
        let is_next = self.next.as_ref().is_some_and(|token| token.is(used));
        let slot = if is_next { &self.next } else { &self.current };
        let token = slot.as_ref().filter(|token| token.is(used));
        let mut token = token.cloned().ok_or(Failure::WrongCredentials)?;
        if let Some(refusal) = token.refusal(now, attempt) {
            return Err(refusal.into());
        }
        token.count = attempt.count.unwrap_or(token.count);
        let due = now.since(token.issued()) >= policy.rotation;
        let rotated = due.then(|| token.mechanism().clone());
        if attempt.invalidate {
            // Whoever logs out means every token of this client, one that it may not have got included.
            self.revoke();
        } else {
            // XEP-0484 §3.5: what ends earlier than this one ends now.
            let earlier = |other: &mut FastToken| is_next || other.expiry() < token.expiry();
            self.next.take_if(earlier);
            self.current = Some(token);
        }
        let wanted = match &attempt.request {
            Some(mechanism) => Some(mechanism.clone()),
            None => rotated.filter(|_| !attempt.invalidate),
        };
        Ok(wanted.map(|mechanism| self.issue(mechanism, now, policy, random)))
    }

    /// Ends every token: the password was changed, the client is no longer trusted.
    pub fn revoke(&mut self) {
        *self = Self::new();
    }

    /// Forgets tokens that are too old. They would be refused anyway; the client is then told
    /// `not-authorized` in place of `credentials-expired`.
    pub fn forget_expired(&mut self, now: Timestamp) {
        for slot in [&mut self.current, &mut self.next] {
            slot.take_if(|token| now >= token.expiry());
        }
    }
}
