//! A BOSH client that behaves like the browsers' ones: it holds one request open and sends with a second.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
};

use tokio::task::JoinSet;
use xmpp_core::xml::{Element, ns};

use super::http;

pub const PATH: &str = "/http-bind";

/// A session of an anonymous user.
pub struct Bosh {
    address: SocketAddr,
    pub sid: String,
    /// The rid of the next request.
    pub rid: u64,
    pub jid: String,
    outstanding: JoinSet<(u64, Option<Element>)>,
    /// Answers that came before an earlier one.
    early: BTreeMap<u64, Option<Element>>,
    /// The rid whose answer is to be read next.
    expected: u64,
    arrived: VecDeque<Element>,
    /// The body of type `terminate`, once it has come.
    pub terminated: Option<Element>,
    /// A request got no answer.
    pub lost: bool,
}

impl Bosh {
    /// Creates a session and logs in, as Converse does.
    pub async fn login(address: SocketAddr) -> Self {
        let mut this = Self::create(address).await;
        this.exchange(
            "",
            "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>",
            |e| e.is("success", ns::SASL),
        )
        .await;
        this.exchange(
            " to='localhost' xml:lang='en' xmpp:restart='true' xmlns:xmpp='urn:xmpp:xbosh'",
            "",
            |e| e.is("features", ns::STREAMS),
        )
        .await;
        let bound = this
            .exchange(
                "",
                "<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>",
                |e| e.is("iq", ns::CLIENT),
            )
            .await;
        let bind = bound.child("bind", ns::BIND).expect("a bind result");
        let jid = bind
            .child("jid", ns::BIND)
            .expect("a JID")
            .text()
            .into_owned();
        this.jid = jid;
        this
    }

    /// Creates a session; its features have arrived.
    pub async fn create(address: SocketAddr) -> Self {
        let rid = 1 + u64::from(rand::random::<u32>());
        let request = format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' content='text/xml; charset=utf-8' hold='1' \
             rid='{rid}' to='localhost' ver='1.6' wait='59' xml:lang='en' xmlns:xmpp='urn:xmpp:xbosh' \
             xmpp:version='1.0'/>"
        );
        let answer = http::post(address, PATH, request).await;
        let body = Element::parse(&answer.body).expect("a body");
        let mut this = Self {
            address,
            sid: body.attr("sid").expect("a sid").into_owned(),
            rid: rid + 1,
            jid: String::new(),
            outstanding: JoinSet::new(),
            early: BTreeMap::new(),
            expected: rid + 1,
            arrived: VecDeque::new(),
            terminated: None,
            lost: false,
        };
        this.take(Some(body));
        let features = super::soon("features", this.next())
            .await
            .expect("features");
        assert!(features.is("features", ns::STREAMS), "{features}");
        this
    }

    /// Continues a session elsewhere, as a reloaded page does: `rid` is the next one to use.
    pub fn attach(address: SocketAddr, sid: &str, rid: u64) -> Self {
        Self {
            address,
            sid: sid.to_owned(),
            rid,
            jid: String::new(),
            outstanding: JoinSet::new(),
            early: BTreeMap::new(),
            expected: rid,
            arrived: VecDeque::new(),
            terminated: None,
            lost: false,
        }
    }

    async fn exchange(
        &mut self,
        attributes: &str,
        payload: &str,
        wanted: impl Fn(&Element) -> bool,
    ) -> Element {
        self.post(attributes, payload);
        let answer = super::soon("login", self.next()).await.expect("an answer");
        assert!(wanted(&answer), "{answer}");
        answer
    }

    /// The text of a request of this session.
    pub fn body(&self, rid: u64, attributes: &str, payload: &str) -> String {
        format!(
            "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}' sid='{}'{attributes}>{payload}</body>",
            self.sid
        )
    }

    /// Sends a request with the next rid.
    pub fn post(&mut self, attributes: &str, payload: &str) {
        let rid = self.rid;
        self.rid += 1;
        let body = self.body(rid, attributes, payload);
        let address = self.address;
        self.outstanding.spawn(async move {
            let answer = http::request(address, "POST", PATH, &[], body).await;
            let body = answer.ok().and_then(|a| Element::parse(&a.body).ok());
            (rid, body)
        });
    }

    /// Sends stanzas, written without `xmlns`.
    pub async fn send(&mut self, stanzas: &str) {
        // Never more than `requests` at a time (BOSH 7.1).
        while self.outstanding.len() >= 2 {
            super::soon("an answer", self.collect()).await;
        }
        // Stanzas without a namespace of their own count as jabber:client (BOSH 4.9).
        self.post("", stanzas);
    }

    /// The next element that arrives; `None` when the session has ended, or an answer has not come.
    pub async fn next(&mut self) -> Option<Element> {
        loop {
            if let Some(element) = self.arrived.pop_front() {
                return Some(element);
            }
            if self.terminated.is_some() || self.lost {
                return None;
            }
            if self.outstanding.is_empty() {
                self.post("", "");
            }
            self.collect().await;
        }
    }

    /// Waits for one answer and takes in what has come in order.
    async fn collect(&mut self) {
        let Some(answer) = self.outstanding.join_next().await else {
            return;
        };
        let (rid, body) = answer.expect("no panic");
        self.early.insert(rid, body);
        while let Some(body) = self.early.remove(&self.expected) {
            self.expected += 1;
            self.take(body);
        }
    }

    fn take(&mut self, body: Option<Element>) {
        let Some(body) = body else {
            self.lost = true;
            return;
        };
        assert!(body.is("body", ns::HTTPBIND), "{body}");
        self.arrived
            .extend(body.children().map(|child| child.to_element().shrink()));
        if body.attr("type").as_deref() == Some("terminate") {
            self.terminated = Some(body);
        }
    }

    /// Drops every connection, as a reload does: held requests are aborted.
    pub fn drop_connections(&mut self) {
        self.outstanding.abort_all();
        self.outstanding = JoinSet::new();
    }
}
