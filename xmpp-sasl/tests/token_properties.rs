//! What holds of the token mechanisms for any input.

mod common;

use common::{Ended, Script, talk, text, tls_with_exporter};
use proptest::prelude::*;
use xmpp_sasl::*;

const TOKEN: &str = "WXZzciBwYmFmdmZnZiBqdmd1IGp2eXFhcmZm";
const ALL: [&str; 4] = [
    "OAUTHBEARER",
    "X-OAUTH2",
    "HT-SHA-256-NONE",
    "HT-SHA-256-EXPR",
];

fn mechanism() -> impl Strategy<Value = &'static str> {
    prop::sample::select(ALL.to_vec())
}

fn config() -> ServerConfig {
    ServerConfig::without_secret().answers([LookupKind::TOKEN, LookupKind::HT_SHA_256])
}

fn credentials(mechanism: &str, authcid: &str, token: &str) -> Credentials {
    let mut credentials = Credentials::new().with(BearerToken::new(token).with_authcid(authcid));
    if mechanism.starts_with("HT-") {
        let mechanism = MechanismName::new(mechanism).unwrap();
        credentials = credentials.with(HtToken::new(authcid, token, mechanism));
    }
    credentials
}

proptest! {
    /// The two sides agree on who has logged in, and the login succeeds exactly when the tokens are the same.
    #[test]
    fn client_and_server_agree(
        mechanism in mechanism(),
        authcid in "[a-z,=]{1,8}|\\PC{1,6}",
        token in "[!-~]{16,40}",
        other in "[!-~]{16,40}",
        same: bool,
        authzid in prop::option::of("[a-z,=@.]{1,8}"),
        host in "[a-z.]{0,9}",
        port in prop::option::of(1..=u16::MAX),
    ) {
        let stored = if same { token.clone() } else { other };
        let hashed = mechanism.starts_with("HT-");
        let authzid = authzid.filter(|_| !hashed);
        let (channel, config, registry) = (tls_with_exporter(), config(), Registry::default());
        let mut cx = SelectCx::new(&channel).with_server(&config).with_service("xmpp", &host);
        if let Some(port) = port {
            cx = cx.with_port(port);
        }
        let credentials = credentials(mechanism, &authcid, &token)
            .with_authzid(authzid.clone().unwrap_or_default());
        let mut random = Script::default();
        let mut client = registry.select(&[mechanism], &credentials, &cx, &mut random).unwrap();
        let mut server = registry.begin(mechanism, &cx, &mut random).unwrap();
        let mut seen = None;
        let name = saslprep_query(&authcid).unwrap_or_default().into_owned();
        let ended = talk(&mut client, &mut server, |lookup| match lookup {
            Lookup::Token(check) => {
                seen = Some((check.host().map(str::to_owned), check.port()));
                if check.token() == stored { check.accept(&*name) } else { check.refuse() }
            }
            Lookup::HtTokens { mechanism, .. } => {
                let key = HtKey::new(mechanism, &*stored).unwrap();
                Answer::HtTokens(HtTokens::new(None, Some(key)))
            }
            _ => Answer::Accept,
        });
        let usable = !name.is_empty();
        match ended {
            Ended::In(identity) => {
                prop_assert!(client.is_done());
                prop_assert!(token == stored);
                prop_assert_eq!(identity.authcid(), name);
                prop_assert_eq!(identity.authzid(), authzid.as_deref());
                if mechanism == "OAUTHBEARER" {
                    let host = Some(host).filter(|host| !host.is_empty());
                    prop_assert_eq!(seen, Some((host, port)));
                }
            }
            Ended::Refused(Failure::WrongCredentials) => prop_assert!(token != stored || !usable),
            Ended::Refused(Failure::Malformed(Malformed::Preparation))
            | Ended::GaveUp(LoginError::Credentials(_)) => prop_assert!(!usable || authcid.contains('\0')),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    /// No call, in any order and with any data, panics; after an error there are only errors, and after
    /// success too; and no server is believed by chance.
    #[test]
    fn client_survives_any_calls(
        mechanism in mechanism(),
        calls in prop::collection::vec((0..4_u8, message()), 0..8),
    ) {
        let channel = tls_with_exporter();
        let cx = SelectCx::new(&channel);
        let credentials = credentials(mechanism, "user", TOKEN);
        let mut login = Registry::default()
            .select(&[mechanism], &credentials, &cx, &mut Script::default())
            .unwrap();
        let mut over = false;
        for (call, data) in calls {
            let failed = match call {
                0 => login.initial().is_err(),
                1 => login.challenge(&data).is_err(),
                2 => login.success(Some(&data)).is_err(),
                _ => login.success(None).is_err(),
            };
            prop_assert!(failed || !over);
            over |= failed || login.is_done();
            prop_assert!(!(login.is_done() && mechanism.starts_with("HT-")));
            prop_assert!(!(login.is_done() && login.refusal().is_some()));
        }
    }

    /// The same for a server, where nobody has a token.
    #[test]
    fn server_survives_any_calls(
        mechanism in mechanism(),
        calls in prop::collection::vec((0..4_u8, 0..6_u8, message()), 0..8),
    ) {
        let (channel, config) = (tls_with_exporter(), config());
        let cx = SelectCx::new(&channel).with_server(&config);
        let mut login = Registry::default()
            .begin(mechanism, &cx, &mut Script::default())
            .unwrap();
        let mut over = false;
        for (call, answer, data) in calls {
            let result = match call {
                0 => login.start(Some(&data)),
                1 => login.start(None),
                2 => login.response(&data),
                _ => login.resolve(match answer {
                    0 => Answer::Refuse(Refusal::WrongCredentials),
                    1 => Answer::Refuse(Refusal::CredentialsExpired),
                    2 => Answer::UnknownUser,
                    3 => Answer::Accept,
                    4 => {
                        let mechanism = MechanismName::new(mechanism).unwrap();
                        let key = HtKey::new(mechanism, TOKEN).unwrap();
                        Answer::HtTokens(HtTokens::new(Some(key), None))
                    }
                    _ => Answer::custom(()),
                }),
            };
            prop_assert!(result.is_err() || !over);
            let is_in = matches!(result, Ok(Outcome::Success { .. }));
            prop_assert!(!is_in);
            over |= result.is_err();
        }
    }
}

/// Messages that come near to being right, and noise.
fn message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        text("n,(a=[a-z]{1,3})?,\u{1}(host=[a-z]\u{1})?auth=(Bearer [a-z]{0,3})?\u{1}\u{1}"),
        text("\0(user)?\0[a-z]{0,4}"),
        text("user\0[A-Za-z]{32}"),
        text("[A-Za-z]{32}"),
        text("\\{\"status\":\"[a-z\\\\u0-9]{0,8}\"(,\"scope\":\"[a-z]\")?\\}"),
        text("\u{1}{0,2}"),
        text("[nypahostuBer=, \u{1}]{0,24}"),
        Just(Vec::new()),
        any::<Vec<u8>>(),
    ]
}
