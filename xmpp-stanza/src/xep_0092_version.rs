//! XEP-0092: Software Version, version 1.1.

use xmpp_core::{Payload, xml::ns};

/// Name and version of a software ([XEP-0092 §2](https://xmpp.org/extensions/xep-0092.html)). Empty
/// in a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "query", ns = ns::VERSION)]
pub struct SoftwareVersion {
    /// The name of the software.
    #[xml(child_text)]
    pub name: Option<String>,
    /// Its version.
    #[xml(child_text)]
    pub version: Option<String>,
    /// The operating system, which the author may prefer not to tell.
    #[xml(child_text)]
    pub os: Option<String>,
}

impl SoftwareVersion {
    /// An answer.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            version: Some(version.into()),
            os: None,
        }
    }

    /// A request.
    pub fn request() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{error, round_trip};

    #[test]
    fn question_and_answer() {
        assert_eq!(
            round_trip::<SoftwareVersion>("<query xmlns='jabber:iq:version'/>"),
            SoftwareVersion::request()
        );
        let version: SoftwareVersion = round_trip(
            "<query xmlns='jabber:iq:version'><name>Exodus</name><version>0.7.0.4</version>\
             <os>Windows-XP 5.01.2600</os></query>",
        );
        assert_eq!(version.os.as_deref(), Some("Windows-XP 5.01.2600"));
        assert_eq!(
            error::<SoftwareVersion>("<query xmlns='jabber:iq:version'><name/><name/></query>"),
            "<query/> has more than one <name/>"
        );
    }
}
