//! TLS-1 to TLS-7 and "Negotiation" of the security rules, on both sides.

use xmpp_core::{
    sasl::ChannelSecurity,
    stream::{
        Advice, Channel, ClientConfig, ClientEvent, ClientSession, CloseReason, Misuse,
        ServerEvent, StreamErrorCondition as C, TcpClient, TcpServer,
    },
};

use super::common::{
    AUTH, BIND, HEADER, T0, account_config, assert_error, closed, give, open_config, random,
    session, settle,
};

const STARTTLS: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const PROCEED: &str = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const SERVER_HEADER: &str = "<stream:stream xmlns='jabber:client' \
     xmlns:stream='http://etherx.jabber.org/streams' from='example.org' id='1' version='1.0'>";

fn server() -> TcpServer {
    TcpServer::new(session(account_config(), Channel::start_tls()))
}

fn client(channel: Channel) -> TcpClient {
    let account = "alice@example.org".parse().unwrap();
    let config = ClientConfig::with_password(&account, "pencil").unwrap();
    TcpClient::new(ClientSession::new(config, channel, T0, random()))
}

fn give_client(client: &mut TcpClient, input: &str) -> (String, Vec<ClientEvent>) {
    client.handle_input(T0, input.as_bytes());
    let events = std::iter::from_fn(|| client.poll_event()).collect();
    let mut out = String::new();
    client.poll_transmit(&mut out);
    (out, events)
}

#[test]
fn tls_1_offered_in_clear_only() {
    let (out, _) = give(&mut server(), HEADER);
    assert!(out.ends_with(
        "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>\
         <limits xmlns='urn:xmpp:stream-limits:0'><max-bytes>10000</max-bytes></limits></stream:features>"
    ), "no mechanism is offered in clear: {out}");
    for channel in [Channel::tls(), Channel::trusted_proxy_tls()] {
        let mut server = TcpServer::new(session(account_config(), channel));
        let (out, _) = give(&mut server, HEADER);
        assert!(!out.contains("starttls"), "{out}");
        assert!(
            out.contains("<mechanism>SCRAM-SHA-256</mechanism><mechanism>PLAIN</mechanism>"),
            "{out}"
        );
    }
}

#[test]
fn tls_required_but_impossible() {
    let mut server = TcpServer::new(session(account_config(), Channel::plain()));
    assert_error(&give(&mut server, HEADER), C::PolicyViolation);
    // Nor does a client get in that does not wait for the offer.
    let (out, events) = give(&mut self::server(), &format!("{HEADER}{AUTH}"));
    assert!(
        out.ends_with(
            "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>"
        ),
        "{out}"
    );
    assert!(events.is_empty());
}

#[test]
fn tls_3_bytes_behind_starttls_end_the_stream() {
    let plain = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>";
    for behind in [
        plain.as_bytes(),
        b" ",
        b"\n",
        b"<",
        b"\xff",
        b"\xe2\x82",
        b"\x01",
    ] {
        // In the same write, and in one of its own.
        for cut in [0, behind.len()] {
            let mut server = server();
            let mut first = format!("{HEADER}{STARTTLS}").into_bytes();
            first.extend(&behind[..cut]);
            server.handle_input(T0, &first);
            server.handle_input(T0, &behind[cut..]);
            let events = settle(&mut server);
            let [
                ServerEvent::StartTls,
                ServerEvent::Closed {
                    reason: CloseReason::TlsRefused,
                    ..
                },
            ] = &events[..]
            else {
                panic!("{events:?}");
            };
            assert_eq!(
                server.session_mut().tls_established(ChannelSecurity::tls()),
                Err(Misuse::NoHandshake)
            );
            let mut out = String::new();
            server.poll_transmit(&mut out);
            assert!(
                out.ends_with("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
                "{out}"
            );
        }
    }
}

#[test]
fn tls_4_late_starttls() {
    for script in [
        format!("{HEADER}{AUTH}{HEADER}{STARTTLS}"),
        format!("{HEADER}{AUTH}{HEADER}{BIND}{STARTTLS}"),
        format!("{HEADER}{STARTTLS}"),
    ] {
        let mut server = TcpServer::new(session(open_config(), Channel::plain()));
        let (out, events) = give(&mut server, &script);
        assert!(
            out.ends_with("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>"),
            "{out}"
        );
        assert_eq!(closed(&events), None);
    }
}

#[test]
fn tls_6_a_new_stream_after_the_handshake() {
    let mut server = server();
    let (out, _) = give(&mut server, &format!("{HEADER}{STARTTLS}"));
    assert!(out.ends_with(PROCEED));
    server
        .session_mut()
        .tls_established(ChannelSecurity::tls())
        .unwrap();
    let (out, _) = give(&mut server, HEADER);
    assert!(
        out.starts_with("<?xml version='1.0'?><stream:stream "),
        "{out}"
    );
    assert!(out.contains("<mechanism>PLAIN</mechanism>"), "{out}");
    assert!(!out.contains("starttls"), "{out}");
    assert_eq!(
        server.session_mut().tls_established(ChannelSecurity::tls()),
        Err(Misuse::NoHandshake)
    );
}

#[test]
fn tls_2_starttls_goes_alone() {
    let mut client = client(Channel::start_tls());
    assert!(
        give_client(&mut client, "")
            .0
            .starts_with("<?xml version='1.0'?><stream:stream ")
    );
    let (out, events) = give_client(
        &mut client,
        &format!(
            "{SERVER_HEADER}<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\
             <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>\
             </stream:features>"
        ),
    );
    assert_eq!((out.as_str(), events.len()), (STARTTLS, 0));
    let (out, events) = give_client(&mut client, PROCEED);
    assert_eq!(out, "");
    assert!(matches!(events[..], [ClientEvent::StartTls]));
    client
        .session_mut()
        .tls_established(ChannelSecurity::tls())
        .unwrap();
    // FEA-5: only what is offered under TLS counts; HDR-4: now the header says who wants in.
    let (out, _) = give_client(&mut client, &format!("{SERVER_HEADER}<stream:features/>"));
    assert!(out.contains(" from='alice@example.org' "), "{out}");
    assert!(!out.contains("<auth"), "{out}");
    assert!(out.contains("<unsupported-feature "), "{out}");
}

#[test]
fn tls_5_everything_but_proceed() {
    for answer in [
        "<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>",
        "<message/>",
        "<stream:features/>",
        "<proceed xmlns='u'/>",
        "text",
        "<stream:error><reset xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>",
    ] {
        let mut client = client(Channel::start_tls());
        let features = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";
        give_client(&mut client, &format!("{SERVER_HEADER}{features}"));
        let (_, events) = give_client(&mut client, answer);
        assert!(
            matches!(events[..], [ClientEvent::Closed { .. }]),
            "{answer}: {events:?}"
        );
    }
    // Silence ends too.
    let mut client = client(Channel::start_tls());
    client.handle_timeout(client.poll_timeout().unwrap());
    assert!(client.is_closed());
}

#[test]
fn tls_3_bytes_behind_proceed_end_the_stream() {
    let mut client = client(Channel::start_tls());
    let features =
        "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>";
    give_client(&mut client, &format!("{SERVER_HEADER}{features}"));
    let (_, events) = give_client(&mut client, &format!("{PROCEED}<stream:stream"));
    assert!(
        matches!(
            events[..],
            [
                ClientEvent::StartTls,
                ClientEvent::Closed {
                    reason: CloseReason::TlsRefused,
                    ..
                }
            ]
        ),
        "{events:?}"
    );
}

#[test]
fn tls_7_starttls_stripped_from_the_features() {
    // CVE-2016-10027.
    let features = "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>\
                    <mechanism>SCRAM-SHA-256</mechanism></mechanisms></stream:features>";
    for channel in [Channel::start_tls(), Channel::plain()] {
        let mut client = client(channel);
        let (out, events) = give_client(&mut client, &format!("{SERVER_HEADER}{features}"));
        let [
            ClientEvent::Closed {
                condition, advice, ..
            },
        ] = &events[..]
        else {
            panic!("{events:?}");
        };
        assert_eq!(*condition, Some(C::PolicyViolation));
        assert_eq!(*advice, Advice::NextCandidate);
        assert!(!out.contains("<auth"), "{out}");
    }
}

#[test]
fn features_before_the_header() {
    let mut client = client(Channel::tls());
    let (_, events) = give_client(
        &mut client,
        "<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>",
    );
    assert!(
        matches!(events[..], [ClientEvent::Closed { .. }]),
        "{events:?}"
    );
}
