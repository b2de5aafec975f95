use super::*;
use crate::testing::{error, round_trip};
use xmpp_core::xml::Element;

#[test]
fn what_an_entity_is_and_can_do() {
    let info: DiscoInfo = round_trip(
        "<query xmlns='http://jabber.org/protocol/disco#info'>\
         <identity category='conference' type='text' name='Play-Specific Chatrooms'/>\
         <identity category='directory' type='chatroom' name='Play-Specific Chatrooms'/>\
         <feature var='http://jabber.org/protocol/disco#info'/>\
         <feature var='http://jabber.org/protocol/muc'/>\
         <feature var='jabber:iq:register'/></query>",
    );
    assert!(info.is("directory", "chatroom") && !info.is("directory", "text"));
    assert!(info.has_feature("jabber:iq:register") && !info.has_feature("jabber:iq"));
    assert_eq!(
        DiscoInfo::new()
            .with_feature("a")
            .with_feature("a")
            .features
            .len(),
        1
    );
}

#[test]
fn more_about_an_entity() {
    let info: DiscoInfo = round_trip(
        "<query xmlns='http://jabber.org/protocol/disco#info' node='n'>\
         <identity category='server' type='im' xml:lang='en' name='name'/>\
         <x xmlns='jabber:x:data' type='result'>\
         <field var='FORM_TYPE' type='hidden'><value>http://jabber.org/network/serverinfo</value></field>\
         <field var='c2s_port'><value>5222</value></field></x></query>",
    );
    let form = info.form("http://jabber.org/network/serverinfo").unwrap();
    assert_eq!(form.typed::<u16>("c2s_port"), Ok(Some(5222)));
    assert_eq!(info.form("x"), None);
}

#[test]
fn items() {
    let items: DiscoItems = round_trip(
        "<query xmlns='http://jabber.org/protocol/disco#items' node='music'>\
         <item jid='catalog.shakespeare.lit' node='music/A' name='Classical'/>\
         <item jid='people.shakespeare.lit'/>\
         <set xmlns='http://jabber.org/protocol/rsm'><count>2</count></set></query>",
    );
    assert_eq!(items.items[0].name.as_deref(), Some("Classical"));
    assert_eq!(items.page.unwrap().count, Some(2));
}

#[test]
fn malformed() {
    let info =
        |xml: &str| format!("<query xmlns='http://jabber.org/protocol/disco#info'>{xml}</query>");
    for (xml, expected) in [
        (
            "<identity type='a'/>",
            "<identity/> has no attribute 'category'",
        ),
        (
            "<identity category='a'/>",
            "<identity/> has no attribute 'type'",
        ),
        ("<feature/>", "<feature/> has no attribute 'var'"),
        ("<x xmlns='jabber:x:data'/>", "<x/> has no attribute 'type'"),
    ] {
        assert_eq!(error::<DiscoInfo>(&info(xml)), expected);
    }
    assert_eq!(
        error::<DiscoItems>(
            "<query xmlns='http://jabber.org/protocol/disco#items'><item/></query>"
        ),
        "<item/> has no attribute 'jid'"
    );
    assert!(
        error::<DiscoItems>(
            "<query xmlns='http://jabber.org/protocol/disco#items'><item jid='@'/></query>"
        )
        .starts_with("<item/>: invalid jid '@'")
    );
}

fn ask(responder: &DiscoResponder, iq_type: &str, payload: &str) -> Option<String> {
    let xml = format!(
        "<iq xmlns='jabber:client' type='{iq_type}' id='1' from='a@b/c' to='d'>{payload}</iq>"
    );
    let element: Element = xml.parse().unwrap();
    responder
        .answer(&Iq::from_element(element.root()).unwrap())
        .map(|iq| Element::from_xml(&iq).to_string())
}

#[test]
fn the_responder_knows_its_nodes() {
    let responder =
        DiscoResponder::new(DiscoInfo::new().with_identity(Identity::new("client", "bot")))
            .with_items([DiscoItem::new("rooms.d".parse::<Jid>().unwrap())])
            .with_node("n", DiscoInfo::new().with_feature("f"), DiscoItems::new())
            .with_caps_node("http://bot.example#hash");
    let info = |node: &str| {
        ask(
            &responder,
            "get",
            &format!("<query xmlns='http://jabber.org/protocol/disco#info'{node}/>"),
        )
        .unwrap()
    };
    assert!(info("").contains("category='client'"));
    let caps = info(" node='http://bot.example#hash'");
    assert!(caps.contains("category='client'") && caps.contains("node='http://bot.example#hash'"));
    assert!(info(" node='n'").contains("var='f'"));
    assert!(info(" node='other'").contains("item-not-found"));
    let items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
    assert!(ask(&responder, "get", items).unwrap().contains("rooms.d"));
    assert_eq!(ask(&responder, "set", items), None);
    assert_eq!(ask(&responder, "result", items), None);
    assert_eq!(
        ask(&responder, "get", "<ping xmlns='urn:xmpp:ping'/>"),
        None
    );
}
