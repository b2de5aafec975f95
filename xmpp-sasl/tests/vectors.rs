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

/// One exchange of XEP-0474 or XEP-0515: SCRAM-SHA-1-PLUS with `THIS IS FAKE CB DATA`, two mechanisms and two types.
struct Signed<'a> {
    first: &'a str,
    challenge: &'a str,
    last: &'a str,
    success: &'a str,
    version: Option<TlsVersion>,
}

const ADVERTISED: ([&str; 2], [&str; 2]) = (
    ["SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"],
    ["tls-server-end-point", "tls-exporter"],
);

impl Signed<'_> {
    fn channel(&self) -> ChannelSecurity {
        let of = |kind, data: &[u8]| ChannelBinding::new(kind, data);
        let tls = TlsChannel::new()
            .with_binding(of(ChannelBindingType::TlsServerEndPoint, b"another"))
            .with_binding(of(ChannelBindingType::TlsExporter, b"THIS IS FAKE CB DATA"));
        ChannelSecurity::Tls(match self.version {
            Some(version) => tls.with_version(version),
            None => tls,
        })
    }

    fn attribute<'a>(message: &'a str, name: &str) -> &'a str {
        let mut pairs = message.split(',');
        pairs.find_map(|pair| pair.strip_prefix(name)).unwrap()
    }

    /// The server says exactly this, and takes the client's proof, which covers an extension of the client's own.
    fn server(&self) {
        let ours = Self::attribute(self.first, "r=");
        let nonce = Self::attribute(self.challenge, "r=")
            .strip_prefix(ours)
            .unwrap();
        let registry = Registry::new()
            .with(Scram::<ScramSha1>::new())
            .with(Scram::<ScramSha1>::plus().with_nonce_length(nonce.len()));
        let (channel, config) = (self.channel(), common::all_lookups());
        let cx = SelectCx::new(&channel)
            .with_server(&config)
            .with_advertised_mechanisms(&ADVERTISED.0)
            .with_advertised_bindings(&ADVERTISED.1);
        let mut random = Script::new(nonce);
        let mut server = registry
            .begin("SCRAM-SHA-1-PLUS", &cx, &mut random)
            .unwrap();
        let outcome = server.start(Some(self.first.as_bytes())).unwrap();
        assert!(matches!(outcome, Outcome::Lookup(_)));
        let salt = base64::decode(Self::attribute(self.challenge, "s=")).unwrap();
        let keys = ScramKeys::derive::<ScramSha1>("pencil", &salt, 4_096).unwrap();
        let Outcome::Challenge(challenge) = server.resolve(Answer::ScramKeys(keys)).unwrap() else {
            panic!()
        };
        assert_eq!(text(challenge), self.challenge);
        let outcome = server.response(self.last.as_bytes()).unwrap();
        let Outcome::Success { data, .. } = outcome else {
            panic!()
        };
        assert_eq!(text(data.unwrap()), self.success);
    }

    /// What our client answers to the server of the vector.
    fn client(&self) -> (ClientLogin, String) {
        let nonce = Self::attribute(self.first, "r=");
        let registry =
            Registry::new().with(Scram::<ScramSha1>::plus().with_nonce_length(nonce.len()));
        let channel = self.channel();
        let policy = Policy::new().require_signed_offer();
        let cx = SelectCx::new(&channel)
            .with_policy(&policy)
            .with_advertised_bindings(&ADVERTISED.1);
        let credentials = Credentials::password("user", "pencil");
        let mut random = Script::new(nonce);
        let mut client = registry
            .select(&ADVERTISED.0, &credentials, &cx, &mut random)
            .unwrap();
        assert_eq!(text(client.initial().unwrap().unwrap()), self.first);
        let step = client.challenge(self.challenge.as_bytes()).unwrap();
        let last = client.run_here(step).unwrap();
        (client, text(last))
    }
}

#[test]
fn xep_0474_vector_in_both_directions() {
    let lines: Vec<_> = include_str!("fixtures/sasl-vectors.txt").lines().collect();
    let at = lines
        .iter()
        .position(|line| line.starts_with("SSDP "))
        .unwrap();
    let vector = Signed {
        first: lines[at + 1],
        challenge: lines[at + 2],
        last: lines[at + 3],
        success: lines[at + 4]
            .trim_start_matches("b'")
            .trim_end_matches('\''),
        version: None,
    };
    vector.server();
    // The client of the XEP adds `x=`, which ours does not: the rest is the same, and the proof is another.
    let (mut client, last) = vector.client();
    let (without_proof, _) = last.rsplit_once(",p=").unwrap();
    assert!(vector.last.starts_with(&format!("{without_proof},x=")));
    let error = client.success(Some(vector.success.as_bytes())).unwrap_err();
    assert_eq!(error, LoginError::MutualAuth(MutualAuthError::Wrong));
}

#[test]
fn xep_0515_vector_in_both_directions() {
    let vector = Signed {
        first: "p=tls-exporter,,n=user,r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6",
        challenge: "r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6a09117a6-ac50-4f2f-93f1-93799c2bddf6,\
                    s=QSXCR+Q6sek8bf92,i=4096,h=G6k/rBLDqgOhRRaCuuatSDFkJ08=,t=0304",
        last: "c=cD10bHMtZXhwb3J0ZXIsLFRISVMgSVMgRkFLRSBDQiBEQVRB,\
               r=12C4CD5C-E38E-4A98-8F6D-15C38F51CCC6a09117a6-ac50-4f2f-93f1-93799c2bddf6,\
               p=KHUfN8dSy1K95crT4D5y1ItLJfs=",
        success: "v=3w34ZIMVRkx2f2Ozb3/ecRPVdv4=",
        version: Some(TlsVersion::V1_3),
    };
    vector.server();
    let (mut client, last) = vector.client();
    assert_eq!(last, vector.last);
    client.success(Some(vector.success.as_bytes())).unwrap();
    assert!(client.is_done());
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
