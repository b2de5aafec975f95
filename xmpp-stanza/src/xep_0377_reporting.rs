//! XEP-0377: Blocking Command Reports, version 0.4.1.

use xmpp_core::{Payload, xml::LangMap};

use crate::StanzaId;

/// Why someone is blocked ([XEP-0377 §4](https://xmpp.org/extensions/xep-0377.html)).
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "report", ns = "urn:xmpp:reporting:1")]
pub struct AbuseReport {
    /// The kind of abuse: [`AbuseReport::SPAM`], [`AbuseReport::ABUSE`], or another registered URN.
    #[xml(attr)]
    pub reason: String,
    /// Messages that show it, by the archive's ids.
    #[xml(child)]
    pub messages: Vec<StanzaId>,
    /// What happened, in words.
    #[xml(lang, name = "text")]
    pub text: LangMap,
    /// Whether the report may go to the server of whom it is about.
    #[xml(flag)]
    pub report_origin: bool,
    /// Whether it may go to others who collect reports.
    #[xml(flag)]
    pub third_party: bool,
}

impl AbuseReport {
    /// Unwanted mass messages.
    pub const SPAM: &'static str = "urn:xmpp:reporting:spam";
    /// Everything else.
    pub const ABUSE: &'static str = "urn:xmpp:reporting:abuse";

    /// A report without details.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            messages: Vec::new(),
            text: LangMap::new(),
            report_origin: false,
            third_party: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Block,
        testing::{error, round_trip},
    };

    #[test]
    fn with_and_without_details() {
        let report: AbuseReport =
            round_trip("<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:spam'/>");
        assert_eq!(report, AbuseReport::new(AbuseReport::SPAM));
        let block: Block = round_trip(
            "<block xmlns='urn:xmpp:blocking'><item jid='romeo@example.net'>\
             <report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:abuse'>\
             <stanza-id xmlns='urn:xmpp:sid:0' by='romeo@example.net' id='28482-98726-73623'/>\
             <text xml:lang='en'>Never came trouble to my house like this.</text>\
             <report-origin/><third-party/></report></item></block>",
        );
        let report = block.items[0].report.as_ref().unwrap();
        assert!(report.text.get("en").unwrap().starts_with("Never"));
        assert!(report.report_origin && report.third_party);
        assert_eq!(
            error::<AbuseReport>("<report xmlns='urn:xmpp:reporting:1'/>"),
            "<report/> has no attribute 'reason'"
        );
    }
}
