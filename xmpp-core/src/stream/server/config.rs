//! What a server's sessions have in common.

use std::time::Duration;

use crate::{
    BareJid, JidError,
    sasl::{self, LookupKind, Registry},
    xml::{Element, Limits},
};

/// What a server's sessions have in common. Share it in an `Arc`.
///
/// ```
/// use xmpp_core::stream::ServerConfig;
/// // A public chat: anybody may log in, on a loopback listener without TLS.
/// let config = ServerConfig::new("chat.example")?.allow_anonymous().require_tls(false);
/// # let _ = config;
/// # Ok::<(), xmpp_core::JidError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ServerConfig {
    pub(super) domains: Vec<BareJid>,
    pub(super) lang: String,
    pub(super) registry: Registry,
    pub(super) sasl: sasl::ServerConfig,
    pub(super) require_tls: bool,
    pub(super) login_timeout: Duration,
    pub(super) close_timeout: Duration,
    pub(super) max_attempts: u32,
    pub(super) max_backlog: usize,
    pub(super) limits_before_login: Limits,
    pub(super) limits: Limits,
    pub(super) features: Vec<Element>,
    pub(super) idle: Option<Duration>,
}

impl ServerConfig {
    /// A server of `domain` where nobody can log in yet: say [`allow_anonymous`](Self::allow_anonymous),
    /// [`with_sasl`](Self::with_sasl), or both. It has no accounts, and so no secret to hide unknown users with.
    ///
    /// # Errors
    ///
    /// [`JidError`] when `domain` is no domainpart.
    pub fn new(domain: &str) -> Result<Self, JidError> {
        Ok(Self {
            domains: vec![BareJid::from_parts(None, domain)?],
            lang: "en".to_owned(),
            registry: Registry::default(),
            sasl: sasl::ServerConfig::without_secret(),
            require_tls: true,
            login_timeout: Duration::from_mins(1),
            close_timeout: Duration::from_secs(5),
            max_attempts: 5,
            max_backlog: 4 * 1024 * 1024,
            limits_before_login: Limits::SERVER_BEFORE_LOGIN,
            limits: Limits::SERVER_FROM_CLIENT,
            features: Vec::new(),
            idle: None,
        })
    }

    /// Serves `domain` too. The first domain speaks in errors that concern none.
    ///
    /// # Errors
    ///
    /// [`JidError`] when `domain` is no domainpart.
    pub fn with_domain(mut self, domain: &str) -> Result<Self, JidError> {
        self.domains.push(BareJid::from_parts(None, domain)?);
        Ok(self)
    }

    /// The mechanisms, and the lookups that the caller answers when
    /// [`ServerEvent::Lookup`](super::ServerEvent::Lookup) asks. Replaces the registry of all mechanisms.
    ///
    /// A server with accounts makes `config` by [`sasl::ServerConfig::new`], which asks for the secret that hides
    /// unknown users; without one neither PLAIN nor SCRAM is offered. Lookups name users in the form of a localpart
    /// (`Alice` is `alice`), unless `config` prepares user names in another way.
    #[must_use]
    pub fn with_sasl(mut self, registry: Registry, config: sasl::ServerConfig) -> Self {
        let anonymous = self.sasl.can_answer(&LookupKind::ANONYMOUS);
        self.registry = registry;
        self.sasl = if config.prepares_usernames() {
            config
        } else {
            config.with_username_preparation(localpart)
        };
        if anonymous {
            self = self.allow_anonymous();
        }
        self
    }

    /// Anybody may log in without an account, under a random localpart (XEP-0175). Sessions answer the lookup of
    /// such a login themselves.
    #[must_use]
    pub fn allow_anonymous(mut self) -> Self {
        self.sasl = self.sasl.answers([LookupKind::ANONYMOUS]);
        self
    }

    /// Whether a login needs a confidential channel. Default `true`. What shows a password to whoever listens is
    /// never offered without one.
    #[must_use]
    pub fn require_tls(mut self, required: bool) -> Self {
        self.require_tls = required;
        self
    }

    /// The language of the server's texts. Default `en`.
    #[must_use]
    pub fn with_lang(mut self, lang: impl Into<String>) -> Self {
        self.lang = lang.into();
        self
    }

    /// How long a peer has to log in and bind, from the beginning on. Default 60 s.
    #[must_use]
    pub fn with_login_timeout(mut self, timeout: Duration) -> Self {
        self.login_timeout = timeout;
        self
    }

    /// How long the peer's end of the stream is awaited after ours. Default 5 s.
    #[must_use]
    pub fn with_close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// Failed logins, and refused binds, on one stream. Default 5.
    #[must_use]
    pub fn with_max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Bytes of stanzas that may wait to be fetched; a session whose peer reads too slowly ends with
    /// `resource-constraint` instead of growing. Default 4 MiB.
    #[must_use]
    pub fn with_max_backlog(mut self, bytes: usize) -> Self {
        self.max_backlog = bytes;
        self
    }

    /// What a peer may send before and after it has logged in; both are advertised (XEP-0478). Default
    /// [`Limits::SERVER_BEFORE_LOGIN`] and [`Limits::SERVER_FROM_CLIENT`].
    #[must_use]
    pub fn with_limits(mut self, before_login: Limits, after_login: Limits) -> Self {
        self.limits_before_login = before_login;
        self.limits = after_login;
        self
    }

    /// Adds a feature to those that are offered after login, such as entity capabilities (XEP-0115 §6.3).
    #[must_use]
    pub fn with_feature(mut self, feature: Element) -> Self {
        self.features.push(feature);
        self
    }

    /// After what time without traffic from the peer the transport looks whether it is alive, or ends: advertised in
    /// whole seconds (XEP-0478). It is the caller's transport that does so. Default: nothing is said.
    #[must_use]
    pub fn with_idle(mut self, idle: Duration) -> Self {
        self.idle = Some(idle);
        self
    }

    /// The domains served here, the default one first.
    pub fn domains(&self) -> &[BareJid] {
        &self.domains
    }

    /// The domain in whose name a session speaks that was asked for none.
    pub(super) fn default_domain(&self) -> &BareJid {
        // `new` puts one in and nothing takes one out.
        &self.domains[0]
    }
}

/// RFC 7622 §3.3: a user name as the part of the address that it becomes (SAS-12).
fn localpart(name: &str) -> Option<String> {
    let jid = BareJid::from_parts(Some(name), "localhost").ok()?;
    jid.local().map(str::to_owned)
}
