//! Addresses that came from a peer and fail preparation.

use std::borrow::Cow;

use super::{Cut, Jid, JidError, JidRule, domain, prepare, quick};

/// Reads an address whose preparation failed with `error`: parts that fail by a rule of the tables stay as they are.
///
/// What the structure of an address needs is asked of those too, so that its parts can be told from its text, and so that
/// the text can stand in XML.
pub(super) fn keep(text: &str, error: JidError) -> Result<Jid, JidError> {
    if !error.rule().is_of_the_tables() {
        return Err(error);
    }
    let (local, domain, resource) = quick::split(text);
    let mut unprepared = 0;
    let mut part =
        |prepared: Result<Cow<'_, str>, JidError>, text: &str, flag, bad: fn(char) -> bool| {
            match prepared {
                Ok(prepared) => Ok(prepared.into_owned()),
                Err(error) if error.rule().is_of_the_tables() && !text.contains(bad) => {
                    unprepared |= flag;
                    Ok(text.to_owned())
                }
                Err(error) => Err(error),
            }
        };
    let local = local
        .map(|l| part(prepare::local(l), l, Cut::LOCAL, is_bad_in_local))
        .transpose()?;
    let domain = part(
        domain::domain(domain),
        domain,
        Cut::DOMAIN,
        is_bad_in_domain,
    )?;
    let resource = resource
        .map(|r| part(prepare::resource(r), r, Cut::RESOURCE, is_bad_in_resource))
        .transpose()?;
    let jid = Jid::join(local.as_deref(), &domain, resource.as_deref());
    Ok(Jid {
        cut: jid.cut.with_unprepared(unprepared),
        ..jid
    })
}

impl JidRule {
    /// Whether a part that breaks it may be kept unprepared.
    const fn is_of_the_tables(self) -> bool {
        matches!(
            self,
            Self::Character | Self::Direction | Self::Unstable | Self::Domain | Self::Label
        )
    }
}

fn is_bad_in_local(c: char) -> bool {
    c == ' ' || prepare::is_excluded(c) || is_bad_in_resource(c)
}

/// What a localpart may not have, and the other delimiters of hosts in URIs.
fn is_bad_in_domain(c: char) -> bool {
    is_bad_in_local(c) || matches!(c, '#' | '%' | '?' | '[' | '\\' | ']' | '^' | '|')
}

/// ASCII controls, and what no XML document may have.
fn is_bad_in_resource(c: char) -> bool {
    c.is_ascii_control() || matches!(c, '\u{fffe}' | '\u{ffff}')
}
