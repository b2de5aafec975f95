//! Each rule with an input that breaks it: the byte at which that is told, and the stream error that follows (RFC 6120
//! §4.9.3). Within the crate, since only here a match on the rules is exhaustive.

use super::{Limits, ParseError, ParseRule, Parser};
use crate::stream::{
    StreamError,
    StreamErrorCondition::{
        self as Condition, BadFormat, NotWellFormed, PolicyViolation, RestrictedXml,
        UnsupportedEncoding,
    },
};

/// An input, how it is read, the byte that is told, and the condition.
type Row = (fn() -> Parser, String, usize, Condition);

/// A row for each rule. A rule without one does not compile.
macro_rules! rows {
    ($($rule:ident: $row:expr;)*) => {
        fn rows() -> Vec<(ParseRule, Row)> {
            let _ = |rule: ParseRule| match rule {
                $(ParseRule::$rule => (),)*
            };
            vec![$((ParseRule::$rule, $row)),*]
        }
    };
}

fn document() -> Parser {
    Parser::document(Limits::SERVER_BEFORE_LOGIN)
}

fn message() -> Parser {
    document().with_strict_start()
}

fn stream() -> Parser {
    Parser::stream(Limits::SERVER_BEFORE_LOGIN)
}

fn large() -> Parser {
    Parser::document(Limits::CLIENT)
}

fn row(parser: fn() -> Parser, text: impl Into<String>, at: usize, condition: Condition) -> Row {
    (parser, text.into(), at, condition)
}

/// `n` pieces.
fn many(n: usize, piece: impl Fn(usize) -> String) -> String {
    (0..n).map(piece).collect()
}

rows! {
    // `\u{80}` stands for the byte 0xff: see `input`.
    Utf8: row(document, "<a>x\u{80}</a>", 4, NotWellFormed);
    ForbiddenCharacter: row(document, "<a>x\u{1}</a>", 4, NotWellFormed);
    ForbiddenReference: row(document, "<a>&#0;</a>", 6, NotWellFormed);
    MalformedReference: row(document, "<a>& b</a>", 4, NotWellFormed);
    UndeclaredEntity: row(document, "<a>&nbsp;</a>", 8, RestrictedXml);
    Comment: row(stream, "<s><a/><!-- x --></s>", 7, RestrictedXml);
    ProcessingInstruction: row(stream, "<s><a><?x?></a>", 6, RestrictedXml);
    DocumentType: row(document, "<!DOCTYPE a><a/>", 0, RestrictedXml);
    MisplacedXmlDeclaration: row(stream, " <?xml version='1.0'?><a>", 1, NotWellFormed);
    MalformedXmlDeclaration: row(stream, "<?xml encoding='x'?><a>", 6, NotWellFormed);
    XmlVersion: row(stream, "<?xml version='1.1'?><a>", 15, RestrictedXml);
    NotStandalone: row(stream, "<?xml version='1.0' standalone='no'?><a>", 32, RestrictedXml);
    Encoding: row(stream, "<?xml version='1.0' encoding='UTF-16'?><a>", 30, UnsupportedEncoding);
    TextOutsideRoot: row(document, "<a/> x", 5, NotWellFormed);
    TextBetweenStanzas: row(stream, "<s><a/> x</s>", 8, BadFormat);
    ContentAfterRoot: row(document, "<a/> <b/>", 5, NotWellFormed);
    FirstByte: row(message, " <a/>", 0, BadFormat);
    UnexpectedEnd: row(document, "<a><b/>", 7, NotWellFormed);
    MalformedMarkup: row(document, "<a>< b/></a>", 4, NotWellFormed);
    MalformedName: row(document, "<a 1='x'/>", 3, NotWellFormed);
    MisplacedColon: row(document, "<a:b:c/>", 4, NotWellFormed);
    MalformedTag: row(document, "<a b=''/ >", 8, NotWellFormed);
    AttributeWithoutValue: row(document, "<a b/>", 4, NotWellFormed);
    MissingSpace: row(document, "<a b=''c=''/>", 7, NotWellFormed);
    LessThanInValue: row(document, "<a b='x<'/>", 7, NotWellFormed);
    MismatchedEndTag: row(document, "<a></b>", 5, NotWellFormed);
    CdataEndInText: row(document, "<a>x]]></a>", 6, NotWellFormed);
    DuplicateAttribute: row(document, "<a b='' c='' b=''/>", 13, NotWellFormed);
    UndeclaredPrefix: row(stream, "<s><a p:b=''/></s>", 6, NotWellFormed);
    EmptyPrefixBinding: row(document, "<a xmlns:p=''/>", 12, NotWellFormed);
    ReservedXml: row(document, "<a xmlns:xml='u'/>", 3, NotWellFormed);
    ReservedXmlns: row(document, "<xmlns:a/>", 1, NotWellFormed);
    StanzaBytes: row(stream, format!("<s><a>{}</a>", "x".repeat(10_000)), 3 + 10_000, PolicyViolation);
    Elements: row(stream, format!("<s><a>{}", "<b/>".repeat(500)), 6 + 499 * 4 + 1, PolicyViolation);
    Depth: row(document, "<a>".repeat(17), 16 * 3 + 1, PolicyViolation);
    Attributes: row(
        document,
        format!("<a{}/>", many(65, |i| format!(" a{i:02}=''"))),
        2 + 64 * 7 + 1,
        PolicyViolation
    );
    Declarations: row(
        document,
        format!("<a{}/>", many(33, |i| format!(" xmlns:p{i:02}='u'"))),
        2 + 32 * 14 + 1,
        PolicyViolation
    );
    DeclarationsInScope: row(
        document,
        format!("<a{0}><a{0}><a xmlns='v'/>", many(32, |i| format!(" xmlns:p{i:02}='u'"))),
        2 * (3 + 32 * 14) + 3,
        PolicyViolation
    );
    NamespaceBytes: row(
        document,
        format!("<a xmlns='{}'/>", "u".repeat(513)),
        10,
        PolicyViolation
    );
    // One node for 8 bytes of the limit, and 64: the root, 262 times five, and the fourth of the next five.
    Nodes: row(
        document,
        format!("<a>{}", "<b a='' b='' c='' d=''/>".repeat(300)),
        3 + 262 * 24 + 13,
        PolicyViolation
    );
    NameLength: row(document, format!("<{}:a/>", "p".repeat(256)), 1, PolicyViolation);
    Namespaces: row(
        large,
        format!("<a>{}", many(32_768, |i| format!("<b xmlns='{i:05}'/>"))),
        3 + 32_767 * 18 + 10,
        PolicyViolation
    );
}

/// The bytes of a row: U+0080 is written for a byte that is no UTF-8.
fn input(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for c in text.chars() {
        match c {
            '\u{80}' => bytes.push(0xff),
            c => bytes.extend(c.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    bytes
}

fn error(mut parser: Parser, input: &[u8], piece: usize) -> ParseError {
    for piece in input.chunks(piece) {
        parser.push(piece);
        loop {
            match parser.poll() {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) => return error,
            }
        }
    }
    parser.finish().unwrap_err()
}

#[test]
fn each_rule_names_the_byte_and_the_stream_error() {
    for (rule, (parser, text, at, condition)) in rows() {
        let input = input(&text);
        for piece in [input.len(), 1] {
            let error = error(parser(), &input, piece);
            assert_eq!(
                (error.rule, error.offset),
                (rule, at as u64),
                "{}",
                input[..input.len().min(100)].escape_ascii()
            );
            assert_eq!(error.to_string(), format!("{rule} at byte {at}"));
            let told = StreamError::from(error);
            assert_eq!(told.condition, condition, "{rule:?}");
            assert_eq!(told.text, Some(rule.to_string()));
        }
    }
}

/// A rule that is told by another name, or by the same words as another, could not be told apart.
#[test]
fn each_rule_has_words_of_its_own() {
    let words: std::collections::HashSet<_> =
        rows().iter().map(|(rule, _)| rule.to_string()).collect();
    assert_eq!(words.len(), rows().len());
}
