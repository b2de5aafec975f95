//! The codecs on their own: what they write, what they read, at any chunking.

use proptest::prelude::*;
use xmpp_core::{
    stream::{Codec, OutItem, StreamHeader, StreamItem, TcpCodec, WebSocketCodec},
    xml::Limits,
};

fn items(codec: &mut impl Codec) -> Vec<String> {
    let mut items = Vec::new();
    loop {
        match codec.next() {
            Ok(Some(item)) => items.push(format!("{item:?}")),
            Ok(None) => return items,
            Err(error) => {
                items.push(error.to_string());
                // Every later call gives the same error.
                assert_eq!(codec.next().unwrap_err(), error);
                return items;
            }
        }
    }
}

fn tcp(chunks: &[&[u8]]) -> Vec<String> {
    let mut codec = TcpCodec::new(Limits::SERVER_BEFORE_LOGIN);
    let mut all = Vec::new();
    for chunk in chunks {
        codec.push(chunk);
        if all
            .last()
            .is_none_or(|last: &String| last.starts_with(['O', 'E', 'C']))
        {
            all.extend(items(&mut codec));
        }
    }
    all
}

const STREAMS: [&str; 5] = [
    "<?xml version='1.0'?><s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client' \
     to='a' from=\"b\" version='1.0' xml:lang='de'> <message/>\n<iq id='&#65;'>&amp;<![CDATA[x]]></iq><s:features/></s:stream>",
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><a",
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><a></b>",
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'><a/>",
    "\u{feff}<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'/>",
];

#[test]
fn tcp_every_split_gives_the_same_items() {
    for text in STREAMS {
        let bytes = text.as_bytes();
        let expected = tcp(&[bytes]);
        for cut in 0..bytes.len() {
            assert_eq!(
                tcp(&[&bytes[..cut], &bytes[cut..]]),
                expected,
                "{text} cut at {cut}"
            );
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(tcp(&single), expected, "{text} byte by byte");
    }
}

#[test]
fn tcp_reads_headers() {
    let mut codec = TcpCodec::new(Limits::SERVER_BEFORE_LOGIN);
    codec.push(STREAMS[0].as_bytes());
    let Ok(Some(StreamItem::Open(header))) = codec.next() else {
        panic!("no header");
    };
    assert_eq!(
        header,
        StreamHeader {
            to: Some("a".to_owned()),
            from: Some("b".to_owned()),
            id: None,
            lang: Some("de".to_owned()),
            version: Some("1.0".to_owned()),
        }
    );
}

/// Every item, as each codec writes it.
const ITEMS: [(OutItem<'static>, &str, &str); 8] = [
    (
        OutItem::Stanza("<message/>"),
        "<message/>",
        "<message xmlns='jabber:client'/>",
    ),
    (
        OutItem::Stanza("<iq id='>'><x xmlns='u'/></iq>"),
        "<iq id='>'><x xmlns='u'/></iq>",
        "<iq xmlns='jabber:client' id='>'><x xmlns='u'/></iq>",
    ),
    (
        OutItem::Stanza("<presence>x</presence>"),
        "<presence>x</presence>",
        "<presence xmlns='jabber:client'>x</presence>",
    ),
    (
        OutItem::Nonza("<r xmlns='u'/>"),
        "<r xmlns='u'/>",
        "<r xmlns='u'/>",
    ),
    (
        OutItem::Features("<stream:features/>"),
        "<stream:features/>",
        "<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>",
    ),
    (
        OutItem::Error("<stream:error><reset/></stream:error>"),
        "<stream:error><reset/></stream:error>",
        "<stream:error xmlns:stream='http://etherx.jabber.org/streams'><reset/></stream:error>",
    ),
    (
        OutItem::Close,
        "</stream:stream>",
        "<close xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" />",
    ),
    (
        OutItem::Stanza("<a\tb='c'/>"),
        "<a\tb='c'/>",
        "<a xmlns='jabber:client'\tb='c'/>",
    ),
];

#[test]
fn what_the_codecs_write() {
    for (item, on_tcp, on_websocket) in ITEMS {
        let mut out = String::new();
        TcpCodec::new(Limits::CLIENT).encode(item, &mut out);
        assert_eq!(out, on_tcp);
        let mut out = String::new();
        WebSocketCodec::new(Limits::CLIENT).encode(item, &mut out);
        assert_eq!(out, on_websocket);
    }
}

#[test]
fn headers_are_escaped() {
    let header = StreamHeader {
        to: Some("a'><b>&".to_owned()),
        ..StreamHeader::default()
    };
    let mut out = String::new();
    WebSocketCodec::new(Limits::CLIENT).encode(OutItem::Open(&header), &mut out);
    assert_eq!(
        out,
        "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='a&apos;&gt;&lt;b&gt;&amp;'/>"
    );
    let mut codec = WebSocketCodec::new(Limits::CLIENT);
    codec.push(&out);
    assert_eq!(codec.next(), Ok(Some(StreamItem::Open(header.clone()))));
    let mut out = String::new();
    TcpCodec::new(Limits::CLIENT).encode(OutItem::Open(&header), &mut out);
    let mut codec = TcpCodec::new(Limits::CLIENT);
    codec.push(out.as_bytes());
    assert_eq!(codec.next(), Ok(Some(StreamItem::Open(header))));
}

#[test]
fn websocket_messages_wait_in_order() {
    let mut codec = WebSocketCodec::new(Limits::CLIENT);
    for i in 0..3 {
        codec.push(&format!("<message xmlns='jabber:client' id='{i}'/>"));
    }
    assert!(codec.buffered() > 100);
    for i in 0..3 {
        let Ok(Some(StreamItem::Element(message))) = codec.next() else {
            panic!("no message");
        };
        assert_eq!(message.attr("id").unwrap(), i.to_string());
    }
    assert_eq!(codec.next(), Ok(None));
    assert_eq!(codec.buffered(), 0);
}

proptest! {
    #[test]
    fn what_one_codec_writes_the_other_side_reads(text in any::<String>(), id in any::<String>()) {
        let stanza = xmpp_core::xml::Element::build(xmpp_core::xml::ns::CLIENT, |w| {
            let tag = w.start("message", xmpp_core::xml::ns::CLIENT);
            w.attr("id", &id);
            w.text_element("body", xmpp_core::xml::ns::CLIENT, &text);
            w.end(tag);
        });
        let mut canonical = String::new();
        let mut w = xmpp_core::xml::Writer::new(&mut canonical, xmpp_core::xml::ns::CLIENT);
        w.element(stanza.root());
        let mut message = String::new();
        let mut codec = WebSocketCodec::new(Limits::CLIENT);
        codec.encode(OutItem::Stanza(&canonical), &mut message);
        codec.push(&message);
        prop_assert_eq!(codec.next(), Ok(Some(StreamItem::Element(stanza.clone()))));
        let mut codec = TcpCodec::new(Limits::CLIENT);
        let mut bytes = String::new();
        codec.encode(OutItem::Open(&StreamHeader::default()), &mut bytes);
        codec.encode(OutItem::Stanza(&canonical), &mut bytes);
        codec.push(bytes.as_bytes());
        prop_assert!(matches!(codec.next(), Ok(Some(StreamItem::Open(_)))));
        prop_assert_eq!(codec.next(), Ok(Some(StreamItem::Element(stanza))));
    }
}
