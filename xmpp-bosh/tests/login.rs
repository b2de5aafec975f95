//! Both machines with the real sessions behind them: a whole anonymous login, stanzas both ways,
//! both ends.

mod common;

use std::{collections::BTreeMap, sync::Arc};

use testkit::Seeded;
use xmpp_bosh::{
    Client, ClientCloseReason, ClientConfig, ClientEvent, CloseReason, Manager, ManagerConfig,
    ManagerEvent, Sid, TerminalCondition,
};
use xmpp_core::{
    Timestamp,
    stream::{
        BindAnswer, Channel, ClientConfig as SessionConfig, ClientEvent as SessionEvent,
        ClientSession, ServerConfig, ServerEvent, ServerSession, Session, StreamErrorCondition,
    },
    xml::Element,
};

struct Pair {
    now: Timestamp,
    client: Client,
    client_session: ClientSession,
    manager: Manager,
    server_config: Arc<ServerConfig>,
    sessions: BTreeMap<Sid, ServerSession>,
    to_client: Vec<Element>,
    to_server: Vec<Element>,
    client_closed: Option<ClientCloseReason>,
    server_closed: Option<CloseReason>,
    stream_end: Option<StreamErrorCondition>,
    http: u64,
}

impl Pair {
    fn new(domain: &str) -> Self {
        let now = Timestamp::from_millis(1_000_000);
        let config = SessionConfig::anonymous(domain)
            .expect("a domain")
            .require_tls(false);
        let server = ServerConfig::new("localhost").expect("a domain");
        let mut pair = Self {
            now,
            client: Client::new(ClientConfig::default(), Box::new(Seeded::new(1))),
            client_session: ClientSession::new(
                config,
                Channel::plain(),
                now,
                Box::new(Seeded::new(2)),
            ),
            manager: Manager::new(ManagerConfig::default(), Box::new(Seeded::new(3))),
            server_config: Arc::new(server.allow_anonymous().require_tls(false)),
            sessions: BTreeMap::new(),
            to_client: Vec::new(),
            to_server: Vec::new(),
            client_closed: None,
            server_closed: None,
            stream_end: None,
            http: 0,
        };
        pair.run();
        pair
    }

    /// Until nothing moves; HTTP takes no time.
    fn run(&mut self) {
        loop {
            self.client.pump(self.now, &mut self.client_session);
            let mut quiet = self.client_events();
            while let Some(request) = self.client.poll_request() {
                quiet = false;
                self.http += 1;
                self.manager
                    .handle_request(self.now, request.id, request.body.as_bytes());
            }
            quiet &= self.server_events();
            while let Some(response) = self.manager.poll_response() {
                quiet = false;
                self.manager.handle_written(response.id);
                let body = response.body.as_bytes();
                self.client
                    .handle_response(self.now, response.id, response.status, body);
            }
            if quiet {
                return;
            }
        }
    }

    fn client_events(&mut self) -> bool {
        let mut quiet = true;
        while let Some(event) = self.client.poll_event() {
            quiet = false;
            if let ClientEvent::Closed(reason) = event {
                self.client.pump(self.now, &mut self.client_session);
                self.client_session.handle_eof(self.now);
                self.client_closed = Some(reason);
            }
        }
        while let Some(event) = self.client_session.poll_event() {
            quiet = false;
            match event {
                SessionEvent::Stanza(stanza) => self.to_client.push(stanza),
                SessionEvent::Closed { condition, .. } => self.stream_end = condition,
                _ => {}
            }
        }
        quiet
    }

    fn server_events(&mut self) -> bool {
        let mut quiet = true;
        while let Some(event) = self.manager.poll_event() {
            quiet = false;
            match event {
                ManagerEvent::Created { sid, .. } => {
                    let random = Box::new(Seeded::new(4));
                    let config = self.server_config.clone();
                    let session = ServerSession::new(config, Channel::plain(), self.now, random);
                    self.sessions.insert(sid, session);
                }
                ManagerEvent::Closed { sid, reason } => {
                    self.server_closed = Some(reason);
                    if let Some(mut session) = self.sessions.remove(&sid) {
                        session.handle_eof(self.now);
                    }
                }
                _ => {}
            }
        }
        for (sid, session) in &mut self.sessions {
            self.manager.pump(self.now, sid, session);
            while let Some(event) = session.poll_event() {
                quiet = false;
                match event {
                    ServerEvent::Bind { id, .. } => {
                        session.resolve(id, BindAnswer::Accept).expect("it asked");
                    }
                    ServerEvent::Stanza(stanza) => self.to_server.push(stanza),
                    _ => {}
                }
            }
            self.manager.pump(self.now, sid, session);
        }
        quiet
    }

    fn server(&mut self) -> &mut ServerSession {
        self.sessions.values_mut().next().expect("a session")
    }
}

fn stanza(xml: &str) -> Element {
    xml.parse().expect("a stanza")
}

#[test]
fn an_anonymous_user_logs_in_and_stanzas_go_both_ways() {
    let mut pair = Pair::new("localhost");
    let jid = pair.client_session.jid().expect("bound").clone();
    assert_eq!(pair.server().jid(), Some(&jid));
    let hello = stanza(
        "<message xmlns='jabber:client' to='a@localhost' id='1'><body>hi &amp; ho</body></message>",
    );
    pair.client_session.send(&hello).expect("bound");
    pair.server().send(&hello).expect("bound");
    pair.run();
    assert_eq!(pair.to_server[0].attr("id").as_deref(), Some("1"));
    assert_eq!(pair.to_client, [hello]);
    // Creation, auth, restart, bind, and one poll after each, at most.
    assert!(pair.http <= 12, "{}", pair.http);
}

#[test]
fn the_client_ends_the_session() {
    let mut pair = Pair::new("localhost");
    pair.client_session.close(pair.now);
    pair.run();
    assert_eq!(pair.client_closed, Some(ClientCloseReason::Local));
    assert_eq!(pair.server_closed, Some(CloseReason::ByClient));
    assert_eq!(pair.stream_end, None);
}

#[test]
fn the_server_ends_the_session_with_a_stream_error() {
    let mut pair = Pair::new("localhost");
    let now = pair.now;
    pair.server()
        .close_with(now, StreamErrorCondition::SystemShutdown.into());
    pair.run();
    let condition = Some(TerminalCondition::RemoteStreamError);
    assert_eq!(
        pair.client_closed,
        Some(ClientCloseReason::Terminated(condition))
    );
    assert_eq!(pair.server_closed, Some(CloseReason::ByServer));
    assert_eq!(
        pair.stream_end,
        Some(StreamErrorCondition::SystemShutdown),
        "ERR-5"
    );
}

#[test]
fn an_unknown_domain_is_told_as_host_unknown() {
    let pair = Pair::new("elsewhere");
    let condition = Some(TerminalCondition::HostUnknown);
    assert_eq!(
        pair.client_closed,
        Some(ClientCloseReason::Terminated(condition)),
        "BOSH 12.3"
    );
}
