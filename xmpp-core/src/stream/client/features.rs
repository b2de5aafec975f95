//! What the server offers, and STARTTLS (FEA-3 to FEA-6, TLS-2 to TLS-7).

use super::{ClientEvent, ClientSession, State};
use crate::{
    stream::{Advice, CloseReason, faults},
    xml::{ElementRef, ns},
};

impl ClientSession {
    pub(super) fn handle_features(&mut self, features: ElementRef<'_>) {
        if self.authenticated {
            return self.bind(features);
        }
        let confidential = self.channel.is_confidential();
        // FEA-6: STARTTLS makes no sense where TLS stands or cannot be started.
        if !confidential
            && self.channel.can_start_tls()
            && features.child("starttls", ns::TLS).is_some()
        {
            // TLS-2: it goes alone.
            self.out.nonza(|w| w.empty_element("starttls", ns::TLS));
            self.state = State::TlsAsked;
            return;
        }
        if !confidential && self.config.require_tls {
            // TLS-7.
            return self.fail(faults::tls_required(), Advice::NextCandidate);
        }
        // FEA-5: every set of features replaces the former one.
        self.offered = features
            .child("mechanisms", ns::SASL)
            .into_iter()
            .flat_map(ElementRef::children)
            .filter(|child| child.is("mechanism", ns::SASL))
            .map(|mechanism| mechanism.text().trim().to_owned())
            .collect();
        self.bindings = features
            .child("sasl-channel-binding", ns::CHANNEL_BINDING)
            .map(|list| {
                list.children()
                    .filter(|child| child.is("channel-binding", ns::CHANNEL_BINDING))
                    .filter_map(|child| Some(child.attr("type")?.into_owned()))
                    .collect()
            });
        self.begin_login();
    }

    /// TLS-5.
    pub(super) fn handle_tls_answer(&mut self, answer: ElementRef<'_>) {
        if answer.is("proceed", ns::TLS) {
            self.state = State::StartingTls;
            self.events.push_back(ClientEvent::StartTls);
            return;
        }
        self.out.close();
        self.finish(CloseReason::TlsRefused, None, Advice::NextCandidate);
    }
}
