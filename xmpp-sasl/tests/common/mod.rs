//! What the tests share: a scripted generator, a login between two sides, the vectors.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::sync::LazyLock;

use proptest::prelude::*;
use xmpp_sasl::*;

/// Replays bytes, then counts.
#[derive(Debug, Default)]
pub(crate) struct Script {
    bytes: Vec<u8>,
    at: usize,
}

impl Script {
    pub(crate) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            at: 0,
        }
    }
}

impl Random for Script {
    fn fill(&mut self, dest: &mut [u8]) {
        for byte in dest {
            *byte = self
                .bytes
                .get(self.at)
                .copied()
                .unwrap_or_else(|| self.at.to_le_bytes()[0]);
            self.at += 1;
        }
    }
}

pub(crate) fn all_lookups() -> ServerConfig {
    ServerConfig::new([7; 32]).answers([
        LookupKind::ANONYMOUS,
        LookupKind::PASSWORD,
        LookupKind::SCRAM_SHA_1,
        LookupKind::SCRAM_SHA_256,
        LookupKind::SCRAM_SHA_512,
    ])
}

/// TLS with the binding data of the vectors.
pub(crate) fn tls_with_exporter() -> ChannelSecurity {
    let data: Vec<u8> = (0..32).collect();
    let binding = ChannelBinding::new(ChannelBindingType::TlsExporter, data);
    ChannelSecurity::Tls(TlsChannel::new().with_binding(binding))
}

/// A policy that permits every mechanism of the crate.
pub(crate) fn lax() -> Policy {
    Policy::new().opt_in("PLAIN")
}

pub(crate) const SALT: &[u8] = b"0123456789abcdef";

/// What a server knows: one account, `user` with `pencil`.
pub(crate) fn account(lookup: Lookup) -> Answer {
    match lookup {
        Lookup::Anonymous { .. } => Answer::Grant {
            authcid: "guest-1".to_owned(),
        },
        Lookup::Password(check) if check.authcid() == "user" => {
            check.against_plaintext(Some("pencil"))
        }
        Lookup::ScramKeys { authcid, mechanism } if authcid == "user" => {
            Answer::ScramKeys(match mechanism.as_str() {
                "SCRAM-SHA-1" => keys::<ScramSha1>(),
                "SCRAM-SHA-256" => keys::<ScramSha256>(),
                "SCRAM-SHA-512" => keys::<ScramSha512>(),
                other => panic!("{other}"),
            })
        }
        Lookup::Password(_) | Lookup::ScramKeys { .. } => Answer::UnknownUser,
        Lookup::Authorize { authcid, authzid } if authzid == format!("{authcid}@example.org") => {
            Answer::Accept
        }
        _ => Answer::Refuse(Refusal::WrongCredentials),
    }
}

/// The stored keys of `pencil`.
pub(crate) fn keys<H: ScramHash>() -> ScramKeys {
    static ALL: LazyLock<[ScramKeys; 3]> = LazyLock::new(|| {
        [
            derive::<ScramSha1>(),
            derive::<ScramSha256>(),
            derive::<ScramSha512>(),
        ]
    });
    ALL.iter()
        .find(|keys| keys.mechanism() == H::MECHANISM)
        .unwrap()
        .clone()
}

fn derive<H: ScramHash>() -> ScramKeys {
    ScramKeys::derive::<H>("pencil", SALT, 4_096).unwrap()
}

/// How a login between two of our sides ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Ended {
    In(Identity),
    Refused(Failure),
    GaveUp(LoginError),
}

/// Lets the two sides talk until one of them ends it.
pub(crate) fn talk(
    client: &mut ClientLogin,
    server: &mut ServerLogin,
    mut answer: impl FnMut(Lookup) -> Answer,
) -> Ended {
    let initial = match client.initial() {
        Ok(initial) => initial,
        Err(error) => return Ended::GaveUp(error),
    };
    let mut outcome = server.start(initial.as_deref());
    loop {
        outcome = match outcome {
            Err(failure) => return Ended::Refused(failure),
            Ok(Outcome::Lookup(lookup)) => server.resolve(answer(lookup)),
            Ok(Outcome::Challenge(challenge)) => {
                let step = client
                    .challenge(&challenge)
                    .and_then(|step| client.run_here(step));
                match step {
                    Ok(response) => server.response(&response),
                    Err(error) => return Ended::GaveUp(error),
                }
            }
            Ok(Outcome::Success { identity, data }) => {
                return match client.success(data.as_deref()) {
                    Ok(()) => Ended::In(identity),
                    Err(error) => Ended::GaveUp(error),
                };
            }
        };
    }
}

/// A server at the point where it waits for the client's final message, with what it said before.
pub(crate) fn server_with_challenge(
    mechanism: &str,
    first: &[u8],
) -> Result<(ServerLogin, String), Failure> {
    server_over(&ChannelSecurity::Plain, mechanism, first)
}

pub(crate) fn server_over(
    channel: &ChannelSecurity,
    mechanism: &str,
    first: &[u8],
) -> Result<(ServerLogin, String), Failure> {
    let config = all_lookups();
    let cx = SelectCx::new(channel).with_server(&config);
    let mut login = Registry::default().begin(mechanism, &cx, &mut Script::default())?;
    let mut outcome = login.start(Some(first))?;
    while let Outcome::Lookup(lookup) = outcome {
        outcome = login.resolve(account(lookup))?;
    }
    let Outcome::Challenge(challenge) = outcome else {
        panic!("{outcome:?}")
    };
    Ok((login, String::from_utf8(challenge).unwrap()))
}

/// A client that has said its first message, with that message.
pub(crate) fn client_with_first(mechanism: &str) -> (ClientLogin, String) {
    let cx = SelectCx::new(&ChannelSecurity::Plain);
    let credentials = Credentials::password("user", "pencil");
    let mut login = Registry::default()
        .select(&[mechanism], &credentials, &cx, &mut Script::default())
        .unwrap();
    let initial = login.initial().unwrap().unwrap();
    (login, String::from_utf8(initial).unwrap())
}

/// One block of `sasl-vectors.txt`: `key = value` below a title.
#[derive(Debug)]
pub(crate) struct Vector {
    pub(crate) title: String,
    values: Vec<(String, String)>,
}

impl Vector {
    pub(crate) fn all() -> Vec<Self> {
        let mut vectors: Vec<Self> = Vec::new();
        for line in include_str!("../fixtures/sasl-vectors.txt").lines() {
            if let Some(title) = line.strip_prefix("## ") {
                vectors.push(Self {
                    title: title.to_owned(),
                    values: Vec::new(),
                });
            } else if let (Some((key, value)), Some(vector)) = (
                line.strip_prefix("   ")
                    .and_then(|line| line.split_once(" = ")),
                vectors.last_mut(),
            ) {
                vector.values.push((key.to_owned(), value.to_owned()));
            }
        }
        vectors
    }

    pub(crate) fn get(&self, key: &str) -> &str {
        let found = self.values.iter().find(|(known, _)| known == key);
        found.map_or_else(|| panic!("{key} in {}", self.title), |(_, value)| value)
    }

    pub(crate) fn bytes(&self, key: &str) -> Vec<u8> {
        let text = self.get(key);
        let byte = |at| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        (0..text.len()).step_by(2).map(byte).collect()
    }

    /// The value of the attribute `name` of the message `key`.
    pub(crate) fn attribute(&self, key: &str, name: &str) -> &str {
        let found = self
            .get(key)
            .split(',')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("{name} of {key} in {}", self.title))
    }
}

/// A line of `sasl-vectors.txt` that is not in a block, by its first word.
pub(crate) fn line(word: &str) -> Vec<&'static str> {
    include_str!("../fixtures/sasl-vectors.txt")
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|words| words[0] == word)
        .unwrap()
}

/// Messages that `regex` matches.
pub(crate) fn text(regex: &str) -> impl Strategy<Value = Vec<u8>> {
    prop::string::string_regex(regex)
        .unwrap()
        .prop_map(String::into_bytes)
}

/// A server's login by PLAIN as `user` with `password`, and what it asks.
pub(crate) fn plain_check(password: &str) -> (ServerLogin, PasswordCheck) {
    let (config, tls) = (all_lookups(), ChannelSecurity::tls());
    let cx = SelectCx::new(&tls).with_server(&config);
    let mut server = Registry::default()
        .begin("PLAIN", &cx, &mut Script::default())
        .unwrap();
    let message = format!("\0user\0{password}");
    match server.start(Some(message.as_bytes())).unwrap() {
        Outcome::Lookup(Lookup::Password(check)) => (server, check),
        other => panic!("{other:?}"),
    }
}
