//! XEP-0402: PEP Native Bookmarks, version 1.2.0 (and the older ones of XEP-0048, version 1.2, and
//! XEP-0049, version 1.2).

use std::fmt;

use xmpp_core::{
    BareJid, Payload,
    xml::{Element, ns},
};

/// A room that the user wants to find again ([XEP-0402
/// §3](https://xmpp.org/extensions/xep-0402.html)): the payload of an item of the node
/// `urn:xmpp:bookmarks:1`, whose id is the room's address.
///
/// Believe it only from the own account: CVE-2023-28686 was a client that took it from anyone.
#[derive(Clone, Default, PartialEq, Eq, Payload)]
#[xml(name = "conference", ns = ns::BOOKMARKS)]
pub struct Bookmark {
    /// Whether to enter it as soon as the user is online.
    #[xml(attr, default)]
    pub autojoin: bool,
    /// The user's name for it.
    #[xml(attr)]
    pub name: Option<String>,
    /// The nick to enter with.
    #[xml(child_text)]
    pub nick: Option<String>,
    /// The password to enter with.
    #[xml(child_text)]
    pub password: Option<String>,
    /// What other software keeps here, to be written back.
    #[xml(child)]
    pub extensions: Option<BookmarkExtensions>,
}

/// What other software keeps in a [`Bookmark`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "extensions", ns = ns::BOOKMARKS)]
pub struct BookmarkExtensions {
    /// The elements.
    #[xml(rest)]
    pub elements: Vec<Element>,
}

/// All bookmarks in one element ([XEP-0048 §2](https://xmpp.org/extensions/xep-0048.html)), in
/// private storage (XEP-0049) or in an item of the node `storage:bookmarks`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "storage", ns = "storage:bookmarks")]
pub struct BookmarkStorage {
    /// Rooms.
    #[xml(child)]
    pub conferences: Vec<StoredBookmark>,
    /// Web pages.
    #[xml(child)]
    pub urls: Vec<StoredUrl>,
}

/// A room in a [`BookmarkStorage`].
#[derive(Clone, PartialEq, Eq, Payload)]
#[xml(name = "conference", ns = "storage:bookmarks")]
pub struct StoredBookmark {
    /// Its address.
    #[xml(attr)]
    pub jid: BareJid,
    /// Whether to enter it as soon as the user is online.
    #[xml(attr, default)]
    pub autojoin: bool,
    /// The user's name for it.
    #[xml(attr)]
    pub name: Option<String>,
    /// The nick to enter with.
    #[xml(child_text)]
    pub nick: Option<String>,
    /// The password to enter with.
    #[xml(child_text)]
    pub password: Option<String>,
}

/// A web page in a [`BookmarkStorage`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "url", ns = "storage:bookmarks")]
pub struct StoredUrl {
    /// The user's name for it.
    #[xml(attr)]
    pub name: Option<String>,
    /// Where it is.
    #[xml(attr)]
    pub url: String,
}

/// Private storage ([XEP-0049 §2](https://xmpp.org/extensions/xep-0049.html)): the element to
/// store, and with an empty one of the same name the question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "query", ns = ns::PRIVATE)]
pub struct PrivateStorage {
    /// The element.
    #[xml(rest)]
    pub element: Option<Element>,
}

impl From<StoredBookmark> for Bookmark {
    fn from(stored: StoredBookmark) -> Self {
        Self {
            autojoin: stored.autojoin,
            name: stored.name,
            nick: stored.nick,
            password: stored.password,
            extensions: None,
        }
    }
}

impl Bookmark {
    /// The same in the older form, which has no extensions.
    pub fn to_stored(&self, jid: BareJid) -> StoredBookmark {
        StoredBookmark {
            jid,
            autojoin: self.autojoin,
            name: self.name.clone(),
            nick: self.nick.clone(),
            password: self.password.clone(),
        }
    }
}

/// Without the password.
impl fmt::Debug for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bookmark")
            .field("autojoin", &self.autojoin)
            .field("name", &self.name)
            .field("nick", &self.nick)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .field("extensions", &self.extensions)
            .finish()
    }
}

/// Without the password.
impl fmt::Debug for StoredBookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredBookmark")
            .field("jid", &self.jid)
            .field("autojoin", &self.autojoin)
            .field("name", &self.name)
            .field("nick", &self.nick)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use xmpp_core::xml::Payload as _;

    use super::*;
    use crate::testing::{canonical, error, round_trip};

    #[test]
    fn bookmarks() {
        let bookmark: Bookmark = round_trip(
            "<conference xmlns='urn:xmpp:bookmarks:1' name='Council of Oberon' autojoin='true'><nick>Puck</nick>\
             <password>titania</password><extensions><state xmlns='http://myclient.example/bookmark/state' \
             minimized='true'/></extensions></conference>",
        );
        assert_eq!(bookmark.extensions.as_ref().unwrap().elements.len(), 1);
        assert!(!format!("{bookmark:?}").contains("titania"));
        let least: Bookmark = round_trip("<conference xmlns='urn:xmpp:bookmarks:1'/>");
        assert_eq!(least, Bookmark::default());
        let one: Bookmark = canonical("<conference xmlns='urn:xmpp:bookmarks:1' autojoin='1'/>");
        assert!(one.autojoin);
        assert!(
            error::<Bookmark>("<conference xmlns='urn:xmpp:bookmarks:1' autojoin='si'/>")
                .starts_with("<conference/>: invalid autojoin 'si'")
        );
    }

    #[test]
    fn the_older_form() {
        let storage: BookmarkStorage = round_trip(
            "<storage xmlns='storage:bookmarks'><conference jid='council@conference.underhill.org' autojoin='true' \
             name='Council of Oberon'><nick>Puck</nick></conference>\
             <url name='Complete Works of Shakespeare' url='http://the-tech.mit.edu/Shakespeare/'/></storage>",
        );
        let stored = storage.conferences[0].clone();
        let bookmark = Bookmark::from(stored.clone());
        assert_eq!(bookmark.nick.as_deref(), Some("Puck"));
        assert_eq!(bookmark.to_stored(stored.jid.clone()), stored);
        let private: PrivateStorage = round_trip(
            "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>",
        );
        assert!(BookmarkStorage::matches(private.element.unwrap().root()));
    }

    #[test]
    fn malformed() {
        let storage = |xml: &str| format!("<storage xmlns='storage:bookmarks'>{xml}</storage>");
        assert_eq!(
            error::<BookmarkStorage>(&storage("<conference/>")),
            "<conference/> has no attribute 'jid'"
        );
        assert_eq!(
            error::<BookmarkStorage>(&storage("<url/>")),
            "<url/> has no attribute 'url'"
        );
        assert_eq!(
            error::<PrivateStorage>("<query xmlns='jabber:iq:private'><a/><b/></query>"),
            "<query/> has more than one <*/>"
        );
    }
}
