//! What clients do, and some things that they should not.

mod message;
mod power;
mod presence;
mod query;

use std::time::Duration;

use xmpp_core::{FullJid, xml::ns};

use super::{Host, Out};
use crate::Seeded;

/// The sessions of a script: several of some users, one of a service's administrator, some that are anonymous.
pub const SESSIONS: [&str; 12] = [
    "owner@users.example/1",
    "owner@users.example/2",
    "ben@users.example/1",
    "ben@users.example/2",
    "ben@users.example/3",
    "eve@users.example/1",
    "eve@users.example/2",
    "zoe@users.example/1",
    "max@users.example/1",
    "root@users.example/1",
    "5d41@anon.example/a",
    "7d79@anon.example/b",
];

/// The rooms of a script: most of it happens in the first.
pub const ROOMS: [&str; 2] = ["lobby@rooms.example", "attic@rooms.example"];

/// Fewer than the users, so that they meet; some differ in case only.
const NICKS: [&str; 8] = ["owner", "ben", "Ben", "eve", "zoe", "max", "other", "Äther"];

/// Where the choices of a script come from.
pub trait Choose {
    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize;
}

impl Choose for Seeded {
    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next_u64() % n.max(1) as u64).unwrap_or_default()
    }
}

/// Choices out of the bytes of a fuzzer; zero when they have run out.
#[derive(Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl Choose for Bytes<'_> {
    fn below(&mut self, n: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        usize::from(*first) % n.max(1)
    }
}

/// One step of a script: a client does something, a session is lost, time goes by, the
/// process starts anew.
pub fn act(host: &mut Host, choose: &mut dyn Choose) {
    match choose.below(40) {
        0..=11 => presence::act(host, choose),
        12..=21 => message::act(host, choose),
        22..=29 => power::act(host, choose),
        30..=36 => query::act(host, choose),
        37 => {
            let session = session(choose);
            host.lose(&session);
        }
        38 if one_in(choose, 5) => host.restart(),
        _ => {
            let seconds = pick(choose, &[0, 1, 3, 20, 61, 90, 400, 4000]);
            host.wait(Duration::from_secs(seconds));
        }
    }
}

fn pick<T: Copy>(choose: &mut dyn Choose, of: &[T]) -> T {
    of[choose.below(of.len())]
}

/// True in one of `n` cases.
fn one_in(choose: &mut dyn Choose, n: usize) -> bool {
    choose.below(n) == n - 1
}

fn session(choose: &mut dyn Choose) -> FullJid {
    pick(choose, &SESSIONS).parse().expect("a full JID")
}

/// Some user's bare JID, now and then somebody's who never comes, or a domain.
fn user(choose: &mut dyn Choose) -> String {
    match choose.below(14) {
        0 => "absent@users.example".to_owned(),
        1 => "anon.example".to_owned(),
        _ => session(choose).to_bare().to_string(),
    }
}

fn room(choose: &mut dyn Choose) -> &'static str {
    if one_in(choose, 6) {
        ROOMS[1]
    } else {
        ROOMS[0]
    }
}

fn nick(choose: &mut dyn Choose) -> &'static str {
    pick(choose, &NICKS)
}

/// A session inside this room and its nick, mostly; now and then anybody.
fn occupant(host: &Host, choose: &mut dyn Choose, room: &str) -> (FullJid, String) {
    let inside: Vec<_> = SESSIONS
        .iter()
        .filter_map(|session| {
            let session: FullJid = session.parse().expect("a full JID");
            let nick = host.checker.nick(room, &session)?.to_owned();
            Some((session, nick))
        })
        .collect();
    if inside.is_empty() || one_in(choose, 8) {
        return (session(choose), nick(choose).to_owned());
    }
    inside[choose.below(inside.len())].clone()
}

/// The nick of somebody inside, mostly.
fn target(host: &Host, choose: &mut dyn Choose, room: &str) -> String {
    occupant(host, choose, room).1
}

/// The stanza-id of a message of the last outcome, else one that is nobody's.
fn heard_id(host: &Host) -> String {
    host.last
        .iter()
        .rev()
        .find_map(|out| match out {
            Out::Stanza { stanza, .. } => {
                let id = stanza.child("stanza-id", ns::STANZA_ID)?;
                Some(id.attr("id")?.into_owned())
            }
            Out::Store(_) => None,
        })
        .unwrap_or_else(|| "nothing".to_owned())
}

fn field(var: &str, values: &[&str]) -> String {
    let mut field = format!("<field var='{var}'>");
    for value in values {
        field += "<value>";
        field += value;
        field += "</value>";
    }
    field + "</field>"
}

fn form(kind: &str, about: &str, fields: &str) -> String {
    format!(
        "<x xmlns='jabber:x:data' type='{kind}'>{}{fields}</x>",
        field("FORM_TYPE", &[about])
    )
}

fn iq(host: &mut Host, from: &FullJid, to: &str, kind: &str, payload: &str) {
    let id = host.fresh_id();
    host.send_text(
        from,
        &format!("<iq to='{to}' type='{kind}' id='{id}'>{payload}</iq>"),
    );
}
