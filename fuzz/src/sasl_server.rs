//! A server accepts no proof that another implementation of SCRAM rejects, and every one that nobody has touched.

use xmpp_sasl::{
    Answer, ChannelBinding, ChannelBindingType, ChannelSecurity, Failure, Lookup, LookupKind,
    MechanismName, Outcome, Random, Refusal, Registry, ScramKeys, SelectCx, ServerConfig,
    ServerLogin, TlsChannel, TlsVersion, saslprep_query,
};

use crate::edits::Edits;
use crate::scram_model::{self as model, Hash};

pub(crate) const SALT: &[u8] = b"0123456789abcdef";
pub(crate) const BINDING: [u8; 32] = *b"thirty-two bytes of both ends ..";
const ADVERTISED: [&str; 2] = ["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"];

/// One byte of nonce after the other, so that runs repeat.
pub(crate) struct Letters;

impl Random for Letters {
    fn fill(&mut self, dest: &mut [u8]) {
        dest.iter_mut()
            .zip(b'A'..)
            .for_each(|(byte, letter)| *byte = letter);
    }
}

pub(crate) fn channel() -> ChannelSecurity {
    let binding = ChannelBinding::new(ChannelBindingType::TlsExporter, BINDING);
    ChannelSecurity::Tls(
        TlsChannel::new()
            .with_version(TlsVersion::V1_3)
            .with_binding(binding),
    )
}

/// The first byte is the mechanism and what the server knows, the second the iteration count; then come the edits of the client's messages.
pub fn sasl_server(data: &[u8]) {
    let Some((&[setting, count], rest)) = data.split_first_chunk() else {
        return;
    };
    if setting & 7 >= 6 {
        return plain(setting, Edits(rest));
    }
    Setting {
        hash: Hash::ALL[usize::from(setting & 7) % 3],
        plus: setting & 7 >= 3,
        is_known: setting & 0x10 == 0,
        is_locked: setting & 0x20 != 0,
        is_signed: setting & 0x40 == 0,
        iterations: u32::from(count % 8) + 1,
    }
    .run(Edits(rest));
}

struct Setting {
    hash: Hash,
    plus: bool,
    is_known: bool,
    is_locked: bool,
    is_signed: bool,
    iterations: u32,
}

impl Setting {
    fn run(&self, edits: Edits<'_>) {
        let hash = self.hash;
        let salted = hash.salted("pencil", SALT, self.iterations);
        let name = format!(
            "{}{}",
            hash.mechanism(),
            if self.plus { "-PLUS" } else { "" }
        );
        let flag = if self.plus { "p=tls-exporter" } else { "n" };
        let bare = "n=user,r=client";
        let genuine = format!("{flag},,{bare}");
        let first = edits.of(0, &genuine);

        let config = ServerConfig::new([7; 32])
            .answers([
                LookupKind::SCRAM_SHA_1,
                LookupKind::SCRAM_SHA_256,
                LookupKind::SCRAM_SHA_512,
            ])
            .with_stored_form(self.iterations, SALT.len())
            .sign_offer(self.is_signed);
        let channel = channel();
        let cx = SelectCx::new(&channel)
            .with_server(&config)
            .with_advertised_mechanisms(&ADVERTISED)
            .with_advertised_bindings(&["tls-exporter"]);
        let registry = Registry::default();
        let mut server = registry
            .begin(&name, &cx, &mut Letters)
            .expect("it is offered");
        let outcome = match server.start(Some(&first)) {
            Ok(Outcome::Lookup(Lookup::ScramKeys { authcid, .. })) => {
                server.resolve(self.answer(&authcid, &salted))
            }
            Ok(other) => panic!("{other:?}"),
            Err(failure) => {
                assert_ne!(first, genuine.as_bytes());
                return over(&mut server, &failure);
            }
        };
        let Ok(Outcome::Challenge(challenge)) = outcome else {
            panic!("{outcome:?}")
        };
        let challenge = str::from_utf8(&challenge).expect("it is text");
        self.check_challenge(challenge);

        // A client that knows the password answers to what it has said, not to what arrived.
        let nonce = model::attribute(challenge, "r").expect("a nonce");
        let binding = [format!("{flag},,").as_bytes(), self.binding()].concat();
        let without = format!("c={},r={nonce}", model::encode(&binding));
        let proofs = model::proofs(hash, &salted, [bare, challenge, &without]);
        let genuine_last = format!("{without},p={}", model::encode(&proofs.client));
        let last = edits.of(1, &genuine_last);
        let untouched = first == genuine.as_bytes() && last == genuine_last.as_bytes();
        match server.response(&last) {
            Ok(Outcome::Success { identity, data }) => {
                assert!(self.is_known && !self.is_locked);
                assert_eq!(identity.authcid(), "user");
                let said = [&first[..], challenge.as_bytes(), &last]
                    .map(|message| str::from_utf8(message).expect("what is accepted is text"));
                let server_proof = self.accepts(&salted, said).expect("the model rejects it");
                let verifier = format!("v={}", model::encode(&server_proof));
                assert_eq!(data.as_deref(), Some(verifier.as_bytes()));
            }
            // An authorization identity that someone has put in, and signed: only the proof of the model says who that is.
            Ok(Outcome::Lookup(Lookup::Authorize { .. })) => {
                let said = [&first[..], challenge.as_bytes(), &last]
                    .map(|message| str::from_utf8(message).expect("what is accepted is text"));
                assert!(
                    self.accepts(&salted, said).is_some(),
                    "the model rejects it"
                );
            }
            Ok(other) => panic!("{other:?}"),
            Err(failure) => {
                assert!(
                    !untouched || !self.is_known || self.is_locked,
                    "{failure:?}"
                );
                if untouched && self.is_known {
                    assert_eq!(failure, Failure::AccountDisabled);
                }
                over(&mut server, &failure);
            }
        }
    }

    fn binding(&self) -> &[u8] {
        if self.plus { &BINDING } else { &[] }
    }

    fn answer(&self, authcid: &str, salted: &[u8]) -> Answer {
        if !self.is_known || authcid != "user" {
            return Answer::UnknownUser;
        }
        let [stored, server] = model::stored(self.hash, salted);
        let mechanism = MechanismName::from_static(self.hash.mechanism());
        let keys = ScramKeys::from_parts(mechanism, SALT.to_vec(), self.iterations, stored, server)
            .expect("they are keys");
        if self.is_locked {
            Answer::LockedScramKeys(keys, Refusal::AccountDisabled)
        } else {
            Answer::ScramKeys(keys)
        }
    }

    fn check_challenge(&self, challenge: &str) {
        let nonce = model::attribute(challenge, "r").expect("a nonce");
        assert!(nonce.ends_with("ABCDEFGHIJKLMNOPQRSTUVWX"), "{nonce}");
        let count = self.iterations.to_string();
        assert_eq!(model::attribute(challenge, "i"), Some(count.as_str()));
        let signed = model::offer(self.hash, &ADVERTISED, Some(&["tls-exporter"]));
        let expected = self.is_signed.then_some(signed.as_str());
        assert_eq!(model::attribute(challenge, "h"), expected);
        assert_eq!(model::attribute(challenge, "t"), expected.map(|_| "0304"));
    }

    /// The server's proof, if the model takes the client's.
    fn accepts(&self, salted: &[u8], [first, challenge, last]: [&str; 3]) -> Option<Vec<u8>> {
        let (flag, rest) = first.split_once(',')?;
        let (authzid, bare) = rest.split_once(',')?;
        let expected_flag = if self.plus { "p=tls-exporter" } else { "n" };
        let (without, proof) = last.rsplit_once(",p=")?;
        let header = format!("{flag},{authzid},");
        let bound = [header.as_bytes(), self.binding()].concat();
        let proofs = model::proofs(self.hash, salted, [bare, challenge, without]);
        let holds = flag == expected_flag
            && (authzid.is_empty() || authzid.starts_with("a="))
            && model::attribute(without, "r")? == model::attribute(challenge, "r")?
            && model::attribute(challenge, "r")?.starts_with(model::attribute(bare, "r")?)
            && model::decode(model::attribute(without, "c")?)? == bound
            && model::decode(proof)? == proofs.client;
        holds.then_some(proofs.server)
    }
}

/// After an error there are errors, and what the peer is told has a name.
fn over(server: &mut ServerLogin, failure: &Failure) {
    assert!(!failure.is_misuse(), "{failure:?}");
    assert!(!failure.condition().is_empty());
    assert_eq!(server.response(b"x").err(), Some(Failure::OutOfOrder));
    assert_eq!(server.start(None).err(), Some(Failure::OutOfOrder));
    assert_eq!(
        server.resolve(Answer::Accept).err(),
        Some(Failure::WrongAnswer)
    );
}

/// PLAIN: what is accepted is one name and one password between two NULs.
fn plain(setting: u8, edits: Edits<'_>) {
    let message = edits.of(0, "\0user\0pencil");
    let config = ServerConfig::new([7; 32]).answers([LookupKind::PASSWORD]);
    let channel = channel();
    let cx = SelectCx::new(&channel).with_server(&config);
    let registry = Registry::default();
    let mut server = registry
        .begin("PLAIN", &cx, &mut Letters)
        .expect("it is offered");
    let outcome = match server.start(Some(&message)) {
        Ok(Outcome::Lookup(Lookup::Password(check))) => {
            let is_known = setting & 0x10 == 0 && check.authcid() == "user";
            server.resolve(check.against_plaintext(is_known.then_some("pencil")))
        }
        Ok(other) => panic!("{other:?}"),
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(_) => {
            let text = str::from_utf8(&message).expect("what is accepted is text");
            let parts: Vec<_> = text.split('\0').collect();
            let [_, name, password] = parts[..] else {
                panic!("{parts:?}")
            };
            assert_eq!(saslprep_query(name).as_deref(), Ok("user"));
            assert_eq!(saslprep_query(password).as_deref(), Ok("pencil"));
        }
        Err(failure) => {
            assert!(
                message != b"\0user\0pencil" || setting & 0x10 != 0,
                "{failure:?}"
            );
            over(&mut server, &failure);
        }
    }
}
