//! The mechanisms of a program, and the choice among them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use crate::channel::ChannelSecurity;
use crate::client::ClientLogin;
use crate::credentials::Credentials;
use crate::error::Failure;
use crate::explain::{Decision, Explanation, NoMechanism, Verdict};
use crate::info::{MechanismInfo, MechanismName, Side};
use crate::mechanism::Mechanism;
use crate::mechanisms::{self, Plain, Scram, ScramSha1};
use crate::pin::Pin;
use crate::policy::Policy;
use crate::random::Random;
use crate::select::{Contradiction, SelectCx};
use crate::server::ServerLogin;
use crate::unavailable::Unavailable;

/// The mechanisms that a program knows, with a [`Policy`].
///
/// Cloning is cheap. A mechanism registered later replaces one of the same name.
#[derive(Clone)]
pub struct Registry {
    mechanisms: Vec<Registered>,
    policy: Policy,
}

impl Default for Registry {
    /// Every mechanism of this crate, ordered by strength:
    ///
    /// | priority | mechanism |
    /// |---|---|
    /// | 90 | EXTERNAL |
    /// | 86, 85, 84 | HT-SHA-256-EXPR, -UNIQ, -ENDP: a token that is made for this, one round trip, channel binding |
    /// | 82, 81, 80 | SCRAM-SHA-512-PLUS, -256-PLUS, -1-PLUS |
    /// | 75 | HT-SHA-256-NONE |
    /// | 72, 71, 70 | SCRAM-SHA-512, -256, -1 |
    /// | 40, 30 | OAUTHBEARER, X-OAUTH2 |
    /// | 30 | DIGEST-MD5, with the feature `digest-md5` |
    /// | 20 | PLAIN |
    /// | 10 | ANONYMOUS |
    fn default() -> Self {
        let mut all = Self::new();
        for mechanism in mechanisms::all() {
            all.add(mechanism);
        }
        all
    }
}

impl Registry {
    /// No mechanism.
    pub fn new() -> Self {
        Self {
            mechanisms: Vec::new(),
            policy: Policy::new(),
        }
    }

    /// The mechanisms of Strophe.js 1.2.9 that are here, with its priorities: EXTERNAL 60, OAUTHBEARER 50,
    /// SCRAM-SHA-1 40, with its feature DIGEST-MD5 30, PLAIN 20, ANONYMOUS 10.
    pub fn strophe_1_2_9() -> Self {
        let policy = [
            ("EXTERNAL", 60),
            ("OAUTHBEARER", 50),
            ("SCRAM-SHA-1", 40),
            ("DIGEST-MD5", 30),
            ("PLAIN", 20),
            ("ANONYMOUS", 10),
        ]
        .into_iter()
        .fold(Policy::new(), |policy, (name, priority)| {
            policy.priority(name, priority)
        });
        let registry = Self::new()
            .with(mechanisms::ExternalMechanism::new())
            .with(mechanisms::OauthBearer::new())
            .with(Scram::<ScramSha1>::new());
        #[cfg(feature = "digest-md5")]
        let registry = registry.with(mechanisms::DigestMd5::new());
        registry
            .with(Plain::new())
            .with(mechanisms::AnonymousMechanism::new())
            .with_policy(policy)
    }

    /// Adds a mechanism.
    pub fn register(&mut self, mechanism: impl Mechanism + 'static) {
        self.add(Arc::new(mechanism));
    }

    fn add(&mut self, mechanism: Arc<dyn Mechanism>) {
        let info = mechanism.info();
        let sides = [Side::Client, Side::Server].map(|side| info.works_on(side));
        for earlier in &mut self.mechanisms {
            if earlier.mechanism.info().name() == info.name() {
                earlier.client &= !sides[0];
                earlier.server &= !sides[1];
            }
        }
        self.mechanisms.retain(|known| known.client || known.server);
        self.mechanisms.push(Registered {
            client: sides[0],
            server: sides[1],
            mechanism,
        });
    }

    /// Adds a mechanism.
    #[must_use]
    pub fn with(mut self, mechanism: impl Mechanism + 'static) -> Self {
        self.register(mechanism);
        self
    }

    /// Sets the policy for every session that brings none of its own.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The policy for every session that brings none of its own.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the mechanisms of `side` say about themselves, in the order of registration.
    pub fn infos(&self, side: Side) -> impl Iterator<Item = &MechanismInfo> {
        self.on(side).map(|mechanism| mechanism.info())
    }

    /// Servers: the mechanisms to offer, the preferred one first.
    ///
    /// ```
    /// use xmpp_sasl::{ChannelSecurity, LookupKind, Registry, SelectCx, ServerConfig};
    ///
    /// let registry = Registry::default();
    /// let config = ServerConfig::new([7; 32])
    ///     .answers([LookupKind::PASSWORD, LookupKind::SCRAM_SHA_256]);
    /// let tls = ChannelSecurity::tls();
    /// let cx = SelectCx::new(&tls).with_server(&config);
    /// assert_eq!(registry.offered(&cx), ["SCRAM-SHA-256", "PLAIN"]);
    /// // Nobody shows a password in clear:
    /// let cx = SelectCx::new(&ChannelSecurity::Plain).with_server(&config);
    /// assert_eq!(registry.offered(&cx), ["SCRAM-SHA-256"]);
    /// ```
    pub fn offered(&self, cx: &SelectCx<'_>) -> Vec<MechanismName> {
        let cx = cx.or_policy(&self.policy);
        self.rank(Side::Server, &cx)
            .candidates
            .iter()
            .map(|mechanism| mechanism.info().name().clone())
            .collect()
    }

    /// Servers: begins the login that a client asks for by the name of a mechanism. Give the same `cx` as
    /// to [`offered`](Self::offered).
    ///
    /// # Errors
    ///
    /// [`Failure::InvalidMechanism`], or why the mechanism is not offered here:
    /// [`Failure::EncryptionRequired`], [`Failure::MechanismTooWeak`].
    pub fn begin(
        &self,
        mechanism: &str,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<ServerLogin, Failure> {
        let mut cx = cx.or_policy(&self.policy);
        let ranking = self.rank(Side::Server, &cx);
        let Some(chosen) = ranking
            .candidates
            .iter()
            .find(|candidate| candidate.info().name() == mechanism)
        else {
            let reason = ranking
                .refused
                .into_iter()
                .find(|(known, _)| known.info().name() == mechanism);
            return Err(match reason {
                Some((_, Unavailable::NotConfidential)) => Failure::EncryptionRequired,
                Some((_, Unavailable::TooWeak { .. })) => Failure::MechanismTooWeak,
                _ => Failure::InvalidMechanism,
            });
        };
        let names: Vec<&str> = ranking
            .candidates
            .iter()
            .map(|candidate| candidate.info().name().as_str())
            .collect();
        cx.offered = &names;
        let exchange = chosen
            .server(&cx, random)
            .map_err(|_| Failure::InvalidMechanism)?;
        Ok(ServerLogin::new(Arc::clone(chosen), exchange))
    }

    /// Clients: begins a login by the best of the mechanisms that the server offers.
    ///
    /// # Errors
    ///
    /// [`NoMechanism`], which explains itself, if none may be used.
    pub fn select(
        &self,
        offered: &[impl AsRef<str>],
        credentials: &Credentials,
        cx: &SelectCx<'_>,
        random: &mut dyn Random,
    ) -> Result<ClientLogin, NoMechanism> {
        let names: Vec<&str> = offered.iter().map(AsRef::as_ref).collect();
        let cx = self.client_cx(&names, credentials, cx);
        let mut ranking = self.rank(Side::Client, &cx);
        while let Some(best) = ranking.candidates.first() {
            match best.client(&cx, random) {
                Ok(exchange) => {
                    let best = Arc::clone(best);
                    return Ok(ClientLogin::new(best, ranking.explain(&cx), exchange));
                }
                Err(reason) => {
                    let best = ranking.candidates.remove(0);
                    ranking.refused.insert(0, (best, reason));
                }
            }
        }
        Err(NoMechanism {
            explanation: ranking.explain(&cx),
        })
    }

    /// Clients: which of the offered mechanisms would be used, and why no other.
    ///
    /// ```
    /// use xmpp_sasl::{ChannelSecurity, Credentials, Registry, SelectCx};
    ///
    /// let registry = Registry::default();
    /// let cx = SelectCx::new(&ChannelSecurity::Plain);
    /// let offered = ["PLAIN", "SCRAM-SHA-1", "X-OTHER"];
    /// let explanation = registry.explain(&offered, &Credentials::password("juliet", "secret"), &cx);
    /// let text = explanation.to_string();
    /// assert!(text.starts_with("SCRAM-SHA-1 (priority 70): chosen\n"));
    /// assert!(text.contains("\nPLAIN (priority 20): refused: the channel is not confidential"));
    /// assert!(text.ends_with("\nX-OTHER: not registered here"));
    /// ```
    pub fn explain(
        &self,
        offered: &[impl AsRef<str>],
        credentials: &Credentials,
        cx: &SelectCx<'_>,
    ) -> Explanation {
        let names: Vec<&str> = offered.iter().map(AsRef::as_ref).collect();
        let cx = self.client_cx(&names, credentials, cx);
        self.rank(Side::Client, &cx).explain(&cx)
    }

    /// Servers: which of the registered mechanisms are offered, and why the others are not.
    pub fn explain_offer(&self, cx: &SelectCx<'_>) -> Explanation {
        let cx = cx.or_policy(&self.policy);
        self.rank(Side::Server, &cx).explain_offer(&cx)
    }

    fn client_cx<'a>(
        &'a self,
        offered: &'a [&'a str],
        credentials: &'a Credentials,
        cx: &SelectCx<'a>,
    ) -> SelectCx<'a> {
        let mut cx = cx.or_policy(&self.policy);
        cx.offered = offered;
        cx.credentials = Some(credentials);
        cx.binding_usable = self.on(Side::Client).any(|mechanism| {
            mechanism.info().needs_channel_binding()
                && self
                    .permitted(mechanism.as_ref(), Side::Client, &cx)
                    .is_ok()
        });
        // CB-3, CB-4: only where binding would be used if the offer were another.
        let would_bind = |mechanism: &Arc<dyn Mechanism>| {
            let verdict = self.permitted(mechanism.as_ref(), Side::Client, &cx);
            mechanism.info().needs_channel_binding()
                && matches!(verdict, Ok(()) | Err(Unavailable::NoChannelBinding))
        };
        let all = cx.whole_offer().iter().chain(cx.offered());
        let binds = all.into_iter().any(|&name| {
            let mut known = self.on(Side::Client).map(|known| known.info());
            let is_it =
                |known: &MechanismInfo| known.needs_channel_binding() && known.name() == name;
            name.ends_with("-PLUS") || known.any(is_it)
        });
        cx.contradiction = cx
            .find_contradiction(binds)
            .filter(|_| self.on(Side::Client).any(would_bind));
        cx
    }

    /// The mechanisms of `side`.
    fn on(&self, side: Side) -> impl Iterator<Item = &Arc<dyn Mechanism>> {
        self.mechanisms
            .iter()
            .filter(move |known| match side {
                Side::Client => known.client,
                Side::Server => known.server,
            })
            .map(|known| &known.mechanism)
    }

    fn rank(&self, side: Side, cx: &SelectCx<'_>) -> Ranking<'_> {
        let mut candidates = Vec::new();
        let mut refused = Vec::with_capacity(self.mechanisms.len());
        for mechanism in self.on(side) {
            let name = mechanism.info().name();
            let verdict = if side == Side::Client && !cx.offered().contains(&name.as_str()) {
                Err(Unavailable::NotOffered)
            } else {
                self.permitted(mechanism.as_ref(), side, cx)
            };
            match verdict {
                Ok(()) => candidates.push(mechanism),
                Err(reason) => refused.push((mechanism, reason)),
            }
        }
        // Stable: of equals the one registered first.
        candidates.sort_by_key(|mechanism| {
            let info = mechanism.info();
            std::cmp::Reverse((cx.policy().priority_of(info), info.strength()))
        });
        after_scram(&mut candidates);
        Ranking {
            candidates,
            refused,
        }
    }

    /// The rule above all orders.
    fn permitted(
        &self,
        mechanism: &dyn Mechanism,
        side: Side,
        cx: &SelectCx<'_>,
    ) -> Result<(), Unavailable> {
        let info = mechanism.info();
        let policy = cx.policy();
        if policy.is_denied(info.name()) {
            return Err(Unavailable::Denied);
        }
        if !policy.is_allowed(info.name()) {
            return Err(Unavailable::NotAllowed);
        }
        match side {
            Side::Client => {
                let kinds = info.credentials();
                let in_hand = |kind| cx.credentials().is_some_and(|known| known.has(kind));
                if !kinds.is_empty() && !kinds.iter().any(|&kind| in_hand(kind)) {
                    return Err(Unavailable::Credentials {
                        needs: kinds.to_vec(),
                    });
                }
            }
            Side::Server => {
                let can_answer = |kind| cx.server().is_some_and(|server| server.can_answer(kind));
                if let Some(kind) = info.lookups().iter().find(|kind| !can_answer(kind)) {
                    return Err(Unavailable::Lookup(kind.clone()));
                }
            }
        }
        if info.needs_confidentiality() && !cx.channel().is_confidential() {
            return Err(Unavailable::NotConfidential);
        }
        if info.needs_channel_binding() && cx.binding().is_none() {
            return Err(match cx.channel() {
                ChannelSecurity::Tls(tls) if tls.lacks_only_unique() => Unavailable::TlsUnique,
                _ => Unavailable::NoChannelBinding,
            });
        }
        match cx.contradiction {
            None => {}
            // XEP-0474 §7: the types may be true, which the server's signature tells before anything is proven.
            Some(Contradiction::ForeignTypes) if info.can_sign_offer() => {}
            Some(_) => return Err(Unavailable::ChannelBindingHidden),
        }
        if info.strength() < policy.minimum() {
            let (strength, minimum) = (info.strength(), policy.minimum());
            return Err(Unavailable::TooWeak { strength, minimum });
        }
        if side == Side::Client {
            if policy.requires_mutual_authentication() && !info.authenticates_server() {
                return Err(Unavailable::NotMutual);
            }
            if policy.requires_signed_offer() && !info.can_sign_offer() {
                return Err(Unavailable::UnsignedOffer);
            }
            let pinned = policy.pinned();
            if let Some(pin) = pinned.filter(|pin| self.is_weaker(info, pin)) {
                return Err(Unavailable::Pinned {
                    pinned: pin.mechanism().to_owned(),
                });
            }
            if info.is_opt_in() && !policy.has_opted_in(info.name()) {
                return Err(Unavailable::NotOptedIn);
            }
        }
        mechanism.available(cx)
    }

    fn is_weaker(&self, info: &MechanismInfo, pin: &Pin) -> bool {
        let known = || {
            self.on(Side::Client)
                .map(|known| known.info())
                .find(|known| known.name() == pin.mechanism())
                .map(MechanismInfo::strength)
        };
        let before = pin.strength().or_else(known);
        info.name() != pin.mechanism() && before.is_none_or(|before| info.strength() < before)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self
            .mechanisms
            .iter()
            .map(|known| known.mechanism.info().name())
            .collect();
        f.debug_struct("Registry")
            .field("mechanisms", &names)
            .field("policy", &self.policy)
            .finish()
    }
}

/// DIGEST-MD5 comes after every SCRAM, whatever its priority (RFC 6331).
fn after_scram(candidates: &mut [&Arc<dyn Mechanism>]) {
    let mut names = candidates.iter().map(|known| known.info().name().as_str());
    let digest = names.clone().position(|name| name == "DIGEST-MD5");
    let scram = names.rposition(|name| name.starts_with("SCRAM-"));
    if let (Some(digest), Some(scram)) = (digest, scram)
        && digest < scram
    {
        candidates[digest..=scram].rotate_left(1);
    }
}

#[derive(Clone)]
struct Registered {
    mechanism: Arc<dyn Mechanism>,
    /// Whether it works on this side, and no later one of the same name does.
    client: bool,
    server: bool,
}

struct Ranking<'r> {
    /// The best one first.
    candidates: Vec<&'r Arc<dyn Mechanism>>,
    refused: Vec<(&'r Arc<dyn Mechanism>, Unavailable)>,
}

impl Ranking<'_> {
    fn explain(self, cx: &SelectCx<'_>) -> Explanation {
        // The offer is a peer's: it may be long, and the same name may stand in it again and again.
        let is_known = |name: &str| {
            let refused = self.refused.iter().map(|(mechanism, _)| mechanism);
            let mut known = self.candidates.iter().chain(refused);
            known.any(|known| known.info().name() == name)
        };
        let mut seen = BTreeSet::new();
        let mut unknown = cx.offered().to_vec();
        unknown.retain(|&name| !is_known(name) && seen.insert(name));
        let best = self
            .candidates
            .first()
            .map(|best| best.info().name().clone());
        let mut explanation = self.verdicts(cx, |name| match &best {
            Some(best) if best != name => Decision::Outranked { by: best.clone() },
            _ => Decision::Chosen,
        });
        let unknown = unknown.into_iter().map(|name| Verdict {
            mechanism: name.to_owned().into(),
            priority: None,
            decision: Decision::NotRegistered,
        });
        explanation.verdicts.extend(unknown);
        explanation
    }

    fn explain_offer(self, cx: &SelectCx<'_>) -> Explanation {
        self.verdicts(cx, |_| Decision::Chosen)
    }

    fn verdicts(
        self,
        cx: &SelectCx<'_>,
        decide: impl Fn(&MechanismName) -> Decision,
    ) -> Explanation {
        let verdict = |info: &MechanismInfo, decision| Verdict {
            mechanism: info.name().to_cow(),
            priority: Some(cx.policy().priority_of(info)),
            decision,
        };
        let chosen = self.candidates.into_iter().map(|candidate| {
            let info = candidate.info();
            verdict(info, decide(info.name()))
        });
        let refused = self
            .refused
            .into_iter()
            .map(|(mechanism, reason)| verdict(mechanism.info(), Decision::Refused(reason)));
        Explanation {
            verdicts: chosen.chain(refused).collect(),
        }
    }
}
