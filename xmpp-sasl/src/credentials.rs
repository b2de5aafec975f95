//! What a client has in hand to log in with.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// The credentials that a client has in hand: a set with at most one value of each type.
///
/// A mechanism is a candidate only when the type it works with is in the set, so that a user who asked
/// for an anonymous login is never logged in by another way. Types of one's own are as good as those
/// of this crate: a custom mechanism says `info.uses::<MyToken>()` and finds the value by
/// [`get`](Self::get).
///
/// `Debug` prints the names of the types and nothing else.
///
/// ```
/// use xmpp_sasl::{Anonymous, Credentials, Password};
///
/// let credentials = Credentials::password("juliet", "r0m30myr0m30");
/// assert_eq!(credentials.get::<Password>().unwrap().authcid(), "juliet");
/// assert!(credentials.get::<Anonymous>().is_none());
/// assert_eq!(format!("{credentials:?}"), "Credentials[Password]");
/// ```
#[derive(Clone, Default)]
pub struct Credentials {
    authzid: Option<String>,
    values: Vec<(CredentialKind, Arc<dyn Any + Send + Sync>)>,
}

impl Credentials {
    /// Nothing in hand.
    pub const fn new() -> Self {
        Self {
            authzid: None,
            values: Vec::new(),
        }
    }

    /// An anonymous login without trace information.
    pub fn anonymous() -> Self {
        Self::new().with(Anonymous::new())
    }

    /// A login by what the channel proves: a client certificate without anything to fall back to.
    pub fn external() -> Self {
        Self::new().with(External)
    }

    /// A user name (the authentication identity, in XMPP the localpart) and a password.
    pub fn password(authcid: impl Into<String>, password: impl Into<String>) -> Self {
        Self::new().with(Password::new(authcid, password))
    }

    /// Adds `value`; it replaces one of the same type.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        let kind = CredentialKind::of::<T>();
        self.values.retain(|(known, _)| *known != kind);
        self.values.push((kind, Arc::new(value)));
        self
    }

    /// Asks to act as `authzid`, in the form that the protocol in use gives to authorization identities
    /// (in XMPP a bare JID). Leave it out to act as oneself; an empty one counts as left out.
    #[must_use]
    pub fn with_authzid(mut self, authzid: impl Into<String>) -> Self {
        self.authzid = Some(authzid.into()).filter(|authzid| !authzid.is_empty());
        self
    }

    /// The identity to act as, if it is not one's own.
    pub fn authzid(&self) -> Option<&str> {
        self.authzid.as_deref()
    }

    /// The value of type `T`, if it is in hand.
    pub fn get<T: Any>(&self) -> Option<&T> {
        let wanted = CredentialKind::of::<T>();
        let (_, value) = self.values.iter().find(|(kind, _)| *kind == wanted)?;
        value.downcast_ref()
    }

    /// Whether a value of the type `kind` is in hand.
    pub fn has(&self, kind: CredentialKind) -> bool {
        self.values.iter().any(|(known, _)| *known == kind)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")?;
        f.debug_list()
            .entries(self.values.iter().map(|(kind, _)| kind))
            .finish()
    }
}

/// The type of a credential, as a value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CredentialKind {
    id: TypeId,
    name: &'static str,
}

impl CredentialKind {
    /// The kind of the type `T`.
    pub fn of<T: Any>() -> Self {
        Self {
            id: TypeId::of::<T>(),
            name: std::any::type_name::<T>(),
        }
    }

    /// The type's name without its path, for people to read.
    pub fn name(self) -> &'static str {
        let end = self.name.find('<').unwrap_or(self.name.len());
        let start = self.name[..end].rfind("::").map_or(0, |at| at + 2);
        &self.name[start..]
    }
}

impl fmt::Debug for CredentialKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The wish to log in without an account ([RFC 4505]).
///
/// [RFC 4505]: https://www.rfc-editor.org/rfc/rfc4505
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Anonymous {
    trace: Option<String>,
}

impl Anonymous {
    /// Anonymous without trace information, as XEP-0175 §3 wants it.
    pub const fn new() -> Self {
        Self { trace: None }
    }

    /// Shows `trace` (an email address, or an opaque token of at most 255 characters) to the server.
    #[must_use]
    pub fn with_trace(mut self, trace: impl Into<String>) -> Self {
        self.trace = Some(trace.into());
        self
    }

    /// What is shown to the server.
    pub fn trace(&self) -> Option<&str> {
        self.trace.as_deref()
    }
}

impl fmt::Debug for Anonymous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Anonymous")
    }
}

/// The wish to log in by what the channel has proven already: the certificate that the TLS library showed for us, the
/// owner of a Unix socket ([RFC 4422 appendix A]). The key is the TLS library's; there is nothing secret in here.
///
/// [RFC 4422 appendix A]: https://www.rfc-editor.org/rfc/rfc4422#appendix-A
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct External;

/// A user name and a password. Redacted in `Debug` and zeroed on drop.
#[derive(Clone)]
pub struct Password {
    authcid: String,
    password: Zeroizing<String>,
}

impl Password {
    /// The authentication identity `authcid` with its password, both as the user typed them: the
    /// mechanisms prepare them as they must.
    pub fn new(authcid: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            authcid: authcid.into(),
            password: Zeroizing::new(password.into()),
        }
    }

    /// The authentication identity.
    pub fn authcid(&self) -> &str {
        &self.authcid
    }

    /// The password.
    pub fn password(&self) -> &str {
        &self.password
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Password").finish_non_exhaustive()
    }
}
