//! What a client wants.

use std::time::Duration;

use crate::{
    BareJid, JidError,
    sasl::{Credentials, Policy, Registry},
    xml::Limits,
};

/// What a client wants: whom to be, where, and under which conditions.
///
/// ```
/// use xmpp_core::{BareJid, stream::ClientConfig};
/// let juliet: BareJid = "juliet@capulet.example".parse()?;
/// let config = ClientConfig::with_password(&juliet, "r0m30")?.with_resource("balcony");
/// let somebody = ClientConfig::anonymous("chat.example")?;
/// # let _ = (config, somebody);
/// # Ok::<(), xmpp_core::JidError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientConfig {
    pub(super) domain: BareJid,
    pub(super) account: Option<BareJid>,
    pub(super) credentials: Credentials,
    pub(super) registry: Registry,
    pub(super) policy: Policy,
    pub(super) resource: Option<String>,
    pub(super) lang: Option<String>,
    pub(super) require_tls: bool,
    pub(super) login_timeout: Duration,
    pub(super) close_timeout: Duration,
    pub(super) max_backlog: usize,
    pub(super) limits_before_login: Limits,
    pub(super) limits: Limits,
}

impl ClientConfig {
    /// A login at `domain` with `credentials`.
    ///
    /// # Errors
    ///
    /// [`JidError`] when `domain` is no domainpart.
    pub fn new(domain: &str, credentials: Credentials) -> Result<Self, JidError> {
        let registry = Registry::default();
        Ok(Self {
            domain: BareJid::from_parts(None, domain)?,
            account: None,
            credentials,
            policy: registry.policy().clone(),
            registry,
            resource: None,
            lang: None,
            require_tls: true,
            login_timeout: Duration::from_mins(1),
            close_timeout: Duration::from_secs(5),
            max_backlog: 4 * 1024 * 1024,
            limits_before_login: Limits::CLIENT_BEFORE_LOGIN,
            limits: Limits::CLIENT,
        })
    }

    /// A login without an account.
    ///
    /// # Errors
    ///
    /// [`JidError`] when `domain` is no domainpart.
    pub fn anonymous(domain: &str) -> Result<Self, JidError> {
        Self::new(domain, Credentials::anonymous())
    }

    /// A login as `account` with a password. Its localpart is the user name.
    ///
    /// # Errors
    ///
    /// [`JidError`] when `account` has no localpart.
    pub fn with_password(account: &BareJid, password: impl Into<String>) -> Result<Self, JidError> {
        let user = account
            .local()
            .ok_or(JidError::absent(crate::JidPart::Local))?;
        let mut config = Self::new(account.domain(), Credentials::password(user, password))?;
        config.account = Some(account.clone());
        Ok(config)
    }

    /// The mechanisms to choose from, with their policy. Replaces the registry of all mechanisms.
    #[must_use]
    pub fn with_registry(mut self, registry: Registry) -> Self {
        self.policy = registry.policy().clone();
        self.registry = registry;
        self
    }

    /// A policy in place of the registry's: the pin of the last login, for instance.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// The resourcepart to ask for. The server may give another.
    #[must_use]
    pub fn with_resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = Some(resource.into());
        self
    }

    /// The language of the user.
    #[must_use]
    pub fn with_lang(mut self, lang: impl Into<String>) -> Self {
        self.lang = Some(lang.into());
        self
    }

    /// Whether anything is said without a confidential channel (TLS-7). Default `true`.
    #[must_use]
    pub fn require_tls(mut self, required: bool) -> Self {
        self.require_tls = required;
        self
    }

    /// How long the whole login may take. Default 60 s.
    #[must_use]
    pub fn with_login_timeout(mut self, timeout: Duration) -> Self {
        self.login_timeout = timeout;
        self
    }

    /// How long the server's end of the stream is awaited after ours. Default 5 s.
    #[must_use]
    pub fn with_close_timeout(mut self, timeout: Duration) -> Self {
        self.close_timeout = timeout;
        self
    }

    /// Bytes of stanzas that may wait to be fetched. Default 4 MiB.
    #[must_use]
    pub fn with_max_backlog(mut self, bytes: usize) -> Self {
        self.max_backlog = bytes;
        self
    }

    /// What the server may send before and after login. Default [`Limits::CLIENT_BEFORE_LOGIN`] and
    /// [`Limits::CLIENT`].
    #[must_use]
    pub fn with_limits(mut self, before_login: Limits, after_login: Limits) -> Self {
        self.limits_before_login = before_login;
        self.limits = after_login;
        self
    }

    /// The domain to log in at.
    pub fn domain(&self) -> &BareJid {
        &self.domain
    }
}
