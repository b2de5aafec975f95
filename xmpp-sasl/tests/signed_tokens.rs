//! Signed tokens: what is accepted, and each attack with a twin that differs in the attacked field only.
#![cfg(feature = "tokens")]

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use ::base64::Engine as _;
use ::base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{Script, lax};
use hmac::digest::{FixedOutput as _, KeyInit as _, Update as _};
use proptest::prelude::*;
use xmpp_sasl::tokens::*;
use xmpp_sasl::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const HEADER: &str = r#"{"alg":"HS256","kid":"2026-01"}"#;
const CLAIMS: &str = r#"{"sub":"juliet","domain":"chat.example","aud":"chat","exp":1800000060}"#;

fn secret() -> Vec<u8> {
    (0..32).collect()
}

fn key() -> TokenKey {
    TokenKey::new(secret()).unwrap().with_id("2026-01")
}

fn verifier() -> TokenVerifier {
    TokenVerifier::new("chat", "chat.example").with_key(key())
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A token signed as it must be, whatever it says.
fn signed(header: &str, claims: &str) -> String {
    signed_by(&secret(), header, claims)
}

fn signed_by(secret: &[u8], header: &str, claims: &str) -> String {
    let signed = [header, claims]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize_fixed());
    [signed, signature].join(".")
}

fn verified(token: &str) -> Result<VerifiedToken, TokenError> {
    verifier().verify(token, NOW)
}

fn with_header(header: &str) -> Result<VerifiedToken, TokenError> {
    verified(&signed(header, CLAIMS))
}

fn with_claims(claims: &str) -> Result<VerifiedToken, TokenError> {
    verified(&signed(HEADER, claims))
}

/// Asserts the error, and what the client is told.
fn refused(result: Result<VerifiedToken, TokenError>, error: TokenError, condition: &str) {
    let got = result.unwrap_err();
    assert_eq!(got, error);
    let failure = Failure::from(got.refusal());
    assert_eq!(failure.condition(), condition);
}

fn not_authorized(result: Result<VerifiedToken, TokenError>, error: TokenError) {
    refused(result, error, "not-authorized");
}

/// What the three programs of the module's page give: PHP, Python, JavaScript.
#[test]
fn tokens_made_by_other_languages_are_accepted() {
    for (token, millis) in [
        (
            "eyJhbGciOiJIUzI1NiIsImtpZCI6IjIwMjYtMDEifQ.eyJzdWIiOiJqdWxpZXQiLCJkb21haW4iOiJjaGF0LmV4YW1wbGUiLCJhdWQiOiJjaGF0IiwiZXhwIjoxODAwMDAwMDYwfQ.cty92OtfB3X36k2oTn7NqCUa8xExyiDLx2mEDXz_JL4",
            60_000,
        ),
        (
            "eyJhbGciOiJIUzI1NiIsImtpZCI6IjIwMjYtMDEifQ.eyJzdWIiOiAianVsaWV0IiwgImRvbWFpbiI6ICJjaGF0LmV4YW1wbGUiLCAiYXVkIjogImNoYXQiLCAiZXhwIjogMTgwMDAwMDA2MC4yNX0.Vbn2pMptgTNBPqi5VWbb6dBtRE0kRubbEqwIb1niHDo",
            60_250,
        ),
        (
            "eyJhbGciOiJIUzI1NiIsImtpZCI6IjIwMjYtMDEifQ.eyJzdWIiOiJqdWxpZXQiLCJkb21haW4iOiJjaGF0LmV4YW1wbGUiLCJhdWQiOiJjaGF0IiwiZXhwIjoxODAwMDAwMDYwLjEyM30.qVpTGkb_wdo5DJ3Mjee4o8RP03r_OrG3f7JD31sniWM",
            60_122, // as a double: of 1800000060.123 a little is missing
        ),
    ] {
        let token = verified(token).unwrap();
        assert_eq!(
            (token.subject(), token.domain()),
            ("juliet", "chat.example")
        );
        assert_eq!(
            token.expiry(),
            NOW.saturating_add(Duration::from_millis(millis))
        );
        assert_eq!(token.id(), None);
    }
}

/// RFC 7515, appendix A.1: the signature is right, and the claims are not ours.
#[test]
fn rfc7515_vector_is_verified_as_far_as_it_goes() {
    let secret =
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = TokenKey::new(URL_SAFE_NO_PAD.decode(secret).unwrap()).unwrap();
    let verifier = TokenVerifier::new("chat", "chat.example").with_key(key);
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                 eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
                 dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    not_authorized(verifier.verify(token, NOW), TokenError::Missing("sub"));
    let forged = token.replace("dBj", "dBk");
    not_authorized(verifier.verify(&forged, NOW), TokenError::Signature);
}

#[test]
fn algorithm_is_the_servers_and_none_is_refused_before_anything_else() {
    for algorithm in [
        r#""none""#,
        r#""None""#,
        r#""hs256""#,
        r#""HS384""#,
        r#""HS512""#,
        r#""RS256""#,
        r#""""#,
        "256",
        "null",
        r#"["HS256"]"#,
    ] {
        let header = HEADER.replace(r#""HS256""#, algorithm);
        // Signed by the right key, not at all, and with claims that nobody may look at.
        not_authorized(with_header(&header), TokenError::Algorithm);
        let encoded = URL_SAFE_NO_PAD.encode(&header);
        let claims = URL_SAFE_NO_PAD.encode(CLAIMS);
        for token in [format!("{encoded}.{claims}."), format!("{encoded}.!.!")] {
            not_authorized(verified(&token), TokenError::Algorithm);
        }
    }
    not_authorized(with_header(r#"{"kid":"2026-01"}"#), TokenError::Algorithm);
    assert!(with_header(HEADER).is_ok());
}

#[test]
fn critical_extension_and_other_type_are_refused_and_an_unknown_member_is_not() {
    let with = |more: &str| with_header(&HEADER.replace('}', &format!(",{more}}}")));
    for more in [
        r#""crit":["b64"],"b64":false"#,
        r#""crit":[]"#,
        r#""typ":"JWE""#,
        r#""typ":"at+jwt""#,
        r#""typ":1"#,
        r#""kid2":1,"typ":null"#,
    ] {
        not_authorized(with(more), TokenError::Header);
    }
    for more in [
        r#""typ":"JWT""#,
        r#""typ":"jwt""#,
        r#""jku":"https://evil.example/keys""#,
        r#""jwk":{"kty":"oct","k":"AAAA"}"#,
    ] {
        assert!(with(more).is_ok(), "{more}");
    }
}

#[test]
fn key_is_chosen_by_its_name_and_rotates() {
    let old = TokenKey::new([1; 32]).unwrap().with_id("old");
    let new = TokenKey::new([2; 32]).unwrap().with_id("new");
    let claims = TokenClaims::new("juliet", NOW.saturating_add(seconds(60)));
    let sign = |key: &TokenKey| TokenSigner::new(key.clone(), "chat", "chat.example").sign(&claims);
    let verifier = TokenVerifier::new("chat", "chat.example");
    let both = verifier.clone().with_key(old.clone()).with_key(new.clone());
    for key in [&old, &new] {
        assert!(both.verify(&sign(key), NOW).is_ok());
    }
    // The old one is taken away.
    let only_new = verifier.clone().with_key(new.clone());
    assert!(only_new.verify(&sign(&new), NOW).is_ok());
    not_authorized(only_new.verify(&sign(&old), NOW), TokenError::UnknownKey);
    not_authorized(verifier.verify(&sign(&new), NOW), TokenError::UnknownKey);
    // The right name and another secret, and the other way round.
    let impostor = TokenKey::new([3; 32]).unwrap().with_id("new");
    not_authorized(both.verify(&sign(&impostor), NOW), TokenError::Signature);
    let renamed = TokenKey::new([2; 32]).unwrap().with_id("old");
    not_authorized(both.verify(&sign(&renamed), NOW), TokenError::Signature);
    // Without a name: the only key, or the one without a name.
    let nameless = TokenKey::new([2; 32]).unwrap();
    assert!(only_new.verify(&sign(&nameless), NOW).is_ok());
    not_authorized(both.verify(&sign(&nameless), NOW), TokenError::UnknownKey);
    let with_nameless = verifier.with_key(old).with_key(nameless.clone());
    assert!(with_nameless.verify(&sign(&nameless), NOW).is_ok());
    not_authorized(
        with_nameless.verify(&sign(&new), NOW),
        TokenError::UnknownKey,
    );
    let kid = with_header(&HEADER.replace(r#""2026-01""#, "1"));
    not_authorized(kid, TokenError::Header);
}

#[test]
fn wrong_signature_is_refused_bit_by_bit() {
    let token = signed(HEADER, CLAIMS);
    let (before, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut changed = signature.clone();
        change(&mut changed);
        verified(&format!("{before}.{}", URL_SAFE_NO_PAD.encode(changed)))
    };
    assert!(with(&|_| {}).is_ok());
    for bit in 0..256 {
        let result = with(&|signature| signature[bit / 8] ^= 1 << (bit % 8));
        not_authorized(result, TokenError::Signature);
    }
    not_authorized(with(&|signature| signature.clear()), TokenError::Signature);
    not_authorized(
        with(&|signature| signature.truncate(31)),
        TokenError::Signature,
    );
    not_authorized(with(&|signature| signature.push(0)), TokenError::Signature);
    // The signature of other claims.
    let other = signed(HEADER, &CLAIMS.replace("juliet", "romeo"));
    let mixed = format!("{before}.{}", other.rsplit_once('.').unwrap().1);
    not_authorized(verified(&mixed), TokenError::Signature);
}

#[test]
fn parts_have_one_spelling() {
    let token = signed(HEADER, CLAIMS);
    assert!(verified(&token).is_ok());
    let last = token.len() - 1;
    // The last character of 32 bytes holds four bits; a stray one is set.
    let stray = format!("{}5", &token[..last]);
    assert_eq!(&token[last..], "4");
    for token in [
        String::new(),
        "..".to_owned(),
        token.replace('.', ""),
        token.rsplit_once('.').unwrap().0.to_owned(),
        format!("{token}."),
        format!("{token}="),
        format!("{token} "),
        format!(" {token}"),
        format!("{token}\n"),
        token.replace('_', "/"),
        token.replacen('.', "..", 1),
        format!("{token}.AAAA"),
        format!("Bearer {token}"),
        stray,
    ] {
        not_authorized(verified(&token), TokenError::Syntax);
    }
}

#[test]
fn member_written_twice_is_refused() {
    let header = HEADER.replace('}', r#","alg":"HS256"}"#);
    not_authorized(with_header(&header), TokenError::Syntax);
    let header = r#"{"alg":"none","alg":"HS256","kid":"2026-01"}"#;
    not_authorized(with_header(header), TokenError::Syntax);
    for more in [
        r#""sub":"romeo""#,
        r#""su\u0062":"romeo""#,
        r#""x":1,"x":1"#,
    ] {
        let claims = CLAIMS.replace('}', &format!(",{more}}}"));
        not_authorized(with_claims(&claims), TokenError::Claims);
    }
    let claims = CLAIMS.replace('}', r#","x":1,"y":{"sub":"romeo"}}"#);
    assert_eq!(with_claims(&claims).unwrap().subject(), "juliet");
}

#[test]
fn expired_token_is_refused_and_the_leeway_is_bounded() {
    let expiry = NOW.saturating_add(seconds(60));
    let token = signed(HEADER, CLAIMS);
    let at = |leeway: u64, after: u64| {
        let verifier = verifier().with_leeway(seconds(leeway));
        verifier.verify(&token, expiry.saturating_add(seconds(after)))
    };
    assert!(
        verifier()
            .verify(&token, expiry.saturating_add(seconds(29)))
            .is_ok()
    );
    let late = verifier().verify(&token, expiry.saturating_add(seconds(30)));
    refused(late, TokenError::Expired, "credentials-expired");
    refused(at(0, 0), TokenError::Expired, "credentials-expired");
    assert!(at(1, 0).is_ok());
    assert!(at(3_600, 299).is_ok());
    refused(at(3_600, 300), TokenError::Expired, "credentials-expired");
    for exp in [
        "-1",
        r#""1800000060""#,
        "null",
        "true",
        "1e300",
        "[1800000060]",
    ] {
        let claims = CLAIMS.replace("1800000060", exp);
        not_authorized(with_claims(&claims), TokenError::Claims);
    }
}

#[test]
fn token_that_is_not_good_yet_is_refused() {
    let with = |nbf: &str| with_claims(&CLAIMS.replace('}', &format!(r#","nbf":{nbf}}}"#)));
    assert!(with("1800000030").is_ok());
    assert!(with("1.8e9").is_ok());
    not_authorized(with("1800000031"), TokenError::NotYet);
    not_authorized(with("1800000030.5"), TokenError::NotYet);
    not_authorized(with("-1"), TokenError::Claims);
}

#[test]
fn token_for_another_audience_or_domain_is_refused() {
    let audience = |audience: &str| with_claims(&CLAIMS.replace(r#""chat""#, audience));
    assert!(audience(r#""chat""#).is_ok());
    assert!(audience(r#"["mail","chat"]"#).is_ok());
    for other in [
        r#""mail""#,
        r#""Chat""#,
        r#""chat2""#,
        r#"["mail"]"#,
        "[]",
        r#""""#,
    ] {
        not_authorized(audience(other), TokenError::Audience);
    }
    for other in ["1", "null", r#"["chat",1]"#, r#"{"chat":1}"#] {
        not_authorized(audience(other), TokenError::Claims);
    }
    let domain = |domain: &str| with_claims(&CLAIMS.replace(r#""chat.example""#, domain));
    assert!(domain(r#""chat.example""#).is_ok());
    for other in [
        r#""other.example""#,
        r#""chat.example.""#,
        r#""Chat.example""#,
    ] {
        not_authorized(domain(other), TokenError::Domain);
    }
    not_authorized(domain(r#""""#), TokenError::Claims);
    not_authorized(domain("[]"), TokenError::Claims);
}

#[test]
fn missing_claim_is_refused() {
    for (claim, rest) in [
        (
            "sub",
            r#"{"domain":"chat.example","aud":"chat","exp":1800000060}"#,
        ),
        (
            "domain",
            r#"{"sub":"juliet","aud":"chat","exp":1800000060}"#,
        ),
        (
            "aud",
            r#"{"sub":"juliet","domain":"chat.example","exp":1800000060}"#,
        ),
        (
            "exp",
            r#"{"sub":"juliet","domain":"chat.example","aud":"chat"}"#,
        ),
    ] {
        not_authorized(with_claims(rest), TokenError::Missing(claim));
    }
    for no_object in ["", "[]", "null", "{", r#"{"sub":"juliet"}x"#] {
        not_authorized(with_claims(no_object), TokenError::Claims);
    }
}

#[test]
fn subject_is_limited() {
    let subject = |subject: &str| with_claims(&CLAIMS.replace("juliet", subject));
    assert!(subject(&"x".repeat(1_023)).is_ok());
    for bad in [&*"x".repeat(1_024), "", "a\\u0000b", "a\\nb", "a\\u0085b"] {
        not_authorized(subject(bad), TokenError::Claims);
    }
}

#[test]
fn length_is_limited() {
    let token = signed(HEADER, CLAIMS);
    let at = |max| verifier().with_max_length(max).verify(&token, NOW);
    assert!(at(token.len()).is_ok());
    not_authorized(at(token.len() - 1), TokenError::TooLong);
    let padded = |bytes: usize| {
        with_claims(&CLAIMS.replace('}', &format!(r#","x":"{}"}}"#, "x".repeat(bytes))))
    };
    assert!(padded(2_800).is_ok());
    not_authorized(padded(3_000), TokenError::TooLong);
}

#[test]
fn token_that_is_good_once_is_refused_the_second_time() {
    let mut known = BTreeSet::new();
    let mut once = |claims: &str| {
        let remember = |id: &str, until| {
            assert_eq!(until, NOW.saturating_add(seconds(90)));
            known.insert(id.to_owned())
        };
        verifier().verify_once(&signed(HEADER, claims), NOW, remember)
    };
    let first = CLAIMS.replace('}', r#","jti":"a"}"#);
    let second = CLAIMS.replace('}', r#","jti":"b"}"#);
    assert_eq!(once(&first).unwrap().id(), Some("a"));
    assert!(once(&second).is_ok());
    not_authorized(once(&first), TokenError::Used);
    assert_eq!(Failure::from(TokenError::Used.refusal()), Failure::Replayed);
    not_authorized(once(CLAIMS), TokenError::Missing("jti"));
    let long = CLAIMS.replace('}', &format!(r#","jti":"{}"}}"#, "x".repeat(256)));
    not_authorized(once(&long), TokenError::Claims);
    // What is not good is never remembered.
    let mut asked = false;
    let remember = |_: &str, _| {
        asked = true;
        true
    };
    let forged = signed_by(&[9; 32], HEADER, &first);
    not_authorized(
        verifier().verify_once(&forged, NOW, remember),
        TokenError::Signature,
    );
    assert!(!asked);
}

#[test]
fn weak_secret_is_refused() {
    assert_eq!(TokenKey::new([7; 31]).unwrap_err(), WeakKey);
    assert_eq!(TokenKey::new([]).unwrap_err(), WeakKey);
    assert!(TokenKey::new([7; 32]).is_ok());
}

/// A login with the token by `mechanism`; of OAUTHBEARER with the answer to its error.
fn login(mechanism: &str, name: &str, token: &str, now: Timestamp) -> Result<String, Failure> {
    let (tls, policy, registry) = (ChannelSecurity::tls(), lax(), Registry::default());
    let config = ServerConfig::new([7; 32]).answers([LookupKind::TOKEN, LookupKind::PASSWORD]);
    let cx = SelectCx::new(&tls)
        .with_policy(&policy)
        .with_server(&config);
    let credentials =
        Credentials::password(name, token).with(BearerToken::new(token).with_authcid(name));
    let mut random = Script::default();
    let mut client = registry
        .select(&[mechanism], &credentials, &cx, &mut random)
        .unwrap();
    let mut server = registry.begin(mechanism, &cx, &mut random)?;
    let outcome = server.start(client.initial().unwrap().as_deref())?;
    let answer = match outcome {
        Outcome::Lookup(Lookup::Token(check)) => verifier()
            .verify(check.token(), now)
            .map_or_else(TokenError::answer, |token| token.answer()),
        Outcome::Lookup(Lookup::Password(check)) => verifier()
            .verify(check.password(), now)
            .map_or_else(TokenError::answer, |token| token.answer_for(&check)),
        other => panic!("{other:?}"),
    };
    match server.resolve(answer)? {
        Outcome::Success { identity, data } => {
            client.success(data.as_deref()).unwrap();
            Ok(identity.authcid().to_owned())
        }
        Outcome::Challenge(challenge) => {
            let step = client.challenge(&challenge).unwrap();
            let response = client.run_here(step).unwrap();
            assert!(matches!(
                client.refusal(),
                Some(LoginError::TokenRefused(_))
            ));
            Err(server.response(&response).unwrap_err())
        }
        Outcome::Lookup(lookup) => panic!("{lookup:?}"),
    }
}

#[test]
fn token_logs_in_by_oauthbearer_x_oauth2_and_plain() {
    let late = NOW.saturating_add(seconds(90));
    let token = signed(HEADER, CLAIMS);
    let forged = signed_by(&[9; 32], HEADER, CLAIMS);
    for mechanism in ["OAUTHBEARER", "X-OAUTH2", "PLAIN"] {
        let login = |token: &str, now| login(mechanism, "juliet", token, now);
        assert_eq!(login(&token, NOW).unwrap(), "juliet");
        assert_eq!(login(&token, late), Err(Failure::CredentialsExpired));
        assert_eq!(login(&forged, NOW), Err(Failure::WrongCredentials));
    }
    // As a password it is good for its user alone.
    assert_eq!(
        login("PLAIN", "romeo", &token, NOW),
        Err(Failure::WrongCredentials)
    );
}

#[test]
fn secrets_never_print() {
    let signer = TokenSigner::new(key(), "chat", "chat.example");
    let printed = format!("{:?} {signer:?} {:?}", key(), verifier());
    assert!(!printed.contains("0, 1, 2"), "{printed}");
    assert!(printed.contains("2026-01"));
}

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(
        token in "\\PC{0,40}|[A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_-]{0,60}){0,4}",
        header in "[{}\\[\\]\",:a-z0-9 \\\\]{0,40}",
    ) {
        prop_assert!(verified(&token).is_err());
        prop_assert!(with_header(&header).is_err());
        prop_assert!(with_claims(&header).is_err());
    }

    /// What is signed is what is verified, and no change of one character is accepted.
    #[test]
    fn signer_and_verifier_agree(
        subject in "[^\\p{Cc}]{1,20}",
        id in prop::option::of("[!-~]{1,20}"),
        lifetime in 1..10_000_u64,
        at: prop::sample::Index,
        other in "[A-Za-z0-9_.-]",
    ) {
        let expiry = NOW.saturating_add(seconds(lifetime));
        let mut claims = TokenClaims::new(&*subject, expiry).not_before(NOW);
        if let Some(id) = &id {
            claims = claims.with_id(&**id);
        }
        let token = TokenSigner::new(key(), "chat", "chat.example").sign(&claims);
        let read = verified(&token).unwrap();
        prop_assert_eq!(read.subject(), subject);
        prop_assert_eq!(read.id(), id.as_deref());
        prop_assert_eq!(read.expiry(), expiry);

        let mut changed = token.clone();
        let at = at.index(token.len());
        changed.replace_range(at..=at, &other);
        prop_assert!(changed == token || verified(&changed).is_err());
    }
}
