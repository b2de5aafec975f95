//! stub
use crate::Settings;
use std::{fmt, net::IpAddr};
use xmpp_core::{Random, Timestamp};

/// Number of a BOSH request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestId(u64);
impl RequestId {
    /// new
    pub const fn new(n: u64) -> Self {
        Self(n)
    }
}
/// Number of a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketId(u64);
impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
/// reply
#[derive(Clone, Debug)]
pub struct Reply {
    /// s
    pub status: u16,
    /// b
    pub body: String,
}
/// What a WebSocket must send.
#[derive(Debug)]
pub enum ToSocket {
    /// A message.
    Text(String),
    /// The close frame.
    Close {
        /// code
        code: u16,
        /// reason
        reason: &'static str,
    },
}
/// o
#[derive(Debug)]
pub enum Output {
    /// a
    Answer(RequestId, Reply),
    /// p
    Pending(SocketId),
}
/// hub
pub struct Hub;
#[allow(missing_docs, unused, clippy::all, clippy::pedantic)]
impl Hub {
    pub fn new(settings: &Settings, random: Box<dyn Random + Send>, now: Timestamp) -> Self {
        Self
    }
    pub fn oversized_answer(&self) -> Reply {
        Reply {
            status: 200,
            body: String::new(),
        }
    }
    pub fn handle_request(&mut self, now: Timestamp, id: RequestId, from: IpAddr, body: &[u8]) {}
    pub fn handle_written(&mut self, now: Timestamp, id: RequestId) {}
    pub fn handle_lost(&mut self, now: Timestamp, id: RequestId) {}
    pub fn handle_open(&mut self, now: Timestamp, from: IpAddr) -> Option<SocketId> {
        None
    }
    pub fn handle_message(&mut self, now: Timestamp, id: SocketId, text: &str) {}
    pub fn handle_closed(&mut self, now: Timestamp, id: SocketId) {}
    pub fn handle_timeout(&mut self, now: Timestamp) {}
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        None
    }
    pub fn poll_output(&mut self) -> Option<Output> {
        None
    }
    pub fn poll_message(&mut self, id: SocketId) -> Option<ToSocket> {
        None
    }
    pub fn shut_down(&mut self, now: Timestamp) {}
}
