//! Private storage (XEP-0049, version 1.2): any element, by its name and namespace.

use xmpp_core::{StanzaErrorCondition, xml::Element};
use xmpp_stanza::{Iq, PrivateStorage};

use super::{Outcome, asked, kept, refuse, reply};

/// The most elements.
const MAX_ELEMENTS: usize = 50;

#[derive(Debug, Default)]
pub(super) struct Elements(Vec<Element>);

impl Elements {
    pub(super) fn answer(&mut self, room: usize, iq: &Iq) -> Option<Outcome> {
        asked(iq.get_payload(), |PrivateStorage { element }| {
            let Some(asked) = element else {
                return refuse(StanzaErrorCondition::NotAcceptable);
            };
            let found = self.position(&asked).map(|at| self.0[at].clone());
            reply(&PrivateStorage {
                element: Some(found.unwrap_or(asked)),
            })
        })
        .or_else(|| {
            asked(iq.set_payload(), |PrivateStorage { element }| {
                let Some(element) = element else {
                    return refuse(StanzaErrorCondition::NotAcceptable);
                };
                self.set(&element, room)
            })
        })
    }

    pub(super) fn memory(&self) -> usize {
        self.0.iter().map(Element::memory).sum()
    }

    /// An empty element takes the place of none: asked for, it is the same.
    fn set(&mut self, element: &Element, room: usize) -> Outcome {
        let place = self.position(element);
        let is_empty = element.nodes().next().is_none() && element.attrs().next().is_none();
        match place {
            Some(at) if is_empty => {
                self.0.swap_remove(at);
            }
            None if is_empty => {}
            Some(at) => self.0[at] = kept(element, room + self.0[at].memory())?,
            None if self.0.len() >= MAX_ELEMENTS => {
                return refuse(StanzaErrorCondition::ResourceConstraint);
            }
            None => self.0.push(kept(element, room)?),
        }
        Ok(None)
    }

    fn position(&self, like: &Element) -> Option<usize> {
        let same = |other: &Element| other.name() == like.name() && other.ns() == like.ns();
        self.0.iter().position(same)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Me;
    use super::*;

    const EMPTY: &str =
        "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>";

    #[test]
    fn what_was_stored_is_found_again() {
        let mut me = Me::new();
        assert_eq!(me.ask("get", EMPTY), EMPTY, "nothing yet");
        let one = "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'><conference jid='a@b'/></storage></query>";
        assert_eq!(me.ask("set", one), "ok");
        assert_eq!(me.ask("get", EMPTY), one);
        let other = "<query xmlns='jabber:iq:private'><storage xmlns='another'/></query>";
        assert_eq!(me.ask("get", other), other);
        let two = one.replace("a@b", "c@d");
        assert_eq!(me.ask("set", &two), "ok");
        assert_eq!(me.ask("get", EMPTY), two);
        assert_eq!(me.ask("set", EMPTY), "ok");
        assert_eq!(me.ask("get", EMPTY), EMPTY);
    }

    #[test]
    fn a_question_names_an_element() {
        let mut me = Me::new();
        for kind in ["get", "set"] {
            let answer = me.ask(kind, "<query xmlns='jabber:iq:private'/>");
            assert_eq!(answer, "not-acceptable");
        }
    }

    #[test]
    fn elements_are_counted() {
        let mut me = Me::new();
        let set = |me: &mut Me, n: usize| {
            me.ask(
                "set",
                &format!("<query xmlns='jabber:iq:private'><a xmlns='b{n}'>x</a></query>"),
            )
        };
        for n in 0..MAX_ELEMENTS {
            assert_eq!(set(&mut me, n), "ok");
        }
        assert_eq!(set(&mut me, MAX_ELEMENTS), "resource-constraint");
        assert_eq!(set(&mut me, 0), "ok", "in the place of the same");
    }
}
