//! Under what circumstances a mechanism is chosen.

use std::any::Any;

use crate::channel::{ChannelBindingType, ChannelSecurity};
use crate::credentials::{CredentialKind, Credentials};
use crate::policy::{self, Policy};
use crate::server_config::ServerConfig;
use crate::unavailable::Unavailable;

/// The circumstances of one session: channel, policy, and what the mechanisms may want to know.
///
/// The caller makes one with what it knows; the registry adds the credentials and the offer before a
/// mechanism sees it.
#[derive(Clone, Copy, Debug)]
pub struct SelectCx<'a> {
    channel: &'a ChannelSecurity,
    policy: Option<&'a Policy>,
    server: Option<&'a ServerConfig>,
    service: &'a str,
    host: &'a str,
    port: Option<u16>,
    advertised: Option<&'a [&'a str]>,
    binding_types: Option<&'a [&'a str]>,
    binding_types_required: bool,
    peer_name: Option<&'a str>,
    pub(crate) credentials: Option<&'a Credentials>,
    pub(crate) offered: &'a [&'a str],
    pub(crate) binding_usable: bool,
    pub(crate) contradiction: Option<Contradiction>,
}

/// How an offer contradicts itself about channel binding (XEP-0440 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contradiction {
    /// None of this channel's types is among the server's, nor the one that every server has (rule 6).
    ForeignTypes,
    /// Mechanisms that bind, but no types (rule 4).
    NoTypes,
    /// Types, but no mechanism that binds (rule 5).
    NoMechanism,
}

impl<'a> SelectCx<'a> {
    /// A session over `channel` under the registry's own policy.
    pub fn new(channel: &'a ChannelSecurity) -> Self {
        Self {
            channel,
            policy: None,
            server: None,
            service: "",
            host: "",
            port: None,
            advertised: None,
            binding_types: None,
            binding_types_required: false,
            peer_name: None,
            credentials: None,
            offered: &[],
            binding_usable: false,
            contradiction: None,
        }
    }

    /// A policy for this session in place of the registry's.
    #[must_use]
    pub fn with_policy(mut self, policy: &'a Policy) -> Self {
        self.policy = Some(policy);
        self
    }

    /// Servers: what lookups can be answered, and the rest of the server's settings. Without it no
    /// mechanism is offered that asks anything.
    #[must_use]
    pub fn with_server(mut self, server: &'a ServerConfig) -> Self {
        self.server = Some(server);
        self
    }

    /// The name that the protocol has in IANA's registry of GSS-API services (`xmpp`, `imap`), and the
    /// host that it is offered under (in XMPP the domain). Some mechanisms sign or send them.
    #[must_use]
    pub fn with_service(mut self, service: &'a str, host: &'a str) -> Self {
        self.service = service;
        self.host = host;
        self
    }

    /// The port that the client connected to.
    #[must_use]
    pub fn with_port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The channel-binding types that the server advertises (XEP-0440), as they are written: what a client was told,
    /// what a server says. Leave it out where none are advertised; a client then tries any.
    #[must_use]
    pub fn with_advertised_bindings(mut self, types: &'a [&'a str]) -> Self {
        self.binding_types = Some(types);
        self
    }

    /// The mechanisms that the server advertises in the profile in use (XEP-0474).
    ///
    /// Servers: with it SCRAM signs the offer, unless [`ServerConfig::sign_offer`] says otherwise: mechanisms and types
    /// must be exactly what the client was sent, or it gives up. Clients: needed only where they choose from
    /// another list than that, as from the one of FAST (XEP-0484).
    #[must_use]
    pub fn with_advertised_mechanisms(mut self, names: &'a [&'a str]) -> Self {
        self.advertised = Some(names);
        self
    }

    /// Clients: in the protocol in use, a server with mechanisms that bind names the types, as in SASL2
    /// (XEP-0440 §3, rule 4). An offer without them was changed on its way.
    #[must_use]
    pub fn with_binding_types_required(mut self) -> Self {
        self.binding_types_required = true;
        self
    }

    /// Servers: what the peer calls itself (in XMPP between servers the `from` of the stream, in ASCII form). It proves
    /// nothing; EXTERNAL compares it with what the channel has proven.
    #[must_use]
    pub fn with_peer_name(mut self, name: &'a str) -> Self {
        self.peer_name = Some(name);
        self
    }

    /// The channel.
    pub fn channel(&self) -> &'a ChannelSecurity {
        self.channel
    }

    /// The policy in force.
    pub fn policy(&self) -> &'a Policy {
        self.policy.unwrap_or(&policy::DEFAULT)
    }

    /// The server's settings.
    pub fn server(&self) -> Option<&'a ServerConfig> {
        self.server
    }

    /// The service's name; empty if it was not said.
    pub fn service(&self) -> &'a str {
        self.service
    }

    /// The host; empty if it was not said.
    pub fn host(&self) -> &'a str {
        self.host
    }

    /// The port that the client connected to, if it was said.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// What the peer calls itself, if it was said.
    pub fn peer_name(&self) -> Option<&'a str> {
        self.peer_name
    }

    /// The credentials in hand; `None` on a server.
    pub fn credentials(&self) -> Option<&'a Credentials> {
        self.credentials
    }

    /// The credential of type `T`, for a mechanism that works with no other.
    pub(crate) fn credential<T: Any>(&self) -> Result<&'a T, Unavailable> {
        self.credentials
            .and_then(Credentials::get)
            .ok_or_else(|| Unavailable::Credentials {
                needs: vec![CredentialKind::of::<T>()],
            })
    }

    /// As whom the client wants to act, if it is not itself.
    pub(crate) fn authzid(&self) -> Option<&'a str> {
        self.credentials?.authzid()
    }

    /// What the server offers, in its order: to a client what it was told, to a server what it says.
    pub fn offered(&self) -> &'a [&'a str] {
        self.offered
    }

    /// Clients: whether a mechanism with channel binding could be used here if the server offered it.
    pub fn binding_usable(&self) -> bool {
        self.binding_usable
    }

    /// The channel-binding types that the server advertises, if it does.
    pub fn advertised_bindings(&self) -> Option<&'a [&'a str]> {
        self.binding_types
    }

    /// The mechanisms that the server advertises, if that was said.
    pub fn advertised_mechanisms(&self) -> Option<&'a [&'a str]> {
        self.advertised
    }

    /// The binding data to use: of the strongest type that the channel has and the server, as far as known, can do.
    pub fn binding(&self) -> Option<&'a crate::ChannelBinding> {
        self.channel.bindings().iter().find(|binding| {
            self.binding_types
                .is_none_or(|types| types.contains(&binding.kind().as_str()))
        })
    }

    /// The whole offer, of which a client may be choosing from a part.
    pub(crate) fn whole_offer(&self) -> &'a [&'a str] {
        self.advertised.unwrap_or(self.offered)
    }

    /// Clients: what the offer says about channel binding that no server would (CB-3, CB-4).
    ///
    /// `binds`: whether the offer has a mechanism that binds.
    pub(crate) fn find_contradiction(&self, binds: bool) -> Option<Contradiction> {
        if self.channel.bindings().is_empty() {
            return None;
        }
        let every_server_has = ChannelBindingType::TlsServerEndPoint.as_str();
        match self.binding_types {
            None if binds && self.binding_types_required => Some(Contradiction::NoTypes),
            Some(_) if !binds => Some(Contradiction::NoMechanism),
            Some(types) if self.binding().is_none() && !types.contains(&every_server_has) => {
                Some(Contradiction::ForeignTypes)
            }
            _ => None,
        }
    }

    pub(crate) fn or_policy(mut self, policy: &'a Policy) -> Self {
        self.policy.get_or_insert(policy);
        self
    }
}
