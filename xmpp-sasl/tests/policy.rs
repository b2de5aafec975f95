//! What a policy asks for beyond lists and orders: mutual authentication, a signed offer, what was used before.

mod common;

use common::{Ended, Script, account, all_lookups, lax, talk, tls_with_exporter};
use xmpp_sasl::*;

/// A registry with mechanisms that differ in what they prove, not only in strength. DIGEST-MD5 itself is behind a feature.
fn registry() -> Registry {
    let client = |info: MechanismInfo| ClientMechanism::from_fn(info, |_, _| Ok(None));
    Registry::default().with(client(
        MechanismInfo::new("DIGEST-MD5")
            .with_priority(30)
            .with_strength(Strength::ChallengeResponse)
            .with_mutual_authentication(true)
            .uses::<Password>(),
    ))
}

fn credentials() -> Credentials {
    Credentials::password("user", "pencil").with(External)
}

fn explain(offered: &[&str], policy: &Policy) -> Explanation {
    let channel = tls_with_exporter();
    let cx = SelectCx::new(&channel).with_policy(policy);
    registry().explain(offered, &credentials(), &cx)
}

fn chosen(offered: &[&str], policy: &Policy) -> Option<String> {
    let explanation = explain(offered, policy);
    let mut verdicts = explanation.verdicts().iter();
    let best = verdicts.find(|verdict| verdict.decision == Decision::Chosen)?;
    Some(best.mechanism.clone().into_owned())
}

const OFFER: [&str; 5] = [
    "EXTERNAL",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-256",
    "DIGEST-MD5",
    "PLAIN",
];

#[test]
fn mutual_authentication_is_required_or_not() {
    assert_eq!(chosen(&OFFER, &lax()).unwrap(), "EXTERNAL");
    let policy = lax().require_mutual_authentication();
    assert_eq!(chosen(&OFFER, &policy).unwrap(), "SCRAM-SHA-256-PLUS");
    assert_eq!(chosen(&OFFER[3..], &policy).unwrap(), "DIGEST-MD5");
    assert_eq!(chosen(&["EXTERNAL", "PLAIN"], &policy), None);
    let explanation = explain(&OFFER, &policy);
    for name in ["EXTERNAL", "PLAIN"] {
        let refused = Decision::Refused(Unavailable::NotMutual);
        assert_eq!(explanation.of(name), Some(&refused));
    }
    let text = explanation.to_string();
    let line = "EXTERNAL (priority 90): refused: the server does not authenticate itself in it, and policy \
                requires that";
    assert!(text.lines().any(|one| one == line), "{text}");
    // A minimum is another thing.
    let policy = lax().minimum_strength(Strength::Mutual);
    assert_eq!(chosen(&OFFER, &policy).unwrap(), "EXTERNAL");
    assert_eq!(chosen(&OFFER[3..], &policy), None);
}

#[test]
fn signed_offer_is_required_or_not() {
    let policy = lax().require_signed_offer();
    assert_eq!(chosen(&OFFER, &policy).unwrap(), "SCRAM-SHA-256-PLUS");
    assert_eq!(chosen(&["EXTERNAL", "DIGEST-MD5", "PLAIN"], &policy), None);
    let explanation = explain(&OFFER, &policy);
    for name in ["EXTERNAL", "DIGEST-MD5", "PLAIN"] {
        let refused = Decision::Refused(Unavailable::UnsignedOffer);
        assert_eq!(explanation.of(name), Some(&refused));
    }
    assert!(
        explanation
            .to_string()
            .contains("PLAIN (priority 20): refused: the server cannot sign its offer in it")
    );
}

/// Who stays a candidate under each pin.
#[test]
fn pin_is_by_strength_and_not_by_name() {
    for (pin, expected) in [
        ("EXTERNAL/channel-bound", &OFFER[..2]),
        ("SCRAM-SHA-256-PLUS/channel-bound", &OFFER[..2]),
        ("SCRAM-SHA-256/mutual", &OFFER[..3]),
        ("SCRAM-SHA3-512/mutual", &OFFER[..3]), // not registered here
        ("DIGEST-MD5/challenge-response", &OFFER[..4]),
        ("PLAIN/plaintext", &OFFER[..]),
    ] {
        let policy = lax().pin(pin.parse::<Pin>().unwrap());
        let explanation = explain(&OFFER, &policy);
        for name in OFFER {
            let refused = matches!(
                explanation.of(name),
                Some(Decision::Refused(Unavailable::Pinned { .. }))
            );
            assert_eq!(refused, !expected.contains(&name), "{pin} {name}");
        }
        if expected.len() < OFFER.len() {
            let before = pin.split('/').next().unwrap();
            let line = format!(
                "PLAIN (priority 20): refused: weaker than {before}, which was used before"
            );
            assert!(explanation.to_string().lines().any(|one| one == line));
        }
    }
}

#[test]
fn pin_leaves_a_login_and_comes_back_as_text() {
    let (channel, config) = (tls_with_exporter(), all_lookups());
    let login = |offered: &[&str], policy: &Policy| {
        let cx = SelectCx::new(&channel)
            .with_policy(policy)
            .with_server(&config);
        let registry = Registry::default();
        let mut random = Script::default();
        let credentials = Credentials::password("user", "pencil").with(Anonymous::new());
        let mut client = registry
            .select(offered, &credentials, &cx, &mut random)
            .ok()?;
        assert_eq!(client.pin(), None, "nothing is known before the end");
        let mut server = registry
            .begin(client.mechanism().as_str(), &cx, &mut random)
            .unwrap();
        let ended = talk(&mut client, &mut server, account);
        assert!(matches!(ended, Ended::In(_)), "{ended:?}");
        Some(client)
    };
    let first = login(&OFFER, &lax()).unwrap();
    let text = first.pin().unwrap().to_string();
    assert_eq!(text, "SCRAM-SHA-256-PLUS/channel-bound");

    let pin: Pin = text.parse().unwrap();
    assert!(login(&["PLAIN"], &lax()).is_some());
    assert!(login(&["PLAIN"], &lax().pin(pin.clone())).is_none());
    // Channel binding is pinned as well, unless the caller says that the fact alone shall be.
    let other = ["SCRAM-SHA-1-PLUS"];
    assert!(login(&other, &lax().pin(pin.clone())).is_some());
    let policy = lax().deny("SCRAM-SHA-1-PLUS").pin(pin.clone());
    let rather_not = policy.priority("SCRAM-SHA-1", 1_000);
    let both = ["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"];
    assert!(login(&both, &rather_not).is_none());
    let relaxed = rather_not.pin(pin.at_most(Strength::Mutual));
    assert!(login(&both, &relaxed).is_some());
    // Nobody in particular has no account to pin.
    assert_eq!(login(&["ANONYMOUS"], &lax()).unwrap().pin(), None);
}

#[test]
fn text_form_of_pins_is_strict() {
    for text in ["SCRAM-SHA-1/mutual", "PLAIN/plaintext", "X-OTHER"] {
        assert_eq!(text.parse::<Pin>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "/",
        "SCRAM-SHA-1/",
        "SCRAM-SHA-1/Mutual",
        "a/mutual",
        "A/mutual/x",
        "A B",
    ] {
        assert_eq!(text.parse::<Pin>(), Err(InvalidPin), "{text}");
    }
}

#[test]
fn iteration_bounds_of_a_session_are_explained_by_the_error() {
    let policy = lax().scram_iterations(8_192..=8_192);
    let cx = SelectCx::new(&ChannelSecurity::Plain).with_policy(&policy);
    let mut random = Script::new("abcdefghijklmnopqrstuvwx");
    let mut client = Registry::default()
        .select(&["SCRAM-SHA-1"], &credentials(), &cx, &mut random)
        .unwrap();
    client.initial().unwrap();
    let error = client
        .challenge(b"r=abcdefghijklmnopqrstuvwxS,s=QSXCR+Q6sek8bf92,i=4096")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "4096 iterations are fewer than the 8192 required"
    );
}
