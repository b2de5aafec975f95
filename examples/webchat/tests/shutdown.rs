//! The real program: what it prints, what stops it, what it refuses.

mod common;

use std::time::Instant;

use common::{Transport, User, bosh::Bosh, is_subject, program::Program, soon, status_codes};
use tokio::process::Command;
use xmpp_core::xml::ns;

#[expect(clippy::disallowed_methods, reason = "a test of real time")]
async fn terminate(program: &mut Program) -> (Option<i32>, f64) {
    let began = Instant::now();
    program.signal("-TERM").await;
    let status = soon("the end", program.child.wait())
        .await
        .expect("a status");
    (status.code(), began.elapsed().as_secs_f64())
}

/// MUC LV6; RFC 6120 §4.9.3.20
#[tokio::test]
async fn sigterm_says_farewell_to_everybody() {
    let mut program = Program::start(&[]).await;
    let mut anna = Bosh::login(program.address).await;
    anna.send("<presence to='lobby@rooms.localhost/anna'><x xmlns='http://jabber.org/protocol/muc'/></presence>").await;
    while !is_subject(&soon("entering", anna.next()).await.expect("a stanza")) {}
    let mut ben = User::login(program.address, Transport::WebSocket).await;
    ben.join("lobby", "ben").await;
    // Held when the signal comes.
    soon("ben enters", anna.next())
        .await
        .expect("ben's presence");
    anna.post("", "");

    let farewell = async {
        let gone = ben
            .find("332", |s| s.attr("type").as_deref() == Some("unavailable"))
            .await;
        assert!(status_codes(&gone).contains(&"332".to_owned()), "{gone}");
        let User::WebSocket(ben) = &mut ben else {
            unreachable!()
        };
        let error = soon("the stream error", ben.next())
            .await
            .expect("an element");
        assert!(error.is("error", ns::STREAMS), "{error}");
        assert!(
            error.child("system-shutdown", ns::STREAM_ERRORS).is_some(),
            "{error}"
        );
        let close = soon("the close", ben.next()).await.expect("an element");
        assert!(close.is("close", ns::FRAMING), "{close}");
        // BOSH 15.10: our half of the closing.
        ben.send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")
            .await;
        assert!(soon("the close frame", ben.next()).await.is_none());

        let mut seen = Vec::new();
        while let Some(element) = soon("anna's farewell", anna.next()).await {
            seen.push(element);
        }
        assert!(
            seen.iter()
                .any(|s| status_codes(s).contains(&"332".to_owned())),
            "{seen:?}"
        );
        let last = anna.terminated.take().expect("a terminate body");
        let condition = last.attr("condition").expect("a condition").into_owned();
        let shutdown = seen
            .iter()
            .any(|s| s.child("system-shutdown", ns::STREAM_ERRORS).is_some());
        assert!(
            condition == "system-shutdown" || (condition == "remote-stream-error" && shutdown),
            "{last}"
        );
    };
    let ((code, seconds), ()) = tokio::join!(terminate(&mut program), farewell);
    assert_eq!(code, Some(0));
    assert!(seconds < 5.0, "{seconds} s");
}

#[tokio::test]
async fn a_client_that_stays_away_does_not_delay_the_end() {
    let mut program = Program::start(&["--shutdown-grace", "1"]).await;
    // Sessions without a request here, and a socket that answers nothing.
    let _anna = Bosh::login(program.address).await;
    let _ben = common::websocket::Socket::open(program.address).await;
    let _idle = tokio::net::TcpStream::connect(program.address)
        .await
        .expect("a connection");
    let (code, seconds) = terminate(&mut program).await;
    assert_eq!(code, Some(0));
    assert!(seconds < 4.0, "{seconds} s");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut program = Program::start(&["--shutdown-grace", "60"]).await;
    let _ben = common::websocket::Socket::open(program.address).await;
    program.signal("-INT").await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let (code, seconds) = terminate(&mut program).await;
    assert_eq!(code, Some(1));
    assert!(seconds < 2.0, "{seconds} s");
}

#[tokio::test]
async fn unusable_input_is_one_clear_line() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let taken = taken_address(&taken);
    let config = std::env::temp_dir().join(format!("webchat-config-{}.toml", std::process::id()));
    std::fs::write(&config, "domain = 'localhost'\nmax-sesions = 3\n").expect("a file");
    let config_path = config.to_str().expect("UTF-8");
    for (args, code, words) in [
        (vec!["--listen", &*taken], 1, "cannot listen on"),
        (vec!["--listen", "256.0.0.1:80"], 1, "cannot listen on"),
        (vec!["--listen", "nowhere"], 2, "ADDR:PORT"),
        (
            vec!["--config", config_path],
            2,
            "line 2: unknown field `max-sesions`",
        ),
        (
            vec!["--config", "/nonexistent.toml"],
            2,
            "cannot read '/nonexistent.toml'",
        ),
        (vec!["--domain", "a@b"], 2, "no domain"),
        (vec!["--domain", "a b"], 2, "no domain"),
        (vec!["--max-sessions", "many"], 2, "--max-sessions"),
        (vec!["--converse", "/nonexistent"], 2, "converse.min.js"),
        (vec!["--log", "webchat=loud"], 2, "--log"),
        (vec!["--frobnicate"], 2, "--frobnicate"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_webchat"))
            .args(&args)
            .output();
        let output = soon("the end", output).await.expect("the program");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(words), "{args:?}: {said}");
        assert!(!said.contains("panicked"), "{args:?}: {said}");
    }
    std::fs::remove_file(&config).expect("our own file");
}

fn taken_address(listener: &tokio::net::TcpListener) -> String {
    listener.local_addr().expect("an address").to_string()
}

#[tokio::test]
async fn help_documents_every_option() {
    let output = Command::new(env!("CARGO_BIN_EXE_webchat"))
        .arg("--help")
        .output()
        .await;
    let output = output.expect("the program");
    let help = String::from_utf8(output.stdout).expect("UTF-8");
    for option in [
        "--listen",
        "--domain",
        "--data",
        "--converse",
        "--config",
        "--log",
        "--max-sessions",
    ] {
        assert!(help.contains(option), "{option}");
    }
    assert!(help.contains("[default: 127.0.0.1:5280]"));
}
