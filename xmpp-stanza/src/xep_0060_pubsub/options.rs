//! The options of a node that publishers ask for (XEP-0222, version 1.0; XEP-0223, version 1.1.1).

use xmpp_core::XmlText;

use crate::{DataForm, DataFormType, FormError, FormField};

/// Options of a node, as far as they are wanted ([XEP-0060
/// §7.1.5](https://xmpp.org/extensions/xep-0060.html)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeOptions {
    /// Whether items stay.
    pub persist_items: Option<bool>,
    /// How many stay.
    pub max_items: Option<MaxItems>,
    /// Who may read them.
    pub access_model: Option<AccessModel>,
    /// When the last item is sent to those who come later.
    pub send_last_published_item: Option<SendLastItem>,
}

/// How many items of a node stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MaxItems {
    /// These.
    Number(u32),
    /// As many as the service allows.
    Max,
}

/// Who may read the items of a node ([XEP-0060 §4.5](https://xmpp.org/extensions/xep-0060.html)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum AccessModel {
    /// Whom an owner approves.
    Authorize,
    /// Everyone.
    Open,
    /// Those who see the owner's presence.
    Presence,
    /// Groups of the owner's roster.
    Roster,
    /// Those on a list; as a rule only the owner.
    Whitelist,
}

/// When the last item of a node is sent to those who come later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, XmlText)]
pub enum SendLastItem {
    /// Never.
    Never,
    /// When they subscribe.
    #[xml(name = "on_sub")]
    OnSubscription,
    /// Also when they come online.
    #[xml(name = "on_sub_and_presence")]
    OnSubscriptionAndPresence,
}

impl NodeOptions {
    /// Data for everyone, kept (XEP-0222 §3).
    pub const PUBLIC: Self = Self {
        persist_items: Some(true),
        max_items: None,
        access_model: Some(AccessModel::Open),
        send_last_published_item: None,
    };

    /// Data for the owner only, kept, as many items as possible, as for bookmarks (XEP-0223 §3,
    /// XEP-0402 §3.3).
    pub const PRIVATE: Self = Self {
        persist_items: Some(true),
        max_items: Some(MaxItems::Max),
        access_model: Some(AccessModel::Whitelist),
        send_last_published_item: Some(SendLastItem::Never),
    };

    /// As conditions of a request to publish.
    pub fn to_publish_options(&self) -> DataForm {
        self.to_form("http://jabber.org/protocol/pubsub#publish-options")
    }

    /// As the configuration of a node.
    pub fn to_configuration(&self) -> DataForm {
        self.to_form("http://jabber.org/protocol/pubsub#node_config")
    }

    fn to_form(self, about: &str) -> DataForm {
        let mut form = DataForm::new(DataFormType::Submit, about);
        let mut add = |var: &str, value: String| form.fields.push(FormField::value(var, value));
        if let Some(persist) = self.persist_items {
            add(PERSIST_ITEMS, persist.to_string());
        }
        match self.max_items {
            Some(MaxItems::Number(number)) => add(MAX_ITEMS, number.to_string()),
            Some(MaxItems::Max) => add(MAX_ITEMS, "max".to_owned()),
            None => {}
        }
        if let Some(send) = self.send_last_published_item {
            add(SEND_LAST, send.as_str().to_owned());
        }
        if let Some(access) = self.access_model {
            add(ACCESS_MODEL, access.as_str().to_owned());
        }
        form
    }

    /// From conditions or a configuration; fields of other options are passed over.
    ///
    /// # Errors
    ///
    /// [`FormError::Invalid`] names a field with a bad value.
    pub fn from_form(form: &DataForm) -> Result<Self, FormError> {
        let max_items = match form.value(MAX_ITEMS) {
            Some("max") => Some(MaxItems::Max),
            _ => form.typed(MAX_ITEMS)?.map(MaxItems::Number),
        };
        Ok(Self {
            persist_items: form.flag(PERSIST_ITEMS)?,
            max_items,
            access_model: form.typed(ACCESS_MODEL)?,
            send_last_published_item: form.typed(SEND_LAST)?,
        })
    }
}

const PERSIST_ITEMS: &str = "pubsub#persist_items";
const MAX_ITEMS: &str = "pubsub#max_items";
const ACCESS_MODEL: &str = "pubsub#access_model";
const SEND_LAST: &str = "pubsub#send_last_published_item";
