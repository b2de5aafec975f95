//! The attacks on SCRAM, each against every hash with and without channel binding, from both sides. Each has a twin that
//! differs in the attacked field only and is accepted.

mod common;

use std::sync::LazyLock;

use common::{Ended, Script, account, all_lookups, talk, tls_with_exporter};
use xmpp_sasl::*;

const ALL: [&str; 6] = [
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-512",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-512-PLUS",
];

/// What is changed about one message on its way.
type Change<'a> = &'a dyn Fn(String) -> String;

fn as_it_is(message: String) -> String {
    message
}

fn channel(mechanism: &str) -> ChannelSecurity {
    if mechanism.ends_with("-PLUS") {
        tls_with_exporter()
    } else {
        ChannelSecurity::Plain
    }
}

/// The keys of an earlier login, so that PBKDF2 runs once for each hash.
fn saved(mechanism: &str) -> ScramClientKeys {
    static ALL_SAVED: LazyLock<[ScramClientKeys; 3]> = LazyLock::new(|| {
        [ALL[0], ALL[1], ALL[2]].map(|mechanism| {
            let config = all_lookups();
            let cx = SelectCx::new(&ChannelSecurity::Plain).with_server(&config);
            let registry = Registry::default();
            let mut random = Script::default();
            let credentials = Credentials::password("user", "pencil");
            let mut client = registry
                .select(&[mechanism], &credentials, &cx, &mut random)
                .unwrap();
            let mut server = registry.begin(mechanism, &cx, &mut random).unwrap();
            let ended = talk(&mut client, &mut server, account);
            assert!(matches!(ended, Ended::In(_)), "{ended:?}");
            client.export::<ScramClientKeys>().unwrap().clone()
        })
    });
    let hash = mechanism.trim_end_matches("-PLUS");
    let mut all = ALL_SAVED.iter();
    all.find(|keys| keys.mechanism() == hash).unwrap().clone()
}

/// The four messages of one login, each changed on its way. What the other side makes of it: the server's failure, or
/// the client's error.
#[derive(Clone, Copy)]
struct Way<'a> {
    first: Change<'a>,
    challenge: Change<'a>,
    last: Change<'a>,
    success: Change<'a>,
}

impl Default for Way<'_> {
    fn default() -> Self {
        Self {
            first: &as_it_is,
            challenge: &as_it_is,
            last: &as_it_is,
            success: &as_it_is,
        }
    }
}

#[derive(Debug, PartialEq)]
enum End {
    In,
    Server(Failure),
    Client(LoginError),
}

impl Way<'_> {
    fn go(&self, mechanism: &str) -> End {
        let (channel, config) = (channel(mechanism), all_lookups());
        let registry = Registry::default();
        let cx = SelectCx::new(&channel).with_server(&config);
        let mut random = Script::default();
        let mut client = registry
            .select(
                &[mechanism],
                &Credentials::password("user", "pencil").with(saved(mechanism)),
                &cx,
                &mut random,
            )
            .unwrap();
        let mut server = registry.begin(mechanism, &cx, &mut random).unwrap();
        let first = client.initial().unwrap().unwrap();
        let first = (self.first)(String::from_utf8(first).unwrap());
        let challenge = match server.start(Some(first.as_bytes())) {
            Ok(Outcome::Lookup(lookup)) => match server.resolve(account(lookup)) {
                Ok(Outcome::Challenge(challenge)) => String::from_utf8(challenge).unwrap(),
                other => panic!("{other:?}"),
            },
            Ok(other) => panic!("{other:?}"),
            Err(failure) => return server_ended(server, failure),
        };
        let step = client.challenge((self.challenge)(challenge).as_bytes());
        let last = match step {
            Ok(step) => String::from_utf8(client.run_here(step).unwrap()).unwrap(),
            Err(error) => return client_ended(client, error),
        };
        let data = match server.response((self.last)(last).as_bytes()) {
            Ok(Outcome::Success { data, .. }) => String::from_utf8(data.unwrap()).unwrap(),
            Ok(other) => panic!("{other:?}"),
            Err(failure) => return server_ended(server, failure),
        };
        let data = (self.success)(data);
        match client.success(Some(data.as_bytes()).filter(|data| !data.is_empty())) {
            Ok(()) => End::In,
            Err(error) => client_ended(client, error),
        }
    }
}

/// Any call after an error gives an error.
fn server_ended(mut server: ServerLogin, failure: Failure) -> End {
    assert_eq!(server.start(None).unwrap_err(), Failure::OutOfOrder);
    assert_eq!(
        server.response(b"c=biws,r=a,p=AA==").unwrap_err(),
        Failure::OutOfOrder
    );
    assert_eq!(
        server.resolve(Answer::Accept).unwrap_err(),
        Failure::WrongAnswer
    );
    End::Server(failure)
}

fn client_ended(mut client: ClientLogin, error: LoginError) -> End {
    assert!(!client.is_done());
    assert_eq!(client.initial().unwrap_err(), LoginError::OutOfOrder);
    assert_eq!(
        client.challenge(b"v=AA==").unwrap_err(),
        LoginError::OutOfOrder
    );
    assert_eq!(client.success(None).unwrap_err(), LoginError::OutOfOrder);
    assert!(client.export::<ScramClientKeys>().is_none());
    assert_eq!(client.pin(), None);
    End::Client(error)
}

/// Every mechanism takes the login as it is, and refuses it after each of `changes`.
fn each(field: impl for<'a> Fn(Change<'a>) -> Way<'a>, changes: &[(Change<'_>, End)]) {
    for mechanism in ALL {
        assert_eq!(field(&as_it_is).go(mechanism), End::In, "{mechanism}");
        for (at, (change, expected)) in changes.iter().enumerate() {
            assert_eq!(
                field(change).go(mechanism),
                *expected,
                "{mechanism}, change {at}"
            );
        }
    }
}

fn first(change: Change<'_>) -> Way<'_> {
    Way {
        first: change,
        ..Way::default()
    }
}

fn challenge(change: Change<'_>) -> Way<'_> {
    Way {
        challenge: change,
        ..Way::default()
    }
}

fn last(change: Change<'_>) -> Way<'_> {
    Way {
        last: change,
        ..Way::default()
    }
}

fn success(change: Change<'_>) -> Way<'_> {
    Way {
        success: change,
        ..Way::default()
    }
}

fn server(failure: impl Into<Failure>, condition: &str) -> End {
    let failure = failure.into();
    assert_eq!(failure.condition(), condition);
    End::Server(failure)
}

fn malformed(malformed: Malformed) -> End {
    server(malformed, "malformed-request")
}

fn client(error: impl Into<LoginError>) -> End {
    End::Client(error.into())
}

fn instead(of: &'static str, put: &'static str) -> impl Fn(String) -> String {
    move |message| {
        assert!(message.contains(of), "{of} in {message}");
        message.replace(of, put)
    }
}

fn and(more: &'static str) -> impl Fn(String) -> String {
    move |message| message + more
}

#[test]
fn iteration_count_tiny_huge_or_no_number_is_refused() {
    let few = |got| {
        client(LoginError::TooFewIterations {
            got,
            minimum: 4_096,
        })
    };
    let many = |got| {
        client(LoginError::TooManyIterations {
            got,
            maximum: 1_000_000,
        })
    };
    let wrong = || client(Malformed::Iterations);
    each(
        challenge,
        &[
            (&instead("i=4096", "i=1"), few(1)),
            (&instead("i=4096", "i=4095"), few(4_095)),
            (&instead("i=4096", "i=1000001"), many(1_000_001)),
            (&instead("i=4096", "i=4294967295"), many(u32::MAX)),
            (&instead("i=4096", "i=0"), wrong()),
            (&instead("i=4096", "i=+4096"), wrong()),
            (&instead("i=4096", "i=4096x"), wrong()),
            (&instead("i=4096", "i=04096"), wrong()),
            (&instead("i=4096", "i=4294967296"), wrong()),
            (&instead("i=4096", "i=18446744073709555712"), wrong()),
        ],
    );
}

#[test]
fn server_nonce_foreign_or_equal_to_ours_is_refused() {
    let ours = |challenge: String| {
        let (nonce, rest) = challenge.split_once(',').unwrap();
        format!("{},{rest}", &nonce[..2 + 24])
    };
    let mismatch = || client(Malformed::NonceMismatch);
    each(
        challenge,
        &[
            (&ours, mismatch()),
            (&instead("r=", "r=x"), mismatch()),
            (
                &|challenge| format!("r=foreign,{}", challenge.split_once(',').unwrap().1),
                mismatch(),
            ),
        ],
    );
}

#[test]
fn nonce_changed_by_the_client_is_refused() {
    let mismatch = || server(Malformed::NonceMismatch, "not-authorized");
    let cut = |last: String| {
        let (before, proof) = last.rsplit_once(",p=").unwrap();
        format!("{},p={proof}", &before[..before.len() - 1])
    };
    each(
        last,
        &[
            (&instead(",r=", ",r=x"), mismatch()),
            (&instead(",p=", "x,p="), mismatch()),
            (&cut, mismatch()),
        ],
    );
}

#[test]
fn success_without_or_with_a_wrong_verifier_is_refused() {
    let flipped = |data: String| {
        let mut signature = base64::decode(&data[2..]).unwrap();
        signature[7] ^= 1;
        format!("v={}", base64::encode(signature))
    };
    let cut = |data: String| {
        let mut signature = base64::decode(&data[2..]).unwrap();
        signature.pop();
        format!("v={}", base64::encode(signature))
    };
    let wrong = || client(MutualAuthError::Wrong);
    each(
        success,
        &[
            (&|_| String::new(), client(MutualAuthError::Missing)),
            (&flipped, wrong()),
            (&cut, wrong()),
            (&|_| "v=".to_owned(), client(Malformed::Attributes)),
            (&|_| "v=AAAA".to_owned(), wrong()),
            (
                &|_| "e=other-error".to_owned(),
                client(LoginError::Refused("other-error".to_owned())),
            ),
        ],
    );
}

#[test]
fn success_before_our_proof_is_refused() {
    for mechanism in ALL {
        let channel = channel(mechanism);
        let cx = SelectCx::new(&channel);
        let credentials = Credentials::password("user", "pencil");
        let mut client = Registry::default()
            .select(&[mechanism], &credentials, &cx, &mut Script::default())
            .unwrap();
        client.initial().unwrap();
        let error = client.success(Some(b"v=AAAA")).unwrap_err();
        let missing = LoginError::MutualAuth(MutualAuthError::Missing);
        assert_eq!(client_ended(client, error), End::Client(missing));
    }
}

#[test]
fn wrong_proof_is_refused() {
    let changed = |change: fn(&mut Vec<u8>)| {
        move |last: String| {
            let (before, proof) = last.rsplit_once("p=").unwrap();
            let mut proof = base64::decode(proof).unwrap();
            change(&mut proof);
            format!("{before}p={}", base64::encode(proof))
        }
    };
    let wrong = || server(Failure::WrongCredentials, "not-authorized");
    each(
        last,
        &[
            (&changed(|proof| proof[0] ^= 0x80), wrong()),
            (&changed(|proof| *proof.last_mut().unwrap() ^= 1), wrong()),
            (&changed(|proof| proof.fill(0)), wrong()),
            (
                &changed(|proof| proof.truncate(19)),
                malformed(Malformed::Attributes),
            ),
            (
                &changed(|proof| proof.push(0)),
                malformed(Malformed::Attributes),
            ),
        ],
    );
}

#[test]
fn mandatory_extension_is_refused() {
    let fatal = || malformed(Malformed::MandatoryExtension);
    each(
        first,
        &[
            (&instead(",n=", ",m=x,n="), fatal()),
            (&and(",m=x"), fatal()),
        ],
    );
    each(last, &[(&instead(",p=", ",m=x,p="), fatal())]);
    let fatal = || client(Malformed::MandatoryExtension);
    each(
        challenge,
        &[(&instead("r=", "m=x,r="), fatal()), (&and(",m=x"), fatal())],
    );
    each(success, &[(&and(",m=x"), fatal())]);
}

#[test]
fn optional_extension_that_someone_adds_breaks_the_proof_and_nothing_else() {
    let wrong = || server(Failure::WrongCredentials, "not-authorized");
    each(first, &[(&and(",x=1"), wrong())]);
    each(challenge, &[(&and(",x=1"), wrong())]);
    each(last, &[(&instead(",p=", ",x=1,p="), wrong())]);
    // Not signed by anyone, and read over.
    for mechanism in ALL {
        assert_eq!(success(&and(",x=1")).go(mechanism), End::In);
    }
}

#[test]
fn duplicate_attributes_are_refused() {
    let twice = || malformed(Malformed::Attributes);
    each(
        first,
        &[
            (&instead(",n=user", ",n=user,n=user"), twice()),
            (&and(",r=abc"), twice()),
            (&and(",x=1,x=1"), twice()),
        ],
    );
    each(
        last,
        &[
            (&instead(",p=", ",c=biws,p="), twice()),
            (&instead(",p=", ",r=abc,p="), twice()),
            (&instead(",p=", ",p=AAAA,p="), twice()),
        ],
    );
    let twice = || client(Malformed::Attributes);
    each(
        challenge,
        &[
            (&and(",i=4096"), twice()),
            (&and(",s=AAAA"), twice()),
            (&and(",h=x,h=x"), twice()),
        ],
    );
    each(success, &[(&and(",v=AAAA"), twice())]);
}

#[test]
fn wrongly_escaped_names_are_refused() {
    let escape = || malformed(Malformed::Escape);
    each(
        first,
        &[
            (&instead("n=user", "n=us=2cer"), escape()),
            (&instead("n=user", "n=us=3der"), escape()),
            (&instead("n=user", "n=us=er"), escape()),
            (&instead("n=user", "n=user="), escape()),
            (
                &instead("n=user", "n=us,er"),
                malformed(Malformed::Attributes),
            ),
            (&instead(",,n=user", ",a=us=2cer,n=user"), escape()),
        ],
    );
}

#[test]
fn base64_inside_the_messages_is_strict() {
    let encoding = || server(Malformed::Base64, "incorrect-encoding");
    let stray = |last: String| {
        // The last character before the padding holds bits that stand for nothing.
        let (before, proof) = last.rsplit_once("p=").unwrap();
        let text = proof.trim_end_matches('=');
        let padding = &proof[text.len()..];
        let (kept, digit) = text.split_at(text.len() - 1);
        let digit = char::from(digit.as_bytes()[0] + 1);
        format!("{before}p={kept}{digit}{padding}")
    };
    each(
        last,
        &[
            (&stray, encoding()),
            (&|last| last.trim_end_matches('=').to_owned(), encoding()),
            (&and("="), encoding()),
            (&and("AAAA"), encoding()),
            (&and("\n"), encoding()),
            (&instead("c=", "c= "), encoding()),
        ],
    );
    let encoding = || client(Malformed::Base64);
    each(
        challenge,
        &[
            (
                &instead("MDEyMzQ1Njc4OWFiY2RlZg==", "MDEyMzQ1Njc4OWFiY2RlZh=="),
                encoding(),
            ),
            (
                &instead("MDEyMzQ1Njc4OWFiY2RlZg==", "MDEyMzQ1Njc4OWFiY2RlZg"),
                encoding(),
            ),
            (
                &instead("MDEyMzQ1Njc4OWFiY2RlZg==", "MDEyMzQ1Njc4OWFiY2RlZg==AA=="),
                encoding(),
            ),
            (
                &instead("MDEyMzQ1Njc4OWFiY2RlZg==", "MDEyMzQ1Njc4 WFiY2RlZg=="),
                encoding(),
            ),
        ],
    );
    each(
        success,
        &[
            (&|data| data.trim_end_matches('=').to_owned(), encoding()),
            (&and("="), encoding()),
            (&and(" "), encoding()),
        ],
    );
}

#[test]
fn header_and_binding_data_that_come_back_must_be_those_of_the_first_message() {
    let changed = |change: fn(&mut Vec<u8>)| {
        move |last: String| {
            let (binding, rest) = last.split_once(',').unwrap();
            let mut binding = base64::decode(&binding[2..]).unwrap();
            change(&mut binding);
            format!("c={},{rest}", base64::encode(binding))
        }
    };
    let other = || server(Failure::ChannelBinding, "not-authorized");
    each(
        last,
        &[
            (&changed(|binding| binding[0] = b'y'), other()),
            (
                &changed(|binding| *binding.last_mut().unwrap() ^= 1),
                other(),
            ),
            (&changed(|binding| binding.push(0)), other()),
            (
                &changed(|binding| binding.truncate(binding.len() - 1)),
                other(),
            ),
        ],
    );
}

#[test]
fn flag_that_does_not_fit_the_mechanism_is_refused() {
    let binding = || server(Failure::ChannelBinding, "not-authorized");
    for mechanism in ALL {
        let plus = mechanism.ends_with("-PLUS");
        assert_eq!(Way::default().go(mechanism), End::In);
        let with_flag = |flag: &str| {
            let change = |message: String| format!("{flag},{}", message.split_once(',').unwrap().1);
            first(&change).go(mechanism)
        };
        if plus {
            assert_eq!(with_flag("n"), binding());
            assert_eq!(with_flag("y"), server(Failure::Downgrade, "not-authorized"));
            assert_eq!(with_flag("p=tls-unique"), binding());
            assert_eq!(with_flag("p=tls-server-end-point"), binding());
        } else {
            assert_eq!(with_flag("p=tls-exporter"), binding());
            // The header that comes back is another one.
            assert_eq!(with_flag("y"), binding());
        }
        assert_eq!(with_flag("x"), malformed(Malformed::Gs2Header));
    }
}

#[test]
fn message_that_is_no_utf8_is_refused() {
    for mechanism in ALL {
        let (channel, config) = (channel(mechanism), all_lookups());
        let cx = SelectCx::new(&channel).with_server(&config);
        for (text, fine) in [
            (&b"us\xc3\xbcer"[..], true),
            (b"us\xffer", false),
            (b"us\xc0\xafer", false),
        ] {
            let mut server = Registry::default()
                .begin(mechanism, &cx, &mut Script::default())
                .unwrap();
            let flag: &[u8] = if mechanism.ends_with("-PLUS") {
                b"p=tls-exporter"
            } else {
                b"n"
            };
            let message = [flag, b",,n=", text, b",r=abc"].concat();
            match server.start(Some(&message)) {
                Ok(_) => assert!(fine),
                Err(failure) => {
                    assert!(!fine);
                    assert_eq!(server_ended(server, failure), malformed(Malformed::Utf8));
                }
            }
        }
    }
}
