//! What happens to a request before it reaches a site: who sent it, which domain it is for, which path it means.

use std::{
    borrow::Cow,
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header,
        uri::Authority,
    },
};
use tower::ServiceExt as _;
use xmpp_core::Timestamp;

use super::{BOSH, Site, bosh, files, forwarded, origin::Origin};
use crate::{
    Clock,
    hub::{ClientCertificate, Peer, Protection},
    logs::Shown,
    metrics::Requests,
    options::{Proxies, Settings, UnknownHost},
    tls::Vouched,
};

/// What watches over the program asks for, by whatever name.
const HEALTH: &str = "/healthz";

/// Who is at the other end of a TCP connection: a client, or a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Neighbour {
    pub(crate) address: IpAddr,
    /// The connection is TLS, which ends here.
    pub(crate) tls: bool,
    /// What it has shown there.
    pub(crate) vouched: Option<Arc<Vouched>>,
}

/// A request for the connection manager.
#[derive(Debug)]
pub(super) struct BoshRequest<'a> {
    pub(super) site: &'a Site,
    pub(super) peer: Peer,
    /// The page that sends it; none that may not.
    pub(super) origin: Origin,
}

/// Where a request belongs.
struct Place {
    site: usize,
    peer: Peer,
    /// Its path, where that is another than it says.
    path: Option<String>,
}

/// All sites of the server.
#[derive(Debug)]
pub(crate) struct Front {
    sites: Vec<(Arc<Site>, Router)>,
    /// Which site a `Host` means.
    by_name: HashMap<String, usize>,
    unknown: UnknownHost,
    proxies: Proxies,
    ignored_proxy: AtomicBool,
    /// What was asked for.
    requests: Requests,
    clock: Clock,
}

impl Front {
    /// The sites of `settings`, in their order, the first being the one for requests that name none. `listens_here`:
    /// only this machine can reach the server.
    pub(crate) fn new(
        settings: &Settings,
        sites: Vec<(Arc<Site>, Router)>,
        listens_here: bool,
        requests: Requests,
        clock: Clock,
    ) -> Self {
        let names = settings.hosts.iter().enumerate();
        Self {
            sites,
            by_name: names
                .flat_map(|(at, host)| host.names.iter().map(move |name| (name.clone(), at)))
                .collect(),
            unknown: settings.unknown_host.unwrap_or_else(|| {
                let told = settings.hosts.len() > 1 || settings.hosts.iter().any(|h| h.is_named);
                if told || listens_here {
                    UnknownHost::Refuse
                } else {
                    UnknownHost::First
                }
            }),
            proxies: settings.proxies.clone(),
            ignored_proxy: AtomicBool::new(false),
            requests,
            clock,
        }
    }

    /// Answers a request.
    pub(crate) async fn answer(
        &self,
        neighbour: &Neighbour,
        mut request: Request<Body>,
    ) -> Response<Body> {
        let method = request.method().clone();
        let prepared = self.prepare(neighbour, &mut request);
        let path = request.uri().path().to_owned();
        let response = match prepared {
            Ok(site) => {
                let (site, router) = &self.sites[site];
                if bosh::is_bosh(&path) {
                    files::careful(bosh::bind(site, request).await).await
                } else {
                    // The routers' errors are answers.
                    match router.clone().oneshot(request).await {
                        Ok(response) => response,
                        Err(never) => match never {},
                    }
                }
            }
            Err(refusal) => files::careful(refusal.into_response()).await,
        };
        self.requests.count(&path, &method, response.status());
        response
    }

    /// What a POST whose head has these `fields` asks of BOSH; `None` when it is for the handlers of [`Front::answer`], which
    /// say what is wrong with it.
    pub(super) fn bosh(
        &self,
        neighbour: &Neighbour,
        fields: &mut HeaderMap,
        path: &str,
    ) -> Option<BoshRequest<'_>> {
        let place = self.place(neighbour, fields, None, path).ok()?;
        if !bosh::is_bosh(place.path.as_deref().unwrap_or(path)) {
            return None;
        }
        let site = &*self.sites[place.site].0;
        let origin = Origin::of(fields, site);
        (origin != Origin::Foreign).then_some(BoshRequest {
            site,
            peer: place.peer,
            origin,
        })
    }

    /// The time.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Counts an answer to what [`Front::bosh`] understood, given without [`Front::answer`].
    pub(super) fn count_bosh(&self, status: StatusCode) {
        self.requests.count(BOSH, &Method::POST, status);
    }

    /// Puts a request in the form that sites expect, and says whose it is: `Host` is what the client asked for, the
    /// path has no prefix, the [`Peer`] is an extension.
    fn prepare(
        &self,
        neighbour: &Neighbour,
        request: &mut Request<Body>,
    ) -> Result<usize, Refusal> {
        let uri = request.uri().clone();
        let authority = uri.authority().map(Authority::as_str);
        let place = self.place(neighbour, request.headers_mut(), authority, uri.path());
        let Place { site, peer, path } = match place {
            // What is repeated has its query.
            Err(Refusal::Elsewhere(relative)) => {
                let query = uri.query().map(|query| format!("?{query}"));
                let location = format!("{relative}{}", query.unwrap_or_default());
                return Err(Refusal::Elsewhere(location));
            }
            place => place?,
        };
        if let Some(path) = path {
            *request.uri_mut() = with_path(&uri, &path)?;
        }
        request.extensions_mut().insert(peer);
        Ok(site)
    }

    /// Which site a request is for, and whose it is. `Host` becomes what the client asked for.
    fn place(
        &self,
        neighbour: &Neighbour,
        headers: &mut HeaderMap,
        authority: Option<&str>,
        path: &str,
    ) -> Result<Place, Refusal> {
        let mut peer = self.peer(neighbour, headers);
        let (host, is_said) = self.host(neighbour, headers, authority)?;
        let site = match self.site(host.as_deref()) {
            Some(site) => site,
            None if path == HEALTH => 0,
            None => {
                tracing::debug!(address = %Shown(peer.address), "a request for an unknown host");
                return Err(Refusal::Text(
                    StatusCode::MISDIRECTED_REQUEST,
                    "This server does not know the name that it was asked for. Its operator can add it with \
                     --host-name, or with --public-url if that is where browsers find the chat.\n",
                ));
            }
        };
        let host = host.filter(|_| is_said);
        if let Some(host) = host.and_then(|host| HeaderValue::from_str(&host).ok()) {
            headers.insert(header::HOST, host);
        }
        let path = match &self.sites[site].0.public_url {
            None => None,
            Some(public) => match below(path, public.path()) {
                Below::Path(path) => Some(path),
                Below::Itself(relative) => return Err(Refusal::Elsewhere(relative.to_owned())),
                Below::Elsewhere => None,
            },
        };
        peer.certificate = self.certificate(neighbour, headers, site);
        Ok(Place { site, peer, path })
    }

    /// Who sent a request; what it has shown counts for sites apart.
    fn peer(&self, neighbour: &Neighbour, headers: &HeaderMap) -> Peer {
        let &Neighbour { address, tls, .. } = neighbour;
        let protection = match forwarded::is_https(address, headers, &self.proxies) {
            Some(true) => Protection::ProxyTls,
            None if tls => Protection::Tls,
            Some(false) | None => Protection::None,
        };
        if !self.proxies.trust(address)
            && headers.contains_key(HeaderName::from_static("x-forwarded-for"))
            && !self.ignored_proxy.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                address = %Shown(address),
                "X-Forwarded-For from an address that is no --trusted-proxy is not believed (said once)"
            );
        }
        Peer {
            address: forwarded::client_addr(address, headers, &self.proxies),
            protection,
            certificate: None,
        }
    }

    /// The certificate of who sent a request to this site, where it counts.
    fn certificate(
        &self,
        neighbour: &Neighbour,
        headers: &HeaderMap,
        site: usize,
    ) -> Option<Arc<ClientCertificate>> {
        let vouched = neighbour.vouched.as_ref()?;
        // By whose authorities it was verified was decided by the name in the handshake, which need not be that in `Host`.
        let is_believed = self.sites[site].0.client_ca.as_ref() == Some(&vouched.client_ca);
        // What a proxy shows is its own, and says nothing of its clients.
        let is_own = !self.proxies.trust(neighbour.address);
        // A page that came in clear may be of whoever is on the way, and browsers show certificates on behalf of any page.
        let origin = headers.get(header::ORIGIN);
        let is_safe = origin.is_none_or(|origin| origin.as_bytes().starts_with(b"https://"));
        (is_believed && is_own && is_safe).then(|| vouched.certificate.clone())
    }

    /// The name that the client asked for, as it would stand in `Host`, and whether something else says so than `Host`.
    fn host<'a>(
        &self,
        neighbour: &Neighbour,
        headers: &'a HeaderMap,
        authority: Option<&'a str>,
    ) -> Result<(Option<Cow<'a, str>>, bool), Refusal> {
        let refuse = |why| Err(Refusal::Text(StatusCode::BAD_REQUEST, why));
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next();
        if hosts.next().is_some() {
            return refuse("The request has two Host headers.\n");
        }
        let said = forwarded::host(neighbour.address, headers, &self.proxies);
        // RFC 9112 §3.2.2: a request with a whole URL means that.
        if let Some(said) = said.map(Cow::Owned).or(authority.map(Cow::Borrowed)) {
            return Ok((Some(said), true));
        }
        match host.map(HeaderValue::to_str) {
            Some(Ok(host)) => Ok((Some(Cow::Borrowed(host)), false)),
            Some(Err(_)) => refuse("The Host header is no name.\n"),
            None => Ok((None, false)),
        }
    }

    fn site(&self, host: Option<&str>) -> Option<usize> {
        let Some(host) = host else {
            // HTTP/1.0
            return Some(0);
        };
        let name = name_of(host);
        let known = self.by_name.get(&name).copied();
        known.or_else(|| (self.unknown == UnknownHost::First || is_nobodys_own(&name)).then_some(0))
    }
}

/// A `Host` without port and final dot, in lower case.
fn name_of(host: &str) -> String {
    let port = host.rfind(':').filter(|at| !host[*at..].contains(']'));
    let name = &host[..port.unwrap_or(host.len())];
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// Names that no foreign page can have made its own: addresses, and this machine's.
fn is_nobodys_own(name: &str) -> bool {
    let literal = name.trim_start_matches('[').trim_end_matches(']');
    literal.parse::<IpAddr>().is_ok() || name == "localhost" || name.ends_with(".localhost")
}

#[derive(Debug, PartialEq, Eq)]
enum Below<'a> {
    /// What is meant, from the chat's own root.
    Path(String),
    /// The prefix without its final `/`: the page's relative links need that. The link to there.
    Itself(&'a str),
    /// The proxy has taken the prefix away, or nothing of ours is meant.
    Elsewhere,
}

/// What `path` is below `prefix`, which begins and ends with `/`.
fn below<'a>(path: &str, prefix: &'a str) -> Below<'a> {
    match path.strip_prefix(prefix) {
        _ if prefix == "/" => Below::Elsewhere,
        Some(rest) => Below::Path(format!("/{rest}")),
        None if prefix.strip_suffix('/') == Some(path) => {
            let last = prefix[..prefix.len() - 1].rfind('/').map_or(0, |at| at + 1);
            Below::Itself(&prefix[last..])
        }
        None => Below::Elsewhere,
    }
}

fn with_path(uri: &Uri, path: &str) -> Result<Uri, Refusal> {
    let query = uri.query().map(|query| format!("?{query}"));
    let new = format!("{path}{}", query.unwrap_or_default()).parse();
    new.map_err(|_| Refusal::Text(StatusCode::BAD_REQUEST, "There is no such path.\n"))
}

/// A request that reaches no site.
#[derive(Debug)]
enum Refusal {
    Text(StatusCode, &'static str),
    /// It is repeated there; relative, because a proxy may have taken away more than the server knows.
    Elsewhere(String),
}

impl Refusal {
    fn into_response(self) -> Response<Body> {
        let location = match self {
            Self::Text(status, text) => return files::text(status, text),
            Self::Elsewhere(location) => location,
        };
        let mut response = files::text(
            StatusCode::PERMANENT_REDIRECT,
            "The chat is at this address with a slash behind it.\n",
        );
        if let Ok(location) = HeaderValue::try_from(location) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_taken_off_once() {
        let path = |path: &str| Below::Path(path.to_owned());
        for (given, prefix, wanted) in [
            ("/anon/", "/anon/", path("/")),
            ("/anon/http-bind", "/anon/", path("/http-bind")),
            ("/anon/anon/", "/anon/", path("/anon/")),
            ("/anon//x", "/anon/", path("//x")),
            ("/a/b/room/x", "/a/b/", path("/room/x")),
            ("/anon", "/anon/", Below::Itself("anon/")),
            ("/a/b", "/a/b/", Below::Itself("b/")),
            ("/http-bind", "/anon/", Below::Elsewhere),
            ("/anonymous/", "/anon/", Below::Elsewhere),
            ("/", "/anon/", Below::Elsewhere),
            ("/", "/", Below::Elsewhere),
            ("/http-bind", "/", Below::Elsewhere),
        ] {
            assert_eq!(below(given, prefix), wanted, "{given} {prefix}");
        }
    }

    #[test]
    fn names_are_compared_without_port_case_and_final_dot() {
        for (host, name) in [
            ("Chat.Example", "chat.example"),
            ("chat.example:5280", "chat.example"),
            ("chat.example.", "chat.example"),
            ("chat.example.:80", "chat.example"),
            ("[::1]:5280", "[::1]"),
            ("[::1]", "[::1]"),
            ("", ""),
        ] {
            assert_eq!(name_of(host), name);
        }
    }

    #[test]
    fn a_name_that_a_foreign_page_may_have_is_not_ours_without_saying() {
        for ours in [
            "127.0.0.1",
            "192.0.2.1",
            "[::1]",
            "localhost",
            "chat.localhost",
        ] {
            assert!(is_nobodys_own(ours), "{ours}");
        }
        for theirs in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "1.2.3",
            "",
        ] {
            assert!(!is_nobodys_own(theirs), "{theirs}");
        }
    }
}
