//! What moderators, admins and owners do, and what others try.

use super::{Choose, Host, field, form, heard_id, iq, occupant, one_in, pick, room, target, user};

/// One request to change something.
pub(super) fn act(host: &mut Host, choose: &mut dyn Choose) {
    let room = room(choose);
    let (session, _) = occupant(host, choose, room);
    let payload = match choose.below(20) {
        0..=4 => {
            let nick = target(host, choose, room);
            let role = pick(choose, &["none", "visitor", "participant", "moderator"]);
            let reason = pick(choose, &["", "<reason>because</reason>"]);
            admin(&format!(
                "<item nick='{nick}' role='{role}'>{reason}</item>"
            ))
        }
        5..=9 => {
            let mut items = affiliation(choose);
            if one_in(choose, 4) {
                items += &affiliation(choose);
            }
            admin(&items)
        }
        10 => {
            let nick = target(host, choose, room);
            admin(&format!(
                "<item jid='{}' affiliation='member' nick='{nick}'/>",
                user(choose)
            ))
        }
        11..=16 => owner(&configuration(choose)),
        17 => owner(pick(
            choose,
            &[
                "<x xmlns='jabber:x:data' type='submit'/>",
                "<x xmlns='jabber:x:data' type='cancel'/>",
            ],
        )),
        18 if one_in(choose, 2) => {
            owner("<destroy jid='attic@rooms.example'><reason>moved</reason></destroy>")
        }
        _ => format!(
            "<moderate xmlns='urn:xmpp:message-moderate:1' id='{}'>\
             <retract xmlns='urn:xmpp:message-retract:1'/><reason>spam</reason></moderate>",
            heard_id(host)
        ),
    };
    iq(host, &session, room, "set", &payload);
}

fn affiliation(choose: &mut dyn Choose) -> String {
    let affiliation = pick(choose, &["outcast", "none", "member", "admin", "owner"]);
    format!("<item jid='{}' affiliation='{affiliation}'/>", user(choose))
}

/// A form with one or two changes.
fn configuration(choose: &mut dyn Choose) -> String {
    let mut fields = String::new();
    let count = 1 + choose.below(2);
    let mut used = Vec::new();
    for _ in 0..count {
        let (name, values): (&str, &[&str]) = pick(
            choose,
            &[
                ("moderatedroom", &["1"]),
                ("moderatedroom", &["0"]),
                ("membersonly", &["1"]),
                ("membersonly", &["0"]),
                ("presencebroadcast", &["moderator"]),
                ("presencebroadcast", &["moderator", "participant"]),
                (
                    "presencebroadcast",
                    &["moderator", "participant", "visitor"],
                ),
                ("presencebroadcast", &[]),
                ("whois", &["anyone"]),
                ("whois", &["moderators"]),
                ("whois", &["nobody"]),
                ("roomsecret", &["sesame"]),
                ("passwordprotectedroom", &["0"]),
                ("persistentroom", &["1"]),
                ("persistentroom", &["0"]),
                ("publicroom", &["1"]),
                ("maxusers", &["2"]),
                ("maxusers", &["none"]),
                ("changesubject", &["1"]),
                ("allowpm", &["moderators"]),
                ("allowpm", &["anyone"]),
                ("slow_mode_duration", &["30"]),
                ("slow_mode_duration", &["0"]),
                ("allow_visitor_nickchange", &["0"]),
                ("enablearchiving", &["1"]),
                ("roomowners", &["owner@users.example", "ben@users.example"]),
                ("roomowners", &["owner@users.example"]),
                ("roomowners", &[]),
                ("roomadmins", &["zoe@users.example"]),
                ("roomadmins", &["eve@users.example", "ben@users.example"]),
            ],
        );
        if !used.contains(&name) {
            used.push(name);
            fields += &field(&format!("muc#roomconfig_{name}"), values);
        }
    }
    form(
        "submit",
        "http://jabber.org/protocol/muc#roomconfig",
        &fields,
    )
}

fn admin(items: &str) -> String {
    format!("<query xmlns='http://jabber.org/protocol/muc#admin'>{items}</query>")
}

fn owner(child: &str) -> String {
    format!("<query xmlns='http://jabber.org/protocol/muc#owner'>{child}</query>")
}
