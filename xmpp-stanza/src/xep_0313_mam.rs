//! XEP-0313: Message Archive Management, version 1.1.3 (with XEP-0441: Preferences, version 0.2.0).

use xmpp_core::{
    BareJid, Jid, Payload, XmlText,
    xml::{self, Element, ElementRef, Namespace, PayloadError, PayloadScope, WriteXml, Writer, ns},
};

use crate::{DataForm, DateTime, Delay, Forwarded, Message, ResultSet};

mod filter;

pub use filter::{ArchiveFilter, ArchiveFilterError};

/// Asks an archive for messages ([XEP-0313 §3](https://xmpp.org/extensions/xep-0313.html)), in an
/// `iq` of type `set`; empty in one of type `get`, it asks for the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "query", ns = ns::MAM)]
pub struct ArchiveQuery {
    /// The client's name for this query, repeated in every result.
    #[xml(attr)]
    pub queryid: Option<String>,
    /// The node of a pubsub service.
    #[xml(attr)]
    pub node: Option<String>,
    /// Which messages; see [`ArchiveFilter`].
    #[xml(child)]
    pub form: Option<DataForm>,
    /// Which page of them.
    #[xml(child)]
    pub page: Option<ResultSet>,
    /// Whether the newest message of the page comes first.
    #[xml(flag)]
    pub flip_page: bool,
}

impl ArchiveQuery {
    /// Asks for the messages that pass `filter`, a page of them. `queryid` must be one that nobody
    /// guesses.
    pub fn new(queryid: impl Into<String>, filter: &ArchiveFilter, page: ResultSet) -> Self {
        Self {
            queryid: Some(queryid.into()),
            form: filter.to_form(),
            page: Some(page),
            ..Self::default()
        }
    }
}

/// Ends the results of a query ([XEP-0313 §4.2](https://xmpp.org/extensions/xep-0313.html)), in the
/// answer to it.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "fin", ns = ns::MAM)]
pub struct ArchiveFin {
    /// Whether there are no more messages that pass the filter in the direction of paging.
    #[xml(attr, default)]
    pub complete: bool,
    /// Whether the ids of the page stay as they are.
    #[xml(attr, default = true)]
    pub stable: bool,
    /// Which page it was.
    #[xml(child)]
    pub page: Option<ResultSet>,
}

/// The first and the last message of an archive ([XEP-0313
/// §5](https://xmpp.org/extensions/xep-0313.html)); empty in a request and for an empty archive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "metadata", ns = ns::MAM)]
pub struct ArchiveMetadata {
    /// The first one.
    #[xml(child)]
    pub start: Option<ArchiveStart>,
    /// The last one.
    #[xml(child)]
    pub end: Option<ArchiveEnd>,
}

/// The first message of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "start", ns = ns::MAM)]
pub struct ArchiveStart {
    /// Its id.
    #[xml(attr)]
    pub id: String,
    /// When it was received.
    #[xml(attr)]
    pub timestamp: DateTime,
}

/// The last message of an archive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "end", ns = ns::MAM)]
pub struct ArchiveEnd {
    /// Its id.
    #[xml(attr)]
    pub id: String,
    /// When it was received.
    #[xml(attr)]
    pub timestamp: DateTime,
}

/// What is archived ([XEP-0441 §2](https://xmpp.org/extensions/xep-0441.html)). Without a default,
/// it asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "prefs", ns = ns::MAM)]
pub struct ArchivePreferences {
    /// For everyone not named.
    #[xml(attr)]
    pub default: Option<ArchiveDefault>,
    /// Who is always archived.
    #[xml(child)]
    pub always: Option<ArchiveAlways>,
    /// Who is never archived.
    #[xml(child)]
    pub never: Option<ArchiveNever>,
}

/// What is archived of those who are not named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum ArchiveDefault {
    /// All messages.
    Always,
    /// No messages.
    Never,
    /// Those of contacts.
    Roster,
}

/// Who is always archived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "always", ns = ns::MAM)]
pub struct ArchiveAlways {
    /// Their addresses.
    #[xml(child_text, name = "jid")]
    pub jids: Vec<Jid>,
}

/// Who is never archived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "never", ns = ns::MAM)]
pub struct ArchiveNever {
    /// Their addresses.
    #[xml(child_text, name = "jid")]
    pub jids: Vec<Jid>,
}

/// A result of a query, as an archive writes it into a message ([XEP-0313
/// §4.2](https://xmpp.org/extensions/xep-0313.html)).
///
/// Anyone can write one: what it holds is to be had through [`ArchiveResult::check`] only. `S` is what the message is
/// read as, see [`Forwarded`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveResult<S = Element>(RawResult<S>);

impl ArchiveResult {
    /// The message `forwarded`, which the archive knows as `id`, for the query `queryid`.
    pub fn new(queryid: Option<String>, id: impl Into<String>, forwarded: Forwarded) -> Self {
        Self(RawResult {
            queryid,
            id: id.into(),
            forwarded,
        })
    }
}

impl<S> ArchiveResult<S> {
    /// Which query it says that it answers.
    pub fn queryid(&self) -> Option<&str> {
        self.0.queryid.as_deref()
    }

    /// The archived message, if the result came in a message `from` the archive that was asked, for the query
    /// `queryid`. `archive` is whose archive was asked: `own` for the own account, else the room or service.
    ///
    /// # Errors
    ///
    /// [`BadResult`]: drop the message. Where several queries are open, ask for [`ArchiveResult::queryid`] before.
    pub fn check(
        self,
        from: Option<&Jid>,
        archive: &Jid,
        own: &BareJid,
        queryid: &str,
    ) -> Result<ArchivedMessage<S>, BadResult> {
        if !is_genuine(from, archive, own) || self.0.queryid.as_deref() != Some(queryid) {
            return Err(BadResult::NotAsked);
        }
        Ok(ArchivedMessage {
            id: self.0.id,
            delay: self.0.forwarded.delay,
            message: self.0.forwarded.element.ok_or(BadResult::Malformed)?,
        })
    }
}

impl<S: xml::Payload> WriteXml for ArchiveResult<S> {
    fn write_xml(&self, writer: &mut Writer<'_>) {
        self.0.write_xml(writer);
    }
}

impl<S: xml::Payload> xml::Payload for ArchiveResult<S> {
    const NAME: &'static str = RawResult::<S>::NAME;
    const NAMESPACE: Namespace = RawResult::<S>::NAMESPACE;
    const SCOPE: PayloadScope = PayloadScope::Element;

    fn from_element(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        RawResult::from_element(element).map(Self)
    }

    fn from_matching(element: ElementRef<'_>) -> Result<Self, PayloadError> {
        RawResult::from_matching(element).map(Self)
    }
}

/// What anyone can write: not to be read without the check.
#[derive(Clone, Debug, PartialEq, Eq, Payload)]
#[xml(name = "result", ns = ns::MAM)]
struct RawResult<S = Element> {
    #[xml(attr)]
    queryid: Option<String>,
    #[xml(attr)]
    id: String,
    #[xml(child)]
    forwarded: Forwarded<S>,
}

/// A message from an archive.
///
/// There is no other way to one than [`ArchivedMessage::check`] and [`ArchiveResult::check`] (MUC MA10): CVE-2019-16237
/// was a client that believed results from anyone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedMessage<M = Message> {
    id: String,
    delay: Option<Delay>,
    message: M,
}

/// Why a result is not to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadResult {
    /// It is not from the archive that was asked, or for another query.
    #[error("a result of no open query")]
    NotAsked,
    /// There is no message in it.
    #[error("a result without a message")]
    Malformed,
}

impl ArchivedMessage {
    /// Takes the result of the query `queryid` out of a message; `None` when there is no result in
    /// it. `archive` is whose archive was asked: `own` for the own account, else the room or
    /// service.
    ///
    /// # Errors
    ///
    /// [`BadResult`]: drop the message. Where several queries are open, try them all.
    pub fn check(
        message: &Message,
        archive: &Jid,
        own: &BareJid,
        queryid: &str,
    ) -> Result<Option<Self>, BadResult> {
        if !message.payloads.has::<RawResult>() {
            return Ok(None);
        }
        if !is_genuine(message.from.as_ref(), archive, own) {
            return Err(BadResult::NotAsked);
        }
        let Ok(Some(result)) = message.payload::<RawResult>() else {
            return Err(BadResult::Malformed);
        };
        if result.queryid.as_deref() != Some(queryid) {
            return Err(BadResult::NotAsked);
        }
        let message = result.forwarded.message().ok().flatten();
        Ok(Some(Self {
            id: result.id,
            delay: result.forwarded.delay,
            message: message.ok_or(BadResult::Malformed)?,
        }))
    }
}

impl<M> ArchivedMessage<M> {
    /// The archive's id of the message.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When the archive received the message.
    pub fn received(&self) -> Option<DateTime> {
        self.delay.as_ref().map(|delay| delay.stamp)
    }

    /// What the archive says about when it received the message.
    pub const fn delay(&self) -> Option<&Delay> {
        self.delay.as_ref()
    }

    /// The message.
    pub const fn message(&self) -> &M {
        &self.message
    }

    /// The message, without a copy.
    pub fn into_message(self) -> M {
        self.message
    }
}

/// Whether a message comes from the archive.
fn is_genuine(from: Option<&Jid>, archive: &Jid, own: &BareJid) -> bool {
    match from {
        Some(from) => from == archive,
        None => archive.as_str() == own.as_str(),
    }
}

#[cfg(test)]
mod tests;
