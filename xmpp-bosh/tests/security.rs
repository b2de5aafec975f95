//! What a connection manager must survive: the BOSH line of SECURITY, one test for each.

mod common;

use common::{Bench, EMPTY, message, parse, terminate};

#[test]
fn guessed_sid() {
    let mut bench = Bench::created();
    let real = bench.sid.clone();
    for guess in [
        "",
        "1",
        &real[1..],
        &real.to_uppercase(),
        &format!("{real}0"),
    ] {
        guess.clone_into(&mut bench.sid);
        let id = bench.message(1, "forged");
        assert_eq!(bench.answer(id), terminate("item-not-found"), "{guess}");
    }
    bench.sid = real;
    bench.message(1, "true");
    assert_eq!(bench.taken(), ["true"]);
}

#[test]
fn session_fixation() {
    // A client cannot choose the sid: a creation request with one is a request for that session.
    let mut bench = Bench::new();
    let answer = bench.create("sid='chosen'");
    assert_eq!(answer, terminate("item-not-found"));
    assert_eq!(bench.manager.sessions(), 0);
    // And sids are not derived from anything that two sessions share.
    let (mut a, mut b) = (Bench::new(), Bench::new());
    a.create("");
    b.create("");
    let first = a.sid.clone();
    a.create("");
    assert_ne!(first, a.sid);
}

#[test]
fn rid_replayed_with_another_body() {
    let mut bench = Bench::created();
    let first = bench.message(1, "a");
    bench.say("secret");
    bench.taken();
    let replay = bench.send(1, "to='elsewhere' xmpp:restart='true'", &message("forged"));
    assert_eq!(bench.answer(replay), bench.answer(first));
    assert!(bench.session().received.is_empty());
}

#[test]
fn rid_beyond_the_window_at_the_limit_and_below_the_cache() {
    for rid in [
        common::RID + 3,
        (1 << 53) - 1,
        1 << 53,
        u64::MAX,
        common::RID - 1,
        1,
        0,
    ] {
        let mut bench = Bench::created();
        let sid = bench.sid.clone();
        let id = bench.post(&format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}'>{}</body>",
            message("forged")
        ));
        assert_eq!(bench.answer(id), terminate("item-not-found"), "{rid}");
        assert!(bench.taken().is_empty());
    }
}

#[test]
fn body_break_out() {
    // In what is sent, markup is text; in what is received, it is not well-formed.
    let mut bench = Bench::created();
    let out =
        "<message id='a'><body>&lt;/body>&lt;/message>&lt;body type='terminate'></body></message>";
    bench.session().stanza(out);
    let id = bench.poll(1);
    let body = parse(&bench.answer(id));
    assert_eq!((body.children.len(), body.attributes.kind), (1, None));
    let id = bench.send(2, "", "</body><body type='terminate'>");
    assert_eq!(bench.answer(id), terminate("bad-request"));
}

#[test]
fn body_without_the_namespace() {
    let mut bench = Bench::created();
    let (rid, sid) = (common::RID + 1, bench.sid.clone());
    for namespace in [
        "",
        "xmlns='jabber:client'",
        "xmlns='http://jabber.org/protocol/httpbind '",
    ] {
        let id = bench.post(&format!(
            "<body {namespace} rid='{rid}' sid='{sid}'>{}</body>",
            message("forged")
        ));
        assert_eq!(bench.answer(id), terminate("bad-request"));
    }
    assert!(bench.taken().is_empty());
}

#[test]
fn duplicate_attributes_are_refused() {
    let mut bench = Bench::created();
    let id = bench.send(1, "rid='1573741999'", &message("forged"));
    assert_eq!(bench.answer(id), terminate("bad-request"));
    assert!(bench.taken().is_empty());
}

#[test]
fn a_request_cut_off_at_any_byte_is_not_processed() {
    let sid = Bench::created().sid;
    let whole = format!(
        "<body xmlns='http://jabber.org/protocol/httpbind' rid='{}' sid='{sid}'>{}</body>",
        common::RID + 1,
        message("a")
    );
    for cut in 0..whole.len() {
        let mut bench = Bench::created();
        let id = bench.post(&whole[..cut]);
        assert_eq!(bench.answer(id), terminate("bad-request"), "{cut}");
        assert!(bench.taken().is_empty());
    }
    let mut bench = Bench::created();
    bench.post(&whole);
    assert_eq!(bench.taken(), ["a"]);
}

#[test]
fn entity_bombs_and_document_types() {
    // Nothing is expanded, and nothing is fetched.
    for bomb in [
        "<!DOCTYPE b [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]>",
        "<!DOCTYPE b SYSTEM 'file:///etc/passwd'>",
        "<?xml version='1.0'?><!DOCTYPE b>",
    ] {
        let mut bench = Bench::created();
        let (rid, sid) = (common::RID + 1, bench.sid.clone());
        let id = bench.post(&format!(
            "{bomb}<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}'>&b;</body>"
        ));
        assert_eq!(bench.answer(id), terminate("bad-request"), "{bomb}");
        // What was not even a body ends nobody's session.
        let next = bench.poll(1);
        assert!(bench.is_held(next));
    }
}

#[test]
fn a_client_that_repeats_and_polls_without_end_is_stopped() {
    let mut bench = Bench::created();
    let mut last = String::new();
    for _ in 0..60 {
        let id = bench.poll(1);
        if !bench.is_held(id) {
            last = bench.answer(id);
        }
    }
    assert_ne!(last, EMPTY);
    assert!(!bench.closed.is_empty(), "BOSH 9.7");
}

#[test]
fn sids_do_not_show_in_debug_output() {
    let mut bench = Bench::created();
    bench.poll(1);
    let sid = bench.sid.clone();
    assert!(!format!("{:?}", bench.manager).contains(&sid));
    let id = xmpp_bosh::Sid::from(sid.as_str());
    assert!(!format!("{id:?}").contains(&sid));
}
