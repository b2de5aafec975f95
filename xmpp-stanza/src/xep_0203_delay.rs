//! XEP-0203: Delayed Delivery, version 2.0.

use xmpp_core::{Jid, Payload, Timestamp, xml::ns};

use crate::DateTime;

/// When a stanza was sent that arrives later ([XEP-0203
/// §3](https://xmpp.org/extensions/xep-0203.html)).
///
/// It is a claim of [`Delay::from`]: believe that only where the stanza comes from an entity that
/// may make it.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "delay", ns = ns::DELAY)]
pub struct Delay {
    /// Who delayed it.
    #[xml(attr)]
    pub from: Option<Jid>,
    /// When it was sent first.
    #[xml(attr)]
    pub stamp: DateTime,
    /// Why it was delayed, for people.
    #[xml(text)]
    pub reason: Option<String>,
}

impl Delay {
    /// A delay by `from` of what was sent at `stamp`.
    pub fn new(from: impl Into<Jid>, stamp: Timestamp) -> Self {
        Self {
            from: Some(from.into()),
            stamp: stamp.into(),
            reason: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn offline_storage() {
        let delay: Delay = round_trip(
            "<delay xmlns='urn:xmpp:delay' from='capulet.com' stamp='2002-09-10T23:08:25Z'>Offline Storage</delay>",
        );
        assert_eq!(delay.stamp.timestamp().as_millis(), 1_031_699_305_000);
        assert_eq!(delay.reason.as_deref(), Some("Offline Storage"));
    }

    #[test]
    fn history_of_a_room() {
        let room: Jid = "coven@macbeth.shakespeare.lit".parse().unwrap();
        let delay: Delay = round_trip(
            "<delay xmlns='urn:xmpp:delay' from='coven@macbeth.shakespeare.lit' stamp='2002-09-10T23:05:37Z'/>",
        );
        assert_eq!(
            delay,
            Delay::new(room, Timestamp::from_millis(1_031_699_137_000))
        );
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<Delay>("<delay xmlns='urn:xmpp:delay'/>"),
            "<delay/> has no attribute 'stamp'"
        );
        assert_eq!(
            error::<Delay>("<delay xmlns='urn:xmpp:delay' stamp='20020910T23:05:37'/>"),
            "<delay/>: invalid stamp '20020910T23:05:37': not of the form CCYY-MM-DDThh:mm:ss[.sss]TZD"
        );
        assert!(
            error::<Delay>("<delay xmlns='urn:xmpp:delay' from='@' stamp='2002-09-10T23:05:37Z'/>")
                .starts_with("<delay/>: invalid from '@'")
        );
    }
}
