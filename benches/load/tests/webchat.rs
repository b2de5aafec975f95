//! Small loads on the real web chat over loopback: everything arrives, and what goes wrong is noticed.

use std::{net::SocketAddr, time::Duration};

use clap::Parser as _;
use load::{Options, Plan, Report, Transport, run};
use webchat::{Server, Settings};

/// Flood control is off: the load comes from one address and is one.
const UNLIMITED: &[&str] = &[
    "--flood-session-rate",
    "0",
    "--flood-address-rate",
    "0",
    "--flood-room-rate",
    "0",
];

async fn server(options: &[&str]) -> Server {
    let mut line = vec!["webchat", "--listen", "127.0.0.1:0", "--data", "none"];
    line.extend(options);
    let settings: Settings = webchat::Options::parse_from(line)
        .settle()
        .expect("usable options");
    Server::start(&settings).await.expect("a free port")
}

fn plan(address: SocketAddr, transport: Transport, options: &[&str]) -> Plan {
    let url = match transport {
        Transport::Bosh => format!("http://{address}/http-bind"),
        Transport::WebSocket => format!("ws://{address}/xmpp-websocket"),
    };
    let mut line = vec!["load", "--url", &url, "--warm-up", "0", "--idle", "0"];
    line.extend(options);
    let options = Options::try_parse_from(line).expect("well-formed options");
    options.settle().expect("usable options")
}

/// Runs a load on a server of its own.
async fn load(transport: Transport, options: &[&str], of_server: &[&str]) -> Report {
    let server = server(of_server).await;
    let plan = plan(server.address(), transport, options);
    let report = tokio::task::spawn_blocking(move || run(&plan)).await;
    server.stop().await;
    report.expect("no panic").expect("a runtime")
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_gets_every_message_once_and_in_order_over_both_transports() {
    let pid = std::process::id().to_string();
    let options = [
        "--sessions",
        "7",
        "--rooms",
        "2",
        "--messages",
        "40",
        "--window",
        "3",
        "--pid",
        &pid,
    ];
    for transport in [Transport::Bosh, Transport::WebSocket] {
        let report = load(transport, &options, UNLIMITED).await;
        assert!(report.is_well(), "{report}");
        // Four in one room, three in the other.
        let presences = report.join.expect("joins").presences;
        assert_eq!(presences, 4 * 4 + 3 * 3, "{report}");
        let talk = report.talk.expect("a talk");
        assert_eq!(talk.messages, 40);
        assert!((40 * 3..=40 * 4).contains(&talk.deliveries), "{report}");
        assert!(talk.p50_ms <= talk.p99_ms && talk.p50_ms.is_some());
        let answered = talk.deliveries_per_response.is_some_and(|each| each >= 1.0);
        assert_eq!(answered, transport == Transport::Bosh, "{report}");
        assert!(talk.server_cpu_us_each.is_some() && report.idle.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_may_come_at_a_rate_of_its_own() {
    let options = [
        "--sessions",
        "3",
        "--messages",
        "30",
        "--rate",
        "500",
        "--seconds",
        "60",
    ];
    for transport in [Transport::Bosh, Transport::WebSocket] {
        let report = load(transport, &options, UNLIMITED).await;
        assert!(report.is_well(), "{report}");
        assert_eq!(report.talk.expect("a talk").deliveries, 90);
    }
}

/// The others are held to every message, and the server gives up those who read nothing.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_read_nothing_are_closed_and_find_out_when_they_read_again() {
    let pid = std::process::id().to_string();
    let of_load = [
        "--sessions",
        "6",
        "--rooms",
        "2",
        "--deaf",
        "2",
        "--window",
        "4",
        "--bytes",
        "20000",
        "--messages",
        "1500",
        "--seconds",
        "600",
        "--pid",
        &pid,
    ];
    let of_server = [
        UNLIMITED,
        &["--max-queue-bytes", "100000", "--history", "0"],
    ]
    .concat();
    for transport in [Transport::Bosh, Transport::WebSocket] {
        let report = load(transport, &of_load, &of_server).await;
        assert!(report.is_well(), "{report}");
        let talk = report.talk.as_ref().expect("a talk");
        assert_eq!(talk.deliveries, 1500 * 2, "{report}");
        let deaf = report.deaf.as_ref().expect("deaf ones");
        assert_eq!((deaf.sessions, deaf.closed), (2, 2), "{report}");
        assert_eq!(deaf.found.values().sum::<u32>(), 2, "{report}");
        assert!(deaf.rss_kib_each.is_some() && deaf.closed_after_seconds.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_comes_while_the_others_talk() {
    let of_load = [
        "--sessions",
        "4",
        "--rooms",
        "2",
        "--burst",
        "9",
        "--rate",
        "200",
        "--seconds",
        "1.5",
    ];
    for transport in [Transport::Bosh, Transport::WebSocket] {
        let report = load(transport, &of_load, UNLIMITED).await;
        assert!(report.is_well(), "{report}");
        let burst = report.burst.expect("a burst");
        assert_eq!(burst.sessions, 9);
        assert!(burst.seconds.is_some(), "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_and_open_files_are_watched_while_all_talk() {
    let pid = std::process::id().to_string();
    let of_load = [
        "--sessions",
        "3",
        "--rate",
        "100",
        "--seconds",
        "1",
        "--sample",
        "0.1",
        "--pid",
        &pid,
    ];
    let report = load(Transport::WebSocket, &of_load, UNLIMITED).await;
    assert!(report.is_well(), "{report}");
    let samples = report.samples.as_ref().expect("samples");
    assert!(samples.rss.len() > 1 && samples.rss[0] > 0, "{report}");
    assert!(report.descriptors.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_watched_when_all_are_gone() {
    let pid = std::process::id().to_string();
    let of_load = [
        "--sessions",
        "3",
        "--seconds",
        "0.1",
        "--abandon",
        "--aftermath",
        "0.2",
        "--pid",
        &pid,
    ];
    let report = load(Transport::WebSocket, &of_load, UNLIMITED).await;
    assert!(report.is_well(), "{report}");
    let aftermath = report.aftermath.expect("it was watched");
    assert!(aftermath.rss_before > 0 && aftermath.rss_after > 0);
    assert!(aftermath.rss_max >= aftermath.rss_before.max(aftermath.rss_after));
    assert!(aftermath.server_cpu_seconds.is_some());
    assert!(report.to_string().contains("\ngone   "), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_may_be_idle_and_dropped() {
    let report = load(
        Transport::WebSocket,
        &["--sessions", "3", "--rooms", "0", "--abandon"],
        &[],
    )
    .await;
    assert!(report.is_well(), "{report}");
    assert!(report.join.is_none() && report.talk.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lets_nobody_in_is_a_failure() {
    for transport in [Transport::Bosh, Transport::WebSocket] {
        let report = load(transport, &["--sessions", "3"], &["--max-sessions", "2"]).await;
        let failure = report.failure.as_deref().expect("a failure");
        assert!(failure.starts_with("login: session"), "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_lets_nobody_in_is_a_failure() {
    let report = load(
        Transport::Bosh,
        &["--sessions", "3"],
        &["--max-occupants", "2"],
    )
    .await;
    let failure = report.failure.as_deref().expect("a failure");
    assert!(
        failure.contains("its room refuses its presence"),
        "{failure}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_in_the_middle_is_a_failure_and_what_it_took_along_is_lost() {
    for transport in [Transport::Bosh, Transport::WebSocket] {
        let server = server(&["--flood-session-rate", "0", "--flood-room-rate", "0"]).await;
        let options = ["--sessions", "4", "--seconds", "60", "--patience", "20"];
        let plan = plan(server.address(), transport, &options);
        let running = tokio::task::spawn_blocking(move || run(&plan));
        // Long enough to be in the middle of it; if it is not, it fails all the same.
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.stop().await;
        let report = running.await.expect("no panic").expect("a runtime");
        let failure = report.failure.as_deref().expect("a failure");
        assert!(failure.contains("ended"), "{failure}");
        assert!(!report.is_well());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_there_is_a_failure_that_says_so() {
    for transport in [Transport::Bosh, Transport::WebSocket] {
        // The discard port, which nothing serves here.
        let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
        let plan = plan(nobody, transport, &["--sessions", "1"]);
        let report = tokio::task::spawn_blocking(move || run(&plan)).await;
        let report = report.expect("no panic").expect("a runtime");
        let failure = report.failure.as_deref().expect("a failure");
        assert!(failure.contains("refused"), "{failure}");
    }
}
