//! What expat tells arrives whole, and what it refuses is told with its code and its place.

use expat_oracle::{Attributes, Code, Handler, Refusal, expect_in_ci, parse, version};

/// Events as lines.
#[derive(Default)]
struct Lines(Vec<String>);

impl Handler for Lines {
    fn start(&mut self, ns: &str, name: &str, attributes: Attributes<'_>) {
        self.0.push(format!("<{{{ns}}}{name} {attributes:?}"));
    }

    fn text(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }

    fn end(&mut self) {
        self.0.push(">".to_owned());
    }
}

fn lines(chunks: &[&str], whole: bool) -> (Vec<String>, Result<(), Refusal>) {
    let mut lines = Lines::default();
    let result = parse(chunks.iter().map(|c| c.as_bytes()), whole, &mut lines);
    (lines.0, result.expect("asked for only where it is"))
}

#[test]
fn events_have_namespaces_names_attributes_and_text() {
    if !expect_in_ci() {
        return;
    }
    assert!(version().unwrap().starts_with("expat_2."));
    let xml = "<a xmlns='u' xmlns:p='v' x='1' p:y='&amp;2'>h\u{e9}</a>";
    let (found, result) = lines(&[xml], true);
    assert_eq!(result, Ok(()));
    assert_eq!(
        found,
        [
            r#"<{u}a [("", "x", "1"), ("v", "y", "&2")]"#,
            "h\u{e9}",
            ">"
        ]
    );
    // In pieces the same, and an open document is no fault.
    let pieces: Vec<&str> = xml.split_inclusive(' ').collect();
    assert_eq!(lines(&pieces, true), (found, Ok(())));
    assert_eq!(lines(&["<a><b/>"], false).1, Ok(()));
}

#[test]
fn a_refusal_has_a_code_and_a_place() {
    if !expect_in_ci() {
        return;
    }
    let refusal = |xml| lines(&[xml], true).1.unwrap_err();
    for (xml, code, index) in [
        ("<a b='<'/>", Code::INVALID_TOKEN, 6),
        ("<a><b/>", Code::NO_ELEMENTS, 7),
        ("<a><b", Code::UNCLOSED_TOKEN, 3),
        ("<a><![CDATA[x", Code::UNCLOSED_CDATA_SECTION, 13),
    ] {
        let refusal = refusal(xml);
        assert_eq!((refusal.code, refusal.index), (code, index), "{xml}");
        assert_eq!(code.is_end_of_input(), code != Code::INVALID_TOKEN);
    }
    assert_eq!(refusal("<a></b>").to_string(), "mismatched tag at byte 5");
}
