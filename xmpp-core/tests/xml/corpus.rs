//! Recorded streams and the examples of the XMPP Standards Foundation's specifications.

use std::path::PathBuf;

use xmpp_core::xml::{Element, Limits, Parser, ParserEvent, Writer, ns};

use crate::common::{Seen, events};

/// The recorded pieces (TCP writes, WebSocket frames, HTTP bodies) of one direction.
fn pieces(recorded: &str) -> Vec<&str> {
    recorded.split("\n----\n").collect()
}

fn is_header(piece: &str) -> bool {
    piece.starts_with("<?xml") || piece.starts_with("<stream:stream")
}

/// A stream over TCP in pieces of `size` bytes: how many headers, stanzas and ends.
fn tcp(pieces: &[&str], size: usize) -> [usize; 3] {
    let mut parser = Parser::stream(Limits::CLIENT);
    let mut seen = [0; 3];
    for (i, piece) in pieces.iter().enumerate() {
        if i > 0 && is_header(piece) {
            parser.restart();
        }
        for piece in piece.as_bytes().chunks(size) {
            parser.push(piece);
            loop {
                match parser.poll() {
                    Ok(Some(ParserEvent::Open(open))) => {
                        assert!(open.is("stream", ns::STREAMS));
                        seen[0] += 1;
                    }
                    Ok(Some(ParserEvent::Element(e))) => {
                        assert_eq!(Element::parse(&e.to_string()).unwrap(), e);
                        seen[1] += 1;
                    }
                    Ok(Some(_)) => seen[2] += 1,
                    Ok(None) => break,
                    Err(error) => panic!("{error} in {piece:?}"),
                }
            }
        }
    }
    seen
}

#[test]
fn recorded_streams_over_tcp() {
    for (name, recorded, expected) in [
        (
            "profanity, sent",
            include_str!("../fixtures/xml/profanity-tcp-c2s.txt"),
            [2, 64, 1],
        ),
        (
            "profanity, received",
            include_str!("../fixtures/xml/profanity-tcp-s2c.txt"),
            [2, 91, 1],
        ),
        (
            "slixmpp, sent",
            include_str!("../fixtures/xml/slixmpp-tcp-c2s.txt"),
            [2, 38, 1],
        ),
        (
            "slixmpp, received",
            include_str!("../fixtures/xml/slixmpp-tcp-s2c.txt"),
            [2, 70, 1],
        ),
    ] {
        let pieces = pieces(recorded);
        for size in [1, 100, usize::MAX] {
            assert_eq!(tcp(&pieces, size), expected, "{name} in pieces of {size}");
        }
    }
}

#[test]
fn recorded_messages_over_websocket() {
    for recorded in [
        include_str!("../fixtures/xml/converse-ws-c2s.txt"),
        include_str!("../fixtures/xml/converse-ws-s2c.txt"),
    ] {
        let mut parser = Parser::document(Limits::CLIENT).with_strict_start();
        for message in pieces(recorded) {
            parser.push(message.as_bytes());
            let Ok(Some(ParserEvent::Element(e))) = parser.poll() else {
                panic!("{message}")
            };
            assert_eq!(parser.poll(), Ok(None));
            parser.finish().unwrap();
            assert_eq!(Element::parse(message).unwrap(), e);
            assert_eq!(Element::parse(&e.to_string()).unwrap(), e);
        }
    }
}

#[test]
fn recorded_bodies_over_bosh() {
    for (recorded, expected) in [
        (include_str!("../fixtures/xml/converse-bosh-c2s.txt"), 50),
        (include_str!("../fixtures/xml/converse-bosh-s2c.txt"), 50),
    ] {
        let mut opened = 0;
        for body in pieces(recorded) {
            let seen = events(Parser::stream(Limits::CLIENT), body.as_bytes(), []);
            let [Seen::Open(open), children @ .., Seen::Close] = &seen[..] else {
                panic!("{seen:?}")
            };
            assert!(open.is("body", ns::HTTPBIND));
            opened += 1;
            // The same children as those of the body read whole.
            let whole = Element::parse(body).unwrap();
            assert_eq!(whole.children().count(), children.len());
            for (child, of_whole) in children.iter().zip(whole.children()) {
                let Seen::Element(child) = child else {
                    panic!("{child:?}")
                };
                assert_eq!(*child, of_whole);
                // What stands in a body stands alone, too.
                let mut out = String::new();
                Writer::new(&mut out, ns::CLIENT).element(child.root());
                assert_eq!(
                    Element::parse_in(&out, Limits::CLIENT, ns::CLIENT).unwrap(),
                    *child
                );
            }
        }
        assert_eq!(opened, expected);
    }
}

/// The directory named by `XMPP_CORPUS`; says so if there is none.
fn corpus() -> Option<PathBuf> {
    let path = std::env::var_os("XMPP_CORPUS").map(PathBuf::from);
    if path.is_none() {
        eprintln!("SKIPPED: XMPP_CORPUS does not name the directory of recordings and examples");
    }
    path
}

fn rows(path: &std::path::Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Without what stands from `begin` to `end`: XMPP forbids comments and instructions, and some examples hold them for the
/// reader.
fn without(xml: &str, begin: &str, end: &str) -> String {
    let mut out = String::new();
    let mut rest = xml;
    while let Some((before, dropped)) = rest.split_once(begin) {
        out.push_str(before);
        rest = dropped.split_once(end).map_or("", |(_, after)| after);
    }
    out + rest
}

#[test]
fn all_examples_of_the_specifications() {
    let Some(corpus) = corpus() else { return };
    let rows = rows(&corpus.join("xep-examples.jsonl"));
    assert_eq!(rows.len(), 4603);
    let mut refused = Vec::new();
    for row in &rows {
        let xml = without(row["xml"].as_str().unwrap(), "<!--", "-->");
        let xml = without(&xml, "<?", "?>");
        // Prefixes that a stream binds.
        let text = format!(
            "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
             xmlns:db='jabber:server:dialback'>{xml}</stream:stream>"
        );
        let seen = events(Parser::stream(Limits::CLIENT), text.as_bytes(), []);
        if let Some(Seen::Error(rule, _)) = seen.last() {
            refused.push(format!("{rule:?}: XEP-{} {}", row["xep"], row["caption"]));
            continue;
        }
        let elements = seen
            .iter()
            .filter(|seen| matches!(seen, Seen::Element(_)))
            .count();
        assert_eq!(
            elements as u64,
            row["top_elements"].as_u64().unwrap(),
            "{xml}"
        );
        assert_eq!(
            seen,
            events(
                Parser::stream(Limits::CLIENT),
                text.as_bytes(),
                (1..text.len()).step_by(17)
            )
        );
        for seen in &seen {
            let Seen::Element(e) = seen else { continue };
            assert_eq!(Element::parse(&e.to_string()).unwrap(), *e, "{xml}");
        }
    }
    assert_eq!(refused, [""; 0], "{} refused", refused.len());
}

#[test]
fn all_recordings() {
    let Some(corpus) = corpus() else { return };
    let mut count = 0;
    for file in std::fs::read_dir(corpus.join("captures")).unwrap() {
        for row in rows(&file.unwrap().path()) {
            let (Some(body), Some(transport)) = (row["body"].as_str(), row["transport"].as_str())
            else {
                continue;
            };
            if transport == "tcp" || row["frame"] == "close" || !body.starts_with('<') {
                continue;
            }
            let e = Element::parse(body).unwrap_or_else(|e| panic!("{e}: {body}"));
            assert_eq!(Element::parse(&e.to_string()).unwrap(), e);
            count += 1;
        }
    }
    assert!(count > 4000, "{count}");
}
