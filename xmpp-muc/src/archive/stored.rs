//! One entry of an archive.

use std::sync::Arc;

use xmpp_core::{BareJid, FullJid, Jid, Timestamp};

use crate::Fanout;

/// One entry of a room's archive.
///
/// A room hands it out in [`StoreEvent::Message`](crate::StoreEvent::Message); a host that reads its store makes it
/// again with [`StoredMessage::new`]. To keep it, six columns do: the two that find it (`room`, `id`), its place in
/// the order of arrival, `time`, `author`, `from`, and the text of `stanza`
/// ([`Fanout::as_str`](crate::Fanout::as_str)).
///
/// The order of an archive is the order in which its entries were stored. It is not the order of `time`, which may
/// be equal for several, nor that of `id`, which is random.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredMessage {
    /// The room.
    pub room: BareJid,
    /// The stanza-id that the room gave, unique in the room for ever: the archive's id (MUC GC4).
    pub id: Arc<str>,
    /// When the room accepted it.
    pub time: Timestamp,
    /// The real address of whoever wrote it. Who may see it is decided on reading (MUC MA5).
    pub author: FullJid,
    /// Where it came from as all saw it: the author's occupant JID of that time, or the room's own address for what
    /// the room said, such as that a moderator removed a message.
    pub from: Jid,
    /// The stanza as delivered, without `to`: with the room's stanza-id and the author's occupant-id, without a
    /// real address and without a delay (MUC MA4).
    pub stanza: Arc<Fanout>,
}

impl StoredMessage {
    /// An entry as it was stored.
    ///
    /// `stanza` is made from stored text like this:
    ///
    /// ```
    /// use xmpp_muc::{Fanout, core::xml::{Element, Limits, ns}};
    ///
    /// let text = "<message from='lobby@rooms.example/Anna' type='groupchat'><body>Hello</body></message>";
    /// let stanza = Fanout::new(&Element::parse_in(text, Limits::CLIENT, ns::CLIENT)?);
    /// assert_eq!(stanza.as_str(), text);
    /// # Ok::<(), xmpp_muc::core::xml::ParseError>(())
    /// ```
    pub fn new(
        room: BareJid,
        id: impl Into<Arc<str>>,
        time: Timestamp,
        author: FullJid,
        from: Jid,
        stanza: impl Into<Arc<Fanout>>,
    ) -> Self {
        Self {
            room,
            id: id.into(),
            time,
            author,
            from,
            stanza: stanza.into(),
        }
    }
}
