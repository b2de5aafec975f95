//! Both sessions, joined in memory over both codecs, with any chunking.

use proptest::prelude::*;
use xmpp_core::{
    sasl::Policy,
    stream::{
        Channel, ClientConfig, ClientEvent, ClientSession, Codec, Link, ServerConfig, ServerEvent,
        ServerSession, TcpClient, TcpServer, WebSocketClient, WebSocketServer,
    },
};

use super::common::{Message, Seeded, T0, account_config, open_config, session, settle};

fn client_session(config: ClientConfig, channel: Channel) -> ClientSession {
    ClientSession::new(config, channel, T0, Box::new(Seeded(99)))
}

fn anonymous() -> ClientConfig {
    ClientConfig::anonymous("example.org")
        .unwrap()
        .require_tls(false)
        .with_resource("r")
}

fn account(user: &str, password: &str) -> ClientConfig {
    let account = format!("{user}@example.org").parse().unwrap();
    ClientConfig::with_password(&account, password).unwrap()
}

/// Takes all events; runs jobs at once.
fn settle_client<C: Codec>(client: &mut Link<C, ClientSession>) -> Vec<ClientEvent> {
    let mut events = Vec::new();
    while let Some(event) = client.poll_event() {
        match event {
            ClientEvent::Derive(job) => {
                client.session_mut().derived(job.run()).unwrap();
                client.pump(T0);
            }
            event => events.push(event),
        }
    }
    events
}

/// What is comparable of a run: names of events and texts of stanzas.
fn names(server: &[ServerEvent], client: &[ClientEvent]) -> Vec<String> {
    let server = server.iter().map(|event| match event {
        ServerEvent::Lookup { .. } => "lookup".to_owned(),
        event => format!("server: {event:?}"),
    });
    let client = client.iter().map(|event| format!("client: {event:?}"));
    server.chain(client).collect()
}

/// A byte pipe that cuts what it carries.
struct Pipe<'a> {
    carried: usize,
    next_cut: &'a mut dyn FnMut(usize) -> usize,
}

impl Pipe<'_> {
    /// Gives `bytes` to `take` in pieces.
    fn carry(&mut self, bytes: &[u8], mut take: impl FnMut(&[u8])) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let len = (self.next_cut)(self.carried).clamp(1, rest.len());
            take(&rest[..len]);
            self.carried += len;
            rest = &rest[len..];
        }
    }
}

/// Runs until nothing moves; then each side sends two stanzas; then the client closes.
fn run_tcp(
    config: ServerConfig,
    wants: ClientConfig,
    channel: &Channel,
    up: &mut dyn FnMut(usize) -> usize,
    down: &mut dyn FnMut(usize) -> usize,
) -> (Vec<String>, [usize; 2]) {
    let mut server = TcpServer::new(session(config, channel.clone()));
    let mut client = TcpClient::new(client_session(wants, channel.clone()));
    let (mut server_events, mut client_events) = (Vec::new(), Vec::new());
    let mut up = Pipe {
        carried: 0,
        next_cut: up,
    };
    let mut down = Pipe {
        carried: 0,
        next_cut: down,
    };
    for step in 0..3 {
        loop {
            let mut bytes = String::new();
            client.poll_transmit(&mut bytes);
            let idle = bytes.is_empty();
            up.carry(bytes.as_bytes(), |piece| {
                server.handle_input(T0, piece);
                server_events.extend(settle(&mut server));
            });
            let mut bytes = String::new();
            server.poll_transmit(&mut bytes);
            if idle && bytes.is_empty() {
                break;
            }
            down.carry(bytes.as_bytes(), |piece| {
                client.handle_input(T0, piece);
                client_events.extend(settle_client(&mut client));
            });
        }
        match step {
            0 if client.session().jid().is_some() => {
                for text in ["a", "b & <c>"] {
                    client.session_mut().send(&Message(text)).unwrap();
                    server.session_mut().send(&Message(text)).unwrap();
                }
            }
            1 => client.session_mut().close(T0),
            _ => {}
        }
    }
    assert!(client.is_closed() && server.is_closed());
    (
        names(&server_events, &client_events),
        [up.carried, down.carried],
    )
}

fn whole(_: usize) -> usize {
    usize::MAX
}

fn is_complete(events: &[String]) -> bool {
    let count = |what: &str| events.iter().filter(|e| e.starts_with(what)).count();
    count("server: Bound") == 1
        && count("client: Ready") == 1
        && count("server: Stanza") == 2
        && count("client: Stanza") == 2
        && count("server: Closed { reason: ByPeer") == 1
        && count("client: Closed { reason: Local") == 1
}

#[test]
fn anonymous_login_at_every_split() {
    let run = |up: &mut dyn FnMut(usize) -> usize, down: &mut dyn FnMut(usize) -> usize| {
        run_tcp(open_config(), anonymous(), &Channel::plain(), up, down)
    };
    let (expected, [up, down]) = run(&mut whole, &mut whole);
    assert!(is_complete(&expected), "{expected:#?}");
    let at = |cut: usize| {
        move |carried: usize| {
            if carried < cut {
                cut - carried
            } else {
                usize::MAX
            }
        }
    };
    for cut in 1..up.max(down) {
        let (events, _) = run(&mut at(cut), &mut at(cut));
        assert_eq!(events, expected, "cut at {cut}");
    }
    let (events, _) = run(&mut |_| 1, &mut |_| 1);
    assert_eq!(events, expected, "byte by byte");
}

#[test]
fn password_login_at_every_split() {
    let policy = || Policy::new().allow_only(["PLAIN"]);
    let run = |up: &mut dyn FnMut(usize) -> usize, down: &mut dyn FnMut(usize) -> usize| {
        let wants = account("alice", "pencil").with_policy(policy());
        run_tcp(account_config(), wants, &Channel::tls(), up, down)
    };
    let (expected, [up, down]) = run(&mut whole, &mut whole);
    assert!(is_complete(&expected), "{expected:#?}");
    assert!(
        expected
            .iter()
            .any(|e| e.contains("FullJid(\"alice@example.org/")),
        "{expected:#?}"
    );
    let at = |cut: usize| {
        move |carried: usize| {
            if carried < cut {
                cut - carried
            } else {
                usize::MAX
            }
        }
    };
    for cut in 1..up.max(down) {
        let (events, _) = run(&mut at(cut), &mut at(cut));
        assert_eq!(events, expected, "cut at {cut}");
    }
}

#[test]
fn scram_login() {
    for chunk in [usize::MAX, 1, 7] {
        let (events, _) = run_tcp(
            account_config(),
            account("alice", "pencil"),
            &Channel::tls(),
            &mut |_| chunk,
            &mut |_| chunk,
        );
        assert!(is_complete(&events), "{events:#?}");
        assert!(
            events.iter().any(|e| e.contains("SCRAM-SHA-256")),
            "{events:#?}"
        );
    }
}

#[test]
fn scram_login_with_channel_binding() {
    use xmpp_core::sasl::{ChannelBinding, ChannelBindingType, ChannelSecurity, TlsChannel};
    let binding = ChannelBinding::new(ChannelBindingType::TlsExporter, [9; 32]);
    let channel = Channel::new(ChannelSecurity::Tls(
        TlsChannel::new().with_binding(binding),
    ));
    let (events, _) = run_tcp(
        account_config(),
        account("alice", "pencil"),
        &channel,
        &mut whole,
        &mut whole,
    );
    assert!(is_complete(&events), "{events:#?}");
    assert!(
        events.iter().any(|e| e.contains("SCRAM-SHA-256-PLUS")),
        "{events:#?}"
    );
}

#[test]
fn wrong_passwords() {
    for user in ["alice", "nobody"] {
        let (events, _) = run_tcp(
            account_config(),
            account(user, "wrong"),
            &Channel::tls(),
            &mut whole,
            &mut whole,
        );
        let last = events.last().unwrap();
        assert!(last.contains("LoginFailed(\"not-authorized\")"), "{last}");
        assert!(last.contains("advice: Reauthenticate"), "{last}");
    }
}

/// Over WebSocket, with messages in bundles of `bundle`.
fn run_ws(bundle: usize) -> Vec<String> {
    let mut server = WebSocketServer::new(session(open_config(), Channel::plain()));
    let mut client = WebSocketClient::new(client_session(anonymous(), Channel::plain()));
    let (mut server_events, mut client_events) = (Vec::new(), Vec::new());
    for step in 0..3 {
        loop {
            let mut moved = false;
            let up: Vec<String> = std::iter::from_fn(|| client.poll_message())
                .take(bundle)
                .collect();
            for message in up {
                moved = true;
                server.handle_message(T0, &message);
                server_events.extend(settle(&mut server));
            }
            let down: Vec<String> = std::iter::from_fn(|| server.poll_message())
                .take(bundle)
                .collect();
            for message in down {
                moved = true;
                client.handle_message(T0, &message);
                client_events.extend(settle_client(&mut client));
            }
            if !moved {
                break;
            }
        }
        match step {
            0 => {
                for text in ["a", "b & <c>"] {
                    client.session_mut().send(&Message(text)).unwrap();
                    server.session_mut().send(&Message(text)).unwrap();
                }
            }
            1 => client.session_mut().close(T0),
            _ => {}
        }
    }
    names(&server_events, &client_events)
}

#[test]
fn anonymous_login_over_websocket() {
    let expected = run_ws(usize::MAX);
    assert!(is_complete(&expected), "{expected:#?}");
    assert_eq!(run_ws(1), expected);
    // The codecs differ in nothing that a session sees, but for the declarations in the text of a stanza.
    let (tcp, _) = run_tcp(
        open_config(),
        anonymous(),
        &Channel::plain(),
        &mut whole,
        &mut whole,
    );
    let kinds = |events: &[String]| -> Vec<String> {
        events
            .iter()
            .map(|e| e.split(['(', '{']).next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(kinds(&tcp), kinds(&expected));
}

#[test]
fn everything_pipelined_in_one_write() {
    // BOSH 15.19: nobody has to wait.
    use super::common::{AUTH, BIND, HEADER};
    let script = format!("{HEADER}{AUTH}{HEADER}{BIND}<message/></stream:stream>");
    let run = |chunk: usize| {
        let mut server = TcpServer::new(session(open_config(), Channel::plain()));
        let mut events = Vec::new();
        for piece in script.as_bytes().chunks(chunk) {
            server.handle_input(T0, piece);
            events.extend(settle(&mut server));
        }
        let mut out = String::new();
        server.poll_transmit(&mut out);
        (names(&events, &[]), out)
    };
    let expected = run(usize::MAX);
    for chunk in 1..50 {
        assert_eq!(run(chunk), expected, "chunks of {chunk}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_chunking_gives_the_same_login(up in proptest::collection::vec(1usize..200, 1..40), down in proptest::collection::vec(1usize..200, 1..40)) {
        let run = |up: &mut dyn FnMut(usize) -> usize, down: &mut dyn FnMut(usize) -> usize| {
            run_tcp(open_config(), anonymous(), &Channel::plain(), up, down)
        };
        let (expected, _) = run(&mut whole, &mut whole);
        let (mut i, mut j) = (0, 0);
        let (events, _) = run(
            &mut |_| { i += 1; up[i % up.len()] },
            &mut |_| { j += 1; down[j % down.len()] },
        );
        prop_assert_eq!(events, expected);
    }
}

#[test]
fn sessions_can_be_moved_to_another_thread() {
    fn is_send<T: Send + 'static>(_: &T) {}
    is_send(&session(open_config(), Channel::plain()));
    is_send(&client_session(anonymous(), Channel::plain()));
    let server: Link<_, ServerSession> = TcpServer::new(session(open_config(), Channel::plain()));
    is_send(&server);
    is_send(&WebSocketServer::new(session(
        open_config(),
        Channel::plain(),
    )));
}
