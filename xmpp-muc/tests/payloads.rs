//! The payloads of XEP-0045: its examples, retold, read and written back; one malformed input per field.

use xmpp_core::{
    Timestamp,
    xml::{Element, Payload, PayloadError},
};
use xmpp_muc::{
    Affiliation, HistoryRequest, Muc, MucAdmin, MucOwner, MucUser, Password, Role, StatusCode,
};

/// Reads a payload and checks that it writes the same element.
fn round_trip<P: Payload>(xml: &str) -> P {
    let element: Element = xml.parse().expect("well-formed");
    let payload = P::from_element(element.root()).unwrap_or_else(|error| panic!("{error}: {xml}"));
    assert_eq!(Element::from_xml(&payload), element);
    payload
}

fn error<P: Payload + std::fmt::Debug>(xml: &str) -> PayloadError {
    let element: Element = xml.parse().expect("well-formed");
    P::from_element(element.root()).expect_err("malformed")
}

#[test]
fn a_join() {
    let muc: Muc = round_trip("<x xmlns='http://jabber.org/protocol/muc'/>");
    assert_eq!(muc, Muc::default());
    let muc: Muc = round_trip(
        "<x xmlns='http://jabber.org/protocol/muc'><password>cauldronburn</password>\
         <history maxchars='65000' maxstanzas='20' seconds='180' since='1970-01-01T00:00:00Z'/></x>",
    );
    assert!(
        muc.password
            .as_ref()
            .is_some_and(|p| p.matches("cauldronburn"))
    );
    assert!(!format!("{muc:?}").contains("cauldron"));
    assert_eq!(
        muc.history,
        Some(HistoryRequest {
            max_chars: Some(65000),
            max_stanzas: Some(20),
            seconds: Some(180),
            since: Some(Timestamp::from_millis(0)),
        })
    );
}

/// MUC HI4: what cannot be read counts as absent.
#[test]
fn hi4_history_is_read_leniently() {
    let read = |attributes: &str| -> HistoryRequest {
        let element: Element =
            format!("<history xmlns='http://jabber.org/protocol/muc' {attributes}/>")
                .parse()
                .expect("well-formed");
        HistoryRequest::from_element(element.root()).expect("lenient")
    };
    assert_eq!(
        read("maxchars='-1' maxstanzas='' seconds='ten' since='2002-13-40T25:00:00Z'"),
        HistoryRequest::default()
    );
    assert_eq!(read("maxstanzas=' 5 '").max_stanzas, Some(5));
    assert_eq!(read("maxstanzas='0'"), HistoryRequest::NONE);
}

#[test]
fn a_presence_from_a_room() {
    let user: MucUser = round_trip(
        "<x xmlns='http://jabber.org/protocol/muc#user'>\
         <item affiliation='owner' role='moderator' jid='crone1@shakespeare.lit/desktop' nick='oldhag'>\
         <actor jid='bard@shakespeare.lit' nick='Bard'/><reason>Avaunt, you cullion!</reason></item>\
         <status code='110'/><status code='303'/><status code='999'/></x>",
    );
    let item = &user.items[0];
    assert_eq!(item.affiliation, Some(Affiliation::Owner));
    assert_eq!(item.role, Some(Role::Moderator));
    assert_eq!(item.nick.as_deref(), Some("oldhag"));
    assert_eq!(
        item.actor.as_ref().and_then(|a| a.nick.as_deref()),
        Some("Bard")
    );
    assert!(user.has_status(StatusCode::SELF_PRESENCE));
    assert!(
        user.has_status(StatusCode::new(999)),
        "ST17: unknown codes are kept"
    );
}

#[test]
fn invitations_and_declines() {
    let user: MucUser = round_trip(
        "<x xmlns='http://jabber.org/protocol/muc#user'>\
         <invite to='hecate@shakespeare.lit'><reason>Hey Hecate!</reason>\
         <continue thread='e0ffe42b28561960c6b12b944a092794b9683a38'/></invite>\
         <invite to='wiccarocks@shakespeare.lit'/><password>cauldronburn</password></x>",
    );
    assert_eq!(user.invites.len(), 2);
    assert!(user.invites[0].r#continue.is_some());
    assert!(!format!("{user:?}").contains("cauldron"));
    let user: MucUser = round_trip(
        "<x xmlns='http://jabber.org/protocol/muc#user'><decline from='hecate@shakespeare.lit'>\
         <reason>Sorry, I'm too busy.</reason></decline></x>",
    );
    assert!(user.decline.is_some());
}

#[test]
fn the_end_of_a_room() {
    let user: MucUser = round_trip(
        "<x xmlns='http://jabber.org/protocol/muc#user'>\
         <destroy jid='coven@chat.shakespeare.lit'><password>p</password><reason>Macbeth doth come.</reason></destroy>\
         <item affiliation='none' role='none'/></x>",
    );
    assert_eq!(
        user.destroy
            .and_then(|d| d.jid)
            .expect("an address")
            .as_str(),
        "coven@chat.shakespeare.lit"
    );
}

#[test]
fn lists() {
    let admin: MucAdmin = round_trip(
        "<query xmlns='http://jabber.org/protocol/muc#admin'>\
         <item affiliation='outcast' jid='earlofcambridge@shakespeare.lit'><reason>Treason</reason></item>\
         <item nick='pistol' role='none'><actor nick='x'/></item></query>",
    );
    assert_eq!(admin.items.len(), 2);
    assert_eq!(admin.items[1].role, Some(Role::None));
}

#[test]
fn the_owner() {
    let owner: MucOwner = round_trip(
        "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>",
    );
    assert!(owner.form.is_some());
    let owner: MucOwner = round_trip(
        "<query xmlns='http://jabber.org/protocol/muc#owner'><destroy jid='coven@chat.shakespeare.lit'>\
         <reason>Macbeth doth come.</reason></destroy></query>",
    );
    assert!(owner.destroy.is_some());
}

#[test]
fn malformed() {
    let user = |inner: &str| format!("<x xmlns='http://jabber.org/protocol/muc#user'>{inner}</x>");
    for inner in [
        "<item role='king'/>",
        "<item affiliation='friend'/>",
        "<item jid='@'/>",
        "<item><actor jid='@'/></item>",
        "<status/>",
        "<status code='one'/>",
        "<invite to='@'/>",
        "<decline from='@'/>",
        "<destroy jid='room@example/nick'/>",
        "<destroy/><destroy/>",
        "<password/><password/>",
    ] {
        assert!(
            !matches!(
                error::<MucUser>(&user(inner)),
                PayloadError::Mismatch { .. }
            ),
            "{inner}"
        );
    }
    assert!(matches!(
        error::<MucUser>("<x xmlns='http://jabber.org/protocol/muc'/>"),
        PayloadError::Mismatch { .. }
    ));
    for inner in [
        "<item jid='@'/>",
        "<item role='r'/>",
        "<item affiliation='a'/>",
    ] {
        error::<MucAdmin>(&format!(
            "<query xmlns='http://jabber.org/protocol/muc#admin'>{inner}</query>"
        ));
    }
    error::<MucOwner>(
        "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data'/></query>",
    );
    error::<Muc>("<x xmlns='http://jabber.org/protocol/muc'><history/><history/></x>");
}

#[test]
fn an_empty_password_is_none_to_a_room() {
    let muc: Muc = round_trip("<x xmlns='http://jabber.org/protocol/muc'><password/></x>");
    let secret = Password::new("secret").expect("not empty");
    assert_ne!(muc.password, Some(secret));
}
