//! Requests that ask, requests through the room, and their answers.

use xmpp_core::FullJid;

use super::{Choose, Host, Out, field, form, iq, occupant, one_in, pick, room, session, target};

/// One request or one answer.
pub(super) fn act(host: &mut Host, choose: &mut dyn Choose) {
    let room = room(choose);
    let (session, own) = occupant(host, choose, room);
    match choose.below(20) {
        0..=2 => iq(host, &session, &format!("{room}/{own}"), "get", PING),
        3..=5 => {
            let nick = target(host, choose, room);
            let payload = pick(choose, &[PING, VERSION, VCARD, INFO]);
            let kind = if one_in(choose, 6) { "set" } else { "get" };
            iq(host, &session, &format!("{room}/{nick}"), kind, payload);
        }
        6..=9 => answer(host, choose),
        10 | 11 => {
            let list = pick(
                choose,
                &[
                    "affiliation='owner'",
                    "affiliation='admin'",
                    "affiliation='member'",
                    "affiliation='outcast'",
                    "role='moderator'",
                    "role='visitor'",
                ],
            );
            let payload = format!(
                "<query xmlns='http://jabber.org/protocol/muc#admin'><item {list}/></query>"
            );
            iq(host, &session, room, "get", &payload);
        }
        12 => iq(
            host,
            &session,
            room,
            "get",
            "<query xmlns='http://jabber.org/protocol/muc#owner'/>",
        ),
        13 => {
            let to = pick(choose, &["rooms.example", room, room]);
            iq(
                host,
                &session,
                to,
                "get",
                pick(choose, &[INFO, ITEMS, REGISTER, VCARD, VERSION]),
            );
        }
        14 | 15 => register(host, choose, room, &session, &own),
        16 | 17 => {
            let page = pick(
                choose,
                &[
                    "<max>2</max>",
                    "<max>2</max><before/>",
                    "<max>1</max><after>nothing</after>",
                    "<max>0</max>",
                    "",
                ],
            );
            let payload = format!(
                "<query xmlns='urn:xmpp:mam:2' queryid='q'>\
                 <set xmlns='http://jabber.org/protocol/rsm'>{page}</set></query>"
            );
            iq(host, &session, room, "set", &payload);
        }
        18 => {
            let payload = pick(
                choose,
                &[
                    "<vCard xmlns='vcard-temp'><PHOTO><BINVAL>AAAA</BINVAL></PHOTO></vCard>",
                    "<vCard xmlns='vcard-temp'/>",
                ],
            );
            iq(host, &session, room, "set", payload);
        }
        _ => {
            let node = pick(choose, &["list", "create", "assign", "list-assigned"]);
            let payload = format!(
                "<command xmlns='http://jabber.org/protocol/commands' action='execute' \
                 node='urn:xmpp:hats:commands:{node}'/>"
            );
            iq(host, &session, room, "set", &payload);
        }
    }
}

const PING: &str = "<ping xmlns='urn:xmpp:ping'/>";
const VERSION: &str = "<query xmlns='jabber:iq:version'/>";
const VCARD: &str = "<vCard xmlns='vcard-temp'/>";
const INFO: &str = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const ITEMS: &str = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
const REGISTER: &str = "<query xmlns='jabber:iq:register'/>";

/// A client answers what it was asked last, or somebody else does.
fn answer(host: &mut Host, choose: &mut dyn Choose) {
    let asked = host.last.iter().rev().find_map(|out| match out {
        Out::Stanza { to, stanza } if stanza.name() == "iq" => {
            let kind = stanza.attr("type")?;
            let from = stanza.attr("from")?.into_owned();
            matches!(&*kind, "get" | "set")
                .then(|| Some((to.clone(), stanza.attr("id")?.into_owned(), from)))
                .flatten()
        }
        _ => None,
    });
    let Some((to, id, from)) = asked else {
        return;
    };
    let kind = pick(choose, &["result", "result", "error"]);
    let error = if kind == "error" {
        "<error type='cancel' by='ben@users.example/1'>\
         <feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    } else {
        ""
    };
    let xml = format!("<iq to='{from}' type='{kind}' id='{id}'>{error}</iq>");
    match to.to_full() {
        Some(session) if !one_in(choose, 5) => host.send_text(&session, &xml),
        None if !one_in(choose, 5) => host.send_from_account(&to.to_bare(), &xml),
        _ => {
            let session = session(choose);
            host.send_text(&session, &xml);
        }
    }
}

fn register(host: &mut Host, choose: &mut dyn Choose, room: &str, session: &FullJid, nick: &str) {
    let payload = match choose.below(5) {
        0 => REGISTER.to_owned(),
        1 => "<query xmlns='jabber:iq:register'><remove/></query>".to_owned(),
        _ => {
            let nick = if one_in(choose, 2) {
                super::nick(choose)
            } else {
                nick
            };
            let form = form(
                "submit",
                "http://jabber.org/protocol/muc#register",
                &field("muc#register_roomnick", &[nick]),
            );
            format!("<query xmlns='jabber:iq:register'>{form}</query>")
        }
    };
    let kind = if payload == REGISTER { "get" } else { "set" };
    iq(host, session, room, kind, &payload);
}
