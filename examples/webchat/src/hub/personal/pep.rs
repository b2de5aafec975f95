//! Personal eventing (XEP-0163) as far as one session needs it: nodes are published to, read and emptied. Nobody is
//! notified, for there is nobody else who could be subscribed.

use std::collections::BTreeMap;

use xmpp_core::{
    StanzaError, StanzaErrorCondition,
    xml::{Element, ns},
};
use xmpp_stanza::{
    DataForm, Iq,
    pubsub::{
        AccessModel, Create, Item, Items, MaxItems, NodeOptions, Owner, PubSub, PubSubCondition,
        Publish, Retract,
    },
};

use super::{Outcome, asked, kept, refuse, reply};

/// The most nodes, and the most items of a node.
const MAX_NODES: usize = 50;
const MAX_ITEMS: usize = 250;
/// The longest name of a node or an item, in bytes.
const MAX_NAME: usize = 1023;

/// What is told in `disco#info`, after the namespace of XEP-0060.
const FEATURES: [&str; 14] = [
    "",
    "#access-open",
    "#access-presence",
    "#access-whitelist",
    "#auto-create",
    "#create-and-configure",
    "#create-nodes",
    "#delete-nodes",
    "#item-ids",
    "#persistent-items",
    "#publish",
    "#publish-options",
    "#purge-nodes",
    "#retract-items",
];

pub(super) fn features() -> impl Iterator<Item = String> {
    let all = FEATURES.into_iter().chain(["#retrieve-items"]);
    all.map(|feature| format!("{}{feature}", ns::PUBSUB.as_str()))
}

#[derive(Debug, Default)]
pub(super) struct Nodes(BTreeMap<String, Node>);

#[derive(Debug)]
struct Node {
    access: AccessModel,
    max_items: usize,
    /// Ids and payloads, the newest last.
    items: Vec<(String, Element)>,
    /// For items that are published without an id.
    last_id: u64,
}

impl Nodes {
    pub(super) fn answer(&mut self, room: usize, iq: &Iq) -> Option<Outcome> {
        asked(iq.get_payload(), |asked: PubSub| match asked.items {
            Some(items) => self.items(&items),
            None => Err(unsupported(&asked)),
        })
        .or_else(|| asked(iq.set_payload(), |asked: PubSub| self.change(room, asked)))
        .or_else(|| {
            asked(iq.set_payload(), |asked: Owner| {
                self.change_as_owner(&asked)
            })
        })
        .or_else(|| {
            asked(iq.get_payload(), |_: Owner| {
                Err(PubSubCondition::unsupported("config-node").into())
            })
        })
    }

    /// Others read what is open to everybody. What is not open is not told from what is not there.
    pub(super) fn answer_others(&self, iq: &Iq) -> Option<Outcome> {
        asked(iq.get_payload(), |asked: PubSub| match asked.items {
            Some(items) => match self.0.get(&items.node) {
                Some(node) if node.access == AccessModel::Open => node.read(&items),
                _ => refuse(StanzaErrorCondition::ItemNotFound),
            },
            None => Err(unsupported(&asked)),
        })
        .or_else(|| {
            asked(iq.set_payload(), |_: PubSub| {
                refuse(StanzaErrorCondition::Forbidden)
            })
        })
    }

    pub(super) fn memory(&self) -> usize {
        let nodes = self.0.iter().map(|(name, node)| {
            let items = node.items.iter().map(|(id, item)| id.len() + item.memory());
            name.len() + items.sum::<usize>()
        });
        nodes.sum()
    }

    fn items(&self, asked: &Items) -> Outcome {
        match self.0.get(&asked.node) {
            Some(node) => node.read(asked),
            None => refuse(StanzaErrorCondition::ItemNotFound),
        }
    }

    fn change(&mut self, room: usize, asked: PubSub) -> Outcome {
        let form = |form: Option<DataForm>| match form {
            Some(form) => NodeOptions::from_form(&form).map_err(|_| {
                error(
                    StanzaErrorCondition::BadRequest,
                    &PubSubCondition::InvalidOptions,
                )
            }),
            None => Ok(NodeOptions::default()),
        };
        match asked {
            PubSub {
                publish: Some(publish),
                publish_options,
                ..
            } => {
                let options = form(publish_options.and_then(|options| options.form))?;
                self.publish(room, publish, &options)
            }
            PubSub {
                retract: Some(Retract { node, items, .. }),
                ..
            } => self.retract(&node, &items),
            PubSub {
                create: Some(Create { node: Some(name) }),
                configure,
                ..
            } => {
                let options = form(configure.and_then(|configure| configure.form))?;
                if self.0.contains_key(&name) {
                    return refuse(StanzaErrorCondition::Conflict);
                }
                self.create(room, &name, &options)?;
                Ok(None)
            }
            PubSub {
                create: Some(_), ..
            } => Err(error(
                StanzaErrorCondition::NotAcceptable,
                &PubSubCondition::NodeIdRequired,
            )),
            other => Err(unsupported(&other)),
        }
    }

    fn change_as_owner(&mut self, asked: &Owner) -> Outcome {
        let found = if let Some(delete) = &asked.delete {
            self.0.remove(&delete.node).is_some()
        } else if let Some(purge) = &asked.purge {
            let node = self.0.get_mut(&purge.node);
            node.map(|node| node.items.clear()).is_some()
        } else {
            return Err(PubSubCondition::unsupported("config-node").into());
        };
        if found {
            Ok(None)
        } else {
            refuse(StanzaErrorCondition::ItemNotFound)
        }
    }

    /// XEP-0060 §7.1, with the node made where it is missing (XEP-0163 §3).
    fn publish(&mut self, mut room: usize, publish: Publish, options: &NodeOptions) -> Outcome {
        let [item] = &publish.items[..] else {
            return Err(error(
                StanzaErrorCondition::BadRequest,
                &PubSubCondition::ItemRequired,
            ));
        };
        let [payload] = &item.elements[..] else {
            return Err(error(
                StanzaErrorCondition::BadRequest,
                &PubSubCondition::PayloadRequired,
            ));
        };
        let given = item.id.as_deref().unwrap_or_default();
        if given.len() > MAX_NAME {
            return refuse(StanzaErrorCondition::NotAcceptable);
        }
        match self.0.get(&publish.node) {
            Some(node) if !node.fits(options) => {
                return Err(error(
                    StanzaErrorCondition::Conflict,
                    &PubSubCondition::PreconditionNotMet,
                ));
            }
            Some(_) => {}
            None => {
                self.create(room, &publish.node, options)?;
                room -= publish.node.len();
            }
        }
        let Some(node) = self.0.get_mut(&publish.node) else {
            return refuse(StanzaErrorCondition::ItemNotFound);
        };
        let id = if given.is_empty() {
            node.last_id += 1;
            format!("item-{}", node.last_id)
        } else {
            given.to_owned()
        };
        let before = node.items.iter().position(|(other, _)| *other == id);
        let freed = before.map_or(0, |at| id.len() + node.items[at].1.memory());
        let kept = kept(payload, (room + freed).saturating_sub(id.len()))?;
        if let Some(at) = before {
            node.items.remove(at);
        }
        node.items.push((id.clone(), kept));
        let excess = node.items.len().saturating_sub(node.max_items);
        node.items.drain(..excess);
        reply(&PubSub {
            publish: Some(Publish {
                node: publish.node,
                items: vec![Item::with_id(id)],
            }),
            ..PubSub::default()
        })
    }

    fn retract(&mut self, name: &str, items: &[Item]) -> Outcome {
        let [Item { id: Some(id), .. }] = items else {
            return Err(error(
                StanzaErrorCondition::BadRequest,
                &PubSubCondition::ItemRequired,
            ));
        };
        let node = self.0.get_mut(name);
        let found = node.and_then(|node| {
            let at = node.items.iter().position(|(other, _)| other == id)?;
            Some(node.items.remove(at))
        });
        match found {
            Some(_) => Ok(None),
            None => refuse(StanzaErrorCondition::ItemNotFound),
        }
    }

    fn create(
        &mut self,
        room: usize,
        name: &str,
        options: &NodeOptions,
    ) -> Result<(), Box<StanzaError>> {
        if name.is_empty() || name.len() > MAX_NAME {
            return Err(Box::new(StanzaErrorCondition::NotAcceptable.into()));
        }
        if name.len() > room {
            return Err(Box::new(StanzaErrorCondition::ResourceConstraint.into()));
        }
        if self.0.len() >= MAX_NODES {
            return Err(error(
                StanzaErrorCondition::ResourceConstraint,
                &PubSubCondition::MaxNodesExceeded,
            ));
        }
        // XEP-0163 §4: what is published is for those who see one's presence, unless it is said otherwise.
        let access = options.access_model.unwrap_or(AccessModel::Presence);
        if matches!(access, AccessModel::Authorize | AccessModel::Roster) {
            return Err(error(
                StanzaErrorCondition::NotAcceptable,
                &PubSubCondition::UnsupportedAccessModel,
            ));
        }
        let node = Node {
            access,
            max_items: max_items(options.max_items),
            items: Vec::new(),
            last_id: 0,
        };
        self.0.insert(name.to_owned(), node);
        Ok(())
    }
}

impl Node {
    /// Whether it has the options that a publisher wants.
    fn fits(&self, options: &NodeOptions) -> bool {
        options
            .access_model
            .is_none_or(|model| model == self.access)
            && options
                .max_items
                .is_none_or(|wanted| max_items(Some(wanted)) == self.max_items)
    }

    /// The newest items, or those of the ids that are asked for.
    fn read(&self, asked: &Items) -> Outcome {
        let wanted = |id: &str| {
            asked
                .items
                .iter()
                .any(|item| item.id.as_deref() == Some(id))
        };
        let newest = asked.max_items.map_or(usize::MAX, |max| max as usize);
        let found: Vec<Item> = if asked.items.is_empty() {
            let from = self.items.len().saturating_sub(newest);
            self.items[from..].iter().map(item).collect()
        } else {
            let wanted = self.items.iter().filter(|(id, _)| wanted(id));
            wanted.map(item).collect()
        };
        if found.is_empty() && !asked.items.is_empty() {
            return refuse(StanzaErrorCondition::ItemNotFound);
        }
        reply(&PubSub {
            items: Some(Items {
                node: asked.node.clone(),
                items: found,
                ..Items::default()
            }),
            ..PubSub::default()
        })
    }
}

fn item((id, payload): &(String, Element)) -> Item {
    Item {
        id: Some(id.clone()),
        publisher: None,
        elements: vec![payload.clone()],
    }
}

/// How many items a node keeps: one, unless it is said otherwise.
fn max_items(wanted: Option<MaxItems>) -> usize {
    match wanted {
        None => 1,
        Some(MaxItems::Max) => MAX_ITEMS,
        Some(MaxItems::Number(number)) => (number as usize).clamp(1, MAX_ITEMS),
    }
}

/// What is asked for is not here.
fn unsupported(asked: &PubSub) -> Box<StanzaError> {
    let feature = match asked {
        PubSub {
            subscribe: Some(_), ..
        }
        | PubSub {
            unsubscribe: Some(_),
            ..
        } => "subscribe",
        PubSub {
            subscriptions: Some(_),
            ..
        } => "retrieve-subscriptions",
        PubSub {
            affiliations: Some(_),
            ..
        } => "retrieve-affiliations",
        _ => "retrieve-default",
    };
    PubSubCondition::unsupported(feature).into()
}

/// The error that XEP-0060 gives that condition.
fn error(condition: StanzaErrorCondition, pubsub: &PubSubCondition) -> Box<StanzaError> {
    pubsub.error(condition).into()
}

#[cfg(test)]
mod tests {
    use super::super::tests::Me;
    use super::*;

    fn pubsub(inner: &str) -> String {
        format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{inner}</pubsub>")
    }

    fn owner(inner: &str) -> String {
        format!("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{inner}</pubsub>")
    }

    fn options(fields: &[(&str, &str)]) -> String {
        let field = |(var, value): &(&str, &str)| {
            format!("<field var='pubsub#{var}'><value>{value}</value></field>")
        };
        let fields = fields.iter().map(field).collect::<Vec<_>>().concat();
        format!(
            "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'>\
             <value>http://jabber.org/protocol/pubsub#publish-options</value></field>{fields}</x></publish-options>"
        )
    }

    fn publish(me: &mut Me, id: &str, text: &str, options: &str) -> String {
        let publish = format!(
            "<publish node='n'><item id='{id}'><a xmlns='b'>{text}</a></item></publish>{options}"
        );
        me.ask("set", &pubsub(&publish))
    }

    const ALL: &str = "<items node='n'/>";

    #[test]
    fn what_was_published_is_read() {
        let mut me = Me::new();
        assert_eq!(me.ask("get", &pubsub(ALL)), "item-not-found");
        let many = options(&[("max_items", "max"), ("access_model", "whitelist")]);
        let answer = publish(&mut me, "1", "one", &many);
        assert_eq!(
            answer,
            pubsub("<publish node='n'><item id='1'/></publish>"),
            "XEP-0060 §7.1.2"
        );
        publish(&mut me, "2", "two", &many);
        publish(&mut me, "1", "one again", &many);
        let item = |id: &str, text: &str| format!("<item id='{id}'><a xmlns='b'>{text}</a></item>");
        let both = item("2", "two") + &item("1", "one again");
        assert_eq!(
            me.ask("get", &pubsub(ALL)),
            pubsub(&format!("<items node='n'>{both}</items>"))
        );
        let newest = me.ask("get", &pubsub("<items node='n' max_items='1'/>"));
        assert!(newest.contains("one again") && !newest.contains("two"));
        let second = me.ask("get", &pubsub("<items node='n'><item id='2'/></items>"));
        assert!(second.contains("two") && !second.contains("one"));
        let third = me.ask("get", &pubsub("<items node='n'><item id='3'/></items>"));
        assert_eq!(third, "item-not-found");
    }

    #[test]
    fn a_node_keeps_one_item_unless_it_is_said_otherwise() {
        let mut me = Me::new();
        publish(&mut me, "1", "one", "");
        publish(&mut me, "2", "two", "");
        let all = me.ask("get", &pubsub(ALL));
        assert!(all.contains("two") && !all.contains("one"), "{all}");
        let unnamed = pubsub("<publish node='n'><item><a xmlns='b'/></item></publish>");
        assert!(me.ask("set", &unnamed).contains("<item id='item-1'/>"));
    }

    #[test]
    fn items_and_nodes_go() {
        let mut me = Me::new();
        publish(&mut me, "1", "one", "");
        let retract = pubsub("<retract node='n'><item id='1'/></retract>");
        assert_eq!(me.ask("set", &retract), "ok");
        assert_eq!(me.ask("set", &retract), "item-not-found");
        publish(&mut me, "1", "one", "");
        assert_eq!(me.ask("set", &owner("<purge node='n'/>")), "ok");
        assert_eq!(
            me.ask("get", &pubsub(ALL)),
            pubsub("<items node='n'/>"),
            "empty, but there"
        );
        assert_eq!(me.ask("set", &owner("<delete node='n'/>")), "ok");
        assert_eq!(me.ask("get", &pubsub(ALL)), "item-not-found");
        assert_eq!(
            me.ask("set", &owner("<delete node='n'/>")),
            "item-not-found"
        );
        assert_eq!(me.ask("set", &owner("<purge node='n'/>")), "item-not-found");
    }

    #[test]
    fn nodes_are_made_once() {
        let mut me = Me::new();
        assert_eq!(me.ask("set", &pubsub("<create node='n'/>")), "ok");
        assert_eq!(me.ask("set", &pubsub("<create node='n'/>")), "conflict");
        assert_eq!(
            me.ask("set", &pubsub("<create/>")),
            "not-acceptable nodeid-required"
        );
        for n in 1..MAX_NODES {
            let create = format!("<create node='n{n}'/>");
            assert_eq!(me.ask("set", &pubsub(&create)), "ok");
        }
        assert_eq!(
            me.ask("set", &pubsub("<create node='one more'/>")),
            "resource-constraint max-nodes-exceeded"
        );
    }

    /// XEP-0060 §7.1.5
    #[test]
    fn a_node_with_other_options_is_not_published_to() {
        let mut me = Me::new();
        let open = options(&[("access_model", "open")]);
        let closed = options(&[("access_model", "whitelist")]);
        publish(&mut me, "1", "one", &open);
        assert_eq!(
            publish(&mut me, "1", "two", &closed),
            "conflict precondition-not-met"
        );
        let roster = options(&[("access_model", "roster")]);
        me.ask("set", &owner("<delete node='n'/>"));
        assert_eq!(
            publish(&mut me, "1", "two", &roster),
            "not-acceptable unsupported-access-model"
        );
    }

    #[test]
    fn others_read_what_is_open_and_change_nothing() {
        let mut me = Me::new();
        assert_eq!(me.other("get", &pubsub(ALL)), "item-not-found");
        publish(&mut me, "1", "secret", "");
        assert_eq!(me.other("get", &pubsub(ALL)), "item-not-found");
        me.ask("set", &owner("<delete node='n'/>"));
        publish(&mut me, "1", "one", &options(&[("access_model", "open")]));
        assert!(me.other("get", &pubsub(ALL)).contains("one"));
        let change = pubsub("<publish node='n'><item id='1'><a xmlns='b'/></item></publish>");
        assert_eq!(me.other("set", &change), "forbidden");
        assert_eq!(
            me.other("set", &owner("<delete node='n'/>")),
            "service-unavailable"
        );
    }

    #[test]
    fn requests_that_are_not_whole() {
        let mut me = Me::new();
        for (kind, payload, expected) in [
            ("set", "<publish node='n'/>", "bad-request item-required"),
            (
                "set",
                "<publish node='n'><item id='1'/></publish>",
                "bad-request payload-required",
            ),
            ("set", "<retract node='n'/>", "bad-request item-required"),
            (
                "set",
                "<subscribe node='n' jid='a@b'/>",
                "feature-not-implemented unsupported",
            ),
            ("get", "<default/>", "feature-not-implemented unsupported"),
            ("get", "<items/>", "bad-request"),
        ] {
            assert_eq!(me.ask(kind, &pubsub(payload)), expected, "{payload}");
        }
    }
}
