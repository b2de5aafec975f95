//! Single sign-on in virtual time, without sockets: what opens the door, over either transport, and what does not.

mod external;
mod world;

use webchat::hub::{Checked, Protection};
use world::{Auth, SECOND, WAYS, Way, World, anonymous, bearer, is, plain, refused, x_oauth2};
use xmpp_core::xml::{Element, ns};

const JULIET: &str = "juliet@localhost";

fn good(subject: &str) -> Checked {
    Checked::Good {
        subject: subject.to_owned(),
    }
}

// ---- what is offered

#[test]
fn tokens_are_taken_where_they_are_configured_and_the_way_is_confidential() {
    let all = ["OAUTHBEARER", "X-OAUTH2", "PLAIN", "ANONYMOUS"];
    for way in WAYS {
        for (protection, wanted) in [
            (Protection::None, &["ANONYMOUS"][..]),
            (Protection::Tls, &all[..]),
            (Protection::ProxyTls, &all[..]),
        ] {
            for mut world in [World::signed(""), World::delegated("")] {
                let name = world.connect(way, protection);
                assert_eq!(world.offered(name), wanted, "{way:?} {protection:?}");
            }
            let mut world = World::new("");
            let name = world.connect(way, protection);
            assert_eq!(world.offered(name), ["ANONYMOUS"], "nothing is configured");
        }
        let mut world = World::signed("");
        let token = world.token(|_| {});
        let name = world.connect(way, Protection::None);
        for auth in [
            plain("juliet", &token),
            bearer(&token),
            x_oauth2("juliet", &token),
        ] {
            world.show(name, &auth);
            assert_eq!(
                world.outcome(name),
                refused("encryption-required"),
                "{auth:?}"
            );
        }
        let mut world = World::new("");
        let name = world.login(way, &bearer(&token));
        assert_eq!(world.outcome(name), refused("invalid-mechanism"));
    }
}

#[test]
fn anonymous_visitors_are_let_in_unless_that_is_turned_off() {
    for way in WAYS {
        let mut open = World::signed("");
        let guest = open.try_login(way, &anonymous());
        assert!(matches!(guest, Some(Ok(_))), "{guest:?}");
        let mut closed = World::signed("anonymous = false");
        assert_eq!(
            closed.try_login(way, &anonymous()),
            refused("invalid-mechanism")
        );
        let token = closed.token(|_| {});
        assert_eq!(closed.try_login(way, &bearer(&token)), is(JULIET));
        let in_clear = closed.connect(way, Protection::None);
        assert_eq!(closed.offered(in_clear), [""; 0]);
    }
}

// ---- signed tokens

#[test]
fn a_signed_token_opens_by_each_mechanism() {
    for way in WAYS {
        let mut world = World::signed("");
        let token = world.token(|_| {});
        for auth in [
            bearer(&token),
            Auth(
                "OAUTHBEARER",
                format!("n,a={JULIET},\u{1}auth=Bearer {token}\u{1}\u{1}"),
            ),
            x_oauth2("juliet", &token),
            // As Strophe.js writes it.
            x_oauth2(JULIET, &token),
            x_oauth2("", &token),
            plain("juliet", &token),
            Auth("PLAIN", format!("{JULIET}\0juliet\0{token}")),
        ] {
            assert_eq!(world.try_login(way, &auth), is(JULIET), "{way:?} {auth:?}");
        }
        let before = world.token(|token| token.key = ("before", 1));
        assert_eq!(
            world.try_login(way, &bearer(&before)),
            is(JULIET),
            "rotation"
        );
    }
}

#[test]
fn a_signed_token_that_is_not_good_is_refused() {
    for way in WAYS {
        let mut world = World::signed("");
        let now = world.now;
        let wrong = "not-authorized";
        let cases = [
            ("its twin", world.token(|_| {}), None),
            (
                "wrong signature",
                world.token(|token| token.key = ("now", 9)),
                Some(wrong),
            ),
            (
                "unknown key",
                world.token(|token| token.key = ("later", 0)),
                Some(wrong),
            ),
            (
                "wrong audience",
                world.token(|token| token.audience = "mail"),
                Some(wrong),
            ),
            (
                "wrong domain",
                world.token(|token| token.domain = "chat.example"),
                Some(wrong),
            ),
            (
                "just expired, by a clock that may be slow",
                world.token(|token| token.expiry = now),
                None,
            ),
            (
                "expired",
                world.token(|token| token.expiry = world::at(now, -31)),
                Some("credentials-expired"),
            ),
            ("not signed", "opaque".to_owned(), Some(wrong)),
            (
                "not signed, in three parts",
                "a.b.c".to_owned(),
                Some(wrong),
            ),
            ("too long", "x".repeat(5_000), Some(wrong)),
        ];
        for (what, token, condition) in cases {
            for auth in [
                bearer(&token),
                x_oauth2("juliet", &token),
                plain("juliet", &token),
            ] {
                let name = world.login(way, &auth);
                let wanted = condition.map_or_else(|| is(JULIET), refused);
                assert_eq!(world.outcome(name), wanted, "{way:?} {what} {}", auth.0);
                let is_told = auth.0 == "OAUTHBEARER" && condition.is_some();
                let told = world
                    .told(name)
                    .is_some_and(|json| json.contains("invalid_token"));
                assert_eq!(told, is_told, "the error comes first: {what} {}", auth.0);
            }
        }
    }
}

#[test]
fn whoever_shows_a_token_is_who_it_is_of() {
    for way in WAYS {
        let mut world = World::signed("");
        let token = world.token(|_| {});
        for (auth, condition) in [
            (plain("romeo", &token), "not-authorized"),
            (x_oauth2("romeo", &token), "invalid-authzid"),
            (
                Auth("PLAIN", format!("romeo@localhost\0juliet\0{token}")),
                "invalid-authzid",
            ),
            (
                Auth(
                    "OAUTHBEARER",
                    format!("n,a=romeo@localhost,\u{1}auth=Bearer {token}\u{1}\u{1}"),
                ),
                "invalid-authzid",
            ),
        ] {
            assert_eq!(world.try_login(way, &auth), refused(condition), "{auth:?}");
        }
        // The name beside it is prepared as any address is.
        let capital = plain("Juliet", &token);
        assert_eq!(world.try_login(way, &capital), is(JULIET));
    }
}

#[test]
fn a_token_that_is_good_once_is_used_up_by_the_login_that_it_opens() {
    for way in WAYS {
        let mut world = World::signed("one-time = true");
        let first = world.token(|token| token.id = Some("1"));
        // Shown by another user it opens nothing, and stays what it was.
        assert_eq!(
            world.try_login(way, &plain("romeo", &first)),
            refused("not-authorized")
        );
        assert_eq!(world.try_login(way, &plain("juliet", &first)), is(JULIET));
        for again in [
            bearer(&first),
            plain("juliet", &first),
            x_oauth2("juliet", &first),
        ] {
            assert_eq!(
                world.try_login(way, &again),
                refused("not-authorized"),
                "{again:?}"
            );
        }
        let second = world.token(|token| token.id = Some("2"));
        assert_eq!(world.try_login(way, &bearer(&second)), is(JULIET));
        let nameless = world.token(|_| {});
        assert_eq!(
            world.try_login(way, &bearer(&nameless)),
            refused("not-authorized")
        );
        // Until it is forgotten it is too old anyway.
        world.wait(91 * SECOND);
        assert_eq!(
            world.try_login(way, &bearer(&first)),
            refused("credentials-expired")
        );
        // Without the option a token is good until it expires.
        let mut world = World::signed("");
        let token = world.token(|token| token.id = Some("1"));
        for _ in 0..2 {
            assert_eq!(world.try_login(way, &bearer(&token)), is(JULIET));
        }
    }
}

#[test]
fn nobody_signs_on_under_a_name_that_stands_for_somebody_else() {
    for way in WAYS {
        for (subject, taken) in [
            ("juliet", true),
            ("administrator", true),
            ("admin", false),
            ("rooms", false),
            ("upload", false),
            // As the server names anonymous users.
            ("1b36516c-87a2-4dd8-b30e-29445f7a95b0", false),
            // One address with `juliet`.
            ("Juliet", false),
            ("juliet capulet", false),
            ("juliet@localhost", false),
        ] {
            let wanted = if taken {
                is(&format!("{subject}@localhost"))
            } else {
                refused("not-authorized")
            };
            let mut world = World::signed("");
            let token = world.token(|token| token.subject = subject);
            assert_eq!(
                world.try_login(way, &bearer(&token)),
                wanted,
                "signed: {subject}"
            );
            let mut world = World::delegated("");
            let name = world.login(way, &bearer("opaque"));
            world.site_says(good(subject));
            assert_eq!(world.outcome(name), wanted, "delegated: {subject}");
        }
    }
}

// ---- delegated tokens

#[test]
fn the_site_says_whose_an_opaque_token_is() {
    for way in WAYS {
        let mut world = World::delegated("");
        for (auth, checked, wanted) in [
            (bearer("opaque"), good("juliet"), is(JULIET)),
            (x_oauth2("juliet", "opaque"), good("juliet"), is(JULIET)),
            (plain("juliet", "opaque"), good("juliet"), is(JULIET)),
            (
                plain("romeo", "opaque"),
                good("juliet"),
                refused("not-authorized"),
            ),
            (
                bearer("opaque"),
                Checked::Refused,
                refused("not-authorized"),
            ),
            (
                x_oauth2("juliet", "opaque"),
                Checked::Refused,
                refused("not-authorized"),
            ),
            (
                plain("juliet", "opaque"),
                Checked::Refused,
                refused("not-authorized"),
            ),
            (
                bearer("opaque"),
                Checked::Unavailable,
                refused("temporary-auth-failure"),
            ),
            (
                x_oauth2("juliet", "opaque"),
                Checked::Unavailable,
                refused("temporary-auth-failure"),
            ),
            (
                plain("juliet", "opaque"),
                Checked::Unavailable,
                refused("temporary-auth-failure"),
            ),
        ] {
            let name = world.login(way, &auth);
            assert_eq!(world.outcome(name), None, "it waits for the site");
            let is_clear = checked == Checked::Refused;
            assert_eq!(world.site_says(checked), "opaque");
            assert_eq!(world.outcome(name), wanted, "{way:?} {auth:?}");
            let told = world
                .told(name)
                .is_some_and(|json| json.contains("invalid_token"));
            assert_eq!(told, is_clear && auth.0 == "OAUTHBEARER", "{auth:?}");
        }
        // Somebody else is served while one waits.
        let waiting = world.login(way, &bearer("opaque"));
        assert!(matches!(world.try_login(way, &anonymous()), Some(Ok(_))));
        world.site_says(good("juliet"));
        assert_eq!(world.outcome(waiting), is(JULIET));
    }
}

#[test]
fn the_site_is_not_asked_about_what_cannot_be_a_token() {
    let mut world = World::delegated("");
    let long = "x".repeat(5_000);
    for auth in [bearer(&long), plain("juliet", &long)] {
        assert_eq!(
            world.try_login(Way::WebSocket, &auth),
            refused("not-authorized")
        );
    }
    assert!(world.asked.is_empty());
    let token = format!("{:?}", {
        world.login(Way::WebSocket, &bearer("secret-token"));
        world.asked.front().expect("asked")
    });
    assert!(!token.contains("secret"), "{token}");
}

#[test]
fn where_both_are_taken_three_parts_are_a_signed_token() {
    let mut world = World::signed("check-url = 'https://www.example.org/check'");
    let token = world.token(|_| {});
    assert_eq!(world.try_login(Way::WebSocket, &bearer(&token)), is(JULIET));
    assert_eq!(
        world.try_login(Way::WebSocket, &bearer("a.b.c")),
        refused("not-authorized")
    );
    assert!(world.asked.is_empty());
    let name = world.login(Way::WebSocket, &bearer("opaque"));
    world.site_says(good("juliet"));
    assert_eq!(world.outcome(name), is(JULIET));
}

#[test]
fn only_so_many_questions_are_under_way() {
    let mut world = World::delegated("");
    let waiting: Vec<_> = (0..64)
        .map(|_| world.login(Way::WebSocket, &bearer("opaque")))
        .collect();
    assert_eq!(world.asked.len(), 64);
    let one_more = world.login(Way::WebSocket, &bearer("opaque"));
    assert_eq!(world.outcome(one_more), refused("temporary-auth-failure"));
    assert_eq!(world.asked.len(), 64);
    // A place is free again with the answer, and it may come back on the same stream.
    world.site_says(Checked::Refused);
    assert_eq!(world.outcome(waiting[0]), refused("not-authorized"));
    world.show(one_more, &bearer("opaque"));
    assert_eq!(world.outcome(one_more), None);
    while !world.asked.is_empty() {
        world.site_says(good("juliet"));
    }
    assert_eq!(world.outcome(one_more), is(JULIET));
}

#[test]
fn an_answer_for_a_session_that_is_gone_is_harmless() {
    for way in WAYS {
        let mut world = World::delegated("");
        let gone = world.login(way, &bearer("first"));
        world.hang_up(gone);
        let late = world.login(way, &bearer("second"));
        // The login takes no longer than a minute, whatever the site does.
        world.wait(70 * SECOND);
        let sessions = world.hub.sessions();
        assert_eq!(world.site_says(good("juliet")), "first");
        let question = world.asked.front().expect("asked").id;
        assert_eq!(world.site_says(good("juliet")), "second");
        // Twice is once.
        world
            .hub
            .handle_checked(world.now, question, good("juliet"));
        world.run();
        assert_eq!((world.outcome(gone), world.outcome(late)), (None, None));
        assert_eq!(world.hub.sessions(), sessions);
        assert_eq!(world.hub.stats().users, 0);
        // Whoever comes then is not in anybody's place.
        let name = world.login(way, &bearer("third"));
        world.site_says(good("romeo"));
        assert_eq!(world.outcome(name), is("romeo@localhost"));
    }
}

// ---- who is signed in

#[test]
fn a_user_may_have_several_sessions() {
    let mut world = World::signed("");
    let token = world.token(|_| {});
    let phone = world.login(Way::WebSocket, &bearer(&token));
    let desk = world.login(Way::Bosh, &plain("juliet", &token));
    let (one, two) = (world.jid(phone).expect("in"), world.jid(desk).expect("in"));
    assert_ne!(one, two);
    let stats = world.hub.stats();
    assert_eq!(
        (stats.users, stats.bosh_sessions, stats.websocket_sessions),
        (1, 1, 1)
    );
    // What one writes to the other arrives there and nowhere else.
    world.forget(phone);
    world.forget(desk);
    let message = format!(
        "<message xmlns='jabber:client' to='{two}' type='chat'><body>from the phone</body></message>"
    );
    world.write(phone, &message);
    world.write(desk, "");
    let heard = |name| -> usize {
        let heard = world.heard(name).iter();
        heard
            .filter(|e| e.child("body", ns::CLIENT).is_some())
            .count()
    };
    assert_eq!((heard(phone), heard(desk)), (0, 1));
    // The account is no anonymous one.
    world.forget(phone);
    world.write(
        phone,
        "<iq xmlns='jabber:client' type='get' id='d' to='juliet@localhost'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
    );
    let info = world.heard(phone).last().expect("an answer").to_string();
    assert!(info.contains("registered"), "{info}");
}

#[test]
fn what_rooms_keep_of_a_user_of_the_site_lasts() {
    let mut world = World::signed("");
    let token = world.token(|_| {});
    let enter = |world: &mut World, name, nick: &str| {
        world.forget(name);
        let join = format!(
            "<presence xmlns='jabber:client' to='lobby@rooms.localhost/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        );
        world.write(name, &join);
        let own = |e: &&Element| e.to_string().contains("code='110'");
        let own = world.heard(name).iter().find(own).expect("inside");
        let item = own.child("x", ns::MUC_USER).expect("x");
        let item = item.child("item", ns::MUC_USER).expect("an item");
        item.attr("affiliation").expect("one").into_owned()
    };
    let juliet = world.login(Way::WebSocket, &bearer(&token));
    assert_eq!(enter(&mut world, juliet, "juliet"), "owner");
    let guest = world.login(Way::WebSocket, &anonymous());
    assert_eq!(enter(&mut world, guest, "guest"), "none");
    // Of an anonymous owner nothing would be left; this one comes back.
    world.hang_up(juliet);
    let juliet = world.login(Way::WebSocket, &bearer(&token));
    assert_eq!(enter(&mut world, juliet, "juliet"), "owner");
    // The twin: the anonymous guest's room passes on.
    let join = |room: &str, nick: &str| {
        format!(
            "<presence xmlns='jabber:client' to='{room}@rooms.localhost/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
        )
    };
    world.write(guest, &join("other", "guest"));
    world.write(juliet, &join("other", "juliet"));
    world.forget(juliet);
    world.hang_up(guest);
    let heard: String = world
        .heard(juliet)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(heard.contains("affiliation='owner'"), "{heard}");
}
