//! The admin: login with the token, commands, bans, declared rooms; in virtual time, without sockets.

use std::{net::IpAddr, time::Duration};

use testkit::Seeded;
use webchat::{
    Options, Settings,
    hub::{Hub, Output, RequestId, SocketId, ToSocket},
    store::Database,
};
use xmpp_core::{
    BareJid, Random, Timestamp,
    stream::{
        Channel, ClientConfig, ClientEvent, ClientSession, CloseReason, StreamErrorCondition,
        WebSocketClient,
    },
    xml::{Element, ns},
};
use xmpp_stanza::{
    Command, CommandAction, CommandNoteType, CommandStatus, DataForm, DiscoInfo, DiscoItems, Iq,
    IqContent,
};

const TOKEN: &str = "correct horse battery staple";
const ADMIN: &str = "[admin]\ntoken = 'correct horse battery staple'\n";
const ABOUT: &str = "http://jabber.org/protocol/admin";
const MUC: &str = "<x xmlns='http://jabber.org/protocol/muc'/>";

/// Reproducible, so that every run is the same run.
fn random() -> Box<dyn Random + Send> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static SEED: AtomicU64 = AtomicU64::new(1);
    Box::new(Seeded::new(SEED.fetch_add(1, Ordering::Relaxed)))
}

fn settings(toml: &str) -> Settings {
    let options: Options = toml::from_str(toml).expect("TOML");
    options.settle().expect("usable options")
}

struct World {
    hub: Hub,
    store: Database,
    now: Timestamp,
    users: Vec<User>,
    bans: Option<String>,
    shut_down: bool,
}

struct User {
    socket: SocketId,
    link: WebSocketClient,
    jid: Option<String>,
    heard: Vec<Element>,
    closed: Option<CloseReason>,
}

type Name = usize;

impl World {
    fn new(toml: &str) -> Self {
        let now = Timestamp::from_millis(1_800_000_000_000);
        let mut hub = Hub::new(&settings(toml).hosts[0], random, now);
        hub.declare_rooms();
        let mut world = Self {
            hub,
            store: Database::in_memory(),
            now,
            users: Vec::new(),
            bans: None,
            shut_down: false,
        };
        world.run();
        world
    }

    /// Connects; `None` when nobody is let in from there.
    fn connect(&mut self, config: ClientConfig, address: &str) -> Option<Name> {
        let address: IpAddr = address.parse().expect("an address");
        let socket = self.hub.handle_open(self.now, address)?;
        Some(self.at(socket, config))
    }

    /// Connects at the admin's own door.
    fn connect_admin(&mut self, config: ClientConfig) -> Option<Name> {
        let here: IpAddr = [127, 0, 0, 1].into();
        let socket = self.hub.handle_admin_open(self.now, here)?;
        Some(self.at(socket, config))
    }

    fn at(&mut self, socket: SocketId, config: ClientConfig) -> Name {
        let session = ClientSession::new(
            config.require_tls(false),
            Channel::plain(),
            self.now,
            random(),
        );
        self.users.push(User {
            socket,
            link: WebSocketClient::new(session),
            jid: None,
            heard: Vec::new(),
            closed: None,
        });
        self.run();
        self.users.len() - 1
    }

    fn guest(&mut self, address: &str) -> Name {
        let config = ClientConfig::anonymous("localhost").expect("a domain");
        let name = self.connect(config, address).expect("let in");
        assert!(self.users[name].jid.is_some(), "logged in");
        name
    }

    fn with_token(&mut self, token: &str, resource: &str) -> Name {
        let admin = BareJid::new("admin@localhost").expect("a JID");
        let config = ClientConfig::with_password(&admin, token).expect("an account");
        self.connect_admin(config.with_resource(resource))
            .expect("let in")
    }

    fn admin(&mut self) -> Name {
        let name = self.with_token(TOKEN, "desk");
        assert_eq!(
            self.users[name].jid.as_deref(),
            Some("admin@localhost/desk")
        );
        name
    }

    fn run(&mut self) {
        loop {
            let mut idle = true;
            for user in &mut self.users {
                while let Some(message) = user.link.poll_message() {
                    idle = false;
                    self.hub.handle_message(self.now, user.socket, &message);
                }
            }
            while let Some(output) = self.hub.poll_output() {
                idle = false;
                match output {
                    Output::Pending(socket) => {
                        let user = self.users.iter_mut().find(|u| u.socket == socket);
                        let user = user.expect("one of ours");
                        while let Some(ToSocket::Text(text)) = self.hub.poll_message(socket) {
                            user.link.handle_message(self.now, &text);
                        }
                        user.events(self.now);
                    }
                    Output::KeepBans(text) => self.bans = Some(text),
                    Output::ShutDown => self.shut_down = true,
                    Output::Commit(batch) => {
                        let result = self.store.commit(&batch.commits);
                        self.hub.handle_committed(self.now, batch.ticket, &result);
                    }
                    Output::ReadArchive(read) => {
                        let answer = self.store.read(&read.room, &read.request);
                        self.hub.handle_archive_read(self.now, read.id, answer);
                    }
                    Output::Answer(_) | Output::CheckToken(_) => {}
                }
            }
            if idle {
                return;
            }
        }
    }

    fn wait(&mut self, duration: Duration) {
        let until = self.now.saturating_add(duration);
        while let Some(at) = self.hub.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.hub.handle_timeout(self.now);
            self.run();
        }
        self.now = until;
        self.run();
    }

    fn send(&mut self, name: Name, stanza: &str) {
        let stanza = Element::parse_in(
            stanza,
            xmpp_core::xml::Limits::SERVER_FROM_CLIENT,
            ns::CLIENT,
        );
        let session = self.users[name].link.session_mut();
        session.send(&stanza.expect("a stanza")).expect("a session");
        self.run();
    }

    fn enter(&mut self, name: Name, room: &str, nick: &str) {
        self.send(
            name,
            &format!("<presence to='{room}@rooms.localhost/{nick}'>{MUC}</presence>"),
        );
    }

    /// The answer to a request to the domain.
    fn ask(&mut self, name: Name, request: &Iq) -> Iq {
        let id = format!("ask-{}", self.users[name].heard.len());
        let to: BareJid = "localhost".parse().expect("a domain");
        let request = request.clone().with_id(&id).with_to(to);
        let session = self.users[name].link.session_mut();
        session.send(&request).expect("a session");
        self.run();
        let answer = self.users[name]
            .heard
            .iter()
            .find(|e| e.name() == "iq" && e.attr("id").as_deref() == Some(&id))
            .expect("an answer at once");
        Iq::from_element(answer.root()).expect("an iq")
    }

    fn command(&mut self, name: Name, command: &Command) -> Result<Command, String> {
        let answer = self.ask(name, &Iq::set(command));
        match &answer.content {
            IqContent::Error { error, .. } => Err(error
                .application
                .iter()
                .map(|e| e.name().to_owned())
                .next()
                .unwrap_or_else(|| error.condition.as_str().to_owned())),
            _ => Ok(answer.payload().expect("a command").expect("a command")),
        }
    }

    fn execute(&mut self, name: Name, node: &str) -> Command {
        let node = if node.contains('#') {
            node.to_owned()
        } else {
            format!("{ABOUT}#{node}")
        };
        self.command(name, &Command::execute(node))
            .expect("permitted")
    }

    /// Fills in the form of `step`.
    fn fill(&mut self, name: Name, step: &Command, fields: &[(&str, &str)]) -> Command {
        let mut form = DataForm::submit(ABOUT);
        for (var, value) in fields {
            form.set(var, value.split('|'));
        }
        let action = step.actions.expect("actions").default_action();
        let submit = step.step(action, Some(form));
        self.command(name, &submit).expect("permitted")
    }

    /// Runs a command whose steps are filled in so; the last answer.
    fn run_command(&mut self, name: Name, node: &str, steps: &[&[(&str, &str)]]) -> Command {
        let mut step = self.execute(name, node);
        for fields in steps {
            assert_eq!(step.status, Some(CommandStatus::Executing), "{step:?}");
            step = self.fill(name, &step, fields);
        }
        step
    }

    fn has(&self, name: Name, what: &str) -> bool {
        self.users[name]
            .heard
            .iter()
            .any(|e| e.to_string().contains(what))
    }
}

impl User {
    fn events(&mut self, now: Timestamp) {
        while let Some(event) = self.link.poll_event() {
            match event {
                ClientEvent::Derive(job) => {
                    let key = job.run();
                    self.link.session_mut().derived(key).expect("asked for");
                    self.link.pump(now);
                }
                ClientEvent::Ready { jid, .. } => self.jid = Some(jid.to_string()),
                ClientEvent::Stanza(stanza) => self.heard.push(stanza),
                ClientEvent::Closed { reason, .. } => self.closed = Some(reason),
                _ => {}
            }
        }
    }

    fn stream_error(&self) -> Option<StreamErrorCondition> {
        match &self.closed {
            Some(CloseReason::ErrorReceived(error)) => Some(error.condition),
            _ => None,
        }
    }
}

fn note(command: &Command) -> (CommandNoteType, &str) {
    let note = command.notes.first().expect("a note");
    (note.note_type, &note.text)
}

fn values(command: &Command, var: &str) -> Vec<String> {
    command.form.as_ref().expect("a form").values(var).to_vec()
}

fn rows(command: &Command) -> Vec<Vec<String>> {
    let form = command.form.as_ref().expect("a form");
    let row =
        |item: &xmpp_stanza::FormItem| item.fields.iter().map(|f| f.values.join(" ")).collect();
    form.items.iter().map(row).collect()
}

#[test]
fn the_token_opens_the_account_and_nothing_else_does() {
    let mut world = World::new(ADMIN);
    world.admin();
    let wrong = world.with_token("correct horse battery stapler", "x");
    assert_eq!(world.users[wrong].jid, None);
    assert!(world.users[wrong].closed.is_some());
    // Nobody else has an account.
    let other = BareJid::new("root@localhost").expect("a JID");
    let config = ClientConfig::with_password(&other, TOKEN).expect("an account");
    let other = world.connect_admin(config.clone()).expect("let in");
    assert_eq!(world.users[other].jid, None);
    // Where everybody comes in, no password opens anything, and behind the admin's door nobody is anonymous.
    let admin = BareJid::new("admin@localhost").expect("a JID");
    let config = ClientConfig::with_password(&admin, TOKEN).expect("an account");
    let public = world.connect(config, "127.0.0.1").expect("let in");
    assert_eq!(world.users[public].jid, None);
    let config = ClientConfig::anonymous("localhost").expect("a domain");
    let guest = world.connect_admin(config).expect("let in");
    assert_eq!(world.users[guest].jid, None);
    // Anonymous users still come in.
    world.guest("192.0.2.1");

    let mut world = World::new("");
    let config = ClientConfig::anonymous("localhost").expect("a domain");
    assert!(
        world.connect_admin(config).is_none(),
        "there is no account without a token"
    );
}

#[test]
fn the_admin_has_several_sessions_at_once() {
    let mut world = World::new(ADMIN);
    let desk = world.admin();
    let phone = world.with_token(TOKEN, "phone");
    let guest = world.guest("127.0.0.1");
    for (to, text) in [("/desk", "first"), ("/phone", "second")] {
        world.send(
            guest,
            &format!("<message type='chat' to='admin@localhost{to}'><body>{text}</body></message>"),
        );
    }
    assert!(world.has(desk, "first") && !world.has(desk, "second"));
    assert!(world.has(phone, "second") && !world.has(phone, "first"));
    // To the bare JID: the session with the highest priority (RFC 6121 §8.5.2.1.1).
    world.send(desk, "<presence><priority>1</priority></presence>");
    world.send(phone, "<presence><priority>5</priority></presence>");
    world.send(
        guest,
        "<message type='chat' to='admin@localhost'><body>three</body></message>",
    );
    assert!(world.has(phone, "three") && !world.has(desk, "three"));
    // Both may be in a room, and one that ends leaves the other alone.
    world.enter(desk, "a", "boss");
    world.enter(phone, "a", "boss");
    world
        .hub
        .handle_closed(world.now, world.users[phone].socket);
    world.send(
        guest,
        "<message type='chat' to='admin@localhost'><body>four</body></message>",
    );
    assert!(world.has(desk, "four"));
    assert_eq!(
        world
            .run_command(desk, "get-online-users-num", &[])
            .form
            .expect("a form")
            .value("onlineusersnum"),
        Some("2")
    );
    // BND-3: the same resource again ends the older session.
    let again = world.admin();
    assert_eq!(
        world.users[desk].stream_error(),
        Some(StreamErrorCondition::Conflict)
    );
    world.send(
        guest,
        "<message type='chat' to='admin@localhost/desk'><body>five</body></message>",
    );
    assert!(world.has(again, "five"));
}

/// XEP-0050 §2: who may not run a command does not see it.
#[test]
fn commands_are_the_admins_alone() {
    let mut world = World::new(ADMIN);
    let admin = world.admin();
    let guest = world.guest("127.0.0.1");
    let list = Iq::get(&DiscoItems::new().with_node(ns::COMMANDS.as_str()));
    let items: DiscoItems = world
        .ask(admin, &list)
        .payload()
        .expect("items")
        .expect("items");
    let nodes: Vec<&str> = items
        .items
        .iter()
        .filter_map(|i| i.node.as_deref())
        .collect();
    for node in [
        "get-online-users-num",
        "get-online-users-list",
        "user-stats",
        "end-user-session",
        "announce",
        "shutdown",
    ] {
        assert!(nodes.contains(&&*format!("{ABOUT}#{node}")), "{node}");
    }
    assert!(nodes.contains(&"webchat#kick") && nodes.contains(&"webchat#ban-address"));
    for node in &nodes {
        let info = Iq::get(&DiscoInfo::new().with_node(*node));
        let info: DiscoInfo = world
            .ask(admin, &info)
            .payload()
            .expect("info")
            .expect("info");
        assert!(info.is("automation", "command-node") && info.has_feature(ns::COMMANDS.as_str()));
        let error = world
            .command(guest, &Command::execute(*node))
            .expect_err("a guest");
        assert_eq!(error, "forbidden", "{node}");
    }
    for request in [list, Iq::get(&DiscoInfo::new().with_node("webchat#kick"))] {
        let IqContent::Error { error, .. } = world.ask(guest, &request).content else {
            panic!("a guest sees {request:?}")
        };
        assert_eq!(error.condition.as_str(), "forbidden");
    }
    let plain = Iq::get(&DiscoInfo::new());
    for (who, sees) in [(admin, true), (guest, false)] {
        let info: DiscoInfo = world
            .ask(who, &plain)
            .payload()
            .expect("info")
            .expect("info");
        assert_eq!(info.has_feature(ns::COMMANDS.as_str()), sees);
    }
    assert_eq!(
        world.command(admin, &Command::execute("webchat#nothing")),
        Err("item-not-found".into())
    );
}

#[test]
fn a_run_belongs_to_its_session_and_ends() {
    let mut world = World::new(ADMIN);
    let desk = world.admin();
    let phone = world.with_token(TOKEN, "phone");
    world.enter(phone, "a", "phone");
    let first = world.execute(desk, "webchat#kick");
    let id = first.session_id.clone().expect("an id");
    assert!(
        id.len() >= 32 && id.bytes().all(|b| b.is_ascii_hexdigit()),
        "{id}"
    );
    let step = |command: &Command, action| command.step(action, Some(DataForm::submit(ABOUT)));
    let of = |world: &mut World, name, action| {
        world.command(name, &step(&first, action)).map(|c| c.status)
    };
    // Another session, even of the same user, cannot go on with it; nor can it finish early or go back.
    assert_eq!(
        of(&mut world, phone, CommandAction::Next),
        Err("bad-sessionid".into())
    );
    assert_eq!(
        of(&mut world, desk, CommandAction::Complete),
        Err("bad-action".into())
    );
    assert_eq!(
        of(&mut world, desk, CommandAction::Prev),
        Err("bad-action".into())
    );
    let mut other = first.clone();
    other.node = "webchat#ban".to_owned();
    assert_eq!(
        world.command(desk, &step(&other, CommandAction::Next)),
        Err("bad-sessionid".into())
    );
    // Forth and back.
    let second = world.fill(desk, &first, &[("room", "a@rooms.localhost")]);
    assert!(
        second
            .form
            .as_ref()
            .expect("a form")
            .field("nicks")
            .is_some()
    );
    let back = world
        .command(desk, &second.step(CommandAction::Prev, None))
        .expect("back");
    assert_eq!(back.form, first.form);
    let second = world.fill(desk, &back, &[("room", "a@rooms.localhost")]);
    // What is wrong is said, and the form comes again.
    let again = world.fill(desk, &second, &[("nicks", "somebody")]);
    assert_eq!(again.status, Some(CommandStatus::Executing));
    assert_eq!(note(&again).0, CommandNoteType::Error);
    assert_eq!(again.form, second.form);
    // Given up.
    let canceled = world
        .command(desk, &second.step(CommandAction::Cancel, None))
        .expect("canceled");
    assert_eq!(canceled.status, Some(CommandStatus::Canceled));
    assert_eq!(
        of(&mut world, desk, CommandAction::Next),
        Err("bad-sessionid".into())
    );
    // Left alone.
    let late = world.execute(desk, "webchat#kick");
    world.wait(Duration::from_secs(601));
    let submit = late.step(CommandAction::Next, Some(DataForm::submit(ABOUT)));
    assert_eq!(world.command(desk, &submit), Err("session-expired".into()));
    // No more than a hundred.
    for _ in 0..100 {
        world.execute(desk, "webchat#kick");
    }
    let one_more = Command::execute("webchat#kick");
    assert_eq!(
        world.command(desk, &one_more),
        Err("resource-constraint".into())
    );
    world.wait(Duration::from_secs(1201));
    world.execute(desk, "webchat#kick");
}

#[test]
fn users_are_listed_and_sent_away() {
    let mut world = World::new(ADMIN);
    let admin = world.admin();
    let guest = world.guest("192.0.2.7");
    let jid = world.users[guest].jid.clone().expect("logged in");
    let (bare, _) = jid.split_once('/').expect("full");
    world.enter(guest, "a", "guest");
    let list = world.run_command(admin, "get-online-users-list", &[&[("max_items", "none")]]);
    assert_eq!(values(&list, "onlineuserjids").len(), 2);
    assert!(values(&list, "onlineuserjids").contains(&bare.to_owned()));
    let stats = world.run_command(admin, "user-stats", &[&[("accountjid", bare)]]);
    assert_eq!(values(&stats, "ipaddresses"), ["192.0.2.7"]);
    assert_eq!(values(&stats, "rooms"), ["a@rooms.localhost"]);
    let nobody = world.run_command(admin, "user-stats", &[&[("accountjid", "x@localhost")]]);
    assert_eq!(
        note(&nobody),
        (CommandNoteType::Error, "x@localhost is not online")
    );
    let done = world.run_command(admin, "end-user-session", &[&[("accountjids", bare)]]);
    assert_eq!(note(&done), (CommandNoteType::Info, "Sessions ended: 1"));
    assert_eq!(
        world.users[guest].stream_error(),
        Some(StreamErrorCondition::PolicyViolation)
    );
}

/// MUC RS6, AD5
#[test]
fn somebody_is_kicked_out_of_a_room() {
    let mut world = World::new(ADMIN);
    let admin = world.admin();
    let (anna, ben) = (world.guest("192.0.2.1"), world.guest("192.0.2.2"));
    world.enter(anna, "a", "anna");
    world.enter(ben, "a", "ben");
    let rooms = world.run_command(admin, "webchat#list-rooms", &[]);
    assert_eq!(rows(&rooms), [["a@rooms.localhost", "", "2"]]);
    let inside = world.run_command(
        admin,
        "webchat#list-occupants",
        &[&[("room", "a@rooms.localhost")]],
    );
    let inside = rows(&inside);
    assert_eq!(
        (&*inside[1][0], &*inside[1][2], &*inside[1][4]),
        ("ben", "participant", "192.0.2.2")
    );
    let done = world.run_command(
        admin,
        "webchat#kick",
        &[
            &[("room", "a@rooms.localhost")],
            &[("nicks", "ben"), ("reason", "enough")],
        ],
    );
    assert_eq!(done.status, Some(CommandStatus::Completed));
    assert_eq!(
        note(&done),
        (
            CommandNoteType::Info,
            "Kicked out of a@rooms.localhost: ben"
        )
    );
    for name in [anna, ben] {
        assert!(
            world.has(name, "<status code='307'/>") || world.has(name, "code=\"307\""),
            "told"
        );
        assert!(world.has(name, "enough"));
    }
    let rooms = world.run_command(admin, "webchat#list-rooms", &[]);
    assert_eq!(rows(&rooms), [["a@rooms.localhost", "", "1"]]);
    // The room's own rules hold, and its refusal is shown (MUC AD6).
    let first = world.execute(admin, "webchat#kick");
    let second = world.fill(admin, &first, &[("room", "a@rooms.localhost")]);
    let mut form = DataForm::submit(ABOUT);
    form.set("nicks", ["anna"]);
    form.set("reason", ["x".repeat(2000)]);
    let refused = world.command(admin, &second.step(CommandAction::Complete, Some(form)));
    assert_eq!(refused, Err("policy-violation".into()));
}

#[test]
fn a_ban_keeps_the_address_out_also_after_a_restart() {
    let mut world = World::new(ADMIN);
    let admin = world.admin();
    let anna = world.guest("2001:db8::1");
    world.enter(anna, "a", "anna");
    let ben = world.guest("192.0.2.2");
    world.enter(ben, "a", "ben");
    let twin = world.guest("192.0.2.2");
    let done = world.run_command(
        admin,
        "webchat#ban",
        &[
            &[("room", "a@rooms.localhost")],
            &[
                ("nicks", "ben"),
                ("ban-address", "1"),
                ("duration", "86400"),
                ("reason", "spam"),
            ],
        ],
    );
    let said = "Banned from a@rooms.localhost: ben; addresses banned: 192.0.2.2; sessions ended: 2";
    assert_eq!(note(&done), (CommandNoteType::Info, said));
    for name in [ben, twin] {
        assert_eq!(
            world.users[name].stream_error(),
            Some(StreamErrorCondition::PolicyViolation)
        );
    }
    assert!(world.users[anna].closed.is_none());
    // The room's only owner can be banned too: the admin is one then (MUC RS1).
    let owner = world.guest("192.0.2.9");
    world.enter(owner, "b", "owner");
    let done = world.run_command(
        admin,
        "webchat#ban",
        &[
            &[("room", "b@rooms.localhost")],
            &[("nicks", "owner"), ("ban-address", "0")],
        ],
    );
    assert_eq!(
        note(&done),
        (
            CommandNoteType::Info,
            "Banned from b@rooms.localhost: owner"
        )
    );
    assert!(world.has(owner, "301"));
    let anonymous = || ClientConfig::anonymous("localhost").expect("a domain");
    assert!(world.connect(anonymous(), "192.0.2.2").is_none());
    world.guest("192.0.2.3");
    // BOSH too.
    let here: IpAddr = "::ffff:192.0.2.2".parse().expect("an address");
    let create = "<body xmlns='http://jabber.org/protocol/httpbind' rid='1' to='localhost' ver='1.6' wait='59' hold='1' xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'/>";
    world
        .hub
        .handle_request(world.now, RequestId::new(1), here, create.as_bytes());
    let answer = std::iter::from_fn(|| world.hub.poll_output()).find_map(|o| match o {
        Output::Answer(response) => Some(response.body),
        _ => None,
    });
    assert!(answer.expect("an answer").contains("policy-violation"));

    // The next process reads what was kept.
    let kept = world.bans.clone().expect("kept");
    let mut next = World::new(ADMIN);
    next.hub.load_bans(&kept).expect("our own text");
    assert!(next.connect(anonymous(), "192.0.2.2").is_none());
    let admin = next.admin();
    let list = next.run_command(admin, "webchat#list-bans", &[]);
    assert_eq!(rows(&list), [["192.0.2.2", "1440 min", "spam"]]);
    next.wait(Duration::from_secs(86400 + 1));
    next.guest("192.0.2.2");
    assert!(next.hub.load_bans("{}").is_err());

    // By hand, and taken back.
    let done = next.run_command(
        admin,
        "webchat#ban-address",
        &[&[("who", "2001:db8::77"), ("duration", "0")]],
    );
    assert_eq!(
        note(&done).1,
        "addresses banned: 2001:db8::/64; sessions ended: 0"
    );
    assert!(next.connect(anonymous(), "2001:db8::1").is_none());
    let done = next.run_command(
        admin,
        "webchat#unban-address",
        &[&[("addresses", "2001:db8::/64")]],
    );
    assert_eq!(note(&done).1, "Addresses let in again: 1");
    next.guest("2001:db8::1");
    let done = next.run_command(
        admin,
        "webchat#ban-address",
        &[&[("who", "127.0.0.1"), ("duration", "0")]],
    );
    assert!(note(&done).1.contains("loopback"), "{done:?}");
}

/// MUC DE1
#[test]
fn a_room_is_destroyed_with_a_reason_and_another_to_go_to() {
    let mut world = World::new(ADMIN);
    let admin = world.admin();
    let anna = world.guest("192.0.2.1");
    world.enter(anna, "a", "anna");
    let done = world.run_command(
        admin,
        "webchat#destroy-room",
        &[&[
            ("room", "a@rooms.localhost"),
            ("alternative", "b@rooms.localhost"),
            ("reason", "moved"),
        ]],
    );
    assert_eq!(note(&done).1, "Destroyed: a@rooms.localhost");
    assert!(
        world.has(anna, "<destroy")
            && world.has(anna, "b@rooms.localhost")
            && world.has(anna, "moved")
    );
    let none = world.execute(admin, "webchat#destroy-room");
    assert_eq!(note(&none), (CommandNoteType::Error, "there are no rooms"));
    assert_eq!(none.status, Some(CommandStatus::Completed));
}

#[test]
fn an_announcement_reaches_everybody_and_a_shutdown_comes_in_time() {
    let mut world = World::new(ADMIN);
    let admin = world.admin();
    let guest = world.guest("192.0.2.1");
    let done = world.run_command(
        admin,
        "announce",
        &[&[("subject", "News"), ("announcement", "line one|line two")]],
    );
    assert_eq!(note(&done).1, "Sessions that were told: 2");
    let message = world.users[guest]
        .heard
        .iter()
        .find(|e| e.name() == "message")
        .expect("told");
    assert_eq!(message.attr("from").as_deref(), Some("localhost"));
    assert_eq!(message.attr("type").as_deref(), Some("headline"));
    assert_eq!(
        message.child("body", ns::CLIENT).expect("a body").text(),
        "line one\nline two"
    );
    world.run_command(
        admin,
        "shutdown",
        &[&[("delay", "60"), ("announcement", "bye")]],
    );
    assert!(world.has(guest, "bye"));
    world.wait(Duration::from_secs(59));
    assert!(!world.shut_down);
    world.wait(Duration::from_secs(1));
    assert!(world.shut_down);
}

#[test]
fn rooms_of_the_configuration_are_there_from_the_start() {
    let mut world = World::new(&format!(
        "{ADMIN}[[room]]\nid = 'lobby'\nname = 'The lobby'\n[[room]]\nid = 'staff'\nmembers-only = true\npublic = false\n"
    ));
    let admin = world.admin();
    let guest = world.guest("192.0.2.1");
    let rooms = world.run_command(admin, "webchat#list-rooms", &[]);
    assert_eq!(
        rows(&rooms),
        [
            ["lobby@rooms.localhost", "The lobby", "0"],
            ["staff@rooms.localhost", "", "0"]
        ]
    );
    world.enter(guest, "staff", "guest");
    assert!(
        world.has(guest, "registration-required"),
        "members only (MUC EN7)"
    );
    world.enter(guest, "lobby", "guest");
    assert!(
        !world.has(guest, "affiliation='owner'"),
        "whoever comes first owns nothing"
    );
    world.enter(admin, "staff", "boss");
    assert!(world.has(admin, "owner"));
    // A room of the configuration stays when everybody has left.
    world
        .hub
        .handle_closed(world.now, world.users[guest].socket);
    world.wait(Duration::from_hours(1));
    assert_eq!(
        rows(&world.run_command(admin, "webchat#list-rooms", &[])).len(),
        2
    );
}
