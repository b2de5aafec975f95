//! Borrowed addresses.

use super::{BareJid, Cut, Jid, plain, quick};

/// A borrowed JID: a text that is known to be one, and where its parts end.
///
/// It comes from a [`Jid`], or from a text that is prepared already, which is what a router finds in nearly every
/// `to`. Equality, order and hash are those of the text, so that a map whose keys are JIDs can be asked by
/// [`as_str`](Self::as_str).
///
/// ```
/// use xmpp_core::JidRef;
/// let to = JidRef::new("juliet@capulet.example/balcony").expect("prepared");
/// assert_eq!((to.as_bare().as_str(), to.resource()), ("juliet@capulet.example", Some("balcony")));
/// assert_eq!(JidRef::new("Juliet@capulet.example"), None, "Jid::new prepares it");
/// ```
#[derive(Clone, Copy)]
pub struct JidRef<'a> {
    /// No longer than the JID.
    text: &'a str,
    cut: Cut,
}

/// A borrowed bare JID, for instance that of a [`FullJid`](crate::FullJid) by
/// [`as_bare`](crate::FullJid::as_bare).
#[derive(Clone, Copy)]
pub struct BareJidRef<'a>(JidRef<'a>);

impl<'a> JidRef<'a> {
    /// Reads an address that is prepared already; `None` where it is no address or [`Jid::new`] would change it.
    ///
    /// Nothing is allocated, but for a few prepared texts whose preparation looks at more than single characters (joiners,
    /// digits of Arabic scripts).
    pub fn new(text: &'a str) -> Option<Self> {
        let cut = match plain::plain(text) {
            Some(plain) => (!plain.has_capitals).then_some(plain.cut)?,
            None => Self::prepared(text)?,
        };
        Some(Self { text, cut })
    }

    fn prepared(text: &str) -> Option<Cut> {
        let mut out = quick::Prepared::new();
        if let Some(cut) = quick::read(text, &mut out) {
            return out.is(text).then_some(cut);
        }
        let jid = Jid::new(text).ok()?;
        (jid.as_str() == text).then_some(jid.cut)
    }

    pub(super) fn from_cut(text: &'a str, cut: Cut) -> Self {
        Self {
            text: &text[..cut.len()],
            cut,
        }
    }

    /// The text.
    pub const fn as_str(self) -> &'a str {
        self.text
    }

    /// The localpart.
    pub fn local(self) -> Option<&'a str> {
        (self.cut.local() > 0).then(|| &self.text[..self.cut.local()])
    }

    /// The domainpart.
    pub fn domain(self) -> &'a str {
        &self.text[self.cut.domain_start()..self.cut.bare()]
    }

    /// The resourcepart.
    pub fn resource(self) -> Option<&'a str> {
        self.is_full().then(|| &self.text[self.cut.bare() + 1..])
    }

    /// Whether there is no resourcepart.
    pub const fn is_bare(self) -> bool {
        self.cut.len() == self.cut.bare()
    }

    /// Whether there is a resourcepart.
    pub const fn is_full(self) -> bool {
        !self.is_bare()
    }

    /// Whether every part is prepared ([`Jid::is_prepared`]).
    pub const fn is_prepared(self) -> bool {
        self.cut.unprepared() == 0
    }

    /// The address without its resourcepart.
    pub fn as_bare(self) -> BareJidRef<'a> {
        BareJidRef(Self::from_cut(self.text, self.cut.to_bare()))
    }

    /// The owned JID, in one allocation.
    pub fn to_jid(self) -> Jid {
        Jid {
            text: self.text.into(),
            cut: self.cut,
        }
    }
}

impl<'a> BareJidRef<'a> {
    /// Reads a bare JID that is prepared already; `None` where it is none or [`BareJid::new`] would change it.
    pub fn new(text: &'a str) -> Option<Self> {
        JidRef::new(text).filter(|jid| jid.is_bare()).map(Self)
    }

    /// The text.
    pub const fn as_str(self) -> &'a str {
        self.0.as_str()
    }

    /// The localpart.
    pub fn local(self) -> Option<&'a str> {
        self.0.local()
    }

    /// The domainpart.
    pub fn domain(self) -> &'a str {
        self.0.domain()
    }

    /// Whether both parts are prepared ([`Jid::is_prepared`]).
    pub const fn is_prepared(self) -> bool {
        self.0.is_prepared()
    }

    /// The owned bare JID, in one allocation.
    pub fn to_bare_jid(self) -> BareJid {
        BareJid(self.0.to_jid())
    }
}

impl<'a> From<BareJidRef<'a>> for JidRef<'a> {
    fn from(jid: BareJidRef<'a>) -> Self {
        jid.0
    }
}
