//! A client proves its password to no challenge, and believes no success, that another implementation of SCRAM rejects.

use xmpp_sasl::{
    ClientLogin, Credentials, LoginError, Policy, Registry, ScramClientKeys, SelectCx,
};

use crate::edits::Edits;
use crate::sasl_server::{BINDING, Letters, SALT, channel};
use crate::scram_model::{self as model, Hash};

const OFFERED: [&str; 6] = [
    "SCRAM-SHA-1",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-512",
    "SCRAM-SHA-512-PLUS",
];
const TYPES: [&str; 2] = ["tls-exporter", "tls-server-end-point"];
const BOUNDS: (u32, u32) = (2, 8);

/// The first byte is the mechanism and what the server says of its offer, the second the iteration count; then come the edits of the
/// server's messages.
pub fn sasl_client(data: &[u8]) {
    let Some((&[setting, count], rest)) = data.split_first_chunk() else {
        return;
    };
    let hash = Hash::ALL[usize::from(setting & 3) % 3];
    let plus = setting & 4 != 0;
    let must_be_signed = setting & 8 != 0;
    let (is_signed, by_challenge) = (setting & 0x10 == 0, setting & 0x20 != 0);
    let edits = Edits(rest);

    let name = format!("{}{}", hash.mechanism(), if plus { "-PLUS" } else { "" });
    let mut policy = Policy::new()
        .scram_iterations(BOUNDS.0..=BOUNDS.1)
        .priority(name.as_str(), 1_000);
    if must_be_signed {
        policy = policy.require_signed_offer();
    }
    let channel = channel();
    let cx = SelectCx::new(&channel)
        .with_policy(&policy)
        .with_advertised_bindings(&TYPES);
    let credentials = Credentials::password("user", "pencil");
    let mut client = Registry::default()
        .select(&OFFERED, &credentials, &cx, &mut Letters)
        .expect("it is a candidate");
    assert_eq!(client.mechanism().as_str(), name);
    let first = client
        .initial()
        .expect("it can begin")
        .expect("it speaks first");
    let header = if plus { "p=tls-exporter,," } else { "n,," };
    let bare = "n=user,r=ABCDEFGHIJKLMNOPQRSTUVWX";
    assert_eq!(first, format!("{header}{bare}").as_bytes());

    let iterations = BOUNDS.0 + u32::from(count) % (BOUNDS.1 - BOUNDS.0 + 1);
    let signed = model::offer(hash, &OFFERED, Some(&TYPES));
    let mut genuine = format!(
        "r=ABCDEFGHIJKLMNOPQRSTUVWXserver,s={},i={iterations}",
        model::encode(SALT)
    );
    if is_signed {
        genuine += &format!(",h={signed},t=0304");
    }
    let challenge = edits.of(0, &genuine);
    let step = client
        .challenge(&challenge)
        .and_then(|step| client.run_here(step));
    let last = match step {
        Ok(last) => String::from_utf8(last).expect("what we write is text"),
        Err(error) => {
            let untouched = challenge == genuine.as_bytes();
            assert!(!untouched || (must_be_signed && !is_signed), "{error:?}");
            return over(&mut client, &error);
        }
    };

    // The challenge was taken: so does the model take it, and proves the same.
    let challenge = str::from_utf8(&challenge).expect("what is accepted is text");
    let get = |name| model::attribute(challenge, name);
    let nonce = get("r").expect("a nonce");
    assert!(
        nonce.len() > 24 && nonce.starts_with("ABCDEFGHIJKLMNOPQRSTUVWX"),
        "{nonce}"
    );
    let count: u32 = get("i")
        .and_then(|count| count.parse().ok())
        .expect("a count");
    assert_eq!(Some(count.to_string().as_str()), get("i"));
    assert!((BOUNDS.0..=BOUNDS.1).contains(&count), "{count}");
    match get("h") {
        Some(shown) => assert_eq!(shown, signed),
        None => assert!(!must_be_signed),
    }
    assert!(get("t").is_none_or(|version| version == "0304"));
    let salt = get("s").and_then(model::decode).expect("a salt");
    let salted = hash.salted("pencil", &salt, count);
    let binding: &[u8] = if plus { &BINDING } else { &[] };
    let bound = model::encode(&[header.as_bytes(), binding].concat());
    let without = format!("c={bound},r={nonce}");
    let proofs = model::proofs(hash, &salted, [bare, challenge, &without]);
    assert_eq!(
        last,
        format!("{without},p={}", model::encode(&proofs.client))
    );

    let genuine = format!("v={}", model::encode(&proofs.server));
    let success = edits.of(1, &genuine);
    let result = if by_challenge {
        client
            .challenge(&success)
            .and_then(|_| client.success(None))
    } else {
        client.success(Some(&success))
    };
    match result {
        Ok(()) => {
            let text = str::from_utf8(&success).expect("what is accepted is text");
            let shown = text
                .split(',')
                .next()
                .and_then(|pair| pair.strip_prefix("v="));
            assert_eq!(shown, genuine.strip_prefix("v="), "the model rejects it");
            assert_eq!(
                model::attribute(text, "v"),
                shown,
                "once, and nothing is mandatory"
            );
            assert!(client.is_done() && client.export::<ScramClientKeys>().is_some());
        }
        Err(error) => {
            assert_ne!(success, genuine.as_bytes(), "{error:?}");
            over(&mut client, &error);
        }
    }
}

/// After an error there are errors.
fn over(client: &mut ClientLogin, error: &LoginError) {
    assert!(!error.is_misuse(), "{error:?}");
    assert!(!client.is_done());
    assert_eq!(client.initial(), Err(LoginError::OutOfOrder));
    assert_eq!(client.challenge(b"x").err(), Some(LoginError::OutOfOrder));
    assert_eq!(client.success(Some(b"x")), Err(LoginError::OutOfOrder));
    assert!(client.export::<ScramClientKeys>().is_none());
}
