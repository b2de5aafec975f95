//! People meet in a room, over both transports.

mod common;

use common::{
    TRANSPORTS, Transport, User, body, bosh::Bosh, condition, is_error, is_subject, server, soon,
    status_codes,
};
use xmpp_core::xml::ns;

const ROOM: &str = "lobby@rooms.localhost";

/// MUC EN1 and following: others, oneself with 110, subject.
#[tokio::test]
async fn two_people_meet_whatever_they_come_over() {
    for mine in TRANSPORTS {
        for yours in TRANSPORTS {
            let server = server(&[]).await;
            let mut anna = User::login(server.address(), mine).await;
            let mut ben = User::login(server.address(), yours).await;
            assert_ne!(anna.jid(), ben.jid());

            let entered = anna.join("lobby", "anna").await;
            let me = entered
                .iter()
                .find(|s| s.is("presence", ns::CLIENT))
                .expect("myself");
            assert!(status_codes(me).contains(&"110".to_owned()), "{me}");
            assert!(status_codes(me).contains(&"201".to_owned()), "{me}");

            let entered = ben.join("lobby", "ben").await;
            let names: Vec<_> = entered
                .iter()
                .filter(|s| s.is("presence", ns::CLIENT))
                .map(|s| s.attr("from").expect("from").into_owned())
                .collect();
            assert_eq!(names, [format!("{ROOM}/anna"), format!("{ROOM}/ben")]);
            assert!(is_subject(entered.last().expect("a subject")));
            anna.find("ben enters", |s| {
                s.attr("from").as_deref() == Some("lobby@rooms.localhost/ben")
            })
            .await;

            // Both hear what is said, the speaker too (reflection).
            ben.say("lobby", "hello anna", "m1").await;
            let hello = (format!("{ROOM}/ben"), "hello anna".to_owned());
            assert_eq!(anna.hears().await, hello);
            let reflected = ben.find("the reflection", |s| body(s).is_some()).await;
            assert_eq!(
                reflected.attr("id").as_deref(),
                Some("m1"),
                "{mine:?} {yours:?}"
            );
            anna.say("lobby", "a &lt; b &amp; c", "m2").await;
            let text = (format!("{ROOM}/anna"), "a < b & c".to_owned());
            assert_eq!(ben.hears().await, text);
            assert_eq!(anna.hears().await, text);
        }
    }
}

/// MUC HI1 and following
#[tokio::test]
async fn who_comes_later_reads_what_was_said() {
    for transport in TRANSPORTS {
        let server = server(&["--history", "3"]).await;
        let mut anna = User::login(server.address(), transport).await;
        anna.join("lobby", "anna").await;
        for n in 1..=5 {
            anna.say("lobby", &format!("line {n}"), &format!("m{n}"))
                .await;
            anna.hears().await;
        }
        let mut ben = User::login(server.address(), transport).await;
        let entered = ben.join("lobby", "ben").await;
        let history: Vec<_> = entered.iter().filter_map(body).collect();
        assert_eq!(history, ["line 3", "line 4", "line 5"]);
        let delayed = entered
            .iter()
            .filter(|s| s.child("delay", ns::DELAY).is_some());
        assert_eq!(delayed.count(), 3);
    }
}

#[tokio::test]
async fn a_nick_that_is_taken_is_refused() {
    for transport in TRANSPORTS {
        let server = server(&[]).await;
        let mut anna = User::login(server.address(), transport).await;
        let mut other = User::login(server.address(), transport).await;
        anna.join("lobby", "anna").await;
        let refused = other.join("lobby", "anna").await;
        let refused = refused.last().expect("an answer");
        assert!(is_error(refused));
        assert_eq!(condition(refused).as_deref(), Some("conflict"));
        assert!(is_subject(
            other
                .join("lobby", "anna2")
                .await
                .last()
                .expect("a subject")
        ));
    }
}

/// BOSH, point 6 and section 17: nothing a client asks stays without an answer.
#[tokio::test]
async fn every_iq_is_answered() {
    const QUERIES: [&str; 16] = [
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
        "<query xmlns='http://jabber.org/protocol/disco#items'/>",
        "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>",
        "<ping xmlns='urn:xmpp:ping'/>",
        "<query xmlns='jabber:iq:roster'/>",
        "<vCard xmlns='vcard-temp'/>",
        "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'/></pubsub>",
        "<blocklist xmlns='urn:xmpp:blocking'/>",
        "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'/></query>",
        "<query xmlns='jabber:iq:register'/>",
        "<query xmlns='urn:xmpp:mam:2'/>",
        "<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='member'/></query>",
        "<query xmlns='http://jabber.org/protocol/muc#owner'/>",
        "<enable xmlns='urn:xmpp:carbons:2'/>",
        "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>",
        "<nothing xmlns='urn:example:known-to-nobody'/>",
    ];
    for transport in TRANSPORTS {
        let server = server(&[]).await;
        let mut anna = User::login(server.address(), transport).await;
        anna.join("lobby", "anna").await;
        let jid = anna.jid().to_owned();
        let bare = jid.split_once('/').expect("a full JID").0.to_owned();
        let targets = [
            "",
            "localhost",
            "rooms.localhost",
            "upload.localhost",
            ROOM,
            "lobby@rooms.localhost/anna",
            "lobby@rooms.localhost/nobody",
            "absent@rooms.localhost",
            &bare,
            "nobody@localhost",
            "nobody@localhost/nothing",
            "elsewhere.example",
            "a@elsewhere.example/b",
            "@@",
            "localhost/resource",
        ];
        for to in targets {
            for (n, query) in QUERIES.iter().enumerate() {
                for iq_type in ["get", "set"] {
                    let id = format!("{iq_type}{n}");
                    let address = if to.is_empty() {
                        String::new()
                    } else {
                        format!(" to='{to}'")
                    };
                    anna.send(&format!(
                        "<iq type='{iq_type}' id='{id}'{address}>{query}</iq>"
                    ))
                    .await;
                    let answer = loop {
                        let stanza = anna.next().await;
                        let request = stanza
                            .attr("type")
                            .is_some_and(|t| t == "get" || t == "set");
                        if !request {
                            assert_eq!(stanza.attr("id").as_deref(), Some(&*id), "{stanza}");
                            break stanza;
                        }
                        // What a room or the router sent on to ourselves.
                        let (from, id) = (stanza.attr("from"), stanza.attr("id"));
                        let (from, id) = (from.expect("from"), id.expect("id"));
                        anna.send(&format!("<iq type='result' id='{id}' to='{from}'/>"))
                            .await;
                    };
                    let answer_type = answer.attr("type").expect("a type").into_owned();
                    assert!(["result", "error"].contains(&&*answer_type), "{answer}");
                    if answer_type == "error" {
                        assert!(condition(&answer).is_some(), "{answer}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn anonymous_users_can_write_to_each_other() {
    let server = server(&[]).await;
    let mut anna = User::login(server.address(), Transport::Bosh).await;
    let mut ben = User::login(server.address(), Transport::WebSocket).await;
    let message = format!(
        "<message type='chat' id='p1' to='{}'><body>psst</body></message>",
        ben.jid()
    );
    anna.send(&message).await;
    let heard = ben.find("the message", |s| body(s).is_some()).await;
    // STZ-6: the sender is who the server says.
    assert_eq!(heard.attr("from").as_deref(), Some(anna.jid()));
    assert_eq!(heard.attr("to").as_deref(), Some(ben.jid()));
    assert_eq!(body(&heard).as_deref(), Some("psst"));

    // A request to somebody is answered by somebody.
    let ping = format!(
        "<iq type='get' id='q1' to='{}'><ping xmlns='urn:xmpp:ping'/></iq>",
        ben.jid()
    );
    anna.send(&ping).await;
    let asked = ben.find("the request", |s| s.is("iq", ns::CLIENT)).await;
    ben.send(&format!(
        "<iq type='result' id='q1' to='{}'/>",
        asked.attr("from").expect("from")
    ))
    .await;
    let answer = anna.find("the answer", |s| s.is("iq", ns::CLIENT)).await;
    assert_eq!(answer.attr("from").as_deref(), Some(ben.jid()));

    // An answer that nobody waits for goes nowhere (STZ-4).
    ben.send(&format!("<iq type='result' id='q9' to='{}'/>", anna.jid()))
        .await;
    assert!(anna.drain().await.is_empty());

    // DEL-2, DEL-9: to nobody.
    anna.send("<message type='chat' id='p2' to='nobody@localhost/x'><body>hm</body></message>")
        .await;
    let bounced = anna
        .find("the bounce", |s| s.attr("id").as_deref() == Some("p2"))
        .await;
    assert_eq!(condition(&bounced).as_deref(), Some("service-unavailable"));
    // DEL-14: to another server.
    anna.send("<message type='chat' id='p3' to='a@elsewhere.example'><body>hm</body></message>")
        .await;
    let bounced = anna
        .find("the bounce", |s| s.attr("id").as_deref() == Some("p3"))
        .await;
    assert_eq!(
        condition(&bounced).as_deref(),
        Some("remote-server-not-found")
    );

    // STZ-3: who asks somebody that leaves gets an answer all the same.
    let ping = format!(
        "<iq type='get' id='q2' to='{}'><ping xmlns='urn:xmpp:ping'/></iq>",
        ben.jid()
    );
    anna.send(&ping).await;
    ben.find("the request", |s| s.is("iq", ns::CLIENT)).await;
    let gone = ben.jid().to_owned();
    drop(ben);
    let answer = anna.find("the answer", |s| s.is("iq", ns::CLIENT)).await;
    assert_eq!(answer.attr("from").as_deref(), Some(&*gone));
    assert_eq!(condition(&answer).as_deref(), Some("service-unavailable"));
}

/// MUC 17.4: presence to a room goes to it, presence to nobody is kept and answered by nothing.
#[tokio::test]
async fn broadcast_presence_is_accepted_silently() {
    for transport in TRANSPORTS {
        let server = server(&[]).await;
        let mut anna = User::login(server.address(), transport).await;
        anna.send("<presence><priority>0</priority></presence>")
            .await;
        anna.send("<presence type='subscribe' to='nobody@localhost'/>")
            .await;
        assert!(anna.drain().await.is_empty());
    }
}

/// BOSH 9.11: a held request dies, something is said meanwhile, the page goes on with the next rid.
#[tokio::test]
async fn a_bosh_session_survives_a_reload_and_loses_nothing() {
    let server = server(&[]).await;
    let mut anna = Bosh::login(server.address()).await;
    anna.send("<presence to='lobby@rooms.localhost/anna'><x xmlns='http://jabber.org/protocol/muc'/></presence>").await;
    while !is_subject(&soon("entering", anna.next()).await.expect("a stanza")) {}
    let mut ben = User::login(server.address(), Transport::WebSocket).await;
    ben.join("lobby", "ben").await;
    soon("ben enters", anna.next())
        .await
        .expect("ben's presence");
    // One request is held; the page goes away with it.
    anna.post("", "");
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let (sid, rid) = (anna.sid.clone(), anna.rid);
    anna.drop_connections();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    for n in 1..=3 {
        ben.say("lobby", &format!("line {n}"), &format!("m{n}"))
            .await;
        ben.hears().await;
    }
    let mut anna = User::Bosh(Bosh::attach(server.address(), &sid, rid));
    for n in 1..=3 {
        assert_eq!(anna.hears().await.1, format!("line {n}"));
    }
    // Nobody saw her leave.
    assert!(ben.drain().await.is_empty());
}

/// An anonymous WebSocket cannot come back, so it leaves no ghost.
#[tokio::test]
async fn a_lost_websocket_leaves_the_room_at_once() {
    for transport in TRANSPORTS {
        let server = server(&[]).await;
        let mut anna = User::login(server.address(), Transport::WebSocket).await;
        let mut ben = User::login(server.address(), transport).await;
        anna.join("lobby", "anna").await;
        ben.join("lobby", "ben").await;
        drop(anna);
        let left = ben
            .find("anna leaves", |s| {
                s.attr("type").as_deref() == Some("unavailable")
            })
            .await;
        assert_eq!(
            left.attr("from").as_deref(),
            Some("lobby@rooms.localhost/anna")
        );
        // The nick is free again.
        let mut anna = User::login(server.address(), Transport::WebSocket).await;
        assert!(!is_error(
            anna.join("lobby", "anna").await.last().expect("an answer")
        ));
    }
}

#[tokio::test]
async fn no_more_sessions_than_the_limit() {
    let server = server(&["--max-sessions", "2"]).await;
    let address = server.address();
    let anna = User::login(address, Transport::Bosh).await;
    let _ben = User::login(address, Transport::WebSocket).await;
    let error = common::websocket::Socket::connect(address, &[("sec-websocket-protocol", "xmpp")])
        .await
        .err()
        .expect("one too many");
    assert!(error.to_string().contains("503"), "{error}");
    let creation = "<body xmlns='http://jabber.org/protocol/httpbind' rid='9' to='localhost' ver='1.6' wait='9' hold='1'/>";
    let refused = common::http::post(address, "/http-bind", creation).await;
    assert!(
        refused.body.contains("terminate") && refused.body.contains("policy-violation"),
        "{}",
        refused.body
    );
    drop(anna);
}

/// What an anonymous user tells of itself is there for others as long as its session, from its account and through a
/// room (MUC IQ4).
#[tokio::test]
async fn what_a_user_tells_of_itself_ends_with_its_session() {
    let server = server(&[]).await;
    let mut anna = User::login(server.address(), Transport::WebSocket).await;
    let mut ben = User::login(server.address(), Transport::Bosh).await;
    anna.join("cards", "anna").await;
    ben.join("cards", "ben").await;
    let account = anna.jid().split('/').next().expect("an account").to_owned();
    let addresses = [account.as_str(), "cards@rooms.localhost/anna"];
    for to in addresses {
        assert_eq!(card_of(&mut ben, to).await.as_deref(), Some(""), "{to}");
    }
    anna.send("<iq type='set' id='card'><vCard xmlns='vcard-temp'><FN>Anna</FN></vCard></iq>")
        .await;
    let stored = anna
        .find("the answer", |s| s.attr("id").as_deref() == Some("card"))
        .await;
    assert_eq!(stored.attr("type").as_deref(), Some("result"));
    for to in addresses {
        assert_eq!(card_of(&mut ben, to).await.as_deref(), Some("Anna"), "{to}");
    }
    drop(anna);
    ben.find("her leaving", |s| {
        s.is("presence", ns::CLIENT) && s.attr("type").as_deref() == Some("unavailable")
    })
    .await;
    assert_eq!(card_of(&mut ben, &account).await.as_deref(), Some(""));
    let occupant = card_of(&mut ben, addresses[1]).await;
    assert_eq!(occupant, None, "nobody there");
    server.stop().await;
}

/// The text of a vCard, `None` for an error.
async fn card_of(user: &mut User, to: &str) -> Option<String> {
    let id = format!("card-{}", rand::random::<u64>());
    user.send(&format!(
        "<iq type='get' id='{id}' to='{to}'><vCard xmlns='vcard-temp'/></iq>"
    ))
    .await;
    let answer = user
        .find("a card", |s| s.attr("id").as_deref() == Some(&id))
        .await;
    let card = answer.child("vCard", ns::VCARD_TEMP)?;
    let name = card.child("FN", ns::VCARD_TEMP);
    Some(name.map_or_else(String::new, |name| name.text().into_owned()))
}
