//! Recorded streams and the examples of the XMPP Standards Foundation's specifications: each parsed in several chunkings,
//! compared with expat and rxml, rebuilt from what the iterators give, written, and parsed again.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use xml_oracles::{Mode, check, items, rebuild};
use xmpp_core::xml::{Element, ElementRef, Limits, ParserEvent, Writer, ns};

use crate::common::{Seen, document, events, stream};

/// What the pieces (TCP writes, WebSocket frames, HTTP bodies) of one direction of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Transport {
    /// One stream after the other.
    Tcp,
    /// Documents.
    WebSocket,
    /// Documents that are streams of one body each.
    Bosh,
}

use Transport::{Bosh, Tcp, WebSocket};

/// How many stream headers (or bodies of BOSH), elements, and ends of streams were found.
type Counts = [usize; 3];

/// Everything that is to hold of `element` as it came.
fn check_element(element: &Element) {
    let written = element.to_string();
    assert_eq!(Element::parse(&written).unwrap(), *element, "{written}");
    let rebuilt = rebuild(element.root());
    let again = Element::parse(&rebuilt).unwrap();
    assert_eq!(again, *element, "{rebuilt}");
    assert_eq!(items(again.root()), items(element.root()), "{rebuilt}");
    // Within a stream of another default namespace.
    let mut inner = String::new();
    Writer::new(&mut inner, ns::CLIENT).element(element.root());
    assert_eq!(
        Element::parse_in(&inner, Limits::CLIENT, ns::CLIENT).unwrap(),
        *element,
        "{inner}"
    );
}

/// Compares the readings of `text`, in which nothing may differ: no recording and no example needs the list.
fn check_readings(text: &str, mode: Mode) {
    let differences = check(text.as_bytes(), mode);
    assert!(differences.is_empty(), "{differences:?}: {text}");
}

/// A document: a WebSocket message, or a body of BOSH read whole.
fn check_document(text: &str) -> Element {
    check_readings(text, Mode::Document);
    let seen = events(document().with_strict_start(), text.as_bytes(), []);
    let [Seen::Element(element)] = &seen[..] else {
        panic!("{seen:?}: {text}")
    };
    assert_eq!(Element::parse(text).unwrap(), *element, "{text}");
    check_element(element);
    element.clone()
}

/// A stream: its events.
fn check_stream(text: &str) -> Vec<Seen> {
    check_readings(text, Mode::Stream);
    let seen = events(stream(), text.as_bytes(), []);
    for seen in &seen {
        match seen {
            Seen::Open(e) | Seen::Element(e) => check_element(e),
            Seen::Close => {}
            Seen::Error(rule, at) => panic!("{rule} at {at}: {text}"),
        }
    }
    seen
}

fn count(seen: &[Seen]) -> Counts {
    let count = |wanted: fn(&Seen) -> bool| seen.iter().filter(|seen| wanted(seen)).count();
    [
        count(|seen| matches!(seen, Seen::Open(_))),
        count(|seen| matches!(seen, Seen::Element(_))),
        count(|seen| matches!(seen, Seen::Close)),
    ]
}

/// A body of BOSH: the children of the stream are those of the document.
fn check_body(text: &str) -> Counts {
    let whole = check_document(text);
    assert!(whole.is("body", ns::HTTPBIND));
    let seen = check_stream(text);
    let children: Vec<_> = whole.children().map(ElementRef::to_element).collect();
    let streamed: Vec<_> = seen
        .iter()
        .filter_map(|seen| match seen {
            Seen::Element(child) => Some(child.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(streamed, children);
    count(&seen)
}

fn is_header(piece: &str) -> bool {
    piece.starts_with("<?xml") || piece.starts_with("<stream:stream")
}

/// Streams over TCP, one behind the other on a connection: each as a whole, and all of them through one parser that is
/// restarted, in the pieces that were recorded and in pieces of `size` bytes.
fn check_tcp(pieces: &[String]) -> Counts {
    let mut streams: Vec<Vec<&str>> = Vec::new();
    for piece in pieces {
        if is_header(piece) {
            streams.push(Vec::new());
        }
        streams
            .last_mut()
            .expect("a header comes first")
            .push(piece);
    }
    let whole: Vec<Seen> = streams
        .iter()
        .flat_map(|s| check_stream(&s.concat()))
        .collect();
    for size in [1, 100, usize::MAX] {
        let mut parser = stream();
        let mut seen = Vec::new();
        for pieces in &streams {
            parser.restart();
            for piece in pieces
                .iter()
                .flat_map(|piece| piece.as_bytes().chunks(size))
            {
                parser.push(piece);
                while let Some(event) = parser.poll().unwrap() {
                    seen.push(match event {
                        ParserEvent::Open(e) => Seen::Open(e),
                        ParserEvent::Element(e) => Seen::Element(e),
                        _ => Seen::Close,
                    });
                }
            }
        }
        assert_eq!(seen, whole, "in pieces of {size}");
    }
    count(&whole)
}

fn check_recording(transport: Transport, pieces: &[String]) -> Counts {
    let add = |mut sum: Counts, counts: Counts| {
        sum.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
        sum
    };
    match transport {
        Tcp => check_tcp(pieces),
        WebSocket => {
            for piece in pieces {
                check_document(piece);
            }
            [0, pieces.len(), 0]
        }
        Bosh => pieces
            .iter()
            .map(|piece| check_body(piece))
            .fold([0; 3], add),
    }
}

#[test]
fn recordings_in_the_repository() {
    expat_oracle::expect_in_ci();
    for (name, transport, expected) in [
        ("profanity-tcp-c2s", Tcp, [2, 64, 1]),
        ("profanity-tcp-s2c", Tcp, [2, 91, 1]),
        ("slixmpp-tcp-c2s", Tcp, [2, 38, 1]),
        ("slixmpp-tcp-s2c", Tcp, [2, 70, 1]),
        ("converse-ws-c2s", WebSocket, [0, 33, 0]),
        ("converse-ws-s2c", WebSocket, [0, 47, 0]),
        ("converse-bosh-c2s", Bosh, [50, 53, 50]),
        ("converse-bosh-s2c", Bosh, [50, 79, 50]),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/fixtures/xml")
            .join(format!("{name}.txt"));
        let text = fs::read_to_string(path).unwrap();
        let pieces: Vec<_> = text.split("\n----\n").map(str::to_owned).collect();
        assert_eq!(check_recording(transport, &pieces), expected, "{name}");
    }
}

/// The directory of examples and recordings, which is not part of the repository: the one that `XMPP_CORPUS` names, or
/// the one beside the repository.
fn corpus() -> Option<PathBuf> {
    let beside = || {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
        path.is_dir().then_some(path)
    };
    let path = std::env::var_os("XMPP_CORPUS")
        .map(PathBuf::from)
        .or_else(beside);
    if path.is_none() {
        println!("SKIPPED: XMPP_CORPUS does not name the directory of recordings and examples");
    }
    path
}

fn rows(path: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
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
    for row in &rows {
        let xml = without(row["xml"].as_str().unwrap(), "<!--", "-->");
        let xml = without(&xml, "<?", "?>");
        // Prefixes that a stream binds.
        let seen = check_stream(&format!(
            "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' \
             xmlns:db='jabber:server:dialback'>{xml}</stream:stream>"
        ));
        let elements = usize::try_from(row["top_elements"].as_u64().unwrap()).unwrap();
        assert_eq!(count(&seen), [1, elements, 1], "{xml}");
    }
}

/// Every row with XML, by file, connection and direction.
#[test]
fn all_recordings() {
    let Some(corpus) = corpus() else { return };
    let mut recordings: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for file in fs::read_dir(corpus.join("captures")).unwrap() {
        let path = file.unwrap().path();
        for row in rows(&path) {
            let field = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            let transport = match (&*field("transport"), &*field("dir"), &*field("frame")) {
                (_, "note", _) | ("http" | "lab", ..) | ("ws", _, "close") => continue,
                ("tcp", ..) => Tcp,
                ("ws", ..) => WebSocket,
                ("bosh", ..) => Bosh,
                other => panic!("{other:?}"),
            };
            // A connection that begins or ends has no body; an answer that was injected may have an empty one.
            let body = field("body");
            if !body.is_empty() {
                let key = (path.clone(), row["conn"].as_u64(), field("dir"), transport);
                recordings.entry(key).or_default().push(body);
            }
        }
    }
    let mut found: BTreeMap<Transport, (usize, Counts)> = BTreeMap::new();
    for ((.., transport), pieces) in &recordings {
        let counts = check_recording(*transport, pieces);
        let (pieces_found, sum) = found.entry(*transport).or_default();
        *pieces_found += pieces.len();
        sum.iter_mut().zip(counts).for_each(|(sum, n)| *sum += n);
    }
    let expected = [
        (Tcp, (244, [28, 526, 11])),
        (WebSocket, (4273, [0, 4273, 0])),
        (Bosh, (988, [988, 1915, 988])),
    ];
    assert_eq!(found, BTreeMap::from(expected));
}
