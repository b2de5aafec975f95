//! Messages to all and to one, invitations, requests for voice.

use super::{Choose, Host, field, form, heard_id, occupant, one_in, pick, room, target, user};

/// One message.
pub(super) fn act(host: &mut Host, choose: &mut dyn Choose) {
    let room = room(choose);
    let (session, _) = occupant(host, choose, room);
    let id = host.fresh_id();
    let groupchat = |children: &str| {
        format!("<message to='{room}' type='groupchat' id='{id}'>{children}</message>")
    };
    let xml = match choose.below(20) {
        0..=8 => groupchat("<body>text</body>"),
        9 => groupchat("<composing xmlns='http://jabber.org/protocol/chatstates'/>"),
        10 => groupchat(FORGED),
        11 | 12 => groupchat(pick(
            choose,
            &[
                "<subject>Topic</subject>",
                "<subject/>",
                "<subject>a</subject><body>b</body>",
            ],
        )),
        13 => groupchat(&format!(
            "<retract xmlns='urn:xmpp:message-retract:1' id='{}'/>\
             <body>/me retracted a message</body>",
            heard_id(host)
        )),
        14 | 15 => {
            let nick = target(host, choose, room);
            let kind = pick(choose, &["chat", "chat", "normal", "groupchat"]);
            format!(
                "<message to='{room}/{nick}' type='{kind}' id='{id}'><body>psst</body>\
                 <x xmlns='http://jabber.org/protocol/muc#user'/></message>"
            )
        }
        16 => user_message(room, &format!("<invite to='{}'/>", user(choose))),
        17 => user_message(
            room,
            &format!(
                "<decline to='{}'><reason>no</reason></decline>",
                user(choose)
            ),
        ),
        _ => {
            let mut fields = field("muc#role", &[pick(choose, &["participant", "moderator"])]);
            if one_in(choose, 2) {
                let nick = target(host, choose, room);
                fields += &field("muc#jid", &[&user(choose)]);
                fields += &field("muc#roomnick", &[&nick]);
                fields += &field("muc#request_allow", &["1"]);
            }
            let form = form("submit", "http://jabber.org/protocol/muc#request", &fields);
            format!("<message to='{room}'>{form}</message>")
        }
    };
    host.send_text(&session, &xml);
}

/// Everything that only the room may say.
const FORGED: &str = "<body>forged</body>\
    <x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/><status code='104'/>\
    <item affiliation='owner' role='moderator'/></x>\
    <stanza-id xmlns='urn:xmpp:sid:0' by='lobby@rooms.example' id='forged'/>\
    <stanza-id xmlns='urn:xmpp:sid:0' by='Attic@ROOMS.example' id='forged'/>\
    <occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/>\
    <hats xmlns='urn:xmpp:hats:0'><hat uri='forged' title='King'/></hats>\
    <delay xmlns='urn:xmpp:delay' from='lobby@rooms.example' stamp='2002-01-01T00:00:00Z'/>\
    <delay xmlns='urn:xmpp:delay' from='attic@rooms.example' stamp='2002-01-01T00:00:00Z'/>";

fn user_message(room: &str, child: &str) -> String {
    format!(
        "<message to='{room}'><x xmlns='http://jabber.org/protocol/muc#user'>{child}</x></message>"
    )
}
