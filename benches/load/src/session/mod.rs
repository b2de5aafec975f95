//! One session: what it does with what the server sends. The transports carry it.

mod alarm;
mod bosh;
mod http;
mod websocket;

use std::{borrow::Cow, sync::Arc};

use example_support::{Clock, secure_random};
use tokio::{sync::mpsc, time::Instant};
use xmpp_core::{
    stream::{Channel, ClientConfig, ClientEvent, ClientSession},
    xml::{Element, ElementRef, WriteXml, Writer, ns},
};

use crate::{
    board::{Board, Event},
    options::Plan,
    room::MessageId,
    target::Transport,
};

/// What a session is told to do.
#[derive(Debug)]
pub(crate) enum Command {
    Join,
    /// Say something, which was due at this time.
    Say(Instant),
    /// Read nothing until further notice.
    Deafen,
    /// Read again.
    Listen,
    /// Leave in good order.
    Leave,
    /// Drop the connections.
    Abandon,
}

/// Where a session sits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) room: u32,
    pub(crate) seat: u32,
    /// How many there will be in the room.
    pub(crate) occupants: u32,
    /// It gets every message, and is held to that.
    pub(crate) counts: bool,
}

/// What all sessions know.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) clock: Clock,
    pub(crate) board: Board,
    /// Tells the rooms and messages of this run from others'.
    pub(crate) run: String,
}

impl World {
    /// The address of a room.
    fn room(&self, room: u32) -> String {
        format!("load-{}-{room}@{}", self.run, self.plan.muc)
    }
}

/// Who sits in a room and talks.
pub(crate) struct Visitor {
    number: u32,
    world: Arc<World>,
    commands: mpsc::UnboundedReceiver<Command>,
    place: Option<Place>,
    room: String,
    /// The room has confirmed that it is in.
    entered: bool,
    joined: bool,
    /// Others and itself, as they came in.
    seen: u32,
    conduct: Conduct,
    /// Why it is over.
    end: Option<String>,
    /// How the transport ended, where it has words for that.
    transport_end: Option<String>,
}

/// What a session does with its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Conduct {
    Reads,
    /// It reads nothing.
    Deaf,
    /// It drops them without a word.
    Abandons,
}

/// Runs a session until it is over.
pub(crate) async fn run(
    world: Arc<World>,
    number: u32,
    place: Option<Place>,
    commands: mpsc::UnboundedReceiver<Command>,
) {
    let room = place
        .map(|place| world.room(place.room))
        .unwrap_or_default();
    let mut visitor = Visitor {
        number,
        world: Arc::clone(&world),
        commands,
        place,
        room,
        entered: false,
        joined: false,
        seen: 0,
        conduct: Conduct::Reads,
        end: None,
        transport_end: None,
    };
    let ended = match visitor.session() {
        Ok(session) => match world.plan.target.transport {
            Transport::Bosh => bosh::run(&mut visitor, session).await,
            Transport::WebSocket => websocket::run(&mut visitor, session).await,
        },
        Err(reason) => Err(reason),
    };
    let reason = match ended {
        Ok(()) => {
            let words = [visitor.end, visitor.transport_end];
            let words: Vec<String> = words.into_iter().flatten().collect();
            if words.is_empty() {
                "closed".to_owned()
            } else {
                words.join(", ")
            }
        }
        Err(reason) => reason,
    };
    let session = number;
    world.board.tell(Event::Ended { session, reason });
}

impl Visitor {
    fn session(&self) -> Result<ClientSession, String> {
        let config = ClientConfig::anonymous(&self.world.plan.domain)
            .map_err(|error| error.to_string())?
            // Nothing is secret here, and TLS is not what is measured.
            .require_tls(false)
            .with_login_timeout(self.world.plan.patience);
        let (channel, now) = (Channel::plain(), self.world.clock.now());
        Ok(ClientSession::new(
            config,
            channel,
            now,
            Box::new(secure_random()),
        ))
    }

    /// The next command; it never comes when nobody commands any more.
    async fn next_command(&mut self) -> Command {
        match self.commands.recv().await {
            Some(command) => command,
            None => Command::Abandon,
        }
    }

    fn obey(&mut self, session: &mut ClientSession, command: Command) {
        match (command, self.place) {
            (Command::Join, Some(place)) => {
                let to = format!("{}/n{}", self.room, place.seat);
                Self::send(
                    session,
                    &format!(
                        "<presence xmlns='jabber:client' to='{to}'><x xmlns='http://jabber.org/protocol/muc'>\
                         <history maxstanzas='0'/></x></presence>"
                    ),
                );
            }
            (Command::Say(due), Some(place)) => {
                let board = &self.world.board;
                let MessageId { seat, number } = board.say(place.room, place.seat, due);
                let mut text = format!("{} {seat} {number} ", self.world.run);
                let padding = self.world.plan.bytes.saturating_sub(text.len());
                text.extend(std::iter::repeat_n('.', padding));
                Self::send(
                    session,
                    &format!(
                        "<message xmlns='jabber:client' type='groupchat' id='{seat}-{number}' to='{}'>\
                         <body>{text}</body></message>",
                        self.room
                    ),
                );
            }
            (Command::Join | Command::Say(_), None) => {}
            (Command::Deafen, _) => self.conduct = Conduct::Deaf,
            (Command::Listen, _) => self.conduct = Conduct::Reads,
            (Command::Leave, _) => {
                self.conduct = Conduct::Reads;
                session.close(self.world.clock.now());
            }
            (Command::Abandon, _) => self.conduct = Conduct::Abandons,
        }
    }

    /// Does nothing but wait for commands while it is not to read.
    async fn be_deaf(&mut self, session: &mut ClientSession) {
        while self.conduct == Conduct::Deaf {
            let command = self.next_command().await;
            self.obey(session, command);
        }
    }

    fn send(session: &mut ClientSession, xml: &str) {
        let element: Element = xml.parse().expect("written here, of checked addresses");
        // An error says that the session is over, which it tells by itself.
        let _ = session.send(&element);
    }

    fn handle(&mut self, session: &mut ClientSession, event: ClientEvent) {
        match event {
            ClientEvent::Ready { .. } => self.world.board.tell(Event::Ready(self.number)),
            ClientEvent::Stanza(stanza) => self.stanza(session, &stanza),
            ClientEvent::Closed {
                reason, condition, ..
            } => {
                self.end.get_or_insert_with(|| match condition {
                    Some(condition) => format!("stream error {}", condition.as_str()),
                    None => format!("{reason:?}"),
                });
            }
            _ => {}
        }
    }

    fn stanza(&mut self, session: &mut ClientSession, stanza: &Element) {
        let from_room = stanza
            .attr("from")
            .is_some_and(|from| self.is_my_room(&from));
        let is_error = stanza.attr("type").as_deref() == Some("error");
        if from_room && is_error {
            self.refused(session, stanza);
        } else if from_room && stanza.is("message", ns::CLIENT) {
            self.message(stanza);
        } else if from_room && stanza.is("presence", ns::CLIENT) {
            self.presence(stanza);
        } else if stanza.is("iq", ns::CLIENT) {
            Self::request(session, stanza);
        }
    }

    fn is_my_room(&self, from: &str) -> bool {
        let rest = from.strip_prefix(&*self.room);
        !self.room.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn message(&mut self, stanza: &Element) {
        let Some(place) = self.place else { return };
        let Some(body) = stanza.child("body", ns::CLIENT) else {
            // The subject is the last thing that a room says to who enters.
            if self.entered && !self.joined && stanza.child("subject", ns::CLIENT).is_some() {
                self.joined = true;
                self.world.board.tell(Event::Joined);
            }
            return;
        };
        // A room may say something of its own, such as that it is not anonymous.
        if place.counts
            && let Some(id) = read(&self.world.run, &body.text())
        {
            self.world.board.hear(place.room, place.seat, id);
        }
    }

    fn presence(&mut self, stanza: &Element) {
        let Some(place) = self.place else { return };
        if stanza.attr("type").is_some() {
            // One in each room is enough to tell.
            if place.seat == 0
                && let Some(seat) = stanza.attr("from").and_then(|from| seat_of(&from))
            {
                self.world.board.left(place.room, seat);
            }
            return;
        }
        self.world.board.presence();
        self.seen += 1;
        // MUC's mark of one's own presence.
        let is_own = |user: ElementRef<'_>| {
            user.children().any(|child| {
                child.is("status", ns::MUC_USER) && child.attr("code").as_deref() == Some("110")
            })
        };
        self.entered |= stanza.child("x", ns::MUC_USER).is_some_and(is_own);
        if self.seen == place.occupants {
            self.world.board.tell(Event::Settled);
        }
    }

    /// The room does not do what was asked: the load would measure something else from here on.
    fn refused(&mut self, session: &mut ClientSession, stanza: &Element) {
        let error = stanza.child("error", ns::CLIENT);
        let condition = error.and_then(|error| error.children().next());
        let condition = condition.map_or("no reason", |condition| condition.name());
        self.end = Some(format!(
            "its room refuses its {}: {condition}",
            stanza.name()
        ));
        session.close(self.world.clock.now());
    }

    /// Whoever asks wants to know that somebody is here.
    fn request(session: &mut ClientSession, stanza: &Element) {
        if stanza.attr("type").as_deref() == Some("get") {
            let (to, id) = (stanza.attr("from"), stanza.attr("id"));
            // An error says that the session is over, which it tells by itself.
            let _ = session.send(&Pong { to, id });
        }
    }
}

struct Pong<'a> {
    to: Option<Cow<'a, str>>,
    id: Option<Cow<'a, str>>,
}

impl WriteXml for Pong<'_> {
    fn write_xml(&self, writer: &mut Writer<'_>) {
        let tag = writer.start("iq", ns::CLIENT);
        writer.attr("type", "result");
        for (name, value) in [("to", &self.to), ("id", &self.id)] {
            if let Some(value) = value {
                writer.attr(name, value);
            }
        }
        writer.end(tag);
    }
}

/// Whose address in a room it is.
fn seat_of(occupant: &str) -> Option<u32> {
    occupant.rsplit_once("/n")?.1.parse().ok()
}

/// Which message a text is, if it is one of this run.
fn read(run: &str, text: &str) -> Option<MessageId> {
    let mut words = text.strip_prefix(run)?.split_ascii_whitespace();
    let seat = words.next()?.parse().ok()?;
    let number = words.next()?.parse().ok()?;
    Some(MessageId { seat, number })
}
