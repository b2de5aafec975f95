//! Logins by certificate (EXTERNAL, XEP-0178): who may, and as whom. What TLS has verified is taken for granted here;
//! `tests/client_certificates.rs` has the handshakes.

use webchat::hub::Protection;
use xmpp_core::Timestamp;

use crate::world::{
    SECOND, WAYS, Way, World, anonymous, bearer, certified, external, is, plain, refused,
};

const JULIET: &str = "juliet@localhost";

/// What a login by a certificate for these addresses comes to.
fn login(world: &mut World, way: Way, addresses: &[&str], authzid: &str) -> crate::world::Outcome {
    let name = world.connect_with(way, addresses, 60 * SECOND);
    world.show(name, &external(authzid));
    world.outcome(name)
}

// ---- what is offered

#[test]
fn external_is_offered_to_who_has_shown_a_certificate_of_a_user_here() {
    for way in WAYS {
        let offered = |world: &mut World, addresses: &[&str]| {
            let name = world.connect_with(way, addresses, 60 * SECOND);
            world.offered(name)
        };
        let both = ["EXTERNAL", "ANONYMOUS"];
        let mut world = World::certified("");
        assert_eq!(offered(&mut world, &[JULIET]), both, "{way:?}");
        assert_eq!(
            offered(&mut world, &["romeo@montague.example", JULIET]),
            both
        );
        for nobody in [
            &[][..],
            &["juliet@montague.example"],
            &["juliet@rooms.localhost"],
            &["localhost"],
        ] {
            assert_eq!(offered(&mut world, nobody), ["ANONYMOUS"], "{nobody:?}");
        }
        for protection in [Protection::None, Protection::Tls, Protection::ProxyTls] {
            let name = world.connect(way, protection);
            assert_eq!(world.offered(name), ["ANONYMOUS"], "{protection:?}");
        }
        let mut nothing_configured = World::new("");
        assert_eq!(offered(&mut nothing_configured, &[JULIET]), ["ANONYMOUS"]);
    }
}

#[test]
fn a_certificate_says_nothing_where_tls_does_not_end_here() {
    for way in WAYS {
        for protection in [Protection::None, Protection::ProxyTls] {
            let mut world = World::certified("");
            let mut peer = certified(&[JULIET], world.now.saturating_add(SECOND));
            peer.protection = protection;
            let name = world.connect_as(way, peer);
            assert_eq!(world.offered(name), ["ANONYMOUS"], "{protection:?}");
            world.show(name, &external(""));
            assert!(
                matches!(world.outcome(name), Some(Err(_))),
                "{protection:?}"
            );
        }
    }
}

#[test]
fn tokens_and_certificates_go_together() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&file, crate::world::KEYS).expect("our own file");
    let path = file.path().display();
    for way in WAYS {
        let mut world = World::certified(&format!(
            "[sign-on]\nkey-file = '{path}'\nanonymous = false\n"
        ));
        let name = world.connect_with(way, &[JULIET], 60 * SECOND);
        let all = ["EXTERNAL", "OAUTHBEARER", "X-OAUTH2", "PLAIN"];
        assert_eq!(world.offered(name), all);
        world.show(name, &external(""));
        assert_eq!(world.outcome(name), is(JULIET));
        // A certificate does not keep anybody from coming in as somebody else by a token.
        let token = world.token(|token| token.subject = "romeo");
        let name = world.connect_with(way, &[JULIET], 60 * SECOND);
        world.show(name, &bearer(&token));
        assert_eq!(world.outcome(name), is("romeo@localhost"));
    }
}

#[test]
fn anonymous_visitors_may_be_shut_out_where_certificates_open() {
    for way in WAYS {
        let mut open = World::certified("");
        let name = open.connect_with(way, &[JULIET], 60 * SECOND);
        open.show(name, &anonymous());
        assert!(matches!(open.outcome(name), Some(Ok(jid)) if jid != JULIET));
        let mut closed = World::certified("[sign-on]\nanonymous = false");
        assert_eq!(
            closed.try_login(way, &anonymous()),
            refused("invalid-mechanism")
        );
        assert_eq!(
            closed.try_login(way, &plain("juliet", "balcony")),
            refused("invalid-mechanism"),
            "nothing is known by which a password could be good"
        );
        assert_eq!(login(&mut closed, way, &[JULIET], ""), is(JULIET));
    }
}

// ---- as whom

#[test]
fn who_has_one_address_need_not_say_it() {
    for way in WAYS {
        let mut world = World::certified("");
        assert_eq!(login(&mut world, way, &[JULIET], ""), is(JULIET));
        assert_eq!(login(&mut world, way, &[JULIET], JULIET), is(JULIET));
        // Two ways to write one address (RFC 7622).
        for (address, authzid) in [("Juliet@LocalHost", ""), (JULIET, "JULIET@localhost")] {
            assert_eq!(login(&mut world, way, &[address], authzid), is(JULIET));
        }
        let elsewhere = ["juliet@montague.example", JULIET];
        assert_eq!(login(&mut world, way, &elsewhere, ""), is(JULIET));
    }
}

#[test]
fn who_has_several_has_to_say_which() {
    let addresses = [JULIET, "nurse@localhost"];
    for way in WAYS {
        let mut world = World::certified("");
        assert_eq!(
            login(&mut world, way, &addresses, ""),
            refused("invalid-authzid")
        );
        for wanted in addresses {
            assert_eq!(login(&mut world, way, &addresses, wanted), is(wanted));
        }
    }
}

#[test]
fn nobody_becomes_somebody_that_the_certificate_does_not_name() {
    for way in WAYS {
        for authzid in [
            "romeo@localhost",
            "juliet@montague.example",
            "admin@localhost",
            "juliet",
            "localhost",
            "@",
        ] {
            let mut world = World::certified("");
            let elsewhere = ["juliet@montague.example", JULIET];
            assert_eq!(
                login(&mut world, way, &elsewhere, authzid),
                refused("invalid-authzid"),
                "{authzid}"
            );
        }
    }
}

#[test]
fn names_of_the_server_and_of_anonymous_users_are_no_names_in_a_certificate() {
    for way in WAYS {
        for name in [
            "admin",
            "rooms",
            "upload",
            "1b36516c-87a2-4dd8-b30e-29445f7a95b0",
        ] {
            let address = format!("{name}@localhost");
            for authzid in ["", &address] {
                let mut world = World::certified("[admin]\ntoken = 'a token for tests: 7f3a90'");
                assert_eq!(
                    login(&mut world, way, &[&address], authzid),
                    refused("not-authorized"),
                    "{name}"
                );
            }
            let mut world = World::certified("");
            let with_juliet = [&*address, JULIET];
            assert_eq!(login(&mut world, way, &with_juliet, JULIET), is(JULIET));
        }
    }
}

#[test]
fn the_admins_door_takes_no_certificate() {
    let mut world = World::certified("[admin]\ntoken = 'a token for tests: 7f3a90'");
    let name = world.connect_admin_with(&["admin@localhost"], 60 * SECOND);
    assert!(
        !world.offered(name).contains(&"EXTERNAL".to_owned()),
        "{:?}",
        world.offered(name)
    );
    world.show(name, &external(""));
    assert_eq!(world.outcome(name), refused("invalid-mechanism"));
}

// ---- until when, and over what

#[test]
fn a_certificate_that_has_ended_on_an_open_connection_names_nobody() {
    for way in WAYS {
        let mut world = World::certified("");
        let until = world.now.saturating_add(60 * SECOND);
        world.wait(60 * SECOND);
        let peer = certified(&[JULIET], until);
        let name = world.connect_as(way, peer.clone());
        world.show(name, &external(""));
        assert_eq!(world.outcome(name), is(JULIET), "its last moment");
        world.wait(SECOND);
        let name = world.connect_as(way, peer);
        assert_eq!(world.offered(name), ["ANONYMOUS"]);
        world.show(name, &external(""));
        assert_eq!(world.outcome(name), refused("invalid-mechanism"));
    }
}

/// Over BOSH every request may come on a connection of its own: that of the first counts.
#[test]
fn a_bosh_session_is_that_of_who_asked_for_it() {
    let romeo = |world: &World| certified(&["romeo@localhost"], until(world));
    let mut world = World::certified("");
    let begun_without = world.connect(Way::Bosh, Protection::Tls);
    world.changes_to(begun_without, romeo(&world));
    world.show(begun_without, &external("romeo@localhost"));
    assert_eq!(world.outcome(begun_without), refused("invalid-mechanism"));

    let begun_with = world.connect_with(Way::Bosh, &[JULIET], 60 * SECOND);
    world.changes_to(begun_with, romeo(&world));
    world.show(begun_with, &external("romeo@localhost"));
    assert_eq!(world.outcome(begun_with), refused("invalid-authzid"));
    world.show(begun_with, &external(""));
    assert_eq!(world.outcome(begun_with), is(JULIET));
}

#[test]
fn who_is_logged_in_becomes_nobody_else() {
    for way in WAYS {
        let mut world = World::certified("");
        let name = world.connect_with(way, &[JULIET, "nurse@localhost"], 60 * SECOND);
        world.show(name, &external(JULIET));
        assert_eq!(world.outcome(name), is(JULIET));
        assert_eq!(world.offered(name), [""; 0], "nothing more to log in by");
        world.show(name, &external("nurse@localhost"));
        assert!(world.jid(name).is_none_or(|jid| jid.starts_with(JULIET)));
        assert!(!world.heard(name).iter().any(|e| e.name() == "success"));
    }
}

fn until(world: &World) -> Timestamp {
    world.now.saturating_add(60 * SECOND)
}
