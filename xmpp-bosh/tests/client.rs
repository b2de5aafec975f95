//! The client: the duties marked C in BOSH, against scripted answers.

mod common;

use std::time::Duration;

use common::{EMPTY, parse, terminate};
use testkit::{ScriptedSession, Seeded};
use xmpp_bosh::{
    Attachment, Client, ClientCloseReason, ClientConfig, ClientEvent, Misuse, Request, Rid, Sid,
    TerminalCondition,
};
use xmpp_core::{Timestamp, stream::StreamItem};

const FEATURES: &str = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>";

struct Bench {
    client: Client,
    session: ScriptedSession,
    now: Timestamp,
    events: Vec<ClientEvent>,
}

impl Bench {
    fn with(config: ClientConfig) -> Self {
        let mut bench = Self {
            client: Client::new(config, Box::new(Seeded::new(3))),
            session: ScriptedSession::client("localhost"),
            now: Timestamp::from_millis(5_000),
            events: Vec::new(),
        };
        bench.settle();
        bench
    }

    fn new() -> Self {
        Self::with(ClientConfig::default())
    }

    /// An established session of hold 1 and 2 requests, and its first poll.
    fn established(config: ClientConfig, attributes: &str) -> (Self, Request) {
        let mut bench = Self::with(config);
        let creation = bench.request();
        bench.respond(
            &creation,
            &body(
                &format!(
                    "sid='s1' wait='60' requests='2' hold='1' ver='1.11' inactivity='60' maxpause='120' \
                     from='localhost' authid='a1' {attributes}"
                ),
                FEATURES,
            ),
        );
        let poll = bench.request();
        bench.session.received.clear();
        (bench, poll)
    }

    fn settle(&mut self) {
        self.client.pump(self.now, &mut self.session);
        while let Some(event) = self.client.poll_event() {
            if event == ClientEvent::Pump {
                self.client.pump(self.now, &mut self.session);
            } else {
                self.events.push(event);
            }
        }
    }

    /// The next request, which must be there.
    fn request(&mut self) -> Request {
        self.client.poll_request().expect("a request")
    }

    fn no_request(&mut self) {
        assert_eq!(self.client.poll_request(), None);
    }

    fn respond(&mut self, to: &Request, body: &str) {
        self.client
            .handle_response(self.now, to.id, 200, body.as_bytes());
        self.settle();
    }

    fn status(&mut self, to: &Request, status: u16) {
        self.client.handle_response(self.now, to.id, status, b"");
        self.settle();
    }

    fn lose(&mut self, request: &Request) {
        self.client.handle_lost(self.now, request.id);
        self.settle();
    }

    fn say(&mut self, id: &str) {
        self.session.stanza(&format!("<message id='{id}'/>"));
        self.settle();
    }

    fn advance(&mut self, millis: u64) {
        let end = self.now.saturating_add(Duration::from_millis(millis));
        while let Some(at) = self.client.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.client.handle_timeout(self.now);
            self.settle();
        }
        self.now = end;
    }

    fn closed(&self) -> Option<&ClientCloseReason> {
        self.events.iter().find_map(|event| match event {
            ClientEvent::Closed(reason) => Some(reason),
            _ => None,
        })
    }
}

fn body(attributes: &str, payload: &str) -> String {
    format!("<body xmlns='http://jabber.org/protocol/httpbind' {attributes}>{payload}</body>")
}

fn message(id: &str) -> String {
    body("", &common::message(id))
}

fn rid(request: &Request) -> u64 {
    parse(&request.body).attributes.rid.expect("a rid")
}

#[test]
fn creation_request_carries_what_should_be_there() {
    let mut bench = Bench::new();
    let request = bench.request();
    let a = parse(&request.body).attributes;
    assert_eq!(a.sid, None, "BOSH 2.1");
    assert_eq!(a.to.as_deref(), Some("localhost"), "BOSH 2.2");
    assert_eq!(a.lang.as_deref(), Some("en"));
    assert_eq!((a.wait, a.hold), (Some(60), Some(1)));
    assert_eq!(
        a.ver.map(|v| v.to_string()).as_deref(),
        Some("1.11"),
        "BOSH 2.3"
    );
    assert_eq!(a.xmpp_version.as_deref(), Some("1.0"), "BOSH 2.10");
    assert_eq!(a.ack, Some(1), "BOSH 2.8");
    let rid = a.rid.expect("BOSH 2.1");
    assert!(rid > 1 << 32 && rid < 1 << 52, "BOSH 2.11: {rid}");
    bench.no_request();
}

#[test]
fn the_first_rid_is_unpredictable() {
    let rids: std::collections::BTreeSet<u64> = (0..100)
        .map(|seed| {
            let mut client = Client::new(ClientConfig::default(), Box::new(Seeded::new(seed)));
            client.pump(Timestamp::default(), &mut ScriptedSession::client("x"));
            client.poll_request().expect("a request").rid.as_u64()
        })
        .collect();
    assert_eq!(rids.len(), 100, "BOSH 14.2");
}

#[test]
fn the_creation_response_opens_the_stream() {
    let mut bench = Bench::new();
    let creation = bench.request();
    bench.respond(
        &creation,
        &body("sid='s1' wait='60' from='localhost' authid='a1'", FEATURES),
    );
    match &bench.session.received[..] {
        [StreamItem::Open(header), StreamItem::Element(features)] => {
            assert_eq!(header.from.as_deref(), Some("localhost"));
            assert_eq!(header.id.as_deref(), Some("a1"), "HDR-18");
            assert_eq!(features.name(), "features");
        }
        other => panic!("{other:?}"),
    }
    let next = bench.request();
    assert_eq!(rid(&next), rid(&creation) + 1, "BOSH 9.1");
    assert_eq!(
        parse(&next.body).attributes.sid.as_deref(),
        Some("s1"),
        "BOSH 4.1"
    );
    assert_eq!(bench.client.sid().map(Sid::as_str), Some("s1"));
}

#[test]
fn without_features_the_client_polls_until_they_come() {
    let mut bench = Bench::new();
    let creation = bench.request();
    bench.respond(
        &creation,
        &body("sid='s1' wait='60' requests='2' hold='1'", ""),
    );
    let poll = bench.request();
    assert!(parse(&poll.body).children.is_empty(), "BOSH 3.13");
    bench.respond(&poll, &body("authid='later' from='localhost'", FEATURES));
    assert_eq!(bench.session.received.len(), 2);
}

#[test]
fn one_request_is_kept_at_the_manager() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.no_request();
    bench.respond(&poll, EMPTY);
    let next = bench.request();
    assert_eq!(rid(&next), rid(&poll) + 1, "BOSH 6.1");
    bench.no_request();
}

#[test]
fn requests_are_bounded_by_what_was_granted() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.say("a");
    let a = bench.request();
    bench.say("b");
    bench.say("c");
    bench.no_request();
    bench.respond(&poll, EMPTY);
    let both = bench.request();
    assert_eq!(common::ids(&both.body), ["b", "c"], "BOSH 7.1");
    bench.no_request();
    // The answer to the later one does not make room while the earlier one is missing: its answer
    // might no longer be kept.
    bench.respond(&both, EMPTY);
    bench.say("d");
    bench.no_request();
    bench.respond(&a, EMPTY);
    assert_eq!(common::ids(&bench.request().body), ["d"]);
}

#[test]
fn answers_are_processed_in_the_order_of_requests() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.say("x");
    let second = bench.request();
    bench.respond(&second, &message("b"));
    assert!(bench.session.received.is_empty(), "BOSH 4.8");
    bench.respond(&poll, &message("a"));
    assert_eq!(bench.session.take_ids(), ["a", "b"]);
}

#[test]
fn a_lost_request_is_repeated_byte_for_byte() {
    let (mut bench, _) = Bench::established(ClientConfig::default(), "");
    bench.say("a");
    let first = bench.request();
    bench.lose(&first);
    let again = bench.request();
    assert_eq!(again.body, first.body, "BOSH 9.8");
    assert_eq!((again.rid, again.replaces), (first.rid, Some(first.id)));
    // The second failure waits a second, the third two.
    bench.lose(&again);
    bench.no_request();
    bench.advance(1_250);
    let third = bench.request();
    bench.lose(&third);
    bench.advance(1_999);
    bench.no_request();
    bench.advance(501);
    assert_eq!(bench.request().body, first.body);
}

#[test]
fn a_request_without_an_answer_is_repeated_after_wait() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.advance(65_999);
    bench.no_request();
    bench.advance(1);
    assert_eq!(bench.request().replaces, Some(poll.id));
}

#[test]
fn after_all_attempts_the_session_is_lost() {
    let (mut bench, mut poll) = Bench::established(ClientConfig::default(), "");
    for _ in 0..7 {
        bench.lose(&poll);
        bench.advance(40_000);
        poll = bench.request();
    }
    bench.lose(&poll);
    assert_eq!(bench.closed(), Some(&ClientCloseReason::ConnectionLost));
    bench.advance(1_000_000);
    bench.no_request();
}

#[test]
fn a_cut_off_answer_counts_as_none() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    let whole = message("a");
    let mut poll = poll;
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        bench.respond(&poll, &whole[..cut]);
        bench.advance(5_000);
        poll = bench.request();
    }
    assert!(bench.session.received.is_empty());
    bench.respond(&poll, &whole);
    assert_eq!(bench.session.take_ids(), ["a"]);
}

#[test]
fn an_answer_to_an_attempt_that_was_replaced_is_ignored() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.lose(&poll);
    let again = bench.request();
    bench.respond(&poll, &message("a"));
    assert!(bench.session.received.is_empty());
    bench.respond(&again, &message("a"));
    assert_eq!(bench.session.take_ids(), ["a"]);
}

#[test]
fn a_recoverable_error_repeats_all_requests_up_to_it() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.say("a");
    let second = bench.request();
    bench.respond(&second, &body("type='error'", ""));
    let again = [bench.request(), bench.request()];
    assert_eq!(again[0].body, poll.body, "BOSH 9.9");
    assert_eq!(again[1].body, second.body);
    bench.respond(&poll, &body("type='error'", ""));
    bench.no_request();
    assert_eq!(bench.closed(), None);
}

#[test]
fn acks_stand_where_answers_are_missing() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    assert_eq!(
        parse(&poll.body).attributes.ack,
        None,
        "BOSH 5.2: nothing is missing"
    );
    bench.say("a");
    let a = bench.request();
    assert_eq!(parse(&a.body).attributes.ack, Some(rid(&poll) - 1));
    let config = ClientConfig {
        acks: false,
        ..ClientConfig::default()
    };
    let (mut bench, _) = Bench::established(config, "");
    bench.say("a");
    assert_eq!(parse(&bench.request().body).attributes.ack, None);
}

#[test]
fn a_report_repeats_the_request_whose_answer_is_missing() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.say("a");
    let second = bench.request();
    // In rid order nothing can be processed before the missing answer, so the report stands in an
    // answer that waits.
    bench.respond(
        &second,
        &body(&format!("report='{}' time='900'", rid(&poll)), ""),
    );
    assert_eq!(bench.request().body, poll.body, "BOSH 5.4");
}

#[test]
fn restart_is_an_empty_body_of_its_own() {
    let (mut bench, _) = Bench::established(ClientConfig::default(), "");
    bench.session.stanza("<message id='before'/>");
    bench.session.open("localhost");
    bench.session.stanza("<message id='after'/>");
    bench.settle();
    let before = bench.request();
    assert_eq!(common::ids(&before.body), ["before"]);
    bench.no_request();
    bench.lose(&before);
    let before = bench.request();
    bench.respond(&before, EMPTY);
    bench.no_request();
}

#[test]
fn the_answer_to_a_restart_opens_the_stream_anew() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.session.open("localhost");
    bench.settle();
    let restart = bench.request();
    let a = parse(&restart.body).attributes;
    assert!(
        a.restart && restart.body.contains("xmpp:restart='true'"),
        "BOSH 13.1"
    );
    assert_eq!(
        (a.to.as_deref(), a.lang.as_deref()),
        (Some("localhost"), Some("en"))
    );
    assert!(parse(&restart.body).children.is_empty());
    // The features come with the request that was held.
    bench.respond(&poll, &body("authid='a2'", FEATURES));
    match &bench.session.received[..] {
        [StreamItem::Open(header), StreamItem::Element(_)] => {
            assert_eq!(header.id.as_deref(), Some("a2"));
            assert_eq!(header.from.as_deref(), Some("localhost"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn terminate_carries_what_was_left_to_say_and_ends_with_its_answer() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.session.close(None);
    bench.settle();
    let last = bench.request();
    assert!(last.body.contains(" type='terminate'"), "BOSH 8.1");
    bench.respond(&poll, EMPTY);
    bench.no_request();
    bench.respond(&last, EMPTY);
    assert_eq!(bench.closed(), Some(&ClientCloseReason::Local), "BOSH 8.3");
}

#[test]
fn stanzas_in_a_terminate_response_are_processed() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    let end = body(
        "type='terminate' condition='system-shutdown'",
        &common::message("last"),
    );
    bench.respond(&poll, &end);
    assert_eq!(bench.session.take_ids(), ["last"], "BOSH 8.5");
    let condition = Some(TerminalCondition::SystemShutdown);
    assert_eq!(
        bench.closed(),
        Some(&ClientCloseReason::Terminated(condition))
    );
    bench.no_request();
}

#[test]
fn a_stream_error_reaches_the_session() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    let error = "<stream:error xmlns:stream='http://etherx.jabber.org/streams'>\
                 <conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
    bench.respond(
        &poll,
        &body("type='terminate' condition='remote-stream-error'", error),
    );
    match &bench.session.received[..] {
        [StreamItem::Element(element), StreamItem::Close] => assert_eq!(element.name(), "error"),
        other => panic!("ERR-5: {other:?}"),
    }
}

#[test]
fn a_refused_creation_says_why() {
    let mut bench = Bench::new();
    let creation = bench.request();
    bench.respond(&creation, &terminate("host-unknown"));
    let condition = Some(TerminalCondition::HostUnknown);
    assert_eq!(
        bench.closed(),
        Some(&ClientCloseReason::Terminated(condition)),
        "BOSH 12.3"
    );
}

#[test]
fn what_is_no_connection_manager_is_told_as_that() {
    let mut bench = Bench::new();
    let creation = bench.request();
    bench.respond(&creation, &body("wait='60'", ""));
    assert_eq!(bench.closed(), Some(&ClientCloseReason::NotBosh(None)));
    let mut bench = Bench::new();
    for _ in 0..8 {
        let creation = bench.request();
        bench.respond(&creation, "<html><body>It works!</body></html>");
        bench.advance(40_000);
    }
    assert!(matches!(
        bench.closed(),
        Some(ClientCloseReason::NotBosh(Some(_)))
    ));
    let mut bench = Bench::new();
    let creation = bench.request();
    bench.status(&creation, 404);
    assert_eq!(
        bench.closed(),
        Some(&ClientCloseReason::Http(404)),
        "BOSH 12.1"
    );
}

#[test]
fn http_errors_are_repeated_unless_the_manager_is_a_legacy_one() {
    for status in [0, 404, 500, 502, 503] {
        let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
        bench.status(&poll, status);
        assert_eq!(bench.request().body, poll.body, "{status}");
    }
    let mut bench = Bench::new();
    let creation = bench.request();
    // No `ver`.
    bench.respond(
        &creation,
        &body("sid='s1' wait='60' requests='2' hold='1'", FEATURES),
    );
    let poll = bench.request();
    bench.status(&poll, 500);
    let poll = bench.request();
    bench.status(&poll, 404);
    assert_eq!(
        bench.closed(),
        Some(&ClientCloseReason::Http(404)),
        "BOSH 12.1"
    );
}

#[test]
fn a_session_that_polls_keeps_the_interval() {
    let (mut bench, poll) = {
        let mut bench = Bench::new();
        let creation = bench.request();
        bench.respond(
            &creation,
            &body(
                "sid='s1' wait='0' hold='0' requests='1' polling='7' ver='1.6'",
                FEATURES,
            ),
        );
        let poll = bench.request();
        (bench, poll)
    };
    bench.respond(&poll, EMPTY);
    bench.no_request();
    bench.advance(6_999);
    bench.no_request();
    bench.advance(1);
    let poll = bench.request();
    // What there is to say goes at once, and after a payload there may be more.
    bench.respond(&poll, EMPTY);
    bench.say("a");
    let a = bench.request();
    bench.respond(&a, &message("b"));
    let poll = bench.request();
    assert!(parse(&poll.body).children.is_empty(), "BOSH 7.4");
}

#[test]
fn keys_accompany_every_request() {
    let config = ClientConfig {
        keys: true,
        ..ClientConfig::default()
    };
    let mut bench = Bench::with(config.clone());
    let creation = bench.request();
    assert!(
        parse(&creation.body).attributes.newkey.is_some(),
        "BOSH 10.1"
    );
    let (mut bench, poll) = Bench::established(config, "");
    let key = parse(&poll.body).attributes.key.expect("a key");
    bench.lose(&poll);
    let again = bench.request();
    assert_eq!(
        parse(&again.body).attributes.key,
        Some(key),
        "the same bytes"
    );
}

#[test]
fn pause_is_sent_only_where_it_is_granted() {
    let mut bench = Bench::new();
    let minute = Duration::from_mins(1);
    assert_eq!(
        bench.client.pause(bench.now, minute),
        Err(Misuse::NotEstablished)
    );
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    let too_long = Duration::from_secs(121);
    assert_eq!(
        bench.client.pause(bench.now, too_long),
        Err(Misuse::PauseNotGranted)
    );
    bench.client.pause(bench.now, minute).expect("granted");
    let pause = bench.request();
    assert_eq!(parse(&pause.body).attributes.pause, Some(60), "BOSH 6.5");
    bench.respond(&poll, EMPTY);
    bench.respond(&pause, EMPTY);
    bench.no_request();
    // It comes back in time.
    bench.advance(48_000);
    assert!(parse(&bench.request().body).children.is_empty());
}

#[test]
fn something_to_say_ends_a_pause() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench
        .client
        .pause(bench.now, Duration::from_mins(1))
        .expect("granted");
    let pause = bench.request();
    bench.respond(&poll, EMPTY);
    bench.respond(&pause, EMPTY);
    bench.say("a");
    assert_eq!(common::ids(&bench.request().body), ["a"]);
}

#[test]
fn a_session_is_handed_on_with_the_next_rid() {
    let (mut bench, poll) = Bench::established(ClientConfig::default(), "");
    bench.client.detach(bench.now).expect("established");
    let pause = bench.request();
    bench.say("not sent any more");
    bench.no_request();
    bench.respond(&poll, &message("still mine"));
    bench.respond(&pause, EMPTY);
    assert_eq!(bench.session.take_ids(), ["still mine"]);
    bench.no_request();
    let Some(ClientEvent::Detached(attachment)) = bench.events.pop() else {
        panic!("{:?}", bench.events);
    };
    assert_eq!(attachment.sid.as_str(), "s1");
    assert_eq!(attachment.rid.as_u64(), rid(&pause) + 1);
    let random = Box::new(Seeded::new(9));
    let mut next = Client::attach(bench.now, ClientConfig::default(), attachment, random);
    next.pump(bench.now, &mut ScriptedSession::default());
    let first = next.poll_request().expect("a request");
    assert_eq!(rid(&first), rid(&pause) + 1, "BOSH 18");
    assert_eq!(parse(&first.body).attributes.sid.as_deref(), Some("s1"));
    assert!(parse(&first.body).children.is_empty());
}

#[test]
fn large_output_is_split_between_stanzas() {
    let config = ClientConfig {
        max_request_bytes: 500,
        ..ClientConfig::default()
    };
    let (mut bench, mut last) = Bench::established(config, "");
    for id in ["a", "b", "c"] {
        let filler = "x".repeat(300);
        bench.session.stanza(&format!(
            "<message id='{id}'><body>{filler}</body></message>"
        ));
    }
    bench.settle();
    for id in ["a", "b", "c"] {
        let request = bench.request();
        assert_eq!(common::ids(&request.body), [id]);
        bench.respond(&last, EMPTY);
        last = request;
    }
}

#[test]
fn answers_to_unknown_requests_are_ignored() {
    let (mut bench, _) = Bench::established(ClientConfig::default(), "");
    let stranger = xmpp_bosh::RequestId::new(4711);
    bench
        .client
        .handle_response(bench.now, stranger, 200, message("a").as_bytes());
    bench.client.handle_lost(bench.now, stranger);
    bench.settle();
    bench.no_request();
    assert!(bench.session.received.is_empty());
}

#[test]
fn attachments_compare() {
    let attachment = Attachment {
        sid: "s".into(),
        rid: Rid::new(7).expect("a rid"),
        wait: Duration::from_mins(1),
        requests: 2,
    };
    assert_eq!(attachment.clone(), attachment);
}
