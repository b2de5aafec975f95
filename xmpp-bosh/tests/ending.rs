//! How sessions end: BOSH sections 8, 10 and 12.

mod common;

use common::{Bench, EMPTY, message, parse, terminate};
use xmpp_bosh::{BodyType, CloseReason, ManagerConfig, Misuse, Sid, TerminalCondition};
use xmpp_core::xml::ns;

const TERMINATED: &str = "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'/>";

#[test]
fn terminate_delivers_its_payload_and_answers_the_oldest() {
    let mut bench = Bench::created();
    let held = bench.poll(1);
    let id = bench.send(
        2,
        "type='terminate'",
        "<presence xmlns='jabber:client' id='p' type='unavailable'/>",
    );
    assert_eq!(bench.taken(), ["p"], "BOSH 8.1");
    assert_eq!(bench.answer(held), TERMINATED, "BOSH 8.2");
    assert_eq!(bench.answer(id), EMPTY);
    assert_eq!(bench.closed, [CloseReason::ByClient]);
    let next = bench.poll(3);
    assert_eq!(bench.answer(next), terminate("item-not-found"), "BOSH 8.4");
}

#[test]
fn terminate_alone_is_answered_with_terminate() {
    let mut bench = Bench::created();
    let id = bench.send(1, "type='terminate'", "");
    assert_eq!(bench.answer(id), TERMINATED);
    assert_eq!(bench.order().last(), Some(&id));
}

#[test]
fn terminate_may_exceed_requests_by_one() {
    let mut bench = Bench::created();
    bench.session().busy = true;
    bench.message(1, "a");
    bench.message(2, "b");
    bench.send(3, "type='terminate'", &message("c"));
    bench.session().busy = false;
    bench.pump();
    assert_eq!(bench.taken(), ["a", "b", "c"], "BOSH 7.1");
    assert_eq!(bench.closed, [CloseReason::ByClient]);
}

#[test]
fn terminate_before_its_turn_waits_for_the_gap() {
    let mut bench = Bench::created();
    let id = bench.send(2, "type='terminate'", "");
    assert!(bench.closed.is_empty() && bench.is_held(id));
    bench.message(1, "a");
    assert_eq!(bench.taken(), ["a"]);
    assert_eq!(bench.closed, [CloseReason::ByClient]);
}

#[test]
fn stanzas_are_delivered_before_the_terminate_response() {
    // Point 7: Strophe discards what stands in a terminate response.
    let mut bench = Bench::created();
    let held = bench.poll(1);
    bench.session().stanza("<message id='last'/>");
    bench.session().close(Some("system-shutdown"));
    bench.pump();
    assert_eq!(bench.ids(held), ["last"]);
    assert_eq!(bench.closed, [CloseReason::ByServer]);
    let next = bench.poll(2);
    let body = parse(&bench.answer(next));
    assert_eq!(body.attributes.kind, Some(BodyType::Terminate));
    assert_eq!(
        body.attributes.condition,
        Some(TerminalCondition::RemoteStreamError)
    );
    let error = &body.children[0];
    assert!(error.is("error", ns::STREAMS), "ERR-5, BOSH 12.10");
    assert!(error.child("system-shutdown", ns::STREAM_ERRORS).is_some());
    assert!(bench.answer(next).contains("<stream:error "));
}

#[test]
fn with_two_held_requests_stanzas_and_end_go_at_once() {
    let mut bench = Bench::new();
    bench.create("hold='2'");
    let (first, second) = (bench.poll(1), bench.poll(2));
    bench.session().stanza("<message id='last'/>");
    bench.session().close(None);
    bench.pump();
    assert_eq!(bench.ids(first), ["last"]);
    assert_eq!(bench.answer(second), TERMINATED);
}

#[test]
fn a_terminating_client_gets_the_last_stanzas_too() {
    let mut bench = Bench::created();
    let held = bench.poll(1);
    bench.session().busy = true;
    let id = bench.send(2, "type='terminate'", "");
    bench.session().stanza("<message id='last'/>");
    bench.session().busy = false;
    bench.pump();
    assert_eq!(bench.ids(held), ["last"]);
    assert_eq!(bench.answer(id), TERMINATED);
    // On a single connection they stand in the last answer, where our client finds them (BOSH 8.5).
    let mut bench = Bench::created();
    bench.session().stanza("<message id='last'/>");
    let id = bench.send(1, "type='terminate'", "");
    assert_eq!(bench.ids(id), ["last"]);
    assert_eq!(
        parse(&bench.answer(id)).attributes.kind,
        Some(BodyType::Terminate)
    );
}

#[test]
fn a_server_that_ends_the_stream_tells_the_held_request() {
    let mut bench = Bench::created();
    let held = bench.poll(1);
    bench.session().close(None);
    bench.pump();
    assert_eq!(bench.answer(held), TERMINATED);
    assert_eq!(bench.closed, [CloseReason::ByServer]);
}

#[test]
fn an_end_that_nobody_asks_for_is_forgotten_after_inactivity() {
    let mut bench = Bench::created();
    let sid = Sid::from(bench.sid.as_str());
    bench
        .manager
        .terminate(bench.now, &sid, TerminalCondition::SystemShutdown)
        .unwrap();
    bench.pump();
    let reason = CloseReason::Terminated(TerminalCondition::SystemShutdown);
    assert_eq!(bench.closed, [reason]);
    bench.advance(59_999);
    assert_eq!((bench.manager.sessions(), bench.manager.untold()), (1, 1));
    bench.advance(1);
    assert_eq!((bench.manager.sessions(), bench.manager.untold()), (0, 0));
    assert_eq!(
        bench
            .manager
            .terminate(bench.now, &sid, TerminalCondition::SystemShutdown),
        Err(Misuse::UnknownSession)
    );
}

#[test]
fn the_next_request_after_an_end_is_told() {
    let mut bench = Bench::created();
    let sid = Sid::from(bench.sid.as_str());
    bench
        .manager
        .terminate(bench.now, &sid, TerminalCondition::RemoteConnectionFailed)
        .unwrap();
    let id = bench.message(1, "a");
    assert_eq!(
        bench.answer(id),
        terminate("remote-connection-failed"),
        "BOSH 12.9"
    );
    assert!(bench.taken().is_empty());
}

#[test]
fn a_terminate_response_lost_before_it_was_handed_over_is_told_again() {
    for next in [1, 2] {
        let mut bench = Bench::created();
        bench.hand_over = false;
        let held = bench.poll(1);
        bench.session().close(Some("conflict"));
        bench.pump();
        bench.lose(held);
        let id = bench.poll(next);
        assert_eq!(bench.answer(id), bench.answer(held), "rid + {next}");
    }
}

#[test]
fn a_terminate_response_handed_over_is_kept_for_a_repeat() {
    let mut bench = Bench::created();
    let held = bench.poll(1);
    bench.session().close(Some("conflict"));
    bench.pump();
    let again = bench.poll(1);
    assert_eq!(bench.answer(again), bench.answer(held));
}

#[test]
fn a_payload_lost_while_the_session_ends_still_comes_first() {
    let mut bench = Bench::created();
    bench.hand_over = false;
    let held = bench.poll(1);
    bench.session().stanza("<message id='last'/>");
    bench.session().close(None);
    bench.pump();
    let next = bench.poll(2);
    assert!(bench.is_held(next), "the fate of the stanza is open");
    bench.lose(held);
    assert_eq!(bench.ids(next), ["last"]);
    bench.written(next);
    let id = bench.poll(3);
    assert_eq!(bench.answer(id), TERMINATED);
}

#[test]
fn shutdown_tells_everybody_and_refuses_new_sessions() {
    let mut bench = Bench::created();
    let held = bench.poll(1);
    bench.manager.shut_down(bench.now);
    bench.pump();
    assert_eq!(
        bench.answer(held),
        terminate("system-shutdown"),
        "BOSH 12.12"
    );
    assert_eq!(bench.create(""), terminate("system-shutdown"));
}

#[test]
fn legacy_clients_get_http_statuses() {
    // BOSH 12.1: no `ver`.
    let legacy = || {
        let mut bench = Bench::new();
        let id = bench.post(&format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{}' to='localhost' wait='60' hold='1'/>",
            common::RID
        ));
        assert!(bench.answer(id).contains("sid="));
        bench
    };
    let mut bench = legacy();
    let id = bench.poll(9);
    assert_eq!(
        (bench.response(id).status, bench.answer(id).as_str()),
        (404, "")
    );
    let mut bench = legacy();
    let id = bench.send(1, "", "<!-- -->");
    assert_eq!(bench.response(id).status, 400);
    let mut bench = legacy();
    let id = bench.send(1, "pause='9999'", "");
    assert_eq!(bench.response(id).status, 403);
    // Conditions without a status of their own are told as such.
    let mut bench = legacy();
    bench.manager.shut_down(bench.now);
    let id = bench.poll(1);
    assert_eq!(bench.answer(id), terminate("system-shutdown"));
}

/// K(n) … K(1) of a sequence made from this seed.
fn keys(seed: &str, n: usize) -> Vec<String> {
    use sha1::{Digest, Sha1};
    use std::fmt::Write;
    let mut keys = Vec::new();
    let mut text = seed.to_owned();
    for _ in 0..n {
        let digest = Sha1::digest(text.as_bytes());
        text.clear();
        for byte in &digest {
            write!(text, "{byte:02x}").unwrap();
        }
        keys.push(text.clone());
    }
    keys.reverse();
    keys
}

#[test]
fn keys_are_checked_without_regard_to_case() {
    let keys = keys("seed", 4);
    let mut bench = Bench::new();
    bench.create(&format!("newkey='{}'", keys[0].to_uppercase()));
    bench.send(1, &format!("key='{}'", keys[1]), &message("a"));
    assert_eq!(bench.taken(), ["a"], "BOSH 10.1, 10.2");
    assert!(bench.closed.is_empty());
}

#[test]
fn a_wrong_or_missing_key_ends_the_session_and_is_not_processed() {
    let keys = keys("seed", 4);
    for attribute in [
        String::new(),
        format!("key='{}'", keys[2]),
        "key=''".to_owned(),
    ] {
        let mut bench = Bench::new();
        bench.create(&format!("newkey='{}'", keys[0]));
        let id = bench.send(1, &attribute, &message("forged"));
        assert_eq!(bench.answer(id), terminate("item-not-found"), "BOSH 10.3");
        assert!(bench.taken().is_empty());
        assert_eq!(bench.closed.len(), 1);
    }
}

#[test]
fn keys_are_checked_in_rid_order_and_sequences_can_be_switched() {
    let (old, new) = (keys("seed", 3), keys("another", 3));
    let mut bench = Bench::new();
    bench.create(&format!("newkey='{}'", old[0]));
    // Request 2 comes first.
    bench.send(
        2,
        &format!("key='{}' newkey='{}'", old[2], new[0]),
        &message("b"),
    );
    bench.send(1, &format!("key='{}'", old[1]), &message("a"));
    bench.send(3, &format!("key='{}'", new[1]), &message("c"));
    assert_eq!(bench.taken(), ["a", "b", "c"], "BOSH 10.4");
    assert!(bench.closed.is_empty());
}

#[test]
fn a_repeat_needs_the_key_of_the_first_one() {
    let keys = keys("seed", 4);
    let mut bench = Bench::new();
    bench.create(&format!("newkey='{}'", keys[0]));
    bench.send(1, &format!("key='{}'", keys[1]), "");
    bench.say("secret");
    let again = bench.send(1, &format!("key='{}'", keys[1].to_uppercase()), "");
    assert_eq!(bench.ids(again), ["secret"], "BOSH 10.5");
    let forged = bench.send(1, "", "");
    assert_eq!(bench.answer(forged), terminate("item-not-found"));
}

#[test]
fn two_restarts_at_once_reach_the_session_as_two() {
    // Whether a restart is due is for the session to say.
    let mut bench = Bench::with(ManagerConfig::default());
    bench.create("");
    bench.session().received.clear();
    bench.send(1, "xmpp:restart='true'", "");
    bench.send(2, "xmpp:restart='true'", "");
    assert_eq!(bench.session().received.len(), 2);
}

#[test]
fn a_request_before_its_turn_is_told_the_end_too() {
    let mut bench = Bench::created();
    let sid = Sid::from(bench.sid.as_str());
    bench
        .manager
        .terminate(bench.now, &sid, TerminalCondition::SystemShutdown)
        .unwrap();
    let id = bench.poll(2);
    assert_eq!(bench.answer(id), terminate("system-shutdown"));
    // And one that was received in a gap, lost, and is repeated after the end.
    let mut bench = Bench::created();
    let lost = bench.poll(2);
    bench.lose(lost);
    let end = bench.send(1, "", "<!-- -->");
    assert_eq!(bench.answer(end), terminate("bad-request"));
    let again = bench.poll(2);
    assert_eq!(bench.answer(again), terminate("item-not-found"), "BOSH 8.4");
}

#[test]
fn an_end_does_not_wait_for_ever_for_the_fate_of_an_answer() {
    let mut bench = Bench::created();
    bench.hand_over = false;
    bench.poll(1);
    bench.session().stanza("<message id='a'/>");
    bench.session().close(None);
    bench.pump();
    let id = bench.poll(2);
    assert!(bench.is_held(id));
    bench.advance(60_000);
    assert_eq!(bench.answer(id), TERMINATED);
}
