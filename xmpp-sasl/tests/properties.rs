//! What holds for any input.

mod common;

use common::{Ended, Script, all_lookups, lax, talk, text, tls_with_exporter};
use proptest::prelude::*;
use xmpp_sasl::*;

fn channel() -> impl Strategy<Value = ChannelSecurity> {
    prop_oneof![
        Just(ChannelSecurity::Plain),
        Just(ChannelSecurity::tls()),
        Just(ChannelSecurity::TrustedProxyTls),
        Just(tls_with_exporter()),
    ]
}

fn mechanism() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "ANONYMOUS",
        "PLAIN",
        "SCRAM-SHA-1",
        "SCRAM-SHA-256",
        "SCRAM-SHA-512",
        "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-256-PLUS",
    ])
}

/// Few rounds, so that many cases are tried.
fn few_rounds() -> Policy {
    lax().scram_iterations(1..=10)
}

proptest! {
    /// Whatever the names and passwords are: the two sides agree on who has logged in, and the login
    /// succeeds exactly when the passwords are the same after preparation.
    #[test]
    fn client_and_server_agree(
        seed: [u8; 32],
        channel in channel(),
        authcid in "[a-z,=]{1,8}|\\PC{1,6}",
        password in "[a-c]{1,2}|\\PC{1,6}",
        stored in "[a-c]{1,2}",
        same: bool,
        authzid in prop::option::of("[a-z,=@.]{1,8}"),
        offered in prop::collection::vec(mechanism(), 1..8),
        iterations in 1..5_u32,
    ) {
        let stored = if same { password.clone() } else { stored };
        let (policy, config) = (few_rounds(), all_lookups().with_stored_form(iterations, 16));
        let cx = SelectCx::new(&channel).with_policy(&policy).with_server(&config);
        let registry = Registry::default();
        let mut random = Script::new(seed);
        let credentials = Credentials::password(&authcid, &password)
            .with(Anonymous::new())
            .with_authzid(authzid.clone().unwrap_or_default());

        // The client is told a part of the offer.
        let all = registry.offered(&cx);
        let offered: Vec<_> =
            all.iter().filter(|name| offered.contains(&name.as_str())).collect();
        let Ok(mut client) = registry.select(&offered, &credentials, &cx, &mut random) else {
            return Ok(());
        };
        let mut server = registry.begin(client.mechanism().as_str(), &cx, &mut random).unwrap();
        let mut asked = None;
        let ended = talk(&mut client, &mut server, |lookup| match lookup {
            Lookup::Anonymous { .. } => Answer::Grant { authcid: "guest".to_owned() },
            Lookup::Password(check) => {
                let prepared = saslprep_query(&stored).unwrap_or_default();
                check.against_plaintext(Some(&prepared))
            }
            Lookup::ScramKeys { mechanism, .. } => {
                let keys = match mechanism.as_str() {
                    "SCRAM-SHA-1" => ScramKeys::derive::<ScramSha1>(&stored, b"salt", iterations),
                    "SCRAM-SHA-256" => {
                        ScramKeys::derive::<ScramSha256>(&stored, b"salt", iterations)
                    }
                    _ => ScramKeys::derive::<ScramSha512>(&stored, b"salt", iterations),
                };
                keys.map_or(Answer::UnknownUser, Answer::ScramKeys)
            }
            Lookup::Authorize { authzid, .. } => {
                asked = Some(authzid);
                Answer::Accept
            }
            other => panic!("{other:?}"),
        });
        let anonymous = *client.mechanism() == "ANONYMOUS";
        let usable = if *client.mechanism() == "PLAIN" { saslprep_query } else { saslprep_stored };
        let prepared = |text| usable(text).ok().filter(|text| !text.is_empty());
        let same = prepared(&password).is_some() && prepared(&password) == prepared(&stored);
        let name = saslprep_query(&authcid).ok().filter(|name| !name.is_empty());
        // Someone took the `-PLUS` mechanisms out of the offer.
        let stripped = all.iter().any(|name| name.as_str().ends_with("-PLUS"))
            && !offered.iter().any(|name| name.as_str().ends_with("-PLUS"))
            && client.mechanism().as_str().starts_with("SCRAM");
        match ended {
            Ended::In(identity) => {
                prop_assert!(client.is_done());
                prop_assert_eq!(identity.is_anonymous(), anonymous);
                prop_assert!(*identity.mechanism() == *client.mechanism());
                if !anonymous {
                    prop_assert!(same);
                    prop_assert!(!stripped);
                    prop_assert_eq!(identity.authcid(), name.unwrap());
                    prop_assert_eq!(identity.authzid(), authzid.as_deref());
                    prop_assert_eq!(asked, authzid);
                }
            }
            Ended::Refused(Failure::Downgrade) => prop_assert!(stripped),
            Ended::Refused(Failure::WrongCredentials) => prop_assert!(!same),
            Ended::Refused(Failure::Malformed(Malformed::Preparation))
            | Ended::GaveUp(LoginError::Credentials(_)) => {
                prop_assert!(name.is_none() || prepared(&password).is_none());
            }
            other => prop_assert!(false, "{:?}", other),
        }
    }

    /// No call, in any order and with any data, panics; after an error there are only errors, and after
    /// success too.
    #[test]
    fn client_survives_any_calls(
        mechanism in mechanism(),
        calls in prop::collection::vec((0..5_u8, message()), 0..8),
    ) {
        let (policy, channel) = (few_rounds(), tls_with_exporter());
        let cx = SelectCx::new(&channel).with_policy(&policy);
        let credentials = Credentials::password("user", "pencil").with(Anonymous::new());
        let registry = Registry::default();
        let mut login = registry
            .select(&[mechanism], &credentials, &cx, &mut Script::new([b'A'; 24]))
            .unwrap();
        let mut over = false;
        let mut job = None;
        for (call, data) in calls {
            let failed = match call {
                0 => login.initial().is_err(),
                1 => match login.challenge(&data) {
                    Ok(ClientStep::Derive(derive)) => { job = Some(derive); false }
                    Ok(ClientStep::Respond(_)) => false,
                    Err(_) => true,
                },
                2 => login.success(Some(&data)).is_err(),
                3 => login.success(None).is_err(),
                _ => match job.take() {
                    Some(job) => login.resume(job.run()).is_err(),
                    None => continue,
                },
            };
            prop_assert!(failed || !over);
            over |= failed || login.is_done();
            if mechanism.starts_with("SCRAM") {
                prop_assert!(!login.is_done());
            }
        }
    }

    /// The same for a server; and nobody logs in by chance.
    #[test]
    fn server_survives_any_calls(
        mechanism in mechanism(),
        calls in prop::collection::vec((0..4_u8, 0..6_u8, message()), 0..8),
    ) {
        let (channel, config) = (tls_with_exporter(), all_lookups());
        let cx = SelectCx::new(&channel).with_server(&config);
        let registry = Registry::default();
        let mut login = registry.begin(mechanism, &cx, &mut Script::new([b'S'; 24])).unwrap();
        let mut over = false;
        for (call, answer, data) in calls {
            let result = match call {
                0 => login.start(Some(&data)),
                1 => login.start(None),
                2 => login.response(&data),
                _ => login.resolve(match answer {
                    0 => Answer::Refuse(Refusal::AccountDisabled),
                    1 => Answer::Grant { authcid: "guest".to_owned() },
                    2 => Answer::UnknownUser,
                    3 => Answer::ScramKeys(
                        ScramKeys::derive::<ScramSha1>("pencil", b"salt", 1).unwrap(),
                    ),
                    4 => Answer::ScramKeys(
                        ScramKeys::derive::<ScramSha256>("pencil", b"salt", 1).unwrap(),
                    ),
                    _ => Answer::custom(()),
                }),
            };
            prop_assert!(result.is_err() || !over);
            if let Ok(Outcome::Success { identity, .. }) = &result {
                prop_assert!(identity.is_anonymous());
            }
            over |= matches!(result, Err(_) | Ok(Outcome::Success { .. }));
        }
    }

    #[test]
    fn base64_round_trips_and_has_one_spelling(data: Vec<u8>, text in "[A-Za-z0-9+/]{0,8}={0,3}") {
        prop_assert_eq!(&base64::decode(base64::encode(&data)).unwrap(), &data);
        if let Ok(decoded) = base64::decode(&text) {
            prop_assert_eq!(base64::encode(decoded), text);
        }
    }

    #[test]
    fn preparation_is_idempotent(text in "\\PC{0,12}|.{0,6}") {
        for prepare in [saslprep_query, saslprep_stored] {
            if let Ok(once) = prepare(&text) {
                // Where the second pass refuses nothing, it changes nothing.
                if let Ok(twice) = prepare(&once) {
                    prop_assert_eq!(&*twice, &*once);
                }
            }
        }
    }
}

/// Messages that come near to being right, and noise.
fn message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        text("n,,n=user,r=A{24}"),
        text("r=A{24}S{24},s=c2FsdA==,i=[1-9]"),
        text("c=biws,r=A{24}S{24},p=[A-Za-z]{43}="),
        text("v=[A-Za-z]{43}="),
        text("\0user\0pen(cil)?"),
        text("[nypcrsiemv=,]{0,20}"),
        Just(Vec::new()),
        any::<Vec<u8>>(),
    ]
}

#[cfg(feature = "x509")]
proptest! {
    /// No bytes make the reader of certificates panic; what is changed somewhere gives no other name.
    #[test]
    fn certificate_reader_survives_any_bytes(
        noise: Vec<u8>,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let _ = Certificate::from_der(&noise);
        let mut der = include_bytes!("fixtures/x509/rsa-sha256.der").to_vec();
        for (at, byte) in changes {
            let at = at.index(der.len());
            der[at] = byte;
        }
        if let Some(cut) = cut {
            der.truncate(cut.index(der.len()));
        }
        if let Ok(peer) = Certificate::from_der(&der).and_then(|certificate| certificate.peer()) {
            for name in peer.accounts() {
                prop_assert!(!name.is_empty() && !name.contains(['\0', '*', ' ']));
            }
        }
    }
}

proptest! {
    /// EXTERNAL with any peer, any messages and any answers: only a proven name is logged in.
    #[test]
    fn external_survives_any_calls_and_logs_in_proven_names_only(
        names in prop::collection::vec("[a-c]{1,2}", 0..4),
        from in prop::option::of("[a-c]{1,2}"),
        servers: bool,
        calls in prop::collection::vec((0..4_u8, 0..5_u8, external_message()), 0..8),
    ) {
        let peer = names.iter().fold(Peer::new(), Peer::with_account);
        let channel = ChannelSecurity::Tls(TlsChannel::new().with_verified_peer(peer));
        let config = all_lookups().answers([LookupKind::EXTERNAL]);
        let mut cx = SelectCx::new(&channel).with_server(&config);
        if let Some(from) = &from {
            cx = cx.with_peer_name(from);
        }
        let mechanism = if servers {
            ExternalMechanism::for_servers("_xmpp-server")
        } else {
            ExternalMechanism::new()
        };
        let registry = Registry::new().with(mechanism);
        let Ok(mut login) = registry.begin("EXTERNAL", &cx, &mut Script::default()) else {
            return Ok(());
        };
        let mut over = false;
        for (call, answer, data) in calls {
            let result = match call {
                0 => login.start(Some(&data)),
                1 => login.start(None),
                2 => login.response(&data),
                _ => login.resolve(match answer {
                    0 => Answer::Refuse(Refusal::WrongCredentials),
                    1 => Answer::Grant { authcid: "guest".to_owned() },
                    2 => Answer::UnknownUser,
                    _ => Answer::Accept,
                }),
            };
            prop_assert!(result.is_err() || !over);
            if let Ok(Outcome::Success { identity, .. }) = &result {
                prop_assert!(names.iter().any(|name| name == identity.authcid()));
            }
            over |= matches!(result, Err(_) | Ok(Outcome::Success { .. }));
        }
    }
}

fn external_message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![Just(Vec::new()), text("[a-c]{1,2}"), any::<Vec<u8>>()]
}

#[cfg(feature = "digest-md5")]
proptest! {
    /// Neither side of DIGEST-MD5 panics, and neither is convinced by chance.
    #[test]
    fn digest_md5_survives_any_messages(
        messages in prop::collection::vec(digest_message(), 0..4),
        known: bool,
    ) {
        let (tls, config) = (ChannelSecurity::tls(), all_lookups().answers([LookupKind::DIGEST_MD5]));
        let policy = lax().opt_in("DIGEST-MD5");
        let cx = SelectCx::new(&tls)
            .with_server(&config)
            .with_policy(&policy)
            .with_service("xmpp", "a");
        let registry = Registry::default();
        let mut random = Script::new([b'N'; 24]);
        let mut server = registry.begin("DIGEST-MD5", &cx, &mut random).unwrap();
        let credentials = Credentials::password("user", "pencil");
        let mut client =
            registry.select(&["DIGEST-MD5"], &credentials, &cx, &mut random).unwrap();
        let _ = (server.start(None), client.initial());
        for message in messages {
            let mut outcome = server.response(&message);
            if let Ok(Outcome::Lookup(Lookup::DigestMd5(check))) = outcome {
                outcome = server.resolve(check.with_plaintext(known.then_some("pencil")));
            }
            prop_assert!(outcome.is_err());
            if client.challenge(&message).is_err() {
                prop_assert!(client.success(Some(&message)).is_err());
            }
            prop_assert!(!client.is_done());
        }
    }
}

#[cfg(feature = "digest-md5")]
fn digest_message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        text(
            "realm=\"[a\\\\]{0,2}\",nonce=\"N{1,3}\",qop=\"auth\",algorithm=md5-sess(,charset=utf-8)?"
        ),
        text(
            "username=\"[u\\\\]{1,3}\",realm=\"a\",nonce=\"N{24}\",nc=00000001,cnonce=\"c\",\
             digest-uri=\"xmpp/a\",response=[0-9a-f]{32}(,authzid=\"x\")?"
        ),
        text("rspauth=[0-9a-f]{32}"),
        text("[a-c=\",\\\\ ]{0,16}"),
        any::<Vec<u8>>(),
    ]
}
