//! What someone in between does to the server's offer: XEP-0474, XEP-0515 and the rules of XEP-0440. Each attack has a
//! twin that differs in the attacked field only and is accepted.

mod common;

use common::{Ended, Script, account, all_lookups, lax, talk};
use xmpp_sasl::*;

const TYPES: [&str; 2] = ["tls-exporter", "tls-server-end-point"];
const PLAIN_TYPES: Option<&[&str]> = Some(&TYPES);

fn tls(version: TlsVersion) -> ChannelSecurity {
    let of = |kind, byte: u8| ChannelBinding::new(kind, [byte; 32]);
    ChannelSecurity::Tls(
        TlsChannel::new()
            .with_version(version)
            .with_binding(of(ChannelBindingType::TlsServerEndPoint, 1))
            .with_binding(of(ChannelBindingType::TlsExporter, 2)),
    )
}

fn tls_1_3() -> ChannelSecurity {
    tls(TlsVersion::V1_3)
}

/// What each side believes that the other one was told.
struct Sides<'a> {
    client: (&'a [&'a str], Option<&'a [&'a str]>),
    server: (&'a [&'a str], Option<&'a [&'a str]>),
    /// The offer of which the client was given a part to choose from.
    whole: Option<&'a [&'a str]>,
    channels: [ChannelSecurity; 2],
    policy: Policy,
    config: ServerConfig,
}

impl<'a> Sides<'a> {
    fn agreeing(mechanisms: &'a [&'a str], types: Option<&'a [&'a str]>) -> Self {
        Self {
            client: (mechanisms, types),
            server: (mechanisms, types),
            whole: None,
            channels: [tls_1_3(), tls_1_3()],
            policy: lax(),
            config: all_lookups(),
        }
    }

    /// The challenge as it leaves the server goes through `between`.
    fn meet(&self, between: impl Fn(String) -> String) -> Ended {
        let [near, far] = &self.channels;
        let registry = Registry::default();
        let credentials = Credentials::password("user", "pencil");
        let mut cx = SelectCx::new(near).with_policy(&self.policy);
        if let Some(types) = self.client.1 {
            cx = cx.with_advertised_bindings(types);
        }
        if let Some(whole) = self.whole {
            cx = cx.with_advertised_mechanisms(whole);
        }
        let mut random = Script::default();
        let mut client = registry
            .select(self.client.0, &credentials, &cx, &mut random)
            .unwrap();
        let mut cx = SelectCx::new(far)
            .with_server(&self.config)
            .with_advertised_mechanisms(self.server.0);
        if let Some(types) = self.server.1 {
            cx = cx.with_advertised_bindings(types);
        }
        let mut server = registry
            .begin(client.mechanism().as_str(), &cx, &mut random)
            .unwrap();
        let first = client.initial().unwrap();
        let mut outcome = server.start(first.as_deref());
        loop {
            outcome = match outcome {
                Err(failure) => return Ended::Refused(failure),
                Ok(Outcome::Lookup(lookup)) => server.resolve(account(lookup)),
                Ok(Outcome::Challenge(challenge)) => {
                    let challenge = between(String::from_utf8(challenge).unwrap());
                    match client.challenge(challenge.as_bytes()) {
                        Ok(step) => server.response(&client.run_here(step).unwrap()),
                        Err(error) => return Ended::GaveUp(error),
                    }
                }
                Ok(Outcome::Success { identity, data }) => {
                    client.success(data.as_deref()).unwrap();
                    return Ended::In(identity);
                }
            };
        }
    }
}

fn is_in(ended: &Ended, mechanism: &str) -> bool {
    matches!(ended, Ended::In(identity) if identity.mechanism() == mechanism)
}

fn gave_up(error: DowngradeError) -> Ended {
    Ended::GaveUp(LoginError::Downgrade(error))
}

fn genuine(challenge: String) -> String {
    challenge
}

fn without(challenge: &str, attribute: &str) -> String {
    let kept: Vec<_> = challenge
        .split(',')
        .filter(|pair| !pair.starts_with(attribute))
        .collect();
    kept.join(",")
}

const ALL: [&str; 6] = [
    "SCRAM-SHA-512-PLUS",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-512",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1",
];

#[test]
fn xep_0474_signed_offer_is_verified_by_every_hash_with_and_without_plus() {
    for name in ALL {
        let mut sides = Sides::agreeing(&ALL, PLAIN_TYPES);
        sides.policy = Policy::new().priority(name, 1_000).require_signed_offer();
        assert!(is_in(&sides.meet(genuine), name), "{name}");
        // The order in which an offer is written does not matter.
        let mut turned = ALL;
        turned.reverse();
        sides.client.0 = &turned;
        assert!(is_in(&sides.meet(genuine), name), "{name}");
        // One mechanism less or more, one type less or more.
        let other = if name == ALL[0] { ALL[5] } else { ALL[0] };
        let less: Vec<_> = ALL.into_iter().filter(|one| *one != other).collect();
        let more = [&ALL[..], &["X-MORE"]].concat();
        for mechanisms in [&less, &more] {
            sides.client = (mechanisms, PLAIN_TYPES);
            assert_eq!(
                sides.meet(genuine),
                gave_up(DowngradeError::Offer),
                "{name}"
            );
        }
        for types in [
            None,
            Some(&TYPES[..1]),
            Some(&["tls-exporter", "tls-server-end-point", "x"]),
        ] {
            sides.client = (&ALL, types);
            assert_eq!(
                sides.meet(genuine),
                gave_up(DowngradeError::Offer),
                "{name}"
            );
        }
    }
}

#[test]
fn xep_0474_wrong_hash_ends_the_login_before_any_proof() {
    let sides = Sides::agreeing(&ALL, PLAIN_TYPES);
    assert!(is_in(&sides.meet(genuine), ALL[0]));
    for wrong in ["AAAA", "x", "G6k/rBLDqgOhRRaCuuatSDFkJ08="] {
        let changed = |challenge: String| format!("{},h={wrong}", without(&challenge, "h="));
        assert_eq!(sides.meet(changed), gave_up(DowngradeError::Offer));
    }
    let lower = |challenge: String| {
        let at = challenge.find("h=").unwrap() + 2;
        challenge[..at].to_owned() + &challenge[at..].to_lowercase()
    };
    assert_eq!(sides.meet(lower), gave_up(DowngradeError::Offer));
}

#[test]
fn xep_0474_hash_taken_away_or_made_up_breaks_the_proof() {
    // The client of a downgraded offer is given the hash that it expects: the server has signed another message.
    let downgraded = ["SCRAM-SHA-1"];
    let mut sides = Sides::agreeing(&ALL, None);
    sides.channels = [ChannelSecurity::Plain, ChannelSecurity::Plain];
    sides.client = (&downgraded, None);
    assert_eq!(sides.meet(genuine), gave_up(DowngradeError::Offer));
    let refused = Ended::Refused(Failure::WrongCredentials);
    // SHA-1 of the one name.
    let made_up = |challenge: String| {
        let mut alone = Sides::agreeing(&downgraded, None);
        alone.channels = [ChannelSecurity::Plain, ChannelSecurity::Plain];
        let seen = std::cell::RefCell::new(String::new());
        alone.meet(|own| {
            seen.replace(own.rsplit_once("h=").unwrap().1.to_owned());
            own
        });
        format!("{},h={}", without(&challenge, "h="), seen.borrow())
    };
    assert_eq!(sides.meet(made_up), refused);
    assert_eq!(sides.meet(|challenge| without(&challenge, "h=")), refused);
    sides.policy = Policy::new().require_signed_offer();
    let taken = sides.meet(|challenge| without(&challenge, "h="));
    assert_eq!(taken, gave_up(DowngradeError::Unsigned));
}

#[test]
fn xep_0474_absent_hash_is_accepted_unless_policy_requires_it() {
    let mut sides = Sides::agreeing(&ALL, PLAIN_TYPES);
    sides.config = all_lookups().sign_offer(false);
    let ended = sides.meet(|challenge| {
        assert!(
            !challenge.contains(",h=") && !challenge.contains(",t="),
            "{challenge}"
        );
        challenge
    });
    assert!(is_in(&ended, ALL[0]));
    sides.policy = Policy::new().require_signed_offer();
    assert_eq!(sides.meet(genuine), gave_up(DowngradeError::Unsigned));
    sides.config = all_lookups();
    assert!(is_in(&sides.meet(genuine), ALL[0]));
}

#[test]
fn xep_0474_unknown_extensions_are_signed_and_do_not_disturb() {
    // A server with extensions of its own: the proof that comes back covers them, in their place.
    let (_, first) = common::client_with_first("SCRAM-SHA-1");
    let nonce = first.rsplit_once("r=").unwrap().1.to_owned();
    let response = |extensions: &str| {
        let (mut client, _) = common::client_with_first("SCRAM-SHA-1");
        let salt = base64::encode(common::SALT);
        let challenge = format!("r={nonce}S,s={salt},i=4096{extensions}");
        let step = client.challenge(challenge.as_bytes())?;
        client.run_here(step)
    };
    // SHA-1 of `SCRAM-SHA-1`.
    let signed = {
        let mut sides = Sides::agreeing(&["SCRAM-SHA-1"], None);
        sides.channels = [ChannelSecurity::Plain, ChannelSecurity::Plain];
        let seen = std::cell::RefCell::new(String::new());
        sides.meet(|own| {
            seen.replace(own.rsplit_once("h=").unwrap().1.to_owned());
            own
        });
        seen.into_inner()
    };
    let all = [
        response("").unwrap(),
        response(&format!(",h={signed}")).unwrap(),
        response(&format!(",x=1,h={signed}")).unwrap(),
        response(&format!(",h={signed},x=1")).unwrap(),
        response(&format!(",x=2,h={signed}")).unwrap(),
    ];
    for (at, one) in all.iter().enumerate() {
        assert!(!all[at + 1..].contains(one), "each is another AuthMessage");
    }
    let twice = response(&format!(",h={signed},h={signed}")).unwrap_err();
    assert_eq!(twice, LoginError::Malformed(Malformed::Attributes));
}

#[test]
fn xep_0474_server_that_was_not_told_its_offer_signs_none() {
    let (config, channel) = (all_lookups(), tls_1_3());
    let challenge = |cx: SelectCx<'_>| {
        let cx = cx.with_server(&config);
        let registry = Registry::default();
        let mut server = registry
            .begin("SCRAM-SHA-1", &cx, &mut Script::default())
            .unwrap();
        let Outcome::Lookup(lookup) = server.start(Some(b"n,,n=user,r=abc")).unwrap() else {
            panic!()
        };
        let Outcome::Challenge(challenge) = server.resolve(account(lookup)).unwrap() else {
            panic!()
        };
        String::from_utf8(challenge).unwrap()
    };
    assert!(challenge(SelectCx::new(&channel)).ends_with(",i=4096"));
    let told = challenge(SelectCx::new(&channel).with_advertised_mechanisms(&ALL));
    assert!(
        told.contains(",i=4096,h=") && told.ends_with(",t=0304"),
        "{told}"
    );
    // A name that could hide two is not signed.
    let odd = challenge(SelectCx::new(&channel).with_advertised_mechanisms(&["A\u{1e}B"]));
    assert!(odd.ends_with(",i=4096"));
}

#[test]
fn choosing_from_another_list_than_the_offer() {
    // FAST has a list of its own (XEP-0484), which is no part of what is signed; its mechanisms bind by other names.
    let token = ClientMechanism::from_fn(
        MechanismInfo::new("X-FAST-BOUND")
            .with_channel_binding()
            .uses::<Password>(),
        |_, _| Ok(None),
    );
    let registry = Registry::default().with(token);
    let (channel, policy) = (tls_1_3(), lax());
    let cx = SelectCx::new(&channel)
        .with_policy(&policy)
        .with_advertised_bindings(&TYPES);
    let credentials = Credentials::password("user", "pencil");
    let decision = |offered: &[&str], cx: &SelectCx<'_>| {
        let explanation = registry.explain(offered, &credentials, cx);
        explanation.of(offered[0]).unwrap().clone()
    };
    let hidden = Decision::Refused(Unavailable::ChannelBindingHidden);
    assert_eq!(decision(&["X-FAST-BOUND"], &cx), Decision::Chosen);
    assert_eq!(decision(&["PLAIN"], &cx), hidden);
    let whole = cx.with_advertised_mechanisms(&ALL);
    assert_eq!(decision(&["PLAIN"], &whole), Decision::Chosen);
    // The signature is that of the whole.
    let mut sides = Sides::agreeing(&ALL[2..3], PLAIN_TYPES);
    sides.server.0 = &ALL;
    assert_eq!(sides.meet(genuine), gave_up(DowngradeError::Offer));
    sides.whole = Some(&ALL);
    assert!(is_in(&sides.meet(genuine), ALL[2]));
}

#[test]
fn xep_0515_other_version_of_tls_ends_the_login() {
    let mut sides = Sides::agreeing(&ALL, PLAIN_TYPES);
    assert!(is_in(&sides.meet(genuine), ALL[0]));
    sides.channels[0] = tls(TlsVersion::V1_2);
    assert_eq!(sides.meet(genuine), gave_up(DowngradeError::TlsVersion));
    sides.channels[1] = tls(TlsVersion::V1_2);
    assert!(is_in(&sides.meet(genuine), ALL[0]));
    for wrong in ["0304", "303", "00303", "0x303", "TLS1.2"] {
        let changed = |challenge: String| format!("{},t={wrong}", without(&challenge, "t="));
        assert_eq!(
            sides.meet(changed),
            gave_up(DowngradeError::TlsVersion),
            "{wrong}"
        );
    }
    // Who does not know what TLS the channel has can check nothing.
    let unbound: [ChannelSecurity; 2] = [ChannelSecurity::TrustedProxyTls, tls_1_3()];
    let offer = ["SCRAM-SHA-1"];
    let mut sides = Sides::agreeing(&offer, None);
    sides.channels = unbound;
    assert!(is_in(&sides.meet(genuine), "SCRAM-SHA-1"));
    // Who knows that there is none does: someone has TLS with the server.
    sides.channels[0] = ChannelSecurity::Plain;
    assert_eq!(sides.meet(genuine), gave_up(DowngradeError::TlsVersion));
}

/// The truth table of XEP-0440 §3: what the client says for each offer, or why it gives up.
#[test]
fn xep_0440_rules() {
    let channel = tls_1_3();
    let plain_tls = ChannelSecurity::tls();
    let say = |channel: &ChannelSecurity, offered: &[&str], types: Option<&[&str]>, sasl2: bool| {
        let (policy, credentials) = (Policy::new(), Credentials::password("user", "pencil"));
        let mut cx = SelectCx::new(channel).with_policy(&policy);
        if let Some(types) = types {
            cx = cx.with_advertised_bindings(types);
        }
        if sasl2 {
            cx = cx.with_binding_types_required();
        }
        let registry = Registry::default();
        let login = registry.select(offered, &credentials, &cx, &mut Script::default());
        login.map_or_else(
            |none| {
                let hidden = Decision::Refused(Unavailable::ChannelBindingHidden);
                assert_eq!(none.explanation().of(offered[0]), Some(&hidden));
                "none".to_owned()
            },
            |mut login| {
                let first = String::from_utf8(login.initial().unwrap().unwrap()).unwrap();
                first.split(',').next().unwrap().to_owned()
            },
        )
    };
    let (without, with) = (["SCRAM-SHA-1"], ["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"]);
    let end_point = Some(&TYPES[1..]);
    for sasl2 in [false, true] {
        // Rules 1 and 7: the strongest type that both have.
        assert_eq!(say(&channel, &with, PLAIN_TYPES, sasl2), "p=tls-exporter");
        assert_eq!(
            say(&channel, &with, end_point, sasl2),
            "p=tls-server-end-point"
        );
        // Rule 2: who cannot bind.
        for types in [None, PLAIN_TYPES] {
            assert_eq!(say(&plain_tls, &with, types, sasl2), "n");
            assert_eq!(say(&plain_tls, &without, types, sasl2), "n");
        }
        // Rule 3.
        assert_eq!(say(&channel, &without, None, sasl2), "y");
        // Rule 5.
        assert_eq!(say(&channel, &without, PLAIN_TYPES, sasl2), "none");
    }
    // Rule 4: undefined with RFC 6120's profile, where servers older than XEP-0440 are.
    assert_eq!(say(&channel, &with, None, false), "p=tls-exporter");
    assert_eq!(say(&channel, &with, None, true), "none");
}

#[test]
fn types_that_exclude_every_one_of_ours_must_be_signed_cb_4() {
    // Who stands between can shorten the list of types, but a server that has any has `tls-server-end-point`.
    let offer = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "PLAIN"];
    for types in [&[][..], &["tls-unique"], &["x-future"]] {
        let mut sides = Sides::agreeing(&offer, Some(types));
        // It says so itself, and signs it.
        assert!(is_in(&sides.meet(genuine), "SCRAM-SHA-1"), "{types:?}");
        // It did not say so.
        sides.server.1 = PLAIN_TYPES;
        assert_eq!(sides.meet(genuine), gave_up(DowngradeError::Offer));
        // It does not say anything.
        sides.config = all_lookups().sign_offer(false);
        assert_eq!(sides.meet(genuine), gave_up(DowngradeError::Unsigned));
        // With `tls-server-end-point`, or without binding data, it need not.
        sides.client.1 = Some(&TYPES);
        assert!(is_in(&sides.meet(genuine), "SCRAM-SHA-1-PLUS"));
        sides.client.1 = Some(types);
        sides.channels[0] = ChannelSecurity::tls();
        assert!(is_in(&sides.meet(genuine), "SCRAM-SHA-1"));
    }
    // What cannot be signed is no candidate.
    let channel = tls_1_3();
    let policy = lax();
    let cx = SelectCx::new(&channel)
        .with_policy(&policy)
        .with_advertised_bindings(&["x-future"]);
    let explanation =
        Registry::default().explain(&offer, &Credentials::password("user", "pencil"), &cx);
    let hidden = Decision::Refused(Unavailable::ChannelBindingHidden);
    assert_eq!(explanation.of("PLAIN"), Some(&hidden));
    assert_eq!(explanation.of("SCRAM-SHA-1"), Some(&Decision::Chosen));
    // Who does not want channel binding loses nothing.
    let policy = ALL[..3]
        .iter()
        .fold(lax(), |policy, name| policy.deny(*name));
    let explanation = Registry::default().explain(
        &["PLAIN"],
        &Credentials::password("user", "pencil"),
        &cx.with_policy(&policy),
    );
    assert_eq!(explanation.of("PLAIN"), Some(&Decision::Chosen));
}

#[test]
fn strongest_type_is_preferred_in_whatever_order_it_is_given_cb_5() {
    use ChannelBindingType::{TlsExporter, TlsServerEndPoint, TlsUnique};
    let channel = |version: Option<TlsVersion>, kinds: [ChannelBindingType; 3], late: bool| {
        let mut tls = TlsChannel::new();
        if let (Some(version), false) = (version, late) {
            tls = tls.with_version(version);
        }
        for kind in kinds {
            tls = tls.with_binding(ChannelBinding::new(kind, [1; 4]));
        }
        if let (Some(version), true) = (version, late) {
            tls = tls.with_version(version);
        }
        let kinds: Vec<_> = tls.bindings().iter().map(ChannelBinding::kind).collect();
        kinds
    };
    for kinds in [
        [TlsExporter, TlsUnique, TlsServerEndPoint],
        [TlsServerEndPoint, TlsUnique, TlsExporter],
        [TlsUnique, TlsServerEndPoint, TlsExporter],
    ] {
        for late in [false, true] {
            let older = channel(Some(TlsVersion::V1_2), kinds, late);
            assert_eq!(older, [TlsExporter, TlsUnique, TlsServerEndPoint]);
            for version in [Some(TlsVersion::V1_3), Some(TlsVersion::new(0x0305)), None] {
                let newer = channel(version, kinds, late);
                assert_eq!(newer, [TlsExporter, TlsServerEndPoint], "{version:?}");
            }
        }
    }
}

#[test]
fn tls_unique_over_tls_1_3_is_no_channel_binding() {
    let channel = |version: Option<TlsVersion>| {
        let unique = ChannelBinding::new(ChannelBindingType::TlsUnique, [1; 12]);
        let tls = TlsChannel::new().with_binding(unique);
        ChannelSecurity::Tls(version.map_or(tls.clone(), |version| tls.with_version(version)))
    };
    let offered = ["SCRAM-SHA-1-PLUS"];
    let decision = |channel: &ChannelSecurity| {
        let cx = SelectCx::new(channel);
        let registry = Registry::default();
        let credentials = Credentials::password("user", "pencil");
        let explanation = registry.explain(&offered, &credentials, &cx);
        explanation.of(offered[0]).unwrap().clone()
    };
    assert_eq!(decision(&channel(Some(TlsVersion::V1_2))), Decision::Chosen);
    for version in [Some(TlsVersion::V1_3), None] {
        let refused = Decision::Refused(Unavailable::TlsUnique);
        assert_eq!(decision(&channel(version)), refused);
    }
}

#[test]
fn required_channel_binding_and_only_non_plus_offered_is_no_login() {
    let channel = tls_1_3();
    let policy = lax().minimum_strength(Strength::ChannelBound);
    let cx = SelectCx::new(&channel).with_policy(&policy);
    let credentials = Credentials::password("user", "pencil");
    let select = |offered: &[&str]| {
        let registry = Registry::default();
        registry.select(offered, &credentials, &cx, &mut Script::default())
    };
    for offered in [&ALL[3..], &["SCRAM-SHA-512", "PLAIN"]] {
        let none = select(offered).unwrap_err();
        let weak = Decision::Refused(Unavailable::TooWeak {
            strength: Strength::Mutual,
            minimum: Strength::ChannelBound,
        });
        assert_eq!(none.explanation().of(offered[0]), Some(&weak));
    }
    assert_eq!(select(&ALL[2..]).unwrap().mechanism(), &ALL[2]);
}

#[test]
fn y_to_a_server_that_has_plus_fails_for_every_hash() {
    for name in &ALL[3..] {
        // Someone took the mechanisms that bind out of the offer, and the types with them.
        let stripped = [*name];
        let mut sides = Sides::agreeing(&ALL, PLAIN_TYPES);
        sides.client = (&stripped, None);
        assert_eq!(
            sides.meet(genuine),
            Ended::Refused(Failure::Downgrade),
            "{name}"
        );
        // A server that offers no such mechanism believes it.
        sides.server = (&stripped, None);
        assert!(is_in(&sides.meet(genuine), name), "{name}");
    }
    assert_eq!(Failure::Downgrade.condition(), "not-authorized");
}

#[test]
fn two_of_our_own_sides_meet_without_being_told_anything() {
    let (channel, policy, config) = (tls_1_3(), lax(), all_lookups());
    let cx = SelectCx::new(&channel)
        .with_policy(&policy)
        .with_server(&config);
    let registry = Registry::default();
    let mut random = Script::default();
    let credentials = Credentials::password("user", "pencil");
    let offered = registry.offered(&cx);
    let mut client = registry
        .select(&offered, &credentials, &cx, &mut random)
        .unwrap();
    let mut server = registry
        .begin(client.mechanism().as_str(), &cx, &mut random)
        .unwrap();
    assert!(is_in(&talk(&mut client, &mut server, account), ALL[0]));
}
