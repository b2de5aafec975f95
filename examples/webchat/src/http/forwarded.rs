//! Who the client is, where reverse proxies stand between.
//!
//! Each proxy appends whom it has its request from. The list is read from its end: what the peer says is believed if the
//! peer is trusted, what the one before says if that is trusted too, and so on. The first that is not is the client;
//! whatever stands before it, anybody may have written.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName};

use crate::options::{Proxies, ProxyHeaders};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The address of the client whose request came from `peer` with `headers`.
pub(crate) fn client_addr(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let mut client = peer.to_canonical();
    if !proxies.trust(client) {
        return client;
    }
    for said in said_for(headers, proxies.headers).iter().rev() {
        // Behind what is no address, nothing is known.
        let Some(address) = said.as_deref().and_then(address) else {
            break;
        };
        client = address;
        if !proxies.trust(client) {
            break;
        }
    }
    client
}

/// Whether the way from the client is protected, as the proxy at `peer` says; `None` when it does not say or is not
/// believed.
pub(super) fn is_https(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> Option<bool> {
    let proto = said_last(peer, headers, proxies, &X_FORWARDED_PROTO, "proto")?;
    Some(proto.eq_ignore_ascii_case("https") || proto.eq_ignore_ascii_case("wss"))
}

/// The `Host` that the client asked for, as the proxy at `peer` says, if it does and is believed.
pub(super) fn host(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> Option<String> {
    said_last(peer, headers, proxies, &X_FORWARDED_HOST, "host").filter(|host| !host.is_empty())
}

/// What the nearest proxy says: the last value.
fn said_last(
    peer: IpAddr,
    headers: &HeaderMap,
    proxies: &Proxies,
    header: &HeaderName,
    parameter: &str,
) -> Option<String> {
    if !proxies.trust(peer) {
        return None;
    }
    match proxies.headers {
        ProxyHeaders::XForwarded => {
            let last = values(headers, header).last()?;
            Some(last.rsplit(',').next()?.trim().to_owned())
        }
        ProxyHeaders::Forwarded => {
            let last = values(headers, &axum::http::header::FORWARDED).last()?;
            elements(last).pop()?.take(parameter)
        }
    }
}

/// Whom each proxy has its request from, the nearest last; `None` for one that says it in a way of its own.
fn said_for(headers: &HeaderMap, kind: ProxyHeaders) -> Vec<Option<String>> {
    match kind {
        ProxyHeaders::XForwarded => values(headers, &X_FORWARDED_FOR)
            .flat_map(|value| value.split(','))
            .map(|entry| Some(entry.trim().to_owned()))
            .collect(),
        ProxyHeaders::Forwarded => values(headers, &axum::http::header::FORWARDED)
            .flat_map(elements)
            .map(|mut element| element.take("for"))
            .collect(),
    }
}

/// The values of a header. One that is no text counts as one entry that cannot be read.
fn values<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().unwrap_or("?"))
}

/// `192.0.2.1`, `2001:db8::1`, each perhaps with a port, the latter perhaps in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    text.parse::<IpAddr>()
        .ok()
        .or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
        .or_else(bracketed)
        .map(|address| address.to_canonical())
}

/// The pairs of one element of `Forwarded` (RFC 7239 §4), names in lower case.
#[derive(Debug, Default, PartialEq, Eq)]
struct ForwardedElement(Vec<(String, String)>);

impl ForwardedElement {
    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(n, _)| n == name)?;
        Some(self.0.swap_remove(at).1)
    }
}

/// The elements of one `Forwarded` header. One that breaks the grammar has no pairs.
fn elements(header: &str) -> Vec<ForwardedElement> {
    split(header, ',')
        .into_iter()
        .map(|element| {
            let pairs = split(element, ';').into_iter().map(pair);
            ForwardedElement(pairs.collect::<Option<_>>().unwrap_or_default())
        })
        .collect()
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.trim().split_once('=')?;
    let value = match value.strip_prefix('"') {
        Some(quoted) => unquote(quoted)?,
        None if value.contains('"') => return None,
        None => value.to_owned(),
    };
    Some((name.to_ascii_lowercase(), value))
}

/// The text of a quoted string behind its first quote.
fn unquote(quoted: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return chars.next().is_none().then_some(text),
            '\\' => text.push(chars.next()?),
            c => text.push(c),
        }
    }
}

/// Splits at `separator` where that does not stand in a quoted string.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(|c| {
        if escaped {
            escaped = false;
        } else if quoted && c == '\\' {
            escaped = true;
        } else if c == '"' {
            quoted = !quoted;
        }
        c == separator && !quoted
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn proxies(headers: ProxyHeaders) -> Proxies {
        Proxies::parse(["127.0.0.1", "10.0.0.0/8", "2001:db8:ff::/48"], headers).expect("networks")
    }

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a header");
            headers.append(name, value);
        }
        headers
    }

    #[track_caller]
    fn check(kind: ProxyHeaders, header: &'static str, table: &[(&str, &[&str], &str)]) {
        for (peer, said, client) in table {
            let peer = peer.parse().expect("an address");
            let found = client_addr(peer, &headers(header, said), &proxies(kind));
            assert_eq!(found.to_string(), *client, "{peer} {said:?}");
        }
    }

    #[test]
    fn x_forwarded_for_is_read_from_its_end_as_far_as_proxies_are_trusted() {
        check(
            ProxyHeaders::XForwarded,
            "x-forwarded-for",
            &[
                // Nothing is said.
                ("127.0.0.1", &[], "127.0.0.1"),
                ("127.0.0.1", &[""], "127.0.0.1"),
                ("127.0.0.1", &[","], "127.0.0.1"),
                // Said by nobody who is trusted.
                ("203.0.113.9", &["192.0.2.1"], "203.0.113.9"),
                ("127.0.0.2", &["192.0.2.1"], "127.0.0.2"),
                ("::1", &["192.0.2.1"], "::1"),
                // One proxy.
                ("127.0.0.1", &["192.0.2.1"], "192.0.2.1"),
                ("::ffff:127.0.0.1", &["192.0.2.1"], "192.0.2.1"),
                ("2001:db8:ff::1", &["2001:db8::7"], "2001:db8::7"),
                // A chain of them, in one header or in several.
                ("127.0.0.1", &["192.0.2.1, 10.0.0.5, 10.0.0.6"], "192.0.2.1"),
                (
                    "127.0.0.1",
                    &["192.0.2.1", "10.0.0.5,10.0.0.6"],
                    "192.0.2.1",
                ),
                ("127.0.0.1", &["192.0.2.1", "203.0.113.9"], "203.0.113.9"),
                // Trusted all the way: the farthest.
                ("127.0.0.1", &["10.0.0.5, 10.0.0.6"], "10.0.0.5"),
                // What the client put there itself.
                ("127.0.0.1", &["127.0.0.1, 192.0.2.1"], "192.0.2.1"),
                (
                    "127.0.0.1",
                    &["198.51.100.1, 10.9.9.9, 192.0.2.1, 10.0.0.5"],
                    "192.0.2.1",
                ),
                ("127.0.0.1", &["junk, 192.0.2.1"], "192.0.2.1"),
                // With ports.
                ("127.0.0.1", &["192.0.2.1:4711"], "192.0.2.1"),
                ("127.0.0.1", &["[2001:db8::7]:4711"], "2001:db8::7"),
                ("127.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
                ("127.0.0.1", &["::ffff:192.0.2.1"], "192.0.2.1"),
                ("127.0.0.1", &["::ffff:10.0.0.5"], "10.0.0.5"),
                // Garbage where an address should be ends what is known.
                ("127.0.0.1", &["192.0.2.1, unknown"], "127.0.0.1"),
                ("127.0.0.1", &["192.0.2.1, , 10.0.0.5"], "10.0.0.5"),
                ("127.0.0.1", &["192.0.2.1, 10.0.0.5:x"], "127.0.0.1"),
                ("127.0.0.1", &["192.0.2.256"], "127.0.0.1"),
                ("127.0.0.1", &["1.2.3"], "127.0.0.1"),
                ("127.0.0.1", &["fe80::1%eth0"], "127.0.0.1"),
                ("127.0.0.1", &["[192.0.2.1"], "127.0.0.1"),
                ("127.0.0.1", &["\"192.0.2.1\""], "127.0.0.1"),
                ("127.0.0.1", &["192.0.2.1, \u{e9}"], "127.0.0.1"),
            ],
        );
    }

    /// RFC 7239 §4, §6
    #[test]
    fn forwarded_is_read_likewise() {
        check(
            ProxyHeaders::Forwarded,
            "forwarded",
            &[
                ("127.0.0.1", &["for=192.0.2.1"], "192.0.2.1"),
                ("203.0.113.9", &["for=192.0.2.1"], "203.0.113.9"),
                (
                    "127.0.0.1",
                    &["For=\"[2001:db8:cafe::17]:4711\""],
                    "2001:db8:cafe::17",
                ),
                (
                    "127.0.0.1",
                    &["for=192.0.2.60;proto=http;by=203.0.113.43"],
                    "192.0.2.60",
                ),
                ("127.0.0.1", &["for=192.0.2.43, for=10.0.0.5"], "192.0.2.43"),
                (
                    "127.0.0.1",
                    &["for=192.0.2.43", "for=10.0.0.5"],
                    "192.0.2.43",
                ),
                ("127.0.0.1", &["for=\"192.0.2.43:80\""], "192.0.2.43"),
                (
                    "127.0.0.1",
                    &["for=198.51.100.1, for=192.0.2.43"],
                    "192.0.2.43",
                ),
                // A quoted string may hold what looks like more.
                (
                    "127.0.0.1",
                    &["for=\"x, for=198.51.100.1\", for=10.0.0.5"],
                    "10.0.0.5",
                ),
                (
                    "127.0.0.1",
                    &["for=192.0.2.1;host=\"a\\\",for=10.0.0.5\""],
                    "192.0.2.1",
                ),
                // Not said, or in words of the proxy's own.
                ("127.0.0.1", &["for=unknown"], "127.0.0.1"),
                ("127.0.0.1", &["for=_gazonk"], "127.0.0.1"),
                ("127.0.0.1", &["for=192.0.2.1, proto=https"], "127.0.0.1"),
                ("127.0.0.1", &["for=192.0.2.1, for=\"10.0.0.5"], "127.0.0.1"),
                ("127.0.0.1", &["192.0.2.1"], "127.0.0.1"),
                ("127.0.0.1", &[""], "127.0.0.1"),
            ],
        );
    }

    /// A proxy that writes one kind of header passes the other on as the client wrote it.
    #[test]
    fn only_the_kind_of_header_that_was_chosen_is_read() {
        let peer = IpAddr::from([127, 0, 0, 1]);
        for (kind, header, value) in [
            (
                ProxyHeaders::XForwarded,
                "forwarded",
                "for=192.0.2.1;proto=https;host=evil",
            ),
            (ProxyHeaders::Forwarded, "x-forwarded-for", "192.0.2.1"),
            (ProxyHeaders::Forwarded, "x-forwarded-proto", "https"),
            (ProxyHeaders::Forwarded, "x-forwarded-host", "evil"),
        ] {
            let (headers, proxies) = (headers(header, &[value]), proxies(kind));
            assert_eq!(client_addr(peer, &headers, &proxies), peer);
            assert_eq!(is_https(peer, &headers, &proxies), None);
            assert_eq!(host(peer, &headers, &proxies), None);
        }
    }

    #[test]
    fn protection_and_name_are_what_the_nearest_trusted_proxy_says() {
        let (trusted, stranger) = ([127, 0, 0, 1].into(), [203, 0, 113, 9].into());
        let x = proxies(ProxyHeaders::XForwarded);
        for (values, https) in [
            (&["https"][..], Some(true)),
            (&["HTTPS"], Some(true)),
            (&["wss"], Some(true)),
            (&["http"], Some(false)),
            (&["https, http"], Some(false)),
            (&["https", "http"], Some(false)),
            (&["http,https"], Some(true)),
            (&[""], Some(false)),
            (&[], None),
        ] {
            let headers = headers("x-forwarded-proto", values);
            assert_eq!(is_https(trusted, &headers, &x), https, "{values:?}");
            assert_eq!(is_https(stranger, &headers, &x), None, "{values:?}");
        }
        let named = headers("x-forwarded-host", &["evil.example, chat.example"]);
        assert_eq!(host(trusted, &named, &x).as_deref(), Some("chat.example"));
        assert_eq!(host(stranger, &named, &x), None);
        assert_eq!(host(trusted, &headers("x-forwarded-host", &[""]), &x), None);

        let f = proxies(ProxyHeaders::Forwarded);
        let said = headers(
            "forwarded",
            &["proto=http;host=a, for=1.2.3.4;Proto=https;host=\"b:8443\""],
        );
        assert_eq!(is_https(trusted, &said, &f), Some(true));
        assert_eq!(host(trusted, &said, &f).as_deref(), Some("b:8443"));
        assert_eq!(is_https(stranger, &said, &f), None);
    }
}
