//! What comes in.

use xmpp_core::{
    stream::{StreamHeader, StreamItem},
    xml::ns,
};

use super::{
    Client, ClientCloseReason, ClientEvent, State,
    outstanding::{Progress, RequestKind},
    terms::Terms,
};
use crate::{Attributes, Body, BodyType, RequestId, Rid, Sid};

impl Client {
    /// An answer to the attempt `id`.
    pub(super) fn take_response(&mut self, id: RequestId, status: u16, body: &[u8]) {
        let Some(rid) = self.queue.rid_of(id) else {
            // Answered already, by another attempt.
            return;
        };
        if self.is_replaced(rid, id) {
            return;
        }
        if status != 200 {
            return self.take_status(rid, id, status);
        }
        match Body::parse_response(body, self.config.limits) {
            // A recoverable error (BOSH 9.9).
            Ok(body) if body.attributes.kind == Some(BodyType::Error) => self.repeat_up_to(rid),
            Ok(body) => {
                if let Some(missing) = body.attributes.report.and_then(Rid::new) {
                    self.repeat_missing(missing);
                }
                if let Some(request) = self.queue.get_mut(rid)
                    && !matches!(request.state, Progress::Answered(_))
                {
                    request.state = Progress::Answered(Box::new(body));
                }
                self.process();
            }
            // Cut off, or not from the connection manager: as if nothing had come.
            Err(error) => {
                self.unreadable = Some(error);
                self.attempt_failed(rid, id);
            }
        }
    }

    /// BOSH 12.1: an error of HTTP ends the session where the connection manager is a legacy one;
    /// any other may have it from something in between.
    fn take_status(&mut self, rid: Rid, id: RequestId, status: u16) {
        if self.terms.legacy && matches!(status, 400..=499) {
            self.close(ClientCloseReason::Http(status));
        } else {
            self.attempt_failed(rid, id);
        }
    }

    /// Whether a newer attempt at `rid` is under way. Its answer will be the same; taken from the
    /// older one, the window could move on, and the newer request would arrive too late for it,
    /// which ends a session (BOSH 9.5).
    fn is_replaced(&self, rid: Rid, id: RequestId) -> bool {
        self.queue.get(rid).is_some_and(|request| {
            request.id != Some(id) && matches!(request.state, Progress::Sent { .. })
        })
    }

    /// Processes answers whose turn it is (BOSH 4.8).
    fn process(&mut self) {
        while let Some((_, kind, body)) = self.queue.pop_answered() {
            self.announce_pump();
            self.absorb(kind, body);
        }
    }

    fn absorb(&mut self, kind: RequestKind, body: Body) {
        let Body {
            attributes,
            children,
        } = body;
        let ends = attributes.kind == Some(BodyType::Terminate);
        if kind == RequestKind::Create && !ends {
            let Some(sid) = attributes.sid.as_deref().filter(|sid| !sid.is_empty()) else {
                return self.close(ClientCloseReason::NotBosh(None));
            };
            self.establish(Sid::from(sid), &attributes);
        }
        self.note_header(&attributes);
        if kind == RequestKind::Create && !ends {
            self.open();
        }
        let empty = children.is_empty();
        for child in children {
            let opens = child.is("features", ns::STREAMS) || child.is("error", ns::STREAMS);
            if opens && self.restarting {
                self.open();
            }
            self.inbox.push_back(StreamItem::Element(child));
        }
        if ends {
            return self.end(&attributes);
        }
        if kind == RequestKind::Terminate {
            // Its answer ends the session, of whatever type it is (BOSH 8.3).
            self.inbox.push_back(StreamItem::Close);
            return self.close(ClientCloseReason::Local);
        }
        if empty
            && let Some(interval) = self.terms.polling
            && self.poll_at.is_none()
        {
            self.poll_at = Some(self.now.saturating_add(interval));
        }
    }

    fn establish(&mut self, sid: Sid, granted: &Attributes) {
        self.terms = Terms::granted(granted, &self.config);
        self.state = State::Established;
        self.sid = Some(sid.clone());
        self.events.push_back(ClientEvent::Established {
            sid,
            inactivity: self.terms.inactivity,
        });
    }

    /// What the server says of itself may come with any answer (BOSH 3.8, 3.12, 3.15).
    fn note_header(&mut self, attributes: &Attributes) {
        let header = &mut self.header;
        for (known, told) in [
            (&mut header.from, &attributes.from),
            (&mut header.id, &attributes.authid),
            (&mut header.version, &attributes.xmpp_version),
            (&mut header.lang, &attributes.lang),
        ] {
            if told.is_some() {
                known.clone_from(told);
            }
        }
    }

    /// Gives the session the server's stream header (HDR-18).
    fn open(&mut self) {
        self.restarting = false;
        let version = self.header.version.clone();
        self.inbox.push_back(StreamItem::Open(StreamHeader {
            version: Some(version.unwrap_or_else(|| "1.0".to_owned())),
            ..self.header.clone()
        }));
    }

    /// The connection manager ended the session (BOSH 8.3, 12).
    fn end(&mut self, attributes: &Attributes) {
        let local = self.state == State::Ending;
        self.inbox.push_back(StreamItem::Close);
        self.close(if local {
            ClientCloseReason::Local
        } else {
            ClientCloseReason::Terminated(attributes.condition)
        });
    }
}
