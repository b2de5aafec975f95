//! SASL on the client's side (RFC 6120 §6; SAS-2 to SAS-9).

use super::{ClientEvent, ClientSession, State};
use crate::{
    sasl::{
        ClientLogin, ClientStep, DerivedKey, FailureKind, LoginError, NoMechanism, SelectCx,
        Strength,
    },
    stream::{Advice, Misuse, StreamError, StreamErrorCondition, sasl as wire},
    xml::{ElementRef, ns},
};

impl ClientSession {
    pub(super) fn begin_login(&mut self) {
        let selected = self.select();
        let mut login = match selected {
            Ok(login) => login,
            Err(none) => {
                // FEA-4, SAS-2; condition 23.
                let error = StreamError::new(StreamErrorCondition::UnsupportedFeature)
                    .with_text("no mechanism can be used");
                self.out.error(&error);
                return self.give_up(none.to_string(), Advice::Stop);
            }
        };
        let initial = match login.initial() {
            Ok(initial) => initial,
            Err(error) => return self.give_up(error.to_string(), Advice::Stop),
        };
        self.out.nonza(|w| {
            let auth = w.start("auth", ns::SASL);
            w.attr("mechanism", login.mechanism().as_str());
            wire::write_data(initial.as_deref(), w);
            w.end(auth);
        });
        self.login = Some(login);
        self.state = State::Login;
    }

    pub(super) fn handle_login(&mut self, element: ElementRef<'_>) {
        match (element.name(), element.has_ns(ns::SASL)) {
            ("challenge", true) => self.handle_challenge(element),
            ("success", true) => self.handle_success(element),
            ("failure", true) => self.handle_failure(element),
            // SAS-9.
            _ => self.fail(
                StreamError::new(StreamErrorCondition::PolicyViolation)
                    .with_text("only the outcome of the login may come now"),
                Advice::Backoff,
            ),
        }
    }

    fn handle_challenge(&mut self, challenge: ElementRef<'_>) {
        let Ok(data) = wire::read_data(challenge) else {
            return self.abort_login("the challenge is not base64", Advice::Stop);
        };
        let Some(login) = &mut self.login else {
            return;
        };
        let step = login.challenge(&data.unwrap_or_default());
        self.step(step);
    }

    pub(super) fn resume_login(&mut self, key: DerivedKey) -> Result<(), Misuse> {
        let Some(login) = &mut self.login else {
            return Err(Misuse::UnknownLookup);
        };
        let step = login.resume(key);
        let misused = matches!(&step, Err(error) if error.is_misuse());
        self.step(step);
        if misused {
            Err(Misuse::WrongAnswer)
        } else {
            Ok(())
        }
    }

    fn step(&mut self, step: Result<ClientStep, LoginError>) {
        match step {
            Ok(ClientStep::Respond(data)) => {
                // SAS-3: what is empty is `=`.
                self.out
                    .nonza(|w| wire::write_element("response", Some(&data), w));
                self.state = State::Login;
            }
            Ok(ClientStep::Derive(job)) => {
                self.state = State::Deriving;
                self.events.push_back(ClientEvent::Derive(job));
            }
            Err(error) => {
                let advice = match error {
                    LoginError::Refused(_) | LoginError::StaleKeys => Advice::Reauthenticate,
                    _ => Advice::Stop,
                };
                self.abort_login(error.to_string(), advice);
            }
        }
    }

    /// SAS-5: a success is believed when the mechanism believes it.
    fn handle_success(&mut self, success: ElementRef<'_>) {
        let Ok(data) = wire::read_data(success) else {
            return self.give_up("the success is not base64", Advice::Stop);
        };
        let Some(mut login) = self.login.take() else {
            return;
        };
        if let Err(error) = login.success(data.as_deref()) {
            return self.give_up(error.to_string(), Advice::Stop);
        }
        self.authenticated = true;
        self.events.push_back(ClientEvent::Authenticated { login });
        self.restart();
    }

    /// SAS-8 and the table of RFC 6120 §6.5.
    fn handle_failure(&mut self, failure: ElementRef<'_>) {
        let Some(login) = self.login.take() else {
            return;
        };
        let name = failure
            .children()
            .find(|child| child.has_ns(ns::SASL) && child.name() != "text")
            .map_or("", ElementRef::name);
        let kind = FailureKind::from_condition(name).unwrap_or(FailureKind::TemporaryAuthFailure);
        let advice = match kind {
            FailureKind::InvalidMechanism
            | FailureKind::MalformedRequest
            | FailureKind::MechanismTooWeak => {
                let above =
                    (kind == FailureKind::MechanismTooWeak).then(|| login.info().strength());
                let mut policy =
                    std::mem::take(&mut self.config.policy).deny(login.mechanism().as_str());
                if login.info().strength() == Strength::ChannelBound {
                    // SEC-2: who stands between would like us to go on without channel binding.
                    policy = policy.minimum_strength(Strength::ChannelBound);
                }
                self.config.policy = policy;
                if self.has_another_mechanism(above) {
                    return self.begin_login();
                }
                Advice::Stop
            }
            FailureKind::CredentialsExpired | FailureKind::NotAuthorized => Advice::Reauthenticate,
            FailureKind::Aborted | FailureKind::TemporaryAuthFailure => Advice::Backoff,
            _ => Advice::Stop,
        };
        let name = if name.is_empty() {
            kind.condition()
        } else {
            name
        };
        match login.refusal() {
            Some(refusal) => self.give_up(format!("{name}: {refusal}"), advice),
            None => self.give_up(name, advice),
        }
    }

    /// Whether a mechanism is left, stronger than `above` where the server calls that too weak.
    fn has_another_mechanism(&mut self, above: Option<Strength>) -> bool {
        self.select()
            .is_ok_and(|next| above.is_none_or(|above| next.info().strength() > above))
    }

    /// The best mechanism of those offered (SAS-2).
    fn select(&mut self) -> Result<ClientLogin, NoMechanism> {
        let types: Option<Vec<&str>> = self
            .bindings
            .as_ref()
            .map(|types| types.iter().map(String::as_str).collect());
        let mut cx = SelectCx::new(self.channel.security())
            .with_policy(&self.config.policy)
            .with_service("xmpp", self.config.domain.domain());
        if let Some(types) = &types {
            cx = cx.with_advertised_bindings(types);
        }
        self.config.registry.select(
            &self.offered,
            &self.config.credentials,
            &cx,
            &mut *self.random,
        )
    }

    fn abort_login(&mut self, reason: impl Into<String>, advice: Advice) {
        self.out.nonza(|w| w.empty_element("abort", ns::SASL));
        self.give_up(reason, advice);
    }
}
