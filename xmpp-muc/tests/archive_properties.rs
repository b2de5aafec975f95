//! Reading an archive that grows (MUC MA7, MA8), for any script.

mod support;

use std::collections::BTreeSet;

use proptest::prelude::*;
use support::World;
use xmpp_core::xml::{Element, ns};

fn lobby() -> World {
    let mut world = World::with_room(|room| room.archive = true);
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    world
}

/// What a session learnt in the last outcome: ids of live messages, ids of results, and the end of a query.
#[derive(Debug, Default)]
struct Heard {
    live: Vec<String>,
    results: Vec<String>,
    complete: Option<bool>,
}

fn heard(world: &World, session: &str) -> Heard {
    let mut heard = Heard::default();
    for out in world.last.iter().filter(|out| out.is_to(session)) {
        let stanza = out.stanza();
        if let Some(result) = stanza.child("result", ns::MAM) {
            heard.results.extend(result.attr("id").map(Into::into));
        } else if let Some(fin) = stanza.child("fin", ns::MAM) {
            heard.complete = Some(fin.attr("complete").as_deref() == Some("true"));
        } else if stanza.child("body", ns::CLIENT).is_some() {
            heard.live.extend(own_id(stanza));
        }
    }
    heard
}

fn own_id(stanza: &Element) -> Option<String> {
    let id = stanza.child("stanza-id", ns::STANZA_ID)?;
    Some(id.attr("id")?.into_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// MA7: who pages through a growing archive gets each message once and in order, forwards to its end at the last
    /// page, backwards to its end at the first question.
    #[test]
    fn ma7_paging_while_messages_arrive_loses_none_and_repeats_none(
        start in 0_usize..30,
        max in 1_usize..12,
        arriving in prop::collection::vec(0_usize..4, 0..60),
        backwards: bool,
        by_id: bool,
        wanted in prop::option::of(prop::bool::ANY),
    ) {
        let mut world = lobby();
        let mut said = 0;
        let mut arrivals = arriving.into_iter();
        // Two authors, of whom one may be asked for.
        let mut say = |world: &mut World, count: usize| for _ in 0..count {
            said += 1;
            let author = if said % 3 == 0 { "owner/1" } else { "ben/1" };
            world.say(author, &said.to_string());
        };
        say(&mut world, start);
        let with = wanted.map(|ben| if ben { "lobby@rooms.example/ben" } else { "lobby@rooms.example/owner" });
        let at_first: Vec<String> = world.archived();
        let mut pages: Vec<Vec<String>> = Vec::new();
        let mut last: Option<String> = None;
        for _ in 0..200 {
            let mut fields: Vec<(&str, &str)> = with.iter().map(|with| ("with", *with)).collect();
            let mut set = format!("<max>{max}</max>");
            match (&last, backwards) {
                (None, true) => set += "<before/>",
                (None, false) => {}
                // The same by the form: `before` still says in which direction.
                (Some(id), true) if by_id => {
                    fields.push(("before-id", id));
                    set += "<before/>";
                }
                (Some(id), false) if by_id => fields.push(("after-id", id)),
                (Some(id), true) => set = format!("{set}<before>{id}</before>"),
                (Some(id), false) => set = format!("{set}<after>{id}</after>"),
            }
            world.query("owner/1", &fields, &set);
            let page = heard(&world, "owner/1");
            prop_assert!(page.results.len() <= max);
            let edge = if backwards { page.results.first() } else { page.results.last() };
            last = edge.cloned().or(last);
            pages.push(page.results);
            if page.complete.expect("an end") {
                break;
            }
            say(&mut world, arrivals.next().unwrap_or(0));
        }
        let room = "lobby@rooms.example".parse().expect("a JID");
        let passes = |entry: &&xmpp_muc::StoredMessage| with.is_none_or(|with| entry.from.as_str() == with);
        let all: Vec<String> = world
            .archive
            .entries(&room)
            .iter()
            .filter(passes)
            .map(|entry| entry.id.to_string())
            .collect();
        if backwards {
            pages.reverse();
            let expected: Vec<_> = all.into_iter().filter(|id| at_first.contains(id)).collect();
            prop_assert_eq!(pages.concat(), expected, "all that was there at the first question");
        } else {
            prop_assert_eq!(pages.concat(), all, "all that is there at the last question");
        }
    }

    /// MA8: who joins without history and reads the archive then has every message, from the archive or live, whatever
    /// happens meanwhile and however late the store answers.
    #[test]
    fn ma8_archive_and_live_traffic_together_are_complete(
        acts in prop::collection::vec(0_u8..6, 1..60),
    ) {
        let mut world = lobby();
        let mut inside = false;
        let mut asked = false;
        let mut said = 0_u32;
        let mut known = BTreeSet::new();
        let take = |world: &World, known: &mut BTreeSet<String>| {
            let heard = heard(world, "eve/1");
            known.extend(heard.live.into_iter().chain(heard.results));
            heard.complete
        };
        let mut last: Option<String> = None;
        let mut done = false;
        for act in acts {
            match act {
                0 | 1 => {
                    said += 1;
                    world.say("ben/1", &said.to_string());
                }
                2 if !inside => {
                    inside = true;
                    world.join("eve/1", "eve");
                    world.held = Some(Vec::new());
                    world.query("eve/1", &[], "<max>3</max>");
                    asked = true;
                }
                3 if inside => {
                    said += 1;
                    world.say("eve/1", &said.to_string());
                }
                // The store answers, now or never: the next page is asked for at once, or later.
                4 | 5 if asked => {
                    world.answer_held();
                    asked = false;
                    let page = heard(&world, "eve/1");
                    last = page.results.last().cloned().or(last);
                    done = page.complete.expect("an end");
                    if !done {
                        take(&world, &mut known);
                        world.held = Some(Vec::new());
                        let after = last.as_ref().map(|id| format!("<after>{id}</after>"));
                        world.query("eve/1", &[], &format!("<max>3</max>{}", after.unwrap_or_default()));
                        asked = true;
                    }
                }
                _ => continue,
            }
            take(&world, &mut known);
        }
        while inside && !done {
            world.answer_held();
            let page = heard(&world, "eve/1");
            last = page.results.last().cloned().or(last);
            done = page.complete.expect("an end");
            take(&world, &mut known);
            if !done {
                world.held = Some(Vec::new());
                let after = last.as_ref().map(|id| format!("<after>{id}</after>"));
                world.query("eve/1", &[], &format!("<max>3</max>{}", after.unwrap_or_default()));
            }
        }
        if inside {
            let all: BTreeSet<_> = world.archived().into_iter().collect();
            prop_assert_eq!(known, all);
        }
    }
}
