//! Users log in under names of their own. By tokens of a site (single sign-on): some are signed, which is looked at here; others
//! only the site knows, which is asked. By certificates (EXTERNAL), which TLS has verified.

mod names;
mod spent;

use std::{collections::HashMap, fmt};

use xmpp_core::{
    BareJid, Random, Timestamp,
    sasl::{
        self, Lookup, LookupKind, Refusal, Registry,
        tokens::{TokenError, TokenVerifier},
    },
    stream::{LookupId, ServerConfig},
};
use zeroize::Zeroizing;

use self::spent::Spent;
use super::{Hub, Output, client::Key};
use crate::HostSettings;

/// Questions to the site under way at a time. What comes beyond is told to come back.
const MAX_QUESTIONS: usize = 64;
/// What no token is longer than.
const MAX_TOKEN: usize = 4096;

/// Names a question to the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CheckId(u64);

/// A token that only the site knows. It does not print, and is wiped when dropped.
pub struct TokenQuestion {
    /// What the answer is given under.
    pub id: CheckId,
    /// The token.
    pub token: Zeroizing<String>,
}

impl fmt::Debug for TokenQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenQuestion")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// What the site says of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is good, and belongs to this user.
    Good {
        /// The user's name at the site.
        subject: String,
    },
    /// It is not good.
    Refused,
    /// The site said nothing that could be understood, or nothing in time.
    Unavailable,
}

/// How users log in under names of their own, if they do.
#[derive(Debug)]
pub(super) struct SignOn {
    domain: String,
    /// What tokens and certificates are taken by, where anything is configured.
    sasl: Option<sasl::ServerConfig>,
    /// Whether anonymous visitors are let in.
    anonymous: bool,
    verifier: Option<TokenVerifier>,
    /// Where signed tokens are good once.
    spent: Option<Spent>,
    /// Whether the site can be asked.
    asks: bool,
    questions: HashMap<CheckId, Question>,
    last: u64,
}

/// A login that waits for the site.
#[derive(Debug)]
struct Question {
    session: Key,
    lookup: LookupId,
    shown: Shown,
}

/// How a token was shown.
#[derive(Clone, Debug)]
enum Shown {
    /// As what it is (OAUTHBEARER, X-OAUTH2): it says whose it is.
    Token,
    /// As the password of that user (PLAIN).
    Password(String),
}

impl SignOn {
    pub(super) fn new(settings: &HostSettings, random: &mut dyn Random) -> Self {
        let on = settings.sign_on.as_ref();
        let mut kinds = Vec::new();
        if on.is_some_and(crate::SignOn::takes_tokens) {
            kinds.extend([LookupKind::TOKEN, LookupKind::PASSWORD]);
        }
        if settings.client_ca().is_some() {
            kinds.push(LookupKind::EXTERNAL);
        }
        let sasl = (!kinds.is_empty()).then(|| {
            // Hides which users there are, which SASL wants where passwords are checked.
            let mut secret = [0; 32];
            random.fill(&mut secret);
            sasl::ServerConfig::new(secret).answers(kinds)
        });
        let keys = on.map(crate::SignOn::token_keys).unwrap_or_default();
        let verifier = on.filter(|_| !keys.is_empty()).map(|on| {
            keys.into_iter().fold(
                TokenVerifier::new(&on.audience, &settings.domain).with_max_length(MAX_TOKEN),
                TokenVerifier::with_key,
            )
        });
        Self {
            domain: settings.domain.clone(),
            sasl,
            anonymous: on.is_none_or(|on| on.anonymous),
            verifier,
            spent: on.filter(|on| on.one_time).map(|_| Spent::default()),
            asks: on.is_some_and(|on| on.check.is_some()),
            questions: HashMap::new(),
            last: 0,
        }
    }

    /// Adds what may be logged in by where everybody comes in. Tokens are offered on confidential channels only, EXTERNAL where
    /// the channel names a user of this domain: SASL sees to that.
    pub(super) fn offer(&self, mut config: ServerConfig) -> ServerConfig {
        if let Some(sasl) = &self.sasl {
            config = config.with_sasl(Registry::default(), sasl.clone());
        }
        if self.anonymous {
            config = config.allow_anonymous();
        }
        config
    }

    /// The answer to who has shown a certificate with this address. That it is one of this domain the session has seen to.
    fn known(&self, address: &str, session: Key) -> sasl::Answer {
        let jid = BareJid::new(address);
        let name = jid.as_ref().ok().and_then(BareJid::local);
        match names::check(name.unwrap_or_default(), &self.domain) {
            Ok(()) => sasl::Answer::Accept,
            Err(reason) => {
                tracing::debug!(
                    session = session.0,
                    "a certificate is for a name that is {reason}"
                );
                sasl::Answer::Refuse(Refusal::WrongCredentials)
            }
        }
    }

    /// The answer to a token, or a question to the site.
    fn judge(
        &mut self,
        now: Timestamp,
        token: &str,
        shown: Shown,
        (session, lookup): (Key, LookupId),
    ) -> Judged {
        let is_signed = token.split('.').count() == 3;
        match &self.verifier {
            Some(verifier) if is_signed || !self.asks => {
                let judged = Self::verify(
                    verifier,
                    self.spent.as_mut(),
                    &self.domain,
                    now,
                    token,
                    &shown,
                );
                Judged::Answer(judged.unwrap_or_else(|refusal| {
                    tracing::debug!(session = session.0, reason = %refusal, "a signed token is refused");
                    sasl::Answer::Refuse(refusal.refusal())
                }))
            }
            _ if !self.asks || token.is_empty() || token.len() > MAX_TOKEN => {
                Judged::Answer(sasl::Answer::Refuse(Refusal::WrongCredentials))
            }
            _ if self.questions.len() >= MAX_QUESTIONS => {
                tracing::warn!("too many tokens are being asked about at the site");
                Judged::Answer(sasl::Answer::Refuse(Refusal::Unavailable))
            }
            _ => {
                self.last += 1;
                let id = CheckId(self.last);
                let question = Question {
                    session,
                    lookup,
                    shown,
                };
                self.questions.insert(id, question);
                let token = Zeroizing::new(token.to_owned());
                Judged::Ask(TokenQuestion { id, token })
            }
        }
    }

    /// Last of all, a token that is good once is used up: one that opens nothing stays what it was.
    fn verify(
        verifier: &TokenVerifier,
        spent: Option<&mut Spent>,
        domain: &str,
        now: Timestamp,
        token: &str,
        shown: &Shown,
    ) -> Result<sasl::Answer, Refused> {
        let good = verifier.verify(token, now)?;
        names::check(good.subject(), domain).map_err(Refused::Name)?;
        let answer = answer(good.subject(), shown).ok_or(Refused::Other)?;
        if let Some(spent) = spent {
            let id = good.id().ok_or(TokenError::Missing("jti"))?;
            match spent.spend(now, id, good.remember_until()) {
                Some(true) => {}
                Some(false) => return Err(TokenError::Used.into()),
                None => return Err(Refused::Memory),
            }
        }
        Ok(answer)
    }
}

/// What becomes of a token.
enum Judged {
    Answer(sasl::Answer),
    Ask(TokenQuestion),
}

/// Why a signed token opens nothing.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("its subject is {0}")]
    Name(&'static str),
    #[error("shown by another user")]
    Other,
    #[error("too many used tokens have to be remembered")]
    Memory,
}

impl Refused {
    fn refusal(&self) -> Refusal {
        match self {
            Self::Token(error) => error.refusal(),
            Self::Name(_) | Self::Other => Refusal::WrongCredentials,
            Self::Memory => Refusal::Unavailable,
        }
    }
}

/// The answer to a good token of `subject`, which may sign on; `None` where somebody else showed it.
fn answer(subject: &str, shown: &Shown) -> Option<sasl::Answer> {
    match shown {
        Shown::Token => Some(sasl::Answer::Grant {
            authcid: subject.to_owned(),
        }),
        Shown::Password(user) => (user == subject).then_some(sasl::Answer::Accept),
    }
}

impl Hub {
    /// A session wants to log in with something that has to be looked up.
    pub(super) fn look_up(&mut self, key: Key, id: LookupId, lookup: &Lookup) {
        let (token, shown) = match lookup {
            Lookup::Token(check) => (check.token(), Shown::Token),
            Lookup::Password(check) => {
                let user = check.authcid().to_owned();
                (check.password(), Shown::Password(user))
            }
            Lookup::External { name } => {
                let answer = self.sign_on.known(name, key);
                return self.resolve(key, id, answer);
            }
            _ => {
                let answer = self.admin.answer(lookup);
                return self.resolve(key, id, answer);
            }
        };
        match self.sign_on.judge(self.now, token, shown, (key, id)) {
            Judged::Answer(answer) => self.resolve(key, id, answer),
            Judged::Ask(question) => self.outputs.push_back(Output::CheckToken(question)),
        }
    }

    /// What the site says of a token. It is of no consequence when nobody waits for it any more.
    pub fn handle_checked(&mut self, now: Timestamp, id: CheckId, checked: Checked) {
        self.at(now);
        let Some(question) = self.sign_on.questions.remove(&id) else {
            return;
        };
        let wrong = sasl::Answer::Refuse(Refusal::WrongCredentials);
        let answer = match checked {
            Checked::Good { subject } => match names::check(&subject, &self.sign_on.domain) {
                Ok(()) => answer(&subject, &question.shown).unwrap_or(wrong),
                Err(reason) => {
                    tracing::debug!(
                        session = question.session.0,
                        "the site vouches for a name that is {reason}"
                    );
                    wrong
                }
            },
            Checked::Refused => wrong,
            Checked::Unavailable => sasl::Answer::Refuse(Refusal::Unavailable),
        };
        self.resolve(question.session, question.lookup, answer);
    }

    /// Answers a login.
    fn resolve(&mut self, key: Key, id: LookupId, answer: sasl::Answer) {
        if let Some(client) = self.clients.get_mut(&key)
            && let Err(error) = client.session_mut().resolve(id, answer)
        {
            // It may have given up meanwhile.
            tracing::debug!(session = key.0, %error, "login");
        }
        self.mark(key);
    }
}
