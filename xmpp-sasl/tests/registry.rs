//! What is chosen and what is offered, and why.

mod common;

use common::{Script, all_lookups, lax, tls_with_exporter};
use xmpp_sasl::*;

const EVERYTHING: [&str; 8] = [
    "ANONYMOUS",
    "PLAIN",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-512",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-512-PLUS",
];

struct Token;

struct Broken(MechanismInfo);
impl Mechanism for Broken {
    fn info(&self) -> &MechanismInfo {
        &self.0
    }
}

fn password() -> Credentials {
    Credentials::password("user", "pencil")
}

fn select(
    registry: &Registry,
    offered: &[&str],
    credentials: &Credentials,
    channel: &ChannelSecurity,
    policy: &Policy,
) -> Result<String, NoMechanism> {
    let cx = SelectCx::new(channel).with_policy(policy);
    let login = registry.select(offered, credentials, &cx, &mut Script::default())?;
    assert_eq!(
        login.explanation().of(login.mechanism().as_str()),
        Some(&Decision::Chosen)
    );
    Ok(login.mechanism().to_string())
}

/// By the default registry.
fn chosen(
    offered: &[&str],
    credentials: &Credentials,
    channel: &ChannelSecurity,
    policy: &Policy,
) -> Option<String> {
    select(&Registry::default(), offered, credentials, channel, policy).ok()
}

fn reason(
    mechanism: &str,
    offered: &[&str],
    credentials: &Credentials,
    channel: &ChannelSecurity,
    policy: &Policy,
) -> Unavailable {
    let cx = SelectCx::new(channel).with_policy(policy);
    let explanation = Registry::default().explain(offered, credentials, &cx);
    match explanation.of(mechanism) {
        Some(Decision::Refused(reason)) => reason.clone(),
        other => panic!("{mechanism}: {other:?}"),
    }
}

#[test]
fn default_order_is_by_strength() {
    let channel = tls_with_exporter();
    let mut offered = EVERYTHING.to_vec();
    let credentials = password().with(Anonymous::new());
    let mut order = Vec::new();
    while let Some(name) = chosen(&offered, &credentials, &channel, &lax()) {
        offered.retain(|other| *other != name);
        order.push(name);
    }
    let expected = [
        "SCRAM-SHA-512-PLUS",
        "SCRAM-SHA-256-PLUS",
        "SCRAM-SHA-1-PLUS",
        "SCRAM-SHA-512",
        "SCRAM-SHA-256",
        "SCRAM-SHA-1",
        "PLAIN",
        "ANONYMOUS",
    ];
    assert_eq!(order, expected);
    // The server's order is the same.
    let config = all_lookups();
    let cx = SelectCx::new(&channel).with_server(&config);
    assert_eq!(Registry::default().offered(&cx), expected);
}

#[test]
fn strophe_preset_has_the_numbers_of_strophe_1_2_9() {
    let registry = Registry::strophe_1_2_9();
    let numbers: Vec<_> = registry
        .infos(Side::Client)
        .map(|info| (info.name().as_str(), registry.policy().priority_of(info)))
        .collect();
    let expected = [
        ("EXTERNAL", 60),
        ("OAUTHBEARER", 50),
        ("SCRAM-SHA-1", 40),
        #[cfg(feature = "digest-md5")]
        ("DIGEST-MD5", 30),
        ("PLAIN", 20),
        ("ANONYMOUS", 10),
    ];
    assert_eq!(numbers, expected);
    for (name, number) in [("EXTERNAL", 60), ("DIGEST-MD5", 30)] {
        assert_eq!(
            registry.policy().priority_of(&MechanismInfo::new(name)),
            number
        );
    }
}

#[test]
fn anonymous_user_is_logged_in_by_nothing_else() {
    // Converse's users were logged in by EXTERNAL when they had asked for anonymous.
    let tls = tls_with_exporter();
    let anonymous = Credentials::anonymous();
    assert_eq!(
        chosen(&EVERYTHING, &anonymous, &tls, &lax()).unwrap(),
        "ANONYMOUS"
    );
    assert_eq!(chosen(&EVERYTHING[1..], &anonymous, &tls, &lax()), None);
    for name in &EVERYTHING[1..] {
        let reason = reason(name, &EVERYTHING, &anonymous, &tls, &lax());
        assert!(
            matches!(reason, Unavailable::Credentials { .. }),
            "{name}: {reason}"
        );
    }
    let external = ClientMechanism::from_fn(
        MechanismInfo::new("EXTERNAL")
            .with_priority(99)
            .uses::<u8>(),
        |_, _| Ok(None),
    );
    let registry = Registry::default().with(external);
    let offered = ["EXTERNAL", "ANONYMOUS"];
    let name = select(&registry, &offered, &anonymous, &tls, &lax()).unwrap();
    assert_eq!(name, "ANONYMOUS");
    let name = select(&registry, &offered, &anonymous.with(1_u8), &tls, &lax()).unwrap();
    assert_eq!(name, "EXTERNAL");
}

#[test]
fn user_with_a_password_is_not_logged_in_anonymously_or_by_a_token() {
    let tls = tls_with_exporter();
    assert_eq!(chosen(&["ANONYMOUS"], &password(), &tls, &lax()), None);
    let token = ClientMechanism::from_fn(
        MechanismInfo::new("X-OAUTH2")
            .with_priority(99)
            .uses::<Token>(),
        |_, _| Ok(None),
    );
    let registry = Registry::default().with(token);
    let offered = ["X-OAUTH2", "PLAIN"];
    assert_eq!(
        select(&registry, &offered, &password(), &tls, &lax()).unwrap(),
        "PLAIN"
    );
    let both = password().with(Token);
    assert_eq!(
        select(&registry, &offered, &both, &tls, &lax()).unwrap(),
        "X-OAUTH2"
    );
}

#[test]
fn plain_without_channel_security_is_no_candidate() {
    let policy = lax();
    assert_eq!(
        chosen(&["PLAIN"], &password(), &ChannelSecurity::Plain, &policy),
        None
    );
    assert_eq!(
        reason(
            "PLAIN",
            &["PLAIN"],
            &password(),
            &ChannelSecurity::Plain,
            &policy
        ),
        Unavailable::NotConfidential
    );
    for channel in [ChannelSecurity::tls(), ChannelSecurity::TrustedProxyTls] {
        assert_eq!(
            chosen(&["PLAIN"], &password(), &channel, &policy).unwrap(),
            "PLAIN"
        );
    }
    // No order and no allow-list changes that.
    let eager = Policy::new()
        .allow_only(["PLAIN"])
        .priority("PLAIN", i32::MAX);
    assert_eq!(
        chosen(&["PLAIN"], &password(), &ChannelSecurity::Plain, &eager),
        None
    );
}

#[test]
fn plain_is_used_only_by_opt_in_sas_2() {
    let tls = ChannelSecurity::tls();
    let offered = ["PLAIN"];
    assert_eq!(
        reason("PLAIN", &offered, &password(), &tls, &Policy::new()),
        Unavailable::NotOptedIn
    );
    for policy in [lax(), Policy::new().allow_only(["PLAIN", "SCRAM-SHA-1"])] {
        assert_eq!(
            chosen(&offered, &password(), &tls, &policy).unwrap(),
            "PLAIN"
        );
    }
}

#[test]
fn pinned_mechanism_that_is_missing_is_not_replaced_by_plain() {
    let tls = ChannelSecurity::tls();
    let pinned = lax().pin("SCRAM-SHA-256");
    assert_eq!(chosen(&["PLAIN"], &password(), &tls, &pinned), None);
    assert_eq!(
        reason("PLAIN", &["PLAIN"], &password(), &tls, &pinned),
        Unavailable::Pinned {
            pinned: "SCRAM-SHA-256".to_owned()
        }
    );
    assert_eq!(
        chosen(&["PLAIN"], &password(), &tls, &lax()).unwrap(),
        "PLAIN"
    );
    // As strong is strong enough.
    let offered = ["PLAIN", "SCRAM-SHA-1"];
    assert_eq!(
        chosen(&offered, &password(), &tls, &pinned).unwrap(),
        "SCRAM-SHA-1"
    );
    // What was pinned by another program may not be known here.
    let unknown = lax().pin("X-UNKNOWN");
    assert_eq!(chosen(&offered, &password(), &tls, &unknown), None);
}

#[test]
fn required_channel_binding_is_not_replaced_by_something_else() {
    let policy = lax().minimum_strength(Strength::ChannelBound);
    let channel = tls_with_exporter();
    let offered = ["SCRAM-SHA-256", "PLAIN"];
    assert_eq!(chosen(&offered, &password(), &channel, &policy), None);
    assert!(matches!(
        reason("SCRAM-SHA-256", &offered, &password(), &channel, &policy),
        Unavailable::TooWeak {
            strength: Strength::Mutual,
            minimum: Strength::ChannelBound
        }
    ));
    let offered = ["SCRAM-SHA-256", "PLAIN", "SCRAM-SHA-1-PLUS"];
    assert_eq!(
        chosen(&offered, &password(), &channel, &policy).unwrap(),
        "SCRAM-SHA-1-PLUS"
    );
    // Without data there is nothing to bind.
    for channel in [ChannelSecurity::tls(), ChannelSecurity::TrustedProxyTls] {
        assert_eq!(chosen(&offered, &password(), &channel, &policy), None);
    }
}

#[test]
fn allow_list_and_deny_list_win_over_every_priority() {
    let tls = ChannelSecurity::tls();
    let policy = Policy::new()
        .allow_only(["SCRAM-SHA-1"])
        .priority("SCRAM-SHA-512", 1_000);
    assert_eq!(
        chosen(&EVERYTHING, &password(), &tls, &policy).unwrap(),
        "SCRAM-SHA-1"
    );
    assert_eq!(
        reason("SCRAM-SHA-512", &EVERYTHING, &password(), &tls, &policy),
        Unavailable::NotAllowed
    );
    let policy = policy.deny("SCRAM-SHA-1");
    assert_eq!(chosen(&EVERYTHING, &password(), &tls, &policy), None);
    let reason = reason("SCRAM-SHA-1", &EVERYTHING, &password(), &tls, &policy);
    assert_eq!(reason, Unavailable::Denied);
}

#[test]
fn priorities_are_those_of_the_session() {
    let tls = ChannelSecurity::tls();
    let registry = Registry::default().with_policy(lax().priority("SCRAM-SHA-1", 100));
    let cx = SelectCx::new(&tls);
    let mut random = Script::default();
    let login = registry
        .select(&EVERYTHING, &password(), &cx, &mut random)
        .unwrap();
    assert_eq!(login.mechanism(), &"SCRAM-SHA-1");
    let session = lax().priority("PLAIN", 100);
    let cx = cx.with_policy(&session);
    let login = registry
        .select(&EVERYTHING, &password(), &cx, &mut random)
        .unwrap();
    assert_eq!(login.mechanism(), &"PLAIN");
}

#[test]
fn gs2_flag_says_what_the_client_could_and_the_server_offers() {
    let first = |offered: &[&str], channel: &ChannelSecurity, policy: &Policy| {
        let cx = SelectCx::new(channel).with_policy(policy);
        let mut login = Registry::default()
            .select(offered, &password(), &cx, &mut Script::default())
            .unwrap();
        String::from_utf8(login.initial().unwrap().unwrap())
            .unwrap()
            .split(",n=")
            .next()
            .unwrap()
            .to_owned()
    };
    let (bound, unbound) = (tls_with_exporter(), ChannelSecurity::tls());
    let plus = ["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"];
    assert_eq!(first(&plus, &bound, &Policy::new()), "p=tls-exporter,");
    // It could, but the server does not offer it.
    assert_eq!(first(&["SCRAM-SHA-1"], &bound, &Policy::new()), "y,");
    // It cannot: no data, or not permitted.
    assert_eq!(first(&plus, &unbound, &Policy::new()), "n,");
    assert_eq!(first(&["SCRAM-SHA-1"], &unbound, &Policy::new()), "n,");
    let without = Policy::new().allow_only(["SCRAM-SHA-1"]);
    assert_eq!(first(&plus, &bound, &without), "n,");
    assert_eq!(first(&["SCRAM-SHA-1"], &bound, &without), "n,");
    // It could and the server offers it, but it prefers not to: to say `y` would be a lie.
    let rather_not = Policy::new().priority("SCRAM-SHA-1", 1_000);
    assert_eq!(first(&plus, &bound, &rather_not), "n,");
    // The server can bind by another type only (XEP-0440).
    let cx = SelectCx::new(&bound).with_advertised_bindings(&["tls-server-end-point"]);
    let login = Registry::default().select(&plus, &password(), &cx, &mut Script::default());
    let mut login = login.unwrap();
    assert_eq!(login.mechanism(), &"SCRAM-SHA-1");
    assert!(login.initial().unwrap().unwrap().starts_with(b"n,,"));
}

#[test]
fn a_server_without_a_secret_offers_nothing_that_needs_one() {
    let tls = tls_with_exporter();
    let config = ServerConfig::without_secret().answers([
        LookupKind::ANONYMOUS,
        LookupKind::PASSWORD,
        LookupKind::SCRAM_SHA_256,
    ]);
    let cx = SelectCx::new(&tls).with_server(&config);
    let registry = Registry::default();
    assert_eq!(registry.offered(&cx), ["ANONYMOUS"]);
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"] {
        assert_eq!(
            registry
                .begin(mechanism, &cx, &mut Script::default())
                .unwrap_err(),
            Failure::InvalidMechanism
        );
        let explanation = registry.explain_offer(&cx).to_string();
        let reason = format!("refused: {}", Unavailable::NoSecret);
        let line = explanation
            .lines()
            .find(|line| line.starts_with(&format!("{mechanism} ")));
        assert!(
            line.is_some_and(|line| line.ends_with(&reason)),
            "{explanation}"
        );
    }
}

#[test]
fn explanation_names_every_mechanism_once() {
    let offered = [
        "PLAIN",
        "X-OTHER",
        "SCRAM-SHA-1",
        "X-OTHER",
        "SCRAM-SHA-256",
        "\u{1b}[31m",
    ];
    let cx = SelectCx::new(&ChannelSecurity::Plain);
    let registry = Registry::new()
        .with(Scram::<ScramSha512>::plus())
        .with(Scram::<ScramSha256>::plus())
        .with(Scram::<ScramSha1>::plus())
        .with(Scram::<ScramSha512>::new())
        .with(Scram::<ScramSha256>::new())
        .with(Scram::<ScramSha1>::new())
        .with(Plain::new())
        .with(AnonymousMechanism::new());
    let explanation = registry.explain(&offered, &password(), &cx);
    let expected = "\
SCRAM-SHA-256 (priority 71): chosen
SCRAM-SHA-1 (priority 70): possible, but SCRAM-SHA-256 is preferred
SCRAM-SHA-512-PLUS (priority 82): refused: the server does not offer it
SCRAM-SHA-256-PLUS (priority 81): refused: the server does not offer it
SCRAM-SHA-1-PLUS (priority 80): refused: the server does not offer it
SCRAM-SHA-512 (priority 72): refused: the server does not offer it
PLAIN (priority 20): refused: the channel is not confidential
ANONYMOUS (priority 10): refused: the server does not offer it
X-OTHER: not registered here
\\u{1b}[31m: not registered here";
    assert_eq!(explanation.to_string(), expected);

    let nothing: [&str; 0] = [];
    let error = Registry::default()
        .select(&nothing, &password(), &cx, &mut Script::default())
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("no usable mechanism:\nEXTERNAL")
    );
    let text = reason(
        "ANONYMOUS",
        &["ANONYMOUS"],
        &password(),
        &ChannelSecurity::Plain,
        &lax(),
    );
    assert_eq!(
        text.to_string(),
        "no credential in hand that it works with (it uses Anonymous)"
    );
}

#[test]
fn server_offers_what_it_can_do_sas_1() {
    let registry = Registry::default();
    let offer = |channel: &ChannelSecurity, kinds: &[LookupKind]| {
        let config = ServerConfig::new([7; 32]).answers(kinds.iter().cloned());
        registry.offered(&SelectCx::new(channel).with_server(&config))
    };
    let none: [&str; 0] = [];
    let (plain, tls) = (ChannelSecurity::Plain, ChannelSecurity::tls());
    assert_eq!(offer(&tls, &[]), none);
    assert_eq!(registry.offered(&SelectCx::new(&tls)), none);
    assert_eq!(offer(&plain, &[LookupKind::ANONYMOUS]), ["ANONYMOUS"]);
    assert_eq!(offer(&plain, &[LookupKind::PASSWORD]), none);
    assert_eq!(offer(&tls, &[LookupKind::PASSWORD]), ["PLAIN"]);
    assert_eq!(
        offer(&ChannelSecurity::TrustedProxyTls, &[LookupKind::PASSWORD]),
        ["PLAIN"]
    );
    let sha1 = [LookupKind::SCRAM_SHA_1];
    assert_eq!(offer(&plain, &sha1), ["SCRAM-SHA-1"]);
    assert_eq!(offer(&tls, &sha1), ["SCRAM-SHA-1"]);
    assert_eq!(
        offer(&ChannelSecurity::TrustedProxyTls, &sha1),
        ["SCRAM-SHA-1"]
    );
    assert_eq!(
        offer(&tls_with_exporter(), &sha1),
        ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1"]
    );

    let config = ServerConfig::new([7; 32]).answers(sha1);
    let explanation = registry.explain_offer(&SelectCx::new(&plain).with_server(&config));
    assert_eq!(explanation.of("SCRAM-SHA-1"), Some(&Decision::Chosen));
    let refused = |name: &str| match explanation.of(name) {
        Some(Decision::Refused(reason)) => reason.to_string(),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused("SCRAM-SHA-1-PLUS"), "no channel-binding data");
    assert_eq!(
        refused("ANONYMOUS"),
        "nobody answers its lookups of the kind anonymous"
    );
}

#[test]
fn what_is_not_offered_cannot_be_begun() {
    let config = all_lookups();
    let begin = |name: &str, channel: &ChannelSecurity, policy: &Policy| {
        let cx = SelectCx::new(channel)
            .with_server(&config)
            .with_policy(policy);
        let login = Registry::default().begin(name, &cx, &mut Script::default());
        login.map(drop).map_err(|failure| failure.condition())
    };
    let (plain, tls, policy) = (
        ChannelSecurity::Plain,
        ChannelSecurity::tls(),
        Policy::new(),
    );
    assert_eq!(begin("PLAIN", &tls, &policy), Ok(()));
    assert_eq!(begin("PLAIN", &plain, &policy), Err("encryption-required"));
    let strong = Policy::new().minimum_strength(Strength::Mutual);
    assert_eq!(begin("PLAIN", &tls, &strong), Err("mechanism-too-weak"));
    for name in ["", "X-OTHER", "plain", "SCRAM-SHA-1-PLUS", "PLAIN "] {
        assert_eq!(
            begin(name, &tls, &policy),
            Err("invalid-mechanism"),
            "{name:?}"
        );
    }
    assert_eq!(
        begin("PLAIN", &tls, &Policy::new().deny("PLAIN")),
        Err("invalid-mechanism")
    );
}

#[test]
fn mechanism_registered_later_replaces_one_of_its_name_on_its_side() {
    let mine = ClientMechanism::from_fn(
        MechanismInfo::new("PLAIN")
            .with_priority(1)
            .uses::<Password>(),
        |_, _| Ok(Some(b"mine".to_vec())),
    );
    let registry = Registry::default().with(mine);
    let (tls, config) = (ChannelSecurity::tls(), all_lookups());
    let cx = SelectCx::new(&tls).with_server(&config);
    let mut random = Script::default();
    let mut client = registry
        .select(&["PLAIN"], &password(), &cx, &mut random)
        .unwrap();
    assert_eq!(client.initial().unwrap().unwrap(), b"mine");
    // The server's side is as it was.
    let plains = registry
        .offered(&cx)
        .iter()
        .filter(|name| **name == "PLAIN")
        .count();
    assert_eq!(plains, 1);
    let mut server = registry.begin("PLAIN", &cx, &mut random).unwrap();
    assert!(matches!(
        server.start(Some(b"mine")),
        Err(Failure::Malformed(_))
    ));
}

#[test]
fn mechanism_that_cannot_begin_gives_way_to_the_next() {
    let info = MechanismInfo::new("X-BROKEN")
        .with_priority(1_000)
        .safe_in_clear();
    let registry = Registry::default().with(Broken(info));
    let cx = SelectCx::new(&ChannelSecurity::Plain);
    let offered = ["X-BROKEN", "SCRAM-SHA-1"];
    let login = registry
        .select(&offered, &password(), &cx, &mut Script::default())
        .unwrap();
    assert_eq!(login.mechanism(), &"SCRAM-SHA-1");
    assert_eq!(
        login.explanation().of("X-BROKEN"),
        Some(&Decision::Refused(Unavailable::Side))
    );
}

#[test]
fn long_offer_costs_linear_time_and_is_reported_once_each() {
    let offered: Vec<String> = (0..20_000).map(|n| format!("X-{}", n % 10_000)).collect();
    let cx = SelectCx::new(&ChannelSecurity::Plain);
    let explanation = Registry::default().explain(&offered, &password(), &cx);
    let known = Registry::default().infos(Side::Client).count();
    assert_eq!(explanation.verdicts().len(), known + 10_000);
}

#[test]
fn secrets_never_print() {
    let keys = ScramKeys::derive::<ScramSha256>("pencil", b"saltsalt", 4_096).unwrap();
    let text = keys.to_text();
    let (tls, config, policy) = (ChannelSecurity::tls(), all_lookups(), lax());
    let cx = SelectCx::new(&tls)
        .with_server(&config)
        .with_policy(&policy);
    let registry = Registry::default();
    let mut client = registry
        .select(&["PLAIN"], &password(), &cx, &mut Script::default())
        .unwrap();
    let mut server = registry
        .begin("PLAIN", &cx, &mut Script::default())
        .unwrap();
    let outcome = server.start(client.initial().unwrap().as_deref()).unwrap();
    let printed = [
        format!("{keys:?} {:?}", Answer::ScramKeys(keys.clone())),
        format!("{outcome:?} {client:?} {server:?}"),
        format!(
            "{:?} {:?} {cx:?}",
            password(),
            Password::new("user", "pencil")
        ),
        format!("{config:?} {registry:?}"),
    ]
    .concat();
    let stored = text.rsplit_once('$').unwrap().1.split_once(':').unwrap();
    for secret in ["pencil", stored.0, stored.1, "7, 7, 7"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn text_form_of_stored_keys_is_read_and_written() {
    let text = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
                WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
    let keys: ScramKeys = text.parse().unwrap();
    assert_eq!(keys.to_text(), text);
    assert_eq!(
        (keys.mechanism().as_str(), keys.iterations()),
        ("SCRAM-SHA-256", 4_096)
    );
    for broken in [
        "",
        "SCRAM-SHA-256",
        &text.replace("4096", "0"),
        &text.replace("4096", "+4096"),
        &text.replace("W22ZaJ0SNY7soEsUEjb6gQ==", ""),
        &text.replace("gQ==", "gQ"),
        &text.replace("WG5d", ""),
        &text.replace("SCRAM-SHA-256", "scram"),
        &format!("{text}:"),
        &format!("{text}$"),
    ] {
        assert_eq!(
            broken.parse::<ScramKeys>().unwrap_err(),
            InvalidScramKeys,
            "{broken}"
        );
    }
}
