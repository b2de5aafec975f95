//! Which reverse proxies are believed, and what they say it in.

use std::net::IpAddr;

use clap::ValueEnum;
use serde::Deserialize;

use super::Options;

/// The proxies that are believed what they say of a client: its address, the protection of the way to it, the name it
/// asked for.
///
/// Nobody is, unless listed: whoever reaches the server directly could say anything of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<Network>,
    /// The headers they say it in.
    pub headers: ProxyHeaders,
}

/// The headers in which a proxy says what it knows. One kind only is read: a proxy that writes one passes the other on
/// as the client wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeaders {
    /// `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Proxies {
    /// Reads a list of addresses, networks (`10.0.0.0/8`, `2001:db8::/32`) and the word `loopback`.
    ///
    /// # Errors
    ///
    /// A sentence for the user: what is none of these.
    pub fn parse<'a>(
        list: impl IntoIterator<Item = &'a str>,
        headers: ProxyHeaders,
    ) -> Result<Self, String> {
        let mut networks = Vec::new();
        for text in list {
            if text == "loopback" {
                networks.extend([Network::new("127.0.0.0", 8), Network::new("::1", 128)]);
                continue;
            }
            let network = Network::parse(text).ok_or_else(|| {
                format!("'{text}' is no address of a proxy: one like 10.0.0.1, 10.0.0.0/8, 2001:db8::/32 or the word loopback is wanted")
            })?;
            networks.push(Some(network));
        }
        let networks = networks.into_iter().flatten().collect();
        Ok(Self { networks, headers })
    }

    pub(super) fn settle(options: &Options) -> Result<Self, String> {
        let list = options.trusted_proxies.iter().map(String::as_str);
        Self::parse(list, options.proxy_headers.unwrap_or_default())
    }

    /// Whether what comes from `address` is believed.
    pub fn trust(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|n| n.contains(address))
    }

    /// Whether there is any.
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }
}

impl Network {
    fn new(address: &str, prefix: u32) -> Option<Self> {
        let address: IpAddr = address.parse().ok()?;
        let mapped = matches!(address, IpAddr::V6(a) if a.to_ipv4_mapped().is_some());
        let prefix = if mapped {
            prefix.checked_sub(96)?
        } else {
            prefix
        };
        let address = address.to_canonical();
        (prefix <= bits(address).1).then_some(Self { address, prefix })
    }

    fn parse(text: &str) -> Option<Self> {
        match text.split_once('/') {
            Some((address, prefix)) => Self::new(address, prefix.parse().ok()?),
            None => Self::new(text, 32)
                .or_else(|| Self::new(text, 128))
                .map(|this| Self {
                    prefix: bits(this.address).1,
                    ..this
                }),
        }
    }

    fn contains(self, address: IpAddr) -> bool {
        let ((ours, width), (theirs, other_width)) =
            (bits(self.address), bits(address.to_canonical()));
        // A shift by the whole width is a prefix of nothing: all addresses.
        let differ = (ours ^ theirs).checked_shr(width - self.prefix);
        width == other_width && differ.unwrap_or(0) == 0
    }
}

/// An address as a number, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32),
        IpAddr::V6(address) => (address.into(), 128),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_what_has_their_prefix() {
        for (network, inside, outside) in [
            ("10.0.0.1", "10.0.0.1", "10.0.0.2"),
            ("10.0.0.0/8", "10.255.1.2", "11.0.0.1"),
            ("10.1.2.3/8", "10.255.1.2", "11.0.0.1"),
            ("192.0.2.128/25", "192.0.2.200", "192.0.2.1"),
            ("192.0.2.1/32", "::ffff:192.0.2.1", "192.0.2.0"),
            ("::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.1"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("2001:db8::1", "2001:db8::1", "2001:db8::2"),
            ("0.0.0.0/0", "203.0.113.1", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.1"),
            ("loopback", "127.9.9.9", "128.0.0.1"),
            ("loopback", "::1", "::2"),
        ] {
            let proxies = Proxies::parse([network], ProxyHeaders::default()).expect(network);
            let ip = |text: &str| text.parse::<IpAddr>().expect("an address");
            assert!(proxies.trust(ip(inside)), "{network} {inside}");
            assert!(!proxies.trust(ip(outside)), "{network} {outside}");
        }
        let nobody = Proxies::default();
        assert!(nobody.is_empty() && !nobody.trust(IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for text in [
            "",
            "proxy",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.1:80",
            "10.0.0.0/-1",
            "/8",
            "::ffff:10.0.0.0/8",
        ] {
            let error = Proxies::parse([text], ProxyHeaders::default()).expect_err(text);
            assert!(error.contains(&format!("'{text}'")), "{error}");
        }
    }
}
