//! The vCard (XEP-0054).

use xmpp_core::xml::{Element, ns};
use xmpp_stanza::{Iq, IqContent, VCard};

use super::{Outcome, asked, kept, reply};

/// What the user is answered. An empty vCard removes the one that was there.
pub(super) fn answer(card: &mut Option<Element>, room: usize, iq: &Iq) -> Option<Outcome> {
    if let Some(outcome) = answer_others(card.as_ref(), iq) {
        return Some(outcome);
    }
    let IqContent::Set(element) = &iq.content else {
        return None;
    };
    asked(iq.set_payload(), |_: VCard| {
        let before = card.as_ref().map_or(0, Element::memory);
        // As it came: what is not understood here is somebody else's.
        *card = match element.children().next() {
            Some(_) => Some(kept(element, room + before)?),
            None => None,
        };
        Ok(None)
    })
}

/// What others are answered: an empty vCard where there is none (XEP-0054 §3.1).
pub(super) fn answer_others(card: Option<&Element>, iq: &Iq) -> Option<Outcome> {
    let is_card = |element: &Element| element.is("vCard", ns::VCARD_TEMP);
    match &iq.content {
        IqContent::Get(element) if is_card(element) => Some(match card {
            Some(card) => Ok(Some(card.clone())),
            None => reply(&VCard::default()),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Me;

    const ASK: &str = "<vCard xmlns='vcard-temp'/>";

    #[test]
    fn an_empty_card_until_there_is_one() {
        let mut me = Me::new();
        assert_eq!(me.ask("get", ASK), ASK);
        assert_eq!(me.other("get", ASK), ASK);
        let card = "<vCard xmlns='vcard-temp'><FN>Anna</FN><UNHEARD>of</UNHEARD></vCard>";
        assert_eq!(me.ask("set", card), "ok");
        assert_eq!(me.ask("get", ASK), card);
        assert_eq!(me.other("get", ASK), card);
        assert_eq!(me.ask("set", ASK), "ok");
        assert_eq!(me.ask("get", ASK), ASK);
    }

    #[test]
    fn nobody_sets_the_card_of_another() {
        let mut me = Me::new();
        let card = "<vCard xmlns='vcard-temp'><FN>Eve</FN></vCard>";
        assert_eq!(me.other("set", card), "service-unavailable");
        assert_eq!(me.ask("get", ASK), ASK);
    }
}
