//! The component `upload.DOMAIN`: slots for files (XEP-0363). The files themselves go over HTTP.

use xmpp_core::{
    BareJid, FullJid, Jid, Random, StanzaErrorCondition,
    xml::{Element, ns},
};
use xmpp_stanza::{
    DataForm, DiscoInfo, DiscoItem, FormField, Identity, Iq, Stanza, UploadRequest, bad_payload,
};

use super::{Hub, census, client::Key, domain::Answers};
use crate::upload::{Asker, Issuer, Usage};

/// What it is called in lists.
const NAME: &str = "HTTP File Upload";
/// The purposes that slots are given for (XEP-0363 §5).
const PURPOSES: [&str; 2] = [
    "urn:xmpp:http:upload:purpose:0#message",
    "urn:xmpp:http:upload:purpose:0#ephemeral",
];

/// The component.
pub(super) struct Upload {
    pub(super) domain: BareJid,
    issuer: Issuer,
    /// Bytes in the store, as it stands.
    usage: Usage,
    random: Box<dyn Random + Send>,
    answers: Answers,
}

impl Upload {
    pub(super) fn new(
        domain: BareJid,
        issuer: Issuer,
        usage: Usage,
        random: Box<dyn Random + Send>,
    ) -> Self {
        Self {
            answers: Answers::of_upload(issuer.max_file_size()),
            domain,
            issuer,
            usage,
            random,
        }
    }

    /// Its place among the domain's services.
    pub(super) fn item(&self) -> DiscoItem {
        DiscoItem::new(self.domain.clone()).with_name(NAME)
    }

    pub(super) fn session_ended(&mut self, key: Key) {
        self.issuer.session_ended(key.0);
    }
}

impl Answers {
    fn of_upload(max_file_size: u64) -> Self {
        let form = DataForm::result(ns::HTTP_UPLOAD.as_str())
            .with_field(FormField::value("max-file-size", max_file_size.to_string()));
        Self::new(
            DiscoInfo::new()
                .with_identity(Identity::new("store", "file").with_name(NAME))
                .with_feature(ns::HTTP_UPLOAD)
                .with_features(PURPOSES)
                .with_form(form),
            [],
        )
    }
}

impl Hub {
    /// Whether the component is there and has that domain.
    pub(super) fn is_upload(&self, domain: &str) -> bool {
        self.upload
            .as_ref()
            .is_some_and(|upload| upload.domain.domain() == domain)
    }

    /// A stanza to the component or to somebody there, where nobody is.
    pub(super) fn route_to_upload(
        &mut self,
        key: Key,
        from: &FullJid,
        to: &Jid,
        element: &Element,
    ) {
        let unavailable = StanzaErrorCondition::ServiceUnavailable;
        match Stanza::from_element(element.root()) {
            Ok(Stanza::Iq(iq)) if to.local().is_none() && to.is_bare() => {
                let iq = iq.with_from(from.clone()).with_to(to.clone());
                let answer = self.answer_of_upload(key, &iq);
                self.answer(key, answer);
            }
            Ok(Stanza::Presence(_)) => {}
            Ok(_) => self.refuse(key, from, to, element, unavailable),
            Err(error) => self.refuse(key, from, to, element, error),
        }
    }

    fn answer_of_upload(&mut self, key: Key, iq: &Iq) -> Option<Iq> {
        let address = self.clients.get(&key)?.address;
        let upload = self.upload.as_mut()?;
        let request = match iq.get_payload::<UploadRequest>() {
            Ok(Some(request)) => request,
            Ok(None) => return upload.answers.answer(iq),
            Err(error) => return iq.error(bad_payload(&error)),
        };
        let asker = Asker {
            session: key.0,
            network: census::network(address),
        };
        let stored = upload.usage.bytes();
        match upload
            .issuer
            .request(self.now, &mut *upload.random, asker, stored, &request)
        {
            Ok(slot) => iq.reply(&slot),
            Err(refusal) => {
                tracing::debug!(session = key.0, %refusal, "no upload slot");
                iq.error(refusal.error())
            }
        }
    }
}
