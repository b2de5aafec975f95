//! EXTERNAL ([RFC 4422 appendix A](https://www.rfc-editor.org/rfc/rfc4422#appendix-A)), with the rules of
//! [XEP-0178](https://xmpp.org/extensions/xep-0178.html).

use super::anonymous::no_data;
use crate::credentials::External;
use crate::error::{Failure, LoginError, Malformed};
use crate::info::{MechanismInfo, Strength};
use crate::lookup::{Answer, Lookup, LookupKind, Refusal};
use crate::mechanism::{Claim, ClientExchange, ClientStep, Mechanism, ServerExchange, ServerStep};
use crate::random::Random;
use crate::select::SelectCx;
use crate::unavailable::Unavailable;

/// What an authorization identity may have: a JID of three full parts.
const MAX_AUTHZID: usize = 3 * 1023 + 2;

/// EXTERNAL ([RFC 4422 appendix A]): the channel has proven who the peer is, by its certificate for instance.
///
/// A client uses it only with the credential [`External`] in hand, which says that it has shown such a thing. A server
/// offers it only where it answers [`LookupKind::EXTERNAL`] and the channel names its peer
/// ([`ChannelSecurity::peer`](crate::ChannelSecurity::peer)).
///
/// The names come from the channel and from nowhere else; an answer permits or refuses, it never names anybody.
/// [XEP-0178]: with one account the client may leave out the authorization identity; with several it must not
/// (`invalid-authzid`); one that [`Lookup::Authorize`] permits for none of them is `invalid-authzid`.
///
/// [RFC 4422 appendix A]: https://www.rfc-editor.org/rfc/rfc4422#appendix-A
/// [XEP-0178]: https://xmpp.org/extensions/xep-0178.html
#[derive(Clone, Debug)]
pub struct ExternalMechanism {
    info: MechanismInfo,
    peers: Peers,
}

/// Who logs in.
#[derive(Clone, Debug)]
enum Peers {
    Accounts,
    /// Hosts, for this service.
    Hosts(&'static str),
}

impl ExternalMechanism {
    /// The mechanism for people's accounts, with priority 90.
    pub fn new() -> Self {
        Self {
            info: MechanismInfo::new("EXTERNAL")
                .with_priority(90)
                .with_strength(Strength::ChannelBound)
                .with_mutual_authentication(false)
                .uses::<External>()
                .asks(LookupKind::EXTERNAL),
            peers: Peers::Accounts,
        }
    }

    /// The mechanism for other servers, which show a certificate for their domain ([XEP-0178 §3]); `service` is how
    /// RFC 4985 calls them, `_xmpp-server` for instance.
    ///
    /// Who logs in is the authorization identity, or what the peer calls itself
    /// ([`SelectCx::with_peer_name`](crate::SelectCx::with_peer_name)) where that is empty. It must be a name that
    /// [`Peer::is_host`](crate::Peer::is_host) knows: what the client asks for and the certificate lacks is
    /// `invalid-authzid`. Register it on servers for servers, in place of [`new`](Self::new).
    ///
    /// [XEP-0178 §3]: https://xmpp.org/extensions/xep-0178.html#s2s
    pub fn for_servers(service: &'static str) -> Self {
        Self {
            peers: Peers::Hosts(service),
            ..Self::new()
        }
    }
}

impl Default for ExternalMechanism {
    fn default() -> Self {
        Self::new()
    }
}

impl Mechanism for ExternalMechanism {
    fn info(&self) -> &MechanismInfo {
        &self.info
    }

    fn available(&self, cx: &SelectCx<'_>) -> Result<(), Unavailable> {
        if cx.credentials().is_some() {
            // A client knows by its credential what it has shown.
            return Ok(());
        }
        let known = cx.channel().peer().is_some_and(|peer| match self.peers {
            Peers::Accounts => !peer.accounts().is_empty(),
            Peers::Hosts(service) => match cx.peer_name() {
                Some(name) => peer.is_host(service, name),
                None => peer.has_hosts(),
            },
        });
        if known {
            Ok(())
        } else {
            Err(Unavailable::UnknownPeer)
        }
    }

    fn client(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ClientExchange>, Unavailable> {
        let authzid = cx.authzid().unwrap_or_default();
        Ok(Box::new(Client(authzid.to_owned())))
    }

    fn server(
        &self,
        cx: &SelectCx<'_>,
        _: &mut dyn Random,
    ) -> Result<Box<dyn ServerExchange>, Unavailable> {
        let peer = cx.channel().peer().ok_or(Unavailable::UnknownPeer)?;
        Ok(match self.peers {
            Peers::Accounts => Box::new(Accounts {
                names: peer.accounts().to_vec(),
                state: State::First,
            }),
            Peers::Hosts(service) => Box::new(Host {
                peer: peer.clone(),
                service,
                says: cx.peer_name().map(str::to_owned),
                state: State::First,
            }),
        })
    }
}

struct Client(String);

impl ClientExchange for Client {
    fn initial(&mut self) -> Result<Option<Vec<u8>>, LoginError> {
        if self.0.contains('\0') {
            return Err(crate::PrepareError::Prohibited.into());
        }
        // Never absent: a server would ask for it by a challenge (XEP-0178 §2: `=`).
        Ok(Some(std::mem::take(&mut self.0).into_bytes()))
    }

    fn challenge(&mut self, _: &[u8]) -> Result<ClientStep, LoginError> {
        Err(Malformed::UnexpectedData.into())
    }

    fn success(&mut self, data: Option<&[u8]>) -> Result<(), LoginError> {
        no_data(data)
    }
}

enum State {
    First,
    /// The caller says whether `name` may act as `authzid`.
    Choosing {
        authzid: String,
        name: String,
    },
    /// The caller says whether this one may log in.
    Asking(Claim),
    Done,
}

impl State {
    fn ask(&mut self, claim: Claim) -> ServerStep {
        let name = claim.authcid.clone();
        *self = Self::Asking(claim);
        ServerStep::Lookup(Lookup::External { name })
    }

    fn asked(self, answer: Answer) -> Result<ServerStep, Failure> {
        match (self, answer) {
            (Self::Asking(claim), Answer::Accept) => Ok(ServerStep::Done(claim)),
            (Self::Asking(_), Answer::UnknownUser) => Err(Failure::WrongCredentials),
            (Self::Asking(_), Answer::Refuse(refusal)) => Err(refusal.into()),
            _ => Err(Failure::WrongAnswer),
        }
    }
}

/// `None` for the empty one, which asks to act as oneself.
fn authzid(data: &[u8]) -> Result<Option<String>, Malformed> {
    if data.len() > MAX_AUTHZID {
        return Err(Malformed::TooLong);
    }
    let text = std::str::from_utf8(data).map_err(|_| Malformed::Utf8)?;
    if text.contains('\0') {
        return Err(Malformed::Separators);
    }
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

struct Accounts {
    /// Those that have not been tried.
    names: Vec<String>,
    state: State,
}

impl Accounts {
    /// The protocol compares (SAS-11), one name after the other.
    fn choose(&mut self, authzid: String) -> Result<ServerStep, Failure> {
        let name = self.names.pop().ok_or(Failure::InvalidAuthzid)?;
        self.state = State::Choosing {
            authzid: authzid.clone(),
            name: name.clone(),
        };
        Ok(ServerStep::Lookup(Lookup::Authorize {
            authcid: name,
            authzid,
        }))
    }
}

impl ServerExchange for Accounts {
    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        if !matches!(self.state, State::First) {
            return Err(Failure::OutOfOrder);
        }
        match authzid(data)? {
            Some(authzid) => {
                // The likely one is tried first.
                self.names.sort_by_key(|name| *name == authzid);
                self.choose(authzid)
            }
            None if self.names.len() > 1 => Err(Failure::InvalidAuthzid),
            None => {
                let name = self.names.pop().ok_or(Failure::WrongCredentials)?;
                Ok(self.state.ask(Claim::new(name)))
            }
        }
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Choosing { authzid, name } => match answer {
                Answer::Accept => Ok(self.state.ask(
                    Claim::new(name)
                        .with_authzid(Some(authzid))
                        .already_permitted(),
                )),
                Answer::UnknownUser | Answer::Refuse(Refusal::WrongCredentials) => {
                    self.choose(authzid)
                }
                Answer::Refuse(refusal) => Err(refusal.into()),
                _ => Err(Failure::WrongAnswer),
            },
            state => state.asked(answer),
        }
    }
}

struct Host {
    peer: crate::Peer,
    service: &'static str,
    /// What the peer calls itself.
    says: Option<String>,
    state: State,
}

impl ServerExchange for Host {
    fn response(&mut self, data: &[u8]) -> Result<ServerStep, Failure> {
        if !matches!(self.state, State::First) {
            return Err(Failure::OutOfOrder);
        }
        let authzid = authzid(data)?;
        let claim = match (&authzid, &self.says) {
            (Some(authzid), Some(says)) if !authzid.eq_ignore_ascii_case(says) => {
                return Err(Failure::InvalidAuthzid);
            }
            (Some(name), _) | (None, Some(name)) => Claim::new(name.to_ascii_lowercase()),
            (None, None) => return Err(Failure::InvalidAuthzid),
        };
        if !self.peer.is_host(self.service, &claim.authcid) {
            return Err(match authzid {
                Some(_) => Failure::InvalidAuthzid,
                None => Failure::WrongCredentials,
            });
        }
        // What it asks for is what it is.
        Ok(self
            .state
            .ask(claim.with_authzid(authzid).already_permitted()))
    }

    fn resolve(&mut self, answer: Answer) -> Result<ServerStep, Failure> {
        std::mem::replace(&mut self.state, State::Done).asked(answer)
    }
}
