//! What a client asks for when it creates a session.

use crate::Attributes;

/// The session creation request, as far as it concerns the stream
/// ([XEP-0124 §7.1](https://xmpp.org/extensions/xep-0124.html#session-request), XEP-0206 §3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Creation {
    /// The domain wanted.
    pub to: Option<String>,
    /// The identity that the client claims (BOSH 2.6). A hint, never proof.
    pub from: Option<String>,
    /// Default language (`xml:lang`).
    pub lang: Option<String>,
    /// The XMPP version of the stream (`xmpp:version`, BOSH 2.10).
    pub xmpp_version: Option<String>,
    /// The server wanted, as `proto:host:port` (BOSH 2.5); not a URI.
    pub route: Option<String>,
    /// Whether the request came over an encrypted channel.
    pub encrypted: bool,
}

impl Creation {
    pub(crate) fn new(asked: &Attributes, encrypted: bool) -> Self {
        Self {
            to: asked.to.clone(),
            from: asked.from.clone(),
            lang: asked.lang.clone(),
            xmpp_version: asked.xmpp_version.clone(),
            route: asked.route.clone(),
            encrypted,
        }
    }
}
