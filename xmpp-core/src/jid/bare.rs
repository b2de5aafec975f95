//! Addresses without a resourcepart.

use super::{BareJidRef, FullJid, Jid, JidError, JidPart, JidRule};

/// A bare JID: `localpart@domainpart` or just `domainpart`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BareJid(pub(super) Jid);

impl BareJid {
    /// Reads and prepares a bare JID.
    ///
    /// # Errors
    ///
    /// [`JidError`] names the part and the rule it breaks; a resourcepart breaks [`JidRule::Presence`].
    pub fn new(text: &str) -> Result<Self, JidError> {
        Jid::new(text)?.try_into()
    }

    /// Prepares a bare JID of separate parts.
    ///
    /// # Errors
    ///
    /// [`JidError`] names the part and the rule it breaks.
    pub fn from_parts(local: Option<&str>, domain: &str) -> Result<Self, JidError> {
        Jid::from_parts(local, domain, None).map(Self)
    }

    /// Reads a bare JID that came from a peer, as [`Jid::received`] does.
    ///
    /// # Errors
    ///
    /// [`JidError`] when the text has not the form of a bare JID.
    pub fn received(text: &str) -> Result<Self, JidError> {
        Jid::received(text)?.try_into()
    }

    /// The full JID with this resourcepart. It is prepared if this one is.
    ///
    /// # Errors
    ///
    /// [`JidError`] when `resource` is no resourcepart.
    pub fn with_resource(&self, resource: &str) -> Result<FullJid, JidError> {
        self.0.with_resource(resource)
    }

    /// The JID of the domain alone.
    #[must_use]
    pub fn to_domain(&self) -> Self {
        if self.local().is_none() {
            return self.clone();
        }
        Self(Jid {
            text: self.domain().into(),
            cut: self.0.cut.to_domain(),
        })
    }

    /// The borrowed form.
    pub fn as_view(&self) -> BareJidRef<'_> {
        self.0.as_bare()
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The localpart.
    pub fn local(&self) -> Option<&str> {
        self.0.local()
    }

    /// The domainpart.
    pub fn domain(&self) -> &str {
        self.0.domain()
    }

    /// Whether both parts are prepared ([`Jid::is_prepared`]).
    pub const fn is_prepared(&self) -> bool {
        self.0.is_prepared()
    }
}

impl TryFrom<Jid> for BareJid {
    type Error = JidError;

    fn try_from(jid: Jid) -> Result<Self, JidError> {
        if jid.is_bare() {
            Ok(Self(jid))
        } else {
            Err(JidError::new(JidPart::Resource, JidRule::Presence))
        }
    }
}

impl From<FullJid> for BareJid {
    fn from(jid: FullJid) -> Self {
        jid.to_bare()
    }
}

impl AsRef<Jid> for BareJid {
    fn as_ref(&self) -> &Jid {
        &self.0
    }
}
