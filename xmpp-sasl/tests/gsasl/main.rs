//! Our client and our server against the program `gsasl` of GNU SASL, by each mechanism that both know.

mod program;

use program::Gsasl;
use xmpp_sasl::*;

const PASSWORD: &str = "pencil";

/// SCRAM over the hashes that gsasl has, without and with channel binding.
const SCRAM: [&str; 2] = ["SCRAM-SHA-1", "SCRAM-SHA-256"];
/// Every mechanism with a password alone.
const PASSWORDS: &[&str] = &[
    "PLAIN",
    SCRAM[0],
    SCRAM[1],
    #[cfg(feature = "digest-md5")]
    "DIGEST-MD5",
];
const PLUS: [&str; 2] = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"];

struct Counter(u8);

impl Random for Counter {
    fn fill(&mut self, dest: &mut [u8]) {
        for byte in dest {
            self.0 = self.0.wrapping_mul(5).wrapping_add(7);
            *byte = self.0;
        }
    }
}

/// TLS with binding data of one type, all of it `byte`.
fn bound_by(kind: ChannelBindingType, byte: u8) -> ChannelSecurity {
    let binding = ChannelBinding::new(kind, vec![byte; 32]);
    ChannelSecurity::Tls(
        TlsChannel::new()
            .with_version(TlsVersion::V1_2)
            .with_binding(binding),
    )
}

fn password(password: &str) -> Credentials {
    Credentials::password("user", password)
}

/// What the mechanism wants to know of the service; as options for others, they keep gsasl from asking for binding data.
fn names(mechanism: &str) -> &'static [&'static str] {
    match mechanism {
        "DIGEST-MD5" => &[
            "--hostname=example.org",
            "--realm=example.org",
            "--quality-of-protection=qop-auth",
        ],
        _ => &[],
    }
}

/// How a login ended: what our side says, and whether gsasl is content.
#[derive(Debug, PartialEq)]
struct Ended<T> {
    ours: T,
    gsasl: bool,
}

/// Our client logs in at gsasl's server.
struct OurClient<'a> {
    mechanism: &'a str,
    credentials: Credentials,
    ours: ChannelSecurity,
    theirs: ChannelSecurity,
}

impl OurClient<'_> {
    /// `None` where there is no gsasl.
    fn run(&self) -> Option<Ended<Result<(), LoginError>>> {
        let options = ["--server", "-m", self.mechanism, "-p", PASSWORD];
        let options = [&options, names(self.mechanism)].concat();
        let mut server = Gsasl::start(&options, &self.theirs)?;
        let policy = Policy::new().opt_in("PLAIN").opt_in("DIGEST-MD5");
        let cx = SelectCx::new(&self.ours)
            .with_policy(&policy)
            .with_service("xmpp", "example.org");
        let mut client = Registry::default()
            .select(&[self.mechanism], &self.credentials, &cx, &mut Counter(1))
            .expect("a candidate");
        // gsasl's server speaks first; what it says is empty where the client begins.
        let begun = server.receive().expect("a first message");
        let mut response = match client.initial() {
            Ok(Some(initial)) => Ok(initial),
            Ok(None) => answer(&mut client, &begun),
            Err(error) => Err(error),
        };
        let ours = loop {
            match response {
                Ok(message) => server.send(&message),
                Err(error) => break Err(error),
            }
            response = match server.receive() {
                // Content or not: it has nothing more to say.
                None => break client.success(None),
                Some(message) if message.is_empty() => break client.success(None),
                Some(message) => answer(&mut client, &message),
            };
        };
        let gsasl = server.succeeded();
        Some(Ended { ours, gsasl })
    }
}

fn answer(client: &mut ClientLogin, challenge: &[u8]) -> Result<Vec<u8>, LoginError> {
    let step = client.challenge(challenge)?;
    client.run_here(step)
}

/// gsasl's client logs in at our server.
struct OurServer<'a> {
    mechanism: &'a str,
    options: &'a [&'a str],
    ours: ChannelSecurity,
    theirs: ChannelSecurity,
}

impl OurServer<'_> {
    /// `None` where there is no gsasl.
    fn run(&self) -> Option<Ended<Result<String, Failure>>> {
        let options = [
            &["--client", "-m", self.mechanism],
            self.options,
            names(self.mechanism),
        ]
        .concat();
        let mut client = Gsasl::start(&options, &self.theirs)?;
        let config = ServerConfig::new([7; 32]).answers([
            LookupKind::ANONYMOUS,
            LookupKind::EXTERNAL,
            #[cfg(feature = "digest-md5")]
            LookupKind::DIGEST_MD5,
            LookupKind::PASSWORD,
            LookupKind::SCRAM_SHA_1,
            LookupKind::SCRAM_SHA_256,
        ]);
        let cx = SelectCx::new(&self.ours)
            .with_server(&config)
            .with_service("xmpp", "example.org");
        let mut server = Registry::default()
            .begin(self.mechanism, &cx, &mut Counter(3))
            .expect("an offered mechanism");
        let speaks_first = self.mechanism != "DIGEST-MD5";
        // An empty line stands for none.
        let begun = client.receive().expect("an initial response");
        let initial = speaks_first.then_some(begun);
        let mut outcome = server.start(initial.as_deref());
        let ours = loop {
            outcome = match outcome {
                Err(failure) => break Err(failure),
                Ok(Outcome::Lookup(lookup)) => server.resolve(account(lookup)),
                Ok(Outcome::Challenge(challenge)) => {
                    client.send(&challenge);
                    // Its empty response to the server's proof is no line.
                    let response = if challenge.starts_with(b"rspauth=") {
                        Some(Vec::new())
                    } else {
                        client.receive()
                    };
                    match response {
                        Some(response) => server.response(&response),
                        None => break Err(Failure::Aborted),
                    }
                }
                Ok(Outcome::Success { identity, data }) => {
                    if let Some(data) = data {
                        client.send(&data);
                        client.receive();
                    }
                    break Ok(identity.authcid().to_owned());
                }
            };
        };
        // Who is refused hears it from the protocol, which there is none of here.
        let gsasl = ours.is_ok() && client.succeeded();
        Some(Ended { ours, gsasl })
    }
}

/// One account, `user` with the password; a name for those without one.
fn account(lookup: Lookup) -> Answer {
    match lookup {
        Lookup::Anonymous { trace } => Answer::Grant {
            authcid: format!("guest of {}", trace.unwrap_or_default()),
        },
        Lookup::External { .. } => Answer::Accept,
        Lookup::Authorize { authcid, authzid } if authcid == authzid => Answer::Accept,
        #[cfg(feature = "digest-md5")]
        Lookup::DigestMd5(check) if check.authcid() == "user" => {
            check.with_plaintext(Some(PASSWORD))
        }
        Lookup::Password(check) if check.authcid() == "user" => {
            check.against_plaintext(Some(PASSWORD))
        }
        Lookup::ScramKeys { authcid, mechanism } if authcid == "user" => {
            let keys = match mechanism.as_str() {
                "SCRAM-SHA-1" => ScramKeys::derive::<ScramSha1>(PASSWORD, b"salt", 4_096),
                _ => ScramKeys::derive::<ScramSha256>(PASSWORD, b"salt", 4_096),
            };
            Answer::ScramKeys(keys.expect("a password"))
        }
        _ => Answer::UnknownUser,
    }
}

fn our_client(mechanism: &str, password: &str) -> Option<Ended<Result<(), LoginError>>> {
    let client = OurClient {
        mechanism,
        credentials: self::password(password),
        ours: ChannelSecurity::tls(),
        theirs: ChannelSecurity::tls(),
    };
    client.run()
}

const LOGGED_IN: Ended<Result<(), LoginError>> = Ended {
    ours: Ok(()),
    gsasl: true,
};

fn user() -> Ended<Result<String, Failure>> {
    Ended {
        ours: Ok("user".to_owned()),
        gsasl: true,
    }
}

#[test]
fn our_client_logs_in_by_password() {
    for &mechanism in PASSWORDS {
        let Some(ended) = our_client(mechanism, PASSWORD) else {
            return;
        };
        assert_eq!(ended, LOGGED_IN, "{mechanism}");
    }
}

#[test]
fn our_client_is_refused_with_a_wrong_password() {
    for &mechanism in PASSWORDS {
        let Some(ended) = our_client(mechanism, "crayon") else {
            return;
        };
        assert!(!ended.gsasl, "{mechanism}");
    }
}

#[test]
fn our_client_binds_to_the_channel() {
    for mechanism in PLUS {
        for kind in [
            ChannelBindingType::TlsExporter,
            ChannelBindingType::TlsUnique,
        ] {
            let client = |ours, theirs| OurClient {
                mechanism,
                credentials: password(PASSWORD),
                ours,
                theirs,
            };
            let Some(ended) = client(bound_by(kind, 1), bound_by(kind, 1)).run() else {
                return;
            };
            assert_eq!(ended, LOGGED_IN, "{mechanism} {kind}");
            let between = client(bound_by(kind, 1), bound_by(kind, 2)).run();
            let between = between.expect("it was there a moment ago");
            assert!(!between.gsasl, "{mechanism} {kind}");
            assert!(between.ours.is_err(), "{mechanism} {kind}");
        }
    }
}

#[test]
fn their_client_logs_in_by_password_and_is_refused_with_a_wrong_one() {
    for &mechanism in PASSWORDS {
        let server = |password| {
            let server = OurServer {
                mechanism,
                options: &["-a", "user", "-p", password],
                ours: ChannelSecurity::tls(),
                theirs: ChannelSecurity::tls(),
            };
            server.run()
        };
        let Some(ended) = server(PASSWORD) else {
            return;
        };
        assert_eq!(ended, user(), "{mechanism}");
        let wrong = server("crayon").expect("it was there a moment ago");
        assert_eq!(wrong.ours, Err(Failure::WrongCredentials), "{mechanism}");
    }
}

#[test]
fn their_client_is_anonymous() {
    let server = OurServer {
        mechanism: "ANONYMOUS",
        options: &["-n", "sirhc"],
        ours: ChannelSecurity::Plain,
        theirs: ChannelSecurity::Plain,
    };
    let Some(ended) = server.run() else {
        return;
    };
    assert_eq!(ended.ours.as_deref(), Ok("guest of sirhc"));
    assert!(ended.gsasl);
}

#[test]
fn their_client_is_known_by_the_channel() {
    let peer = Peer::new()
        .with_account("user")
        .with_account("nurse@example.org");
    let server = |authzid| {
        let server = OurServer {
            mechanism: "EXTERNAL",
            options: &["-z", authzid],
            ours: ChannelSecurity::Vouched(peer.clone()),
            theirs: ChannelSecurity::tls(),
        };
        server.run()
    };
    let Some(ended) = server("user") else {
        return;
    };
    assert_eq!(ended, user());
    for authzid in ["", "romeo@example.org"] {
        let refused = server(authzid).expect("it was there a moment ago");
        assert_eq!(refused.ours, Err(Failure::InvalidAuthzid), "{authzid}");
    }
}

#[test]
fn their_client_binds_to_the_channel() {
    for mechanism in PLUS {
        for kind in [
            ChannelBindingType::TlsExporter,
            ChannelBindingType::TlsUnique,
        ] {
            let server = |ours, theirs| OurServer {
                mechanism,
                options: &["-a", "user", "-p", PASSWORD],
                ours,
                theirs,
            };
            let Some(ended) = server(bound_by(kind, 1), bound_by(kind, 1)).run() else {
                return;
            };
            assert_eq!(ended, user(), "{mechanism} {kind}");
            let between = server(bound_by(kind, 1), bound_by(kind, 2)).run();
            let between = between.expect("it was there a moment ago");
            assert_eq!(
                between.ours,
                Err(Failure::ChannelBinding),
                "{mechanism} {kind}"
            );
        }
    }
}
