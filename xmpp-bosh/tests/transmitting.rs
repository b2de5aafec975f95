//! Transmitting: BOSH sections 4 to 7.

mod common;

use common::{Bench, EMPTY, RID, message, parse, terminate};
use xmpp_bosh::{CloseReason, ManagerConfig, TerminalCondition};

use std::time::Duration;

#[test]
fn payloads_are_forwarded_in_rid_order() {
    let mut bench = Bench::created();
    bench.message(2, "b");
    assert!(
        bench.taken().is_empty(),
        "BOSH 4.2, 9.3: held until the gap is filled"
    );
    bench.message(1, "a");
    assert_eq!(bench.taken(), ["a", "b"]);
}

#[test]
fn requests_are_answered_in_rid_order() {
    let mut bench = Bench::created();
    let second = bench.message(2, "b");
    let first = bench.message(1, "a");
    // Hold is 1, so one of the two is answered: the lower rid (BOSH 4.3).
    assert_eq!(bench.order()[1..], [first]);
    bench.say("x");
    assert_eq!(bench.order()[1..], [first, second]);
    assert_eq!(bench.ids(second), ["x"]);
}

#[test]
fn a_request_is_held_until_there_is_a_payload() {
    let mut bench = Bench::created();
    let id = bench.poll(1);
    bench.advance(30_000);
    assert!(bench.is_held(id), "BOSH 4.4");
    bench.say("a");
    assert_eq!(
        bench.answer(id),
        "<body xmlns='http://jabber.org/protocol/httpbind'>\
         <message xmlns='jabber:client' id='a' to='a@localhost/r'/></body>"
    );
}

#[test]
fn after_wait_the_answer_is_empty() {
    let mut bench = Bench::created();
    let id = bench.poll(1);
    bench.advance(59_999);
    assert!(bench.is_held(id));
    bench.advance(1);
    assert_eq!(bench.answer(id), EMPTY, "BOSH 4.5");
}

#[test]
fn a_new_request_releases_the_oldest_above_hold() {
    let mut bench = Bench::created();
    let first = bench.poll(1);
    assert!(bench.is_held(first));
    let second = bench.poll(2);
    assert_eq!(bench.answer(first), EMPTY, "BOSH 4.6");
    assert!(bench.is_held(second));
    let mut bench = Bench::new();
    bench.create("hold='2'");
    let ids = [bench.poll(1), bench.poll(2), bench.poll(3)];
    assert_eq!(bench.answer(ids[0]), EMPTY);
    assert!(bench.is_held(ids[1]) && bench.is_held(ids[2]));
}

#[test]
fn the_answer_to_a_stanza_goes_with_the_held_request() {
    let mut bench = Bench::created();
    let held = bench.poll(1);
    bench.session().stanza("<iq id='r' type='result'/>");
    let asking = bench.message(2, "q");
    assert_eq!(bench.ids(held), ["r"]);
    assert!(bench.is_held(asking));
}

#[test]
fn five_stanzas_in_one_burst_arrive_once_each() {
    let mut bench = Bench::created();
    let held = bench.poll(1);
    for id in ["a", "b", "c", "d", "e"] {
        bench.session().stanza(&format!("<message id='{id}'/>"));
    }
    bench.pump();
    // All that is there goes at once (BOSH 4.7); Punjab delivers the first one twice.
    assert_eq!(bench.ids(held), ["a", "b", "c", "d", "e"]);
    let next = bench.poll(2);
    assert!(bench.is_held(next));
}

#[test]
fn answers_are_split_between_stanzas() {
    let config = ManagerConfig {
        max_response_bytes: 1000,
        ..ManagerConfig::default()
    };
    let mut bench = Bench::with(config);
    bench.create("");
    for (id, size) in [("a", 400), ("b", 400), ("c", 400), ("d", 5000), ("e", 10)] {
        let filler = "x".repeat(size);
        bench.session().stanza(&format!(
            "<message id='{id}'><body>{filler}</body></message>"
        ));
    }
    let mut got = Vec::new();
    for n in 1..=5 {
        let id = bench.poll(n);
        if bench.is_held(id) {
            break;
        }
        got.push(bench.ids(id));
    }
    // A larger one travels alone.
    assert_eq!(got, [vec!["a", "b"], vec!["c"], vec!["d"], vec!["e"]]);
}

#[test]
fn a_busy_session_takes_nothing_and_nothing_behind_it_is_answered() {
    let mut bench = Bench::created();
    bench.session().busy = true;
    let first = bench.message(1, "a");
    let second = bench.poll(2);
    assert!(bench.is_held(first) && bench.is_held(second));
    assert!(bench.taken().is_empty());
    bench.session().busy = false;
    bench.pump();
    assert_eq!(bench.taken(), ["a"]);
    assert_eq!(bench.answer(first), EMPTY, "BOSH 4.3");
    assert!(bench.is_held(second));
}

#[test]
fn the_next_payload_waits_for_the_fate_of_the_last_one() {
    let mut bench = Bench::new();
    bench.create("hold='2'");
    bench.hand_over = false;
    let first = bench.poll(1);
    let second = bench.poll(2);
    bench.say("a");
    bench.say("b");
    assert_eq!(bench.ids(first), ["a"]);
    assert!(bench.is_held(second));
    bench.written(first);
    assert_eq!(bench.ids(second), ["b"]);
}

#[test]
fn restart_with_any_prefix_or_digit() {
    for attribute in [
        "xmpp:restart='true'",
        "xmpp:restart='1'",
        "xmlns:x='urn:xmpp:xbosh' x:restart='true'",
        "xmlns:x='urn:xmpp:xbosh' x:restart=' 1 '",
    ] {
        let mut bench = Bench::created();
        bench.session().received.clear();
        let id = bench.send(1, &format!("to='localhost' {attribute}"), "");
        let body = parse(&bench.answer(id));
        assert_eq!(
            body.children[0].name(),
            "features",
            "BOSH 13.2, 13.5: {attribute}"
        );
        assert_eq!(bench.session().received.len(), 1);
    }
    let mut bench = Bench::created();
    let id = bench.send(1, "xmpp:restart='false'", "");
    assert!(bench.is_held(id));
}

#[test]
fn restart_ignores_a_payload_beside_it_and_needs_no_to() {
    let mut bench = Bench::new();
    bench.create("xml:lang='de'");
    bench.session().received.clear();
    bench.send(1, "xmpp:restart='true'", &message("ignored"));
    let received = std::mem::take(&mut bench.session().received);
    match &received[..] {
        [xmpp_core::stream::StreamItem::Open(header)] => {
            assert_eq!(header.to.as_deref(), Some("localhost"), "BOSH 13.4");
            assert_eq!(header.lang.as_deref(), Some("de"));
        }
        other => panic!("BOSH 13.3: {other:?}"),
    }
}

#[test]
fn acks_are_used_with_clients_that_announce_them() {
    let mut bench = Bench::new();
    let a = parse(&bench.create("ack='1'")).attributes;
    assert_eq!(a.ack, Some(RID), "BOSH 3.9");
    let first = bench.poll(1);
    let second = bench.poll(2);
    assert_eq!(
        parse(&bench.answer(first)).attributes.ack,
        Some(RID + 2),
        "BOSH 5.1"
    );
    bench.say("a");
    assert_eq!(
        parse(&bench.answer(second)).attributes.ack,
        None,
        "the rid answered itself"
    );
    let mut bench = Bench::created();
    let first = bench.poll(1);
    bench.poll(2);
    assert_eq!(parse(&bench.answer(first)).attributes.ack, None);
}

#[test]
fn a_low_ack_is_reported_once_and_at_once() {
    let mut bench = Bench::new();
    bench.create("ack='1'");
    let lost = bench.poll(1);
    bench.say("a");
    assert_eq!(bench.ids(lost), ["a"]);
    bench.advance(4_000);
    // The client has seen the answer to its creation request only.
    let id = bench.send(2, &format!("ack='{RID}'"), "");
    let a = parse(&bench.answer(id)).attributes;
    assert_eq!((a.report, a.time), (Some(RID + 1), Some(4_000)), "BOSH 5.3");
    let again = bench.send(3, &format!("ack='{RID}'"), "");
    assert!(bench.is_held(again));
    // BOSH 5.4: what it may do.
    let repeated = bench.poll(1);
    assert_eq!(bench.ids(repeated), ["a"]);
}

#[test]
fn inactivity_ends_a_session_without_a_word() {
    let mut bench = Bench::created();
    let id = bench.poll(1);
    bench.say("a");
    bench.advance(59_999);
    assert!(bench.closed.is_empty());
    bench.advance(1);
    assert_eq!(bench.closed, [CloseReason::Inactive], "BOSH 6.2");
    assert_eq!(bench.manager.sessions(), 0);
    let late = bench.poll(2);
    assert_eq!(bench.answer(late), terminate("item-not-found"));
    assert_eq!(bench.ids(id), ["a"]);
}

#[test]
fn inactivity_does_not_count_while_a_request_is_held() {
    let mut bench = Bench::new();
    bench.create("wait='120'");
    bench.poll(1);
    bench.advance(119_000);
    assert!(bench.closed.is_empty(), "MongooseIM #2219");
    bench.advance(1_000 + 59_999);
    assert!(bench.closed.is_empty());
    bench.advance(1);
    assert_eq!(bench.closed, [CloseReason::Inactive]);
}

#[test]
fn inactivity_counts_from_the_loss_of_the_last_connection() {
    let mut bench = Bench::created();
    let id = bench.poll(1);
    bench.advance(20_000);
    bench.lose(id);
    bench.advance(59_999);
    assert!(bench.closed.is_empty());
    bench.advance(1);
    assert_eq!(bench.closed, [CloseReason::Inactive]);
}

#[test]
fn pause_answers_everything_without_payload_and_stretches_inactivity() {
    let mut bench = Bench::created();
    let held = bench.poll(1);
    let pause = bench.send(2, "pause='120'", "");
    assert_eq!(bench.answer(held), EMPTY, "BOSH 6.6");
    assert_eq!(bench.answer(pause), EMPTY);
    bench.say("a");
    bench.advance(119_000);
    assert!(bench.closed.is_empty());
    let id = bench.poll(3);
    assert_eq!(bench.ids(id), ["a"]);
    // Back to normal (BOSH 6.8).
    bench.advance(60_000);
    assert_eq!(bench.closed, [CloseReason::Inactive]);
}

#[test]
fn a_pause_may_exceed_requests_by_one() {
    let mut bench = Bench::created();
    bench.session().busy = true;
    bench.poll(1);
    bench.poll(2);
    let pause = bench.send(3, "pause='10'", "");
    bench.session().busy = false;
    bench.pump();
    assert_eq!(bench.answer(pause), EMPTY, "BOSH 7.1");
    bench.advance(9_999);
    assert!(bench.closed.is_empty());
    bench.advance(1);
    assert_eq!(bench.closed, [CloseReason::Inactive]);
}

#[test]
fn a_pause_above_maxpause_is_a_policy_violation() {
    let mut bench = Bench::created();
    let id = bench.send(1, "pause='121'", "");
    assert_eq!(bench.answer(id), terminate("policy-violation"), "BOSH 6.7");
    let config = ManagerConfig {
        max_pause: None,
        ..ManagerConfig::default()
    };
    let mut bench = Bench::with(config);
    let a = parse(&bench.create("")).attributes;
    assert_eq!(a.maxpause, None);
    let id = bench.send(1, "pause='10'", "");
    assert_eq!(bench.answer(id), terminate("policy-violation"), "BOSH 6.5");
}

#[test]
fn more_requests_than_granted_are_a_policy_violation() {
    let mut bench = Bench::new();
    bench.create("hold='1'");
    bench.session().busy = true;
    let first = bench.message(1, "a");
    let second = bench.message(2, "b");
    let third = bench.message(3, "c");
    assert!(
        bench.is_held(third),
        "one may be held on a connection that died with a page"
    );
    let fourth = bench.message(4, "d");
    assert_eq!(
        bench.answer(fourth),
        terminate("policy-violation"),
        "BOSH 7.2"
    );
    assert_eq!(bench.answer(first), terminate("other-request"));
    assert_eq!(bench.answer(second), terminate("other-request"));
    let reason = CloseReason::Terminated(TerminalCondition::PolicyViolation);
    assert_eq!(bench.closed, [reason]);
}

#[test]
fn a_reload_that_overtakes_the_last_request_of_the_old_page_is_no_flood() {
    let mut bench = Bench::created();
    // Held on a connection that is dead, which nobody has noticed.
    bench.poll(1);
    let new_page = bench.poll(3);
    let old_page = bench.message(2, "a");
    assert!(bench.closed.is_empty(), "converse #923, #726");
    assert_eq!(bench.answer(old_page), EMPTY);
    assert!(bench.is_held(new_page));
}

#[test]
fn a_reload_may_send_two_empty_requests_at_once() {
    let mut bench = Bench::created();
    for n in 1..20 {
        bench.poll(n);
        bench.advance(10);
    }
    assert!(
        bench.closed.is_empty(),
        "point 9: BOSH 7.3 and 7.4 are opt-in"
    );
}

#[test]
fn with_polling_advertised_empty_requests_have_a_pace() {
    let config = ManagerConfig {
        polling: Some(Duration::from_secs(5)),
        ..ManagerConfig::default()
    };
    // BOSH 7.3: `requests` at once, the last one empty.
    let mut bench = Bench::with(config.clone());
    assert_eq!(parse(&bench.create("")).attributes.polling, Some(5));
    bench.message(1, "a");
    let id = bench.poll(2);
    assert_eq!(bench.answer(id), terminate("policy-violation"));
    let mut bench = Bench::with(config.clone());
    bench.create("");
    bench.poll(1);
    bench.advance(5_000);
    let id = bench.poll(2);
    assert!(bench.is_held(id));
    let id = bench.message(3, "a");
    assert!(bench.is_held(id), "one that is not empty");
    // BOSH 7.4: a polling session.
    let mut bench = Bench::with(config);
    bench.create("hold='0'");
    bench.message(1, "a");
    bench.message(2, "b");
    bench.poll(3);
    let id = bench.poll(4);
    assert_eq!(bench.answer(id), terminate("policy-violation"));
}

#[test]
fn a_polling_client_that_got_something_may_ask_again() {
    let config = ManagerConfig {
        polling: Some(Duration::from_secs(5)),
        ..ManagerConfig::default()
    };
    let mut bench = Bench::with(config);
    bench.create("hold='0'");
    bench.say("a");
    let id = bench.poll(1);
    assert_eq!(bench.ids(id), ["a"]);
    let id = bench.poll(2);
    assert_eq!(bench.answer(id), EMPTY, "BOSH 7.4");
}

#[test]
fn a_pause_that_overtakes_another_request_may_exceed_requests_too() {
    let mut bench = Bench::created();
    bench.session().busy = true;
    bench.message(1, "a");
    let pause = bench.send(3, "pause='10'", "");
    bench.message(2, "b");
    bench.session().busy = false;
    bench.pump();
    assert_eq!(bench.answer(pause), EMPTY, "BOSH 7.1, 9.3");
    assert!(bench.closed.is_empty());
}

#[test]
fn a_session_that_takes_nothing_does_not_keep_its_client_waiting() {
    let mut bench = Bench::created();
    bench.session().busy = true;
    let lost = bench.message(1, "a");
    bench.lose(lost);
    let id = bench.message(2, "b");
    bench.advance(60_000);
    assert_eq!(bench.answer(id), EMPTY, "BOSH 4.5");
    bench.message(3, "c");
    bench.session().busy = false;
    bench.pump();
    assert_eq!(bench.taken(), ["a", "b", "c"]);
}
