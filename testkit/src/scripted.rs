//! A session that says what it is told to say.

use std::collections::VecDeque;

use xmpp_core::{
    Timestamp,
    stream::{OutItem, Session, StreamError, StreamHeader, StreamItem},
    xml::Limits,
};

/// A [`Session`] for tests of transports: it keeps what came in, and puts out what it is given.
#[derive(Debug, Default)]
pub struct ScriptedSession {
    /// What came in and was not looked at yet.
    pub received: Vec<StreamItem>,
    /// While true it takes nothing in.
    pub busy: bool,
    out: VecDeque<Said>,
    said: Option<Said>,
    closed: bool,
    answer_open: bool,
}

#[derive(Debug)]
enum Said {
    Open(StreamHeader),
    Stanza(String),
    Nonza(String),
    Features(String),
    Error(String),
    Close,
}

impl ScriptedSession {
    /// A server's: it answers each stream header with its own and empty features.
    pub fn server() -> Self {
        Self {
            answer_open: true,
            ..Self::default()
        }
    }

    /// A client's: it opens a stream to `domain`.
    pub fn client(domain: &str) -> Self {
        let mut session = Self::default();
        session.open(domain);
        session
    }

    /// Says a stream header.
    pub fn open(&mut self, domain: &str) {
        self.out.push_back(Said::Open(StreamHeader {
            to: Some(domain.to_owned()),
            lang: Some("en".to_owned()),
            version: Some("1.0".to_owned()),
            ..StreamHeader::default()
        }));
    }

    /// Says a stanza in its canonical form.
    pub fn stanza(&mut self, xml: &str) {
        self.out.push_back(Said::Stanza(xml.to_owned()));
    }

    /// Says an element that declares its own namespace.
    pub fn nonza(&mut self, xml: &str) {
        self.out.push_back(Said::Nonza(xml.to_owned()));
    }

    /// Ends the stream, with a stream error of this condition if there is one.
    pub fn close(&mut self, condition: Option<&str>) {
        if let Some(condition) = condition {
            self.out.push_back(Said::Error(format!(
                "<stream:error><{condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"
            )));
        }
        self.out.push_back(Said::Close);
    }

    /// How many items it has said that nobody has taken.
    pub fn unsaid(&self) -> usize {
        self.out.len()
    }

    /// The local names and ids of the elements that came in, which are forgotten: `message s1`.
    pub fn take_ids(&mut self) -> Vec<String> {
        let items = std::mem::take(&mut self.received);
        items
            .iter()
            .filter_map(|item| match item {
                StreamItem::Element(e) => Some(e.attr("id").unwrap_or_default().into_owned()),
                _ => None,
            })
            .collect()
    }
}

impl Session for ScriptedSession {
    type Event = ();

    fn ready(&self) -> bool {
        !self.busy && !self.closed
    }

    fn handle_item(&mut self, _now: Timestamp, item: StreamItem) {
        match &item {
            StreamItem::Open(header) if self.answer_open => {
                self.out.push_back(Said::Open(StreamHeader {
                    from: header.to.clone(),
                    id: Some("stream-id".to_owned()),
                    version: Some("1.0".to_owned()),
                    ..StreamHeader::default()
                }));
                self.out.push_back(Said::Features(
                    "<stream:features></stream:features>".to_owned(),
                ));
            }
            StreamItem::Close if !self.closed => {
                self.out.push_back(Said::Close);
                self.closed = true;
            }
            _ => {}
        }
        self.received.push(item);
    }

    fn handle_error(&mut self, _now: Timestamp, _error: StreamError) {
        self.closed = true;
    }

    fn handle_eof(&mut self, _now: Timestamp) {
        self.closed = true;
    }

    fn handle_timeout(&mut self, _now: Timestamp) {}

    fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }

    fn poll_item(&mut self) -> Option<OutItem<'_>> {
        self.said = self.out.pop_front();
        Some(match self.said.as_ref()? {
            Said::Open(header) => OutItem::Open(header),
            Said::Stanza(xml) => OutItem::Stanza(xml),
            Said::Nonza(xml) => OutItem::Nonza(xml),
            Said::Features(xml) => OutItem::Features(xml),
            Said::Error(xml) => OutItem::Error(xml),
            Said::Close => {
                self.closed = true;
                OutItem::Close
            }
        })
    }

    fn poll_event(&mut self) -> Option<()> {
        None
    }

    fn take_restart(&mut self) -> bool {
        false
    }

    fn limits(&self) -> Limits {
        Limits::SERVER_FROM_CLIENT
    }

    fn is_closed(&self) -> bool {
        self.closed
    }

    fn backlog(&self) -> usize {
        self.out.len()
    }
}
