//! The vectors of the RFCs, in both directions: what our client sends is what stands there when the server
//! says what stands there, and the other way round.

mod common;

use common::{Script, Vector, line, tls_with_exporter};
use xmpp_sasl::*;

/// The hash that RFC 5802 and its successors have not named: a custom mechanism of a few lines.
struct ScramSha3;

impl ScramHash for ScramSha3 {
    type Digest = sha3::Sha3_512;
    type Hmac = SimpleHmac<sha3::Sha3_512>;
    const MECHANISM: &'static str = "SCRAM-SHA3-512";
    const PLUS: &'static str = "SCRAM-SHA3-512-PLUS";
    const PRIORITY: i32 = 73;
}

#[test]
fn scram_vectors_in_both_directions() {
    let vectors = Vector::all();
    assert_eq!(vectors.len(), 6);
    for vector in &vectors {
        match vector.get("hash") {
            "sha1" => check::<ScramSha1>(vector),
            "sha256" => check::<ScramSha256>(vector),
            "sha512" => check::<ScramSha512>(vector),
            "sha3_512" => check::<ScramSha3>(vector),
            other => panic!("{other}"),
        }
    }
}

fn check<H: ScramHash>(vector: &Vector) {
    stored_keys::<H>(vector);
    client::<H>(vector);
    server::<H>(vector);
}

fn is_plus(vector: &Vector) -> bool {
    vector.get("cf").starts_with("p=")
}

fn channel(vector: &Vector) -> ChannelSecurity {
    match vector.get("cf").as_bytes()[0] {
        b'n' => ChannelSecurity::Plain,
        _ => tls_with_exporter(),
    }
}

fn salt(vector: &Vector) -> Vec<u8> {
    base64::decode(vector.attribute("sf", "s")).unwrap()
}

fn stored_keys<H: ScramHash>(vector: &Vector) {
    let derived = ScramKeys::derive::<H>("pencil", &salt(vector), 4_096).unwrap();
    let stored = given_keys::<H>(vector);
    assert_eq!(derived.to_text(), stored.to_text(), "{}", vector.title);
}

fn given_keys<H: ScramHash>(vector: &Vector) -> ScramKeys {
    ScramKeys::from_parts(
        MechanismName::new(H::MECHANISM).unwrap(),
        salt(vector),
        vector.attribute("sf", "i").parse().unwrap(),
        vector.bytes("stored"),
        vector.bytes("sk"),
    )
    .unwrap()
}

fn client<H: ScramHash>(vector: &Vector) {
    let nonce = vector.attribute("cf", "r");
    let length = nonce.len();
    // `y` is for a client that could bind the channel, hence the `-PLUS` beside it.
    let registry = Registry::new()
        .with(Scram::<H>::plus().with_nonce_length(length))
        .with(Scram::<H>::new().with_nonce_length(length));
    let channel = channel(vector);
    let cx = SelectCx::new(&channel);
    let credentials = Credentials::password("user", "pencil");
    let offered = if is_plus(vector) {
        vec![H::MECHANISM, H::PLUS]
    } else {
        vec![H::MECHANISM]
    };
    let mut random = Script::new(nonce);
    let mut login = registry
        .select(&offered, &credentials, &cx, &mut random)
        .unwrap();
    assert_eq!(login.mechanism() == H::PLUS, is_plus(vector));

    assert_eq!(
        text(login.initial().unwrap().unwrap()),
        vector.get("cf"),
        "{}",
        vector.title
    );
    let step = login.challenge(vector.get("sf").as_bytes()).unwrap();
    assert!(matches!(step, ClientStep::Derive(_)));
    assert_eq!(
        text(login.run_here(step).unwrap()),
        vector.get("cfin"),
        "{}",
        vector.title
    );
    login.success(Some(vector.get("sfin").as_bytes())).unwrap();

    // With the keys of this login the next one needs no job: the password is not even looked at.
    let keys = login.export::<ScramClientKeys>().unwrap().clone();
    let credentials = Credentials::password("user", "other").with(keys);
    let mut random = Script::new(nonce);
    let mut login = registry
        .select(&offered, &credentials, &cx, &mut random)
        .unwrap();
    login.initial().unwrap();
    let ClientStep::Respond(response) = login.challenge(vector.get("sf").as_bytes()).unwrap()
    else {
        panic!("a job for keys that are known");
    };
    assert_eq!(text(response), vector.get("cfin"));
}

fn server<H: ScramHash>(vector: &Vector) {
    let client_nonce = vector.attribute("cf", "r");
    let nonce = vector
        .attribute("sf", "r")
        .strip_prefix(client_nonce)
        .unwrap();
    let mechanism = if is_plus(vector) {
        Scram::<H>::plus()
    } else {
        Scram::<H>::new()
    };
    let registry = Registry::new().with(mechanism.with_nonce_length(nonce.len()));
    let config = ServerConfig::new([0; 32]).answers([LookupKind::custom(H::MECHANISM)]);
    let channel = channel(vector);
    let cx = SelectCx::new(&channel).with_server(&config);
    let name = registry.offered(&cx).remove(0);
    let mut login = registry
        .begin(name.as_str(), &cx, &mut Script::new(nonce))
        .unwrap();

    let outcome = login.start(Some(vector.get("cf").as_bytes())).unwrap();
    let Outcome::Lookup(Lookup::ScramKeys { authcid, mechanism }) = outcome else {
        panic!()
    };
    assert_eq!(
        (authcid.as_str(), mechanism.as_str()),
        ("user", H::MECHANISM)
    );
    let outcome = login
        .resolve(Answer::ScramKeys(given_keys::<H>(vector)))
        .unwrap();
    let Outcome::Challenge(challenge) = outcome else {
        panic!()
    };
    assert_eq!(text(challenge), vector.get("sf"), "{}", vector.title);
    let outcome = login.response(vector.get("cfin").as_bytes()).unwrap();
    let Outcome::Success { identity, data } = outcome else {
        panic!()
    };
    assert_eq!(text(data.unwrap()), vector.get("sfin"), "{}", vector.title);
    assert_eq!(identity.authcid(), "user");
    assert_eq!(identity.mechanism(), &name);
    assert!(!identity.is_anonymous());
}

/// RFC 4616 §4, and the password of RFC 6120 §9.1.
#[test]
fn plain_vectors_in_both_directions() {
    let words = line("PLAIN");
    let expected = [
        (words[1], None, "tim", "tanstaaftanstaaf"),
        (words[2], Some("Ursel"), "Kurt", "xipj3plmq"),
        (words[3], None, "juliet", "r0m30myr0m30"),
    ];
    for (wire, authzid, authcid, password) in expected {
        let message = base64::decode(wire).unwrap();
        let tls = ChannelSecurity::tls();
        let policy = common::lax();
        let config = common::all_lookups();
        let registry = Registry::default();

        let cx = SelectCx::new(&tls).with_policy(&policy);
        let credentials =
            Credentials::password(authcid, password).with_authzid(authzid.unwrap_or_default());
        let mut client = registry
            .select(&["PLAIN"], &credentials, &cx, &mut Script::default())
            .unwrap();
        assert_eq!(client.initial().unwrap().unwrap(), message);
        client.success(None).unwrap();

        let cx = SelectCx::new(&tls).with_server(&config);
        let mut server = registry
            .begin("PLAIN", &cx, &mut Script::default())
            .unwrap();
        let Outcome::Lookup(Lookup::Password(check)) = server.start(Some(&message)).unwrap() else {
            panic!();
        };
        assert_eq!((check.authcid(), check.password()), (authcid, password));
        let mut outcome = server
            .resolve(check.against_plaintext(Some(password)))
            .unwrap();
        if let Some(wanted) = authzid {
            let Outcome::Lookup(Lookup::Authorize {
                authcid: who,
                authzid: whom,
            }) = outcome
            else {
                panic!();
            };
            assert_eq!((who.as_str(), whom.as_str()), (authcid, wanted));
            outcome = server.resolve(Answer::Accept).unwrap();
        }
        let Outcome::Success {
            identity,
            data: None,
        } = outcome
        else {
            panic!()
        };
        assert_eq!((identity.authcid(), identity.authzid()), (authcid, authzid));
    }
}

/// RFC 4505 §4: the trace `sirhc`, and a Cyrillic letter.
#[test]
fn anonymous_vectors_in_both_directions() {
    for wire in &line("ANON")[1..] {
        let message = base64::decode(wire).unwrap();
        let trace = std::str::from_utf8(&message).unwrap();
        let registry = Registry::default();

        let cx = SelectCx::new(&ChannelSecurity::Plain);
        let credentials = Credentials::new().with(Anonymous::new().with_trace(trace));
        let mut client = registry
            .select(&["ANONYMOUS"], &credentials, &cx, &mut Script::default())
            .unwrap();
        assert_eq!(client.initial().unwrap().unwrap(), message);
        client.success(None).unwrap();

        let config = common::all_lookups();
        let cx = SelectCx::new(&ChannelSecurity::Plain).with_server(&config);
        let mut server = registry
            .begin("ANONYMOUS", &cx, &mut Script::default())
            .unwrap();
        let outcome = server.start(Some(&message)).unwrap();
        let Outcome::Lookup(Lookup::Anonymous { trace: Some(shown) }) = outcome else {
            panic!()
        };
        assert_eq!(shown, trace);
        let answer = Answer::Grant {
            authcid: "guest".to_owned(),
        };
        let Outcome::Success {
            identity,
            data: None,
        } = server.resolve(answer).unwrap()
        else {
            panic!();
        };
        assert!(identity.is_anonymous());
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}
