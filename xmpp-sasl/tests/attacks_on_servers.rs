//! What a hostile client does to our server. Each attack has a twin that differs in the attacked field only
//! and is accepted.

mod common;

use common::{
    SALT, Script, account, all_lookups, client_with_first, keys, plain_check, server_over,
    server_with_challenge, tls_with_exporter,
};
use xmpp_sasl::*;

const MECHANISM: &str = "SCRAM-SHA-256";
type Change = fn(&str) -> String;

const FIRST: &str = "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL";

/// A server that waits for the client's final message, and the one that is right.
fn proven() -> (ServerLogin, String) {
    let (mut client, first) = client_with_first(MECHANISM);
    let (server, challenge) = server_with_challenge(MECHANISM, first.as_bytes()).unwrap();
    let step = client.challenge(challenge.as_bytes()).unwrap();
    let response = client.run_here(step).unwrap();
    (server, String::from_utf8(response).unwrap())
}

/// What a server says to the right final message after `change`.
fn answered(change: impl Fn(&str) -> String) -> Result<Outcome, Failure> {
    let (mut server, response) = proven();
    let result = server.response(change(&response).as_bytes());
    if result.is_err() {
        still_failed(&mut server, response.as_bytes());
    }
    result
}

/// Any call after an error gives an error.
fn still_failed(server: &mut ServerLogin, message: &[u8]) {
    assert_eq!(server.response(message).unwrap_err(), Failure::OutOfOrder);
    assert_eq!(
        server.resolve(Answer::Accept).unwrap_err(),
        Failure::WrongAnswer
    );
    assert_eq!(server.start(None).unwrap_err(), Failure::OutOfOrder);
}

fn started(mechanism: &str, message: &[u8]) -> Result<Outcome, Failure> {
    let (config, tls) = (all_lookups(), ChannelSecurity::tls());
    let cx = SelectCx::new(&tls).with_server(&config);
    let mut server = Registry::default().begin(mechanism, &cx, &mut Script::default())?;
    let result = server.start(Some(message));
    if result.is_err() {
        still_failed(&mut server, message);
    }
    result
}

/// Asserts variant and wire condition.
fn refused(result: Result<Outcome, Failure>, failure: impl Into<Failure>, condition: &str) {
    let (got, failure) = (result.unwrap_err(), failure.into());
    assert_eq!(got, failure);
    assert_eq!(got.condition(), condition);
}

#[test]
fn nonce_changed_by_the_client_is_refused() {
    let changes: [Change; 3] = [
        |response| response.replace(",p=", "x,p="),
        |response| response.replace("r=", "r=x"),
        |response| response.replace(",r=", ",r=abc,x="),
    ];
    for change in changes {
        refused(answered(change), Malformed::NonceMismatch, "not-authorized");
    }
    assert!(answered(str::to_owned).is_ok());
}

#[test]
fn wrong_proof_is_refused_bit_by_bit() {
    let with_proof = |change: &dyn Fn(&mut Vec<u8>)| {
        answered(|response| {
            let (before, proof) = response.rsplit_once("p=").unwrap();
            let mut proof = base64::decode(proof).unwrap();
            change(&mut proof);
            format!("{before}p={}", base64::encode(proof))
        })
    };
    assert!(with_proof(&|_| {}).is_ok());
    for bit in (0..256).step_by(17) {
        let result = with_proof(&|proof| proof[bit / 8] ^= 1 << (bit % 8));
        refused(result, Failure::WrongCredentials, "not-authorized");
    }
    refused(
        with_proof(&|proof| proof.fill(0)),
        Failure::WrongCredentials,
        "not-authorized",
    );
    refused(
        with_proof(&|proof| proof.truncate(31)),
        Malformed::Attributes,
        "malformed-request",
    );
    refused(
        with_proof(&|proof| proof.push(0)),
        Malformed::Attributes,
        "malformed-request",
    );
    refused(
        with_proof(&|proof| proof.clear()),
        Malformed::Attributes,
        "malformed-request",
    );
}

#[test]
fn proof_of_an_earlier_exchange_is_refused() {
    let (mut server, response) = proven();
    assert!(server.response(response.as_bytes()).is_ok());
    // The same client's nonce, another one of the server.
    let config = all_lookups();
    let cx = SelectCx::new(&ChannelSecurity::Plain).with_server(&config);
    let registry = Registry::default();
    let mut server = registry
        .begin(MECHANISM, &cx, &mut Script::new([b'!'; 24]))
        .unwrap();
    let (_, first) = client_with_first(MECHANISM);
    let Outcome::Lookup(lookup) = server.start(Some(first.as_bytes())).unwrap() else {
        panic!()
    };
    let _ = server.resolve(account(lookup)).unwrap();
    let result = server.response(response.as_bytes());
    refused(result, Malformed::NonceMismatch, "not-authorized");
}

#[test]
fn message_after_success_is_refused() {
    let (mut server, response) = proven();
    let _ = server.response(response.as_bytes()).unwrap();
    still_failed(&mut server, response.as_bytes());
}

#[test]
fn mandatory_extension_is_refused_and_an_optional_one_is_not() {
    let first = started(MECHANISM, b"n,,m=x,n=user,r=abc");
    refused(first, Malformed::MandatoryExtension, "malformed-request");
    let first = started(MECHANISM, b"n,,n=user,r=abc,m=x");
    refused(first, Malformed::MandatoryExtension, "malformed-request");
    assert!(started(MECHANISM, b"n,,n=user,r=abc,x=y").is_ok());

    let last = answered(|response| response.replace(",p=", ",m=x,p="));
    refused(last, Malformed::MandatoryExtension, "malformed-request");
    // An optional one is part of what is signed, so that adding it breaks the proof and nothing else.
    let last = answered(|response| response.replace(",p=", ",x=y,p="));
    refused(last, Failure::WrongCredentials, "not-authorized");
}

#[test]
fn repeated_missing_or_misplaced_attributes_are_refused() {
    for first in [
        "n,,n=user,r=abc,r=abc",
        "n,,n=user,n=user,r=abc",
        "n,,r=abc,n=user",
        "n,,n=user",
        "n,,n=user,r=",
        "n,,n=user,r=abc,",
        "n,,n=user,r=abc,x",
        "n,,n=user,r=abc,1=x",
        "n,,n=user,r=abc,xy=z",
        "n,,n=user,r=abc,x=1,x=2",
    ] {
        refused(
            started(MECHANISM, first.as_bytes()),
            Malformed::Attributes,
            "malformed-request",
        );
    }
    assert!(started(MECHANISM, b"n,,n=user,r=abc,x=1,y=2").is_ok());
    let changes: [Change; 6] = [
        |response| response.replace(",p=", ",p=AAAA,p="),
        |response| response.replace(",p=", ",c=biws,p="),
        |response| response.replace(",p=", ",x=1,x=1,p="),
        |response| response.replace(",p=", ",,p="),
        |response| response.replace("c=biws,", ""),
        |response| response.replace(",p=", ",q="),
    ];
    for change in changes {
        refused(answered(change), Malformed::Attributes, "malformed-request");
    }
    assert!(answered(str::to_owned).is_ok());
}

#[test]
fn header_of_the_first_message_is_checked() {
    for first in [
        "",
        "n",
        "n,",
        "N,,n=user,r=abc",
        "x,,n=user,r=abc",
        ",,n=user,r=abc",
    ] {
        refused(
            started(MECHANISM, first.as_bytes()),
            Malformed::Gs2Header,
            "malformed-request",
        );
    }
    for first in [
        "p=,,n=user,r=abc",
        "p=a b,,n=user,r=abc",
        "n,x=y,n=user,r=abc",
    ] {
        refused(
            started(MECHANISM, first.as_bytes()),
            Malformed::Gs2Header,
            "malformed-request",
        );
    }
    assert!(started(MECHANISM, b"n,,n=user,r=abc").is_ok());
    assert!(started(MECHANISM, b"n,a=other,n=user,r=abc").is_ok());
}

#[test]
fn wrongly_escaped_names_are_refused() {
    for name in ["a=2cb", "a=b", "a=", "a=3d", "=2"] {
        for first in [
            format!("n,,n={name},r=abc"),
            format!("n,a={name},n=user,r=abc"),
        ] {
            refused(
                started(MECHANISM, first.as_bytes()),
                Malformed::Escape,
                "malformed-request",
            );
        }
    }
    // An unescaped comma ends the name.
    let first = started(MECHANISM, b"n,,n=a,b,r=abc");
    refused(first, Malformed::Attributes, "malformed-request");
    let Outcome::Lookup(Lookup::ScramKeys { authcid, .. }) =
        started(MECHANISM, b"n,,n=a=2Cb=3Dc,r=abc").unwrap()
    else {
        panic!();
    };
    assert_eq!(authcid, "a,b=c");
}

#[test]
fn nonce_outside_the_grammar_is_refused() {
    for nonce in ["a b", "a\u{7f}", "ü", "a\tb"] {
        let first = format!("n,,n=user,r={nonce}");
        refused(
            started(MECHANISM, first.as_bytes()),
            Malformed::Nonce,
            "malformed-request",
        );
    }
    assert!(started(MECHANISM, b"n,,n=user,r=!~=").is_ok());
}

#[test]
fn names_are_prepared_and_prohibited_ones_are_refused() {
    for name in ["\u{7}", "\u{ad}", "\u{627}1"] {
        let first = format!("n,,n={name},r=abc");
        refused(
            started(MECHANISM, first.as_bytes()),
            Malformed::Preparation,
            "malformed-request",
        );
        let plain = format!("\0{name}\0pencil");
        refused(
            started("PLAIN", plain.as_bytes()),
            Malformed::Preparation,
            "malformed-request",
        );
    }
    let outcome = started(MECHANISM, "n,,n=\u{2168},r=abc".as_bytes()).unwrap();
    let Outcome::Lookup(Lookup::ScramKeys { authcid, .. }) = outcome else {
        panic!()
    };
    assert_eq!(authcid, "IX");
}

#[test]
fn not_utf8_is_refused() {
    for mechanism in [MECHANISM, "ANONYMOUS"] {
        refused(
            started(mechanism, b"n,,n=\xff,r=abc"),
            Malformed::Utf8,
            "malformed-request",
        );
    }
    assert!(started("ANONYMOUS", "n,,n=\u{ff},r=abc".as_bytes()).is_ok());
    for bad in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xe2\x82"] {
        let message = [b"\0user\0", bad].concat();
        refused(
            started("PLAIN", &message),
            Malformed::Utf8,
            "malformed-request",
        );
    }
    assert!(started("PLAIN", "\0user\0\u{20ac}".as_bytes()).is_ok());
}

#[test]
fn lax_base64_is_refused_with_incorrect_encoding() {
    let changes: [Change; 7] = [
        |response| response.replace("c=biws", "c=bix="),
        |response| response.replace("c=biws", "c=biws="),
        |response| response.replace("c=biws", "c=b iws"),
        |response| response.replace("c=biws", "c=biws===="),
        |response| response.trim_end_matches('=').to_owned(),
        |response| format!("{response}AAAA"),
        |response| format!("{response}\n"),
    ];
    for change in changes {
        refused(answered(change), Malformed::Base64, "incorrect-encoding");
    }
    assert!(answered(str::to_owned).is_ok());
}

#[test]
fn channel_binding_header_in_the_final_message_must_be_the_first_ones() {
    // `n,,` was said; `y,,` and `n,a=x,` come back.
    for other in ["eSws", "bixhPXgs"] {
        let result = answered(|response| response.replace("c=biws", &format!("c={other}")));
        refused(result, Failure::ChannelBinding, "not-authorized");
    }
    assert!(answered(|response| response.replace("c=eSws", "c=biws")).is_ok());
}

#[test]
fn y_to_a_server_that_offers_plus_is_a_downgrade() {
    let y = FIRST.replacen('n', "y", 1);
    let result = server_over(&tls_with_exporter(), MECHANISM, y.as_bytes());
    assert_eq!(result.unwrap_err(), Failure::Downgrade);
    assert_eq!(Failure::Downgrade.condition(), "not-authorized");
    // Who cannot bind says `n`; where no -PLUS is offered, `y` is the truth.
    assert!(server_over(&tls_with_exporter(), MECHANISM, FIRST.as_bytes()).is_ok());
    assert!(server_over(&ChannelSecurity::tls(), MECHANISM, y.as_bytes()).is_ok());
    assert!(server_over(&ChannelSecurity::TrustedProxyTls, MECHANISM, y.as_bytes()).is_ok());
}

#[test]
fn binding_that_is_not_this_channels_is_refused() {
    let plus = "SCRAM-SHA-256-PLUS";
    let say = |flag: &str| {
        let first = FIRST.replacen('n', flag, 1);
        server_over(&tls_with_exporter(), plus, first.as_bytes()).map(|_| ())
    };
    say("p=tls-exporter").unwrap();
    for flag in ["p=tls-unique", "p=tls-server-end-point", "p=x", "n"] {
        assert_eq!(say(flag).unwrap_err(), Failure::ChannelBinding, "{flag}");
    }
    assert_eq!(say("y").unwrap_err(), Failure::Downgrade);
    // And `p=` has no place in a mechanism without -PLUS.
    let first = FIRST.replacen('n', "p=tls-exporter", 1);
    let result = server_over(&tls_with_exporter(), MECHANISM, first.as_bytes());
    assert_eq!(result.unwrap_err(), Failure::ChannelBinding);

    // Someone in between has a channel with the client and another with the server.
    let between = |client_sees: ChannelSecurity| {
        let cx = SelectCx::new(&client_sees);
        let registry = Registry::default();
        let credentials = Credentials::password("user", "pencil");
        let mut client = registry
            .select(&[plus], &credentials, &cx, &mut Script::default())
            .unwrap();
        let first = client.initial().unwrap().unwrap();
        let (mut server, challenge) = server_over(&tls_with_exporter(), plus, &first).unwrap();
        let step = client.challenge(challenge.as_bytes()).unwrap();
        let response = client.run_here(step).unwrap();
        server.response(&response)
    };
    let other = ChannelBinding::new(ChannelBindingType::TlsExporter, [9; 32]);
    let other = ChannelSecurity::Tls(TlsChannel::new().with_binding(other));
    refused(between(other), Failure::ChannelBinding, "not-authorized");
    assert!(between(tls_with_exporter()).is_ok());
}

#[test]
fn plain_with_a_wrong_number_of_nuls_is_refused() {
    for message in [
        "userpencil",
        "user\0pencil",
        "\0user\0pencil\0",
        "\0user\0pen\0cil",
        "",
    ] {
        refused(
            started("PLAIN", message.as_bytes()),
            Malformed::Separators,
            "malformed-request",
        );
    }
    assert!(started("PLAIN", b"\0user\0pencil").is_ok());
    assert!(started("PLAIN", b"other\0user\0pencil").is_ok());
}

#[test]
fn plain_with_an_empty_name_or_password_is_refused() {
    for message in ["\0\0pencil", "\0user\0", "\0\0", "\0\u{ad}\0pencil"] {
        refused(
            started("PLAIN", message.as_bytes()),
            Malformed::Preparation,
            "malformed-request",
        );
    }
    for message in ["\0u\0p", "\0u\u{ad}\0pencil"] {
        assert!(started("PLAIN", message.as_bytes()).is_ok());
    }
}

#[test]
fn plain_with_a_wrong_password_is_refused() {
    let login = |password: &str, stored: &ScramKeys| {
        let (mut server, check) = plain_check(password);
        server.resolve(check.against::<ScramSha256>(Some(stored)))
    };
    assert!(login("pencil", &keys::<ScramSha256>()).is_ok());
    for wrong in ["Pencil", "pencil ", "penci", "pencill"] {
        let result = login(wrong, &keys::<ScramSha256>());
        refused(result, Failure::WrongCredentials, "not-authorized");
    }
    // Keys of another hash are the caller's mistake; the user's password may be right.
    let result = login("pencil", &keys::<ScramSha1>());
    refused(result, Failure::Unavailable, "temporary-auth-failure");
}

#[test]
fn anonymous_trace_is_limited() {
    let long = "x".repeat(255);
    assert!(started("ANONYMOUS", long.as_bytes()).is_ok());
    assert!(started("ANONYMOUS", "ü".repeat(255).as_bytes()).is_ok());
    let longer = "x".repeat(256);
    refused(
        started("ANONYMOUS", longer.as_bytes()),
        Malformed::TooLong,
        "malformed-request",
    );
    refused(
        started("ANONYMOUS", b"a\nb"),
        Malformed::Preparation,
        "malformed-request",
    );
    assert!(started("ANONYMOUS", b"a b").is_ok());
}

#[test]
fn empty_and_absent_initial_responses_differ() {
    let config = all_lookups();
    let cx = SelectCx::new(&ChannelSecurity::Plain).with_server(&config);
    let registry = Registry::default();
    let mut server = registry
        .begin("ANONYMOUS", &cx, &mut Script::default())
        .unwrap();
    // Absent: it is asked for by an empty challenge.
    let Outcome::Challenge(challenge) = server.start(None).unwrap() else {
        panic!()
    };
    assert_eq!(challenge, b"");
    let outcome = server.response(b"").unwrap();
    assert!(matches!(
        outcome,
        Outcome::Lookup(Lookup::Anonymous { trace: None })
    ));
    let mut server = registry
        .begin("ANONYMOUS", &cx, &mut Script::default())
        .unwrap();
    let outcome = server.start(Some(b"")).unwrap();
    assert!(matches!(
        outcome,
        Outcome::Lookup(Lookup::Anonymous { trace: None })
    ));
}

#[test]
fn unknown_user_looks_like_a_known_one() {
    for (mechanism, other, length) in [
        ("SCRAM-SHA-1", "SCRAM-SHA-512", 20),
        ("SCRAM-SHA-256", "SCRAM-SHA-1", 32),
        ("SCRAM-SHA-512", "SCRAM-SHA-256", 64),
    ] {
        let challenge = |user: &str| {
            let first = FIRST.replace("user", user);
            server_with_challenge(mechanism, first.as_bytes()).unwrap()
        };
        let (mut known, to_known) = challenge("user");
        let (mut unknown, to_unknown) = challenge("nobody");
        assert_eq!(to_known.len(), to_unknown.len());
        assert!(to_unknown.ends_with(",i=4096"));
        // The same salt each time, another for each user and for each mechanism.
        assert_eq!(challenge("nobody").1, to_unknown);
        let salt = |challenge: &str| challenge.split(',').nth(1).unwrap().to_owned();
        assert_ne!(salt(&challenge("noone").1), salt(&to_unknown));
        let first = FIRST.replace("user", "nobody");
        let (_, to_other) = server_with_challenge(other, first.as_bytes()).unwrap();
        assert_ne!(salt(&to_other), salt(&to_unknown));
        // A wrong proof fails in the same way: variant, text and condition.
        let last = |challenge: &str| {
            let nonce = challenge.split(',').next().unwrap();
            let proof = base64::encode(vec![0; length]);
            format!("c=biws,{nonce},p={proof}").into_bytes()
        };
        let failures = [
            known.response(&last(&to_known)).unwrap_err(),
            unknown.response(&last(&to_unknown)).unwrap_err(),
        ];
        for failure in &failures {
            assert_eq!(*failure, Failure::WrongCredentials);
            assert_eq!(failure.condition(), "not-authorized");
        }
        assert_eq!(failures[0].to_string(), failures[1].to_string());
        // And messages that are no proof at all fail alike.
        for broken in ["", "c=biws", "c=biws,r=x,p=AAAA", "c=AAAA,r=x,p=!"] {
            let fails = |user: &str| {
                let (mut server, _) = challenge(user);
                server.response(broken.as_bytes()).unwrap_err()
            };
            assert_eq!(fails("user"), fails("nobody"), "{broken}");
        }
    }
}

#[test]
fn names_that_are_one_account_have_one_salt_and_one_lookup() {
    // Accounts are found whatever the case, as in XMPP. Were the salts of others told apart by case, two questions
    // would show who exists.
    let ask = |config: &ServerConfig, mechanism: &str, user: &str| {
        let tls = ChannelSecurity::tls();
        let cx = SelectCx::new(&tls).with_server(config);
        let mut server = Registry::default()
            .begin(mechanism, &cx, &mut Script::default())
            .unwrap();
        let message = if mechanism == "PLAIN" {
            format!("\0{user}\0pencil")
        } else {
            FIRST.replace("user", user)
        };
        match server.start(Some(message.as_bytes())).unwrap() {
            Outcome::Lookup(Lookup::Password(check)) => {
                let name = check.authcid().to_owned();
                let Outcome::Success { identity, .. } = server.resolve(Answer::Accept).unwrap()
                else {
                    panic!()
                };
                assert_eq!(identity.authcid(), name);
                (name, Vec::new())
            }
            Outcome::Lookup(Lookup::ScramKeys { authcid, .. }) => {
                let outcome = server.resolve(Answer::UnknownUser).unwrap();
                let Outcome::Challenge(challenge) = outcome else {
                    panic!()
                };
                (authcid, challenge)
            }
            other => panic!("{other:?}"),
        }
    };
    let case_mapped = all_lookups().with_username_preparation(|name| {
        // What no account can have is looked up as it is.
        (!name.contains('@')).then(|| name.to_lowercase())
    });
    for mechanism in [MECHANISM, "PLAIN"] {
        let asked = ask(&case_mapped, mechanism, "Nobody");
        assert_eq!(asked.0, "nobody");
        assert_eq!(asked, ask(&case_mapped, mechanism, "nobody"));
        assert_eq!(ask(&case_mapped, mechanism, "A@b").0, "A@b");
        // Without it a name is what SASLprep leaves of it.
        assert_eq!(ask(&all_lookups(), mechanism, "Nobody").0, "Nobody");
    }
}

/// One account has one name, whatever it is shown with.
#[test]
fn name_beside_a_token_is_prepared_as_that_beside_a_password() {
    let tokens =
        ServerConfig::without_secret().answers([LookupKind::TOKEN, LookupKind::HT_SHA_256]);
    let case_mapped = tokens.clone().with_username_preparation(|name| {
        // What no account can have is looked up as it is.
        (!name.contains('@')).then(|| name.to_lowercase())
    });
    let tls = ChannelSecurity::tls();
    let begin = |config: &ServerConfig, mechanism: &str| {
        let cx = SelectCx::new(&tls).with_server(config);
        Registry::default()
            .begin(mechanism, &cx, &mut Script::default())
            .unwrap()
    };
    let cases = [
        ("Juliet", "juliet", "Juliet"),
        ("juliet", "juliet", "juliet"),
        ("Juliet@x", "Juliet@x", "Juliet@x"),
        ("I\u{ad}X", "ix", "IX"),
    ];
    for (name, prepared, saslprepped) in cases {
        for (config, wanted) in [(&tokens, saslprepped), (&case_mapped, prepared)] {
            let mut server = begin(config, "HT-SHA-256-NONE");
            let message = [name.as_bytes(), &[0; 33]].concat();
            let outcome = server.start(Some(&message)).unwrap();
            let Outcome::Lookup(Lookup::HtTokens { authcid, .. }) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(authcid, wanted, "HT");

            let mut server = begin(config, "X-OAUTH2");
            let message = format!("\0{name}\0token");
            let outcome = server.start(Some(message.as_bytes())).unwrap();
            let Outcome::Lookup(Lookup::Token(check)) = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!(check.claimed(), Some(wanted), "X-OAUTH2");
            // It is whose the token is: nobody has to be asked whether one may act as the other.
            let outcome = server.resolve(check.accept(wanted)).unwrap();
            let Outcome::Success { identity, .. } = outcome else {
                panic!("{outcome:?}")
            };
            assert_eq!((identity.authcid(), identity.authzid()), (wanted, None));
        }
    }
}

#[test]
fn password_of_an_unknown_user_costs_the_same_and_fails_in_the_same_way() {
    for stored in [None, Some(keys::<ScramSha256>())] {
        let Outcome::Lookup(Lookup::Password(check)) = started("PLAIN", b"\0user\0wrong").unwrap()
        else {
            panic!();
        };
        let (config, tls) = (all_lookups(), ChannelSecurity::tls());
        let cx = SelectCx::new(&tls).with_server(&config);
        let mut server = Registry::default()
            .begin("PLAIN", &cx, &mut Script::default())
            .unwrap();
        let _ = server.start(Some(b"\0user\0wrong")).unwrap();
        let result = server.resolve(check.against::<ScramSha256>(stored.as_ref()));
        refused(result, Failure::WrongCredentials, "not-authorized");
    }
}

#[test]
fn locked_account_is_told_to_its_owner_only() {
    let (mut client, first) = client_with_first(MECHANISM);
    let config = all_lookups();
    let cx = SelectCx::new(&ChannelSecurity::Plain).with_server(&config);
    let registry = Registry::default();
    let begin = || {
        let mut server = registry
            .begin(MECHANISM, &cx, &mut Script::default())
            .unwrap();
        let Outcome::Lookup(_) = server.start(Some(first.as_bytes())).unwrap() else {
            panic!()
        };
        let answer = Answer::LockedScramKeys(keys::<ScramSha256>(), Refusal::AccountDisabled);
        let Outcome::Challenge(challenge) = server.resolve(answer).unwrap() else {
            panic!()
        };
        (server, challenge)
    };
    let (mut server, challenge) = begin();
    let step = client.challenge(&challenge).unwrap();
    let right = client.run_here(step).unwrap();
    refused(
        server.response(&right),
        Failure::AccountDisabled,
        "account-disabled",
    );
    let (mut server, _) = begin();
    let mut wrong = right[..right.len() - 44].to_vec();
    wrong.extend_from_slice(base64::encode([0; 32]).as_bytes());
    refused(
        server.response(&wrong),
        Failure::WrongCredentials,
        "not-authorized",
    );
}

#[test]
fn authorization_identity_is_always_asked_about_sas_11() {
    let login = |authzid: &str, answer: Answer| {
        let (config, tls) = (all_lookups(), ChannelSecurity::tls());
        let cx = SelectCx::new(&tls).with_server(&config);
        let registry = Registry::default();
        let mut server = registry
            .begin("PLAIN", &cx, &mut Script::default())
            .unwrap();
        let _ = server
            .start(Some(format!("{authzid}\0user\0pencil").as_bytes()))
            .unwrap();
        let outcome = server.resolve(Answer::Accept).unwrap();
        let Outcome::Lookup(Lookup::Authorize {
            authcid,
            authzid: asked,
        }) = outcome
        else {
            panic!();
        };
        assert_eq!((authcid.as_str(), asked.as_str()), ("user", authzid));
        server.resolve(answer)
    };
    // Even one that looks equal: what equal means is the protocol's.
    for authzid in ["bob", "user"] {
        let Outcome::Success { identity, .. } = login(authzid, Answer::Accept).unwrap() else {
            panic!();
        };
        assert_eq!(identity.authzid(), Some(authzid));
        for answer in [
            Answer::Refuse(Refusal::WrongCredentials),
            Answer::UnknownUser,
        ] {
            refused(
                login(authzid, answer),
                Failure::InvalidAuthzid,
                "invalid-authzid",
            );
        }
        let answer = Answer::Refuse(Refusal::Unavailable);
        refused(
            login(authzid, answer),
            Failure::Unavailable,
            "temporary-auth-failure",
        );
    }
    // SCRAM: only after the proof.
    let (_, challenge) = server_with_challenge(MECHANISM, b"n,a=bob,n=user,r=abc").unwrap();
    assert!(challenge.starts_with("r=abc"));
}

#[test]
fn answers_that_do_not_fit_are_the_callers_mistake() {
    let begin = |mechanism: &str, message: &[u8], answer: Answer| {
        let (config, tls) = (all_lookups(), ChannelSecurity::tls());
        let cx = SelectCx::new(&tls).with_server(&config);
        let registry = Registry::default();
        let mut server = registry
            .begin(mechanism, &cx, &mut Script::default())
            .unwrap();
        let _ = server.start(Some(message)).unwrap();
        let result = server.resolve(answer);
        if result.is_err() {
            still_failed(&mut server, message);
        }
        result
    };
    let grant = || Answer::Grant {
        authcid: "user".to_owned(),
    };
    for result in [
        begin(MECHANISM, FIRST.as_bytes(), Answer::Accept),
        begin(MECHANISM, FIRST.as_bytes(), grant()),
        begin(
            MECHANISM,
            FIRST.as_bytes(),
            Answer::ScramKeys(keys::<ScramSha1>()),
        ),
        begin(
            "PLAIN",
            b"\0user\0wrong",
            Answer::ScramKeys(keys::<ScramSha256>()),
        ),
        begin("PLAIN", b"\0user\0wrong", grant()),
        begin("ANONYMOUS", b"", Answer::Accept),
        begin("ANONYMOUS", b"", Answer::UnknownUser),
        begin("ANONYMOUS", b"", Answer::custom(1)),
    ] {
        let failure = result.unwrap_err();
        assert!(failure.is_misuse());
        assert_eq!(failure.condition(), "temporary-auth-failure");
    }
    assert!(begin("ANONYMOUS", b"", grant()).is_ok());
    assert_eq!(SALT.len(), 16);
}

#[test]
fn message_while_a_lookup_is_open_is_refused() {
    let config = all_lookups();
    let cx = SelectCx::new(&ChannelSecurity::Plain).with_server(&config);
    let registry = Registry::default();
    let mut server = registry
        .begin(MECHANISM, &cx, &mut Script::default())
        .unwrap();
    let Outcome::Lookup(lookup) = server.start(Some(FIRST.as_bytes())).unwrap() else {
        panic!()
    };
    refused(
        server.response(FIRST.as_bytes()),
        Failure::OutOfOrder,
        "not-authorized",
    );
    refused(
        server.resolve(account(lookup)),
        Failure::WrongAnswer,
        "temporary-auth-failure",
    );
}
