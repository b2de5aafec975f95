//! The bot, and with it our client machines, against a real Prosody.
//!
//! Each test starts a Prosody of its own on loopback. Where there is none (`PROSODY` may name it), the tests say so
//! and pass; with `CI=true` they fail.

mod proxy;
mod script;
mod server;

use std::{
    env, fmt::Write as _, io::Write as _, path::Path, process::Stdio, sync::Arc, time::Duration,
};

use clap::Parser as _;
use echo_bot::{End, Options, run};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::Notify,
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use xmpp_core::{
    stream::{Advice, CloseReason},
    xml::{Element, ElementRef, ns},
};

use crate::{
    proxy::Proxy,
    script::Script,
    server::{ANONYMOUS, HASHED, PASSWORD, PLAIN, Prosody, ROOMS, USER},
};

const PATIENCE: Duration = Duration::from_secs(30);

/// What carries the session, and what protects it.
const LINES: [&str; 7] = [
    "tcp in clear",
    "tcp with starttls",
    "tcp with direct tls",
    "websocket in clear",
    "websocket with tls",
    "bosh in clear",
    "bosh with tls",
];

#[derive(Clone, Copy, Debug)]
enum Login {
    Anonymous,
    Password(&'static str),
    WrongPassword(&'static str),
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_over_every_transport() {
    let Some(prosody) = prosody("logins_over_every_transport").await else {
        return;
    };
    let mut failures = String::new();
    let mut passed = 0;
    for line in LINES {
        for (login, mechanism) in [
            (Login::Anonymous, "ANONYMOUS"),
            (Login::Password(PLAIN), "SCRAM-SHA-256"),
            (Login::Password(HASHED), "SCRAM-SHA-1"),
            (Login::WrongPassword(PLAIN), ""),
            (Login::WrongPassword(HASHED), ""),
        ] {
            let options = options(&prosody, line, login);
            let stop = CancellationToken::new();
            let mut script = Script::new(&stop).step("ping", ping, is_pong);
            let outcome = timeout(PATIENCE, run(&options, &mut script, stop)).await;
            let outcome = outcome.map(|end| end.map_err(|error| error.to_string()));
            let verdict = match (&outcome, mechanism) {
                (Ok(Ok(end)), "") => refused(end),
                (Ok(Ok(end)), mechanism) => logged_in(end, mechanism, &script),
                _ => false,
            };
            if verdict {
                passed += 1;
                let used = outcome
                    .ok()
                    .and_then(Result::ok)
                    .and_then(|end| end.mechanism);
                let used = used.map_or("refused".to_owned(), |used| used.to_string());
                say(&format!("ok {line}, {login:?}: {used}"));
            } else {
                let _ = writeln!(failures, "{line}, {login:?}: {outcome:?}; {:?}", script.jid);
            }
        }
    }
    say(&format!("logins executed against Prosody: {passed} passed"));
    assert!(failures.is_empty(), "{failures}\n{}", prosody.log());
}

/// TLS-6, TLS-7, TLS-8: nothing is said to a server whose certificate is not trusted, is for another domain, or which
/// has none, unless that was asked for.
#[tokio::test(flavor = "multi_thread")]
async fn without_trust_there_is_no_session() {
    let Some(prosody) = prosody("without_trust_there_is_no_session").await else {
        return;
    };
    for line in LINES {
        let mut options = options(&prosody, line, Login::Password(PLAIN));
        // On TCP STARTTLS is offered then, by a certificate of no public authority.
        options.insecure_plaintext = false;
        options.ca = None;
        let stop = CancellationToken::new();
        let mut script = Script::new(&stop).step("ping", ping, is_pong);
        let outcome = timeout(PATIENCE, run(&options, &mut script, stop)).await;
        let outcome = outcome.expect("in time");
        assert!(
            outcome.as_ref().map_or(true, |end| end.mechanism.is_none()),
            "{line}: {outcome:?}"
        );
        assert!(script.jid.is_none(), "{line}");
    }
    let mut elsewhere = options(&prosody, "tcp with starttls", Login::Anonymous);
    elsewhere.domain = Some("elsewhere.example".to_owned());
    let stop = CancellationToken::new();
    let mut script = Script::new(&stop).step("ping", ping, is_pong);
    let outcome = timeout(PATIENCE, run(&elsewhere, &mut script, stop))
        .await
        .expect("in time");
    assert!(script.jid.is_none(), "{outcome:?}");
    let mut elsewhere = options(&prosody, "tcp with direct tls", Login::Anonymous);
    elsewhere.domain = Some("elsewhere.example".to_owned());
    let outcome = timeout(
        PATIENCE,
        run(&elsewhere, &mut script, CancellationToken::new()),
    )
    .await;
    assert!(
        matches!(outcome, Ok(Err(echo_bot::Error::Io(_)))),
        "{outcome:?}"
    );
}

/// SAS-8: the condition is told, and the advice is to ask for another password.
fn refused(end: &End) -> bool {
    end.reason == CloseReason::LoginFailed("not-authorized".to_owned())
        && end.advice == Advice::Reauthenticate
        && end.mechanism.is_none()
}

fn logged_in(end: &End, mechanism: &str, script: &Script) -> bool {
    let used = end.mechanism.as_ref().map_or("", |used| used.as_str());
    end.reason == CloseReason::Local
        && script.unfinished().is_none()
        && used.trim_end_matches("-PLUS") == mechanism
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bots_and_a_client_talk() {
    let Some(prosody) = prosody("two_bots_and_a_client_talk").await else {
        return;
    };
    for [first, second, client] in [
        ["tcp with starttls", "bosh with tls", "websocket in clear"],
        ["websocket with tls", "tcp with direct tls", "bosh in clear"],
        ["bosh in clear", "websocket in clear", "tcp with starttls"],
    ] {
        let room = format!("{}@{ROOMS}", first.replace(' ', "-"));
        let alice = Process::start(&prosody, first, Login::Password(PLAIN), &room, "alice").await;
        let bob = Process::start(&prosody, second, Login::Anonymous, &room, "bob").await;

        let (alice_at, bob_at) = (format!("{room}/alice"), format!("{room}/bob"));
        let pids = [alice.child.id(), bob.child.id()].map(Option::unwrap);
        let stop = CancellationToken::new();
        let mut script = Script::new(&stop)
            .step("join", join(&room, "client"), is_subject)
            .step(
                "the first bot repeats",
                to_room(&room, "alice: hello &lt;b>&amp;"),
                hears(&alice_at, "groupchat", "hello <b>& (says client)"),
            )
            .step(
                "the second bot repeats",
                to_room(&room, "bob, grüezi 👋"),
                hears(&bob_at, "groupchat", "grüezi 👋 (says client)"),
            )
            .step(
                "private",
                private(&bob_at, "psst"),
                hears(&bob_at, "chat", "psst"),
            )
            .step(
                "ping",
                iq(&alice_at, "<ping xmlns='urn:xmpp:ping'/>"),
                result_of(&alice_at),
            )
            .step(
                "version",
                iq(&bob_at, "<query xmlns='jabber:iq:version'/>"),
                |s| {
                    let query = s.child("query", ns::VERSION);
                    query
                        .and_then(|q| q.child("name", ns::VERSION))
                        .is_some_and(|n| n.text() == "echo-bot")
                },
            )
            .step(
                "disco",
                iq(
                    &alice_at,
                    "<query xmlns='http://jabber.org/protocol/disco#info'/>",
                ),
                |s| {
                    s.child("query", ns::DISCO_INFO)
                        .is_some_and(|q| q.children().count() > 3)
                },
            )
            .step(
                "the first bot leaves on Ctrl-C",
                interrupt(pids[0]),
                leaves(&alice_at),
            )
            .step(
                "the second bot leaves on Ctrl-C",
                interrupt(pids[1]),
                leaves(&bob_at),
            );
        let end = timeout(
            PATIENCE,
            run(
                &options(&prosody, client, Login::Anonymous),
                &mut script,
                stop,
            ),
        )
        .await;
        assert_eq!(
            script.unfinished(),
            None,
            "{first}: {end:?}\n{:#?}",
            script.received
        );
        assert_eq!(
            end.expect("in time").expect("a session").reason,
            CloseReason::Local
        );
        alice.ends_well().await;
        bob.ends_well().await;
        say(&format!(
            "ok two bots talk: {first}, {second}, client: {client}"
        ));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_bosh_connection_resumes() {
    let Some(prosody) = prosody("a_cut_bosh_connection_resumes").await else {
        return;
    };
    let proxy = Proxy::start(prosody.http).await;
    let mut options = options(&prosody, "bosh in clear", Login::Anonymous);
    options.url = format!("http://127.0.0.1:{}/http-bind", proxy.port)
        .parse()
        .ok();
    let room = format!("cut@{ROOMS}");
    let stop = CancellationToken::new();
    let begin = Arc::new(Notify::new());
    let unlock = format!(
        "<iq xmlns='jabber:client' to='{room}' type='set' id='o'><query xmlns='{}'>\
         <x xmlns='jabber:x:data' type='submit'/></query></iq>",
        ns::MUC_OWNER.as_str()
    );
    let mut listener = Script::new(&stop)
        .step("join", join(&room, "c"), is_subject)
        .step("let others in", move || unlock.clone(), result_of(&room));
    let texts: Vec<String> = (0..12).map(|n| format!("text {n}")).collect();
    let (own, others) = texts.split_at(4);
    for text in own {
        // BOSH 9.9: an answer that was handed over and lost is asked for again.
        let (proxy, message) = (proxy.clone(), to_room(&room, text));
        let act = move || {
            proxy.swallow();
            message()
        };
        listener = listener.step(text, act, hears(&format!("{room}/c"), "groupchat", text));
    }
    let (started, last) = (
        Arc::clone(&begin),
        hears(&format!("{room}/t"), "groupchat", &texts[11]),
    );
    let begin_talk = move || {
        started.notify_one();
        String::new()
    };
    listener = listener.step("the other talks", begin_talk, last);

    // The request that is held is cut while another one talks. (Not while the listener sends: where a request that was
    // held and cut is repeated behind the next one, Prosody 0.12 calls its rid out of range.)
    let talker_stop = CancellationToken::new();
    let mut talker = Script::new(&talker_stop).step("join", join(&room, "t"), is_subject);
    for (n, text) in others.iter().enumerate() {
        let (proxy, message) = (proxy.clone(), to_room(&room, text));
        let act = move || {
            std::thread::sleep(Duration::from_millis(200));
            proxy.cut();
            if n % 2 == 0 {
                // Prosody has noticed, and the listener has come back.
                std::thread::sleep(Duration::from_millis(200));
            }
            message()
        };
        talker = talker.step(text, act, hears(&format!("{room}/t"), "groupchat", text));
    }
    let talk = async {
        begin.notified().await;
        let options = self::options(&prosody, "tcp with starttls", Login::Anonymous);
        run(&options, &mut talker, talker_stop).await
    };
    let both = async { tokio::join!(run(&options, &mut listener, stop), talk) };
    let ends = timeout(PATIENCE, Box::pin(both)).await;
    assert_eq!(listener.unfinished(), None, "{ends:?}\n{}", prosody.log());
    let (end, _) = ends.expect("in time");
    assert_eq!(end.expect("a session").reason, CloseReason::Local);
    assert_eq!(proxy.swallowed(), own.len() as u64, "answers were lost");
    let heard: Vec<_> = listener.received.iter().filter_map(body_of).collect();
    assert_eq!(heard, texts, "each once, in order");
}

/// Prosody, or `None` where there is none and need not be.
async fn prosody(test: &str) -> Option<Prosody> {
    match server::find() {
        Ok(program) => Some(Prosody::start(&program).await),
        Err(missing) => {
            let ci = env::var("CI").is_ok_and(|value| value == "true" || value == "1");
            assert!(!ci, "{test} cannot run: {missing}");
            say(&format!("SKIPPED {test}: {missing}"));
            None
        }
    }
}

/// Prints where the test harness does not hold it back.
fn say(line: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "prosody: {line}");
}

/// The command line of a bot on that line.
fn arguments(prosody: &Prosody, line: &str, login: Login) -> Vec<String> {
    let mut arguments: Vec<String> = Vec::new();
    let mut add = |words: &[&str]| arguments.extend(words.iter().map(|&word| word.to_owned()));
    let password = |text: &str, name| prosody.file(name, text).display().to_string();
    match login {
        Login::Anonymous => add(&["--domain", ANONYMOUS]),
        Login::Password(host) => {
            let file = password(PASSWORD, "password");
            add(&["--jid", &format!("{USER}@{host}"), "--password-file", &file]);
        }
        Login::WrongPassword(host) => {
            let file = password("r0m30", "wrong");
            add(&["--jid", &format!("{USER}@{host}"), "--password-file", &file]);
        }
    }
    let (transport, protection) = line.split_once(' ').expect("two parts");
    let clear = protection == "in clear";
    add(&["--transport", transport]);
    let web = |scheme: &str, path: &str| {
        if clear {
            format!("{scheme}://localhost:{}/{path}", prosody.http)
        } else {
            format!("{scheme}s://localhost:{}/{path}", prosody.https)
        }
    };
    match (transport, protection) {
        ("tcp", "with direct tls") => {
            add(&[
                "--direct-tls",
                "--server",
                &format!("127.0.0.1:{}", prosody.direct),
            ]);
        }
        ("tcp", _) => add(&["--server", &format!("127.0.0.1:{}", prosody.c2s)]),
        ("websocket", _) => add(&["--url", &web("ws", "xmpp-websocket")]),
        _ => add(&["--url", &web("http", "http-bind")]),
    }
    if clear {
        add(&["--insecure-plaintext"]);
    } else {
        add(&["--ca", &prosody.certificate().display().to_string()]);
    }
    arguments
}

fn options(prosody: &Prosody, line: &str, login: Login) -> Options {
    let mut arguments = arguments(prosody, line, login);
    arguments.splice(
        0..0,
        ["echo-bot", "--room", "unused@rooms.localhost"].map(str::to_owned),
    );
    Options::parse_from(arguments)
}

/// The program itself, in a room.
struct Process {
    child: Child,
}

impl Process {
    async fn start(prosody: &Prosody, line: &str, login: Login, room: &str, nick: &str) -> Self {
        let mut child = Command::new(Path::new(env!("CARGO_BIN_EXE_echo-bot")))
            .args(arguments(prosody, line, login))
            .args(["--room", room, "--nick", nick, "--log", "warn"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = timeout(PATIENCE, lines.next_line()).await;
        let first = first.ok().and_then(Result::ok).flatten();
        let wanted = format!("in {room} as {nick}");
        assert_eq!(first.as_ref(), Some(&wanted), "{line}\n{}", prosody.log());
        Self { child }
    }

    async fn ends_well(mut self) {
        let status = timeout(PATIENCE, self.child.wait()).await;
        assert!(status.expect("in time").expect("waited for").success());
    }
}

fn ping() -> String {
    "<iq xmlns='jabber:client' type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>".to_owned()
}

fn is_pong(stanza: &Element) -> bool {
    stanza.attr("id").as_deref() == Some("p") && stanza.attr("type").as_deref() == Some("result")
}

fn join(room: &str, nick: &str) -> impl FnMut() -> String + Send + 'static {
    let join = format!(
        "<presence xmlns='jabber:client' to='{room}/{nick}'><x xmlns='{}'/></presence>",
        ns::MUC.as_str()
    );
    move || join.clone()
}

fn is_subject(stanza: &Element) -> bool {
    stanza.child("subject", ns::CLIENT).is_some() && stanza.child("body", ns::CLIENT).is_none()
}

fn to_room(room: &str, text: &str) -> impl Fn() -> String + Send + Clone + 'static {
    message(room, "groupchat", text)
}

fn private(to: &str, text: &str) -> impl Fn() -> String + Send + Clone + 'static {
    message(to, "chat", text)
}

fn message(to: &str, kind: &str, text: &str) -> impl Fn() -> String + Send + Clone + 'static {
    let message = format!(
        "<message xmlns='jabber:client' to='{to}' type='{kind}'><body>{text}</body></message>"
    );
    move || message.clone()
}

fn hears(from: &str, kind: &str, text: &str) -> impl Fn(&Element) -> bool + Send + 'static {
    let wanted = [from, kind, text].map(str::to_owned);
    move |stanza| {
        stanza.attr("from").as_deref() == Some(&wanted[0])
            && stanza.attr("type").as_deref() == Some(&wanted[1])
            && body_of(stanza).as_deref() == Some(&wanted[2])
    }
}

fn body_of(stanza: &Element) -> Option<String> {
    let body = stanza.child("body", ns::CLIENT)?;
    Some(ElementRef::text(body).into_owned())
}

fn iq(to: &str, payload: &str) -> impl FnMut() -> String + Send + 'static {
    let iq = format!("<iq xmlns='jabber:client' to='{to}' type='get' id='q'>{payload}</iq>");
    move || iq.clone()
}

fn result_of(from: &str) -> impl Fn(&Element) -> bool + Send + 'static {
    let from = from.to_owned();
    move |stanza| {
        stanza.is("iq", ns::CLIENT)
            && stanza.attr("from").as_deref() == Some(&from)
            && stanza.attr("type").as_deref() == Some("result")
    }
}

/// Ctrl-C in the terminal of a process.
fn interrupt(pid: u32) -> impl FnMut() -> String + Send + 'static {
    move || {
        let status = std::process::Command::new("kill")
            .args(["-INT", &pid.to_string()])
            .status();
        assert!(status.is_ok_and(|status| status.success()), "kill {pid}");
        String::new()
    }
}

fn leaves(from: &str) -> impl Fn(&Element) -> bool + Send + 'static {
    let from = from.to_owned();
    move |stanza| {
        stanza.is("presence", ns::CLIENT)
            && stanza.attr("from").as_deref() == Some(&from)
            && stanza.attr("type").as_deref() == Some("unavailable")
    }
}
