//! The clients that log in at our server, and PBKDF2 alone.

use std::hint::black_box;

use hmac::Hmac;
use rsasl::prelude::{Mechname, SASLClient, SASLConfig};
use sasl::{
    client::{Mechanism as _, mechanisms::Scram},
    common::{ChannelBinding, Credentials, scram::ScramProvider},
};

use super::{
    Contender,
    ours::{self, Account, PASSWORD, ROUNDS, SALT, USER},
};

/// Those that know `mechanism`; PBKDF2 alone is the first.
pub(super) fn of(mechanism: &str) -> Vec<Contender> {
    let contender = |library, login| Contender { library, login };
    let mut all = vec![
        contender(
            "pbkdf2 alone",
            match mechanism {
                "SCRAM-SHA-1" => pbkdf2_sha1,
                "SCRAM-SHA-256" => pbkdf2_sha256,
                _ => pbkdf2_sha512,
            },
        ),
        contender("ours", ours::login),
        contender("rsasl", rsasl_login),
    ];
    match mechanism {
        "SCRAM-SHA-1" => all.push(contender("sasl", sasl_login::<sasl::common::scram::Sha1>)),
        "SCRAM-SHA-256" => all.push(contender("sasl", sasl_login::<sasl::common::scram::Sha256>)),
        // It has no SCRAM-SHA-512.
        _ => {}
    }
    all
}

fn pbkdf2_sha1(_: &Account) {
    let mut key = [0; 20];
    pbkdf2::pbkdf2::<Hmac<sha1::Sha1>>(black_box(PASSWORD.as_bytes()), SALT, ROUNDS, &mut key)
        .expect("a key of any length");
    black_box(key);
}

fn pbkdf2_sha256(_: &Account) {
    let mut key = [0; 32];
    pbkdf2::pbkdf2::<Hmac<sha2::Sha256>>(black_box(PASSWORD.as_bytes()), SALT, ROUNDS, &mut key)
        .expect("a key of any length");
    black_box(key);
}

fn pbkdf2_sha512(_: &Account) {
    let mut key = [0; 64];
    pbkdf2::pbkdf2::<Hmac<sha2::Sha512>>(black_box(PASSWORD.as_bytes()), SALT, ROUNDS, &mut key)
        .expect("a key of any length");
    black_box(key);
}

fn rsasl_login(account: &Account) {
    let config = SASLConfig::with_credentials(None, USER.to_owned(), PASSWORD.to_owned())
        .expect("credentials");
    let mechanism = Mechname::parse(account.mechanism().as_bytes()).expect("a name");
    let started = SASLClient::new(config).start_suggested(&[mechanism]);
    let mut client = started.expect("a mechanism");
    let mut server = account.begin();
    let mut message = Vec::new();
    client.step(None, &mut message).expect("a message");
    let challenge = account.challenge(&mut server, &message);
    message.clear();
    client
        .step(Some(&challenge), &mut message)
        .expect("a response");
    let success = Account::success(&mut server, &message);
    message.clear();
    let state = client.step(Some(&success), &mut message).expect("a login");
    assert!(state.is_finished());
}

fn sasl_login<S: ScramProvider>(account: &Account) {
    let credentials = Credentials::default()
        .with_username(USER)
        .with_password(PASSWORD)
        .with_channel_binding(ChannelBinding::None);
    let mut client = Scram::<S>::from_credentials(credentials).expect("credentials");
    let mut server = account.begin();
    let first = client.initial();
    let challenge = account.challenge(&mut server, &first);
    let last = client.response(&challenge).expect("a response");
    let success = Account::success(&mut server, &last);
    client.success(&success).expect("a login");
}
