//! The initiating entity's stream header (HDR-5 to HDR-11, HDR-14).

use crate::{
    BareJid, Jid,
    stream::{StreamError, StreamErrorCondition, StreamHeader, faults, version::Version},
};

/// What a header says, and what is wrong with it.
#[derive(Debug)]
pub(super) struct Verdict {
    /// The domain that was asked for, where it is served here.
    pub(super) domain: Option<BareJid>,
    /// What the peer calls itself, for the `to` of the answer; never an identity (HDR-9).
    pub(super) from: Option<Jid>,
    pub(super) lang: Option<String>,
    pub(super) fault: Option<StreamError>,
}

/// Judges a header. `before` is the domain of the stream that this one restarts, `user` who has logged in on it.
pub(super) fn judge(
    header: &StreamHeader,
    domains: &[BareJid],
    before: Option<&BareJid>,
    user: Option<&BareJid>,
) -> Verdict {
    let mut found = Vec::new();
    let domain = match &header.to {
        // A restart may leave it out (BOSH 13.4).
        None if before.is_some() => before.cloned(),
        // HDR-8.
        to => match to.as_deref().map(BareJid::new) {
            Some(Ok(to)) if to.local().is_none() => {
                if before.is_some_and(|before| *before != to) {
                    // HDR-14 (a).
                    found.push(
                        StreamError::new(StreamErrorCondition::NotAuthorized)
                            .with_text("'to' has changed"),
                    );
                    before.cloned()
                } else if domains.contains(&to) {
                    Some(to)
                } else {
                    found.push(StreamErrorCondition::HostUnknown.into());
                    None
                }
            }
            _ => {
                found.push(
                    StreamError::new(StreamErrorCondition::ImproperAddressing)
                        .with_text("'to' must be a domain"),
                );
                before.cloned()
            }
        },
    };
    let from = match header.from.as_deref().map(Jid::new) {
        None => None,
        Some(Ok(from)) => {
            // HDR-9; after login it may name nobody else.
            let matches = match user {
                Some(user) => from.bare_str() == user.as_str(),
                None => domain
                    .as_ref()
                    .is_none_or(|domain| domain.domain() == from.domain()),
            };
            if !matches {
                found.push(StreamErrorCondition::InvalidFrom.into());
            }
            Some(from)
        }
        Some(Err(_)) => {
            found.push(
                StreamError::new(StreamErrorCondition::ImproperAddressing)
                    .with_text("'from' is no JID"),
            );
            None
        }
    };
    found.extend(Version::check(header.version.as_deref()).err());
    found.extend(faults::long_lang(header));
    Verdict {
        domain,
        from,
        lang: header.lang.clone(),
        fault: found.into_iter().next(),
    }
}
