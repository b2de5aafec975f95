//! Who the peer of a channel has proven to be before SASL begins.

/// The names that the peer of a channel has proven to have, by means below SASL: a certificate that the TLS library has
/// verified, the credentials of a Unix socket, a VPN. EXTERNAL logs in by them.
///
/// Nobody here can verify them: whoever puts a name in says that it is proven. With the feature `x509` a verified
/// certificate gives them (`Certificate::peer`).
///
/// ```
/// use xmpp_sasl::Peer;
///
/// let juliet = Peer::new().with_account("juliet@example.org");
/// assert_eq!(juliet.accounts(), ["juliet@example.org"]);
///
/// let server = Peer::new().with_domain("*.example.org");
/// assert!(server.is_host("_xmpp-server", "conference.example.org"));
/// assert!(!server.is_host("_xmpp-server", "example.org"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Peer {
    accounts: Vec<String>,
    domains: Vec<String>,
    services: Vec<(String, String)>,
}

impl Peer {
    /// Nothing is proven.
    pub const fn new() -> Self {
        Self {
            accounts: Vec::new(),
            domains: Vec::new(),
            services: Vec::new(),
        }
    }

    /// It owns this account, in the form that the protocol in use gives to authorization identities (in XMPP a bare JID;
    /// of another server, its domain). The same name twice counts once.
    #[must_use]
    pub fn with_account(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !self.accounts.contains(&name) {
            self.accounts.push(name);
        }
        self
    }

    /// It is the host `pattern`, which may begin with `*.` ([`matches_domain`]).
    #[must_use]
    pub fn with_domain(mut self, pattern: impl Into<String>) -> Self {
        self.domains.push(pattern.into());
        self
    }

    /// It is the host `domain` for `service` only (`_xmpp-server`, for instance: RFC 4985).
    #[must_use]
    pub fn with_service(mut self, service: impl Into<String>, domain: impl Into<String>) -> Self {
        self.services.push((service.into(), domain.into()));
        self
    }

    /// The accounts.
    pub fn accounts(&self) -> &[String] {
        &self.accounts
    }

    /// The hosts, as patterns.
    pub fn domains(&self) -> &[String] {
        &self.domains
    }

    /// The services of hosts: each a service and a domain.
    pub fn services(&self) -> &[(String, String)] {
        &self.services
    }

    /// Whether it is the host `domain` (in ASCII form) where `service` is wanted: by a domain, a service of this name,
    /// or an account that is this domain ([RFC 6120 §13.7.1.2], [XEP-0178 §3]).
    ///
    /// [RFC 6120 §13.7.1.2]: https://www.rfc-editor.org/rfc/rfc6120#section-13.7.1.2
    /// [XEP-0178 §3]: https://xmpp.org/extensions/xep-0178.html#s2s
    pub fn is_host(&self, service: &str, domain: &str) -> bool {
        is_domain(domain)
            && (self
                .domains
                .iter()
                .any(|pattern| matches_domain(pattern, domain))
                || self.services.iter().any(|(known, host)| {
                    known.eq_ignore_ascii_case(service) && host.eq_ignore_ascii_case(domain)
                })
                || self
                    .accounts
                    .iter()
                    .any(|account| account.eq_ignore_ascii_case(domain)))
    }

    pub(crate) fn has_hosts(&self) -> bool {
        !self.domains.is_empty() || !self.services.is_empty() || !self.accounts.is_empty()
    }
}

/// Whether the host name `pattern` of a certificate stands for `domain` ([RFC 6125 §6.4.3]), both in ASCII form and
/// without regard to case.
///
/// A `*` is the whole leftmost label or nothing at all, stands for exactly one label, and two labels at least must
/// follow. Anything that is no host name matches nothing.
///
/// ```
/// use xmpp_sasl::matches_domain;
///
/// assert!(matches_domain("*.example.org", "Chat.example.org"));
/// assert!(!matches_domain("*.example.org", "a.b.example.org"));
/// assert!(!matches_domain("c*.example.org", "chat.example.org"));
/// assert!(!matches_domain("*.org", "example.org"));
/// ```
///
/// [RFC 6125 §6.4.3]: https://www.rfc-editor.org/rfc/rfc6125#section-6.4.3
pub fn matches_domain(pattern: &str, domain: &str) -> bool {
    if !is_domain(domain) {
        return false;
    }
    let Some(parent) = pattern.strip_prefix("*.") else {
        return is_domain(pattern) && pattern.eq_ignore_ascii_case(domain);
    };
    let Some((_, rest)) = domain.split_once('.') else {
        return false;
    };
    is_domain(parent) && parent.contains('.') && parent.eq_ignore_ascii_case(rest)
}

/// Letters, digits and hyphens in labels of 1 to 63 characters, 253 in all.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcard_is_the_whole_leftmost_label() {
        for (pattern, domain) in [
            ("example.org", "example.org"),
            ("EXAMPLE.org", "example.ORG"),
            ("*.example.org", "a.example.org"),
            ("*.example.org", "xn--bcher-kva.example.org"),
            ("*.a.example.org", "b.a.example.org"),
        ] {
            assert!(matches_domain(pattern, domain), "{pattern} {domain}");
        }
        for (pattern, domain) in [
            ("*.example.org", "example.org"),
            ("*.example.org", ".example.org"),
            ("*.example.org", "a.b.example.org"),
            ("*.example.org", "*.example.org"),
            ("*", "org"),
            ("*", "*"),
            ("*.org", "example.org"),
            ("*.", "a."),
            ("*.*.org", "a.b.org"),
            ("a.*.org", "a.b.org"),
            ("a*.example.org", "ab.example.org"),
            ("*a.example.org", "ba.example.org"),
            ("xn--*.example.org", "xn--a.example.org"),
            ("**.example.org", "a.example.org"),
            ("example.org.", "example.org"),
            ("example.org", "example.org."),
            ("example.org\0.evil.example", "example.org"),
            ("exa_mple.org", "exa_mple.org"),
            ("", ""),
        ] {
            assert!(!matches_domain(pattern, domain), "{pattern:?} {domain:?}");
        }
        let long = "a".repeat(64);
        assert!(!matches_domain(&long, &long));
        assert!(matches_domain(&long[1..], &long[1..]));
    }

    #[test]
    fn host_is_known_by_domain_service_or_account() {
        let peer = Peer::new()
            .with_domain("a.example.org")
            .with_service("_xmpp-server", "b.example.org")
            .with_account("c.example.org");
        for host in ["a.example.org", "B.example.org", "c.example.org"] {
            assert!(peer.is_host("_xmpp-server", host), "{host}");
        }
        assert!(!peer.is_host("_xmpp-client", "b.example.org"));
        assert!(!peer.is_host("_xmpp-server", "d.example.org"));
        assert!(!peer.is_host("_xmpp-server", ""));
    }
}
