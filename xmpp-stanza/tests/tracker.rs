//! Requests and answers: rule STZ-5 and the defects CVE-2014-0364 and CVE-2024-46957.

use std::time::Duration;

use xmpp_core::{Jid, Random, Timestamp};
use xmpp_stanza::{Iq, IqTracker, Outcome, Ping, StanzaError, StanzaErrorCondition};

/// The same bytes for ever: ids are unique all the same.
struct Broken;

impl Random for Broken {
    fn fill(&mut self, dest: &mut [u8]) {
        dest.fill(7);
    }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn tracker() -> IqTracker {
    IqTracker::client("me@home.example/phone".parse().unwrap(), Box::new(Broken))
}

fn request(tracker: &mut IqTracker, to: Option<&str>) -> Iq {
    let mut iq = Iq::get(&Ping);
    iq.to = to.map(|to| to.parse().unwrap());
    tracker.request(at(0), &mut iq, Duration::from_secs(10));
    iq
}

fn answer(request: &Iq, from: Option<&str>) -> Iq {
    Iq {
        from: from.map(|from| from.parse().unwrap()),
        ..request.result().expect("a request")
    }
}

const SENDERS: [Option<&str>; 9] = [
    None,
    Some("me@home.example"),
    Some("me@home.example/phone"),
    Some("home.example"),
    Some("me@home.example/laptop"),
    Some("tybalt@home.example/x"),
    Some("friend@away.example/desk"),
    Some("friend@away.example"),
    Some("room@rooms.example"),
];

/// STZ-5, the whole table: who may answer whom.
#[test]
fn stz_5_only_the_entity_asked_may_answer() {
    let allowed: [(Option<&str>, &[Option<&str>]); 7] = [
        (None, &SENDERS[..3]),
        (Some("me@home.example"), &SENDERS[..3]),
        (Some("me@home.example/phone"), &[SENDERS[2]]),
        (Some("home.example"), &[None, SENDERS[3]]),
        (Some("friend@away.example/desk"), &[SENDERS[6]]),
        (Some("friend@away.example"), &[SENDERS[7]]),
        (Some("room@rooms.example"), &[SENDERS[8]]),
    ];
    for (to, allowed) in allowed {
        for from in SENDERS {
            let mut tracker = tracker();
            let sent = request(&mut tracker, to);
            let taken = tracker.answer(answer(&sent, from)).is_ok();
            assert_eq!(
                taken,
                allowed.contains(&from),
                "asked {to:?}, answered by {from:?}"
            );
            assert_eq!(tracker.poll_event().is_some(), taken);
            assert_eq!(tracker.waiting(), usize::from(!taken));
        }
    }
}

#[test]
fn cve_2014_0364_a_guessed_id_is_not_enough() {
    let mut tracker = tracker();
    let mut iq = Iq::get(&Ping).with_id("guessable");
    let id = tracker.request(at(0), &mut iq, Duration::from_secs(10));
    assert_eq!(iq.id, "guessable");
    let forged = answer(&iq, Some("mallory@away.example/x"));
    assert_eq!(tracker.answer(forged.clone()), Err(forged));
    assert_eq!(tracker.answer(answer(&iq, None)), Ok(()));
    let event = tracker.poll_event().unwrap();
    assert_eq!(
        (event.request(), event.into_outcome()),
        (id, Outcome::Result(None))
    );
}

#[test]
fn cve_2024_46957_a_request_under_the_same_id_is_no_answer_and_an_answer_counts_once() {
    let mut tracker = tracker();
    let sent = request(&mut tracker, Some("home.example"));
    assert!(
        tracker
            .answer(Iq {
                from: sent.to.clone(),
                ..sent.clone()
            })
            .is_err()
    );
    assert!(tracker.answer(answer(&sent, Some("home.example"))).is_ok());
    assert!(tracker.answer(answer(&sent, Some("home.example"))).is_err());
    let wrong_id = answer(&sent, Some("home.example")).with_id("other");
    assert!(tracker.answer(wrong_id).is_err());
}

#[test]
fn errors_are_answers() {
    let mut tracker = tracker();
    let sent = request(&mut tracker, Some("home.example"));
    let error = StanzaError::new(StanzaErrorCondition::ServiceUnavailable);
    let answer = Iq {
        from: sent.to.clone(),
        ..sent.error(error.clone()).unwrap()
    };
    tracker.answer(answer).unwrap();
    assert_eq!(
        tracker.poll_event().unwrap().outcome(),
        &Outcome::Error(error)
    );
}

#[test]
fn the_same_id_may_wait_for_two_peers_but_not_twice_for_one() {
    let mut tracker = tracker();
    let mut ask = |to: &str| {
        let to: Jid = to.parse().unwrap();
        let mut iq = Iq::get(&Ping).with_to(to).with_id("1");
        tracker.request(at(0), &mut iq, Duration::from_secs(1));
        iq.id
    };
    assert_eq!(ask("a.example"), "1");
    assert_eq!(ask("b.example"), "1");
    let replaced = ask("a.example");
    assert_ne!(replaced, "1");
    assert_ne!(ask("a.example"), replaced);
    let fresh = request(&mut tracker, None);
    assert!(
        fresh.id.len() > 32,
        "at least 128 random bits: {}",
        fresh.id
    );
}

#[test]
fn time_runs_out_in_order() {
    let mut tracker = tracker();
    let mut ask =
        |seconds| tracker.request(at(0), &mut Iq::get(&Ping), Duration::from_secs(seconds));
    let (late, early) = (ask(20), ask(10));
    assert_eq!(tracker.poll_timeout(), Some(at(10)));
    tracker.handle_timeout(at(9));
    assert_eq!(tracker.poll_event(), None);
    tracker.handle_timeout(at(30));
    // Time that goes back is the last time seen.
    tracker.handle_timeout(at(1));
    let ended: Vec<_> = std::iter::from_fn(|| tracker.poll_event())
        .map(|event| (event.request(), event.into_outcome()))
        .collect();
    assert_eq!(
        ended,
        [(early, Outcome::TimedOut), (late, Outcome::TimedOut)]
    );
    assert_eq!((tracker.poll_timeout(), tracker.waiting()), (None, 0));
}

#[test]
fn late_answers_and_cancelled_requests_are_not_taken() {
    let mut tracker = tracker();
    let sent = request(&mut tracker, None);
    tracker.handle_timeout(at(10));
    assert!(tracker.poll_event().is_some());
    assert!(tracker.answer(answer(&sent, None)).is_err());

    let mut iq = Iq::get(&Ping);
    let id = tracker.request(at(10), &mut iq, Duration::from_secs(1));
    assert!(tracker.cancel(id) && !tracker.cancel(id));
    assert!(tracker.answer(answer(&iq, None)).is_err());
    assert_eq!((tracker.poll_event(), tracker.poll_timeout()), (None, None));
}

#[test]
fn the_end_of_the_stream_ends_every_request() {
    let mut tracker = tracker();
    for to in [None, Some("home.example"), Some("a@b")] {
        request(&mut tracker, to);
    }
    tracker.handle_lost(at(1));
    let ended: Vec<_> = std::iter::from_fn(|| tracker.poll_event()).collect();
    assert!(ended.len() == 3 && ended.iter().all(|e| *e.outcome() == Outcome::Lost));
    assert!(ended.is_sorted_by_key(xmpp_stanza::IqEvent::request));
    assert_eq!(tracker.poll_timeout(), None);
}

/// Components and servers have no account: an absent `from` answers nothing that was addressed.
#[test]
fn servers_match_addresses_exactly() {
    let mut tracker = IqTracker::server(Box::new(Broken));
    let sent = request(&mut tracker, Some("me@home.example"));
    for from in [None, Some("home.example"), Some("me@home.example/phone")] {
        assert!(tracker.answer(answer(&sent, from)).is_err(), "{from:?}");
    }
    assert!(
        tracker
            .answer(answer(&sent, Some("me@home.example")))
            .is_ok()
    );
}
