//! Temporary identities: what ends with their last session, and who owns the room then (MUC FL9, RG10, RS4).

mod support;

use std::time::Duration;

use support::World;
use xmpp_muc::{ServiceConfig, Succession, TemporaryUsers};

const MAX: &str = "max@anon.example/1";
const ZOE: &str = "zoe@anon.example/1";

/// A service whose anonymous users are temporary.
fn world(change: impl FnOnce(&mut ServiceConfig)) -> World {
    World::with(|service| {
        service.temporary.domains.insert("anon.example".to_owned());
        service.linger = Duration::from_mins(5);
        change(service);
    })
}

fn list(world: &mut World, session: &str, affiliation: &str) -> String {
    world.iq(
        session,
        "get",
        "",
        &format!(
            "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='{affiliation}'/></query>"
        ),
    );
    world.first(session).to_string()
}

#[test]
fn fl9_a_temporary_owner_passes_the_room_to_whoever_was_inside_longest() {
    let mut world = world(|_| {});
    world.join(MAX, "max");
    world.join(ZOE, "zoe");
    world.join("ben/1", "ben");
    world.join("eve/1", "eve");
    // Ben came after zoe, but he will be the same tomorrow.
    let out = world.lose(MAX);
    assert_eq!(
        out,
        [
            "zoe@anon.example/1 < -max owner/none",
            "ben/1 < -max owner/none",
            "eve/1 < -max owner/none",
            "store owner ben",
            "store none max@anon.example",
            "ben/1 < +ben owner/moderator #110 jid=ben/1",
            "ben/1 < +zoe none/participant jid=zoe@anon.example/1",
            "ben/1 < +eve none/participant jid=eve/1",
            "zoe@anon.example/1 < +ben owner/moderator",
            "eve/1 < +ben owner/moderator",
            "ben/1 < room says max@anon.example=none",
        ]
    );
    assert!(!list(&mut world, "ben/1", "owner").contains("anon.example"));
    // The next one who leaves is no owner: nothing follows.
    assert_eq!(
        world.lose(ZOE),
        [
            "ben/1 < -zoe none/none jid=zoe@anon.example/1",
            "eve/1 < -zoe none/none"
        ]
    );
}

#[test]
fn fl9_among_temporary_occupants_the_first_inherits() {
    let mut world = world(|_| {});
    world.join(MAX, "max");
    world.join(ZOE, "zoe");
    world.join("leo@anon.example/1", "leo");
    assert!(
        world
            .lose(MAX)
            .contains(&"store owner zoe@anon.example".to_owned())
    );
    assert!(
        world
            .lose(ZOE)
            .contains(&"store owner leo@anon.example".to_owned())
    );
}

#[test]
fn fl9_the_highest_affiliation_inherits_by_that_policy() {
    let mut world = world(|service| {
        service.temporary.succession = Succession::HighestAffiliation;
    });
    world.join(MAX, "max");
    world.join("ben/1", "ben");
    world.join(ZOE, "zoe");
    world.join("eve/1", "eve");
    world.admin(
        MAX,
        "<item jid='zoe@anon.example' affiliation='member'/>\
         <item jid='eve@users.example' affiliation='member'/>",
    );
    assert!(world.lose(MAX).contains(&"store owner eve".to_owned()));
}

#[test]
fn fl9_only_the_end_of_the_last_session_counts() {
    let mut world = world(|_| {});
    world.join(MAX, "max");
    world.join("max@anon.example/2", "max");
    world.join("ben/1", "ben");
    assert_eq!(world.lose(MAX), [""; 0]);
    // A session that has left the room but is still connected counts as well.
    world.leave("max@anon.example/2", "max");
    assert!(list(&mut world, "max@anon.example/2", "owner").contains("max@anon.example"));
    assert_eq!(
        world.lose("max@anon.example/2"),
        [
            "store owner ben",
            "store none max@anon.example",
            "ben/1 < +ben owner/moderator #110 jid=ben/1",
            "ben/1 < room says max@anon.example=none",
        ]
    );
}

#[test]
fn fl9_the_host_may_say_that_an_identity_is_gone() {
    let mut world = world(|_| {});
    world.join("ben/1", "ben");
    world.join(MAX, "max");
    world.join("max@anon.example/2", "max");
    world.admin(
        "ben/1",
        "<item jid='max@anon.example' affiliation='admin'/>",
    );
    let (max, ben) = (support::real(MAX), support::real("ben/1"));
    world
        .service
        .handle_identity_gone(world.now, &ben.to_bare());
    assert_eq!(world.drain(), [""; 0], "ben stays who he is");
    for session in [MAX, "max@anon.example/2"] {
        world.checker.lost(&support::real(session));
    }
    world
        .service
        .handle_identity_gone(world.now, &max.to_bare());
    assert_eq!(
        world.drain(),
        [
            "ben/1 < -max admin/none jid=max@anon.example/2",
            "store none max@anon.example",
            "ben/1 < room says max@anon.example=none",
        ]
    );
}

#[test]
fn rs4_an_empty_room_keeps_its_owner_until_the_next_one_enters() {
    let mut world = world(|_| {});
    world.join(MAX, "max");
    assert_eq!(world.lose(MAX), [""; 0]);
    let out = world.join(ZOE, "max");
    assert_eq!(
        out,
        [
            "store owner zoe@anon.example",
            "store none max@anon.example",
            "zoe@anon.example/1 < +max owner/moderator #110 id=j jid=zoe@anon.example/1",
            "zoe@anon.example/1 < room! ",
        ]
    );
    // With a living owner nothing is inherited.
    world.leave(ZOE, "max");
    let out = world.join("ben/1", "ben");
    assert_eq!(out[0], "ben/1 < +ben none/participant #110 id=j jid=ben/1");
}

#[test]
fn rs4_who_may_not_enter_inherits_nothing() {
    let mut world = world(|service| service.room.members_only = true);
    world.join(MAX, "max");
    world.lose(MAX);
    assert_eq!(
        world.join("ben/1", "ben"),
        ["ben/1 < presence error auth/registration-required"]
    );
    assert_eq!(
        world.join_with("ben/1", "ben", "", &"<status>x</status>".repeat(2000)),
        ["ben/1 < presence error auth/registration-required"]
    );
}

#[test]
fn fl9_an_administrator_on_the_temporary_domain_is_not_temporary() {
    let mut world = world(|service| {
        service
            .administrators
            .insert("root@anon.example".parse().expect("a JID"));
    });
    world.join("root@anon.example/1", "root");
    world.join("ben/1", "ben");
    assert_eq!(
        world.lose("root@anon.example/1"),
        ["ben/1 < -root owner/none"]
    );
    world.join("root@anon.example/2", "root");
    assert!(list(&mut world, "root@anon.example/2", "owner").contains("root@anon.example"));
}

#[test]
fn fl9_nothing_of_a_temporary_identity_stays() {
    let mut world = world(|service| service.room.moderated = true);
    world.join("owner/1", "owner");
    world.join(MAX, "max");
    world.admin(
        "owner/1",
        "<item jid='max@anon.example' affiliation='member' nick='max'/>",
    );
    world.admin("owner/1", "<item nick='max' role='visitor'/>");
    world.join(ZOE, "zoe");
    world.admin("owner/1", "<item nick='zoe' role='participant'/>");
    world.lose(MAX);
    world.lose(ZOE);
    assert!(!list(&mut world, "owner/1", "member").contains("anon.example"));
    // The nick is free, the roles are forgotten.
    assert!(world.join(ZOE, "max").contains(
        &"zoe@anon.example/1 < +max none/visitor #110 id=j jid=zoe@anon.example/1".to_owned()
    ));
}

#[test]
fn fl9_temporary_identities_may_be_barred() {
    let mut barred = world(|service| {
        service.temporary.may_create = false;
        service.temporary.may_invite = false;
    });
    assert_eq!(
        barred.join(MAX, "max"),
        ["max@anon.example/1 < presence error cancel/not-allowed"]
    );
    barred.join("ben/1", "ben");
    barred.join(MAX, "max");
    let invite = "<message to='lobby@rooms.example'><x xmlns='http://jabber.org/protocol/muc#user'>\
                  <invite to='eve@users.example'/></x></message>";
    assert_eq!(
        barred.send(MAX, invite),
        ["max@anon.example/1 < message error cancel/not-allowed"]
    );
    assert_eq!(
        barred.send("ben/1", invite),
        ["eve < room says invite from=lobby@rooms.example/ben"]
    );

    let persist = [("persistentroom", "1")];
    let mut world = world(|_| {});
    world.join(MAX, "max");
    assert_eq!(
        world.configure(MAX, &persist),
        ["max@anon.example/1 < iq error cancel/not-allowed"]
    );
    world.admin(MAX, "<item jid='ben@users.example' affiliation='owner'/>");
    assert_eq!(
        world.configure("ben/1", &persist)[..2],
        ["store config", "ben/1 < iq result"]
    );
    // What is persistent already may be submitted again.
    assert_eq!(
        world.configure(MAX, &persist),
        ["max@anon.example/1 < iq result"]
    );
}

#[test]
fn fl9_rs4_after_a_restart_temporary_users_are_gone() {
    let mut world = world(|_| {});
    world.join(MAX, "max");
    world.admin(
        MAX,
        "<item jid='zoe@anon.example' affiliation='admin' nick='zoe'/>\
         <item jid='ben@users.example' affiliation='member' nick='ben'/>",
    );
    let lobby = "lobby@rooms.example".parse().expect("a JID");
    let snapshot = world.service.snapshot(&lobby).expect("a room");
    let mut after = self::world(|_| {});
    after
        .service
        .restore_room(after.now, snapshot.clone(), Vec::new())
        .expect("restored");
    // Zoe is nobody, her nick is free; the owner's place is taken by whoever comes.
    let out = after.join("eve/1", "zoe");
    assert_eq!(out[..2], ["store owner eve", "store none max@anon.example"]);
    assert!(!list(&mut after, "eve/1", "admin").contains("zoe"));
    assert!(list(&mut after, "eve/1", "member").contains("ben"));
    // A room that moves while max is connected stays his.
    let mut moved = self::world(|_| {});
    moved.send(
        MAX,
        "<iq to='rooms.example' type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>",
    );
    moved
        .service
        .restore_room(moved.now, snapshot, Vec::new())
        .expect("restored");
    assert!(
        moved
            .join("eve/1", "eve")
            .iter()
            .any(|line| line.contains("+eve none"))
    );
    assert!(moved.lose(MAX).contains(&"store owner eve".to_owned()));
}

/// On a domain with accounts only those are temporary who have the name of an anonymous user.
#[test]
fn fl9_users_with_accounts_on_the_temporary_domain_come_back() {
    const GUEST: &str = "1b36516c-87a2-4dd8-b30e-29445f7a95b0@anon.example/1";
    let mut world = world(|service| service.temporary.users = TemporaryUsers::Anonymous);
    world.join(MAX, "max");
    world.join(GUEST, "guest");
    let out = world.lose(MAX);
    assert!(!out.iter().any(|line| line.starts_with("store")), "{out:?}");
    world.join(MAX, "max");
    assert!(list(&mut world, MAX, "owner").contains("max@anon.example"));
    // The twin: the guest's own rights end with it.
    world.iq(
        MAX,
        "set",
        "",
        &format!(
            "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='owner' jid='{}'/></query>",
            GUEST.trim_end_matches("/1")
        ),
    );
    assert!(list(&mut world, MAX, "owner").contains("1b36516c"));
    world.lose(GUEST);
    assert!(!list(&mut world, MAX, "owner").contains("1b36516c"));
}
