//! What a delivery costs the hub alone: rooms, sessions, the connection manager, without sockets and without a store's
//! threads. `cargo bench -p webchat --bench hub -- [OCCUPANTS] [MESSAGES]`; for instructions, run the binary under callgrind
//! with two counts of messages, and take the difference.

use std::{hint::black_box, net::IpAddr, time::Duration};

use clap::Parser as _;
use cpu_time::ThreadTime;
use testkit::Seeded;
use webchat::{
    Options,
    hub::{Hub, Output, RequestId, SocketId, ToSocket},
    store::Database,
};
use xmpp_core::{Random, Timestamp, xml::Element};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
const BIND: &str = "<iq xmlns='jabber:client' type='set' id='b'>\
    <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
const SAID: &str = "<message xmlns='jabber:client' type='groupchat' to='lobby@rooms.localhost' id='m1'>\
    <body>Good evening, everybody; is the meeting still at eight?</body></message>";

fn random() -> Box<dyn Random + Send> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEED: AtomicU64 = AtomicU64::new(1);
    Box::new(Seeded::new(SEED.fetch_add(1, Ordering::Relaxed)))
}

fn presence(nick: usize) -> String {
    format!(
        "<presence xmlns='jabber:client' to='lobby@rooms.localhost/n{nick}'>\
         <x xmlns='http://jabber.org/protocol/muc'/></presence>"
    )
}

struct World {
    hub: Hub,
    store: Database,
    now: Timestamp,
    /// What has come, of each kind.
    answers: Vec<(RequestId, std::sync::Arc<str>)>,
    texts: u64,
}

impl World {
    fn new(occupants: usize) -> Self {
        let line = "webchat --history 0 --data none --archive-off --flood-session-rate 0 --flood-address-rate 0 --flood-room-rate 0 \
            --flood-joins 0 --flood-logins 0 --flood-presences 0 --max-sessions 100000 --max-occupants 100000";
        let settings = Options::parse_from(line.split_whitespace())
            .settle()
            .expect("usable options");
        let now = Timestamp::from_millis(1_800_000_000_000);
        Self {
            hub: Hub::new(&settings.hosts[0], random, now),
            store: Database::in_memory(),
            now,
            answers: Vec::with_capacity(occupants),
            texts: 0,
        }
    }

    fn settle(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            match output {
                Output::Answer(response) => self.answers.push((response.id, response.body)),
                Output::Pending(socket) => {
                    while let Some(ToSocket::Text(text)) = self.hub.poll_message(socket) {
                        black_box(&text);
                        self.texts += 1;
                    }
                }
                Output::Commit(batch) => {
                    let result = self.store.commit(&batch.commits);
                    self.hub.handle_committed(self.now, batch.ticket, &result);
                }
                _ => {}
            }
        }
    }

    fn say(&mut self, socket: SocketId, text: &str) {
        self.now = self.now.saturating_add(Duration::from_millis(1));
        self.hub.handle_message(self.now, socket, text);
        self.settle();
    }
}

/// CPU time of `messages`, for each delivery.
fn over_websocket(occupants: usize, messages: usize) -> Duration {
    const OPEN: &str =
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
    let mut world = World::new(occupants);
    let mut sockets = Vec::new();
    for nick in 0..occupants {
        let socket = world.hub.handle_open(world.now, HERE).expect("let in");
        for text in [OPEN, AUTH, OPEN, BIND, &presence(nick)] {
            world.say(socket, text);
        }
        sockets.push(socket);
    }
    let before = world.texts;
    let start = ThreadTime::now();
    for at in 0..messages {
        world.say(sockets[at % occupants], SAID);
    }
    let spent = start.elapsed();
    let deliveries = world.texts - before;
    assert_eq!(deliveries, (occupants * messages) as u64);
    spent / u32::try_from(deliveries).expect("not so many")
}

/// Users over BOSH, each of whom has a request waiting.
struct Bosh {
    world: World,
    /// The sid and the last rid of each.
    users: Vec<(String, u64)>,
    /// Whose a request is, by its number.
    owners: Vec<usize>,
}

impl Bosh {
    fn post(&mut self, user: usize, body: &str) {
        let id = RequestId::new(self.owners.len() as u64);
        self.owners.push(user);
        let World { hub, now, .. } = &mut self.world;
        hub.handle_request(*now, id, HERE, body.as_bytes());
        self.world.settle();
    }

    fn send(&mut self, user: usize, attributes: &str, payload: &str) {
        let (sid, rid) = &mut self.users[user];
        *rid += 1;
        let body = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{sid}' {attributes}>{payload}</body>"
        );
        self.post(user, &body);
    }

    /// Writes all answers; whoever got a stanza of the room asks again. How many messages there were.
    fn pick_up(&mut self) -> u64 {
        let mut messages = 0;
        while let Some((id, text)) = self.world.answers.pop() {
            let is_message = text.contains("<message");
            messages += u64::from(is_message);
            self.world.hub.handle_written(self.world.now, id);
            self.world.settle();
            if is_message || text.contains("<presence") {
                let user = self.owners[usize::try_from(id.as_u64()).expect("small")];
                self.send(user, "", "");
            }
        }
        messages
    }

    fn log_in(&mut self) {
        const CREATION: &str = "<body xmlns='http://jabber.org/protocol/httpbind' rid='100' to='localhost' ver='1.6' \
            wait='59' hold='1' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>";
        const RESTART: &str = "xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh' to='localhost'";
        let user = self.users.len();
        self.post(user, CREATION);
        let (_, answer) = self.world.answers.first().expect("an answer");
        let answer = Element::parse(answer).expect("a body");
        let sid = answer.attr("sid").expect("a sid").into_owned();
        self.users.push((sid, 100));
        self.pick_up();
        for (attributes, payload) in [("", AUTH), (RESTART, ""), ("", BIND), ("", &presence(user))]
        {
            self.send(user, attributes, payload);
            self.pick_up();
        }
    }
}

/// The same, with a request that waits for each occupant, is answered and followed by another.
fn over_bosh(occupants: usize, messages: usize) -> Duration {
    let mut bosh = Bosh {
        world: World::new(occupants),
        users: Vec::new(),
        owners: Vec::new(),
    };
    for _ in 0..occupants {
        bosh.log_in();
    }
    let start = ThreadTime::now();
    let mut deliveries = 0;
    for at in 0..messages {
        bosh.world.now = bosh.world.now.saturating_add(Duration::from_millis(1));
        bosh.send(at % occupants, "", SAID);
        deliveries += bosh.pick_up();
    }
    let spent = start.elapsed();
    assert_eq!(deliveries, (occupants * messages) as u64);
    spent / u32::try_from(deliveries).expect("not so many")
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse().ok());
    let occupants = numbers.next().unwrap_or(200);
    let messages = numbers.next().unwrap_or(500);
    println!(
        "one room of {occupants}, {messages} messages, CPU time of the hub for each delivery:"
    );
    println!("WebSocket  {:>8.2?}", over_websocket(occupants, messages));
    println!("BOSH       {:>8.2?}", over_bosh(occupants, messages));
}
