//! Whatever comes in, in whatever order: what goes out is well-formed, and a session ends once.

use proptest::prelude::*;
use xmpp_core::{
    Timestamp,
    stream::{
        Channel, ClientConfig, ClientEvent, ClientSession, Misuse, ServerConfig, ServerEvent,
        Session, StreamErrorCondition, TcpClient, TcpServer, WebSocketServer,
    },
    xml::Element,
};

use super::common::{
    AUTH, BIND, HEADER, Message, OPEN, T0, accept, account_config, open_config, random, session,
};

#[derive(Clone, Debug)]
enum Step {
    Give(String),
    Send,
    Answer,
    Close,
    CloseWith,
    Tls,
    Wait(u64),
    Eof,
}

/// What a peer says when all is well.
fn usual() -> Vec<String> {
    let client = "xmlns='jabber:client'";
    let session = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>";
    vec![
        OPEN.to_owned(),
        AUTH.to_owned(),
        BIND.replacen("<iq ", &format!("<iq {client} "), 1),
        format!("<iq {client} type='set' id='s'>{session}</iq>"),
        format!("<message {client}><body>a &amp; b</body></message>"),
        format!("<presence {client}/>"),
    ]
}

/// What a peer may say.
fn words() -> Vec<String> {
    let sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
    let client = "xmlns='jabber:client'";
    let stream = "xmlns:stream='http://etherx.jabber.org/streams'";
    [
        HEADER.to_owned(),
        format!("<auth {sasl} mechanism='PLAIN'>AGFsaWNlAHBlbmNpbA==</auth>"),
        format!("<auth {sasl} mechanism='PLAIN'/>"),
        format!("<auth {sasl} mechanism='SCRAM-SHA-256'>biwsbj1hbGljZSxyPXg=</auth>"),
        format!("<response {sasl}>AGFsaWNlAHBlbmNpbA==</response>"),
        format!("<abort {sasl}/>"),
        format!("<success {sasl}/>"),
        format!("<challenge {sasl}>=</challenge>"),
        format!("<failure {sasl}><not-authorized/></failure>"),
        BIND.replacen("<iq ", &format!("<iq {client} "), 1),
        format!("<iq {client} type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"),
        format!("<message {client}><body>a &amp; b</body></message>"),
        format!("<message {client} from='a@b'/>"),
        "<message xmlns='jabber:server'/>".to_owned(),
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>".to_owned(),
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>".to_owned(),
        format!("<stream:error {stream}><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"),
        format!("<stream:features {stream}><mechanisms {sasl}><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>"),
        format!("<stream:features {stream}><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features>"),
        "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>".to_owned(),
        "</stream:stream>".to_owned(),
        "<foo xmlns='u'/>".to_owned(),
        " ".to_owned(),
        String::new(),
        "<".to_owned(),
        "\u{0}".to_owned(),
    ]
    .to_vec()
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        // What ends a session is rarer, or little would come behind it.
        12 => proptest::sample::select(usual()).prop_map(Step::Give),
        3 => proptest::sample::select(words()).prop_map(Step::Give),
        1 => any::<String>().prop_map(Step::Give),
        2 => Just(Step::Send),
        4 => Just(Step::Answer),
        2 => Just(Step::Close),
        1 => Just(Step::CloseWith),
        1 => Just(Step::Tls),
        1 => (0u64..70_000).prop_map(Step::Wait),
        1 => Just(Step::Eof),
    ]
}

/// A login first, in half of the cases, so that the rest meets a bound session too.
fn script() -> impl Strategy<Value = Vec<Step>> {
    let login = [OPEN, AUTH, OPEN]
        .map(|word| Step::Give(word.to_owned()))
        .to_vec();
    let bind = BIND.replacen("<iq ", "<iq xmlns='jabber:client' ", 1);
    let login = [login, vec![Step::Give(bind), Step::Answer]].concat();
    (any::<bool>(), proptest::collection::vec(step(), 0..12)).prop_map(move |(logged_in, steps)| {
        if logged_in {
            [login.clone(), steps].concat()
        } else {
            steps
        }
    })
}

fn config(anonymous: bool) -> (ServerConfig, Channel) {
    if anonymous {
        (open_config(), Channel::plain())
    } else {
        (
            account_config().allow_anonymous().require_tls(false),
            Channel::start_tls(),
        )
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_messages_to_a_server(steps in script(), anonymous in any::<bool>()) {
        let (config, channel) = config(anonymous);
        let mut server = WebSocketServer::new(session(config, channel));
        let mut now = T0;
        let mut asked = Vec::new();
        let mut ended = false;
        for step in steps {
            match step {
                Step::Give(message) => server.handle_message(now, &message),
                Step::Send => match server.session_mut().send(&Message("x")) {
                    Ok(()) => prop_assert!(server.session().jid().is_some() && !ended),
                    Err(Misuse::NotReady | Misuse::Closed) => {}
                    Err(other) => prop_assert!(false, "{other}"),
                },
                Step::Answer => {
                    for (id, answer) in asked.drain(..) {
                        let _ = server.session_mut().resolve(id, answer);
                    }
                    server.pump(now);
                }
                Step::Close => server.session_mut().close(now),
                Step::CloseWith => server.session_mut().close_with(now, StreamErrorCondition::Reset.into()),
                Step::Tls => {
                    let _ = server.session_mut().tls_established(xmpp_core::sasl::ChannelSecurity::tls());
                    server.pump(now);
                }
                Step::Wait(millis) => {
                    now = Timestamp::from_millis(now.as_millis() + millis);
                    server.handle_timeout(now);
                }
                Step::Eof => server.handle_eof(now),
            }
            while let Some(event) = server.poll_event() {
                prop_assert!(!ended, "{event:?} after the end");
                ended = matches!(event, ServerEvent::Closed { .. });
                if matches!(event, ServerEvent::Stanza(_)) {
                    prop_assert!(server.session().jid().is_some());
                }
                asked.extend(accept(&event));
            }
            prop_assert_eq!(server.is_closed(), ended);
            if ended {
                prop_assert_eq!(server.poll_timeout(), None);
                prop_assert!(!server.wants_input());
            }
            let mut last = false;
            while let Some(message) = server.poll_message() {
                let root = Element::parse(&message);
                prop_assert!(root.is_ok(), "{message}: {root:?}");
                prop_assert!(!last, "{message} behind the end");
                last = message.starts_with("<close ");
            }
        }
    }

    #[test]
    fn any_bytes_to_both_sides(steps in script()) {
        let (config, channel) = config(false);
        let mut server = TcpServer::new(session(config, channel));
        let wants = ClientConfig::anonymous("example.org").unwrap().require_tls(false);
        let mut client = TcpClient::new(ClientSession::new(wants, Channel::start_tls(), T0, random()));
        let (mut server_ended, mut client_ended) = (false, false);
        let mut now = T0;
        for step in steps {
            match step {
                Step::Give(text) => {
                    server.handle_input(now, text.as_bytes());
                    client.handle_input(now, text.as_bytes());
                }
                Step::Send => {
                    let _ = server.session_mut().send(&Message("x"));
                    let _ = client.session_mut().send(&Message("x"));
                }
                Step::Close => {
                    server.session_mut().close(now);
                    client.session_mut().close(now);
                }
                Step::CloseWith => server.session_mut().close_with(now, StreamErrorCondition::Reset.into()),
                Step::Tls => {
                    let _ = server.session_mut().tls_established(xmpp_core::sasl::ChannelSecurity::tls());
                    let _ = client.session_mut().tls_established(xmpp_core::sasl::ChannelSecurity::tls());
                }
                Step::Wait(millis) => {
                    now = Timestamp::from_millis(now.as_millis() + millis);
                    server.handle_timeout(now);
                    client.handle_timeout(now);
                }
                Step::Eof => {
                    server.handle_eof(now);
                    client.handle_eof(now);
                }
                Step::Answer => {}
            }
            server.pump(now);
            client.pump(now);
            while let Some(event) = server.poll_event() {
                prop_assert!(!server_ended, "{event:?} after the end");
                server_ended = matches!(event, ServerEvent::Closed { .. });
                if let Some((id, answer)) = accept(&event) {
                    server.session_mut().resolve(id, answer).unwrap();
                    server.pump(now);
                }
            }
            while let Some(event) = client.poll_event() {
                prop_assert!(!client_ended, "{event:?} after the end");
                client_ended = matches!(event, ClientEvent::Closed { .. });
            }
            prop_assert_eq!((server.is_closed(), client.is_closed()), (server_ended, client_ended));
            let mut out = String::new();
            server.poll_transmit(&mut out);
            client.poll_transmit(&mut out);
            prop_assert!(server.session().backlog() == 0 && client.session().backlog() == 0);
        }
    }
}
