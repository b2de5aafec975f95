//! XMPP addresses (RFC 7622).

mod error;
mod prepare;
mod traits;

use std::sync::Arc;

pub use self::error::{JidError, JidPart, JidRule};

/// An XMPP address, bare or full: `localpart@domainpart/resourcepart`, where localpart and resourcepart may be
/// absent ([RFC 7622 §3.1](https://www.rfc-editor.org/rfc/rfc7622#section-3.1)).
///
/// It is prepared when it is made (PRECIS, IDNA), so that equal addresses are equal text; cloning is a
/// reference count. It reads and prints as that text.
///
/// ```
/// use xmpp_core::Jid;
/// let jid: Jid = "Juliet@Capulet.EXAMPLE/Balcony".parse()?;
/// assert_eq!(jid.as_str(), "juliet@capulet.example/Balcony");
/// assert_eq!((jid.local(), jid.domain(), jid.resource()), (Some("juliet"), "capulet.example", Some("Balcony")));
/// # Ok::<(), xmpp_core::JidError>(())
/// ```
#[derive(Clone)]
pub struct Jid {
    /// The whole prepared text; of a bare JID it may be that of a full one.
    text: Arc<str>,
    /// Length of the localpart, 0 when there is none.
    local: u16,
    /// Length of the bare JID.
    bare: u16,
    /// Length of the JID itself.
    len: u16,
}

/// A bare JID: `localpart@domainpart` or just `domainpart`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BareJid(Jid);

/// A full JID: one with a resourcepart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FullJid(Jid);

impl Jid {
    /// Reads and prepares an address.
    ///
    /// Where every part is prepared already, as on most wires, this is one allocation.
    ///
    /// # Errors
    ///
    /// [`JidError`] names the part and the rule it breaks.
    pub fn new(text: &str) -> Result<Self, JidError> {
        // RFC 7622 §3.1: cut at the ASCII separators first, prepare then.
        let (bare, resource) = match text.split_once('/') {
            Some((bare, resource)) => (bare, Some(resource)),
            None => (text, None),
        };
        let (local, domain) = match bare.split_once('@') {
            Some((local, domain)) => (Some(local), domain),
            None => (None, bare),
        };
        Self::assemble(local, domain, resource)
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
        Self::assemble(local, domain, resource)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "parts are at most 1,023 bytes"
    )]
    fn assemble(
        local: Option<&str>,
        domain: &str,
        resource: Option<&str>,
    ) -> Result<Self, JidError> {
        let local = local.map(prepare::local).transpose()?;
        let domain = prepare::domain(domain)?;
        let resource = resource.map(prepare::resource).transpose()?;
        let local_len = local.as_ref().map_or(0, |l| l.len());
        let bare = domain.len() + if local.is_some() { local_len + 1 } else { 0 };
        let len = bare + resource.as_ref().map_or(0, |r| r.len() + 1);
        // The stack holds all but the longest, so that the text is allocated once, at its size.
        let mut short = [0u8; 256];
        let text = if len <= short.len() {
            let mut at = 0;
            let mut put = |s: &str| {
                short[at..at + s.len()].copy_from_slice(s.as_bytes());
                at += s.len();
            };
            put_parts(local.as_deref(), &domain, resource.as_deref(), &mut put);
            Arc::from(std::str::from_utf8(&short[..len]).expect("made of str slices"))
        } else {
            let mut text = String::with_capacity(len);
            put_parts(local.as_deref(), &domain, resource.as_deref(), &mut |s| {
                text.push_str(s);
            });
            Arc::from(text)
        };
        Ok(Self {
            text,
            local: local_len as u16,
            bare: bare as u16,
            len: len as u16,
        })
    }

    /// The prepared text.
    pub fn as_str(&self) -> &str {
        &self.text[..usize::from(self.len)]
    }

    /// The localpart.
    pub fn local(&self) -> Option<&str> {
        (self.local > 0).then(|| &self.text[..usize::from(self.local)])
    }

    /// The domainpart.
    pub fn domain(&self) -> &str {
        let start = if self.local > 0 { self.local + 1 } else { 0 };
        &self.text[usize::from(start)..usize::from(self.bare)]
    }

    /// The resourcepart.
    pub fn resource(&self) -> Option<&str> {
        (self.len > self.bare)
            .then(|| &self.text[usize::from(self.bare) + 1..usize::from(self.len)])
    }

    /// Whether there is no resourcepart.
    pub fn is_bare(&self) -> bool {
        self.len == self.bare
    }

    /// Whether there is a resourcepart.
    pub fn is_full(&self) -> bool {
        !self.is_bare()
    }

    /// The text without the resourcepart.
    pub fn bare_str(&self) -> &str {
        &self.text[..usize::from(self.bare)]
    }

    /// The address without its resourcepart. Allocates nothing.
    pub fn to_bare(&self) -> BareJid {
        let mut bare = self.clone();
        bare.len = bare.bare;
        BareJid(bare)
    }

    /// The full JID, if there is a resourcepart. Allocates nothing.
    pub fn to_full(&self) -> Option<FullJid> {
        self.is_full().then(|| FullJid(self.clone()))
    }
}

fn put_parts(
    local: Option<&str>,
    domain: &str,
    resource: Option<&str>,
    put: &mut impl FnMut(&str),
) {
    if let Some(local) = local {
        put(local);
        put("@");
    }
    put(domain);
    if let Some(resource) = resource {
        put("/");
        put(resource);
    }
}

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

    /// The full JID with this resourcepart.
    ///
    /// # Errors
    ///
    /// [`JidError`] when `resource` is no resourcepart.
    pub fn with_resource(&self, resource: &str) -> Result<FullJid, JidError> {
        // The parts here are prepared: their second preparation is a scan.
        Jid::from_parts(self.local(), self.domain(), Some(resource)).map(FullJid)
    }

    /// The JID of the domain alone.
    #[must_use]
    pub fn to_domain(&self) -> Self {
        if self.local().is_none() {
            return self.clone();
        }
        let domain = self.domain();
        Self(Jid {
            text: Arc::from(domain),
            local: 0,
            bare: self.0.bare - self.0.local - 1,
            len: self.0.bare - self.0.local - 1,
        })
    }

    /// The prepared text.
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
}

impl FullJid {
    /// Reads and prepares a full JID.
    ///
    /// # Errors
    ///
    /// [`JidError`] names the part and the rule it breaks; without a resourcepart that is [`JidRule::Presence`].
    pub fn new(text: &str) -> Result<Self, JidError> {
        Jid::new(text)?.try_into()
    }

    /// The prepared text.
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
        Jid::from_parts(self.local(), self.domain(), Some(resource)).map(Self)
    }
}

#[cfg(test)]
mod tests;
