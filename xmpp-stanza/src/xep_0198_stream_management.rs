//! XEP-0198: Stream Management, version 1.6.3: the elements; who counts stanzas is not here.

use xmpp_core::{Payload, xml::ns};

/// Asks how many stanzas were handled ([XEP-0198 §4](https://xmpp.org/extensions/xep-0198.html)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "r", ns = ns::SM)]
pub struct AckRequest;

/// How many stanzas were handled ([XEP-0198 §4](https://xmpp.org/extensions/xep-0198.html)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "a", ns = ns::SM)]
pub struct Ack {
    /// Their number since management was enabled, modulo 2³².
    #[xml(attr)]
    pub h: u32,
}

/// Turns stream management on ([XEP-0198 §3](https://xmpp.org/extensions/xep-0198.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "enable", ns = ns::SM)]
pub struct ManagementEnable {
    /// For how long the client would like to be able to resume, in seconds.
    #[xml(attr)]
    pub max: Option<u32>,
    /// Whether the client wants to be able to resume.
    #[xml(attr, default)]
    pub resume: bool,
}

/// Stream management is on ([XEP-0198 §3](https://xmpp.org/extensions/xep-0198.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "enabled", ns = ns::SM)]
pub struct ManagementEnabled {
    /// The name under which the stream can be resumed.
    #[xml(attr)]
    pub id: Option<String>,
    /// Where the server would like the client to come back to.
    #[xml(attr)]
    pub location: Option<String>,
    /// For how long the stream can be resumed, in seconds.
    #[xml(attr)]
    pub max: Option<u32>,
    /// Whether the stream can be resumed.
    #[xml(attr, default)]
    pub resume: bool,
}

/// Resumes a stream ([XEP-0198 §5](https://xmpp.org/extensions/xep-0198.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "resume", ns = ns::SM)]
pub struct ManagementResume {
    /// How many stanzas the client handled.
    #[xml(attr)]
    pub h: u32,
    /// The name of the stream.
    #[xml(attr)]
    pub previd: String,
}

/// The stream is resumed ([XEP-0198 §5](https://xmpp.org/extensions/xep-0198.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Payload)]
#[xml(name = "resumed", ns = ns::SM)]
pub struct ManagementResumed {
    /// How many stanzas the server handled.
    #[xml(attr)]
    pub h: u32,
    /// The name of the stream.
    #[xml(attr)]
    pub previd: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn counting() {
        assert_eq!(
            round_trip::<AckRequest>("<r xmlns='urn:xmpp:sm:3'/>"),
            AckRequest
        );
        assert_eq!(
            round_trip::<Ack>("<a xmlns='urn:xmpp:sm:3' h='1'/>"),
            Ack { h: 1 }
        );
    }

    #[test]
    fn enabling_and_resuming() {
        assert_eq!(
            round_trip::<ManagementEnable>("<enable xmlns='urn:xmpp:sm:3'/>"),
            ManagementEnable::default()
        );
        let enable: ManagementEnable =
            round_trip("<enable xmlns='urn:xmpp:sm:3' max='300' resume='true'/>");
        assert_eq!((enable.max, enable.resume), (Some(300), true));
        let enabled: ManagementEnabled = round_trip(
            "<enabled xmlns='urn:xmpp:sm:3' id='some-long-sm-id' location='[2001:41D0:1:A49b::1]:9222' resume='true'/>",
        );
        assert_eq!(enabled.id.as_deref(), Some("some-long-sm-id"));
        let resume: ManagementResume =
            round_trip("<resume xmlns='urn:xmpp:sm:3' h='4294967295' previd='some-long-sm-id'/>");
        assert_eq!(resume.h, u32::MAX);
        round_trip::<ManagementResumed>(
            "<resumed xmlns='urn:xmpp:sm:3' h='5' previd='some-long-sm-id'/>",
        );
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<Ack>("<a xmlns='urn:xmpp:sm:3'/>"),
            "<a/> has no attribute 'h'"
        );
        assert_eq!(
            error::<Ack>("<a xmlns='urn:xmpp:sm:3' h='4294967296'/>"),
            "<a/>: invalid h '4294967296': number too large to fit in target type"
        );
        assert_eq!(
            error::<ManagementEnable>("<enable xmlns='urn:xmpp:sm:3' max='-1'/>"),
            "<enable/>: invalid max '-1': invalid digit found in string"
        );
        assert_eq!(
            error::<ManagementEnabled>("<enabled xmlns='urn:xmpp:sm:3' resume='yes'/>"),
            "<enabled/>: invalid resume 'yes': not one of true, false, 1, 0"
        );
        for (xml, missing) in [("previd='a'", "h"), ("h='1'", "previd")] {
            assert_eq!(
                error::<ManagementResume>(&format!("<resume xmlns='urn:xmpp:sm:3' {xml}/>")),
                format!("<resume/> has no attribute '{missing}'")
            );
            assert_eq!(
                error::<ManagementResumed>(&format!("<resumed xmlns='urn:xmpp:sm:3' {xml}/>")),
                format!("<resumed/> has no attribute '{missing}'")
            );
        }
    }
}
