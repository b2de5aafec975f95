//! The clients that log in at our server, and PBKDF2 alone.

use std::hint::black_box;

use hmac::{
    Hmac,
    digest::{FixedOutput, KeyInit, Update},
};
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
                "SCRAM-SHA-1" => pbkdf2_alone::<Hmac<sha1::Sha1>>,
                "SCRAM-SHA-256" => pbkdf2_alone::<Hmac<sha2::Sha256>>,
                _ => pbkdf2_alone::<Hmac<sha2::Sha512>>,
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

/// As any caller gets it: the compiler knows neither the password nor how long the key is.
#[inline(never)]
fn derive<M: KeyInit + Update + FixedOutput + Clone>(password: &[u8], key: &mut [u8]) {
    pbkdf2::pbkdf2::<M>(password, SALT, ROUNDS, key).expect("a password of any length");
}

fn pbkdf2_alone<M: KeyInit + Update + FixedOutput + Clone>(_: &Account) {
    let mut key = [0; 64];
    let key = &mut key[..M::output_size()];
    derive::<M>(black_box(PASSWORD.as_bytes()), key);
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
