//! What a user's own account holds and answers. All of it lasts as long as the session of an anonymous user, and as long as
//! the last session of any other, and is small.

mod pep;
mod private;
mod roster;
mod vcard;

use xmpp_core::{
    StanzaError, StanzaErrorCondition,
    xml::{Element, Payload, PayloadError, WriteXml, ns},
};
use xmpp_stanza::{
    ArchiveFilter, ArchiveFin, ArchiveQuery, BlockList, Carbons, DiscoInfo, DiscoResponder,
    Identity, Iq, LastActivity, Ping, ResultSet, bad_payload,
};

/// Memory that the account of one session may take: a vCard with a small picture, and bookmarks of many rooms.
const MAX_BYTES: usize = 64 * 1024;

/// What becomes of a request: a result, with or without payload, or an error.
type Outcome = Result<Option<Element>, Box<StanzaError>>;

/// What accounts are, to their own users.
#[derive(Debug)]
pub(in crate::hub) struct Profile {
    anonymous: DiscoResponder,
    registered: DiscoResponder,
    admin: DiscoResponder,
}

/// Whose account it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::hub) enum Account {
    /// Of somebody who has one session.
    Anonymous,
    /// Of a user of the site, signed in.
    Registered,
    /// Of the admin.
    Admin,
}

/// What one account holds.
#[derive(Debug, Default)]
pub(in crate::hub) struct Personal {
    vcard: Option<Element>,
    private: private::Elements,
    pep: pep::Nodes,
}

impl Profile {
    pub(in crate::hub) fn new() -> Self {
        let of = |kind| {
            let info = DiscoInfo::new()
                .with_identity(Identity::new("account", kind))
                .with_identity(Identity::new("pubsub", "pep"))
                .with_feature(ns::PING)
                .with_features(pep::features());
            DiscoResponder::new(info)
        };
        Self {
            anonymous: of("anonymous"),
            registered: of("registered"),
            admin: of("admin"),
        }
    }
}

impl Personal {
    /// The answer to the user itself; `None` when `iq` is no request.
    pub(in crate::hub) fn answer(
        &mut self,
        profile: &Profile,
        whose: Account,
        iq: &Iq,
    ) -> Option<Iq> {
        let disco = match whose {
            Account::Anonymous => &profile.anonymous,
            Account::Registered => &profile.registered,
            Account::Admin => &profile.admin,
        };
        if let Some(answer) = disco.answer(iq) {
            return Some(answer);
        }
        let room = MAX_BYTES.saturating_sub(self.memory());
        let outcome = vcard::answer(&mut self.vcard, room, iq)
            .or_else(|| self.private.answer(room, iq))
            .or_else(|| self.pep.answer(room, iq))
            .or_else(|| roster::answer(iq))
            .or_else(|| carbons(whose, iq))
            .or_else(|| small(iq));
        answer(iq, outcome)
    }

    /// The answer to somebody else: what is nobody's secret. An account that is not there answers as one that holds
    /// nothing, so that nobody learns who is here.
    pub(in crate::hub) fn answer_others(&self, iq: &Iq) -> Option<Iq> {
        let outcome = vcard::answer_others(self.vcard.as_ref(), iq);
        answer(iq, outcome.or_else(|| self.pep.answer_others(iq)))
    }

    fn memory(&self) -> usize {
        let vcard = self.vcard.as_ref().map_or(0, Element::memory);
        vcard + self.private.memory() + self.pep.memory()
    }
}

fn answer(iq: &Iq, outcome: Option<Outcome>) -> Option<Iq> {
    match outcome {
        Some(Ok(None)) => iq.result(),
        Some(Ok(Some(payload))) => iq.reply(&payload),
        Some(Err(error)) => iq.error(*error),
        None => iq.error(StanzaErrorCondition::ServiceUnavailable.into()),
    }
}

/// XEP-0280: an anonymous user has one session, so that no copies can be due to another, whether they are wanted or not.
/// Copies for other sessions of those who may have several are not made.
fn carbons(whose: Account, iq: &Iq) -> Option<Outcome> {
    asked(iq.set_payload(), |_: Carbons| match whose {
        Account::Anonymous => Ok(None),
        Account::Registered | Account::Admin => refuse(StanzaErrorCondition::FeatureNotImplemented),
    })
}

/// What takes no more than a line each.
fn small(iq: &Iq) -> Option<Outcome> {
    asked(iq.get_payload::<Ping>(), |Ping| Ok(None))
        // Who can be blocked is a question for rooms, which have their own means: the list stays empty.
        .or_else(|| {
            asked(
                iq.get_payload(),
                |_: BlockList| reply(&BlockList::default()),
            )
        })
        // The user is here, or could not ask.
        .or_else(|| {
            asked(iq.get_payload(), |_: LastActivity| {
                reply(&LastActivity {
                    seconds: Some(0),
                    status: None,
                })
            })
        })
        // Nothing between two users is archived.
        .or_else(|| {
            asked(iq.get_payload(), |query: ArchiveQuery| {
                reply(&ArchiveQuery {
                    form: Some(ArchiveFilter::description()),
                    queryid: query.queryid,
                    ..ArchiveQuery::default()
                })
            })
        })
        .or_else(|| {
            asked(iq.set_payload(), |_: ArchiveQuery| {
                reply(&ArchiveFin {
                    complete: true,
                    stable: true,
                    page: Some(ResultSet {
                        count: Some(0),
                        ..ResultSet::default()
                    }),
                })
            })
        })
}

/// The outcome of a request that has the payload, or that has it broken; `None` for another request.
fn asked<P: Payload>(
    payload: Result<Option<P>, PayloadError>,
    then: impl FnOnce(P) -> Outcome,
) -> Option<Outcome> {
    match payload {
        Ok(None) => None,
        Ok(Some(payload)) => Some(then(payload)),
        Err(error) => Some(Err(bad_payload(&error).into())),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one of the outcomes")]
fn reply(payload: &impl WriteXml) -> Outcome {
    Ok(Some(Element::from_xml(payload)))
}

fn refuse(condition: StanzaErrorCondition) -> Outcome {
    Err(Box::new(condition.into()))
}

/// `element` as it can be kept, in at most `room` bytes.
fn kept(element: &Element, room: usize) -> Result<Element, Box<StanzaError>> {
    let kept = element.shrink();
    if kept.memory() > room {
        let error = StanzaError::new(StanzaErrorCondition::ResourceConstraint);
        let text = format!("an anonymous account holds {MAX_BYTES} bytes in all");
        return Err(error.with_text(text).into());
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An account and its user.
    pub(super) struct Me {
        pub(super) account: Personal,
        profile: Profile,
    }

    impl Me {
        pub(super) fn new() -> Self {
            Self {
                account: Personal::default(),
                profile: Profile::new(),
            }
        }

        /// The answer to the user.
        pub(super) fn ask(&mut self, kind: &str, payload: &str) -> String {
            let iq = iq(kind, payload);
            let answer = self.account.answer(&self.profile, Account::Anonymous, &iq);
            text(&answer.expect("an answer"))
        }

        /// The answer to another user.
        pub(super) fn other(&self, kind: &str, payload: &str) -> String {
            let answer = self.account.answer_others(&iq(kind, payload));
            text(&answer.expect("an answer"))
        }
    }

    fn iq(kind: &str, payload: &str) -> Iq {
        let iq = format!("<iq xmlns='jabber:client' type='{kind}' id='1'>{payload}</iq>");
        let element = Element::parse(&iq).expect("XML");
        Iq::from_element(element.root()).expect("an iq")
    }

    /// The payload of a result, `ok` for one without; condition and payload of an error.
    fn text(answer: &Iq) -> String {
        let element = Element::from_xml(answer);
        let Some(error) = element.child("error", ns::CLIENT) else {
            let payload = element.children().next();
            return payload.map_or_else(|| "ok".to_owned(), |p| p.to_element().to_string());
        };
        let names = error.children().filter(|child| child.name() != "text");
        names
            .map(xmpp_core::xml::ElementRef::name)
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn every_request_is_answered() {
        let mut me = Me::new();
        for (kind, payload, expected) in [
            ("get", "<ping xmlns='urn:xmpp:ping'/>", "ok"),
            (
                "set",
                "<ping xmlns='urn:xmpp:ping'/>",
                "service-unavailable",
            ),
            ("set", "<enable xmlns='urn:xmpp:carbons:2'/>", "ok"),
            ("set", "<disable xmlns='urn:xmpp:carbons:2'/>", "ok"),
            (
                "get",
                "<blocklist xmlns='urn:xmpp:blocking'/>",
                "<blocklist xmlns='urn:xmpp:blocking'/>",
            ),
            (
                "set",
                "<block xmlns='urn:xmpp:blocking'><item jid='a@b'/></block>",
                "service-unavailable",
            ),
            (
                "get",
                "<query xmlns='jabber:iq:last'/>",
                "<query xmlns='jabber:iq:last' seconds='0'/>",
            ),
            (
                "get",
                "<query xmlns='jabber:iq:register'/>",
                "service-unavailable",
            ),
            ("get", "<unheard xmlns='urn:of'/>", "service-unavailable"),
        ] {
            assert_eq!(me.ask(kind, payload), expected, "{payload}");
        }
    }

    #[test]
    fn copies_are_promised_only_where_none_can_be_due() {
        let iq = iq("set", "<enable xmlns='urn:xmpp:carbons:2'/>");
        for (whose, expected) in [
            (Account::Anonymous, "ok"),
            (Account::Registered, "feature-not-implemented"),
            (Account::Admin, "feature-not-implemented"),
        ] {
            let answer = Personal::default().answer(&Profile::new(), whose, &iq);
            assert_eq!(text(&answer.expect("an answer")), expected);
        }
    }

    #[test]
    fn the_archive_of_an_account_is_empty() {
        let mut me = Me::new();
        let fin = me.ask("set", "<query xmlns='urn:xmpp:mam:2' queryid='q'/>");
        assert!(
            fin.starts_with("<fin xmlns='urn:xmpp:mam:2' complete='true'"),
            "{fin}"
        );
        assert!(fin.contains("<count>0</count>"), "{fin}");
        let form = me.ask("get", "<query xmlns='urn:xmpp:mam:2'/>");
        assert!(form.contains("var='with'"), "{form}");
    }

    #[test]
    fn others_learn_nothing_that_is_not_meant_for_them() {
        let mut me = Me::new();
        me.ask(
            "set",
            "<query xmlns='jabber:iq:private'><a xmlns='b'>secret</a></query>",
        );
        for (kind, payload) in [
            ("get", "<ping xmlns='urn:xmpp:ping'/>"),
            (
                "get",
                "<query xmlns='http://jabber.org/protocol/disco#info'/>",
            ),
            ("get", "<query xmlns='jabber:iq:roster'/>"),
            ("get", "<query xmlns='jabber:iq:last'/>"),
            (
                "get",
                "<query xmlns='jabber:iq:private'><a xmlns='b'/></query>",
            ),
            ("get", "<blocklist xmlns='urn:xmpp:blocking'/>"),
            ("set", "<query xmlns='urn:xmpp:mam:2'/>"),
        ] {
            assert_eq!(me.other(kind, payload), "service-unavailable", "{payload}");
        }
    }

    /// Everything a peer controls has a limit.
    #[test]
    fn an_account_holds_no_more_than_its_bytes() {
        let mut me = Me::new();
        let text = "x".repeat(MAX_BYTES / 3);
        let set = |me: &mut Me, name: &str| {
            me.ask(
                "set",
                &format!(
                    "<query xmlns='jabber:iq:private'><{name} xmlns='b'>{text}</{name}></query>"
                ),
            )
        };
        assert_eq!(set(&mut me, "a"), "ok");
        assert_eq!(set(&mut me, "b"), "ok");
        assert_eq!(set(&mut me, "c"), "resource-constraint");
        let card = format!("<vCard xmlns='vcard-temp'><DESC>{text}</DESC></vCard>");
        assert_eq!(me.ask("set", &card), "resource-constraint");
        let publish = format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='n'><item id='1'><a xmlns='b'>{text}</a></item></publish></pubsub>"
        );
        assert_eq!(me.ask("set", &publish), "resource-constraint");
        assert!(me.account.memory() <= MAX_BYTES);
        let long = "n".repeat(1000);
        for n in 0..40 {
            let create = format!("<create node='{n}{long}'/>");
            me.ask(
                "set",
                &format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{create}</pubsub>"),
            );
        }
        assert!(me.account.memory() <= MAX_BYTES, "names count too");
        let empty = "<query xmlns='jabber:iq:private'><a xmlns='b'/></query>";
        assert_eq!(me.ask("set", empty), "ok");
        assert_eq!(set(&mut me, "c"), "ok", "there is room again");
    }
}
