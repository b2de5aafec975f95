//! The cost of parsing, counted and not timed: linear in the input for any chunking.
//!
//! The classes of CVE-2012-0876 (colliding hashes), CVE-2023-52425 (a long token byte by byte) and of quadratic
//! blow-up in general.

#![expect(clippy::format_collect, reason = "brevity matters more here")]

use super::super::{
    Edit, Element, ElementRef, Limits, Parser, ParserEvent, Patch, WriteXml as _, Writer, ns, work,
};

/// Work for `text` pushed in pieces of `piece` bytes.
fn cost(text: &str, piece: usize) -> usize {
    let mut limits = Limits::CLIENT;
    limits.stanza_bytes = 1 << 29;
    limits.elements = 1 << 24;
    limits.depth = 60_000;
    limits.declarations_in_scope = 60_000;
    limits.namespace_bytes = 1 << 20;
    let mut parser = Parser::stream(limits);
    work::take();
    for piece in text.as_bytes().chunks(piece) {
        parser.push(piece);
        loop {
            match parser.poll() {
                Ok(None) => break,
                Ok(Some(ParserEvent::Close)) => return work::take(),
                Ok(Some(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    panic!("the stream did not end")
}

/// Twice the input costs at most 2.2 times as much; no byte costs more than `most`.
#[track_caller]
fn is_linear(most: usize, of: impl Fn(usize) -> String) {
    for piece in [1, 1460, usize::MAX] {
        let (small, large) = (of(1600), of(3200));
        let (less, more) = (cost(&small, piece), cost(&large, piece));
        assert!(
            more * 10 <= less * 22,
            "pieces of {piece}: {less}, then {more}"
        );
        assert!(
            more <= large.len() * most,
            "pieces of {piece}: {} bytes cost {more}",
            large.len()
        );
    }
}

#[test]
fn long_text() {
    is_linear(40, |n| format!("<s><a>{}</a></s>", "x".repeat(n * 10)));
    is_linear(40, |n| format!("<s><a>{}</a></s>", "x\r\n".repeat(n)));
    is_linear(40, |n| format!("<s><a>{}</a></s>", "]]]".repeat(n)));
    is_linear(60, |n| format!("<s><a>{}</a></s>", "x>".repeat(n)));
    is_linear(60, |n| format!("<s><a>{}</a></s>", "\u{1f600}".repeat(n)));
}

#[test]
fn long_tokens_byte_by_byte_cve_2023_52425() {
    is_linear(60, |n| format!("<s><a b='{}'/></s>", "x".repeat(n * 10)));
    is_linear(60, |n| format!("<s><a b='{}'/></s>", "\t".repeat(n * 10)));
    is_linear(60, |n| format!("<s><{0}></{0}></s>", "n".repeat(n * 8)));
    is_linear(60, |n| format!("<s><a {}=''/></s>", "n".repeat(n * 8)));
    is_linear(60, |n| format!("<s><a{}/></s>", " ".repeat(n * 10)));
    is_linear(60, |n| {
        format!("<s><a b{0}={0}''/></s>", "\n".repeat(n * 5))
    });
    is_linear(60, |n| format!("<s><a></a{}></s>", " ".repeat(n * 10)));
    is_linear(60, |n| format!("<s><a>&#{}65;</a></s>", "0".repeat(n * 10)));
    is_linear(60, |n| {
        format!("<s><a b='&#x{}41;'/></s>", "0".repeat(n * 10))
    });
    is_linear(60, |n| {
        format!("<s><a><![CDATA[{}]]></a></s>", "]>".repeat(n * 5))
    });
    is_linear(60, |n| {
        format!("<s>{}</s{}>", "\n".repeat(n * 5), " ".repeat(n * 5))
    });
    is_linear(60, |n| {
        format!("<?xml version='1.0'{}?><s></s>", " ".repeat(n * 10))
    });
    is_linear(60, |n| {
        format!("<s><a xmlns='{}'/></s>", "u".repeat(n * 10))
    });
}

#[test]
fn references_and_cdata_without_end() {
    is_linear(60, |n| format!("<s><a>{}</a></s>", "&lt;".repeat(n)));
    is_linear(60, |n| format!("<s><a b='{}'/></s>", "&#65;".repeat(n)));
    is_linear(60, |n| {
        format!("<s><a>{}</a></s>", "<![CDATA[x]]>".repeat(n))
    });
}

#[test]
fn tiny_elements_and_stanzas() {
    is_linear(80, |n| format!("<s><a>{}</a></s>", "<b/>".repeat(n * 2)));
    is_linear(80, |n| format!("<s>{}</s>", "<b/>".repeat(n * 2)));
    is_linear(80, |n| {
        format!("<s><a>{}</a></s>", "<b>x</b>y".repeat(n * 2))
    });
    is_linear(80, |n| {
        format!("<s>{}</s>", "<r xmlns='urn:xmpp:sm:3'/>\n".repeat(n))
    });
}

#[test]
fn deep_elements() {
    is_linear(80, |n| {
        format!("<s>{}{}</s>", "<a>".repeat(n * 2), "</a>".repeat(n * 2))
    });
    is_linear(80, |n| {
        format!("<s>{}{}</s>", "<a xmlns='u'>".repeat(n), "</a>".repeat(n))
    });
}

#[test]
fn names_of_every_kind() {
    is_linear(60, |n| {
        format!("<s><p:{0} xmlns:p='u'></p:{0}></s>", "n".repeat(n * 8))
    });
    is_linear(60, |n| {
        format!("<s><a xmlns:p='u' p:{}=''/></s>", "n".repeat(n * 8))
    });
    is_linear(60, |n| {
        format!("<s><{0}></{0}></s>", "\u{e9}".repeat(n * 8))
    });
    is_linear(60, |n| format!("<{0}></{0}>", "n".repeat(n * 8)));
    is_linear(80, |n| {
        format!("<s><a>{}</a></s>", "<\u{1f600}n/>".repeat(n))
    });
}

#[test]
fn declarations_of_many_namespaces() {
    is_linear(120, |n| {
        let all: String = (0..n).map(|i| format!("<b xmlns='urn:{i:05}'/>")).collect();
        format!("<s><a>{all}</a></s>")
    });
    is_linear(120, |n| {
        let all: String = (0..n)
            .map(|i| format!("<p:b xmlns:p='urn:{i:05}'/>"))
            .collect();
        format!("<s>{all}</s>")
    });
    // Values that do not stand in the text as they are.
    is_linear(120, |n| {
        format!("<s>{}</s>", "<b xmlns='u&#65;\n'/>".repeat(n))
    });
    is_linear(120, |n| {
        format!("<s><a xmlns='{}'/></s>", "&#117;".repeat(n * 2))
    });
    // The same one again and again, long; one that covers many elements; one that is undone.
    let long = "u".repeat(300);
    is_linear(120, |n| {
        format!("<s>{}</s>", format!("<b xmlns='{long}'/>").repeat(n / 20))
    });
    is_linear(120, |n| {
        format!(
            "<s><a xmlns='{long}'>{}</a></s>",
            "<b><c xmlns=''/></b>".repeat(n)
        )
    });
}

#[test]
fn header_declaration_and_end() {
    is_linear(60, |n| format!("{}<s></s>", "\n".repeat(n * 10)));
    is_linear(60, |n| format!("<s {}></s>", "\n".repeat(n * 10)));
    is_linear(60, |n| format!("<s a='{}'></s>", "x".repeat(n * 10)));
    is_linear(60, |n| {
        format!(
            "<?xml version='1.0' encoding={}'utf-8'?><s></s>",
            " ".repeat(n * 10)
        )
    });
    is_linear(60, |n| format!("<s></s{}>", "\r\n".repeat(n * 5)));
}

/// Work for writing the stanza in `text`, as it stands and with changes.
fn cost_of_writing(text: &str) -> usize {
    let element = Element::parse(text).unwrap();
    let child = element.children().next().map(ElementRef::to_element);
    work::take();
    let mut out = element.to_string();
    let edited = Edit::new(&element)
        .set_attr("to", "x")
        .remove_children(|child| child.is("b", ns::CLIENT));
    edited.write_xml(&mut Writer::new(&mut out, ns::CLIENT));
    Patch::new(&element, &["from"]).apply(&[("from", "x")], &mut out);
    if let Some(child) = child {
        out += &child.to_string();
        out += &child.shrink().to_string();
    }
    work::take() + out.len()
}

/// Twice the stanza costs at most 2.2 times as much to write, as it stands and anew (with CDATA in it).
#[test]
fn writing_back_and_editing() {
    // The longest name that a client accepts: it is declared wherever it is used under its prefix.
    let long = "u".repeat(Limits::CLIENT.namespace_bytes);
    let shapes: [fn(usize) -> String; 9] = [
        |n| format!("<b/>{}", "x".repeat(n * 10)),
        |n| "<b>x</b>&lt;".repeat(n),
        |n| "<b a='&lt;' c='\n'/>".repeat(n),
        |n| "<b><![CDATA[<x>]]></b>".repeat(n),
        |n| "<b xmlns='u'/>".repeat(n),
        |n| (0..n).map(|i| format!("<b xmlns='{i:05}'/>")).collect(),
        |n| {
            (0..n)
                .map(|i| format!("<p:b xmlns:p='{i:05}' p:x=''/>"))
                .collect()
        },
        |n| format!("{}{}", "<b>".repeat(n), "</b>".repeat(n)),
        |n| "<p:b p:x=''/><b/>".repeat(n),
    ];
    for (i, shape) in shapes.iter().enumerate() {
        for raw in ["", "<r><![CDATA[x]]></r>"] {
            let of = |n: usize| {
                let text = format!(
                    "<a xmlns='jabber:client' xmlns:p='{long}'>{}{raw}</a>",
                    shape(n)
                );
                // Depth counts too, within the limits of a client.
                cost_of_writing(&text)
            };
            for n in [30, 60] {
                let (less, more) = (of(n), of(n * 2));
                assert!(
                    more * 10 <= less * 22,
                    "shape {i}, {raw}: {less}, then {more}"
                );
            }
        }
    }
}

/// Many attributes on many elements; names that would collide under a weak hash are just names here (the class of
/// CVE-2012-0876).
#[test]
fn attributes_and_prefixes_cve_2012_0876() {
    let many: String = (0..256).map(|i| format!(" a{i}=''")).collect();
    is_linear(80, |n| {
        format!("<s><a>{}</a></s>", format!("<b{many}/>").repeat(n / 400))
    });
    // The same local name under 60 prefixes whose namespaces differ at their ends only.
    let long = "u".repeat(500);
    let declared: String = (0..60)
        .map(|i| format!(" xmlns:p{i}='{long}{i}'"))
        .collect();
    let used: String = (0..60).map(|i| format!(" p{i}:x=''")).collect();
    is_linear(300, |n| {
        format!(
            "<s><a{declared}>{}</a></s>",
            format!("<b{used}/>").repeat(n / 100)
        )
    });
    is_linear(80, |n| {
        format!("<s>{}</s>", format!("<a{declared}/>").repeat(n / 800))
    });
    // 1,000 prefixes in scope.
    let levels: String = (0..20)
        .map(|k| {
            format!(
                "<a{}>",
                declared.replace("xmlns:p", &format!("xmlns:q{k}x"))
            )
        })
        .collect();
    assert!(levels.len() > 100_000);
    let few: String = levels.replace(&long, "u");
    is_linear(300, |n| {
        format!(
            "<s>{few}{}{}</s>",
            "<q0x1:b q19x3:c=''/>".repeat(n),
            "</a>".repeat(20)
        )
    });
}

#[test]
fn inherited_namespaces_are_not_paid_for_by_stanzas_that_do_not_use_them() {
    let long = "u".repeat(9000);
    let of = |n: usize| format!("<s xmlns:p='{long}'>{}</s>", "<a/>".repeat(n * 4));
    is_linear(120, of);
}

/// Text, node table and the element made of them: at most 8 times the limit of a stanza, however dense it is.
#[test]
fn memory_stays_within_eight_times_the_limit() {
    let dense = [
        "<b/>x",
        "<b a=''/>",
        "<b>x</b>",
        "<c x='' y='' z=''/>y",
        "0123456789abcdef",
    ];
    for limits in [
        Limits::SERVER_BEFORE_LOGIN,
        Limits::SERVER_FROM_CLIENT,
        Limits::SERVER_FROM_SERVER,
    ] {
        for piece in dense {
            // The largest stanza of such pieces that is accepted.
            let count = (limits.stanza_bytes - 7) / piece.len();
            let largest = (0..=count).rev().step_by(count / 40 + 1).find_map(|n| {
                let mut parser = Parser::stream(limits);
                parser.push(format!("<s><a>{}</a>", piece.repeat(n)).as_bytes());
                parser.poll().ok()?;
                let Ok(Some(ParserEvent::Element(element))) = parser.poll() else {
                    return None;
                };
                Some((n, parser, element))
            });
            let (n, parser, element) = largest.expect("one is accepted");
            let memory =
                parser.input.memory() + parser.machine.tree.nodes.memory() + element.memory();
            let spare = 16 * 1024;
            assert!(
                memory <= limits.stanza_bytes * 8 + spare,
                "{memory} bytes for {n} times {piece}"
            );
        }
    }
}

/// A large stanza does not keep its memory once it is done with.
#[test]
fn memory_of_a_large_stanza_is_given_back() {
    let mut parser = Parser::stream(Limits::CLIENT);
    parser.push(format!("<s><a>{}</a>", "<b>x</b>".repeat(50_000)).as_bytes());
    while let Ok(Some(_)) = parser.poll() {}
    assert!(parser.machine.tree.nodes.memory() > 1_000_000);
    for _ in 0..3 {
        parser.push(b"<a/>");
        while let Ok(Some(_)) = parser.poll() {}
    }
    let memory = parser.input.memory() + parser.machine.tree.nodes.memory();
    assert!(memory <= 80 * 1024, "{memory} bytes");
}
