//! Both mechanisms between our client and our server, over TLS and in clear.

use custom_mechanism::{DOMAIN, Error, Server, Tls, login, token::SiteToken};
use xmpp_core::sasl::{Credentials, Policy};
use zeroize::Zeroizing;

struct Setup {
    server: Server,
    tls: Tls,
}

impl Setup {
    fn new() -> Self {
        let tls = Tls::new(DOMAIN).unwrap();
        Self {
            server: Server::new(tls.clone()).unwrap(),
            tls,
        }
    }

    /// By whom and as whom, or why not.
    fn over_tls(&self, credentials: Credentials, policy: Policy) -> Result<String, String> {
        let address = self.server.listen(true).unwrap();
        ended(login(address, Some(&self.tls), credentials, policy))
    }

    fn in_clear(&self, credentials: Credentials, policy: Policy) -> Result<String, String> {
        ended(login(
            self.server.listen(false).unwrap(),
            None,
            credentials,
            policy,
        ))
    }
}

fn ended(login: Result<custom_mechanism::LoggedIn, Error>) -> Result<String, String> {
    match login {
        Ok(done) => Ok(format!("{} by {}", done.jid.to_bare(), done.mechanism)),
        Err(Error::Refused(why)) => Err(why),
        Err(error) => panic!("{error}"),
    }
}

fn fritz() -> Credentials {
    Credentials::password("fritz", "correct horse")
}

fn foo_allowed() -> Policy {
    Policy::new().allow_only(["SASL-FOO"])
}

fn with_token(token: &SiteToken) -> Credentials {
    Credentials::new().with(token.clone())
}

#[test]
fn sasl_foo_logs_in_where_the_allow_list_names_it() {
    let done = Setup::new().over_tls(fritz(), foo_allowed());
    assert_eq!(done.as_deref(), Ok("fritz@localhost by SASL-FOO"));
}

#[test]
fn sasl_foo_is_not_used_where_no_policy_names_it() {
    let why = Setup::new().over_tls(fritz(), Policy::new()).unwrap_err();
    let line =
        "SASL-FOO (priority 5): refused: it gives away the password, and policy has not opted in";
    assert!(why.contains(line), "{why}");
}

#[test]
fn sasl_foo_is_not_used_where_another_mechanism_alone_is_allowed() {
    let policy = Policy::new().allow_only(["X-TOKEN"]);
    let why = Setup::new().over_tls(fritz(), policy).unwrap_err();
    let line = "SASL-FOO (priority 5): refused: not on the allow-list";
    assert!(why.contains(line), "{why}");
}

#[test]
fn a_wrong_password_is_not_authorized() {
    let credentials = Credentials::password("fritz", "battery staple");
    let done = Setup::new().over_tls(credentials, foo_allowed());
    assert_eq!(done, Err("not-authorized".to_owned()));
    let credentials = Credentials::password("franz", "correct horse");
    let done = Setup::new().over_tls(credentials, foo_allowed());
    assert_eq!(done, Err("not-authorized".to_owned()));
}

#[test]
fn x_token_logs_in_once() {
    let setup = Setup::new();
    let token = setup.server.issue_token("fritz");
    let done = setup.over_tls(with_token(&token), Policy::new());
    assert_eq!(done.as_deref(), Ok("fritz@localhost by X-TOKEN"));
    let again = setup.over_tls(with_token(&token), Policy::new());
    assert_eq!(again, Err("not-authorized".to_owned()));
}

#[test]
fn a_token_that_nobody_issued_is_not_authorized() {
    let setup = Setup::new();
    let token = SiteToken(Zeroizing::new("invented".to_owned()));
    let done = setup.over_tls(with_token(&token), Policy::new());
    assert_eq!(done, Err("not-authorized".to_owned()));
}

#[test]
fn who_has_a_password_is_never_logged_in_by_a_token() {
    let why = Setup::new().over_tls(fritz(), Policy::new()).unwrap_err();
    let line = "X-TOKEN (priority 55): refused: no credential in hand that it works with (it uses SiteToken)";
    assert!(why.contains(line), "{why}");
}

#[test]
fn neither_is_offered_in_clear() {
    let setup = Setup::new();
    let token = setup.server.issue_token("fritz");
    for why in [
        setup.in_clear(fritz(), foo_allowed()).unwrap_err(),
        setup
            .in_clear(with_token(&token), Policy::new())
            .unwrap_err(),
    ] {
        for name in ["SASL-FOO (priority 5)", "X-TOKEN (priority 55)"] {
            let line = format!("{name}: refused: the server does not offer it");
            assert!(why.contains(&line), "{why}");
        }
    }
    // It was not even sent.
    let done = setup.over_tls(with_token(&token), Policy::new());
    assert_eq!(done.as_deref(), Ok("fritz@localhost by X-TOKEN"));
}

/// The guide shows code of this package, and no other.
#[test]
fn the_guide_quotes_the_source() {
    let guide = include_str!("../../../docs/sasl-mechanisms.md");
    let sources = [
        include_str!("../src/foo.rs"),
        include_str!("../src/token.rs"),
        include_str!("../src/server.rs"),
        include_str!("../src/client.rs"),
    ];
    let blocks: Vec<_> = guide.split("```rust\n").skip(1).collect();
    assert!(blocks.len() >= 4, "{} blocks", blocks.len());
    for block in blocks {
        let (code, _) = block.split_once("```").unwrap();
        assert!(
            sources.iter().any(|source| source.contains(code)),
            "not in the source:\n{code}"
        );
    }
}
