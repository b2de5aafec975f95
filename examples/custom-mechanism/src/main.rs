//! Logs in by each of the two mechanisms, and shows where they are refused.

use custom_mechanism::{Error, Server, Tls, login, token::SiteToken};
use xmpp_core::sasl::{Credentials, Policy};
use zeroize::Zeroizing;

fn main() -> Result<(), Error> {
    let tls = Tls::new(custom_mechanism::DOMAIN)?;
    let server = Server::new(tls.clone())?;
    let (encrypted, clear) = (server.listen(true)?, server.listen(false)?);
    let fritz = || Credentials::password("fritz", "correct horse");
    let with_token = |token: &SiteToken| Credentials::new().with(token.clone());
    let foo_allowed = || Policy::new().allow_only(["SASL-FOO", "SCRAM-SHA-256"]);

    let show = |what: &str, credentials, policy, tls: Option<&Tls>| {
        let address = if tls.is_some() { encrypted } else { clear };
        match login(address, tls, credentials, policy) {
            Ok(done) => println!("{what}: {} is in, by {}", done.jid, done.mechanism),
            Err(Error::Refused(why)) => println!("{what}: refused\n    {}", indented(&why)),
            Err(error) => return Err(error),
        }
        Ok(())
    };
    let tls = Some(&tls);
    show("a password, SASL-FOO allowed", fritz(), foo_allowed(), tls)?;
    show("a password, nothing said", fritz(), Policy::new(), tls)?;
    show("a password, in clear", fritz(), foo_allowed(), None)?;
    let wrong = Credentials::password("fritz", "battery staple");
    show("a wrong password", wrong, foo_allowed(), tls)?;

    let token = server.issue_token("fritz");
    show("a token", with_token(&token), Policy::new(), tls)?;
    show("the same one again", with_token(&token), Policy::new(), tls)?;
    let invented = SiteToken(Zeroizing::new("invented".to_owned()));
    show("an invented one", with_token(&invented), Policy::new(), tls)?;
    show("a token, in clear", with_token(&token), Policy::new(), None)
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n    ")
}
