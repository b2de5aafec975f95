//! SASL on the server's side (RFC 6120 §6; SAS-1 to SAS-14).

use super::{Pending, ServerEvent, ServerSession, State};
use crate::{
    BareJid,
    sasl::{self, Failure, Identity, Lookup, Malformed, Outcome, Refusal, SelectCx, ServerLogin},
    stream::{Misuse, StreamErrorCondition, faults, ids::random_uuid, sasl as wire},
    xml::{Element, Writer, ns},
};

impl ServerSession {
    /// The mechanisms to offer now.
    fn offered(&self) -> Vec<sasl::MechanismName> {
        if self.config.require_tls && !self.channel.is_confidential() {
            return Vec::new();
        }
        self.config.registry.offered(&self.select_cx())
    }

    fn select_cx(&self) -> SelectCx<'_> {
        SelectCx::new(self.channel.security())
            .with_server(&self.config.sasl)
            .with_service("xmpp", self.domain().domain())
    }

    /// The channel-binding types to advertise: with mechanisms that use them, and not without (CB-1, CB-3).
    fn binding_types(&self, offered: &[sasl::MechanismName]) -> Option<Vec<&'static str>> {
        let binds = |mechanism: &sasl::MechanismName| mechanism.as_str().ends_with("-PLUS");
        let bindings = self.channel.security().bindings();
        (offered.iter().any(binds) && !bindings.is_empty()).then(|| {
            let kinds = bindings.iter().map(sasl::ChannelBinding::kind);
            kinds.map(sasl::ChannelBindingType::as_str).collect()
        })
    }

    /// Offers what may be used, in the order of FEA-2. Offers nothing where nothing may be used.
    pub(super) fn offer_login(&mut self) {
        let offered = self.offered();
        let start_tls = self.channel.can_start_tls() && !self.channel.is_confidential();
        if offered.is_empty()
            && !start_tls
            && self.config.require_tls
            && !self.channel.is_confidential()
        {
            return self.fail(faults::tls_required());
        }
        let (config, types) = (&self.config, self.binding_types(&offered));
        self.out.features(|w| {
            if start_tls {
                let tag = w.start("starttls", ns::TLS);
                if config.require_tls {
                    w.empty_element("required", ns::TLS);
                }
                w.end(tag);
            }
            if !offered.is_empty() {
                let mechanisms = w.start("mechanisms", ns::SASL);
                for mechanism in &offered {
                    w.text_element("mechanism", ns::SASL, mechanism.as_str());
                }
                w.end(mechanisms);
            }
            if let Some(types) = types {
                let list = w.start("sasl-channel-binding", ns::CHANNEL_BINDING);
                for kind in types {
                    let tag = w.start("channel-binding", ns::CHANNEL_BINDING);
                    w.attr("type", kind);
                    w.end(tag);
                }
                w.end(list);
            }
            super::write_limits(config, &config.limits_before_login, w);
        });
    }

    /// An element of SASL's namespace before login.
    pub(super) fn handle_sasl(&mut self, element: &Element) {
        let result = match element.name() {
            "auth" => {
                // SAS-10: a new attempt discards the one that runs, which has cost as much as any (SAS-7).
                if self.login.take().is_some() {
                    self.count_attempt("too many logins");
                }
                if self.state == State::Closed {
                    return;
                }
                self.handle_auth(element)
            }
            "response" => match self.login.take() {
                // SAS-10.
                None => Err(Failure::OutOfOrder),
                Some(mut login) => wire::read_data(element.root())
                    .and_then(|data| login.response(&data.unwrap_or_default()))
                    .map(|outcome| (login, outcome)),
            },
            // SAS-6.
            "abort" => {
                self.login = None;
                Err(Failure::Aborted)
            }
            _ => return self.fail(StreamErrorCondition::UnsupportedStanzaType.into()),
        };
        self.settle(result);
    }

    fn handle_auth(&mut self, element: &Element) -> Result<(ServerLogin, Outcome), Failure> {
        let mechanism = element.attr("mechanism").ok_or(Malformed::Attributes)?;
        if self.config.require_tls && !self.channel.is_confidential() {
            return Err(Failure::EncryptionRequired);
        }
        let mut initial = wire::read_data(element.root())?;
        if &*mechanism == "ANONYMOUS" {
            // SAS-14, BOSH 17: browsers send `<auth/>` without text and cannot answer a challenge.
            initial.get_or_insert_default();
        }
        // CB-6: what the client was told is signed.
        let offered = self.offered();
        let names: Vec<&str> = offered.iter().map(sasl::MechanismName::as_str).collect();
        let types = self.binding_types(&offered);
        let mut cx = SelectCx::new(self.channel.security())
            .with_server(&self.config.sasl)
            .with_service("xmpp", self.domain.as_ref().map_or("", BareJid::domain))
            .with_advertised_mechanisms(&names);
        if let Some(types) = &types {
            cx = cx.with_advertised_bindings(types);
        }
        let mut login = self
            .config
            .registry
            .begin(&mechanism, &cx, &mut *self.random)?;
        let outcome = login.start(initial.as_deref())?;
        Ok((login, outcome))
    }

    /// The caller's answer to a lookup.
    pub(super) fn resolve_login(&mut self, answer: sasl::Answer) -> Result<(), Misuse> {
        let mut login = self.login.take().ok_or(Misuse::UnknownLookup)?;
        let result = login.resolve(answer);
        let misused = matches!(&result, Err(failure) if failure.is_misuse());
        self.settle(result.map(|outcome| (login, outcome)));
        if misused {
            Err(Misuse::WrongAnswer)
        } else {
            Ok(())
        }
    }

    /// Does what the mechanism says, until the peer or the caller has the next word.
    fn settle(&mut self, mut result: Result<(ServerLogin, Outcome), Failure>) {
        loop {
            let (mut login, outcome) = match result {
                Ok(next) => next,
                Err(failure) => return self.login_failed(&failure),
            };
            let answer = match outcome {
                Outcome::Challenge(data) => {
                    // An empty challenge is `=` as everything empty is (SAS-3).
                    self.out
                        .nonza(|w| wire::write_element("challenge", Some(&data), w));
                    self.login = Some(login);
                    return;
                }
                Outcome::Success { identity, data } => {
                    return self.login_succeeded(identity, data.as_deref());
                }
                // SAS-14: the localpart is random.
                Outcome::Lookup(Lookup::Anonymous { .. }) => sasl::Answer::Grant {
                    authcid: random_uuid(&mut *self.random),
                },
                // SAS-11: nobody acts as somebody else.
                Outcome::Lookup(Lookup::Authorize { authcid, authzid }) => {
                    let user = self.account(login.mechanism(), &authcid);
                    match (user, BareJid::new(&authzid)) {
                        (Some(user), Ok(wanted)) if user == wanted => sasl::Answer::Accept,
                        _ => sasl::Answer::Refuse(Refusal::WrongCredentials),
                    }
                }
                // XEP-0178 §2: an address of somebody else's server is no account here.
                Outcome::Lookup(Lookup::External { name })
                    if self.account(login.mechanism(), &name).is_none() =>
                {
                    sasl::Answer::UnknownUser
                }
                Outcome::Lookup(lookup) => {
                    self.login = Some(login);
                    let id = self.ask(Pending::Login);
                    self.events.push_back(ServerEvent::Lookup { id, lookup });
                    return;
                }
            };
            result = login.resolve(answer).map(|outcome| (login, outcome));
        }
    }

    /// The JID of the account `authcid`, which has to be a localpart (SAS-12); what a certificate proves is a whole
    /// address, which has to be of this domain.
    fn account(&self, mechanism: &sasl::MechanismName, authcid: &str) -> Option<BareJid> {
        let domain = self.domain().domain();
        if *mechanism == "EXTERNAL" {
            let address = BareJid::new(authcid).ok()?;
            return (address.local().is_some() && address.domain() == domain).then_some(address);
        }
        BareJid::from_parts(Some(authcid), domain).ok()
    }

    fn login_succeeded(&mut self, identity: Identity, data: Option<&[u8]>) {
        let Some(jid) = self.account(identity.mechanism(), identity.authcid()) else {
            return self.login_failed(&Failure::WrongCredentials);
        };
        self.out.nonza(|w| wire::write_element("success", data, w));
        self.user = Some(jid.clone());
        self.events
            .push_back(ServerEvent::Authenticated { jid, identity });
        // HDR-13.
        self.restart(State::Header);
    }

    fn login_failed(&mut self, failure: &Failure) {
        let condition = failure.condition();
        self.out.nonza(|w: &mut Writer<'_>| {
            let tag = w.start("failure", ns::SASL);
            w.empty_element(condition, ns::SASL);
            w.end(tag);
        });
        self.count_attempt("too many failed logins");
    }
}
