//! Any chunking gives the same events, errors and offsets.

use proptest::{collection::vec, prelude::*, sample::select};
use xmpp_core::xml::{Limits, ParseRule, Parser, ParserEventRef};

use crate::common::{Seen, document, events, stream};

/// Streams and what is wrong with some of them; every split of each is tried.
pub(crate) const STREAMS: [&str; 14] = [
    "<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<stream:stream xmlns='jabber:client' \
     xmlns:stream='http://etherx.jabber.org/streams' to='a&amp;b' xml:lang=\"de\"><stream:features>\
     <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></stream:features></stream:stream >",
    "\u{feff}<s xmlns='jabber:client' xmlns:u='urn:&#117;nknown' xmlns:v='v'> \n<u:x v:y='1' u:y='2' y='3'>\
     <z xmlns=''/></u:x>\t<u:x/><v:x><u:y xmlns:u='w'/></v:x></s>\r\n",
    "<s><message to='\u{e9}@\u{4f8b}.\u{1f600}' from=\"it's\"><body>h\u{e9}llo &lt;w&#x6f;rld&gt; ]] ></body>\
     <\u{e9}l\u{e9}ment \u{e0}='\u{20ac}'>\u{1f600}</\u{e9}l\u{e9}ment></message></s>",
    "<s><a><![CDATA[<x>]] ]]]]><![CDATA[>]]></a><b>1<![CDATA[]]>2</b><c\r\n x\t=\n'1\r\n2'>\r\n</c\r></s>",
    "<s><a b='c'd='e'/></s>",
    "<s><a><b></c></a></s>",
    "<s><a>&nbsp;</a></s>",
    "<s><a>x]]></a></s>",
    "<s><a/>text</s>",
    "<s><p:a/></s>",
    "<s><a x='1' x='2'/></s>",
    "<s><!-- no --></s>",
    "<s/>  ",
    "<s></t>",
];

#[test]
fn every_split_of_a_corpus() {
    for text in STREAMS {
        let bytes = text.as_bytes();
        let whole = events(stream(), bytes, []);
        for first in 0..=bytes.len() {
            assert_eq!(events(stream(), bytes, [first]), whole, "{text} at {first}");
        }
        let step = (bytes.len() / 40).max(1);
        for first in (0..=bytes.len()).step_by(step) {
            for second in first..=bytes.len() {
                assert_eq!(
                    events(stream(), bytes, [first, second]),
                    whole,
                    "{text} at {first}, {second}"
                );
            }
        }
        assert_eq!(
            events(stream(), bytes, 1..bytes.len()),
            whole,
            "{text} byte by byte"
        );
    }
}

#[test]
fn what_the_corpus_holds() {
    let kinds = |text: &str| {
        events(stream(), text.as_bytes(), [])
            .iter()
            .map(|seen| match seen {
                Seen::Open(_) => 'o',
                Seen::Element(_) => 'e',
                Seen::Close => 'c',
                Seen::Error(..) => '!',
            })
            .collect::<String>()
    };
    let all: Vec<String> = STREAMS.iter().map(|text| kinds(text)).collect();
    assert_eq!(
        all,
        [
            "oec", "oeeec", "oec", "oeeec", "o!", "o!", "o!", "o!", "oe!", "o!", "o!", "o!", "oc",
            "o!"
        ]
    );
}

#[test]
fn invalid_utf8_comes_after_what_is_valid_wherever_it_is_cut() {
    let mut bytes = b"<s><a>x</a><b>".to_vec();
    bytes.extend_from_slice(b"\xe2\x82<");
    let whole = events(stream(), &bytes, []);
    assert_eq!(whole.last(), Some(&Seen::Error(ParseRule::Utf8, 14)));
    assert_eq!(whole.len(), 3);
    for cut in 0..=bytes.len() {
        assert_eq!(events(stream(), &bytes, [cut]), whole, "at {cut}");
    }
}

#[test]
fn a_mistake_before_a_forbidden_character_is_told_first() {
    for (text, rule) in [
        ("<s><a>&bad;\u{1}</a>", ParseRule::UndeclaredEntity),
        ("<s><a b='<\u{1}'/>", ParseRule::LessThanInValue),
        ("<s><a>\u{1}&bad;</a>", ParseRule::ForbiddenCharacter),
        ("<s></t>\u{1}", ParseRule::MismatchedEndTag),
    ] {
        let whole = events(stream(), text.as_bytes(), []);
        assert!(
            matches!(whole.last(), Some(Seen::Error(r, _)) if *r == rule),
            "{whole:?}"
        );
        assert_eq!(events(stream(), text.as_bytes(), 1..text.len()), whole);
    }
}

#[test]
fn a_limit_is_told_at_the_same_byte_wherever_it_is_cut() {
    let mut limits = Limits::CLIENT;
    limits.stanza_bytes = 20;
    // A character ends beyond the limit; the name, the value, the text do.
    for text in [
        "<s><a>0123456789012\u{1f600}</a></s>",
        "<s><abcdefghijklmnopqrstuvwxyz/></s>",
        "<s><\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}/></s>",
        "<s><a b='abcdefghijklmnopqrstuvwxyz'/></s>",
        "<s><a>&#00000000000000000000065;</a></s>",
        "<s><a></a                              ></s>",
        "<s></s                                  >",
        "<?xml version='1.0'                       ?>",
    ] {
        let parser = || Parser::stream(limits);
        let whole = events(parser(), text.as_bytes(), []);
        assert!(
            matches!(whole.last(), Some(Seen::Error(ParseRule::StanzaBytes, _))),
            "{text}: {whole:?}"
        );
        for cut in 0..text.len() {
            assert_eq!(
                events(parser(), text.as_bytes(), [cut]),
                whole,
                "{text} at {cut}"
            );
        }
        assert_eq!(
            events(parser(), text.as_bytes(), 1..text.len()),
            whole,
            "{text}"
        );
    }
}

#[test]
fn what_is_lent_is_what_is_owned() {
    for text in STREAMS {
        let owned = events(stream(), text.as_bytes(), []);
        let mut lent = Vec::new();
        let mut parser = stream();
        for piece in text.as_bytes().chunks(7) {
            parser.push(piece);
            loop {
                lent.push(match parser.poll_ref() {
                    Ok(Some(ParserEventRef::Open(e))) => {
                        assert_eq!(e.to_string(), e.to_element().to_string());
                        Seen::Open(e.to_element())
                    }
                    Ok(Some(ParserEventRef::Element(e))) => {
                        // Children of what is lent last, too.
                        for child in e.children() {
                            assert_eq!(child.to_element(), child);
                            assert_eq!(child.to_element().to_string(), child.to_string());
                        }
                        Seen::Element(e.to_element())
                    }
                    Ok(Some(_)) => Seen::Close,
                    Ok(None) => break,
                    Err(e) => {
                        lent.push(Seen::Error(e.rule, e.offset));
                        break;
                    }
                });
            }
            if matches!(lent.last(), Some(Seen::Error(..))) {
                break;
            }
        }
        assert_eq!(lent, owned, "{text}");
    }
}

#[test]
fn buffered_counts_what_is_not_told_yet() {
    let mut parser = stream();
    assert_eq!(parser.buffered(), 0);
    parser.push(b"<s><starttls/>");
    assert_eq!(parser.buffered(), 14);
    parser.poll().unwrap();
    assert_eq!(parser.buffered(), 11);
    parser.poll().unwrap();
    assert_eq!(parser.buffered(), 0);
    parser.push(b" \n");
    assert_eq!(parser.buffered(), 2);
    parser.poll().unwrap();
    assert_eq!(parser.buffered(), 0);
    parser.push(b"<au");
    parser.poll().unwrap();
    assert_eq!(parser.buffered(), 3);
    parser.push(b"th>\xc3");
    parser.poll().unwrap();
    assert_eq!(parser.buffered(), 7);
    // What can never be text was pushed all the same.
    for behind in [
        &b"\xff"[..],
        b"\x01",
        b"\xe2\x82<",
        b"\xc0\xbc</s>",
        b"x\x01\xff",
    ] {
        for piece in [1, 2, 9] {
            let mut parser = stream();
            parser.push(b"<s>");
            parser.poll().unwrap();
            for piece in behind.chunks(piece) {
                parser.push(piece);
            }
            assert_eq!(parser.buffered(), behind.len(), "{behind:x?}");
        }
    }
}

/// Pieces that, put together at random, often make well-formed XML and always nearly do.
const PIECES: [&str; 64] = [
    "<a>",
    "</a>",
    "<a",
    ">",
    "/>",
    "<b:c",
    "</b:c>",
    "<a/>",
    " x='",
    "'",
    "\"",
    " y=\"",
    " xmlns='u'",
    " xmlns:b='v'",
    " xmlns:b=''",
    " xml:lang='en'",
    "&amp;",
    "&#65;",
    "&#x",
    ";",
    "&",
    "&lt",
    "<![CDATA[",
    "]]>",
    "]",
    "]]",
    "<!--",
    "-->",
    "<?",
    "<?xml version='1.0'?>",
    "<!DOCTYPE a>",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "text",
    "=",
    "\u{e9}",
    "\u{20ac}",
    "\u{1f600}",
    "\u{feff}",
    "\u{fffe}",
    "\u{0}",
    "<",
    "/",
    ":",
    "xmlns",
    "a",
    "b",
    " b:z='1'",
    " z='1'",
    "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'>",
    "<b:c xmlns:b='v'>",
    "<a x='1' y='2'>",
    "<message>",
    "</message>",
    "0123456789abcdef",
    "abcdefghijklmnopqrstuvwxyz",
    "<b xmlns=''>",
    " xml:xmlns='w'",
    " lang='&gt;'",
    " b:xmlns='1'",
    "xml:",
];

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    (
        vec(select(&PIECES[..]), 0..40),
        vec((any::<u16>(), any::<u8>()), 0..3),
        any::<bool>(),
    )
        .prop_map(|(pieces, noise, open)| {
            let mut bytes = if open {
                b"<s xmlns:b='w'>".to_vec()
            } else {
                Vec::new()
            };
            bytes.extend(pieces.concat().bytes());
            for (at, byte) in noise {
                if !bytes.is_empty() && at % 4 == 0 {
                    let at = usize::from(at) % bytes.len();
                    bytes[at] = byte;
                }
            }
            bytes
        })
}

fn cuts(len: usize, cuts: &[u16]) -> Vec<usize> {
    let mut cuts: Vec<usize> = cuts.iter().map(|&c| usize::from(c) % (len + 1)).collect();
    cuts.sort_unstable();
    cuts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_chunking_of_anything(bytes in pieces(), at in vec(any::<u16>(), 0..6), small in any::<bool>()) {
        let mut limits = Limits::CLIENT;
        if small {
            limits.stanza_bytes = 40;
            limits.elements = 4;
            limits.depth = 3;
            limits.attributes = 2;
            limits.declarations = 1;
            limits.declarations_in_scope = 2;
            limits.namespace_bytes = 10;
        }
        for parser in [Parser::stream, Parser::document] {
            let whole = events(parser(limits), &bytes, []);
            prop_assert_eq!(&events(parser(limits), &bytes, cuts(bytes.len(), &at)), &whole);
            prop_assert_eq!(&events(parser(limits), &bytes, 1..bytes.len().max(1)), &whole);
        }
    }

    #[test]
    fn a_text_parsed_whole_gives_what_a_document_gives(bytes in pieces()) {
        let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(()) };
        let mut parser = document();
        parser.push(&bytes);
        let mut found = None;
        let streamed = loop {
            match parser.poll() {
                Ok(Some(event)) => found = Some(event),
                Ok(None) => break parser.finish(),
                Err(e) => break Err(e),
            }
        };
        match xmpp_core::xml::Element::parse(text) {
            Ok(element) => {
                prop_assert_eq!(streamed, Ok(()));
                prop_assert_eq!(found, Some(xmpp_core::xml::ParserEvent::Element(element)));
            }
            Err(error) => prop_assert_eq!(streamed, Err(error)),
        }
    }
}
