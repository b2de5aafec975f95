//! One message of a room to each of its occupants, through the output of their sessions.

use std::hint::black_box;

use cpu_time::ThreadTime;
use xmpp_core::{
    FullJid, Random, Timestamp,
    stream::{BindAnswer, Channel, ServerConfig, ServerEvent, ServerSession, TcpServer},
    xml::{Element, Fanout, Limits, ns},
};

use crate::{checksum::Checksum, rate::Rate, shapes::message_of_600_bytes};

/// Occupants of the room, each with an address of its own.
const OCCUPANTS: usize = 1000;
/// Copies in a run.
const COPIES: usize = 100 * OCCUPANTS;

/// Writes a message of 600 bytes to 1,000 occupants, each through the output of a session of its own, as bytes of its TCP
/// stream.
pub fn rate(samples: usize) -> Rate {
    let fanout = Fanout::new(&message());
    let mut occupants = occupants();
    let mut checksum = None;
    let mut run = |occupants: &mut [Occupant]| {
        let mut elapsed = std::time::Duration::ZERO;
        let mut sum = Checksum::default();
        for _ in 0..COPIES / OCCUPANTS {
            let start = ThreadTime::now();
            deliver(black_box(&fanout), black_box(occupants));
            elapsed += start.elapsed();
            // Every byte counts, outside of the time.
            check(&occupants[..1]);
            for occupant in &mut *occupants {
                sum.text(&occupant.out);
                occupant.out.clear();
            }
        }
        assert!(
            checksum.is_none_or(|before| before == sum),
            "every run writes the same"
        );
        checksum = Some(sum);
        elapsed
    };
    // Every buffer gets its size.
    run(&mut occupants);
    let elapsed: Vec<_> = (0..samples).map(|_| run(&mut occupants)).collect();
    let info = allocation_counter::measure(|| deliver(&fanout, &mut occupants));
    check(&occupants);
    Rate::of(
        "a copy of a 600-byte message for an occupant",
        COPIES,
        info.count_total * (COPIES / OCCUPANTS) as u64,
        elapsed.into_iter(),
    )
}

/// An occupant's address, the session that it is reached by, and what its socket is to send.
struct Occupant {
    address: FullJid,
    link: TcpServer,
    out: String,
}

fn deliver(fanout: &Fanout, occupants: &mut [Occupant]) {
    for Occupant { address, link, out } in occupants {
        let copy = fanout.to(address.as_str());
        link.session_mut()
            .send(&copy)
            .expect("the session is bound");
        link.poll_transmit(out);
    }
}

/// What is to be sent is read again (one copy in a thousand while it is measured): each occupant's address stands in its own.
fn check(occupants: &[Occupant]) {
    let sent = message();
    for occupant in occupants {
        let copy =
            Element::parse_in(&occupant.out, Limits::CLIENT, ns::CLIENT).expect("well-formed");
        assert_eq!(copy.attr("to").as_deref(), Some(occupant.address.as_str()));
        assert_eq!(copy.attr("id"), sent.attr("id"));
    }
}

fn message() -> Element {
    let mut text = String::new();
    message_of_600_bytes(7, &mut text);
    Element::parse(&text).expect("well-formed")
}

fn occupants() -> Vec<Occupant> {
    (0..OCCUPANTS)
        .map(|i| {
            let text = format!("visitor{i}@users.example.org/converse.js-{:08x}", i * 7919);
            Occupant {
                address: text.parse().expect("an address"),
                link: bound(),
                out: String::new(),
            }
        })
        .collect()
}

/// A session that has logged in.
fn bound() -> TcpServer {
    let now = Timestamp::from_millis(1_700_000_000_000);
    let config = ServerConfig::new("example.org").expect("a domain");
    let config = config.allow_anonymous().require_tls(false);
    let session = ServerSession::new(config.into(), Channel::plain(), now, Box::new(Counter(1)));
    let mut link = TcpServer::new(session);
    let header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org' version='1.0'>";
    let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>";
    let bind = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    for input in [header, auth, header, bind] {
        link.handle_input(now, input.as_bytes());
        link.poll_transmit(&mut String::new());
        while let Some(event) = link.poll_event() {
            if let ServerEvent::Bind { id, .. } = event {
                link.session_mut()
                    .resolve(id, BindAnswer::Accept)
                    .expect("it was asked");
            }
            link.pump(now);
        }
    }
    link.poll_transmit(&mut String::new());
    link
}

struct Counter(u8);

impl Random for Counter {
    fn fill(&mut self, dest: &mut [u8]) {
        for byte in dest {
            self.0 = self.0.wrapping_mul(5).wrapping_add(7);
            *byte = self.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_occupant_gets_a_copy_with_its_own_address() {
        let mut occupants = occupants();
        deliver(&Fanout::new(&message()), &mut occupants);
        check(&occupants);
    }
}
