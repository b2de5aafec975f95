//! EXTERNAL on the wire (XEP-0178 §2): the certificate reaches the mechanism, and names no account of another server.

use xmpp_core::{
    sasl::{
        self, ChannelSecurity, Credentials, Lookup, LookupKind, Peer, Registry, TlsChannel, base64,
    },
    stream::{
        Channel, ClientConfig, ClientEvent, ClientSession, ServerConfig, ServerEvent, TcpClient,
        TcpServer,
    },
};

use super::common::{HEADER, T0, random, session};

const NS: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const STARTTLS: &str = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const JULIET: &str = "juliet@example.org";

fn tls(accounts: &[&str]) -> ChannelSecurity {
    let peer = accounts
        .iter()
        .fold(Peer::new(), |peer, &account| peer.with_account(account));
    ChannelSecurity::Tls(TlsChannel::new().with_verified_peer(peer))
}

fn config() -> ServerConfig {
    let sasl = sasl::ServerConfig::without_secret().answers([LookupKind::EXTERNAL]);
    ServerConfig::new("example.org")
        .unwrap()
        .with_sasl(Registry::default(), sasl)
}

/// A server after STARTTLS, and what it offers.
fn server(security: ChannelSecurity) -> (TcpServer, String) {
    let mut server = TcpServer::new(session(config(), Channel::start_tls()));
    let (out, _) = give(&mut server, HEADER);
    assert!(!out.contains("EXTERNAL"));
    give(&mut server, STARTTLS);
    server.session_mut().tls_established(security).unwrap();
    let (out, _) = give(&mut server, HEADER);
    (server, out)
}

/// Everybody but `nobody` has an account.
fn give(server: &mut TcpServer, input: &str) -> (String, Vec<ServerEvent>) {
    server.handle_input(T0, input.as_bytes());
    let mut events = Vec::new();
    while let Some(event) = server.poll_event() {
        if let ServerEvent::Lookup { id, lookup } = &event {
            let Lookup::External { name } = lookup else {
                panic!("{lookup:?}")
            };
            let answer = match name.as_str() {
                "nobody@example.org" => sasl::Answer::UnknownUser,
                _ => sasl::Answer::Accept,
            };
            server.session_mut().resolve(*id, answer).unwrap();
            server.pump(T0);
        }
        events.push(event);
    }
    let mut out = String::new();
    server.poll_transmit(&mut out);
    (out, events)
}

/// The server's word on EXTERNAL with this text, and as whom the client is logged in.
fn external(accounts: &[&str], text: &str) -> (String, Option<String>) {
    let (mut server, offered) = server(tls(accounts));
    assert!(
        offered.contains("<mechanism>EXTERNAL</mechanism>"),
        "{offered}"
    );
    let auth = format!("<auth {NS} mechanism='EXTERNAL'>{text}</auth>");
    let (out, events) = give(&mut server, &auth);
    let user = events.iter().find_map(|event| match event {
        ServerEvent::Authenticated { jid, .. } => Some(jid.to_string()),
        _ => None,
    });
    (out, user)
}

fn failure(condition: &str) -> String {
    format!("<failure {NS}><{condition}/></failure>")
}

#[test]
fn sas_1_external_is_offered_to_a_peer_with_an_address_only() {
    for security in [ChannelSecurity::tls(), tls(&[])] {
        let (_, offered) = server(security);
        assert!(!offered.contains("EXTERNAL"), "{offered}");
    }
    let (_, offered) = server(tls(&[JULIET]));
    assert!(offered.contains("EXTERNAL"), "{offered}");
    // TLS from the first byte.
    let mut direct = TcpServer::new(session(config(), Channel::new(tls(&[JULIET]))));
    assert!(give(&mut direct, HEADER).0.contains("EXTERNAL"));
}

#[test]
fn one_address_and_no_authzid() {
    let success = (format!("<success {NS}/>"), Some(JULIET.to_owned()));
    assert_eq!(external(&[JULIET], "="), success);
    // How addresses compare is RFC 7622's matter, in the certificate too.
    assert_eq!(external(&["Juliet@EXAMPLE.org"], "="), success);
    let authzid = base64::encode("JULIET@example.org");
    assert_eq!(external(&[JULIET], &authzid), success);
}

#[test]
fn absent_is_not_empty() {
    let (out, user) = external(&[JULIET], "");
    assert_eq!(
        (out, user),
        (format!("<challenge {NS}>=</challenge>"), None)
    );
}

#[test]
fn several_addresses_need_an_authzid() {
    let both = [JULIET, "nurse@example.org"];
    assert_eq!(external(&both, "="), (failure("invalid-authzid"), None));
    for address in both {
        let (out, user) = external(&both, &base64::encode(address));
        assert_eq!(out, format!("<success {NS}/>"));
        assert_eq!(user.as_deref(), Some(address));
    }
    let romeo = base64::encode("romeo@example.org");
    for addresses in [&both[..], &both[..1]] {
        assert_eq!(
            external(addresses, &romeo),
            (failure("invalid-authzid"), None)
        );
    }
}

#[test]
fn address_of_another_domain_is_no_account() {
    let refused = (failure("not-authorized"), None);
    for address in [
        "juliet@example.net",
        "example.org",
        "juliet",
        "juliet@example.org/balcony",
        "nobody@example.org",
        "juliet@example.org@example.org",
    ] {
        assert_eq!(external(&[address], "="), refused, "{address}");
    }
    // Two domains are one certificate: each server takes its own (XEP-0178 §2).
    let both = ["juliet@example.net", JULIET];
    let (_, user) = external(&both, &base64::encode(JULIET));
    assert_eq!(user.as_deref(), Some(JULIET));
    let other = base64::encode("juliet@example.net");
    assert_eq!(external(&both, &other), (failure("invalid-authzid"), None));
}

#[test]
fn client_logs_in_by_its_certificate() {
    let (mut server, offered) = server(tls(&[JULIET]));
    let config = ClientConfig::new("example.org", Credentials::external()).unwrap();
    let session = ClientSession::new(config, Channel::tls(), T0, random());
    let mut client = TcpClient::new(session);
    let mut out = String::new();
    client.poll_transmit(&mut out);
    client.handle_input(T0, offered.as_bytes());
    out.clear();
    client.poll_transmit(&mut out);
    assert_eq!(out, format!("<auth {NS} mechanism='EXTERNAL'>=</auth>"));
    let (out, _) = give(&mut server, &out);
    client.handle_input(T0, out.as_bytes());
    assert!(matches!(
        client.poll_event(),
        Some(ClientEvent::Authenticated { login }) if *login.mechanism() == "EXTERNAL"
    ));
}
