//! Request ids, repeats and broken connections: BOSH section 9, points 1 to 3 and 9, and section
//! 16.

mod common;

use common::{Bench, EMPTY, message, parse, terminate};
use xmpp_bosh::{BodyType, CloseReason, ManagerConfig, TerminalCondition};

#[test]
fn rid_beyond_window_terminates_with_item_not_found() {
    let mut bench = Bench::created();
    let held = bench.poll(1);
    // 1 is received, 2 and 3 are in the window of 2.
    let id = bench.message(4, "x");
    assert_eq!(bench.answer(id), terminate("item-not-found"), "BOSH 9.2");
    assert_eq!(bench.answer(held), terminate("other-request"));
    let reason = CloseReason::Terminated(TerminalCondition::ItemNotFound);
    assert_eq!(bench.closed, [reason]);
    assert!(bench.taken().is_empty());
    let next = bench.poll(2);
    assert_eq!(bench.answer(next), terminate("item-not-found"), "BOSH 8.4");
}

#[test]
fn rid_at_the_end_of_the_window_is_held() {
    let mut bench = Bench::created();
    bench.poll(1);
    bench.say("x");
    let id = bench.message(3, "b");
    assert!(bench.is_held(id), "BOSH 9.3");
    bench.message(2, "a");
    assert_eq!(bench.taken(), ["a", "b"]);
}

#[test]
fn a_gap_that_is_never_filled_ends_the_session() {
    let mut bench = Bench::created();
    let id = bench.message(2, "b");
    bench.advance(59_999);
    assert!(bench.is_held(id) && bench.closed.is_empty());
    bench.advance(1);
    assert_eq!(bench.answer(id), terminate("item-not-found"));
    assert_eq!(bench.closed, [CloseReason::GapNotFilled]);
}

#[test]
fn a_repeat_gets_the_same_bytes() {
    let mut bench = Bench::created();
    let first = bench.poll(1);
    bench.say("a");
    let second = bench.poll(2);
    bench.say("b");
    for _ in 0..3 {
        let again = bench.poll(1);
        assert_eq!(bench.answer(again), bench.answer(first), "BOSH 9.4");
        let again = bench.poll(2);
        assert_eq!(bench.answer(again), bench.answer(second));
    }
}

#[test]
fn a_rid_repeated_with_another_body_gets_the_answer_that_is_kept() {
    let mut bench = Bench::created();
    let first = bench.message(1, "a");
    bench.say("x");
    assert_eq!(bench.taken(), ["a"]);
    for body in [
        message("forged"),
        "<!-- no XML of ours -->".to_owned(),
        "<a>".to_owned(),
    ] {
        let again = bench.send(1, "type='terminate'", &body);
        assert_eq!(bench.answer(again), bench.answer(first), "point 9");
    }
    assert!(bench.taken().is_empty());
    assert!(bench.closed.is_empty());
}

#[test]
fn a_repeat_of_what_is_no_longer_kept_is_item_not_found() {
    let mut bench = Bench::created();
    for n in 1..=3 {
        bench.poll(n);
        bench.say(&n.to_string());
    }
    let id = bench.poll(2);
    assert_eq!(bench.ids(id), ["2"]);
    let id = bench.poll(1);
    assert_eq!(bench.answer(id), terminate("item-not-found"), "BOSH 9.5");
    let reason = CloseReason::Terminated(TerminalCondition::ItemNotFound);
    assert_eq!(bench.closed, [reason]);
}

#[test]
fn too_small_and_too_large_rids_look_alike() {
    let answer = |attribute: &str| {
        let mut bench = Bench::created();
        let sid = bench.sid.clone();
        let id = bench.post(&format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' {attribute} sid='{sid}'/>"
        ));
        bench.answer(id)
    };
    for rid in [
        "rid='0'",
        "rid='1'",
        "rid='9007199254740991'",
        "rid='99999999999999999999'",
    ] {
        assert_eq!(answer(rid), terminate("item-not-found"), "BOSH 9.10: {rid}");
    }
    for rid in ["", "rid=''", "rid='-5'", "rid='x'"] {
        assert_eq!(answer(rid), terminate("bad-request"), "{rid}");
    }
}

#[test]
fn a_repeat_of_a_held_request_replaces_it() {
    let mut bench = Bench::created();
    let old = bench.poll(1);
    let new = bench.poll(1);
    let answer = parse(&bench.answer(old));
    assert_eq!(answer.attributes.kind, Some(BodyType::Error), "BOSH 9.6");
    assert!(bench.is_held(new));
    bench.say("a");
    assert_eq!(bench.ids(new), ["a"]);
}

#[test]
fn a_repeat_of_a_request_in_a_gap_replaces_it() {
    let mut bench = Bench::created();
    let old = bench.message(2, "b");
    let new = bench.message(2, "b");
    assert_eq!(
        parse(&bench.answer(old)).attributes.kind,
        Some(BodyType::Error)
    );
    bench.message(1, "a");
    assert_eq!(bench.taken(), ["a", "b"]);
    assert!(bench.is_held(new));
}

#[test]
fn a_repeated_request_may_wait_for_wait_again() {
    let mut bench = Bench::created();
    bench.poll(1);
    bench.advance(50_000);
    let new = bench.poll(1);
    bench.advance(59_999);
    assert!(bench.is_held(new));
    bench.advance(1);
    assert_eq!(bench.answer(new), EMPTY);
}

#[test]
fn repeats_have_a_limit() {
    let config = ManagerConfig {
        max_repeats: 5,
        ..ManagerConfig::default()
    };
    for answered in [false, true] {
        let mut bench = Bench::with(config.clone());
        bench.create("");
        bench.poll(1);
        if answered {
            bench.say("a");
        }
        for _ in 0..5 {
            bench.poll(1);
        }
        assert!(bench.closed.is_empty());
        let id = bench.poll(1);
        assert_eq!(bench.answer(id), terminate("policy-violation"), "BOSH 9.7");
    }
}

#[test]
fn held_connection_lost_then_the_next_rid_loses_nothing() {
    let mut bench = Bench::created();
    let lost = bench.poll(1);
    bench.lose(lost);
    bench.say("a");
    let next = bench.poll(2);
    assert_eq!(
        bench.ids(next),
        ["a"],
        "BOSH 9.11, point 3: ejabberd and Punjab lose it"
    );
    // Should the lost one be repeated after all, it gets an empty answer: in rid order that is
    // right.
    let late = bench.poll(1);
    assert_eq!(bench.answer(late), EMPTY);
}

#[test]
fn held_connection_lost_then_the_same_rid_loses_nothing() {
    let mut bench = Bench::created();
    let lost = bench.poll(1);
    bench.lose(lost);
    bench.say("a");
    let again = bench.poll(1);
    assert_eq!(bench.ids(again), ["a"], "BOSH 9.12");
}

#[test]
fn a_request_lost_after_it_was_received_counts_as_received() {
    let mut bench = Bench::created();
    let lost = bench.message(1, "a");
    bench.lose(lost);
    let again = bench.message(1, "a");
    assert!(bench.is_held(again));
    assert_eq!(bench.taken(), ["a"]);
}

#[test]
fn an_answer_lost_before_it_was_handed_over_goes_with_the_next_rid() {
    let mut bench = Bench::created();
    bench.hand_over = false;
    let lost = bench.poll(1);
    bench.say("a");
    assert_eq!(bench.ids(lost), ["a"]);
    bench.lose(lost);
    bench.say("b");
    let next = bench.poll(2);
    assert_eq!(bench.ids(next), ["a", "b"], "point 1");
}

#[test]
fn an_answer_lost_before_it_was_handed_over_goes_with_the_same_rid() {
    let mut bench = Bench::created();
    bench.hand_over = false;
    let lost = bench.poll(1);
    bench.say("a");
    bench.lose(lost);
    let again = bench.poll(1);
    assert_eq!(bench.ids(again), ["a"]);
}

#[test]
fn an_answer_handed_over_comes_again_only_under_its_own_rid() {
    let mut bench = Bench::created();
    let handed = bench.poll(1);
    bench.say("a");
    // Too late to be lost.
    bench.lose(handed);
    let next = bench.poll(2);
    assert!(
        bench.is_held(next),
        "point 1: handed over is not received, but nobody can know"
    );
    let again = bench.poll(1);
    assert_eq!(bench.ids(again), ["a"]);
}

#[test]
fn a_lost_answer_goes_with_a_request_that_is_held_already() {
    let mut bench = Bench::new();
    bench.create("hold='2'");
    bench.hand_over = false;
    let first = bench.poll(1);
    let second = bench.poll(2);
    bench.say("a");
    assert_eq!(bench.ids(first), ["a"]);
    bench.lose(first);
    assert_eq!(bench.ids(second), ["a"]);
    bench.written(second);
    let again = bench.poll(1);
    assert_eq!(bench.answer(again), EMPTY);
    assert!(bench.closed.is_empty());
}

#[test]
fn an_answer_carried_twice_is_lost_only_when_both_are() {
    let mut bench = Bench::created();
    bench.hand_over = false;
    let first = bench.poll(1);
    bench.say("a");
    let second = bench.poll(1);
    assert_eq!(bench.ids(second), ["a"]);
    bench.lose(first);
    let next = bench.poll(2);
    assert!(bench.is_held(next), "the second carrier may still arrive");
    bench.lose(second);
    assert_eq!(bench.ids(next), ["a"]);
}

#[test]
fn an_answer_that_was_never_polled_can_be_lost() {
    let mut bench = Bench::created();
    let id = xmpp_bosh::RequestId::new(900);
    let (sid, rid) = (bench.sid.clone(), common::RID + 1);
    let body =
        format!("<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}'/>");
    bench.session().stanza("<message id='a'/>");
    bench.manager.handle_request(bench.now, id, body.as_bytes());
    let sid = xmpp_bosh::Sid::from(sid.as_str());
    let session = bench.sessions.get_mut(&sid).unwrap();
    bench.manager.pump(bench.now, &sid, session);
    bench.manager.handle_lost(bench.now, id);
    assert_eq!(bench.manager.poll_response(), None);
    let next = bench.poll(2);
    assert_eq!(bench.ids(next), ["a"]);
}

#[test]
fn unreported_empty_answers_do_not_hold_up_a_session() {
    let mut bench = Bench::created();
    bench.hand_over = false;
    let first = bench.poll(1);
    let second = bench.poll(2);
    assert_eq!(bench.answer(first), EMPTY);
    bench.say("a");
    assert_eq!(bench.ids(second), ["a"]);
    bench.lose(first);
    let again = bench.poll(1);
    assert_eq!(bench.answer(again), EMPTY);
}

#[test]
fn losing_many_held_connections_keeps_no_memory_of_them() {
    let mut bench = Bench::created();
    for n in 1..500 {
        let id = bench.poll(n);
        bench.lose(id);
    }
    bench.say("a");
    let id = bench.poll(500);
    assert_eq!(bench.ids(id), ["a"]);
    assert!(bench.closed.is_empty());
}

#[test]
fn kept_answers_have_a_limit_in_bytes() {
    let config = ManagerConfig {
        max_cached_bytes: 1000,
        ..ManagerConfig::default()
    };
    let mut bench = Bench::with(config);
    bench.create("");
    let filler = "x".repeat(600);
    for n in 1..=2 {
        bench.poll(n);
        bench.session().stanza(&format!(
            "<message id='{n}'><body>{filler}</body></message>"
        ));
        bench.pump();
    }
    let id = bench.poll(2);
    assert_eq!(bench.ids(id), ["2"]);
    let id = bench.poll(1);
    assert_eq!(bench.answer(id), terminate("item-not-found"));
}

#[test]
fn an_unknown_sid_is_item_not_found() {
    let mut bench = Bench::created();
    bench.sid = "guessed".to_owned();
    let id = bench.poll(1);
    assert_eq!(bench.answer(id), terminate("item-not-found"), "BOSH 12.6");
    assert!(bench.closed.is_empty());
}

#[test]
fn sessions_do_not_share_anything() {
    let mut bench = Bench::created();
    let first = bench.sid.clone();
    bench.create("");
    let second = bench.sid.clone();
    assert_ne!(first, second);
    bench.say("for the second");
    bench.sid.clone_from(&first);
    let id = bench.poll(1);
    assert!(bench.is_held(id));
    bench.sid = second;
    let id = bench.poll(1);
    assert_eq!(bench.ids(id), ["for the second"]);
}

#[test]
fn strophe_repeats_the_same_empty_rid_three_times() {
    // strophe #341: item-not-found on other managers.
    let mut bench = Bench::created();
    let ids = [bench.poll(1), bench.poll(1), bench.poll(1)];
    assert!(bench.is_held(ids[2]));
    assert!(bench.closed.is_empty());
}

#[test]
fn a_lost_answer_that_went_with_the_next_rid_leaves_an_empty_one_behind() {
    let mut bench = Bench::created();
    bench.hand_over = false;
    let lost = bench.poll(1);
    bench.say("a");
    bench.lose(lost);
    let next = bench.message(2, "x");
    assert_eq!(bench.ids(next), ["a"]);
    bench.written(next);
    let pause = bench.send(3, "pause='10'", "");
    assert_eq!(bench.answer(pause), EMPTY);
    let again = bench.poll(1);
    assert_eq!(bench.answer(again), EMPTY);
}

#[test]
fn a_request_that_was_not_answered_cannot_have_been_written() {
    let mut bench = Bench::created();
    let id = bench.poll(1);
    bench.written(id);
    bench.say("a");
    assert_eq!(bench.ids(id), ["a"]);
}

#[test]
fn a_creation_response_counts_as_received_when_its_sid_is_used() {
    let mut bench = Bench::new();
    bench.hand_over = false;
    bench.create("");
    let id = bench.poll(1);
    bench.lose(1);
    bench.say("a");
    assert_eq!(bench.ids(id), ["a"]);
    assert!(bench.closed.is_empty());
}
