//! XMPP addresses (RFC 7622).

mod bare;
mod bidi;
mod chars;
mod context;
mod cut;
mod domain;
mod error;
mod escape;
mod full;
mod plain;
mod prepare;
mod quick;
mod received;
#[cfg(feature = "serde")]
mod serde;
mod table;
mod traits;
mod uri;
mod view;

use std::sync::Arc;

use self::cut::Cut;
pub use self::{
    bare::BareJid,
    error::{JidError, JidPart, JidRule},
    escape::{escape_local, unescape_local},
    full::FullJid,
    uri::{XmppUri, XmppUriError},
    view::{BareJidRef, JidRef},
};

/// An XMPP address, bare or full: `localpart@domainpart/resourcepart`, where localpart and resourcepart may be
/// absent ([RFC 7622 §3.1](https://www.rfc-editor.org/rfc/rfc7622#section-3.1)).
///
/// It is prepared when it is made (PRECIS, IDNA2008), so that equal addresses are equal text; cloning is a
/// reference count. It reads and prints as that text, and equality, order and hash are those of the text.
///
/// ```
/// use xmpp_core::Jid;
/// let jid: Jid = "Juliet@Capulet.EXAMPLE/Balcony".parse()?;
/// assert_eq!(jid.as_str(), "juliet@capulet.example/Balcony");
/// assert_eq!((jid.local(), jid.domain(), jid.resource()), (Some("juliet"), "capulet.example", Some("Balcony")));
/// # Ok::<(), xmpp_core::JidError>(())
/// ```
///
/// # Unprepared JIDs
///
/// Peers have other tables of Unicode, and older rules. What they send is read by [`received`](Self::received), which
/// keeps a part that fails preparation as it stands; [`is_prepared`](Self::is_prepared) tells. Such a JID can be answered
/// and routed like any other.
///
/// It is never equal to a prepared one. Its text says where its parts are, as no part has a separator of those
/// before it. So equal texts have equal parts; but preparing a prepared part gives the part itself, and preparing the
/// part that was kept fails.
#[derive(Clone)]
pub struct Jid {
    /// The whole text; of a bare JID it may be that of a full one.
    text: Arc<str>,
    cut: Cut,
}

impl Jid {
    /// Reads and prepares an address.
    ///
    /// Nearly always this is one allocation.
    ///
    /// # Errors
    ///
    /// [`JidError`] names the part and the rule it breaks.
    pub fn new(text: &str) -> Result<Self, JidError> {
        if let Some(plain) = plain::plain(text) {
            let mut text = Arc::<str>::from(text);
            if plain.has_capitals
                && let Some(text) = Arc::get_mut(&mut text)
            {
                text[..plain.cut.bare()].make_ascii_lowercase();
            }
            return Ok(Self {
                text,
                cut: plain.cut,
            });
        }
        let mut prepared = quick::Prepared::new();
        if let Some(cut) = quick::read(text, &mut prepared) {
            let text = if prepared.is(text) {
                Arc::from(text)
            } else {
                Arc::from(prepared.as_str())
            };
            return Ok(Self { text, cut });
        }
        let (local, domain, resource) = quick::split(text);
        Self::by_steps(local, domain, resource)
    }

    /// Prepares an address of separate parts.
    ///
    /// # Errors
    ///
    /// [`JidError`] names the part and the rule it breaks.
    pub fn from_parts(
        local: Option<&str>,
        domain: &str,
        resource: Option<&str>,
    ) -> Result<Self, JidError> {
        let mut prepared = quick::Prepared::new();
        if let Some(cut) = quick::prepare(local, domain, resource, &mut prepared) {
            return Ok(Self {
                text: Arc::from(prepared.as_str()),
                cut,
            });
        }
        Self::by_steps(local, domain, resource)
    }

    /// Reads an address that came from a peer, so that it can be answered even where it fails preparation: a part that
    /// has characters it may not have, or that is no domain name, stays as it is.
    ///
    /// ```
    /// use xmpp_core::Jid;
    /// assert!(Jid::new("romeo@my_host.example").is_err());
    /// let peer = Jid::received("Romeo@my_host.example/x")?;
    /// assert_eq!((peer.as_str(), peer.is_prepared()), ("romeo@my_host.example/x", false));
    /// # Ok::<(), xmpp_core::JidError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`JidError`] when the text has not the form of an address: a part is empty or longer than 1,023 bytes, has an ASCII
    /// control or a character that XML excludes; a localpart has a space or one of `"&'/:<>@`; a domainpart has one of
    /// those or of `#%?[\]^|`.
    pub fn received(text: &str) -> Result<Self, JidError> {
        Self::new(text).or_else(|error| received::keep(text, error))
    }

    fn by_steps(
        local: Option<&str>,
        domain: &str,
        resource: Option<&str>,
    ) -> Result<Self, JidError> {
        let local = local.map(prepare::local).transpose()?;
        let domain = domain::domain(domain)?;
        let resource = resource.map(prepare::resource).transpose()?;
        Ok(Self::join(local.as_deref(), &domain, resource.as_deref()))
    }

    /// The address of these parts, which are prepared.
    fn join(local: Option<&str>, domain: &str, resource: Option<&str>) -> Self {
        let (local, at) = local.map_or(("", ""), |local| (local, "@"));
        let (slash, resource) = resource.map_or(("", ""), |resource| ("/", resource));
        let bare = local.len() + at.len() + domain.len();
        let len = bare + slash.len() + resource.len();
        Self {
            text: Arc::from([local, at, domain, slash, resource].concat()),
            cut: Cut::new(local.len(), bare, len),
        }
    }

    /// The borrowed form.
    #[inline]
    pub fn as_view(&self) -> JidRef<'_> {
        JidRef::from_cut(&self.text, self.cut)
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.as_view().as_str()
    }

    /// The localpart.
    pub fn local(&self) -> Option<&str> {
        self.as_view().local()
    }

    /// The domainpart.
    pub fn domain(&self) -> &str {
        self.as_view().domain()
    }

    /// The resourcepart.
    pub fn resource(&self) -> Option<&str> {
        self.as_view().resource()
    }

    /// Whether there is no resourcepart.
    pub const fn is_bare(&self) -> bool {
        self.cut.len() == self.cut.bare()
    }

    /// Whether there is a resourcepart.
    pub const fn is_full(&self) -> bool {
        !self.is_bare()
    }

    /// Whether every part is prepared: false only where [`received`](Self::received) had to keep one as it came.
    pub const fn is_prepared(&self) -> bool {
        self.cut.unprepared() == 0
    }

    /// The address without its resourcepart, borrowed: no allocation and no reference count.
    pub fn as_bare(&self) -> BareJidRef<'_> {
        self.as_view().as_bare()
    }

    /// The text without the resourcepart.
    pub fn bare_str(&self) -> &str {
        self.as_bare().as_str()
    }

    /// The address without its resourcepart. Allocates nothing.
    pub fn to_bare(&self) -> BareJid {
        BareJid(Self {
            text: Arc::clone(&self.text),
            cut: self.cut.to_bare(),
        })
    }

    /// The full JID, if there is a resourcepart. Allocates nothing.
    pub fn to_full(&self) -> Option<FullJid> {
        self.is_full().then(|| FullJid(self.clone()))
    }

    /// The bare JID with this resourcepart instead of its own.
    fn with_resource(&self, resource: &str) -> Result<FullJid, JidError> {
        let bare = self.as_bare();
        let unprepared = self.cut.to_bare().unprepared();
        let mut out = quick::Prepared::new();
        let jid = if let Some(len) = quick::append(bare.as_str(), resource, &mut out) {
            Self {
                text: Arc::from(out.as_str()),
                cut: Cut::new(self.cut.local(), self.cut.bare(), len),
            }
        } else {
            Self::join(
                bare.local(),
                bare.domain(),
                Some(&prepare::resource(resource)?),
            )
        };
        Ok(FullJid(Self {
            cut: jid.cut.with_unprepared(unprepared),
            ..jid
        }))
    }
}

#[cfg(test)]
mod tests;
