//! XEP-0030: Service Discovery, version 2.5.0 (with XEP-0128: Service Discovery Extensions, version
//! 1.0.1).

use std::collections::BTreeMap;

use xmpp_core::{
    Jid, Payload, StanzaError, StanzaErrorCondition,
    xml::{Namespace, ns},
};

use crate::{DataForm, Iq, ResultSet, bad_payload};

/// What an entity is and can do ([XEP-0030 §3](https://xmpp.org/extensions/xep-0030.html)): the
/// answer, and with nothing but a node the question.
///
/// ```
/// # use xmpp_stanza::{DiscoInfo, Identity, core::xml::ns};
/// let info = DiscoInfo::new()
///     .with_identity(Identity::new("conference", "text").with_name("Play-Specific Chatrooms"))
///     .with_features([ns::DISCO_INFO, ns::MUC]);
/// assert!(info.has_feature("http://jabber.org/protocol/muc"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "query", ns = ns::DISCO_INFO)]
pub struct DiscoInfo {
    /// The part of the entity that is asked about.
    #[xml(attr)]
    pub node: Option<String>,
    /// What it is.
    #[xml(child)]
    pub identities: Vec<Identity>,
    /// What it can do.
    #[xml(child)]
    pub features: Vec<Feature>,
    /// More about it (XEP-0128).
    #[xml(child)]
    pub forms: Vec<DataForm>,
}

/// What an entity is ([XEP-0030 §3.1](https://xmpp.org/extensions/xep-0030.html)); the values are
/// registered at <https://xmpp.org/registrar/disco-categories.html>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Payload)]
#[xml(name = "identity", ns = ns::DISCO_INFO)]
pub struct Identity {
    /// Its category, such as `client`.
    #[xml(attr)]
    pub category: String,
    /// Its type within the category, such as `pc`.
    #[xml(attr, name = "type")]
    pub identity_type: String,
    /// The language of its name.
    #[xml(attr, name = "xml:lang")]
    pub lang: Option<String>,
    /// Its name for people.
    #[xml(attr)]
    pub name: Option<String>,
}

/// What an entity can do; the values are registered at
/// <https://xmpp.org/registrar/disco-features.html>.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Payload)]
#[xml(name = "feature", ns = ns::DISCO_INFO)]
pub struct Feature {
    /// Its name, most often a namespace.
    #[xml(attr)]
    pub var: String,
}

/// The parts and neighbours of an entity ([XEP-0030
/// §4](https://xmpp.org/extensions/xep-0030.html)): the answer, and with nothing but a node and a
/// page the question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Payload)]
#[xml(name = "query", ns = ns::DISCO_ITEMS)]
pub struct DiscoItems {
    /// The part of the entity that is asked about.
    #[xml(attr)]
    pub node: Option<String>,
    /// The items.
    #[xml(child)]
    pub items: Vec<DiscoItem>,
    /// The page that is asked for, or that this is (XEP-0059).
    #[xml(child)]
    pub page: Option<ResultSet>,
}

/// An item of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Payload)]
#[xml(name = "item", ns = ns::DISCO_ITEMS)]
pub struct DiscoItem {
    /// Its address.
    #[xml(attr)]
    pub jid: Jid,
    /// Its node at that address.
    #[xml(attr)]
    pub node: Option<String>,
    /// Its name for people.
    #[xml(attr)]
    pub name: Option<String>,
}

impl DiscoInfo {
    /// Nothing: the question about an entity as a whole.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same about a node.
    #[must_use]
    pub fn with_node(mut self, node: impl Into<String>) -> Self {
        self.node = Some(node.into());
        self
    }

    /// The same with one more identity.
    #[must_use]
    pub fn with_identity(mut self, identity: Identity) -> Self {
        self.identities.push(identity);
        self
    }

    /// The same with one more feature, unless it is there.
    #[must_use]
    pub fn with_feature(mut self, feature: impl Into<Feature>) -> Self {
        let feature = feature.into();
        if !self.features.contains(&feature) {
            self.features.push(feature);
        }
        self
    }

    /// The same with more features.
    #[must_use]
    pub fn with_features<F: Into<Feature>>(self, features: impl IntoIterator<Item = F>) -> Self {
        features.into_iter().fold(self, Self::with_feature)
    }

    /// The same with one more form.
    #[must_use]
    pub fn with_form(mut self, form: DataForm) -> Self {
        self.forms.push(form);
        self
    }

    /// Whether it has that feature.
    pub fn has_feature(&self, var: &str) -> bool {
        self.features.iter().any(|feature| feature.var == var)
    }

    /// Whether it is of that category and type.
    pub fn is(&self, category: &str, identity_type: &str) -> bool {
        self.identities
            .iter()
            .any(|i| i.category == category && i.identity_type == identity_type)
    }

    /// The form about `about` (its `FORM_TYPE`).
    pub fn form(&self, about: &str) -> Option<&DataForm> {
        self.forms.iter().find(|form| form.about() == Some(about))
    }
}

impl Identity {
    /// An identity without a name.
    pub fn new(category: impl Into<String>, identity_type: impl Into<String>) -> Self {
        Self {
            category: category.into(),
            identity_type: identity_type.into(),
            lang: None,
            name: None,
        }
    }

    /// The same with a name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }
}

impl From<&str> for Feature {
    fn from(var: &str) -> Self {
        var.to_owned().into()
    }
}

impl From<String> for Feature {
    fn from(var: String) -> Self {
        Self { var }
    }
}

impl From<Namespace> for Feature {
    fn from(ns: Namespace) -> Self {
        ns.as_str().into()
    }
}

impl DiscoItems {
    /// Nothing: the question about an entity as a whole.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same about a node.
    #[must_use]
    pub fn with_node(mut self, node: impl Into<String>) -> Self {
        self.node = Some(node.into());
        self
    }

    /// The same with one more item.
    #[must_use]
    pub fn with_item(mut self, item: DiscoItem) -> Self {
        self.items.push(item);
        self
    }
}

impl DiscoItem {
    /// An item without name and node.
    pub fn new(jid: impl Into<Jid>) -> Self {
        Self {
            jid: jid.into(),
            node: None,
            name: None,
        }
    }

    /// The same with a name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The same with a node.
    #[must_use]
    pub fn with_node(mut self, node: impl Into<String>) -> Self {
        self.node = Some(node.into());
        self
    }
}

/// Answers service discovery for an entity that does not change with who asks.
///
/// ```
/// # use xmpp_stanza::{DiscoInfo, DiscoResponder, Identity, Iq, core::xml::{Element, ns}};
/// let responder = DiscoResponder::new(
///     DiscoInfo::new().with_identity(Identity::new("client", "bot")).with_features([ns::PING]),
/// );
/// let element: Element = "<iq xmlns='jabber:client' type='get' id='1' from='a@b/c'>\
///                         <query xmlns='http://jabber.org/protocol/disco#info'/></iq>".parse()?;
/// let answer = responder.answer(&Iq::from_element(element.root())?).expect("a disco#info request");
/// assert!(answer.payload::<DiscoInfo>()?.expect("its answer").has_feature("urn:xmpp:ping"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct DiscoResponder {
    root: (DiscoInfo, DiscoItems),
    nodes: BTreeMap<String, (DiscoInfo, DiscoItems)>,
    /// The node that stands for the entity as a whole under its caps hash.
    caps_node: Option<String>,
}

impl DiscoResponder {
    /// A responder that tells this about the entity as a whole, without items. The features
    /// `disco#info` and `disco#items` are added.
    pub fn new(info: DiscoInfo) -> Self {
        let info = info.with_features([ns::DISCO_INFO, ns::DISCO_ITEMS]);
        Self {
            root: (info, DiscoItems::new()),
            ..Self::default()
        }
    }

    /// The same with items.
    #[must_use]
    pub fn with_items(mut self, items: impl IntoIterator<Item = DiscoItem>) -> Self {
        self.root.1.items.extend(items);
        self
    }

    /// The same with a node.
    #[must_use]
    pub fn with_node(mut self, node: &str, info: DiscoInfo, items: DiscoItems) -> Self {
        self.nodes.insert(
            node.to_owned(),
            (info.with_node(node), items.with_node(node)),
        );
        self
    }

    /// The same, where `node` (`uri#hash`, XEP-0115) stands for the entity as a whole.
    #[must_use]
    pub fn with_caps_node(mut self, node: impl Into<String>) -> Self {
        self.caps_node = Some(node.into());
        self
    }

    /// What is told about the entity as a whole.
    pub const fn info(&self) -> &DiscoInfo {
        &self.root.0
    }

    /// The answer to a disco request, `item-not-found` for an unknown node; `None` when it is
    /// another request, or none at all.
    pub fn answer(&self, iq: &Iq) -> Option<Iq> {
        let not_found = || iq.error(StanzaError::new(StanzaErrorCondition::ItemNotFound));
        match iq.get_payload::<DiscoInfo>() {
            Ok(None) => {}
            Ok(Some(DiscoInfo { node, .. })) => {
                return match self.node(node.as_deref()) {
                    Some((info, _)) => iq.reply(&DiscoInfo {
                        node,
                        ..info.clone()
                    }),
                    None => not_found(),
                };
            }
            Err(error) => return iq.error(bad_payload(&error)),
        }
        match iq.get_payload::<DiscoItems>() {
            Ok(None) => None,
            Ok(Some(DiscoItems { node, .. })) => match self.node(node.as_deref()) {
                Some((_, items)) => iq.reply(&DiscoItems {
                    node,
                    ..items.clone()
                }),
                None => not_found(),
            },
            Err(error) => iq.error(bad_payload(&error)),
        }
    }

    fn node(&self, node: Option<&str>) -> Option<&(DiscoInfo, DiscoItems)> {
        match node {
            None => Some(&self.root),
            node if node == self.caps_node.as_deref() => Some(&self.root),
            Some(node) => self.nodes.get(node),
        }
    }
}

#[cfg(test)]
mod tests;
