//! The life of FAST tokens: what is issued logs in, once rotated, revoked, expired or replayed it does not. Each
//! attack has a twin that differs in the attacked field only and is accepted.

mod common;

use std::time::Duration;

use common::{Script, tls_with_exporter};
use proptest::prelude::*;
use xmpp_sasl::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const NONE: MechanismName = MechanismName::from_static("HT-SHA-256-NONE");
const EXPR: MechanismName = MechanismName::from_static("HT-SHA-256-EXPR");

fn after(seconds: u64) -> Timestamp {
    NOW.saturating_add(Duration::from_secs(seconds))
}

/// Ten minutes, rotated after five.
fn policy() -> FastPolicy {
    FastPolicy::new()
        .with_lifetime(Duration::from_mins(10))
        .with_rotation(Duration::from_mins(5))
}

/// Never the same bytes twice.
struct Fresh(u8);

impl Random for Fresh {
    fn fill(&mut self, dest: &mut [u8]) {
        dest.fill(self.0);
        self.0 += 1;
    }
}

/// A server with the tokens of one client.
struct Server {
    record: FastRecord,
    random: Fresh,
}

impl Server {
    fn new() -> Self {
        Self {
            record: FastRecord::new(),
            random: Fresh(0),
        }
    }

    fn issue(&mut self, now: Timestamp) -> HtToken {
        let issued = self.record.issue(NONE, now, &policy(), &mut self.random);
        issued.into_credential("juliet")
    }

    /// A login by `token`; the token to use from now on, if there is another.
    fn login(
        &mut self,
        token: &HtToken,
        now: Timestamp,
        attempt: &FastAttempt,
    ) -> Result<Option<HtToken>, Failure> {
        let used = self.proven(token, now, attempt)?;
        let issued = self
            .record
            .used(&used, now, attempt, &policy(), &mut self.random)?;
        Ok(issued.map(|issued| issued.into_credential("juliet")))
    }

    /// The part of it before the record is changed.
    fn proven(
        &self,
        token: &HtToken,
        now: Timestamp,
        attempt: &FastAttempt,
    ) -> Result<HtUsed, Failure> {
        let (channel, registry) = (tls_with_exporter(), Registry::default());
        let config = ServerConfig::without_secret().answers([LookupKind::HT_SHA_256]);
        let cx = SelectCx::new(&channel).with_server(&config);
        let mut random = Script::default();
        let credentials = Credentials::new().with(token.clone());
        let name = token.mechanism().as_str();
        let mut client = registry
            .select(&[name], &credentials, &cx, &mut random)
            .unwrap();
        let mut server = registry.begin(name, &cx, &mut random)?;
        let Outcome::Lookup(_) = server.start(client.initial().unwrap().as_deref())? else {
            panic!();
        };
        let Outcome::Success { data, .. } = server.resolve(self.record.check(now, attempt))? else {
            panic!();
        };
        client.success(data.as_deref()).unwrap();
        Ok(server.export::<HtUsed>().unwrap().clone())
    }
}

/// Asserts variant and wire condition.
fn refused(result: Result<Option<HtToken>, Failure>, failure: &Failure, condition: &str) {
    let got = result.unwrap_err();
    assert_eq!(got, *failure);
    assert_eq!(got.condition(), condition);
}

fn plain() -> FastAttempt {
    FastAttempt::new()
}

#[test]
fn issued_token_logs_in_and_is_random() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    assert_eq!(token.token().len(), 44);
    assert_eq!(token.expiry(), Some(after(600)));
    assert!(!token.is_expired(after(599)) && token.is_expired(after(600)));
    assert!(server.login(&token, NOW, &plain()).unwrap().is_none());
    assert!(server.login(&token, NOW, &plain()).unwrap().is_none());
    assert_ne!(server.issue(NOW).token(), token.token());
}

#[test]
fn fast_token_of_another_mechanism_is_refused() {
    let mut server = Server::new();
    let issued = server
        .record
        .issue(EXPR, NOW, &policy(), &mut server.random);
    let stolen = HtToken::new("juliet", issued.token(), NONE);
    refused(
        server.login(&stolen, NOW, &plain()),
        &Failure::ForeignToken,
        "not-authorized",
    );
    let token = issued.into_credential("juliet");
    assert!(server.login(&token, NOW, &plain()).is_ok());
}

#[test]
fn expired_fast_token_is_refused() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    let expired = server.login(&token, after(600), &plain());
    refused(expired, &Failure::CredentialsExpired, "credentials-expired");
    assert!(server.login(&token, after(599), &plain()).is_ok());
    // Once it is forgotten, it is like any other.
    server.record.forget_expired(after(599));
    assert!(!server.record.is_empty());
    server.record.forget_expired(after(1_199));
    assert!(server.record.is_empty());
    let forgotten = server.login(&token, after(1_199), &plain());
    refused(forgotten, &Failure::WrongCredentials, "not-authorized");
}

#[test]
fn replayed_count_is_refused() {
    let mut server = Server::new();
    let mut token = server.issue(NOW);
    let early = |count| plain().in_early_data().with_count(count);
    assert_eq!(token.next_count(), 1);
    server.login(&token, NOW, &early(1)).unwrap();
    for count in [0, 1] {
        refused(
            server.login(&token, NOW, &early(count)),
            &Failure::Replayed,
            "not-authorized",
        );
        // A count that is sent counts, early or not.
        let late = plain().with_count(count);
        refused(
            server.login(&token, NOW, &late),
            &Failure::Replayed,
            "not-authorized",
        );
    }
    assert_eq!(token.next_count(), 2);
    server.login(&token, NOW, &early(2)).unwrap();
    server.login(&token, NOW, &early(100)).unwrap();
    refused(
        server.login(&token, NOW, &early(99)),
        &Failure::Replayed,
        "not-authorized",
    );
    // A login without a count does not reset it.
    server.login(&token, NOW, &plain()).unwrap();
    refused(
        server.login(&token, NOW, &early(100)),
        &Failure::Replayed,
        "not-authorized",
    );
    server.login(&token, NOW, &early(101)).unwrap();
}

#[test]
fn early_data_without_a_count_is_refused() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    let early = plain().in_early_data();
    refused(
        server.login(&token, NOW, &early),
        &Failure::Replayed,
        "not-authorized",
    );
    assert!(server.login(&token, NOW, &early.with_count(1)).is_ok());
}

#[test]
fn of_two_logins_with_one_count_one_loses() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    let attempt = plain().in_early_data().with_count(1);
    // Both are checked before either is recorded.
    let first = server.proven(&token, NOW, &attempt).unwrap();
    let second = server.proven(&token, NOW, &attempt).unwrap();
    let mut record = |used| {
        let random = &mut Script::default();
        server
            .record
            .used(used, NOW, &attempt, &policy(), random)
            .map(|_| ())
    };
    record(&first).unwrap();
    assert_eq!(record(&second), Err(Failure::Replayed));
}

#[test]
fn fast_token_that_was_rotated_out_is_refused() {
    let mut server = Server::new();
    let old = server.issue(NOW);
    let new = server.login(&old, after(300), &plain()).unwrap().unwrap();
    // Until the new one is used, the old one stays good: the client may not have got it.
    let newer = server.login(&old, after(301), &plain()).unwrap().unwrap();
    // But the one that was never used ends.
    let lost = server.login(&new, after(301), &plain());
    refused(lost, &Failure::WrongCredentials, "not-authorized");
    assert!(
        server
            .login(&newer, after(302), &plain())
            .unwrap()
            .is_none()
    );
    let rotated = server.login(&old, after(302), &plain());
    refused(rotated, &Failure::WrongCredentials, "not-authorized");
    assert!(server.login(&newer, after(302), &plain()).is_ok());
    assert_eq!(server.record.next(), None);
}

#[test]
fn token_is_rotated_when_it_is_due_and_for_the_same_mechanism() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    assert!(
        server
            .login(&token, after(299), &plain())
            .unwrap()
            .is_none()
    );
    let next = server.login(&token, after(300), &plain()).unwrap().unwrap();
    assert_eq!(*next.mechanism(), NONE);
    assert_eq!(next.expiry(), Some(after(900)));
    assert_eq!(next.count(), 0);
}

#[test]
fn token_is_issued_on_request_for_the_mechanism_asked_for() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    let request = plain().requesting(EXPR);
    let next = server.login(&token, NOW, &request).unwrap().unwrap();
    assert_eq!(*next.mechanism(), EXPR);
    assert!(server.login(&next, NOW, &plain()).is_ok());
    refused(
        server.login(&token, NOW, &plain()),
        &Failure::WrongCredentials,
        "not-authorized",
    );
}

#[test]
fn invalidated_token_is_refused_and_none_follows_unasked() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    // Due for rotation, and yet there is no other.
    let attempt = plain().invalidating();
    assert!(
        server
            .login(&token, after(400), &attempt)
            .unwrap()
            .is_none()
    );
    assert!(server.record.is_empty());
    let again = server.login(&token, after(400), &plain());
    refused(again, &Failure::WrongCredentials, "not-authorized");
    // Unless it is asked for.
    let token = server.issue(NOW);
    let attempt = attempt.requesting(NONE);
    let next = server.login(&token, NOW, &attempt).unwrap().unwrap();
    refused(
        server.login(&token, NOW, &plain()),
        &Failure::WrongCredentials,
        "not-authorized",
    );
    assert!(server.login(&next, NOW, &plain()).is_ok());
}

#[test]
fn revoked_token_is_refused_even_in_the_middle_of_a_login() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    let used = server.proven(&token, NOW, &plain()).unwrap();
    let before = server.record.clone();
    server.record.revoke();
    let result = server
        .record
        .used(&used, NOW, &plain(), &policy(), &mut Script::default());
    assert_eq!(result.unwrap_err(), Failure::WrongCredentials);
    refused(
        server.login(&token, NOW, &plain()),
        &Failure::WrongCredentials,
        "not-authorized",
    );
    server.record = before;
    assert!(server.login(&token, NOW, &plain()).is_ok());
}

#[test]
fn token_that_ends_earlier_than_the_used_one_ends_now() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    server.login(&token, NOW, &plain()).unwrap();
    let mut random = Fresh(100);
    let issue = |record: &mut FastRecord, random: &mut Fresh, seconds| {
        let policy = policy().with_lifetime(Duration::from_secs(seconds));
        record
            .issue(NONE, NOW, &policy, random)
            .into_credential("juliet")
    };
    let shorter = issue(&mut server.record, &mut random, 599);
    server.login(&token, NOW, &plain()).unwrap();
    refused(
        server.login(&shorter, NOW, &plain()),
        &Failure::WrongCredentials,
        "not-authorized",
    );
    let longer = issue(&mut server.record, &mut random, 601);
    server.login(&token, NOW, &plain()).unwrap();
    assert!(server.login(&longer, NOW, &plain()).is_ok());
}

#[test]
fn record_is_stored_by_its_parts() {
    let mut server = Server::new();
    let token = server.issue(NOW);
    server.login(&token, NOW, &plain().with_count(7)).unwrap();
    server.issue(after(1));
    let copy = |token: &FastToken| {
        FastToken::from_parts(
            token.token(),
            token.mechanism().clone(),
            token.issued(),
            token.expiry(),
            token.count(),
        )
        .unwrap()
    };
    let current = server.record.current().map(copy);
    let next = server.record.next().map(copy);
    assert_eq!(current.as_ref().unwrap().count(), 7);
    assert_eq!(FastRecord::from_tokens(current, next), server.record);
    let short = FastToken::from_parts("short", NONE, NOW, after(1), 0);
    assert_eq!(short.unwrap_err(), TooShortToken);
}

#[test]
fn secrets_never_print() {
    let mut server = Server::new();
    let issued = server
        .record
        .issue(NONE, NOW, &policy(), &mut server.random);
    let printed = format!("{issued:?} {:?}", server.record);
    assert!(!printed.contains(issued.token()), "{printed}");
}

proptest! {
    /// Whatever a client does, lost answers included, it is never locked out while it keeps every token that
    /// it got; and never more than two tokens are good.
    #[test]
    fn client_that_loses_answers_is_not_locked_out(
        steps in prop::collection::vec((0..120_u64, any::<bool>(), any::<bool>()), 1..40),
    ) {
        let mut server = Server::new();
        let mut token = server.issue(NOW);
        let mut all = vec![token.clone()];
        let mut now = NOW;
        for (wait, asks, arrives) in steps {
            now = now.saturating_add(Duration::from_secs(wait));
            let count = token.next_count();
            let mut attempt = plain().in_early_data().with_count(count);
            if asks {
                attempt = attempt.requesting(NONE);
            }
            match server.login(&token, now, &attempt) {
                Ok(Some(next)) => {
                    all.push(next.clone());
                    if arrives {
                        token = next;
                    }
                }
                Ok(None) => {}
                Err(failure) => {
                    prop_assert_eq!(failure, Failure::CredentialsExpired);
                    prop_assert!(token.is_expired(now));
                    return Ok(());
                }
            }
            let good = all.iter().filter(|token| server.proven(token, now, &plain()).is_ok());
            prop_assert!(good.count() <= 2);
        }
    }
}
