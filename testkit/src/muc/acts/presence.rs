//! Joins, leaves, updates and nick changes.

use super::{Choose, Host, nick, occupant, one_in, pick, room, session};

/// One presence.
pub(super) fn act(host: &mut Host, choose: &mut dyn Choose) {
    let room = room(choose);
    let id = host.fresh_id();
    match choose.below(20) {
        0..=9 => join(host, choose, room),
        10 | 11 => {
            let (session, nick) = occupant(host, choose, room);
            let to = if one_in(choose, 4) {
                room.to_owned()
            } else {
                format!("{room}/{nick}")
            };
            host.send_text(
                &session,
                &format!("<presence to='{to}' type='unavailable'><status>bye</status></presence>"),
            );
        }
        12..=14 => {
            let (session, nick) = occupant(host, choose, room);
            let content = pick(
                choose,
                &[
                    "<status>busy</status>",
                    "<show>away</show>",
                    "",
                    "<priority>7</priority><show>dnd</show>",
                ],
            );
            let xml = format!("<presence to='{room}/{nick}' id='{id}'>{content}</presence>");
            host.send_text(&session, &xml);
        }
        15..=17 => {
            let (session, _) = occupant(host, choose, room);
            let nick = nick(choose);
            let xml =
                format!("<presence to='{room}/{nick}' id='{id}'><show>chat</show></presence>");
            host.send_text(&session, &xml);
        }
        18 => {
            let (session, nick) = (session(choose), nick(choose));
            let kind = pick(choose, &["probe", "subscribe", "unsubscribed", "invisible"]);
            host.send_text(
                &session,
                &format!("<presence to='{room}/{nick}' type='{kind}'/>"),
            );
        }
        _ => bounce(host, choose, room),
    }
}

fn join(host: &mut Host, choose: &mut dyn Choose, room: &str) {
    let (session, nick, id) = (session(choose), nick(choose), host.fresh_id());
    let x = pick(
        choose,
        &[
            "",
            "<history maxstanzas='0'/>",
            "<history maxstanzas='2'/>",
            "<history seconds='60'/>",
            "<password>sesame</password>",
            "<password>wrong</password>",
            "<mav xmlns='urn:xmpp:muc:affiliations:1'/>",
        ],
    );
    let content = pick(
        choose,
        &[
            "",
            "",
            "",
            "<show>away</show>",
            "<priority>5</priority><show>xa</show>",
        ],
    );
    host.send_text(
        &session,
        &format!(
            "<presence to='{room}/{nick}' id='{id}'>{content}\
             <x xmlns='http://jabber.org/protocol/muc'>{x}</x></presence>"
        ),
    );
}

/// An error from a session, some of which say that it is gone (MUC LV4).
fn bounce(host: &mut Host, choose: &mut dyn Choose, room: &str) {
    let (session, nick) = occupant(host, choose, room);
    let kind = pick(choose, &["presence", "message", "iq"]);
    let condition = pick(
        choose,
        &[
            "gone",
            "policy-violation",
            "recipient-unavailable",
            "service-unavailable",
        ],
    );
    host.send_text(
        &session,
        &format!(
            "<{kind} to='{room}/{nick}' type='error' id='1'><error type='cancel'>\
             <{condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></{kind}>"
        ),
    );
}
