//! The list of differences: the one home. `docs/xml-differences.md` is made of it.

use std::fmt::Write as _;

use rxml::{Error, error::ErrorContext};
use xmpp_core::xml::{ParseClass, ParseRule as Rule};

use crate::{
    compare::is_same,
    item::Item,
    reading::{Case, End, Mode, Oracle, Refusal, Way},
};

/// Something that an oracle does in another way, and the rule that decides who is right.
#[derive(Debug)]
pub struct Difference {
    /// The production of XML 1.0 (fifth edition) or the rule of an RFC that decides it.
    pub key: &'static str,
    /// Who does what.
    pub what: &'static str,
    /// Those that differ from us.
    pub oracles: &'static [Oracle],
    /// The ways in which they do.
    pub ways: &'static [Way],
    /// Whether this entry explains the case: by our rule where we refuse, by the oracle's reason where it does, by what
    /// both told where both accept.
    pub(crate) explains: fn(&Case<'_>) -> bool,
    /// Inputs that show it.
    pub examples: &'static [(Mode, &'static [u8])],
}

const EXPAT: &[Oracle] = &[Oracle::Expat];
const RXML: &[Oracle] = &[Oracle::Rxml];

/// All of them.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        key: "RFC 6120 §11.1",
        what: "Comments, processing instructions and document type declarations are XML that XMPP forbids; expat reads them.",
        oracles: EXPAT,
        ways: &[Way::WeRefuse],
        explains: |case| {
            we_refuse(
                case,
                &[
                    Rule::Comment,
                    Rule::ProcessingInstruction,
                    Rule::DocumentType,
                ],
            )
        },
        examples: &[
            (Mode::Document, b"<a><!-- x --></a>"),
            (Mode::Document, b"<?x?><a/>"),
            (Mode::Document, b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"),
            (Mode::Stream, b"<s><a/><!-- x --><b/></s>"),
        ],
    },
    Difference {
        key: "[23] XMLDecl with RFC 6120 §11.1, §11.6 and §11.8",
        what: "Another version than 1.0, another encoding than UTF-8 and `standalone='no'` are refused; expat, told to read \
               UTF-8, reads on.",
        oracles: EXPAT,
        ways: &[Way::WeRefuse],
        explains: |case| {
            we_refuse(
                case,
                &[Rule::XmlVersion, Rule::Encoding, Rule::NotStandalone],
            )
        },
        examples: &[
            (Mode::Document, b"<?xml version='1.1'?><a/>"),
            (
                Mode::Document,
                b"<?xml version='1.0' encoding='latin1'?><a/>",
            ),
            (Mode::Stream, b"<?xml version='1.0' standalone='no'?><a>"),
        ],
    },
    Difference {
        key: "RFC 6120 §11.6, XML §4.3.3",
        what: "UTF-8 only; expat recognises UTF-16 by its first two bytes, whatever it is told.",
        oracles: EXPAT,
        ways: &[Way::WeRefuse],
        explains: |case| {
            we_refuse(case, &[Rule::Utf8, Rule::ForbiddenCharacter])
                && case.our_error().is_some_and(|e| e.offset < 2)
        },
        examples: &[
            (Mode::Document, b"\xfe\xff\0<\0a\0/\0>"),
            (Mode::Document, b"\xff\xfe<\0a\0/\0>\0"),
            (Mode::Document, b"<\0a\0/\0>\0"),
            (Mode::Stream, b"\0<\0a\0>"),
        ],
    },
    Difference {
        key: "RFC 6120 §11.7",
        what: "Between stanzas stands white space only; for XML a stream's root may have any text.",
        oracles: &[Oracle::Expat, Oracle::Rxml],
        ways: &[Way::WeRefuse],
        explains: |case| case.mode == Mode::Stream && we_refuse(case, &[Rule::TextBetweenStanzas]),
        examples: &[
            (Mode::Stream, b"<s><a/>text<b/></s>"),
            (Mode::Stream, b"<s>&#32;</s>"),
        ],
    },
    Difference {
        key: "RFC 6120 §4.9.3.14",
        what: "A limit is exceeded, which is policy and not XML.",
        oracles: &[Oracle::Expat, Oracle::Rxml],
        ways: &[Way::WeRefuse],
        explains: |case| {
            case.our_error()
                .is_some_and(|e| e.rule.class() == ParseClass::PolicyViolation)
        },
        examples: &[(Mode::Document, DEEP)],
    },
    Difference {
        key: "[4] NameStartChar, [4a] NameChar",
        what: "expat knows the names of the fourth edition, we those of the fifth.",
        oracles: EXPAT,
        ways: &[Way::OracleRefuses],
        explains: |case| {
            matches!(
                case.theirs.end,
                End::Refused(Refusal::Expat(refusal, Some(c)))
                    if refusal.code == expat_oracle::Code::INVALID_TOKEN && is_wide_name(c)
            )
        },
        examples: &[
            (Mode::Document, "<\u{10000}/>".as_bytes()),
            (Mode::Document, "<a \u{2c00}=''/>".as_bytes()),
            (Mode::Document, "<a xmlns:b\u{203f}='u'/>".as_bytes()),
        ],
    },
    Difference {
        key: "[4] NameStartChar, U+FDF0 to U+FFFD",
        what: "These may stand in names; rxml's table ends before them.",
        oracles: RXML,
        ways: &[Way::OracleRefuses],
        explains: |case| {
            matches!(
                case.rxml_error(),
                Some(Error::UnexpectedChar(
                    Some(ErrorContext::Name | ErrorContext::NameStart),
                    '\u{fdf0}'..='\u{fffd}',
                    _
                ))
            )
        },
        examples: &[
            (Mode::Document, "<\u{fdf0}/>".as_bytes()),
            (Mode::Stream, "<a \u{fffd}='x'>".as_bytes()),
        ],
    },
    Difference {
        key: "[22] prolog",
        what: "White space and one byte order mark may come before the root; rxml refuses both.",
        oracles: RXML,
        ways: &[Way::OracleRefuses],
        explains: |case| {
            matches!(
                case.rxml_error(),
                Some(Error::UnexpectedToken(
                    Some(ErrorContext::DocumentBegin),
                    "Text",
                    _
                ))
            )
        },
        examples: &[
            (Mode::Document, b" <a/>"),
            (Mode::Stream, "\u{feff}<s>".as_bytes()),
        ],
    },
    Difference {
        key: "[23] XMLDecl, [32] SDDecl",
        what: "An encoding need not come before `standalone`, which is `yes` or `no` in small letters, and no value holds a \
               carriage return; rxml wants the first and forgives the others.",
        oracles: RXML,
        ways: &[Way::WeRefuse, Way::OracleRefuses],
        explains: |case| {
            we_refuse(case, &[Rule::MalformedXmlDeclaration, Rule::XmlVersion])
                || matches!(case.rxml_error(), Some(Error::InvalidSyntax(why)) if why.contains("'encoding'"))
        },
        examples: &[
            (
                Mode::Document,
                b"<?xml version='1.0' standalone='yes'?><a/>",
            ),
            (
                Mode::Document,
                b"<?xml version='1.0' encoding='utf-8' standalone='YES'?><a/>",
            ),
        ],
    },
    Difference {
        key: "[66] CharRef",
        what: "A reference to a character has any number of leading zeros; rxml reads a few bytes only.",
        oracles: RXML,
        ways: &[Way::OracleRefuses],
        explains: |case| matches!(case.rxml_error(), Some(Error::UndeclaredEntity)),
        examples: &[(Mode::Document, b"<a>&#x00000000000041;</a>")],
    },
    Difference {
        key: "[27] Misc",
        what: "Behind the root stands white space; rxml takes a reference to it for that, too.",
        oracles: RXML,
        ways: &[Way::WeRefuse],
        explains: |case| we_refuse(case, &[Rule::TextOutsideRoot]),
        examples: &[(Mode::Document, b"<a/>&#32;")],
    },
    Difference {
        key: "XML §2.11",
        what: "A carriage return is a line end also where no line feed follows; rxml waits for one at the end, drops or keeps \
               it in some places (which makes another namespace of a name that ends with it), and refuses what follows it in \
               a value.",
        oracles: RXML,
        ways: &[Way::WeRefuse, Way::OracleRefuses, Way::Content, Way::End],
        explains: |case| match case.way {
            Way::Content => is_same(
                &without_line_ends(&case.ours.items),
                &without_line_ends(&case.theirs.items),
                false,
            ),
            Way::WeRefuse => we_refuse(case, &[Rule::ReservedXml]),
            // What it calls a forbidden character is none; an empty, reserved or second name is none to expat.
            Way::OracleRefuses | Way::End => matches!(
                case.rxml_error(),
                Some(
                    Error::EmptyNamespaceUri
                        | Error::DuplicateAttribute
                        | Error::ReservedNamespaceName
                        | Error::ReservedNamespacePrefix
                        | Error::InvalidEof(Some(ErrorContext::Text))
                        | Error::InvalidChar(Some(ErrorContext::AttributeValue), 0x20.., false)
                )
            ),
        },
        examples: &[
            (Mode::Document, b"<a/>\r"),
            (Mode::Document, b"<a b='x\ry'/>"),
            (Mode::Document, b"<a b='\r'/>"),
            (Mode::Document, b"<a xmlns:p='\r'/>"),
            (
                Mode::Document,
                b"<a xmlns:p='u\r' xmlns:q='u' p:x='' q:x=''/>",
            ),
            (
                Mode::Document,
                b"<a xmlns:p='http://www.w3.org/XML/1998/namespace\r'/>",
            ),
            (
                Mode::Document,
                b"<a xmlns:xml='http://www.w3.org/XML/1998/namespace\r'/>",
            ),
            (Mode::Document, b"<a><![CDATA[]\r]]></a>"),
        ],
    },
    Difference {
        key: "XML §3.1, unique attributes",
        what: "A declaration is an attribute, so that two of one prefix are one too many; rxml takes the last.",
        oracles: RXML,
        ways: &[Way::WeRefuse],
        explains: |case| we_refuse(case, &[Rule::DuplicateAttribute]),
        examples: &[(Mode::Document, b"<a xmlns='u' xmlns='v'/>")],
    },
    Difference {
        key: "Namespaces §3",
        what: "Nothing may be bound to the namespace of `xmlns`; rxml does not look.",
        oracles: RXML,
        ways: &[Way::WeRefuse],
        explains: |case| we_refuse(case, &[Rule::ReservedXmlns]),
        examples: &[
            (
                Mode::Document,
                b"<a xmlns='http://www.w3.org/2000/xmlns/'/>",
            ),
            (
                Mode::Stream,
                b"<s xmlns:p='http://www.w3.org/2000/xmlns/'/>",
            ),
        ],
    },
];

/// Elements 129 deep.
const DEEP: &[u8] = &{
    let mut text = [0; 129 * 7];
    let mut i = 0;
    while i < 129 {
        let (open, close) = (b"<a>", b"</a>");
        let mut k = 0;
        while k < 3 {
            text[i * 3 + k] = open[k];
            k += 1;
        }
        let mut k = 0;
        while k < 4 {
            text[129 * 3 + i * 4 + k] = close[k];
            k += 1;
        }
        i += 1;
    }
    text
};

fn we_refuse(case: &Case<'_>, rules: &[Rule]) -> bool {
    case.our_error().is_some_and(|e| rules.contains(&e.rule))
}

/// Whether the fifth edition allows `c`, which is beyond ASCII, in a name.
fn is_wide_name(c: char) -> bool {
    matches!(c,
        '\u{b7}' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{37d}' | '\u{37f}'..='\u{1fff}'
        | '\u{200c}'..='\u{200d}' | '\u{203f}'..='\u{2040}' | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}'
        | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
}

/// The list as a table in Markdown.
pub fn table() -> String {
    let mut out = String::from("| Decided by | Beside | | What |\n|---|---|---|---|\n");
    for difference in DIFFERENCES {
        let oracles: Vec<_> = difference.oracles.iter().map(ToString::to_string).collect();
        let ways: Vec<_> = difference
            .ways
            .iter()
            .map(|way| match way {
                Way::WeRefuse => "we refuse",
                Way::OracleRefuses => "it refuses",
                Way::Content => "content",
                Way::End => "where it ends",
            })
            .collect();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            difference.key,
            oracles.join(", "),
            ways.join(", "),
            difference.what
        );
    }
    out
}

/// Without white space, and without text that is nothing else: what is left of a difference in line ends.
fn without_line_ends(items: &[Item]) -> Vec<Item> {
    let strip = |text: &str| text.replace([' ', '\n', '\r'], "");
    let stripped = items.iter().map(|item| match item {
        Item::Text(text) => Item::Text(strip(text)),
        Item::End => Item::End,
        Item::Start {
            ns,
            name,
            attributes,
        } => Item::Start {
            ns: strip(ns),
            name: name.clone(),
            attributes: attributes
                .iter()
                .map(|(ns, name, value)| (strip(ns), name.clone(), strip(value)))
                .collect(),
        },
    });
    stripped
        .filter(|item| !matches!(item, Item::Text(text) if text.is_empty()))
        .collect()
}
