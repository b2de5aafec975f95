//! The checker's rules for messages.

use xmpp_core::xml::{Element, ElementRef, ns};

use super::{
    checker::{Checker, Seat, is_late},
    view::Phase,
};

impl Checker {
    pub(super) fn check_message(
        &mut self,
        seat: &Seat,
        nick: &str,
        kind: Option<&str>,
        stanza: &Element,
    ) {
        let root = stanza.root();
        let inside = self.views.contains_key(seat);
        if kind == Some("groupchat") {
            assert!(inside, "GC1: {} is outside: {stanza}", seat.1);
            self.check_groupchat(seat, nick, root);
        } else if nick.is_empty() {
            self.check_message_of_the_room(seat, root);
        } else {
            assert!(inside, "PM2: {} is outside: {stanza}", seat.1);
            let marks = root.children().filter(|c| c.is("x", ns::MUC_USER));
            let marks: Vec<_> = marks.map(|x| x.children().count()).collect();
            assert_eq!(marks, [0], "PM1: one empty mark: {stanza}");
            assert_eq!(own_ids(&seat.0, root), 0, "PM1: a stanza-id: {stanza}");
            assert_eq!(occupant_ids(root), 1, "PM1: one occupant-id: {stanza}");
        }
    }

    /// What is for one receiver, and comes from the room itself.
    fn check_message_of_the_room(&self, seat: &Seat, stanza: ElementRef<'_>) {
        let inside = self.views.contains_key(seat);
        let user = stanza.child("x", ns::MUC_USER);
        let has = |name| user.is_some_and(|x| x.child(name, ns::MUC_USER).is_some());
        let is_invitation = has("invite") || has("decline");
        let is_page = stanza.child("result", ns::MAM).is_some() && self.requests.waits(&seat.1);
        let is_version = user.is_some_and(|x| x.children().any(|child| child.name() == "mav"));
        assert!(
            inside || is_invitation || is_page || is_version,
            "SE10: {} is outside: {stanza}",
            seat.1
        );
        let id = stanza
            .child("result", ns::MAM)
            .and_then(|result| result.attr("id"));
        if let (Some(id), Some(room)) = (id, self.rooms.get(&seat.0)) {
            let text = stanza.to_string();
            assert!(
                !room.retracted.contains(&*id) || !text.contains("<body"),
                "MO2: a retracted message: {stanza}"
            );
        }
    }

    /// MUC GC1 to GC3, EN2, HI1, SU1.
    fn check_groupchat(&mut self, seat: &Seat, nick: &str, stanza: ElementRef<'_>) {
        let is_repeated = self.resending.as_ref() == Some(seat)
            && stanza_id(&seat.0, stanza).is_some_and(|id| !self.is_heard_now(&seat.0, &id));
        let room = self.rooms.entry(seat.0.clone()).or_default();
        let view = self.views.get_mut(seat).expect("inside, as was seen");
        let late = is_late(&seat.0, stanza);
        let is_subject = stanza.child("subject", ns::CLIENT).is_some()
            && stanza.child("body", ns::CLIENT).is_none()
            && stanza.child("thread", ns::CLIENT).is_none();
        let own_ids = own_ids(&seat.0, stanza);
        if is_subject && view.phase == Phase::History {
            view.phase = Phase::Live;
            assert_eq!(own_ids, 0, "SU1: a change before the subject: {stanza}");
            return;
        }
        assert_eq!(
            late,
            view.phase == Phase::History,
            "EN2: history comes before the subject, and nothing else does: {stanza}"
        );
        assert!(own_ids <= 1, "GC3: one stanza-id: {stanza}");
        assert!(stanza.attr("id").is_some(), "GC1: no id: {stanza}");
        if !nick.is_empty() {
            assert_eq!(own_ids, 1, "GC3: a stanza-id: {stanza}");
            assert_eq!(occupant_ids(stanza), 1, "GC3: one occupant-id: {stanza}");
        }
        let Some(id) = stanza_id(&seat.0, stanza) else {
            return; // a notice of the room
        };
        if late {
            let place = room.place(&id);
            assert!(place.is_some(), "SE6: it was never said here: {stanza}");
            assert!(place > view.replayed, "HI1: history out of order: {stanza}");
            assert!(
                !room.retracted.contains(&*id),
                "MO2: a retracted message: {stanza}"
            );
            view.replayed = place;
            return;
        }
        if is_repeated && room.place(&id).is_some() {
            return; // who sends a message again gets the first reflection, alone
        }
        let place = room.hear(&id);
        assert!(
            view.heard < Some(place),
            "GC2: another order for {}: {stanza}",
            seat.1
        );
        view.heard = Some(place);
        let heard = self.heard(&seat.0, &id);
        assert!(heard.insert(seat.1.clone()), "GC1: heard twice: {stanza}");
    }
}

fn ids<'a>(room: &'a str, stanza: ElementRef<'a>) -> impl Iterator<Item = String> + 'a {
    stanza
        .children()
        .filter(|child| child.is("stanza-id", ns::STANZA_ID))
        .filter(move |child| child.attr("by").as_deref() == Some(room))
        .filter_map(|child| Some(child.attr("id")?.into_owned()))
}

/// The number of stanza-ids that the room gave.
fn own_ids(room: &str, stanza: ElementRef<'_>) -> usize {
    ids(room, stanza).count()
}

pub(super) fn stanza_id(room: &str, stanza: ElementRef<'_>) -> Option<String> {
    ids(room, stanza).next()
}

fn occupant_ids(stanza: ElementRef<'_>) -> usize {
    let is_one = |child: &ElementRef<'_>| child.is("occupant-id", ns::OCCUPANT_ID);
    stanza.children().filter(is_one).count()
}
