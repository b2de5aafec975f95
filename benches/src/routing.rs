//! What a server does with most of what it gets: frame a message, check it, read where it goes, and pass it on under the
//! sender's address.

use std::hint::black_box;

use cpu_time::ThreadTime;
use xmpp_core::xml::{Limits, Parser, ParserEventRef, Patch};

use crate::{checksum::attribute, chunks::CHUNK, rate::Rate, shapes::message_of_600_bytes};

/// Messages in a run.
const MESSAGES: usize = 4000;
const FROM: &str = "françois@example.org/phone.4a7";

/// Routes messages of 600 bytes that arrive in 1,460-byte chunks: parsed without a copy, `to` read, `from` spliced into a
/// buffer that is sent when it has 64 KiB.
pub fn rate(samples: usize) -> Rate {
    let stream = stream();
    let rounds = (0..samples).map(|_| {
        let start = ThreadTime::now();
        let outcome = route(black_box(&stream), |_| {});
        (start.elapsed(), outcome)
    });
    let info = allocation_counter::measure(|| {
        black_box(route(&stream, |_| {}));
    });
    Rate::of(
        "routing a 600-byte message",
        MESSAGES,
        info.count_total,
        rounds.map(|(elapsed, outcome)| {
            assert_eq!(outcome.0, MESSAGES, "every message is passed on");
            elapsed
        }),
    )
}

fn stream() -> Vec<u8> {
    let mut stream = String::from(
        "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='example.org'>",
    );
    for i in 0..MESSAGES {
        message_of_600_bytes(i, &mut stream);
    }
    stream.into_bytes()
}

/// How many messages, and a checksum of their recipients. `sent` gets what goes out.
fn route(stream: &[u8], mut sent: impl FnMut(&str)) -> (usize, u64) {
    let mut parser = Parser::stream(Limits::SERVER_FROM_CLIENT);
    let (mut messages, mut recipients) = (0, 0u64);
    let mut out = String::with_capacity(80 * 1024);
    for chunk in stream.chunks(CHUNK) {
        parser.push(chunk);
        while let Some(event) = parser.poll_ref().expect("the input is well-formed") {
            let ParserEventRef::Element(message) = event else {
                continue;
            };
            let to = message.attr("to").expect("every message has a recipient");
            recipients = recipients.wrapping_add(attribute("", "to", &to));
            Patch::of(message, &["from"]).apply(&[("from", FROM)], &mut out);
            messages += 1;
        }
        if out.len() > 64 * 1024 {
            sent(&out);
            out.clear();
        }
    }
    sent(&out);
    (messages, recipients)
}

#[cfg(test)]
mod tests {
    use xmpp_core::xml::Element;

    use super::*;

    #[test]
    fn what_is_routed_is_the_message_under_its_senders_address() {
        let stream = stream();
        let mut all = String::new();
        let (messages, _) = route(&stream, |sent| all.push_str(sent));
        let all = Element::parse(&format!("<s xmlns='jabber:client'>{all}</s>")).expect("XML");
        assert_eq!(all.children().count(), messages);
        for (i, message) in all.children().enumerate() {
            let mut sent = String::new();
            message_of_600_bytes(i, &mut sent);
            assert_eq!(sent.len(), 600);
            let before = Element::parse(&sent).expect("XML");
            assert_eq!(message.attr("from").as_deref(), Some(FROM));
            assert_eq!(message.attr("to"), before.attr("to"));
            assert_eq!(
                message
                    .children()
                    .map(|c| c.text().into_owned())
                    .collect::<Vec<_>>(),
                before
                    .children()
                    .map(|c| c.text().into_owned())
                    .collect::<Vec<_>>()
            );
        }
    }
}
