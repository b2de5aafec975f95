//! The same verdict and the same content as expat and rxml, on documents and streams that are nearly well-formed.

use proptest::{collection::vec, prelude::*, sample::select};
use xml_oracles::{Mode, check};

const NASTY: [&str; 62] = [
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
    "&#x9;",
    "&#13;",
    "&#32;",
    "&",
    "&lt;",
    "&nbsp;",
    "<![CDATA[",
    "]]>",
    "]",
    "\u{e9}",
    "<b:c xmlns:b='v' b:x='1'>",
    " ",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "text",
    "\u{20ac}",
    "\u{1f600}",
    "\u{fffe}",
    "\u{feff}",
    "\0",
    "<",
    "/",
    ":",
    "xmlns",
    " b:z='1'",
    " z='1'",
    " xmlns:xml='http://www.w3.org/XML/1998/namespace'",
    " xmlns:b='http://www.w3.org/2000/xmlns/'",
    " xmlns:xmlns='u'",
    "<xmlns:a/>",
    "<d xmlns=''>",
    "</d>",
    "<!-- x -->",
    "<?x y?>",
    "<!DOCTYPE a>",
    "<?xml version='1.0'?>",
    "<?xml version='1.0' encoding='utf-8'?>",
    "<?xml version='1.0' standalone='yes'?>",
    " encoding='UTF-8'",
    " standalone='",
    "<s xmlns='jabber:client'>",
    "</s>",
];

fn both(text: &[u8]) {
    check(text, Mode::Document);
    check(text, Mode::Stream);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn texts_put_together_at_random(pieces in vec(select(&NASTY[..]), 0..24), wrap in any::<bool>()) {
        let inner = pieces.concat();
        both(if wrap { format!("<r xmlns:b='w'>{inner}</r>") } else { inner }.as_bytes());
    }

    #[test]
    fn a_well_formed_text_with_one_change(
        at in any::<prop::sample::Index>(),
        with in select(&NASTY[..]),
        cut in 0..3usize,
    ) {
        let text = "<?xml version='1.0'?><m xmlns='jabber:client' xmlns:p='u' to='a&amp;b'><p:x p:y=\"1\" y='2'>t&#10;\
                    <![CDATA[<z>]]></p:x>\r\n<b xmlns=''/>\u{e9}</m>";
        let from = at.index(text.len() + 1);
        let to = (from + cut).min(text.len());
        both(&[&text.as_bytes()[..from], with.as_bytes(), &text.as_bytes()[to..]].concat());
    }
}

#[test]
fn the_corpus_of_streams() {
    expat_oracle::expect_in_ci();
    for text in crate::chunking::STREAMS {
        both(text.as_bytes());
    }
}

/// Every 89th character, and those at both ends of the ranges that the productions of XML 1.0 name.
#[test]
fn characters_in_names_text_and_references() {
    let ends = [
        0x20, 0x7f, 0xb7, 0xc0, 0xd6, 0xd8, 0xf6, 0xf8, 0x2ff, 0x300, 0x36f, 0x370, 0x37d, 0x37f,
        0x1fff, 0x200c, 0x200d, 0x203f, 0x2040, 0x2070, 0x218f, 0x2c00, 0x2fef, 0x3001, 0xd7ff,
        0xe000, 0xf900, 0xfdcf, 0xfdf0, 0xfffd, 0x10000, 0xeffff, 0x10_ffff,
    ];
    let near = ends.iter().flat_map(|&end: &u32| end - 1..=end + 1);
    for c in (0..=0x10_ffff).step_by(89).chain(near) {
        check(format!("<a>&#{c};</a>").as_bytes(), Mode::Document);
        let Some(c) = char::from_u32(c) else { continue };
        check(format!("<{c}/>").as_bytes(), Mode::Document);
        check(format!("<a{c} b{c}='{c}'>{c}").as_bytes(), Mode::Stream);
    }
}
