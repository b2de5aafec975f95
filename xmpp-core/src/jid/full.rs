//! Addresses with a resourcepart.

use super::{BareJid, BareJidRef, Jid, JidError, JidPart, JidRef, JidRule};

/// A full JID: one with a resourcepart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FullJid(pub(super) Jid);

impl FullJid {
    /// Reads and prepares a full JID.
    ///
    /// # Errors
    ///
    /// [`JidError`] names the part and the rule it breaks; without a resourcepart that is [`JidRule::Presence`].
    pub fn new(text: &str) -> Result<Self, JidError> {
        Jid::new(text)?.try_into()
    }

    /// Reads a full JID that came from a peer, as [`Jid::received`] does.
    ///
    /// # Errors
    ///
    /// [`JidError`] when the text has not the form of a full JID.
    pub fn received(text: &str) -> Result<Self, JidError> {
        Jid::received(text)?.try_into()
    }

    /// The borrowed form.
    pub fn as_view(&self) -> JidRef<'_> {
        self.0.as_view()
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

    /// The resourcepart.
    pub fn resource(&self) -> &str {
        self.0.resource().unwrap_or_default()
    }

    /// Whether every part is prepared ([`Jid::is_prepared`]).
    pub const fn is_prepared(&self) -> bool {
        self.0.is_prepared()
    }

    /// The address without its resourcepart, borrowed: no allocation and no reference count.
    pub fn as_bare(&self) -> BareJidRef<'_> {
        self.0.as_bare()
    }

    /// The text without the resourcepart.
    pub fn bare_str(&self) -> &str {
        self.0.bare_str()
    }

    /// The address without its resourcepart. Allocates nothing.
    pub fn to_bare(&self) -> BareJid {
        self.0.to_bare()
    }

    /// The same bare JID with another resourcepart.
    ///
    /// # Errors
    ///
    /// [`JidError`] when `resource` is no resourcepart.
    pub fn with_resource(&self, resource: &str) -> Result<Self, JidError> {
        self.0.with_resource(resource)
    }
}

impl TryFrom<Jid> for FullJid {
    type Error = JidError;

    fn try_from(jid: Jid) -> Result<Self, JidError> {
        if jid.is_full() {
            Ok(Self(jid))
        } else {
            Err(JidError::new(JidPart::Resource, JidRule::Presence))
        }
    }
}

impl AsRef<Jid> for FullJid {
    fn as_ref(&self) -> &Jid {
        &self.0
    }
}
