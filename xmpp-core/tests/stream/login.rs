//! SASL on the server's wire: SAS-1 to SAS-12.

use xmpp_core::{
    sasl::{self, base64},
    stream::{Channel, LookupId, Misuse, ServerEvent, StreamErrorCondition as C, TcpServer},
};

use super::common::{
    AUTH, HEADER, T0, account_config, assert_error, first, give, open_config, session, settle,
};

const NS: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

fn server() -> TcpServer {
    let mut server = TcpServer::new(session(account_config(), Channel::tls()));
    give(&mut server, HEADER);
    server
}

fn auth(mechanism: &str, data: &str) -> String {
    format!("<auth {NS} mechanism='{mechanism}'>{data}</auth>")
}

fn plain(authzid: &str, user: &str, password: &str) -> String {
    auth(
        "PLAIN",
        &base64::encode(format!("{authzid}\0{user}\0{password}")),
    )
}

fn failure(condition: &str) -> String {
    format!("<failure {NS}><{condition}/></failure>")
}

#[test]
fn sas_1_offers() {
    let offered = |channel| {
        let mut server = TcpServer::new(session(account_config().require_tls(false), channel));
        give(&mut server, HEADER).0
    };
    assert!(!offered(Channel::plain()).contains("PLAIN"));
    assert!(offered(Channel::plain()).contains("<mechanism>SCRAM-SHA-256</mechanism>"));
    assert!(offered(Channel::trusted_proxy_tls()).contains("<mechanism>PLAIN</mechanism>"));
    for channel in [
        Channel::plain(),
        Channel::tls(),
        Channel::trusted_proxy_tls(),
    ] {
        let offered = offered(channel);
        assert!(!offered.contains("-PLUS"), "no binding data");
        assert!(!offered.contains("ANONYMOUS"), "not enabled");
    }
    let binding = sasl::ChannelBinding::new(sasl::ChannelBindingType::TlsExporter, [1; 32]);
    let tls = sasl::TlsChannel::new().with_binding(binding);
    let offered = offered(Channel::new(sasl::ChannelSecurity::Tls(tls)));
    assert!(
        offered.contains("<mechanism>SCRAM-SHA-256-PLUS</mechanism>"),
        "{offered}"
    );
    // CB-1.
    assert!(
        offered.contains(
            "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'><channel-binding type='tls-exporter'/></sasl-channel-binding>"
        ),
        "{offered}"
    );
}

#[test]
fn cb_3_no_types_where_no_mechanism_binds() {
    // A strict client takes types without such a mechanism for the work of someone in between.
    let binding = sasl::ChannelBinding::new(sasl::ChannelBindingType::TlsExporter, [1; 32]);
    let tls = sasl::TlsChannel::new().with_binding(binding);
    let channel = Channel::new(sasl::ChannelSecurity::Tls(tls));
    let mut server = TcpServer::new(session(open_config(), channel));
    let (out, _) = give(&mut server, HEADER);
    assert!(out.contains("<mechanism>ANONYMOUS</mechanism>"), "{out}");
    assert!(!out.contains("sasl-channel-binding"), "{out}");
}

#[test]
fn sas_3_initial_responses() {
    // None: it is asked for. `=`: empty, which PLAIN refuses.
    let mut server = server();
    let (out, _) = give(&mut server, &auth("PLAIN", ""));
    assert_eq!(out, format!("<challenge {NS}>=</challenge>"));
    let data = base64::encode("\0alice\0pencil");
    let (out, events) = give(&mut server, &format!("<response {NS}>{data}</response>"));
    assert_eq!(out, format!("<success {NS}/>"));
    assert!(
        matches!(&events[1], ServerEvent::Authenticated { jid, .. } if *jid == "alice@example.org"),
        "{events:?}"
    );
    let (out, _) = give(&mut self::server(), &auth("PLAIN", "="));
    assert_eq!(out, failure("malformed-request"));
}

#[test]
fn sas_4_base64() {
    let good = base64::encode("\0alice\0pencil");
    let wrapped = format!("\n  {}\r\n\t{} ", &good[..8], &good[8..]);
    assert!(
        give(&mut server(), &auth("PLAIN", &wrapped))
            .0
            .starts_with("<success")
    );
    for bad in [
        "!!!",
        "AGFsaWNl=",
        "AGE",
        "AGFsaWNlAHBlbmNpbA==AA==",
        "AGFsaWNl-_==",
    ] {
        assert_eq!(
            give(&mut server(), &auth("PLAIN", bad)).0,
            failure("incorrect-encoding"),
            "{bad}"
        );
    }
}

#[test]
fn sas_6_abort_at_any_moment() {
    let mut server = server();
    let abort = format!("<abort {NS}/>");
    assert_eq!(give(&mut server, &abort).0, failure("aborted"));
    give(&mut server, &auth("PLAIN", ""));
    assert_eq!(give(&mut server, &abort).0, failure("aborted"));
    assert!(
        give(&mut server, &plain("", "alice", "pencil"))
            .0
            .starts_with("<success")
    );
}

#[test]
fn sas_7_five_attempts() {
    let mut server = server();
    for _ in 0..4 {
        let (out, events) = give(&mut server, &plain("", "alice", "wrong"));
        assert_eq!(out, failure("not-authorized"));
        assert_eq!(events.len(), 1, "the lookup alone");
    }
    let (out, events) = give(&mut server, &plain("", "alice", "wrong"));
    assert!(out.starts_with(&failure("not-authorized")));
    assert_error(&(out, events), C::PolicyViolation);
}

#[test]
fn sas_7_logins_that_are_begun_again_count_too() {
    // Each of them has asked the caller for stored keys.
    let begin = auth("SCRAM-SHA-256", &base64::encode("n,,n=alice,r=abcdefgh"));
    let mut server = server();
    for _ in 0..5 {
        let (out, events) = give(&mut server, &begin);
        assert!(out.starts_with("<challenge "), "{out}");
        assert!(matches!(events[..], [ServerEvent::Lookup { .. }]));
    }
    let result = give(&mut server, &begin);
    assert_error(&result, C::PolicyViolation);
    assert_eq!(result.1.len(), 1, "no further lookup");
}

#[test]
fn sec_7_unknown_users_look_like_known_ones() {
    let wrong = |user: &str, password: &str| give(&mut server(), &plain("", user, password)).0;
    assert_eq!(wrong("alice", "wrong"), wrong("nobody", "pencil"));
}

#[test]
fn sas_9_nothing_else_while_a_login_runs() {
    for other in [
        "<message/>",
        "<foo xmlns='u'/>",
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    ] {
        let mut server = server();
        give(&mut server, &auth("PLAIN", ""));
        assert_error(&give(&mut server, other), C::NotAuthorized);
    }
}

#[test]
fn sas_10_out_of_order() {
    let response = format!("<response {NS}>AA==</response>");
    assert_eq!(give(&mut server(), &response).0, failure("not-authorized"));
    // A new `<auth/>` discards the first.
    let mut server = server();
    give(&mut server, &auth("PLAIN", ""));
    assert!(
        give(&mut server, &plain("", "alice", "pencil"))
            .0
            .starts_with("<success")
    );
}

#[test]
fn sas_11_authzid_is_oneself_or_refused() {
    for (authzid, accepted) in [
        ("", true),
        ("alice@example.org", true),
        ("Alice@Example.ORG", true),
        ("bob@example.org", false),
        ("alice@other.example", false),
        ("alice", false),
        ("@@", false),
    ] {
        let (out, _) = give(&mut server(), &plain(authzid, "alice", "pencil"));
        let expected = if accepted {
            format!("<success {NS}/>")
        } else {
            failure("invalid-authzid")
        };
        assert_eq!(out, expected, "{authzid}");
    }
}

#[test]
fn sas_12_names_are_localparts() {
    let (_, events) = give(&mut server(), &plain("", "Alice", "pencil"));
    assert!(
        matches!(&events[1], ServerEvent::Authenticated { jid, .. } if *jid == "alice@example.org")
    );
    for bad in ["a@b", "a b", "a/b"] {
        assert_eq!(
            give(&mut server(), &plain("", bad, "pencil")).0,
            failure("not-authorized"),
            "{bad}"
        );
    }
}

#[test]
fn mechanisms_that_are_not_offered() {
    for (mechanism, condition) in [
        ("ANONYMOUS", "invalid-mechanism"),
        ("", "invalid-mechanism"),
        ("X-NONE", "invalid-mechanism"),
        ("SCRAM-SHA-256-PLUS", "invalid-mechanism"),
    ] {
        assert_eq!(
            give(&mut server(), &auth(mechanism, "")).0,
            failure(condition),
            "{mechanism}"
        );
    }
    let (out, _) = give(&mut server(), &format!("<auth {NS}/>"));
    assert_eq!(out, failure("malformed-request"));
    let (out, _) = first(&format!("{HEADER}{}", plain("", "alice", "pencil")));
    assert!(
        out.ends_with(&failure("encryption-required"))
            || out.ends_with(&failure("invalid-mechanism")),
        "{out}"
    );
}

#[test]
fn a_lookup_suspends_the_session() {
    let mut server = server();
    server.handle_input(T0, plain("", "alice", "pencil").as_bytes());
    let Some(ServerEvent::Lookup {
        id,
        lookup: sasl::Lookup::Password(check),
    }) = server.poll_event()
    else {
        panic!("no lookup");
    };
    assert!(!server.wants_input());
    // What comes meanwhile waits in the codec.
    server.handle_input(T0, HEADER.as_bytes());
    assert!(server.poll_event().is_none());
    let answer = check.against_plaintext(Some("pencil"));
    let wrong = xmpp_core::stream::BindAnswer::Accept;
    assert_eq!(
        server.session_mut().resolve(id, wrong),
        Err(Misuse::WrongAnswer)
    );
    server.session_mut().resolve(id, answer).unwrap();
    assert_eq!(
        server.session_mut().resolve(id, sasl::Answer::Accept),
        Err(Misuse::UnknownLookup)
    );
    server.pump(T0);
    let mut out = String::new();
    server.poll_transmit(&mut out);
    assert!(out.contains("<bind "), "{out}");
    assert!(matches!(
        settle(&mut server)[..],
        [ServerEvent::Authenticated { .. }]
    ));
}

#[test]
fn a_lookup_that_nobody_waits_for() {
    let mut server = server();
    server.handle_input(T0, plain("", "alice", "pencil").as_bytes());
    let Some(ServerEvent::Lookup { id, .. }) = server.poll_event() else {
        panic!("no lookup");
    };
    server.handle_eof(T0);
    assert_eq!(
        server.session_mut().resolve(id, sasl::Answer::Accept),
        Err(Misuse::UnknownLookup)
    );
    let _: LookupId = id;
}

#[test]
fn secrets_do_not_print() {
    let mut server = server();
    server.handle_input(T0, plain("", "alice", "pencil").as_bytes());
    let event = server.poll_event();
    for text in [format!("{server:?}"), format!("{event:?}")] {
        assert!(
            !text.contains("pencil") && !text.contains("AGFsaWNl"),
            "{text}"
        );
    }
    let mut server = self::server();
    server.handle_input(T0, auth("PLAIN", "AGFsaWNlAHBlbmNpbA=").as_bytes());
    assert!(!format!("{server:?}").contains("AGFsaWNl"));
    assert!(AUTH.contains("ANONYMOUS"));
}
