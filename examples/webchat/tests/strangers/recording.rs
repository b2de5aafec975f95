//! A recording, trimmed to what a replay needs: who sent which stanza, and what kind of answer it got.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
};

use serde::{Deserialize, Serialize};
use xmpp_core::xml::{Element, ns};

use crate::answers;

/// One line of a trimmed recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// The session got its full JID.
    Bound(usize, String),
    /// A stanza from the client.
    Sent(usize, String),
    /// What was answered to the request of that id.
    Answered(usize, String, String),
    /// The session is over.
    Ended(usize),
    /// Somebody whose session is not in the recording is in the room under this nick.
    Here(String),
    /// And not any more.
    Gone(String),
    /// The room reflected the message of that id under this archive id.
    Stored(String, String),
}

pub struct Recording {
    pub name: String,
    pub lines: Vec<Line>,
}

impl Recording {
    /// All in a folder, by name.
    pub fn all(folder: &Path) -> Vec<Self> {
        let mut all: Vec<Self> = fs::read_dir(folder)
            .expect("the fixtures")
            .map(|found| {
                let path = found.expect("an entry").path();
                let text = fs::read_to_string(&path).expect("a fixture");
                let line = |line: &str| serde_json::from_str(line).expect("a line of ours");
                Self {
                    name: path
                        .file_stem()
                        .expect("a name")
                        .to_string_lossy()
                        .into_owned(),
                    lines: text.lines().map(line).collect(),
                }
            })
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// How many requests got an answer.
    pub fn requests(&self) -> usize {
        let answered = |line: &&Line| matches!(line, Line::Answered(..));
        self.lines.iter().filter(answered).count()
    }

    /// What was answered to the request `id` of a session.
    pub fn answer(&self, session: usize, id: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| match line {
            Line::Answered(who, given, answer) if *who == session && given == id => {
                Some(answer.as_str())
            }
            _ => None,
        })
    }
}

/// The recordings that the replay is about.
fn is_meant(name: &str) -> bool {
    let anonymous = [
        "stanza12-bosh-anon",
        "stanza12-websocket-anon",
        "xmppjs0.14-ws-anon",
    ];
    // One that holds nothing but requests for host-meta.
    let discovery = "converse14-discover";
    (name.starts_with("converse14-") && name != discovery)
        || name.starts_with("min-")
        || anonymous.contains(&name)
}

/// Writes what is needed of the captures in `corpus` to `folder`.
pub fn trim(corpus: &Path, folder: &Path) {
    let captures = corpus.join("captures");
    let captures = if captures.is_dir() {
        captures.as_path()
    } else {
        corpus
    };
    fs::create_dir_all(folder).expect("a folder");
    for found in fs::read_dir(captures).expect("the corpus") {
        let path = found.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        if !is_meant(&name) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a capture");
        let mut trimmed = Trimmer::default();
        for line in text.lines() {
            let record: Record = serde_json::from_str(line).expect("a record");
            trimmed.record(&record);
        }
        let lines = trimmed.finish();
        let text: String = lines
            .iter()
            .map(|line| serde_json::to_string(line).expect("JSON") + "\n")
            .collect();
        fs::write(folder.join(format!("{name}.jsonl")), text).expect("written");
    }
}

/// A line of a capture.
#[derive(Debug, Deserialize)]
struct Record {
    #[serde(default)]
    conn: u64,
    #[serde(default)]
    transport: String,
    dir: Option<String>,
    body: Option<String>,
}

#[derive(Default)]
struct Trimmer {
    lines: Vec<Line>,
    /// Sessions by what carries them: a WebSocket, or a BOSH session.
    sessions: HashMap<String, usize>,
    /// What has been asked.
    asked: HashSet<(usize, String)>,
    /// What has been asked and not been answered.
    open: HashSet<(usize, String)>,
    /// Streams that can be resumed.
    resumable: HashMap<String, usize>,
    /// Nicks of the sessions, and of others.
    own: HashSet<String>,
    others: HashSet<String>,
    stored: HashSet<String>,
    last_session: usize,
}

impl Trimmer {
    fn record(&mut self, record: &Record) {
        let (Some(body), Some(dir)) = (&record.body, &record.dir) else {
            return;
        };
        if let Ok(prebound) = serde_json::from_str::<Prebound>(body) {
            let session = self.session(&format!("sid {}", prebound.sid));
            self.lines.push(Line::Bound(session, prebound.jid));
            return;
        }
        let Ok(element) = Element::parse(body) else {
            return;
        };
        let (carrier, stanzas) = if element.is("body", ns::HTTPBIND) {
            let Some(sid) = element.attr("sid") else {
                return;
            };
            let children = element
                .children()
                .map(xmpp_core::xml::ElementRef::to_element);
            (format!("sid {sid}"), children.collect())
        } else if record.transport == "ws" {
            (format!("ws {}", record.conn), vec![element])
        } else {
            return;
        };
        for stanza in stanzas {
            let session = self.session(&carrier);
            match &**dir {
                "c2s" => self.sent(session, &stanza),
                _ => self.received(&carrier, session, &stanza),
            }
        }
    }

    fn session(&mut self, carrier: &str) -> usize {
        let next = self.last_session + 1;
        let session = *self.sessions.entry(carrier.to_owned()).or_insert(next);
        self.last_session = self.last_session.max(session);
        session
    }

    fn sent(&mut self, session: usize, stanza: &Element) {
        let kind = stanza.attr("type");
        match (stanza.name(), kind.as_deref()) {
            _ if !stanza.has_ns(ns::CLIENT) => return,
            ("iq", Some("get" | "set")) => {
                let id = stanza.attr("id").expect("an id").into_owned();
                // Repeated after a break: one request all the same.
                if !self.asked.insert((session, id.clone())) {
                    return;
                }
                self.open.insert((session, id));
            }
            ("presence", _) => self.own.extend(nick(stanza.attr("to").as_deref())),
            ("message", _) => {}
            _ => return,
        }
        self.lines.push(Line::Sent(session, stanza.to_string()));
    }

    fn received(&mut self, carrier: &str, session: usize, stanza: &Element) {
        if stanza.is("enabled", ns::SM) {
            let id = stanza.attr("id").unwrap_or_default().into_owned();
            self.resumable.insert(id, session);
        } else if stanza.is("resumed", ns::SM) {
            let id = stanza.attr("previd").unwrap_or_default();
            if let Some(resumed) = self.resumable.get(&*id) {
                self.sessions.insert(carrier.to_owned(), *resumed);
            }
        }
        let kind = stanza.attr("type");
        match (stanza.name(), kind.as_deref()) {
            ("presence", None | Some("unavailable")) => self.occupant(stanza, kind.is_none()),
            ("message", Some("groupchat")) => self.reflected(stanza),
            _ => {}
        }
        if !stanza.is("iq", ns::CLIENT) || !matches!(kind.as_deref(), Some("result" | "error")) {
            return;
        }
        let id = stanza.attr("id").expect("an id").into_owned();
        if self.open.remove(&(session, id.clone())) {
            self.lines
                .push(Line::Answered(session, id, answers::describe(stanza)));
            let bind = stanza.child("bind", ns::BIND);
            if let Some(jid) = bind.and_then(|bind| bind.child("jid", ns::BIND)) {
                self.lines
                    .push(Line::Bound(session, jid.text().into_owned()));
            }
        }
    }

    fn occupant(&mut self, presence: &Element, is_here: bool) {
        let Some(nick) = nick(presence.attr("from").as_deref()) else {
            return;
        };
        if self.own.contains(&nick) {
        } else if is_here && self.others.insert(nick.clone()) {
            self.lines.push(Line::Here(nick));
        } else if !is_here && self.others.remove(&nick) {
            self.lines.push(Line::Gone(nick));
        }
    }

    fn reflected(&mut self, message: &Element) {
        let stanza_id = message.child("stanza-id", ns::STANZA_ID);
        let stanza_id = stanza_id.and_then(|stanza_id| stanza_id.attr("id"));
        if let (Some(id), Some(stanza_id)) = (message.attr("id"), stanza_id)
            && self.stored.insert(stanza_id.to_string())
        {
            self.lines
                .push(Line::Stored(id.into_owned(), stanza_id.into_owned()));
        }
    }

    /// The lines, without requests that were not answered before their session broke, and with the ends of sessions.
    fn finish(self) -> Vec<Line> {
        let mut lines = self.lines;
        let open = self.open;
        lines.retain(|line| match line {
            Line::Sent(session, stanza) => {
                let stanza = Element::parse(stanza).expect("a stanza");
                let id = stanza.attr("id").unwrap_or_default().into_owned();
                stanza.name() != "iq" || !open.contains(&(*session, id))
            }
            _ => true,
        });
        let who = |line: &Line| match line {
            Line::Bound(who, _)
            | Line::Sent(who, _)
            | Line::Answered(who, ..)
            | Line::Ended(who) => Some(*who),
            Line::Here(_) | Line::Gone(_) | Line::Stored(..) => None,
        };
        for session in 1..=self.last_session {
            if let Some(last) = lines.iter().rposition(|line| who(line) == Some(session)) {
                lines.insert(last + 1, Line::Ended(session));
            }
        }
        lines
    }
}

/// The nick in an address of the room.
fn nick(address: Option<&str>) -> Option<String> {
    let (room, nick) = address?.split_once('/')?;
    (room == "lobby@rooms.lab.test").then(|| nick.to_owned())
}

/// What a page is given that was logged in beforehand.
#[derive(Deserialize)]
struct Prebound {
    jid: String,
    sid: String,
}
