//! What is kept of a password, on both sides: text forms and limits, checks on other threads, and the upgrade to
//! another hash (XEP-0480).

mod common;

use common::{
    Ended, SALT, Script, account, all_lookups, keys, lax, line, plain_check, talk,
    tls_with_exporter,
};
use xmpp_sasl::*;

/// A client that has logged in by `mechanism` over `channel`.
fn logged_in(mechanism: &str, channel: &ChannelSecurity) -> ClientLogin {
    let (policy, config) = (lax(), all_lookups());
    let cx = SelectCx::new(channel)
        .with_policy(&policy)
        .with_server(&config);
    let credentials = Credentials::password("user", "pencil");
    let registry = Registry::default();
    let mut random = Script::default();
    let mut client = registry
        .select(&[mechanism], &credentials, &cx, &mut random)
        .unwrap();
    let mut server = registry.begin(mechanism, &cx, &mut random).unwrap();
    let ended = talk(&mut client, &mut server, account);
    assert!(matches!(ended, Ended::In(_)), "{ended:?}");
    client
}

#[test]
fn client_keys_are_saved_as_text_and_log_in_without_a_password() {
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512-PLUS"] {
        let channel = if mechanism.ends_with("-PLUS") {
            tls_with_exporter()
        } else {
            ChannelSecurity::tls()
        };
        let policy = Policy::new();
        let client = logged_in(mechanism, &channel);
        let text = client.export::<ScramClientKeys>().unwrap().to_text();
        assert!(
            text.starts_with(mechanism.trim_end_matches("-PLUS")),
            "{mechanism}"
        );
        let saved: ScramClientKeys = text.parse().unwrap();
        assert_eq!(*saved.to_text(), *text);
        assert_eq!(saved.authcid(), "user");

        let config = all_lookups();
        let cx = SelectCx::new(&channel)
            .with_policy(&policy)
            .with_server(&config);
        let registry = Registry::default();
        let mut random = Script::default();
        let credentials = Credentials::new().with(saved);
        let mut client = registry
            .select(&[mechanism], &credentials, &cx, &mut random)
            .unwrap();
        let mut server = registry.begin(mechanism, &cx, &mut random).unwrap();
        let ended = talk(&mut client, &mut server, account);
        assert!(matches!(ended, Ended::In(_)), "{ended:?}");
    }
}

#[test]
fn text_form_of_client_keys_is_strict_and_redacted() {
    let text = "SCRAM-SHA-1$4096:MDEyMzQ1Njc4OWFiY2RlZg==$AAAAAAAAAAAAAAAAAAAAAAAAAAA=:\
                AQEBAQEBAQEBAQEBAQEBAQEBAQE=$a$b:c";
    let keys: ScramClientKeys = text.parse().unwrap();
    assert_eq!(
        (keys.authcid(), keys.mechanism().as_str()),
        ("a$b:c", "SCRAM-SHA-1")
    );
    assert_eq!(*keys.to_text(), *text);
    assert!(!format!("{keys:?}").contains("AAAA"));
    for broken in [
        "",
        &text.replace("4096", "0"),
        &text.replace("4096", "04096"),
        &text.replace("4096", "10000001"),
        &text.replace("AAA=", "AAB="),
        &text.replace("AAA=", ""),
        &text.replace("AQEBAQEBAQEBAQEBAQEBAQEBAQE=", "AQE="),
        &text.replace("MDEyMzQ1Njc4OWFiY2RlZg==", ""),
        &text.replace("SCRAM-SHA-1", "scram"),
        &text.replace("$a$b:c", ""),
        &text.replace("$a$b:c", "$"),
        &text.replace("$a$b:c", "$\u{2168}"), // not prepared
        &text.replace("$a$b:c", "$a\n"),
    ] {
        assert_eq!(
            broken.parse::<ScramClientKeys>().unwrap_err(),
            InvalidScramKeys,
            "{broken}"
        );
    }
}

#[test]
fn saved_keys_of_another_length_are_stale() {
    // Someone edited the file.
    let challenge = b"r=abcdefghijklmnopqrstuvwxS,s=MDEyMzQ1Njc4OWFiY2RlZg==,i=4096";
    for (length, fine) in [(20, true), (19, false), (21, false), (32, false)] {
        let key = base64::encode(vec![1; length]);
        let text = format!("SCRAM-SHA-1$4096:MDEyMzQ1Njc4OWFiY2RlZg==${key}:{key}$user");
        let saved: ScramClientKeys = text.parse().unwrap();
        let cx = SelectCx::new(&ChannelSecurity::Plain);
        let credentials = Credentials::new().with(saved);
        let mut random = Script::new("abcdefghijklmnopqrstuvwx");
        let mut client = Registry::default()
            .select(&["SCRAM-SHA-1"], &credentials, &cx, &mut random)
            .unwrap();
        client.initial().unwrap();
        let step = client.challenge(challenge);
        assert_eq!(step.is_ok(), fine, "{length}");
        if let Err(error) = step {
            assert_eq!(error, LoginError::StaleKeys);
        }
    }
}

#[test]
fn stored_keys_have_limits() {
    let parts = |salt: usize, iterations: u32| {
        let mechanism = MechanismName::from_static("SCRAM-SHA-256");
        let key = vec![1; 32];
        ScramKeys::from_parts(mechanism, vec![7; salt], iterations, key.clone(), key)
    };
    for (salt, iterations) in [(1, 1), (1_024, ScramKeys::MAX_ITERATIONS)] {
        let keys = parts(salt, iterations).unwrap();
        assert!(keys.to_text().parse::<ScramKeys>().is_ok());
    }
    for (salt, iterations) in [
        (0, 4_096),
        (1_025, 4_096),
        (16, 0),
        (16, ScramKeys::MAX_ITERATIONS + 1),
        (16, u32::MAX),
    ] {
        assert_eq!(parts(salt, iterations).unwrap_err(), InvalidScramKeys);
    }
    let text = keys::<ScramSha256>().to_text();
    assert!(text.parse::<ScramKeys>().is_ok());
    for count in ["10000001", "4294967295"] {
        let result = text
            .replace("$4096:", &format!("${count}:"))
            .parse::<ScramKeys>();
        assert_eq!(result.unwrap_err(), InvalidScramKeys);
    }
}

#[test]
fn password_is_checked_on_another_thread() {
    for (password, fine) in [("pencil", true), ("other", false)] {
        let (mut server, check) = plain_check(password);
        let stored = keys::<ScramSha256>();
        let thread = std::thread::spawn(move || check.against::<ScramSha256>(Some(&stored)));
        let answer = thread.join().unwrap();
        assert_eq!(server.resolve(answer).is_ok(), fine);
    }
}

/// PBKDF2 with the inputs of RFC 6070's third vector, as the upgrade shows it to the caller.
#[test]
fn rfc_6070_vectors() {
    let words = line("PBKDF2");
    assert_eq!(words[1], "rfc6070");
    let bytes = |hex: &str| -> Vec<u8> {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(byte).collect()
    };
    let tls = ChannelSecurity::tls();
    let login = logged_in("SCRAM-SHA-1", &tls);
    let upgrades = [
        ScramUpgrade::to::<ScramSha1>(),
        ScramUpgrade::to::<ScramSha256>(),
        ScramUpgrade::to::<ScramSha512>(),
    ];
    for (upgrade, expected) in upgrades.into_iter().zip(&words[2..]) {
        let credentials = Credentials::password("user", "password");
        let job = upgrade
            .answer(&login, &credentials, &SelectCx::new(&tls), b"salt", 4_096)
            .unwrap();
        let salted = job.run().into::<SaltedPassword>().unwrap();
        assert_eq!(salted.as_bytes(), bytes(expected));
        assert!(!format!("{salted:?}").contains(&expected[..8]));
    }
    // The first two, of one and two rounds, by a policy that permits so few.
    for (iterations, expected) in [
        (1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
        (2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
    ] {
        let policy = Policy::new().scram_iterations(1..=10);
        let cx = SelectCx::new(&tls).with_policy(&policy);
        let credentials = Credentials::password("user", "password");
        let job = upgrades[0].answer(&login, &credentials, &cx, b"salt", iterations);
        let salted = job.unwrap().run().into::<SaltedPassword>().unwrap();
        assert_eq!(salted.as_bytes(), bytes(expected));
    }
}

#[test]
fn xep_0480_upgrade_gives_the_keys_of_the_other_hash() {
    let tls = ChannelSecurity::tls();
    let cx = SelectCx::new(&tls);
    let login = logged_in("SCRAM-SHA-1", &tls);
    let credentials = Credentials::password("user", "pencil");
    let upgrade = ScramUpgrade::to::<ScramSha512>();
    assert_eq!(
        (upgrade.task().as_str(), upgrade.mechanism()),
        ("UPGR-SCRAM-SHA-512", "SCRAM-SHA-512")
    );
    assert!(upgrade.is_possible(&credentials, &cx));
    // A salt of its own each time, and never fewer rounds than clients take.
    let request = upgrade.begin(1, &mut Script::new(SALT));
    assert_eq!((request.salt(), request.iterations()), (SALT, 4_096));
    assert_eq!(
        upgrade.begin(u32::MAX, &mut Script::default()).iterations(),
        ScramKeys::MAX_ITERATIONS
    );
    let job = upgrade
        .answer(
            &login,
            &credentials,
            &cx,
            request.salt(),
            request.iterations(),
        )
        .unwrap();
    let salted = job.run().into::<SaltedPassword>().unwrap();
    let stored = request.finish(salted.as_bytes()).unwrap();
    assert_eq!(stored.to_text(), keys::<ScramSha512>().to_text());
    // Another length is none of this hash.
    for wrong in [&[][..], &salted.as_bytes()[..63], &[0; 65]] {
        let failure = request.finish(wrong).unwrap_err();
        assert_eq!(failure, Failure::Malformed(Malformed::Length));
        assert_eq!(failure.condition(), "malformed-request");
    }
}

#[test]
fn xep_0480_client_shows_its_key_to_nobody_else() {
    let tls = ChannelSecurity::tls();
    let upgrade = ScramUpgrade::to::<ScramSha256>();
    let password = Credentials::password("user", "pencil");
    let answer = |login: &ClientLogin,
                  credentials: &Credentials,
                  channel: &ChannelSecurity,
                  salt: &[u8],
                  count: u32| {
        upgrade
            .answer(login, credentials, &SelectCx::new(channel), salt, count)
            .map(drop)
    };
    let login = logged_in("SCRAM-SHA-1", &tls);
    assert_eq!(answer(&login, &password, &tls, SALT, 4_096), Ok(()));
    // A server that has not proven itself: the login runs, or its mechanism proves nothing.
    let unproven = Err(MutualAuthError::Missing.into());
    let (running, _) = common::client_with_first("SCRAM-SHA-1");
    assert_eq!(answer(&running, &password, &tls, SALT, 4_096), unproven);
    let plain = logged_in("PLAIN", &tls);
    assert_eq!(answer(&plain, &password, &tls, SALT, 4_096), unproven);
    // Someone may listen.
    let clear = ChannelSecurity::Plain;
    assert_eq!(
        answer(&login, &password, &clear, SALT, 4_096),
        Err(LoginError::NotConfidential)
    );
    assert!(!upgrade.is_possible(&password, &SelectCx::new(&clear)));
    // What the server asks for is bounded as in a login.
    assert_eq!(
        answer(&login, &password, &tls, &[], 4_096),
        Err(Malformed::Attributes.into())
    );
    assert_eq!(answer(&login, &password, &tls, &[1; 1_024], 4_096), Ok(()));
    assert_eq!(
        answer(&login, &password, &tls, &[1; 1_025], 4_096),
        Err(Malformed::TooLong.into())
    );
    let (few, many) = (
        answer(&login, &password, &tls, SALT, 4_095),
        answer(&login, &password, &tls, SALT, 1_000_001),
    );
    assert!(
        matches!(few, Err(LoginError::TooFewIterations { .. })),
        "{few:?}"
    );
    assert!(
        matches!(many, Err(LoginError::TooManyIterations { .. })),
        "{many:?}"
    );
    // Keys are no password.
    let saved = login.export::<ScramClientKeys>().unwrap().clone();
    let saved = Credentials::new().with(saved);
    assert_eq!(
        answer(&login, &saved, &tls, SALT, 4_096),
        Err(LoginError::NoCredential)
    );
    assert!(!upgrade.is_possible(&saved, &SelectCx::new(&tls)));
    assert!(LoginError::NoCredential.is_misuse());
}
