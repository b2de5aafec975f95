//! Attacks on the hashed-token mechanisms, both sides. Each has a twin that differs in the attacked field only and is
//! accepted.

mod common;

use common::{Script, tls_with_exporter};
use xmpp_sasl::*;

const TOKEN: &str = "WXZzciBwYmFmdmZnZiBqdmd1IGp2eXFhcmZm";
const NONE: &str = "HT-SHA-256-NONE";
const EXPR: &str = "HT-SHA-256-EXPR";
const ALL: [&str; 4] = [EXPR, "HT-SHA-256-UNIQ", "HT-SHA-256-ENDP", NONE];

fn name(name: &str) -> MechanismName {
    MechanismName::new(name).unwrap()
}

fn key(mechanism: &str) -> HtKey {
    HtKey::new(name(mechanism), TOKEN).unwrap()
}

fn current(key: HtKey) -> Answer {
    Answer::HtTokens(HtTokens::new(Some(key), None))
}

fn credentials(mechanism: &str) -> Credentials {
    Credentials::new().with(HtToken::new("juliet", TOKEN, name(mechanism)))
}

fn config() -> ServerConfig {
    ServerConfig::without_secret().answers([LookupKind::HT_SHA_256])
}

/// TLS with binding data of every type.
fn channel() -> ChannelSecurity {
    let binding = |kind, byte| ChannelBinding::new(kind, [byte; 32]);
    ChannelSecurity::Tls(
        TlsChannel::new()
            .with_version(TlsVersion::V1_2)
            .with_binding(binding(ChannelBindingType::TlsExporter, 1))
            .with_binding(binding(ChannelBindingType::TlsUnique, 2))
            .with_binding(binding(ChannelBindingType::TlsServerEndPoint, 3)),
    )
}

/// A client that has sent its message, and that message.
fn client(mechanism: &str, channel: &ChannelSecurity) -> (ClientLogin, Vec<u8>) {
    let cx = SelectCx::new(channel);
    let credentials = credentials(mechanism);
    let mut client = Registry::default()
        .select(&[mechanism], &credentials, &cx, &mut Script::default())
        .unwrap();
    let message = client.initial().unwrap().unwrap();
    (client, message)
}

/// What a server says to `message` over `channel`.
fn answered(
    mechanism: &str,
    channel: &ChannelSecurity,
    message: &[u8],
    answer: Answer,
) -> Result<Outcome, Failure> {
    let config = config();
    let cx = SelectCx::new(channel).with_server(&config);
    let mut server = Registry::default().begin(mechanism, &cx, &mut Script::default())?;
    let mut result = server.start(Some(message));
    if let Ok(Outcome::Lookup(_)) = result {
        result = server.resolve(answer);
    }
    if result.is_err() {
        // Any call after an error gives an error.
        assert_eq!(server.response(message).unwrap_err(), Failure::OutOfOrder);
        assert_eq!(
            server.resolve(current(key(mechanism))).unwrap_err(),
            Failure::WrongAnswer
        );
        assert!(server.export::<HtUsed>().is_none());
    }
    result
}

fn said(mechanism: &str, change: impl Fn(&mut Vec<u8>)) -> Result<Outcome, Failure> {
    let (_, mut message) = client(mechanism, &channel());
    change(&mut message);
    answered(mechanism, &channel(), &message, current(key(mechanism)))
}

/// Asserts variant and wire condition.
fn refused(result: Result<Outcome, Failure>, failure: impl Into<Failure>, condition: &str) {
    let (got, failure) = (result.unwrap_err(), failure.into());
    assert_eq!(got, failure);
    assert_eq!(got.condition(), condition);
}

fn proof(result: Result<Outcome, Failure>) -> Vec<u8> {
    match result.unwrap() {
        Outcome::Success { identity, data } => {
            assert_eq!(identity.authcid(), "juliet");
            data.unwrap()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn hashed_token_without_channel_security_is_no_candidate() {
    let (registry, config) = (Registry::default(), config());
    for mechanism in ALL {
        let cx = SelectCx::new(&ChannelSecurity::Plain).with_server(&config);
        let failure = registry
            .begin(mechanism, &cx, &mut Script::default())
            .unwrap_err();
        assert_eq!(failure, Failure::EncryptionRequired);
        assert_eq!(failure.condition(), "encryption-required");
        assert!(registry.offered(&cx).is_empty());
        let explanation = registry.explain(&[mechanism], &credentials(mechanism), &cx);
        assert_eq!(
            explanation.of(mechanism),
            Some(&Decision::Refused(Unavailable::NotConfidential))
        );

        let channel = channel();
        let cx = SelectCx::new(&channel).with_server(&config);
        assert!(
            registry
                .begin(mechanism, &cx, &mut Script::default())
                .is_ok()
        );
        assert_eq!(registry.offered(&cx), ALL);
        let explanation = registry.explain(&[mechanism], &credentials(mechanism), &cx);
        assert_eq!(explanation.of(mechanism), Some(&Decision::Chosen));
    }
}

#[test]
fn binding_data_is_of_the_mechanisms_type_and_no_other() {
    let (registry, config) = (Registry::default(), config());
    let offer = |channel: &ChannelSecurity| {
        let names = registry.offered(&SelectCx::new(channel).with_server(&config));
        names
            .iter()
            .map(MechanismName::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(offer(&ChannelSecurity::tls()), [NONE]);
    assert_eq!(offer(&ChannelSecurity::TrustedProxyTls), [NONE]);
    assert_eq!(offer(&tls_with_exporter()), [EXPR, NONE]);
    let end_point = ChannelBinding::new(ChannelBindingType::TlsServerEndPoint, [3; 32]);
    let end_point = ChannelSecurity::Tls(TlsChannel::new().with_binding(end_point));
    assert_eq!(offer(&end_point), ["HT-SHA-256-ENDP", NONE]);
    let cx = SelectCx::new(&end_point);
    let explanation = registry.explain(&[EXPR], &credentials(EXPR), &cx);
    assert_eq!(
        explanation.of(EXPR),
        Some(&Decision::Refused(Unavailable::NoChannelBinding))
    );
    // Binding data of no bytes binds nothing.
    let empty = ChannelBinding::new(ChannelBindingType::TlsExporter, []);
    let empty = ChannelSecurity::Tls(TlsChannel::new().with_binding(empty));
    assert_eq!(offer(&empty), [NONE]);
}

#[test]
fn token_is_a_candidate_for_its_own_mechanism_only() {
    let channel = channel();
    let cx = SelectCx::new(&channel);
    let explanation = Registry::default().explain(&ALL, &credentials(NONE), &cx);
    assert_eq!(explanation.of(NONE), Some(&Decision::Chosen));
    assert_eq!(
        explanation.of(EXPR).unwrap().to_string(),
        "refused: the token in hand was issued for HT-SHA-256-NONE"
    );
    // It carries no authorization identity, and none may get lost.
    let acting = credentials(NONE).with_authzid("romeo@example.org");
    let explanation = Registry::default().explain(&ALL, &acting, &cx);
    assert_eq!(
        explanation.of(NONE).unwrap().to_string(),
        "refused: it carries no authorization identity"
    );
    // A password is no token.
    let password = Credentials::password("juliet", TOKEN);
    let explanation = Registry::default().explain(&ALL, &password, &cx);
    assert!(matches!(
        explanation.of(NONE),
        Some(Decision::Refused(Unavailable::Credentials { .. }))
    ));
}

#[test]
fn token_comes_before_the_password_unless_only_the_password_binds_the_channel() {
    let offered = [EXPR, NONE, "SCRAM-SHA-512", "SCRAM-SHA-512-PLUS", "PLAIN"];
    let chosen = |mechanism: &str, channel: &ChannelSecurity| {
        let credentials = credentials(mechanism).with(Password::new("juliet", "r0m30myr0m30"));
        let cx = SelectCx::new(channel);
        let login = Registry::default().select(&offered, &credentials, &cx, &mut Script::default());
        login.unwrap().mechanism().to_string()
    };
    assert_eq!(chosen(EXPR, &channel()), EXPR);
    assert_eq!(chosen(NONE, &channel()), "SCRAM-SHA-512-PLUS");
    assert_eq!(chosen(NONE, &ChannelSecurity::tls()), NONE);
    assert_eq!(chosen(EXPR, &ChannelSecurity::tls()), "SCRAM-SHA-512");
}

#[test]
fn wrong_hashed_token_is_refused_bit_by_bit() {
    for mechanism in ALL {
        proof(said(mechanism, |_| {}));
        for bit in 0..256 {
            let result = said(mechanism, |message| message[7 + bit / 8] ^= 1 << (bit % 8));
            refused(result, Failure::WrongCredentials, "not-authorized");
        }
    }
}

#[test]
fn hashed_token_of_another_channel_is_refused() {
    let other = tls_with_exporter();
    let (_, message) = client(EXPR, &other);
    let result = answered(EXPR, &channel(), &message, current(key(EXPR)));
    refused(result, Failure::WrongCredentials, "not-authorized");
    proof(answered(EXPR, &other, &message, current(key(EXPR))));
}

#[test]
fn token_of_another_mechanism_is_refused() {
    let (_, message) = client(NONE, &channel());
    let result = answered(NONE, &channel(), &message, current(key(EXPR)));
    refused(result, Failure::ForeignToken, "not-authorized");
    proof(answered(NONE, &channel(), &message, current(key(NONE))));
}

#[test]
fn servers_proof_is_not_the_clients() {
    // What the server answers, sent back to it.
    let (_, message) = client(NONE, &channel());
    let proof = proof(answered(NONE, &channel(), &message, current(key(NONE))));
    let mut reflected = b"juliet\0".to_vec();
    reflected.extend(&proof);
    let result = answered(NONE, &channel(), &reflected, current(key(NONE)));
    refused(result, Failure::WrongCredentials, "not-authorized");
    // And the client's, sent back to the client.
    let (mut client, message) = client(NONE, &channel());
    let error = client.success(Some(&message[7..])).unwrap_err();
    assert_eq!(error, LoginError::MutualAuth(MutualAuthError::Wrong));
}

#[test]
fn refused_token_is_told_to_its_owner_only() {
    for (refusal, failure, condition) in [
        (
            Refusal::CredentialsExpired,
            Failure::CredentialsExpired,
            "credentials-expired",
        ),
        (
            Refusal::AccountDisabled,
            Failure::AccountDisabled,
            "account-disabled",
        ),
        (Refusal::Replayed, Failure::Replayed, "not-authorized"),
    ] {
        let (_, mut message) = client(NONE, &channel());
        let answer = || current(key(NONE).refused(refusal));
        refused(
            answered(NONE, &channel(), &message, answer()),
            failure,
            condition,
        );
        message[7] ^= 1;
        let result = answered(NONE, &channel(), &message, answer());
        refused(result, Failure::WrongCredentials, "not-authorized");
    }
}

#[test]
fn unknown_user_fails_as_a_wrong_token_does() {
    let (_, message) = client(NONE, &channel());
    let other = HtKey::new(name(NONE), "another-token-of-juliet").unwrap();
    for answer in [
        Answer::UnknownUser,
        Answer::HtTokens(HtTokens::default()),
        current(other.clone()),
        Answer::HtTokens(HtTokens::new(Some(other.clone()), Some(other.clone()))),
    ] {
        let result = answered(NONE, &channel(), &message, answer);
        refused(result, Failure::WrongCredentials, "not-authorized");
    }
    // Either slot will do.
    for tokens in [
        HtTokens::new(Some(key(NONE)), Some(other.clone())),
        HtTokens::new(Some(other), Some(key(NONE))),
    ] {
        proof(answered(
            NONE,
            &channel(),
            &message,
            Answer::HtTokens(tokens),
        ));
    }
}

#[test]
fn malformed_message_is_refused() {
    let mac = |message: &mut Vec<u8>| message.split_off(6);
    let malformed = |change: &dyn Fn(&mut Vec<u8>), how: Malformed| {
        refused(said(NONE, change), how, "malformed-request");
    };
    malformed(&|message| message.clear(), Malformed::Separators);
    malformed(&|message| message.truncate(6), Malformed::Separators);
    malformed(&|message| message.truncate(7), Malformed::HashedToken);
    malformed(&|message| message.truncate(38), Malformed::HashedToken);
    malformed(&|message| message.push(0), Malformed::HashedToken);
    malformed(&|message| message.insert(6, 0), Malformed::HashedToken);
    malformed(&|message| *message = mac(message), Malformed::Preparation);
    malformed(&|message| message[0] = 0xff, Malformed::Utf8);
    malformed(&|message| message[0] = 7, Malformed::Preparation);
    let long = |bytes: usize| {
        said(NONE, |message| {
            let mac = mac(message);
            *message = vec![b'x'; bytes];
            message.extend(mac);
        })
    };
    assert!(long(1_023).is_ok());
    refused(long(1_024), Malformed::TooLong, "malformed-request");
    proof(said(NONE, |_| {}));
}

#[test]
fn name_is_prepared() {
    let token = HtToken::new("\u{2168}", TOKEN, name(NONE));
    let tls = ChannelSecurity::tls();
    let credentials = Credentials::new().with(token);
    let mut client = Registry::default()
        .select(
            &[NONE],
            &credentials,
            &SelectCx::new(&tls),
            &mut Script::default(),
        )
        .unwrap();
    assert!(client.initial().unwrap().unwrap().starts_with(b"IX\0"));
    let initial = |authcid: &str, token: &str| {
        let credentials = Credentials::new().with(HtToken::new(authcid, token, name(NONE)));
        Registry::default()
            .select(
                &[NONE],
                &credentials,
                &SelectCx::new(&tls),
                &mut Script::default(),
            )
            .unwrap()
            .initial()
    };
    assert!(initial("juliet", TOKEN).is_ok());
    for (authcid, token, error) in [
        ("", TOKEN, PrepareError::Empty),
        ("juliet", "", PrepareError::Empty),
        ("a\0b", TOKEN, PrepareError::Prohibited),
        ("a\u{7}", TOKEN, PrepareError::Prohibited),
    ] {
        assert_eq!(initial(authcid, token), Err(LoginError::Credentials(error)));
    }
}

#[test]
fn success_without_or_with_a_wrong_proof_is_refused_sas_5() {
    for mechanism in ALL {
        let (_, message) = client(mechanism, &channel());
        let right = proof(answered(
            mechanism,
            &channel(),
            &message,
            current(key(mechanism)),
        ));
        let success = |data: Option<&[u8]>| {
            let (mut client, _) = client(mechanism, &channel());
            let result = client.success(data);
            assert_eq!(client.is_done(), result.is_ok());
            if result.is_err() {
                assert_eq!(
                    client.success(Some(&right)).unwrap_err(),
                    LoginError::OutOfOrder
                );
            }
            result
        };
        success(Some(&right)).unwrap();
        for missing in [None, Some(&b""[..])] {
            let error = success(missing).unwrap_err();
            assert_eq!(error, LoginError::MutualAuth(MutualAuthError::Missing));
        }
        for bit in (0..256).step_by(17) {
            let mut wrong = right.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let error = success(Some(&wrong)).unwrap_err();
            assert_eq!(error, LoginError::MutualAuth(MutualAuthError::Wrong));
        }
        let longer = [&right[..], b"\0"].concat();
        for wrong in [&right[..31], &longer] {
            let error = success(Some(wrong)).unwrap_err();
            assert_eq!(error, LoginError::MutualAuth(MutualAuthError::Wrong));
        }
    }
}

#[test]
fn proof_in_a_challenge_is_as_good_as_with_the_success() {
    let (mut client, message) = client(NONE, &channel());
    let right = proof(answered(NONE, &channel(), &message, current(key(NONE))));
    let ClientStep::Respond(response) = client.challenge(&right).unwrap() else {
        panic!();
    };
    assert_eq!(response, b"");
    client.success(None).unwrap();

    let challenged = || {
        let (mut client, _) = self::client(NONE, &channel());
        let _ = client.challenge(&right).unwrap();
        client
    };
    let error = challenged().success(Some(&right)).unwrap_err();
    assert_eq!(error, LoginError::Malformed(Malformed::UnexpectedData));
    let error = challenged().challenge(&right).unwrap_err();
    assert_eq!(error, LoginError::Malformed(Malformed::UnexpectedData));
    let (mut client, _) = self::client(NONE, &channel());
    let error = client.challenge(b"").unwrap_err();
    assert_eq!(error, LoginError::MutualAuth(MutualAuthError::Wrong));
}

#[test]
fn token_that_can_be_guessed_is_not_taken() {
    assert_eq!(HtKey::new(name(NONE), "").unwrap_err(), TooShortToken);
    assert_eq!(
        HtKey::new(name(NONE), "x".repeat(15)).unwrap_err(),
        TooShortToken
    );
    assert!(HtKey::new(name(NONE), "x".repeat(16)).is_ok());
}

#[test]
fn answers_that_do_not_fit_are_the_callers_mistake() {
    let (_, message) = client(NONE, &channel());
    for answer in [
        Answer::Accept,
        Answer::Grant {
            authcid: "juliet".to_owned(),
        },
        Answer::custom(1),
    ] {
        let failure = answered(NONE, &channel(), &message, answer).unwrap_err();
        assert!(failure.is_misuse());
        assert_eq!(failure.condition(), "temporary-auth-failure");
    }
    let refuse = Answer::Refuse(Refusal::Unavailable);
    let result = answered(NONE, &channel(), &message, refuse);
    refused(result, Failure::Unavailable, "temporary-auth-failure");
}

#[test]
fn secrets_never_print() {
    let token = HtToken::new("juliet", TOKEN, name(NONE));
    let (_, message) = client(NONE, &channel());
    let (config, channel) = (config(), channel());
    let cx = SelectCx::new(&channel).with_server(&config);
    let mut server = Registry::default()
        .begin(NONE, &cx, &mut Script::default())
        .unwrap();
    let lookup = server.start(Some(&message)).unwrap();
    let answer = current(key(NONE));
    let before = format!("{token:?} {:?} {answer:?} {lookup:?}", key(NONE));
    let _ = server.resolve(answer).unwrap();
    let after = format!("{server:?} {:?}", server.export::<HtUsed>().unwrap());
    let printed = [before, after].concat();
    assert!(!printed.contains(TOKEN), "{printed}");
}
