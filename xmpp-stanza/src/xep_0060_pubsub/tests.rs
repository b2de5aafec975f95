use super::*;
use crate::{
    Bookmark, Message,
    testing::{error as failure, round_trip},
};
use xmpp_core::xml::Payload as _;

fn pubsub(xml: &str) -> PubSub {
    round_trip(&format!(
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'>{xml}</pubsub>"
    ))
}

#[test]
fn items_are_asked_for_and_told() {
    assert_eq!(
        pubsub("<items node='urn:xmpp:bookmarks:1'/>"),
        PubSub::items("urn:xmpp:bookmarks:1")
    );
    assert_eq!(
        pubsub("<items node='n'><item id='i'/></items>"),
        PubSub::item("n", "i")
    );
    let told = pubsub(
        "<items node='urn:xmpp:bookmarks:1' max_items='2'><item id='theplay@conference.shakespeare.lit' \
         publisher='a@b'><conference xmlns='urn:xmpp:bookmarks:1' name='The Play&apos;s the Thing' autojoin='true'>\
         <nick>JC</nick></conference></item><item id='x'/></items>\
         <set xmlns='http://jabber.org/protocol/rsm'><count>2</count></set>",
    );
    let items = told.items.unwrap();
    let bookmark: Bookmark = items.items[0].payload().unwrap().unwrap();
    assert_eq!(bookmark.nick.as_deref(), Some("JC"));
    assert_eq!(items.items[1].payload::<Bookmark>(), Ok(None));
    // XEP-0149 puts two elements into one item.
    let two = pubsub("<items node='n'><item><a xmlns='urn:a'/><b xmlns='urn:b'/></item></items>");
    assert_eq!(two.items.unwrap().items[0].elements.len(), 2);
    assert_eq!(Item::new("x", &bookmark).payload(), Ok(Some(bookmark)));
}

#[test]
fn items_are_published_and_taken_back() {
    let published = pubsub(
        "<publish node='urn:xmpp:bookmarks:1'><item id='a'/></publish><publish-options>\
         <x xmlns='jabber:x:data' type='submit'>\
         <field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field>\
         <field var='pubsub#persist_items'><value>true</value></field>\
         <field var='pubsub#max_items'><value>max</value></field>\
         <field var='pubsub#send_last_published_item'><value>never</value></field>\
         <field var='pubsub#access_model'><value>whitelist</value></field></x></publish-options>",
    );
    assert_eq!(
        published,
        PubSub::publish("urn:xmpp:bookmarks:1", [Item::with_id("a")])
            .with_options(&NodeOptions::PRIVATE)
    );
    let form = published.publish_options.unwrap().form.unwrap();
    assert_eq!(NodeOptions::from_form(&form), Ok(NodeOptions::PRIVATE));
    let mut other = NodeOptions::PUBLIC.to_configuration();
    other.set("pubsub#max_items", ["7"]);
    let read = NodeOptions::from_form(&other).unwrap();
    assert_eq!(read.max_items, Some(MaxItems::Number(7)));
    other.set("pubsub#access_model", ["everyone"]);
    assert!(NodeOptions::from_form(&other).is_err());
    assert_eq!(
        pubsub("<retract node='n' notify='true'><item id='i'/></retract>"),
        PubSub::retract("n", "i")
    );
}

#[test]
fn subscriptions_and_affiliations() {
    let jid: Jid = "francisco@denmark.lit".parse().unwrap();
    assert_eq!(
        pubsub("<subscribe node='princely_musings' jid='francisco@denmark.lit'/>"),
        PubSub::subscribe("princely_musings", jid.clone())
    );
    assert_eq!(
        pubsub("<unsubscribe node='princely_musings' jid='francisco@denmark.lit'/>"),
        PubSub::unsubscribe("princely_musings", jid)
    );
    let told = pubsub(
        "<subscription node='n' jid='a@b' subid='ba49252aaa4f5d320c24d3766f0bdcade78c78d3' subscription='unconfigured'>\
         <subscribe-options><required/></subscribe-options></subscription>",
    );
    let subscription = told.subscription.unwrap();
    assert_eq!(
        subscription.subscription,
        Some(SubscriptionState::Unconfigured)
    );
    assert!(subscription.options.unwrap().required);
    let affiliations = pubsub(
        "<affiliations><affiliation node='node1' affiliation='owner'/><affiliation node='node2' affiliation='publish-only'/>\
         </affiliations>",
    );
    assert_eq!(
        affiliations.affiliations.unwrap().affiliations[1].affiliation,
        NodeRole::PublishOnly
    );
    pubsub("<subscriptions><subscription jid='a@b' subscription='pending'/></subscriptions>");
    pubsub("<options node='n' jid='a@b' subid='1'/>");
    pubsub("<default node='n'/>");
    pubsub("<create node='n'/><configure/>");
}

#[test]
fn owners() {
    let owner = |xml: &str| -> Owner {
        round_trip(&format!(
            "<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{xml}</pubsub>"
        ))
    };
    assert!(owner("<configure node='n'/>").configure.is_some());
    assert!(owner("<default/>").default.is_some());
    assert_eq!(owner("<purge node='n'/>").purge.unwrap().node, "n");
    assert!(
        owner("<delete node='n'><redirect uri='xmpp:b?;node=n2'/></delete>")
            .delete
            .unwrap()
            .redirect
            .is_some()
    );
    let list = owner(
        "<affiliations node='n'><affiliation jid='hamlet@denmark.lit' affiliation='owner'/></affiliations>",
    );
    assert_eq!(
        list.affiliations.unwrap().affiliations[0].affiliation,
        NodeRole::Owner
    );
    let list = owner(
        "<subscriptions node='n'><subscription jid='hamlet@denmark.lit' subscription='subscribed' subid='1'/></subscriptions>",
    );
    assert_eq!(
        list.subscriptions.unwrap().subscriptions[0]
            .subid
            .as_deref(),
        Some("1")
    );
}

const EVENT: &str = "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:bookmarks:1'>\
    <item id='theplay@conference.shakespeare.lit' publisher='a@b'><conference xmlns='urn:xmpp:bookmarks:1'>\
    <nick>JC</nick></conference></item><item id='2'/><retract id='old'/></items></event>";

#[test]
fn events() {
    let event: Event = round_trip(EVENT);
    let items = event.items.unwrap();
    let bookmarks: Vec<(Option<&str>, Bookmark)> = items.payloads().collect();
    assert_eq!(bookmarks.len(), 1);
    assert_eq!(bookmarks[0].0, Some("theplay@conference.shakespeare.lit"));
    assert_eq!(items.retracted[0].id, "old");
    for xml in [
        "<purge node='n'/>",
        "<delete node='n'><redirect uri='xmpp:a?;node=b'/></delete>",
        "<configuration node='n'/>",
        "<collection node='n'/>",
    ] {
        round_trip::<Event>(&format!(
            "<event xmlns='http://jabber.org/protocol/pubsub#event'>{xml}</event>"
        ));
    }
}

/// CVE-2023-28686: bookmarks from someone else.
#[test]
fn cve_2023_28686_events_of_the_own_account_only() {
    let own = "me@home".parse().unwrap();
    let event = |from: &str| {
        let xml = format!("<message xmlns='jabber:client' {from}>{EVENT}</message>");
        let element: Element = xml.parse().unwrap();
        Event::of_account(&Message::from_element(element.root()).unwrap(), &own)
    };
    assert!(event("").unwrap().is_some());
    assert!(event("from='me@home'").unwrap().is_some());
    for from in ["from='mallory@evil'", "from='home'", "from='me@home/other'"] {
        assert_eq!(event(from), Ok(None), "{from}");
    }
}

#[test]
fn conditions() {
    let condition: PubSubCondition =
        round_trip("<precondition-not-met xmlns='http://jabber.org/protocol/pubsub#errors'/>");
    let error = condition.error(StanzaErrorCondition::Conflict);
    assert_eq!(
        PubSubCondition::from_element(error.application.unwrap().root()),
        Ok(condition)
    );
    for name in [
        "invalid-jid",
        "invalid-subid",
        "nodeid-required",
        "subid-required",
        "payload-too-big",
    ] {
        round_trip::<PubSubCondition>(&format!(
            "<{name} xmlns='http://jabber.org/protocol/pubsub#errors'/>"
        ));
    }
    let unsupported: PubSubCondition = round_trip(
        "<unsupported xmlns='http://jabber.org/protocol/pubsub#errors' feature='retrieve-items'/>",
    );
    assert_eq!(
        PubSubCondition::unsupported("retrieve-items"),
        unsupported.error(StanzaErrorCondition::FeatureNotImplemented)
    );
}

#[test]
fn malformed() {
    let pubsub =
        |xml: &str| format!("<pubsub xmlns='http://jabber.org/protocol/pubsub'>{xml}</pubsub>");
    for (xml, expected) in [
        ("<items/>", "<items/> has no attribute 'node'"),
        ("<publish/>", "<publish/> has no attribute 'node'"),
        ("<retract/>", "<retract/> has no attribute 'node'"),
        ("<subscribe/>", "<subscribe/> has no attribute 'jid'"),
        ("<unsubscribe/>", "<unsubscribe/> has no attribute 'jid'"),
        ("<subscription/>", "<subscription/> has no attribute 'jid'"),
        (
            "<items node='n'/><items node='n'/>",
            "<pubsub/> has more than one <items/>",
        ),
        (
            "<affiliations><affiliation node='n' affiliation='king'/></affiliations>",
            "<affiliation/>: invalid affiliation 'king': not one of member, none, outcast, owner, publisher, publish-only",
        ),
    ] {
        assert_eq!(failure::<PubSub>(&pubsub(xml)), expected);
    }
    let event =
        |xml: &str| format!("<event xmlns='http://jabber.org/protocol/pubsub#event'>{xml}</event>");
    for (xml, expected) in [
        ("<items/>", "<items/> has no attribute 'node'"),
        (
            "<items node='n'><retract/></items>",
            "<retract/> has no attribute 'id'",
        ),
        ("<purge/>", "<purge/> has no attribute 'node'"),
        (
            "<delete node='n'><redirect/></delete>",
            "<redirect/> has no attribute 'uri'",
        ),
    ] {
        assert_eq!(failure::<Event>(&event(xml)), expected);
    }
    let owner = |xml: &str| {
        format!("<pubsub xmlns='http://jabber.org/protocol/pubsub#owner'>{xml}</pubsub>")
    };
    for (xml, expected) in [
        ("<delete/>", "<delete/> has no attribute 'node'"),
        ("<affiliations/>", "<affiliations/> has no attribute 'node'"),
        (
            "<affiliations node='n'><affiliation affiliation='none'/></affiliations>",
            "<affiliation/> has no attribute 'jid'",
        ),
        (
            "<subscriptions node='n'><subscription jid='a@b'/></subscriptions>",
            "<subscription/> has no attribute 'subscription'",
        ),
    ] {
        assert_eq!(failure::<Owner>(&owner(xml)), expected);
    }
}
