//! What was agreed on when the session was created.

use std::{sync::Arc, time::Duration};

use super::{ManagerConfig, out::DEFAULT_CONTENT_TYPE};
use crate::{Attributes, BodyType, BoshVersion, Rid, Sid, TerminalCondition};

/// The terms of a session ([XEP-0124 §7](https://xmpp.org/extensions/xep-0124.html#session)).
#[derive(Clone, Debug)]
pub(super) struct Terms {
    /// Absent for clients from before BOSH 1.6, which expect HTTP statuses (BOSH 12.1).
    pub(super) version: Option<BoshVersion>,
    pub(super) wait: Duration,
    pub(super) hold: usize,
    /// The rid window, the bound on requests at a time, and the number of answers kept.
    pub(super) requests: u64,
    pub(super) inactivity: Duration,
    pub(super) max_pause: Option<Duration>,
    pub(super) polling: Option<Duration>,
    /// Whether the session polls: nothing is ever held (BOSH 2.4).
    pub(super) polls: bool,
    /// Acknowledgements in both directions (BOSH 2.8, 3.9).
    pub(super) acks: bool,
    pub(super) content_type: Arc<str>,
    pub(super) encrypted: bool,
    /// What the stream header said, for restarts that do not repeat it (BOSH 13.4).
    pub(super) to: Option<String>,
    pub(super) lang: Option<String>,
}

impl Terms {
    /// Negotiates (BOSH 2, 3).
    pub(super) fn negotiate(
        asked: &Attributes,
        encrypted: bool,
        config: &ManagerConfig,
    ) -> Result<Self, TerminalCondition> {
        if asked.kind == Some(BodyType::Terminate) || asked.restart || asked.pause.is_some() {
            return Err(TerminalCondition::BadRequest);
        }
        if asked.to.as_deref().is_none_or(|to| to.trim().is_empty()) {
            return Err(TerminalCondition::ImproperAddressing);
        }
        let content_type = match &asked.content {
            None => DEFAULT_CONTENT_TYPE.into(),
            Some(content) if is_media_type(content) => content.as_str().into(),
            Some(_) => return Err(TerminalCondition::BadRequest),
        };
        let wait = asked.wait.map_or(config.max_wait, |wait| {
            Duration::from_secs(wait).min(config.max_wait)
        });
        let hold = asked
            .hold
            .unwrap_or(1)
            .min(u64::from(config.max_hold.min(5)));
        let polls = hold == 0 || wait.as_secs() == 0;
        Ok(Self {
            version: asked.ver.map(|ver| ver.min(BoshVersion::NEWEST)),
            wait,
            hold: if polls {
                0
            } else {
                usize::try_from(hold).unwrap_or(1)
            },
            requests: (hold + 1).max(2),
            inactivity: if polls {
                config.polling_inactivity
            } else {
                config.inactivity
            },
            max_pause: config.max_pause,
            polling: config.polling,
            polls,
            acks: config.acks && asked.ack.is_some(),
            content_type,
            encrypted,
            to: asked.to.clone(),
            lang: asked.lang.clone(),
        })
    }

    /// The attributes of the creation response (BOSH 3).
    pub(super) fn announce(&self, sid: &Sid, rid: Rid) -> Attributes {
        Attributes {
            sid: Some(sid.as_str().to_owned()),
            wait: Some(self.wait.as_secs()),
            hold: Some(self.hold as u64),
            requests: Some(self.requests),
            inactivity: Some(self.inactivity.as_secs()),
            polling: self.polling.map(|polling| polling.as_secs()),
            maxpause: self.max_pause.map(|pause| pause.as_secs()),
            ver: self.version,
            ack: self.acks.then_some(rid.as_u64()),
            // An attribute of the versions before 1.6 (BOSH 3.16).
            secure: self.version.is_none().then_some(self.encrypted),
            restart_logic: true,
            ..Attributes::default()
        }
    }
}

/// Whether `value` may stand in an HTTP header as a media type with parameters.
fn is_media_type(value: &str) -> bool {
    let essence = value.split(';').next().unwrap_or_default().trim_end();
    let token = |s: &str| {
        !s.is_empty()
            && s.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
    };
    value.len() <= 128
        && value.bytes().all(|b| (b' '..=b'~').contains(&b))
        && essence
            .split_once('/')
            .is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        for good in [
            "text/xml",
            "text/xml; charset=utf-8",
            "application/xhtml+xml",
        ] {
            assert!(is_media_type(good), "{good}");
        }
        for bad in [
            "",
            "text",
            "/",
            "text/",
            "text/xml\r\nSet-Cookie: a=b",
            "text/ä",
            "a b/c",
        ] {
            assert!(!is_media_type(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_granted_is_never_more_than_asked() {
        let config = ManagerConfig::default();
        for (wait, hold) in [(0, 0), (1, 1), (59, 1), (30, 2), (u64::MAX, u64::MAX)] {
            let asked = Attributes {
                to: Some("localhost".to_owned()),
                wait: Some(wait),
                hold: Some(hold),
                ..Attributes::default()
            };
            let terms = Terms::negotiate(&asked, false, &config).unwrap();
            assert!(terms.wait <= Duration::from_secs(wait).min(config.max_wait));
            assert!(terms.hold as u64 <= hold.min(2));
            assert!(terms.requests > terms.hold as u64);
        }
    }
}
