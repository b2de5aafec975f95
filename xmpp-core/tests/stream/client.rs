//! The client's rules: HDR-3, 4, 7, 10; FEA-4 to FEA-7; SAS-2, 5, 8, 9; BND-1, BND-7; ERR-2, ERR-4; STZ-1.

use std::sync::Arc;

use xmpp_core::{
    sasl::{
        self, BearerToken, ChannelBinding, ChannelBindingType, ChannelSecurity, Credentials,
        LookupKind, Policy, Registry, ScramClientKeys, ScramKeys, ScramSha256, TlsChannel, base64,
    },
    stream::{
        Advice, Channel, ClientConfig, ClientEvent, ClientSession, CloseReason, Misuse,
        ServerConfig, ServerEvent, ServerSession, StreamErrorCondition as C, TcpClient, TcpServer,
        WebSocketClient,
    },
    xml::ns,
};

use super::common::{Message, T0, random};

const HEADER: &str = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
     xmlns:stream='http://etherx.jabber.org/streams' from='example.org' id='1' version='1.0'>";
const SASL: &str = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";

fn anonymous() -> TcpClient {
    let config = ClientConfig::anonymous("example.org")
        .unwrap()
        .require_tls(false);
    TcpClient::new(ClientSession::new(config, Channel::plain(), T0, random()))
}

fn account(policy: Policy) -> TcpClient {
    let account = "alice@example.org".parse().unwrap();
    let config = ClientConfig::with_password(&account, "pencil")
        .unwrap()
        .with_policy(policy);
    TcpClient::new(ClientSession::new(config, Channel::tls(), T0, random()))
}

fn give(client: &mut TcpClient, input: &str) -> (String, Vec<ClientEvent>) {
    client.handle_input(T0, input.as_bytes());
    let events = std::iter::from_fn(|| client.poll_event()).collect();
    let mut out = String::new();
    client.poll_transmit(&mut out);
    (out, events)
}

fn mechanisms(names: &[&str]) -> String {
    let list = names.join("</mechanism><mechanism>");
    format!(
        "{HEADER}<stream:features><mechanisms {SASL}><mechanism>{list}</mechanism></mechanisms></stream:features>"
    )
}

fn failure(condition: &str) -> String {
    format!("<failure {SASL}><{condition}/><text>no</text></failure>")
}

/// How the session ended.
#[track_caller]
fn end(events: &[ClientEvent]) -> (&CloseReason, Option<C>, &Advice) {
    match events.last() {
        Some(ClientEvent::Closed {
            reason,
            condition,
            advice,
        }) => (reason, *condition, advice),
        other => panic!("not closed: {other:?}"),
    }
}

/// A client that has logged in and got these features.
fn logged_in(features: &str) -> (TcpClient, String) {
    let mut client = anonymous();
    give(&mut client, &mechanisms(&["ANONYMOUS"]));
    give(&mut client, &format!("<success {SASL}/>"));
    let (out, _) = give(
        &mut client,
        &format!("{HEADER}<stream:features>{features}</stream:features>"),
    );
    (client, out)
}

const BIND: &str = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";

fn id(out: &str) -> &str {
    out.split_once("id='")
        .unwrap()
        .1
        .split('\'')
        .next()
        .unwrap()
}

fn bound(id: &str, jid: &str) -> String {
    format!(
        "<iq type='result' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>{jid}</jid></bind></iq>"
    )
}

fn ready() -> TcpClient {
    let (mut client, out) = logged_in(BIND);
    let (_, events) = give(&mut client, &bound(id(&out), "u@example.org/r"));
    assert!(
        matches!(events[..], [ClientEvent::Ready { .. }]),
        "{events:?}"
    );
    client
}

#[test]
fn hdr_3_first_bytes() {
    let config = ClientConfig::anonymous("Example.org")
        .unwrap()
        .require_tls(false)
        .with_lang("de");
    let session = ClientSession::new(config, Channel::plain(), T0, random());
    let (out, _) = give(&mut TcpClient::new(session), "");
    assert_eq!(
        out,
        "<?xml version='1.0'?><stream:stream xmlns='jabber:client' \
         xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0' xml:lang='de'>"
    );
    let config = ClientConfig::anonymous("example.org")
        .unwrap()
        .require_tls(false);
    let session = ClientSession::new(config, Channel::plain(), T0, random());
    let mut client = WebSocketClient::new(session);
    assert_eq!(
        client.poll_message().as_deref(),
        Some("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='example.org' version='1.0'/>")
    );
    assert_eq!(client.poll_message(), None);
}

#[test]
fn hdr_4_from_only_under_tls() {
    assert!(
        give(&mut account(Policy::new()), "")
            .0
            .contains(" from='alice@example.org'")
    );
    let account = "alice@example.org".parse().unwrap();
    let config = ClientConfig::with_password(&account, "x").unwrap();
    let session = ClientSession::new(config, Channel::start_tls(), T0, random());
    assert!(!give(&mut TcpClient::new(session), "").0.contains("from="));
}

#[test]
fn hdr_7_d_versions_of_servers() {
    for (version, condition) in [
        ("", Some(C::UnsupportedVersion)),
        ("version='0.9'", Some(C::UnsupportedVersion)),
        ("version='1.x'", Some(C::InvalidXml)),
        ("version='1.1'", None),
    ] {
        let mut client = anonymous();
        let (_, events) = give(
            &mut client,
            &HEADER.replace("id='1' version='1.0'", version),
        );
        match condition {
            None => assert!(events.is_empty(), "{events:?}"),
            Some(_) => assert_eq!(end(&events).1, condition),
        }
    }
}

#[test]
fn hdr_10_from_of_servers() {
    for (from, good) in [
        ("from='EXAMPLE.org'", true),
        ("from='evil.example'", false),
        ("from='a@example.org'", false),
        ("from='@@'", false),
        ("", false),
    ] {
        let header = HEADER.replace("from='example.org'", from);
        let (out, events) = give(&mut anonymous(), &header);
        if good {
            assert!(events.is_empty(), "{from}: {events:?}");
        } else {
            assert_eq!(end(&events).1, Some(C::InvalidFrom), "{from}");
            assert!(out.ends_with("</stream:error></stream:stream>"), "{out}");
        }
    }
    // Verified TLS says who it is.
    let header = HEADER.replace("from='example.org'", "");
    assert!(give(&mut account(Policy::new()), &header).1.is_empty());
}

#[test]
fn hdr_11_language_of_servers() {
    for (bytes, ends) in [(35, false), (36, true)] {
        let lang = format!(" xml:lang='{}' ", "x".repeat(bytes));
        let header = HEADER.replacen(" from=", &format!("{lang}from="), 1);
        let (_, events) = give(&mut anonymous(), &header);
        assert_eq!(!events.is_empty(), ends, "{events:?}");
        if ends {
            assert_eq!(end(&events).1, Some(C::PolicyViolation));
        }
    }
}

#[test]
fn hdr_11_the_language_of_nested_text() {
    let header = HEADER.replacen(" from=", " xml:lang='de' from=", 1);
    let mut client = anonymous();
    assert_eq!(client.session().peer_lang(), None);
    let features = format!(
        "<stream:features><mechanisms {SASL}><mechanism>ANONYMOUS</mechanism></mechanisms></stream:features>"
    );
    give(&mut client, &format!("{header}{features}"));
    give(&mut client, &format!("<success {SASL}/>"));
    let features_of_user = format!("{header}<stream:features>{BIND}</stream:features>");
    let (out, _) = give(&mut client, &features_of_user);
    give(&mut client, &bound(id(&out), "u@example.org/r"));
    for (message, expected) in [
        ("<message><body>x</body></message>", "de"),
        ("<message xml:lang='cs'><body>x</body></message>", "cs"),
        (
            "<message xml:lang='cs'><body xml:lang='en'>x</body></message>",
            "en",
        ),
        ("<message><body xml:lang=''>x</body></message>", ""),
    ] {
        let (_, events) = give(&mut client, message);
        let [ClientEvent::Stanza(stanza)] = &events[..] else {
            panic!("{events:?}")
        };
        let lang = stanza.child("body", ns::CLIENT).unwrap().lang();
        let lang = lang.as_deref().or(client.session().peer_lang());
        assert_eq!(lang, Some(expected), "{message}");
    }
    // The last header counts.
    let mut client = anonymous();
    give(&mut client, &format!("{header}{features}"));
    give(&mut client, &format!("<success {SASL}/>{HEADER}"));
    assert_eq!(client.session().peer_lang(), None);
}

#[test]
fn fea_4_nothing_usable() {
    for features in [
        "",
        "<x xmlns='u'><required/></x>",
        "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms>",
        "<mechanisms xmlns='u'><mechanism>ANONYMOUS</mechanism></mechanisms>",
    ] {
        let (out, events) = give(
            &mut anonymous(),
            &format!("{HEADER}<stream:features>{features}</stream:features>"),
        );
        let (reason, _, advice) = end(&events);
        assert!(matches!(reason, CloseReason::LoginFailed(_)), "{reason:?}");
        assert_eq!(*advice, Advice::Stop);
        assert!(out.contains("<unsupported-feature "), "{out}");
    }
    let (mut client, out) = logged_in("<x xmlns='u'/>");
    assert!(out.contains("<unsupported-feature "), "{out}");
    assert_eq!(give(&mut client, "<message/>").0, "");
}

#[test]
fn fea_6_offers_that_make_no_sense() {
    let starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>";
    let mut client = anonymous();
    give(&mut client, "");
    let offer =
        mechanisms(&["ANONYMOUS"]).replace("<mechanisms", &format!("{starttls}<mechanisms"));
    assert_eq!(
        give(&mut client, &offer).0,
        format!("<auth {SASL} mechanism='ANONYMOUS'/>")
    );
    // SASL after login, and features in mid-session.
    let (_, out) = logged_in(&format!(
        "{starttls}<mechanisms {SASL}><mechanism>X</mechanism></mechanisms>{BIND}"
    ));
    assert!(out.contains("<iq type='set' "), "{out}");
    let (out, events) = give(
        &mut ready(),
        &format!("<stream:features>{BIND}</stream:features>"),
    );
    assert_eq!(out, "");
    assert!(matches!(events[..], [ClientEvent::Nonza(_)]), "{events:?}");
}

#[test]
fn sas_2_choice_of_mechanism() {
    let auth = |policy: Policy, offered: &[&str]| {
        let mut client = account(policy);
        give(&mut client, "");
        give(&mut client, &mechanisms(offered)).0
    };
    let out = auth(
        Policy::new(),
        &["PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "ANONYMOUS", "X"],
    );
    assert!(
        out.starts_with(&format!("<auth {SASL} mechanism='SCRAM-SHA-256'>")),
        "{out}"
    );
    // PLAIN only where the user has said so, and never below a pin.
    assert!(auth(Policy::new(), &["PLAIN"]).contains("<unsupported-feature "));
    assert!(auth(Policy::new().opt_in("PLAIN"), &["PLAIN"]).starts_with("<auth"));
    assert!(
        auth(
            Policy::new().opt_in("PLAIN").pin("SCRAM-SHA-256"),
            &["PLAIN"]
        )
        .contains("<unsupported-feature ")
    );
    // Who has a password is never logged in as nobody.
    assert!(auth(Policy::new(), &["ANONYMOUS"]).contains("<unsupported-feature "));
}

#[test]
fn sas_5_success_without_the_servers_proof() {
    let started = || {
        let mut client = account(Policy::new());
        give(&mut client, &mechanisms(&["SCRAM-SHA-256", "PLAIN"]));
        client
    };
    // At once; with data that is none; in place of a challenge's answer.
    for success in [
        format!("<success {SASL}/>"),
        format!("<success {SASL}>=</success>"),
        format!("<success {SASL}>{}</success>", base64::encode("v=AAAA")),
        format!("<success {SASL}>!</success>"),
    ] {
        let mut client = started();
        let (out, events) = give(&mut client, &success);
        let (reason, _, advice) = end(&events);
        assert!(matches!(reason, CloseReason::LoginFailed(_)), "{reason:?}");
        assert_eq!(*advice, Advice::Stop, "no fallback");
        assert!(
            !out.contains("<auth") && !out.contains("<stream:stream"),
            "{out}"
        );
    }
    let mut client = started();
    let (_, events) = give(
        &mut client,
        &format!(
            "<challenge {SASL}>{}</challenge>",
            base64::encode("r=x,s=AA==,i=1")
        ),
    );
    assert!(matches!(end(&events).0, CloseReason::LoginFailed(_)));
}

#[test]
fn sas_8_after_a_failure() {
    for (condition, expected) in [
        ("aborted", Advice::Backoff),
        ("account-disabled", Advice::Stop),
        ("credentials-expired", Advice::Reauthenticate),
        ("encryption-required", Advice::Stop),
        ("incorrect-encoding", Advice::Stop),
        ("invalid-authzid", Advice::Stop),
        ("not-authorized", Advice::Reauthenticate),
        ("temporary-auth-failure", Advice::Backoff),
        ("bad-luck", Advice::Backoff),
    ] {
        let mut client = account(Policy::new());
        give(&mut client, &mechanisms(&["SCRAM-SHA-256", "SCRAM-SHA-1"]));
        let (out, events) = give(&mut client, &failure(condition));
        assert_eq!(
            end(&events),
            (
                &CloseReason::LoginFailed(condition.to_owned()),
                None,
                &expected
            )
        );
        assert_eq!(out, "</stream:stream>");
    }
    // The next mechanism, where it is none of the password.
    for condition in ["invalid-mechanism", "malformed-request"] {
        let mut client = account(Policy::new());
        give(
            &mut client,
            &mechanisms(&["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN"]),
        );
        let (out, events) = give(&mut client, &failure(condition));
        assert!(out.contains("mechanism='SCRAM-SHA-1'"), "{out}");
        assert!(events.is_empty());
        let (_, events) = give(&mut client, &failure(condition));
        assert_eq!(*end(&events).2, Advice::Stop, "PLAIN was not opted in");
    }
    let mut client = account(Policy::new());
    give(&mut client, &mechanisms(&["SCRAM-SHA-256", "SCRAM-SHA-1"]));
    let (_, events) = give(&mut client, &failure("mechanism-too-weak"));
    assert_eq!(*end(&events).2, Advice::Stop, "nothing stronger is left");
}

#[test]
fn sas_8_channel_binding_that_was_begun_is_not_given_up() {
    // Who stands between cannot bind, but can say that the server does not know the mechanism.
    let binding = ChannelBinding::new(ChannelBindingType::TlsExporter, [1; 32]);
    let tls = ChannelSecurity::Tls(TlsChannel::new().with_binding(binding));
    for condition in ["invalid-mechanism", "malformed-request"] {
        let juliet = "juliet@example.org".parse().unwrap();
        let config = ClientConfig::with_password(&juliet, "r0m30").unwrap();
        let session = ClientSession::new(config, Channel::new(tls.clone()), T0, random());
        let mut client = TcpClient::new(session);
        let offered = [
            "SCRAM-SHA-256-PLUS",
            "SCRAM-SHA-1-PLUS",
            "SCRAM-SHA-512",
            "PLAIN",
        ];
        let (out, _) = give(&mut client, &mechanisms(&offered));
        assert!(out.contains("mechanism='SCRAM-SHA-256-PLUS'"), "{out}");
        let (out, _) = give(&mut client, &failure(condition));
        assert!(out.contains("mechanism='SCRAM-SHA-1-PLUS'"), "{out}");
        let (out, events) = give(&mut client, &failure(condition));
        assert_eq!(*end(&events).2, Advice::Stop);
        assert!(!out.contains("<auth"), "{out}");
    }
}

#[test]
fn sas_9_anything_else_during_a_login() {
    for other in [
        "<message/>",
        "<stream:features/>",
        "<iq type='get' id='1'/>",
    ] {
        let mut client = account(Policy::new());
        give(&mut client, &mechanisms(&["SCRAM-SHA-256"]));
        let (_, events) = give(&mut client, other);
        assert_eq!(end(&events).1, Some(C::PolicyViolation));
    }
}

#[test]
fn bnd_1_the_address_is_what_the_server_says() {
    let (mut client, out) = logged_in(BIND);
    assert_eq!(
        out,
        format!(
            "<iq type='set' id='{}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
            id(&out)
        )
    );
    assert_eq!(
        client.session_mut().send(&Message("")),
        Err(Misuse::NotReady)
    );
    let (_, events) = give(&mut client, &bound(id(&out), "other@example.org/else"));
    let [ClientEvent::Ready { jid }] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(jid, "other@example.org/else");
    assert_eq!(client.session().jid(), Some(jid));
    assert_eq!(client.poll_timeout(), None);
    client.session_mut().send(&Message("x")).unwrap();
    assert_eq!(
        give(&mut client, "").0,
        "<message to='a@b'><body>x</body></message>"
    );
    for bad in ["", "other@example.org", "@@"] {
        let (mut client, out) = logged_in(BIND);
        let (_, events) = give(&mut client, &bound(id(&out), bad));
        assert!(matches!(end(&events).0, CloseReason::LoginFailed(_)));
    }
}

#[test]
fn sec_3_bind_results_of_others_are_ignored() {
    let (mut client, out) = logged_in(BIND);
    let id = id(&out);
    let forged = bound(id, "a@evil.example/r").replace("<iq ", "<iq from='evil.example' ");
    let (_, events) = give(
        &mut client,
        &format!("{forged}{}", bound("other", "b@example.org/r")),
    );
    assert!(
        matches!(events[..], [ClientEvent::Stanza(_), ClientEvent::Stanza(_)]),
        "{events:?}"
    );
    let (_, events) = give(&mut client, &bound(id, "u@example.org/r"));
    assert!(matches!(events[..], [ClientEvent::Ready { .. }]));
}

#[test]
fn bind_refused() {
    for (condition, expected) in [
        ("conflict", Advice::Stop),
        ("resource-constraint", Advice::BackoffLong),
        ("not-allowed", Advice::Stop),
    ] {
        let (mut client, out) = logged_in(BIND);
        let (_, events) = give(
            &mut client,
            &format!(
                "<iq type='error' id='{}'><error type='cancel'>\
                 <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
                id(&out)
            ),
        );
        assert_eq!(*end(&events).2, expected, "{condition}");
    }
}

#[test]
fn bnd_7_session_only_where_it_is_not_optional() {
    let optional = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>";
    let (mut client, out) = logged_in(&format!("{BIND}{optional}"));
    assert_eq!(give(&mut client, &bound(id(&out), "u@example.org/r")).0, "");
    let required = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>";
    let (mut client, out) = logged_in(&format!("{BIND}{required}"));
    let (out, events) = give(&mut client, &bound(id(&out), "u@example.org/r"));
    assert!(
        out.ends_with("<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>"),
        "{out}"
    );
    assert!(events.is_empty(), "FEA-7");
    let (_, events) = give(
        &mut client,
        &format!("<iq type='result' id='{}'/>", id(&out)),
    );
    assert!(matches!(events[..], [ClientEvent::Ready { .. }]));
}

#[test]
fn err_4_advice_and_see_other_host() {
    let error = |condition: &str, text: &str| {
        format!(
            "<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'>{text}</{condition}></stream:error></stream:stream>"
        )
    };
    let mut client = ready();
    let (out, events) = give(&mut client, &error("system-shutdown", ""));
    assert_eq!(out, "</stream:stream>");
    assert_eq!(end(&events).1, Some(C::SystemShutdown));
    assert_eq!(*end(&events).2, Advice::BackoffSpread);
    // SEC-6: not without verified TLS.
    let (_, events) = give(&mut ready(), &error("see-other-host", "evil.example:5222"));
    assert_eq!(*end(&events).2, Advice::NextCandidate);
    let (_, events) = give(
        &mut account(Policy::new()),
        &format!("{HEADER}{}", error("see-other-host", "b.example.org")),
    );
    assert_eq!(
        *end(&events).2,
        Advice::ReconnectTo("b.example.org".to_owned())
    );
}

#[test]
fn stz_1_unknown_first_level_elements() {
    for unknown in [
        "<foo xmlns='u'/>",
        "<r xmlns='urn:xmpp:sm:3'/>",
        "<message xmlns='jabber:server'/>",
    ] {
        let (out, events) = give(&mut ready(), unknown);
        assert_eq!(out, "");
        assert!(matches!(events[..], [ClientEvent::Nonza(_)]), "{events:?}");
    }
    let (_, events) = give(&mut ready(), "<message/><presence/><iq type='get' id='1'/>");
    assert_eq!(
        events
            .iter()
            .filter(|e| matches!(e, ClientEvent::Stanza(_)))
            .count(),
        3
    );
}

#[test]
fn the_end_of_a_session() {
    let mut client = ready();
    client.session_mut().close(T0);
    let (out, events) = give(&mut client, "<message/></stream:stream>");
    assert_eq!(out, "</stream:stream>");
    assert!(matches!(
        events[..],
        [
            ClientEvent::Stanza(_),
            ClientEvent::Closed {
                reason: CloseReason::Local,
                ..
            }
        ]
    ));
    let mut client = ready();
    let (out, events) = give(&mut client, "</stream:stream>");
    assert_eq!(
        (out.as_str(), end(&events).0),
        ("</stream:stream>", &CloseReason::ByPeer)
    );
    let mut client = ready();
    client.handle_eof(T0);
    let (_, events) = give(&mut client, "");
    assert_eq!(end(&events), (&CloseReason::Lost, None, &Advice::Backoff));
    let mut client = anonymous();
    client.handle_timeout(client.poll_timeout().unwrap());
    assert_eq!(end(&give(&mut client, "").1).1, Some(C::ConnectionTimeout));
}

#[test]
fn a_derived_key_that_nobody_waits_for() {
    let mut client = account(Policy::new());
    give(&mut client, &mechanisms(&["SCRAM-SHA-256"]));
    let mut other = account(Policy::new());
    let (auth, _) = give(&mut other, &mechanisms(&["SCRAM-SHA-256"]));
    let (_, auth) = auth.split_once("<auth ").unwrap();
    let data = auth
        .split_once('>')
        .unwrap()
        .1
        .strip_suffix("</auth>")
        .unwrap();
    let first = String::from_utf8(base64::decode(data).unwrap()).unwrap();
    let nonce = first.split_once("r=").unwrap().1;
    let challenge = base64::encode(format!("r={nonce}srv,s=AAAAAAAAAAAAAAAA,i=4096"));
    let (_, events) = give(
        &mut other,
        &format!("<challenge {SASL}>{challenge}</challenge>"),
    );
    let Some(ClientEvent::Derive(job)) = events.into_iter().next() else {
        panic!("no job");
    };
    assert_eq!(
        client.session_mut().derived(job.run()),
        Err(Misuse::UnknownLookup)
    );
    assert!(!other.wants_input());
}

/// RFC 7628 §3.2.2: the reason comes before the failure, and is not lost.
#[test]
fn a_refused_token_is_told_with_its_reason() {
    let credentials = Credentials::new().with(BearerToken::new("t0ken"));
    let config = ClientConfig::new("example.org", credentials).unwrap();
    let session = ClientSession::new(config, Channel::tls(), T0, random());
    let mut client = TcpClient::new(session);
    give(&mut client, &mechanisms(&["OAUTHBEARER"]));
    let why = base64::encode(r#"{"status":"invalid_token","scope":"chat"}"#);
    let (out, events) = give(&mut client, &format!("<challenge {SASL}>{why}</challenge>"));
    assert!(events.is_empty(), "{events:?}");
    assert!(out.contains(">AQ==</response>"), "{out}");
    let (_, events) = give(&mut client, &failure("not-authorized"));
    let reason = "not-authorized: the server refused the token: invalid_token";
    let failed = CloseReason::LoginFailed(reason.to_owned());
    assert_eq!(end(&events), (&failed, None, &Advice::Reauthenticate));
}

/// What makes the next login cheaper, and keeps it from being a weaker one.
#[test]
fn a_login_leaves_a_pin_and_keys_for_the_next_one() {
    let domain = "example.org";
    let stored = ScramKeys::derive::<ScramSha256>("pencil", b"salt", 4_096).unwrap();
    let answers = sasl::ServerConfig::new([7; 32]).answers([LookupKind::SCRAM_SHA_256]);
    let config = ServerConfig::new(domain).unwrap();
    let config = Arc::new(config.with_sasl(Registry::default(), answers));
    let log_in = |credentials| {
        let session = ServerSession::new(config.clone(), Channel::tls(), T0, random());
        let mut server = TcpServer::new(session);
        let wanted = ClientConfig::new(domain, credentials).unwrap();
        let session = ClientSession::new(wanted, Channel::tls(), T0, random());
        let mut client = TcpClient::new(session);
        let mut jobs = 0;
        loop {
            let (mut up, mut down) = (String::new(), String::new());
            client.poll_transmit(&mut up);
            server.handle_input(T0, up.as_bytes());
            while let Some(event) = server.poll_event() {
                if let ServerEvent::Lookup { id, .. } = event {
                    let keys = sasl::Answer::ScramKeys(stored.clone());
                    server.session_mut().resolve(id, keys).unwrap();
                    server.pump(T0);
                }
            }
            server.poll_transmit(&mut down);
            client.handle_input(T0, down.as_bytes());
            while let Some(event) = client.poll_event() {
                match event {
                    ClientEvent::Derive(job) => {
                        jobs += 1;
                        client.session_mut().derived(job.run()).unwrap();
                        client.pump(T0);
                    }
                    ClientEvent::Authenticated { login } => {
                        let keys = login.export::<ScramClientKeys>().cloned();
                        let pin = login.pin().map(|pin| pin.to_string());
                        return (pin, keys.expect("keys"), jobs);
                    }
                    ClientEvent::Closed { reason, .. } => panic!("{reason:?}"),
                    _ => {}
                }
            }
        }
    };
    let (pin, keys, jobs) = log_in(Credentials::password("alice", "pencil"));
    assert_eq!((pin.as_deref(), jobs), (Some("SCRAM-SHA-256/mutual"), 1));
    let (_, _, jobs) = log_in(Credentials::new().with(keys));
    assert_eq!(jobs, 0);
}
