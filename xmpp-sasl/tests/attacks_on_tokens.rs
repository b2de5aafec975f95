//! Attacks on OAUTHBEARER and X-OAUTH2, both sides. Each has a twin that differs in the attacked field only and is
//! accepted.

mod common;

use common::{Script, lax};
use xmpp_sasl::*;

const TOKEN: &str = "mF_9.B5f-4.1JqM";

fn config() -> ServerConfig {
    ServerConfig::without_secret().answers([LookupKind::TOKEN])
}

/// `user` has one token; the names that the client says are not looked at.
fn answer(lookup: Lookup) -> Answer {
    match lookup {
        Lookup::Token(check) if check.token() == TOKEN => check.accept("user"),
        Lookup::Token(check) => check.refuse(),
        Lookup::Authorize { authcid, authzid } if authzid == format!("{authcid}@example.org") => {
            Answer::Accept
        }
        _ => Answer::UnknownUser,
    }
}

/// What comes of one message, where every lookup is answered by `answer`.
fn answered(
    mechanism: &str,
    message: &[u8],
    answer: impl Fn(Lookup) -> Answer,
) -> (ServerLogin, Result<Outcome, Failure>) {
    let (config, tls) = (config(), ChannelSecurity::tls());
    let cx = SelectCx::new(&tls).with_server(&config);
    let mut server = Registry::default()
        .begin(mechanism, &cx, &mut Script::default())
        .unwrap();
    let mut result = server.start(Some(message));
    while let Ok(Outcome::Lookup(lookup)) = result {
        result = server.resolve(answer(lookup));
    }
    if result.is_err() {
        still_failed(&mut server, message);
    }
    (server, result)
}

/// Any call after an error gives an error.
fn still_failed(server: &mut ServerLogin, message: &[u8]) {
    assert_eq!(server.response(message).unwrap_err(), Failure::OutOfOrder);
    assert_eq!(
        server.resolve(Answer::Accept).unwrap_err(),
        Failure::WrongAnswer
    );
    assert_eq!(server.start(None).unwrap_err(), Failure::OutOfOrder);
    assert!(server.export::<HtUsed>().is_none());
}

/// The bytes of an OAUTHBEARER message, where `^` stands for the separator.
fn message(text: &str) -> Vec<u8> {
    text.replace('^', "\u{1}").into_bytes()
}

fn bearer(text: &str) -> Result<Outcome, Failure> {
    answered("OAUTHBEARER", &message(text), answer).1
}

fn x_oauth2(text: &str) -> Result<Outcome, Failure> {
    answered("X-OAUTH2", text.as_bytes(), answer).1
}

fn is_in(result: Result<Outcome, Failure>) -> Identity {
    match result.unwrap() {
        Outcome::Success { identity, data } => {
            assert_eq!(data, None);
            identity
        }
        other => panic!("{other:?}"),
    }
}

/// Asserts variant and wire condition.
fn refused(result: Result<Outcome, Failure>, failure: impl Into<Failure>, condition: &str) {
    let (got, failure) = (result.unwrap_err(), failure.into());
    assert_eq!(got, failure);
    assert_eq!(got.condition(), condition);
}

fn malformed(result: Result<Outcome, Failure>, how: Malformed) {
    refused(result, how, "malformed-request");
}

#[test]
fn token_without_channel_security_is_no_candidate() {
    let (config, registry) = (config(), Registry::default());
    let credentials = Credentials::new().with(BearerToken::new(TOKEN).with_authcid("user"));
    for name in ["OAUTHBEARER", "X-OAUTH2"] {
        for (channel, fine) in [
            (ChannelSecurity::Plain, false),
            (ChannelSecurity::tls(), true),
            (ChannelSecurity::TrustedProxyTls, true),
        ] {
            let cx = SelectCx::new(&channel).with_server(&config);
            assert_eq!(
                registry.offered(&cx).iter().any(|other| *other == name),
                fine
            );
            let begun = registry.begin(name, &cx, &mut Script::default());
            let selected = registry.select(&[name], &credentials, &cx, &mut Script::default());
            if fine {
                begun.unwrap();
                selected.unwrap();
                continue;
            }
            let failure = begun.unwrap_err();
            assert_eq!(failure, Failure::EncryptionRequired);
            assert_eq!(failure.condition(), "encryption-required");
            assert_eq!(
                selected.unwrap_err().explanation().of(name),
                Some(&Decision::Refused(Unavailable::NotConfidential))
            );
        }
    }
}

#[test]
fn token_mechanisms_are_used_only_with_a_token_and_offered_only_where_one_is_checked() {
    let (tls, registry) = (ChannelSecurity::tls(), Registry::default());
    let offered = ["OAUTHBEARER", "X-OAUTH2", "PLAIN"];
    let choose = |credentials: &Credentials| {
        let policy = lax();
        let cx = SelectCx::new(&tls).with_policy(&policy);
        let login = registry.select(&offered, credentials, &cx, &mut Script::default());
        login.map(|login| login.mechanism().to_string())
    };
    let password = Credentials::password("user", "pencil");
    assert_eq!(choose(&password).unwrap(), "PLAIN");
    let token = Credentials::new().with(BearerToken::new(TOKEN));
    assert_eq!(choose(&token).unwrap(), "OAUTHBEARER");
    assert!(choose(&Credentials::anonymous()).is_err());
    // X-OAUTH2 has to say whose token it is.
    let cx = SelectCx::new(&tls);
    let explanation = registry.explain(&["X-OAUTH2"], &token, &cx);
    assert_eq!(
        explanation.of("X-OAUTH2").unwrap().to_string(),
        "refused: the token in hand does not say whose it is"
    );
    let named = Credentials::new().with(BearerToken::new(TOKEN).with_authcid("user"));
    let explanation = registry.explain(&["X-OAUTH2"], &named, &cx);
    assert_eq!(explanation.of("X-OAUTH2"), Some(&Decision::Chosen));

    let config = ServerConfig::new([7; 32]).answers([LookupKind::PASSWORD]);
    let cx = SelectCx::new(&tls).with_server(&config);
    assert_eq!(registry.offered(&cx), ["PLAIN"]);
    let config = config.answers([LookupKind::TOKEN]);
    let cx = SelectCx::new(&tls).with_server(&config);
    assert_eq!(registry.offered(&cx), ["OAUTHBEARER", "X-OAUTH2", "PLAIN"]);
}

#[test]
fn token_decides_who_it_is_and_the_names_beside_it_are_claims() {
    assert_eq!(
        is_in(bearer("n,,^auth=Bearer mF_9.B5f-4.1JqM^^")).authcid(),
        "user"
    );
    let identity = is_in(bearer(
        "n,a=user@example.org,^auth=Bearer mF_9.B5f-4.1JqM^^",
    ));
    assert_eq!(identity.authcid(), "user");
    assert_eq!(identity.authzid(), Some("user@example.org"));
    let other = bearer("n,a=admin@example.org,^auth=Bearer mF_9.B5f-4.1JqM^^");
    refused(other, Failure::InvalidAuthzid, "invalid-authzid");

    for name in ["", "user"] {
        let identity = is_in(x_oauth2(&format!("\0{name}\0{TOKEN}")));
        assert_eq!((identity.authcid(), identity.authzid()), ("user", None));
    }
    // Strophe.js writes the address where ejabberd reads a name.
    let identity = is_in(x_oauth2(&format!("\0user@example.org\0{TOKEN}")));
    assert_eq!(identity.authzid(), Some("user@example.org"));
    let identity = is_in(x_oauth2(&format!("user@example.org\0user\0{TOKEN}")));
    assert_eq!(identity.authzid(), Some("user@example.org"));
    let other = x_oauth2(&format!("\0admin\0{TOKEN}"));
    refused(other, Failure::InvalidAuthzid, "invalid-authzid");
    let other = x_oauth2(&format!("user@example.org\0admin\0{TOKEN}"));
    refused(other, Failure::WrongCredentials, "not-authorized");
}

#[test]
fn wrong_token_is_told_by_the_error_and_then_by_the_failure() {
    for (refusal, failure, condition) in [
        (
            Refusal::WrongCredentials,
            Failure::WrongCredentials,
            "not-authorized",
        ),
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
        let message = message("n,,^auth=Bearer wrong^^");
        let refuse = |_| Answer::Refuse(refusal);
        let (mut server, result) = answered("OAUTHBEARER", &message, refuse);
        let Outcome::Challenge(challenge) = result.unwrap() else {
            panic!();
        };
        assert_eq!(challenge, b"{\"status\":\"invalid_token\"}");
        refused(server.response(b"\x01"), failure.clone(), condition);
        still_failed(&mut server, b"\x01");
        let (_, result) = answered("X-OAUTH2", b"\0user\0wrong", refuse);
        refused(result, failure, condition);
    }
    // An unknown user is no other case.
    let (mut server, _) = answered("OAUTHBEARER", &message("n,,^auth=Bearer x^^"), |_| {
        Answer::UnknownUser
    });
    refused(
        server.response(b"\x01"),
        Failure::WrongCredentials,
        "not-authorized",
    );
}

#[test]
fn nobody_logs_in_after_the_error() {
    let wrong = message("n,,^auth=Bearer wrong^^");
    let right = message("n,,^auth=Bearer mF_9.B5f-4.1JqM^^");
    for after in [&right[..], b"", b"\x01\x01", b"\x01\n", b"n,,\x01\x01"] {
        let (mut server, result) = answered("OAUTHBEARER", &wrong, answer);
        assert!(matches!(result, Ok(Outcome::Challenge(_))));
        malformed(server.response(after), Malformed::UnexpectedData);
        still_failed(&mut server, &right);
    }
    is_in(answered("OAUTHBEARER", &right, answer).1);
}

#[test]
fn unavailable_checker_says_nothing_of_the_token() {
    for (mechanism, first) in [
        ("OAUTHBEARER", message("n,,^auth=Bearer mF_9.B5f-4.1JqM^^")),
        ("X-OAUTH2", b"\0user\0mF_9.B5f-4.1JqM".to_vec()),
    ] {
        let (_, result) = answered(mechanism, &first, |_| Answer::Refuse(Refusal::Unavailable));
        refused(result, Failure::Unavailable, "temporary-auth-failure");
        is_in(answered(mechanism, &first, answer).1);
    }
}

#[test]
fn answers_that_do_not_fit_are_the_callers_mistake() {
    let wrong: [fn() -> Answer; 3] = [
        || Answer::Accept,
        || Answer::custom(1),
        || Answer::HtTokens(HtTokens::default()),
    ];
    for answer in wrong {
        for (mechanism, first) in [
            ("OAUTHBEARER", message("n,,^auth=Bearer x^^")),
            ("X-OAUTH2", b"\0user\0x".to_vec()),
        ] {
            let (_, result) = answered(mechanism, &first, |_| answer());
            let failure = result.unwrap_err();
            assert!(failure.is_misuse());
            assert_eq!(failure.condition(), "temporary-auth-failure");
        }
    }
    // A token of nobody.
    for (mechanism, first) in [
        ("OAUTHBEARER", message("n,,^auth=Bearer x^^")),
        ("X-OAUTH2", b"\0\0x".to_vec()),
    ] {
        let nobody = |_| Answer::Grant {
            authcid: String::new(),
        };
        let (_, result) = answered(mechanism, &first, nobody);
        refused(result, Failure::WrongCredentials, "not-authorized");
    }
}

#[test]
fn header_is_checked_and_binds_no_channel() {
    for header in [
        "",
        "n",
        "n,",
        "N,,",
        "x,,",
        ",,",
        "p=tls-exporter,,",
        "n,x=y,",
        "F,n,,",
        "n,user,",
    ] {
        let result = bearer(&format!("{header}^auth=Bearer {TOKEN}^^"));
        malformed(result, Malformed::Gs2Header);
    }
    for header in ["n,,", "y,,", "n,a=user@example.org,"] {
        is_in(bearer(&format!("{header}^auth=Bearer {TOKEN}^^")));
    }
}

#[test]
fn wrongly_escaped_name_is_refused() {
    for name in ["a=2cb", "a=b", "", "a=3d", "=2"] {
        let result = bearer(&format!("n,a={name},^auth=Bearer {TOKEN}^^"));
        malformed(result, Malformed::Escape);
    }
    // An unescaped comma ends the header.
    let result = bearer(&format!("n,a=a,b,^auth=Bearer {TOKEN}^^"));
    malformed(result, Malformed::Separators);
    let message = message(&format!("n,a=a=2Cb=3Dc,^auth=Bearer {TOKEN}^^"));
    let result = answered("OAUTHBEARER", &message, |lookup| match lookup {
        Lookup::Token(check) => {
            assert_eq!(check.claimed(), Some("a,b=c"));
            check.accept("user")
        }
        _ => Answer::Accept,
    });
    assert_eq!(is_in(result.1).authzid(), Some("a,b=c"));
}

#[test]
fn misplaced_or_missing_separators_are_refused() {
    for text in [
        "n,,",
        "n,,^",
        "n,,auth=Bearer x^^",
        "n,,^auth=Bearer x^",
        "n,,^auth=Bearer x",
        "n,,^auth=Bearer x^^ ",
    ] {
        malformed(bearer(text), Malformed::Separators);
    }
    for text in [
        "n,,^^auth=Bearer x^^",
        "n,,^auth=Bearer x^^^",
        "n,,^auth^^",
        "n,,^=x^^",
    ] {
        malformed(bearer(text), Malformed::Attributes);
    }
    is_in(bearer(&format!("n,,^auth=Bearer {TOKEN}^^")));
}

#[test]
fn repeated_or_missing_pairs_are_refused_and_unknown_ones_are_not() {
    let with = |pairs: &str| bearer(&format!("n,,^auth=Bearer {TOKEN}^{pairs}^"));
    for pairs in [
        &*format!("auth=Bearer {TOKEN}^"),
        "auth=^",
        "host=a^host=a^",
        "host=a^x=y^host=b^",
        "x=1^x=1^",
        "port=1^port=1^",
        "a1=x^",
        "a-b=x^",
        " x=y^",
    ] {
        malformed(with(pairs), Malformed::Attributes);
    }
    for missing in ["n,,^^", "n,,^host=a^^", "n,,^Auth=Bearer x^^"] {
        malformed(bearer(missing), Malformed::Attributes);
    }
    for pairs in [
        "",
        "x=y^",
        "host=a^port=5222^x=^",
        "mthd=POST^qs=a=b c\r\n\t^",
    ] {
        is_in(with(pairs));
    }
}

#[test]
fn value_outside_the_grammar_is_refused() {
    for value in ["a\0b", "ü", "\u{7f}", "\u{2}"] {
        malformed(
            bearer(&format!("n,,^host={value}^auth=Bearer {TOKEN}^^")),
            Malformed::Attributes,
        );
    }
    for port in ["", "0", "05", "+5222", "65536", "x", "-1", "5222 "] {
        malformed(
            bearer(&format!("n,,^port={port}^auth=Bearer {TOKEN}^^")),
            Malformed::Attributes,
        );
    }
    is_in(bearer(&format!(
        "n,,^host=a^port=65535^auth=Bearer {TOKEN}^^"
    )));
}

#[test]
fn authorization_that_is_no_bearer_token_is_refused() {
    for header in [
        "Bearer",
        "Bearer ",
        "Bearer  ",
        "Basic dXNlcjpwZW5jaWw=",
        "Bearer a b",
        "Bearer a ",
        "Bearer\tx",
        " Bearer x",
        "Bearerx",
        "MAC x",
        " ",
    ] {
        malformed(
            bearer(&format!("n,,^auth={header}^^")),
            Malformed::Authorization,
        );
    }
    for scheme in ["Bearer ", "bearer ", "BEARER ", "Bearer   "] {
        is_in(bearer(&format!("n,,^auth={scheme}{TOKEN}^^")));
    }
}

#[test]
fn x_oauth2_with_a_wrong_number_of_nuls_or_no_token_is_refused() {
    for message in [
        "",
        "user",
        "user\0token",
        "\0user\0token\0",
        "\0user\0to\0ken",
    ] {
        malformed(x_oauth2(message), Malformed::Separators);
    }
    for token in ["", " ", "a b", "a\n", "ü"] {
        malformed(
            x_oauth2(&format!("\0user\0{token}")),
            Malformed::Authorization,
        );
    }
    for name in ["\u{7}", "\u{ad}", "\u{627}1"] {
        malformed(
            x_oauth2(&format!("\0{name}\0{TOKEN}")),
            Malformed::Preparation,
        );
    }
    is_in(x_oauth2(&format!("\0user\0{TOKEN}")));
}

#[test]
fn not_utf8_is_refused() {
    for mechanism in ["OAUTHBEARER", "X-OAUTH2"] {
        for message in [&b"n,,\x01auth=Bearer \xff\x01\x01"[..], b"\0user\0\xff"] {
            malformed(answered(mechanism, message, answer).1, Malformed::Utf8);
        }
    }
}

#[test]
fn message_length_and_number_of_pairs_are_limited() {
    let text = |bytes: usize| {
        let pad = "x".repeat(bytes - 36);
        format!("n,,^x={pad}^auth=Bearer {TOKEN}^^")
    };
    assert_eq!(message(&text(16_384)).len(), 16_384);
    is_in(bearer(&text(16_384)));
    malformed(bearer(&text(16_385)), Malformed::TooLong);
    let x_oauth2 = |bytes: usize| {
        let message = format!("\0user\0{}", "x".repeat(bytes - 6));
        let take_any = |lookup| match lookup {
            Lookup::Token(check) => check.accept("user"),
            _ => Answer::UnknownUser,
        };
        answered("X-OAUTH2", message.as_bytes(), take_any).1
    };
    is_in(x_oauth2(16_384));
    malformed(x_oauth2(16_385), Malformed::TooLong);

    let pairs = |count: usize| {
        let key = |at: usize| "x".repeat(at + 1);
        let pairs: Vec<_> = (0..count).map(|at| format!("{}=1^", key(at))).collect();
        let pairs = pairs.concat();
        bearer(&format!("n,,^auth=Bearer {TOKEN}^{pairs}^"))
    };
    is_in(pairs(31));
    malformed(pairs(32), Malformed::TooLong);
}

/// A client that has shown its token.
fn shown() -> ClientLogin {
    let tls = ChannelSecurity::tls();
    let credentials = Credentials::new().with(BearerToken::new(TOKEN));
    let mut client = Registry::default()
        .select(
            &["OAUTHBEARER"],
            &credentials,
            &SelectCx::new(&tls),
            &mut Script::default(),
        )
        .unwrap();
    client.initial().unwrap().unwrap();
    client
}

#[test]
fn client_does_not_believe_a_success_after_the_error() {
    let mut client = shown();
    client.success(None).unwrap();
    let mut client = shown();
    let _ = client.challenge(b"{\"status\":\"invalid_token\"}").unwrap();
    let error = client.success(None).unwrap_err();
    assert!(
        matches!(error, LoginError::TokenRefused(told) if told.status() == Some("invalid_token"))
    );
    assert!(!client.is_done());
    assert_eq!(client.success(None).unwrap_err(), LoginError::OutOfOrder);
}

#[test]
fn client_answers_any_error_and_shows_what_it_can() {
    for (text, status) in [
        (
            "{\"status\":\"insufficient_scope\",\"scope\":\"chat\"}",
            Some("insufficient_scope"),
        ),
        ("invalid_token", None),
        ("", None),
        ("{\"status\":\"a\",\"status\":\"b\"}", None),
        ("{\"status\":{\"status\":\"a\"}}", None),
    ] {
        let mut client = shown();
        let ClientStep::Respond(response) = client.challenge(text.as_bytes()).unwrap() else {
            panic!();
        };
        assert_eq!(response, b"\x01");
        let Some(LoginError::TokenRefused(told)) = client.refusal() else {
            panic!();
        };
        assert_eq!((told.text(), told.status()), (text, status));
    }
}

#[test]
fn client_refuses_a_second_error_too_long_a_one_and_data_with_the_success() {
    let mut client = shown();
    let _ = client.challenge(b"{}").unwrap();
    let error = client.challenge(b"{}").unwrap_err();
    assert_eq!(error, LoginError::Malformed(Malformed::UnexpectedData));
    let long = |bytes: usize| shown().challenge(&vec![b' '; bytes]).map(|_| ());
    long(16_384).unwrap();
    assert_eq!(long(16_385), Err(LoginError::Malformed(Malformed::TooLong)));
    let error = shown().challenge(b"\xff").unwrap_err();
    assert_eq!(error, LoginError::Malformed(Malformed::Utf8));
    let error = shown().success(Some(b"x")).unwrap_err();
    assert_eq!(error, LoginError::Malformed(Malformed::UnexpectedData));
    shown().success(Some(b"")).unwrap();
}

#[test]
fn credentials_that_would_break_the_message_are_not_sent() {
    let tls = ChannelSecurity::tls();
    let initial = |name: &str, token: &str, authzid: &str| {
        let credentials = Credentials::new()
            .with(BearerToken::new(token).with_authcid("user"))
            .with_authzid(authzid);
        Registry::default()
            .select(
                &[name],
                &credentials,
                &SelectCx::new(&tls),
                &mut Script::default(),
            )
            .unwrap()
            .initial()
    };
    for name in ["OAUTHBEARER", "X-OAUTH2"] {
        assert!(initial(name, TOKEN, "").is_ok());
        assert_eq!(
            initial(name, "", ""),
            Err(LoginError::Credentials(PrepareError::Empty))
        );
        for (token, authzid) in [
            ("a b", ""),
            ("a\u{1}b", ""),
            ("a\u{1}auth=Bearer b", ""),
            ("a\0b", ""),
            ("ü", ""),
            (TOKEN, "a\0b"),
        ] {
            assert_eq!(
                initial(name, token, authzid),
                Err(LoginError::Credentials(PrepareError::Prohibited)),
                "{name} {token:?}"
            );
        }
    }
    let separator = initial("OAUTHBEARER", TOKEN, "a\u{1}b");
    assert_eq!(
        separator,
        Err(LoginError::Credentials(PrepareError::Prohibited))
    );
}

#[test]
fn host_that_the_grammar_has_no_letters_for_is_left_out() {
    let tls = ChannelSecurity::tls();
    let initial = |host: &str| {
        let credentials = Credentials::new().with(BearerToken::new("x"));
        let cx = SelectCx::new(&tls).with_service("xmpp", host);
        let mut client = Registry::default()
            .select(&["OAUTHBEARER"], &credentials, &cx, &mut Script::default())
            .unwrap();
        client.initial().unwrap().unwrap()
    };
    assert_eq!(
        initial("a.example"),
        message("n,,^host=a.example^auth=Bearer x^^")
    );
    for host in ["", "bücher.example", "a\u{1}auth=Bearer y"] {
        assert_eq!(initial(host), message("n,,^auth=Bearer x^^"));
    }
}

#[test]
fn secrets_never_print() {
    let (config, tls) = (config(), ChannelSecurity::tls());
    let cx = SelectCx::new(&tls).with_server(&config);
    let registry = Registry::default();
    let token = BearerToken::new("s3cr3t").with_authcid("user");
    let credentials = Credentials::new().with(token.clone());
    let mut printed = format!("{token:?} {credentials:?}");
    for name in ["OAUTHBEARER", "X-OAUTH2"] {
        let mut random = Script::default();
        let mut client = registry
            .select(&[name], &credentials, &cx, &mut random)
            .unwrap();
        let mut server = registry.begin(name, &cx, &mut random).unwrap();
        let outcome = server.start(client.initial().unwrap().as_deref()).unwrap();
        let states = format!("{client:?} {server:?} {outcome:?}");
        printed = [printed, states].concat();
    }
    assert!(!printed.contains("s3cr3t"), "{printed}");
}
