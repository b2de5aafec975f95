//! Which names users may have here that a site or an authority vouches for.

use xmpp_core::{BareJid, stream::is_anonymous_localpart};

use crate::hub::admin;

/// Names under which this server has services of its own, in their domains: nobody is to be taken for them.
const SERVICES: [&str; 2] = ["rooms", "upload"];

/// Whether `subject` may log in as `subject@domain`; else what is wrong with it.
///
/// It has to be a localpart as the JID rules prepare it, so that no two names of the site become one here: `Juliet` and `juliet`
/// are the same address.
pub(super) fn check(subject: &str, domain: &str) -> Result<(), &'static str> {
    let jid = BareJid::from_parts(Some(subject), domain).map_err(|_| "no localpart")?;
    if jid.local() != Some(subject) {
        return Err("no localpart in its prepared form");
    }
    if subject == admin::NAME || SERVICES.contains(&subject) {
        return Err("reserved");
    }
    if is_anonymous_localpart(subject) {
        return Err("like that of an anonymous user");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_stand_for_somebody_else_are_refused() {
        let long = "x".repeat(1024);
        for (subject, wrong) in [
            ("juliet", None),
            ("juliet.capulet", None),
            ("jülıet", None),
            ("administrator", None),
            ("1b36516c-87a2-4dd8-b30e-29445f7a95b", None),
            ("Juliet", Some("no localpart in its prepared form")),
            ("ｊuliet", Some("no localpart in its prepared form")),
            ("", Some("no localpart")),
            (&long, Some("no localpart")),
            ("juliet capulet", Some("no localpart")),
            ("juliet@chat.example", Some("no localpart")),
            ("juliet/phone", Some("no localpart")),
            ("<juliet>", Some("no localpart")),
            ("admin", Some("reserved")),
            ("rooms", Some("reserved")),
            ("upload", Some("reserved")),
            (
                "1b36516c-87a2-4dd8-b30e-29445f7a95b0",
                Some("like that of an anonymous user"),
            ),
        ] {
            assert_eq!(check(subject, "chat.example").err(), wrong, "{subject:?}");
        }
    }
}
