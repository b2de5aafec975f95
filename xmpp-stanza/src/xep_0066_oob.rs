//! XEP-0066: Out of Band Data, version 1.5.

use xmpp_core::{Payload, xml::ns};

/// A link to what a message brings, for example an uploaded picture
/// ([XEP-0066 §3](https://xmpp.org/extensions/xep-0066.html)).
///
/// The URL is untrusted text: check its scheme before it is fetched or shown as a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "x", ns = ns::OOB)]
pub struct OutOfBandData {
    /// Where it is.
    #[xml(child_text)]
    pub url: String,
    /// What it is, for people.
    #[xml(child_text)]
    pub desc: Option<String>,
}

/// Asks another entity to fetch something ([XEP-0066
/// §2](https://xmpp.org/extensions/xep-0066.html)), in an `iq` of type `set`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "query", ns = ns::IQ_OOB)]
pub struct OutOfBandRequest {
    /// The stream initiation it belongs to.
    #[xml(attr)]
    pub sid: Option<String>,
    /// Where it is.
    #[xml(child_text)]
    pub url: String,
    /// What it is, for people.
    #[xml(child_text)]
    pub desc: Option<String>,
}

impl OutOfBandData {
    /// A link without a description.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            desc: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn in_a_message_and_in_an_iq() {
        let url = "http://www.jabber.org/images/psa-license.jpg";
        let data: OutOfBandData =
            round_trip(&format!("<x xmlns='jabber:x:oob'><url>{url}</url></x>"));
        assert_eq!(data, OutOfBandData::new(url));
        let request: OutOfBandRequest = round_trip(&format!(
            "<query xmlns='jabber:iq:oob' sid='a0'><url>{url}</url><desc>A license to Jabber!</desc></query>"
        ));
        assert_eq!(request.desc.as_deref(), Some("A license to Jabber!"));
    }

    #[test]
    fn malformed() {
        assert_eq!(
            error::<OutOfBandData>("<x xmlns='jabber:x:oob'><desc>d</desc></x>"),
            "<x/> has no child <url/>"
        );
        assert_eq!(
            error::<OutOfBandRequest>("<query xmlns='jabber:iq:oob'/>"),
            "<query/> has no child <url/>"
        );
    }
}
