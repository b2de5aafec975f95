//! EXTERNAL: who may log in by what the channel has proven. Each refusal has a twin that is accepted.

mod common;

use common::{Ended, Script, talk, tls_with_exporter};
use xmpp_sasl::*;

const JULIET: &str = "juliet@example.org";
const NURSE: &str = "nurse@example.org";

fn tls(peer: Peer) -> ChannelSecurity {
    ChannelSecurity::Tls(TlsChannel::new().with_verified_peer(peer))
}

fn juliet() -> Peer {
    Peer::new().with_account(JULIET)
}

fn both() -> Peer {
    juliet().with_account(NURSE)
}

fn config() -> ServerConfig {
    ServerConfig::without_secret().answers([LookupKind::EXTERNAL])
}

/// What a server of example.org answers. It compares names as XMPP might: without regard to case.
fn account(lookup: Lookup) -> Answer {
    match lookup {
        Lookup::External { name } if [JULIET, NURSE].contains(&&*name.to_lowercase()) => {
            Answer::Accept
        }
        Lookup::External { .. } => Answer::UnknownUser,
        Lookup::Authorize { authcid, authzid } if authcid.eq_ignore_ascii_case(&authzid) => {
            Answer::Accept
        }
        _ => Answer::Refuse(Refusal::WrongCredentials),
    }
}

/// The server's word on the messages of a client: `None` is an absent initial response.
fn server(
    registry: &Registry,
    cx: &SelectCx<'_>,
    messages: &[Option<&[u8]>],
    mut answer: impl FnMut(Lookup) -> Answer,
) -> Result<Identity, Failure> {
    let mut login = registry.begin("EXTERNAL", cx, &mut Script::default())?;
    let mut messages = messages.iter();
    let mut outcome = login.start(*messages.next().unwrap());
    loop {
        outcome = match outcome {
            Ok(Outcome::Lookup(lookup)) => login.resolve(answer(lookup)),
            Ok(Outcome::Challenge(challenge)) => {
                assert!(challenge.is_empty());
                login.response(messages.next().unwrap().unwrap())
            }
            Ok(Outcome::Success { identity, data }) => {
                assert_eq!(data, None);
                assert_eq!(login.response(b"").unwrap_err(), Failure::OutOfOrder);
                return Ok(identity);
            }
            Err(failure) => {
                assert_eq!(login.response(b"").unwrap_err(), Failure::OutOfOrder);
                let late = login.resolve(Answer::Accept).unwrap_err();
                assert_eq!(late, Failure::WrongAnswer);
                return Err(failure);
            }
        };
    }
}

fn says(peer: &Peer, message: &[u8]) -> Result<Identity, Failure> {
    let (channel, config) = (tls(peer.clone()), config());
    let cx = SelectCx::new(&channel).with_server(&config);
    server(&Registry::default(), &cx, &[Some(message)], account)
}

fn refused(result: Result<Identity, Failure>, failure: impl Into<Failure>, condition: &str) {
    let (got, failure) = (result.unwrap_err(), failure.into());
    assert_eq!(got, failure);
    assert_eq!(got.condition(), condition);
}

#[test]
fn client_and_server_agree() {
    let config = config();
    for (peer, authzid, authcid) in [
        (juliet(), "", JULIET),
        (juliet(), JULIET, JULIET),
        (both(), NURSE, NURSE),
    ] {
        let channel = tls(peer);
        let credentials = Credentials::external().with_authzid(authzid);
        let cx = SelectCx::new(&channel).with_server(&config);
        let registry = Registry::default();
        let mut random = Script::default();
        let offered = registry.offered(&cx);
        let mut client = registry
            .select(&offered, &credentials, &cx, &mut random)
            .unwrap();
        let mut server = registry.begin("EXTERNAL", &cx, &mut random).unwrap();
        let Ended::In(identity) = talk(&mut client, &mut server, account) else {
            panic!("{authzid}");
        };
        assert_eq!(identity.authcid(), authcid);
        assert_eq!(identity.authzid(), Some(authzid).filter(|a| !a.is_empty()));
        assert_eq!(identity.mechanism(), &"EXTERNAL");
        assert!(!identity.is_anonymous());
    }
}

#[test]
fn one_account_needs_no_authzid() {
    assert_eq!(says(&juliet(), b"").unwrap().authcid(), JULIET);
    // The same name twice is one account.
    let twice = juliet().with_account(JULIET);
    assert_eq!(says(&twice, b"").unwrap().authcid(), JULIET);
}

#[test]
fn several_accounts_need_an_authzid() {
    refused(
        says(&both(), b""),
        Failure::InvalidAuthzid,
        "invalid-authzid",
    );
    for name in [JULIET, NURSE] {
        let identity = says(&both(), name.as_bytes()).unwrap();
        assert_eq!(identity.authcid(), name);
        assert_eq!(identity.authzid(), Some(name));
    }
}

#[test]
fn authzid_that_the_certificate_lacks_is_invalid() {
    for peer in [juliet(), both()] {
        let romeo = says(&peer, b"romeo@example.org");
        refused(romeo, Failure::InvalidAuthzid, "invalid-authzid");
        assert!(says(&peer, JULIET.as_bytes()).is_ok());
        // How names compare is the protocol's to say.
        let identity = says(&peer, b"JULIET@example.org").unwrap();
        assert_eq!(identity.authcid(), JULIET);
    }
}

#[test]
fn absent_response_is_asked_for_and_an_empty_one_is_not() {
    let (channel, config) = (tls(juliet()), config());
    let cx = SelectCx::new(&channel).with_server(&config);
    let registry = Registry::default();
    for answer in [&b""[..], JULIET.as_bytes()] {
        let identity = server(&registry, &cx, &[None, Some(answer)], account).unwrap();
        assert_eq!(identity.authcid(), JULIET);
    }
    // The empty one is the client's message: what follows is one too many.
    let mut login = registry
        .begin("EXTERNAL", &cx, &mut Script::default())
        .unwrap();
    let outcome = login.start(Some(b"")).unwrap();
    assert!(matches!(outcome, Outcome::Lookup(Lookup::External { .. })));
    let failure = login.response(JULIET.as_bytes()).unwrap_err();
    assert_eq!(failure, Failure::OutOfOrder);
    // The client always sends one, and it may be empty.
    for (authzid, message) in [("", &b""[..]), (JULIET, JULIET.as_bytes())] {
        let credentials = Credentials::external().with_authzid(authzid);
        let mut client = registry
            .select(&["EXTERNAL"], &credentials, &cx, &mut Script::default())
            .unwrap();
        assert_eq!(client.initial().unwrap().as_deref(), Some(message));
    }
}

#[test]
fn account_that_does_not_exist_or_is_locked_is_refused() {
    let unknown = Peer::new().with_account("tybalt@example.org");
    refused(
        says(&unknown, b""),
        Failure::WrongCredentials,
        "not-authorized",
    );
    let (channel, config) = (tls(juliet()), config());
    let cx = SelectCx::new(&channel).with_server(&config);
    let registry = Registry::default();
    for (refusal, failure) in [
        (Refusal::AccountDisabled, Failure::AccountDisabled),
        (Refusal::CredentialsExpired, Failure::CredentialsExpired),
        (Refusal::Unavailable, Failure::Unavailable),
    ] {
        let result = server(&registry, &cx, &[Some(b"")], |_| Answer::Refuse(refusal));
        assert_eq!(result, Err(failure.clone()));
        let result = server(&registry, &cx, &[Some(b"x")], |_| Answer::Refuse(refusal));
        assert_eq!(result, Err(failure));
    }
    assert!(server(&registry, &cx, &[Some(b"")], account).is_ok());
}

#[test]
fn no_answer_names_anybody() {
    let (channel, config) = (tls(juliet()), config());
    let cx = SelectCx::new(&channel).with_server(&config);
    for message in [&b""[..], JULIET.as_bytes()] {
        let grant = |_| Answer::Grant {
            authcid: "romeo@example.org".to_owned(),
        };
        let result = server(&Registry::default(), &cx, &[Some(message)], grant);
        refused(result, Failure::WrongAnswer, "temporary-auth-failure");
    }
}

#[test]
fn malformed_authzid_is_refused() {
    for (message, malformed) in [
        (&b"juliet@example.org\0"[..], Malformed::Separators),
        (
            b"juliet@example.org\0romeo@example.org",
            Malformed::Separators,
        ),
        (b"juliet@example.org\xff", Malformed::Utf8),
        (&[b'a'; 3072], Malformed::TooLong),
    ] {
        refused(says(&juliet(), message), malformed, "malformed-request");
    }
    assert!(says(&juliet(), JULIET.as_bytes()).is_ok());
    let long = "a".repeat(3071);
    let result = says(&Peer::new().with_account(&long), long.as_bytes());
    refused(result, Failure::WrongCredentials, "not-authorized");
}

#[test]
fn offered_only_to_a_peer_with_a_name_by_a_server_that_answers() {
    let config = config();
    let offers = |channel: &ChannelSecurity, config: &ServerConfig| {
        let cx = SelectCx::new(channel).with_server(config);
        let offered = Registry::default().offered(&cx);
        let begun = Registry::default().begin("EXTERNAL", &cx, &mut Script::default());
        assert_eq!(offered.is_empty(), begun.is_err());
        if let Err(failure) = begun {
            let expected = match channel {
                ChannelSecurity::Plain => Failure::EncryptionRequired,
                _ => Failure::InvalidMechanism,
            };
            assert_eq!(failure, expected);
        }
        !offered.is_empty()
    };
    assert!(offers(&tls(juliet()), &config));
    assert!(offers(&ChannelSecurity::Vouched(juliet()), &config));
    for channel in [
        ChannelSecurity::Plain,
        ChannelSecurity::tls(),
        ChannelSecurity::TrustedProxyTls,
        tls_with_exporter(),
        ChannelSecurity::Vouched(Peer::new()),
        tls(Peer::new()),
        // A name of a host is no account.
        tls(Peer::new().with_domain("example.org")),
        tls(Peer::new().with_service("_xmpp-client", "example.org")),
    ] {
        assert!(!offers(&channel, &config), "{channel:?}");
    }
    assert!(!offers(&tls(juliet()), &ServerConfig::without_secret()));
    let cx = SelectCx::new(&ChannelSecurity::TrustedProxyTls).with_server(&config);
    assert_eq!(
        Registry::default().explain_offer(&cx).of("EXTERNAL"),
        Some(&Decision::Refused(Unavailable::UnknownPeer))
    );
}

#[test]
fn client_uses_it_only_with_the_credential_in_hand() {
    let tls = ChannelSecurity::tls();
    let cx = SelectCx::new(&tls);
    let registry = Registry::default();
    let offered = ["EXTERNAL", "SCRAM-SHA-1", "ANONYMOUS"];
    for (credentials, chosen) in [
        (Credentials::anonymous(), "ANONYMOUS"),
        (Credentials::password("user", "pencil"), "SCRAM-SHA-1"),
        (
            Credentials::password("user", "pencil").with(External),
            "EXTERNAL",
        ),
        (Credentials::external(), "EXTERNAL"),
    ] {
        let login = registry.select(&offered, &credentials, &cx, &mut Script::default());
        assert_eq!(login.unwrap().mechanism(), &chosen);
    }
    // Nothing secret is shown, but who listens could answer in the server's place.
    let cx = SelectCx::new(&ChannelSecurity::Plain);
    let none = registry
        .select(
            &offered,
            &Credentials::external(),
            &cx,
            &mut Script::default(),
        )
        .unwrap_err();
    assert_eq!(
        none.explanation().of("EXTERNAL"),
        Some(&Decision::Refused(Unavailable::NotConfidential))
    );
}

#[test]
fn client_refuses_a_challenge_data_with_the_success_and_nul() {
    let tls = ChannelSecurity::tls();
    let cx = SelectCx::new(&tls);
    let client = |authzid: &str| {
        let credentials = Credentials::external().with_authzid(authzid);
        Registry::default()
            .select(&["EXTERNAL"], &credentials, &cx, &mut Script::default())
            .unwrap()
    };
    let unexpected = LoginError::Malformed(Malformed::UnexpectedData);
    for data in [&b""[..], b"x"] {
        let mut login = client("");
        login.initial().unwrap();
        assert_eq!(login.challenge(data).unwrap_err(), unexpected);
        assert_eq!(login.success(None), Err(LoginError::OutOfOrder));
    }
    let mut login = client("");
    login.initial().unwrap();
    assert_eq!(login.success(Some(b"x")), Err(unexpected));
    let mut login = client("");
    login.initial().unwrap();
    assert_eq!(login.success(None), Ok(()));
    let error = client("a\0b").initial().unwrap_err();
    assert_eq!(error, LoginError::Credentials(PrepareError::Prohibited));
}

/// A server that speaks to servers.
fn server_says(peer: &Peer, from: Option<&str>, message: &[u8]) -> Result<Identity, Failure> {
    let (channel, config) = (tls(peer.clone()), config());
    let mut cx = SelectCx::new(&channel).with_server(&config);
    if let Some(from) = from {
        cx = cx.with_peer_name(from);
    }
    let registry = Registry::new().with(ExternalMechanism::for_servers("_xmpp-server"));
    server(&registry, &cx, &[Some(message)], |lookup| match lookup {
        Lookup::External { name } if name != "blocked.example.org" => Answer::Accept,
        _ => Answer::Refuse(Refusal::WrongCredentials),
    })
}

const HOST: &str = "conference.example.org";

#[test]
fn server_is_known_by_each_kind_of_name() {
    for peer in [
        Peer::new().with_domain(HOST),
        Peer::new().with_domain("*.example.org"),
        Peer::new().with_service("_xmpp-server", HOST),
        Peer::new().with_account(HOST),
    ] {
        for (from, message) in [
            (Some(HOST), ""),
            (Some(HOST), HOST),
            (None, HOST),
            (None, "Conference.Example.ORG"),
            (Some("CONFERENCE.example.org"), HOST),
        ] {
            let identity = server_says(&peer, from, message.as_bytes()).unwrap();
            assert_eq!(identity.authcid(), HOST);
            assert_eq!(identity.authzid().unwrap_or_default(), message);
        }
    }
}

#[test]
fn server_under_a_name_that_it_has_not_proven_is_refused() {
    let peer = Peer::new().with_domain(HOST);
    let wrong = |from, message: &str| server_says(&peer, from, message.as_bytes());
    // Not the name that the stream has.
    let other = wrong(Some(HOST), "example.org");
    refused(other, Failure::InvalidAuthzid, "invalid-authzid");
    refused(
        wrong(None, "example.org"),
        Failure::InvalidAuthzid,
        "invalid-authzid",
    );
    refused(wrong(None, ""), Failure::InvalidAuthzid, "invalid-authzid");
    refused(
        wrong(None, "*.example.org"),
        Failure::InvalidAuthzid,
        "invalid-authzid",
    );
    // It is not even offered.
    let other = wrong(Some("example.org"), "");
    refused(other, Failure::InvalidMechanism, "invalid-mechanism");
    assert!(wrong(Some(HOST), "").is_ok());
    // A certificate for clients' service, a user's, and one whose owner is blocked.
    for peer in [
        Peer::new().with_service("_xmpp-client", HOST),
        Peer::new().with_account("user@conference.example.org"),
    ] {
        let result = server_says(&peer, None, HOST.as_bytes());
        refused(result, Failure::InvalidAuthzid, "invalid-authzid");
    }
    let blocked = Peer::new().with_domain("*.example.org");
    let result = server_says(&blocked, Some("blocked.example.org"), b"");
    refused(result, Failure::WrongCredentials, "not-authorized");
}
