//! XEP-0433: Extended Channel Search (0.1.0): payloads.

use xmpp_core::{
    BareJid, Payload,
    xml::{Namespace, WriteXml, Writer},
};
use xmpp_stanza::{DataForm, ResultSet};

/// The namespace of request and result, and the feature.
pub(crate) const SEARCH: Namespace = Namespace::new("urn:xmpp:channel-search:0:search");
const ERROR: Namespace = Namespace::new("urn:xmpp:channel-search:0:error");

/// `<search/>`: what is looked for; empty for the form ([XEP-0433 §4.2](https://xmpp.org/extensions/xep-0433.html)).
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "search", ns = SEARCH)]
pub struct ChannelSearch {
    /// The form, or what is filled in.
    #[xml(child)]
    pub form: Option<DataForm>,
    /// Which page.
    #[xml(child)]
    pub page: Option<ResultSet>,
}

/// `<result/>`: what was found, a page of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "result", ns = SEARCH)]
pub struct ChannelSearchResult {
    /// The rooms, in the order that was asked for.
    #[xml(child)]
    pub items: Vec<FoundChannel>,
    /// Which page this is.
    #[xml(child)]
    pub page: Option<ResultSet>,
}

/// `<item/>`: one room.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "item", ns = SEARCH)]
pub struct FoundChannel {
    /// Its address.
    #[xml(attr)]
    pub address: BareJid,
    /// Its name.
    #[xml(child_text)]
    pub name: Option<String>,
    /// What it is about.
    #[xml(child_text)]
    pub description: Option<String>,
    /// Its language.
    #[xml(child_text)]
    pub language: Option<String>,
    /// How many are inside.
    #[xml(child_text, name = "nusers")]
    pub users: Option<u32>,
    /// `xep-0045` for a room of Multi-User Chat.
    #[xml(child_text, name = "service-type")]
    pub service_type: Option<String>,
    /// Whether one enters without a password or membership.
    #[xml(child_text, name = "is-open")]
    pub is_open: Option<bool>,
    /// Who sees whose real address.
    #[xml(child_text, name = "anonymity-mode")]
    pub anonymity_mode: Option<String>,
}

/// The application-specific condition of a refused search.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SearchCondition {
    InvalidSortKey,
    InvalidSearchTerms,
    /// Seconds until the next search.
    RateLimit(u64),
    FullSetRetrievalRejected,
    ConflictingFields,
    NoSearchConditions,
}

impl WriteXml for SearchCondition {
    fn write_xml(&self, w: &mut Writer<'_>) {
        let name = match self {
            Self::InvalidSortKey => "invalid-sort-key",
            Self::InvalidSearchTerms => "invalid-search-terms",
            Self::RateLimit(_) => "rate-limit",
            Self::FullSetRetrievalRejected => "full-set-retrieval-rejected",
            Self::ConflictingFields => "conflicting-fields",
            Self::NoSearchConditions => "no-search-conditions",
        };
        let tag = w.start(name, ERROR);
        match self {
            Self::RateLimit(seconds) => w.attr("retry-after", &seconds.to_string()),
            Self::ConflictingFields => {
                for var in ["all", "q"] {
                    w.text_element("var", ERROR, var);
                }
            }
            _ => {}
        }
        w.end(tag);
    }
}
