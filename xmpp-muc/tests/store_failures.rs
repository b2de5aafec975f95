//! What could not be stored did not happen (MUC ET14).

mod support;

use std::collections::VecDeque;

use support::{
    World, real, stanza,
    stored::{DESTROY, lobby, snapshot},
};
use xmpp_muc::Effect;

#[test]
fn et14_a_message_that_could_not_be_stored_was_never_sent() {
    let mut world = lobby();
    world.configure(
        "owner/1",
        &[("slow_mode_duration", "60"), ("changesubject", "1")],
    );
    world.groupchat("owner/1", "<subject>Before</subject>");
    world.store_fails = true;
    for children in ["<body>hi</body>", "<subject>Topic</subject>"] {
        assert_eq!(
            world.groupchat("ben/1", children),
            ["ben/1 < message error wait/internal-server-error"]
        );
    }
    world.store_fails = false;
    world.join_with("eve/1", "eve", "", "");
    let lines = world.to("eve/1");
    assert!(!lines.iter().any(|line| line.contains("hi")), "{lines:?}");
    assert!(
        lines.contains(&"eve/1 < owner! Before @".to_owned()),
        "{lines:?}"
    );
    assert_eq!(
        world.say("ben/1", "hi")[0],
        "store message",
        "its clock has not started"
    );
}

/// A newcomer whose history and subject were written before the store failed gets neither of what was not stored.
#[test]
fn et14_nobody_sees_it_who_came_meanwhile() {
    let mut world = lobby();
    world.groupchat("owner/1", "<subject>Before</subject>");
    let sends = [
        (
            "ben/1",
            "<message to='lobby@rooms.example' type='groupchat'><body>lost</body></message>",
        ),
        (
            "owner/1",
            "<message to='lobby@rooms.example' type='groupchat'><subject>Lost</subject></message>",
        ),
        (
            "eve/1",
            "<presence to='lobby@rooms.example/eve' id='j'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
        ),
    ];
    for (session, xml) in sends {
        let stanza = stanza(xml);
        world.checker.sent(&real(session), &stanza);
        world
            .service
            .handle_stanza(world.now, &real(session), &stanza);
    }
    let mut waiting: VecDeque<Effect> =
        std::iter::from_fn(|| world.service.poll_effect()).collect();
    let mut commits = Vec::new();
    while let Some(Effect::Store(commit)) =
        waiting.pop_front_if(|effect| matches!(effect, Effect::Store(_)))
    {
        commits.push(commit);
    }
    assert_eq!(commits.len(), 2);
    for commit in commits.iter().rev() {
        commit.strip(&mut waiting);
        world.service.handle_store_failed(world.now, commit);
    }
    let mut lines = Vec::new();
    for effect in waiting {
        if let Effect::Send { stanza: sent, to } = &effect
            && support::short(to) == "eve/1"
        {
            lines.push(support::line(&stanza(sent.as_str())));
        }
    }
    assert!(
        lines.contains(&"owner! Before @".to_owned()),
        "exactly one subject: {lines:?}"
    );
    assert!(
        !lines
            .iter()
            .any(|line| line.to_lowercase().contains("lost")),
        "{lines:?}"
    );
}

#[test]
fn et14_what_else_could_not_be_stored_did_not_happen() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    world.configure("owner/1", &[("moderatedroom", "1")]);
    let form = "<query xmlns='http://jabber.org/protocol/muc#owner'/>";
    world.iq("owner/1", "get", "", form);
    let before = serde_json::to_value(snapshot(&world)).expect("JSON");
    let failed = "owner/1 < iq error wait/internal-server-error";
    world.store_fails = true;
    for items in [
        "<item jid='ben@users.example' affiliation='admin'/>",
        "<item jid='x@users.example' affiliation='outcast'/>",
        "<item nick='ben' role='visitor'/><item nick='eve' role='visitor'/>",
        "<item nick='ben' role='moderator'/>",
    ] {
        assert_eq!(world.admin("owner/1", items), [failed], "{items}");
    }
    assert_eq!(
        world.configure(
            "owner/1",
            &[("roomname", "Other"), ("roomadmins", "ben@users.example")]
        ),
        [failed]
    );
    world.store_fails = false;
    let after = serde_json::to_value(snapshot(&world)).expect("JSON");
    assert_eq!(after, before);
    // The roles of those inside are what they were: the checker compares what all know.
    let out = world.join("eve/2", "eve");
    assert!(
        out.iter()
            .any(|line| line.contains("+ben none/participant")),
        "{out:?}"
    );
    assert_eq!(world.say("ben/1", "hi")[0], "store message");
}

#[test]
fn et14_who_was_taken_out_may_come_back() {
    let mut world = lobby();
    world.join("eve/1", "eve");
    world.store_fails = true;
    assert_eq!(
        world.admin(
            "owner/1",
            "<item jid='ben@users.example' affiliation='outcast'/>"
        ),
        [
            "ben/1 < -ben none/none #110,333 jid=ben/1",
            "owner/1 < -ben none/none #333 jid=ben/1",
            "eve/1 < -ben none/none #333",
            "owner/1 < iq error wait/internal-server-error",
        ]
    );
    world.store_fails = false;
    let out = world.join("ben/1", "ben");
    assert!(
        out.iter()
            .any(|line| line.contains("+ben none/participant #110")),
        "{out:?}"
    );
}

#[test]
fn et14_a_room_that_could_not_be_made_or_ended() {
    let mut world = World::with(|service| service.room.persistent = true);
    world.store_fails = true;
    assert_eq!(
        world.join("owner/1", "owner"),
        ["owner/1 < presence error wait/internal-server-error"]
    );
    assert_eq!(world.service.rooms().count(), 0);
    world.store_fails = false;
    world.join("owner/1", "owner");
    world.join("ben/1", "ben");
    let kept = snapshot(&world);
    world.store_fails = true;
    assert_eq!(
        world.iq("owner/1", "set", "", DESTROY),
        [
            "owner/1 < -owner owner/none #110,333 jid=owner/1",
            "ben/1 < -ben none/none #110,333 jid=ben/1",
            "owner/1 < iq error wait/internal-server-error",
        ]
    );
    // Its address is not free, until the host brings it back.
    assert_eq!(
        world.join("eve/1", "eve"),
        ["eve/1 < presence error wait/internal-server-error"]
    );
    world.store_fails = false;
    world
        .service
        .restore_room(world.now, kept, Vec::new())
        .expect("a room");
    let out = world.join("owner/1", "owner");
    assert!(
        out.iter()
            .any(|line| line.contains("+owner owner/moderator #110")),
        "{out:?}"
    );
}
