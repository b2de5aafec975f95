//! Plays a recording to a server of ours.

use std::{collections::HashMap, time::Duration};

use webchat::Server;
use xmpp_core::xml::{Element, ns};

use crate::{
    answers,
    common::{self, server, websocket::Socket},
    recording::{Line, Recording},
};

/// What one request got.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Answer {
    /// Who was asked.
    pub whom: &'static str,
    /// What was asked.
    pub request: String,
    /// What Prosody answered.
    pub prosody: String,
    /// What we answer.
    pub ours: String,
}

/// The recorded domains; of those that hold another, that first.
const DOMAINS: [(&str, &str); 4] = [
    ("anon.lab.test", "localhost"),
    ("rooms.lab.test", "rooms.localhost"),
    ("upload.lab.test", "upload.localhost"),
    // Where users with a password were; ours have none.
    ("lab.test", "localhost"),
];
const ROOM: &str = "lobby@rooms.localhost";
/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(5);

/// The answers to all requests of a recording, in their order.
pub async fn replay(recording: &Recording) -> Vec<Answer> {
    let data = tempfile::tempdir().expect("a folder");
    let data = data.path().to_str().expect("UTF-8");
    // Those who come and go in a recording are many for one address.
    let server = server(&["--data", data]).await;
    let mut stage = Stage {
        recording,
        server,
        actors: HashMap::new(),
        jids: Vec::new(),
        others: HashMap::new(),
        stored: HashMap::new(),
        answers: Vec::new(),
    };
    // The room was there before, or it was not.
    let host = if stage.has_room_before() {
        Some(stage.enter("host").await)
    } else {
        None
    };
    for line in &recording.lines {
        stage.play(line).await;
    }
    drop(host);
    stage.actors.clear();
    stage.others.clear();
    stage.server.stop().await;
    stage.answers
}

struct Stage<'a> {
    recording: &'a Recording,
    server: Server,
    actors: HashMap<usize, Socket>,
    /// Addresses and archive ids that were recorded, and what stands for them now; the longest first.
    jids: Vec<(String, String)>,
    /// Those who are in the room and not in the recording, by their nicks.
    others: HashMap<String, Socket>,
    /// Archive ids by the ids of the messages.
    stored: HashMap<String, String>,
    answers: Vec<Answer>,
}

impl Stage<'_> {
    /// Whether the room answers before anybody in the recording has entered it.
    fn has_room_before(&self) -> bool {
        let lines = self.recording.lines.iter();
        let mut asked = None;
        for line in lines {
            match line {
                Line::Sent(_, stanza)
                    if stanza.starts_with("<presence") && stanza.contains("lobby@") =>
                {
                    return false;
                }
                Line::Sent(session, stanza)
                    if stanza.contains("disco#info") && stanza.contains("lobby@rooms") =>
                {
                    let iq = Element::parse(stanza).expect("a stanza");
                    asked = Some((*session, iq.attr("id").expect("an id").into_owned()));
                }
                Line::Answered(session, id, answer)
                    if asked.as_ref() == Some(&(*session, id.clone())) =>
                {
                    return answer.starts_with("result");
                }
                _ => {}
            }
        }
        false
    }

    async fn play(&mut self, line: &Line) {
        match line {
            Line::Bound(session, recorded) => {
                let ours = self.actor(*session).await.jid.clone();
                assert!(!ours.is_empty(), "{}: not bound", self.recording.name);
                let bare = |jid: &str| jid.split('/').next().unwrap_or_default().to_owned();
                self.jids.push((recorded.clone(), ours.clone()));
                self.jids.push((bare(recorded), bare(&ours)));
                self.jids
                    .sort_by_key(|(recorded, _)| usize::MAX - recorded.len());
            }
            Line::Sent(session, stanza) => self.send(*session, stanza).await,
            Line::Answered(..) => {}
            Line::Ended(session) => leave(self.actors.remove(session)).await,
            Line::Here(nick) => {
                let other = self.enter(nick).await;
                self.others.insert(nick.clone(), other);
            }
            Line::Gone(nick) => leave(self.others.remove(nick)).await,
            Line::Stored(message, archived) => {
                if let Some(ours) = self.stored.get(message) {
                    self.jids.push((archived.clone(), ours.clone()));
                }
            }
        }
    }

    /// Somebody enters the room.
    async fn enter(&self, nick: &str) -> Socket {
        let mut other = Socket::login(self.server.address()).await;
        other
            .send(&format!(
                "<presence xmlns='jabber:client' to='{ROOM}/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>"
            ))
            .await;
        loop {
            let stanza = other.next().await.expect("the room");
            if common::is_subject(&stanza) || common::is_error(&stanza) {
                return other;
            }
        }
    }

    /// The session, logged in as far as the recording does not do that itself.
    async fn actor(&mut self, session: usize) -> &mut Socket {
        if !self.actors.contains_key(&session) {
            let address = self.server.address();
            let binds = self.recording.lines.iter().any(|line| {
                matches!(line, Line::Sent(who, stanza) if *who == session && stanza.contains("xmpp-bind"))
            });
            let actor = if binds {
                Socket::authenticated(address).await
            } else {
                Socket::login(address).await
            };
            self.actors.insert(session, actor);
        }
        self.actors.get_mut(&session).expect("just inserted")
    }

    async fn send(&mut self, session: usize, stanza: &str) {
        let mut ours = stanza.to_owned();
        for (recorded, now) in &self.jids {
            ours = ours.replace(recorded, now);
        }
        for (recorded, now) in DOMAINS {
            ours = ours.replace(recorded, now);
        }
        let recorded = Element::parse(stanza).expect("a stanza");
        let actor = self.actor(session).await;
        actor.send(&ours).await;
        if recorded.name() != "iq" {
            // Whatever comes of it has come before the answer to this.
            let ping = "<iq xmlns='jabber:client' type='get' id='barrier' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>";
            actor.send(ping).await;
            let stored = &mut self.stored;
            answer(
                self.actors.get_mut(&session).expect("it is there"),
                "barrier",
                stored,
            )
            .await;
            return;
        }
        let id = recorded.attr("id").expect("an id").into_owned();
        let stored = &mut self.stored;
        let actor = self.actors.get_mut(&session).expect("it is there");
        let given = answer(actor, &id, stored).await;
        if let Some(bind) = given.as_ref().and_then(|iq| iq.child("bind", ns::BIND)) {
            let jid = bind.child("jid", ns::BIND).expect("a JID");
            actor.jid = jid.text().into_owned();
        }
        let prosody = self.recording.answer(session, &id).expect("an answer");
        let ours = Element::parse(&ours).expect("a stanza");
        let me = self.actors[&session].jid.clone();
        self.answers.push(Answer {
            whom: self.whom(&ours, &me),
            request: answers::request(&recorded),
            prosody: prosody.to_owned(),
            ours: given.map_or_else(|| "none".to_owned(), |iq| answers::describe(&iq)),
        });
    }

    fn whom(&self, iq: &Element, me: &str) -> &'static str {
        let my_bare = me.split('/').next().unwrap_or_default();
        match iq.attr("to").as_deref() {
            None => "own account",
            Some(to) if to == my_bare => "own account",
            Some("localhost") => "domain",
            Some("rooms.localhost") => "rooms",
            Some("upload.localhost") => "upload",
            Some(to) if to.ends_with("@rooms.localhost") => "room",
            Some(to) if to.contains("@rooms.localhost/") => "occupant",
            Some(to) if self.jids.iter().any(|(_, ours)| ours == to) => "user",
            Some(_) => "user of another recording",
        }
    }
}

/// Ends a session in good order.
async fn leave(session: Option<Socket>) {
    if let Some(mut session) = session {
        session
            .send("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>")
            .await;
        while session.next().await.is_some() {}
    }
}

/// The answer to the request `id`. What other requests come meanwhile is answered as a client would.
async fn answer(
    actor: &mut Socket,
    id: &str,
    stored: &mut HashMap<String, String>,
) -> Option<Element> {
    let found = async {
        loop {
            let stanza = actor.next().await.expect("the session is alive");
            if let (Some(stanza_id), Some(id)) =
                (stanza.child("stanza-id", ns::STANZA_ID), stanza.attr("id"))
            {
                let archived = stanza_id.attr("id").unwrap_or_default();
                stored.insert(id.into_owned(), archived.into_owned());
            }
            if !stanza.is("iq", ns::CLIENT) {
                continue;
            }
            let kind = stanza.attr("type").unwrap_or_default().into_owned();
            if matches!(&*kind, "result" | "error") {
                if stanza.attr("id").as_deref() == Some(id) {
                    return stanza;
                }
                continue;
            }
            let iq = xmpp_stanza::Iq::from_element(stanza.root()).expect("an iq");
            let answer = if stanza.child("ping", ns::PING).is_some() {
                iq.result()
            } else {
                iq.error(xmpp_core::StanzaErrorCondition::ServiceUnavailable.into())
            };
            let answer = Element::from_xml(&answer.expect("a request"));
            actor.send(&answer.to_string()).await;
        }
    };
    tokio::time::timeout(PATIENCE, found).await.ok()
}
