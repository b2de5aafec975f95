//! A client that behaves like Strophe.js 5, as far as it matters to a connection manager (BOSH 19,
//! points 1, 2 and 7).

use std::time::Duration;

use xmpp_bosh::{Body, BodyType, TerminalCondition};
use xmpp_core::{Timestamp, xml::Limits};

use super::client::{Attempt, Peer};
use crate::Seeded;

/// Strophe gives one request so many attempts.
const MAX_RETRIES: u32 = 5;
/// How often it looks whether there is something to do.
const IDLE: Duration = Duration::from_millis(100);

/// A model of Strophe.js: at most two requests at a time; answers are processed on arrival, in
/// whatever order; what stands in a terminate answer is discarded; a failed request is sent again
/// with the same bytes, at once, then after n³ seconds; a page that is loaded anew goes on with the
/// next rid and never asks for an old one again.
#[derive(Debug)]
pub struct StropheLike {
    now: Timestamp,
    rid: u64,
    sid: Option<String>,
    wait: Duration,
    window: u64,
    requests: Vec<Req>,
    data: Vec<String>,
    posts: Vec<Attempt>,
    next_attempt: u64,
    received: Vec<String>,
    ended: Option<String>,
    idle_at: Timestamp,
    /// Rids whose answer was processed after that of a higher one: the client's own doing.
    overtaken: Vec<u64>,
    /// Rids for which it took a recoverable error for an answer, so that it asks for them no more
    /// (BOSH 9.9).
    misread: Vec<u64>,
    highest_taken: u64,
}

#[derive(Debug)]
struct Req {
    rid: u64,
    body: String,
    sends: u32,
    attempt: Option<u64>,
    state: Xhr,
    sent_at: Timestamp,
    dead: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Xhr {
    New,
    Backoff(Timestamp),
    Sent,
    Failed,
}

impl StropheLike {
    /// A page that connects.
    pub fn new(now: Timestamp, wait: Duration, mut random: Seeded) -> Self {
        let rid = random.between(1, u64::from(u32::MAX));
        let mut page = Self {
            now,
            rid,
            sid: None,
            wait,
            window: 5,
            requests: Vec::new(),
            data: Vec::new(),
            posts: Vec::new(),
            next_attempt: 0,
            received: Vec::new(),
            ended: None,
            idle_at: now,
            overtaken: Vec::new(),
            misread: Vec::new(),
            highest_taken: 0,
        };
        let attributes = format!(
            "to='localhost' xml:lang='en' wait='{}' hold='1' content='text/xml; charset=utf-8' ver='1.6' \
             xmpp:version='1.0' xmlns:xmpp='urn:xmpp:xbosh'",
            wait.as_secs()
        );
        page.push(&attributes, "");
        page.throttle();
        page
    }

    fn push(&mut self, attributes: &str, payload: &str) {
        let rid = self.rid;
        self.rid += 1;
        let sid = self
            .sid
            .as_ref()
            .map(|sid| format!(" sid='{sid}'"))
            .unwrap_or_default();
        self.requests.push(Req {
            rid,
            body: format!(
                "<body xmlns='http://jabber.org/protocol/httpbind' rid='{rid}'{sid} {attributes}>{payload}</body>"
            ),
            sends: 0,
            attempt: None,
            state: Xhr::New,
            sent_at: self.now,
            dead: None,
        });
    }

    fn patience(&self) -> Duration {
        self.wait * 11 / 10
    }

    /// `_throttledRequestHandler`.
    fn throttle(&mut self) {
        if !self.requests.is_empty() {
            self.process(0);
        }
        if self.requests.len() > 1
            && self.requests[1].rid.abs_diff(self.requests[0].rid) < self.window
        {
            self.process(1);
        }
    }

    /// `_processRequest`.
    fn process(&mut self, i: usize) {
        if self.requests[i].sends > MAX_RETRIES {
            self.end("gave up");
            return;
        }
        let (now, patience) = (self.now, self.patience());
        let request = &mut self.requests[i];
        let late = request.state == Xhr::Sent && now.since(request.sent_at) > patience;
        let dead = request
            .dead
            .is_some_and(|dead| now.since(dead) > patience / 11);
        if late || dead || request.state == Xhr::Failed {
            request.state = Xhr::New;
            request.dead = None;
        }
        if request.state == Xhr::New {
            let wait = match request.sends {
                0 | 1 => Duration::ZERO,
                n => Duration::from_secs(u64::from(n).pow(3)).min(patience),
            };
            request.sends += 1;
            request.state = Xhr::Backoff(now.saturating_add(wait));
        }
        self.send_due();
    }

    fn send_due(&mut self) {
        for request in &mut self.requests {
            if matches!(request.state, Xhr::Backoff(at) if at <= self.now) {
                request.state = Xhr::Sent;
                request.sent_at = self.now;
                self.next_attempt += 1;
                self.posts.push(Attempt {
                    id: self.next_attempt,
                    rid: request.rid,
                    body: request.body.clone(),
                    replaces: request.attempt.replace(self.next_attempt),
                });
            }
        }
    }

    /// `_onIdle`.
    fn idle(&mut self) {
        self.idle_at = self.now.saturating_add(IDLE);
        if self.sid.is_some() {
            if self.requests.is_empty() && self.data.is_empty() {
                self.push("", "");
            } else if self.requests.len() < 2 && !self.data.is_empty() {
                let payload: String = self.data.drain(..).collect();
                self.push("", &payload);
            }
        }
        self.throttle();
    }

    fn end(&mut self, why: &str) {
        self.ended.get_or_insert_with(|| why.to_owned());
        self.requests.clear();
        self.data.clear();
    }

    fn index(&self, attempt: u64) -> Option<usize> {
        let sent = |r: &Req| r.attempt == Some(attempt) && r.state == Xhr::Sent;
        self.requests.iter().position(sent)
    }

    /// A 200 arrived: `_onRequestStateChange`, `_dataRecv`.
    fn take(&mut self, i: usize, body: &[u8]) {
        let request = self.requests.remove(i);
        if i == 1 {
            self.requests[0].dead.get_or_insert(self.now);
        }
        let Ok(body) = Body::parse_response(body, Limits::CLIENT) else {
            return self.end("not a body");
        };
        if body.attributes.kind == Some(BodyType::Error) {
            self.misread.push(request.rid);
        }
        if !body.children.is_empty() {
            if request.rid < self.highest_taken {
                self.overtaken.push(request.rid);
            }
            self.highest_taken = self.highest_taken.max(request.rid);
        }
        if body.attributes.kind == Some(BodyType::Terminate) {
            let condition = body.attributes.condition.map(TerminalCondition::as_str);
            return self.end(condition.unwrap_or("terminate"));
        }
        if self.sid.is_none() {
            self.sid = body.attributes.sid;
            self.wait = Duration::from_secs(body.attributes.wait.unwrap_or(59));
            self.window = body.attributes.requests.unwrap_or(5);
        }
        let ids = body.children.iter().filter_map(|child| child.attr("id"));
        self.received.extend(ids.map(std::borrow::Cow::into_owned));
    }
}

impl Peer for StropheLike {
    fn say(&mut self, now: Timestamp, xml: &str) {
        self.now = now;
        if self.ended.is_none() {
            self.data
                .push(xml.replacen(' ', " xmlns='jabber:client' ", 1));
        }
    }

    fn response(&mut self, now: Timestamp, id: u64, status: u16, body: &[u8]) {
        self.now = now;
        if let Some(i) = self.index(id) {
            match status {
                200 => self.take(i, body),
                400..=499 => self.end("http error"),
                _ => return self.lost(now, id),
            }
        }
        self.throttle();
    }

    fn lost(&mut self, now: Timestamp, id: u64) {
        self.now = now;
        if let Some(i) = self.index(id) {
            self.requests[i].state = Xhr::Failed;
        }
        self.throttle();
    }

    fn timeout(&mut self, now: Timestamp) {
        self.now = now;
        if self.ended.is_none() {
            self.send_due();
            if self.idle_at <= now {
                self.idle();
            }
        }
    }

    fn next_timeout(&self) -> Option<Timestamp> {
        if self.ended.is_some() {
            return None;
        }
        let room = self.requests.is_empty() || (self.requests.len() < 2 && !self.data.is_empty());
        let idle = (room && self.sid.is_some()).then_some(self.idle_at);
        let patience = self.patience().saturating_add(Duration::from_millis(1));
        let pending = self.requests.iter().map(|request| match request.state {
            Xhr::Backoff(at) => at,
            Xhr::New | Xhr::Failed => self.idle_at,
            Xhr::Sent => match request.dead {
                Some(dead) => dead.saturating_add(patience / 11 + IDLE).max(self.idle_at),
                None => request.sent_at.saturating_add(patience).max(self.idle_at),
            },
        });
        pending.chain(idle).min()
    }

    fn attempt(&mut self) -> Option<Attempt> {
        (!self.posts.is_empty()).then(|| self.posts.remove(0))
    }

    fn take_received(&mut self) -> Vec<String> {
        std::mem::take(&mut self.received)
    }

    fn sid(&self) -> Option<String> {
        self.sid.clone()
    }

    fn close(&mut self, now: Timestamp) {
        self.now = now;
        if self.ended.is_none() {
            self.push(
                "type='terminate'",
                "<presence xmlns='jabber:client' type='unavailable'/>",
            );
            self.throttle();
        }
    }

    fn ended(&self) -> Option<String> {
        self.ended.clone()
    }

    fn overtaken(&self) -> &[u64] {
        &self.overtaken
    }

    fn misread(&self) -> &[u64] {
        &self.misread
    }

    fn reload(&mut self, now: Timestamp) -> Vec<u64> {
        self.now = now;
        if self.sid.is_none() || self.ended.is_some() {
            return Vec::new();
        }
        let abandoned = self.requests.drain(..).map(|request| request.rid).collect();
        self.data.clear();
        self.idle_at = now;
        abandoned
    }
}
