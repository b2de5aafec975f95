//! The list is used and short, and what is not on it is found.

use std::{collections::HashSet, fs, path::Path};

use crate::{
    DIFFERENCES, End, Item, Mode, Oracle, Reading, Refusal, Way, check, compare::explain,
    differences::table, ours, rxml,
};

#[test]
fn every_entry_is_shown_by_its_examples() {
    let has_expat = expat_oracle::expect_in_ci();
    for difference in DIFFERENCES {
        assert!(!difference.examples.is_empty(), "{}", difference.key);
        for (mode, example) in difference.examples {
            let found = check(example, *mode);
            let oracles = difference.oracles.iter();
            let present = oracles.filter(|&&o| o != Oracle::Expat || has_expat);
            assert_eq!(
                found.iter().filter(|f| f.key == difference.key).count(),
                present.count(),
                "{}: {} gives {found:?}",
                difference.key,
                example.escape_ascii()
            );
        }
    }
}

#[test]
fn the_list_is_short_and_each_entry_has_a_key_of_its_own() {
    assert!(DIFFERENCES.len() <= 15, "{}", DIFFERENCES.len());
    let keys: HashSet<_> = DIFFERENCES.iter().map(|d| d.key).collect();
    assert_eq!(keys.len(), DIFFERENCES.len());
}

#[test]
fn the_list_in_the_documentation_is_this_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/xml-differences.md");
    let text = fs::read_to_string(&path).expect("the document is there");
    assert!(
        text.ends_with(&table()),
        "docs/xml-differences.md must end with:\n{}",
        table()
    );
}

/// The reading of rxml, changed; what the list says about it.
fn planted(
    input: &str,
    change: impl FnOnce(&mut Vec<Item>, &mut End<Refusal>),
) -> Result<usize, Way> {
    let mut theirs = rxml::read(input.as_bytes(), Mode::Document);
    change(&mut theirs.items, &mut theirs.end);
    let ours = ours::read([input.as_bytes()], Mode::Document);
    explain(Oracle::Rxml, Mode::Document, &ours, &theirs).map(|found| found.len())
}

#[test]
fn a_planted_difference_is_found() {
    let input = "<a b='c'>text<d/></a>";
    assert_eq!(planted(input, |_, _| ()), Ok(0));
    // Another text, another value, an element that is missing, a run that is cut.
    assert_eq!(
        planted(input, |items, _| items[1] = Item::Text("Text".into())),
        Err(Way::Content)
    );
    assert_eq!(
        planted(input, |items, _| {
            items[0] = Item::start("", "a", [("", "b", "d")].into_iter());
        }),
        Err(Way::Content)
    );
    assert_eq!(
        planted(input, |items, _| drop(items.drain(2..4))),
        Err(Way::Content)
    );
    assert_eq!(
        planted(input, |items, _| items[1] = Item::Text("tex".into())),
        Err(Way::Content)
    );
    // It refuses for a reason that is on no list, it wants more.
    let refused = Refusal::Rxml(::rxml::Error::ElementMismatch);
    assert_eq!(
        planted(input, |_, end| *end = End::Refused(refused)),
        Err(Way::OracleRefuses)
    );
    assert_eq!(
        planted(input, |_, end| *end = End::Open(0, refused)),
        Err(Way::End)
    );
    // It accepts what is not well-formed; it accepts the first half of it.
    let broken = "<a><b></a>";
    assert_eq!(planted(broken, |_, _| ()), Ok(0));
    assert_eq!(
        planted(broken, |_, end| *end = End::Complete),
        Err(Way::WeRefuse)
    );
    assert_eq!(
        planted(broken, |_, end| *end = End::Open(9, refused)),
        Err(Way::WeRefuse)
    );
}

#[test]
fn a_difference_on_the_list_excuses_no_other() {
    // A comment is on the list, but not that the text before it differs.
    let input = b"<s><a>x</a><!-- y --></s>";
    let ours = ours::read([&input[..]], Mode::Stream);
    let mut theirs = rxml::read(b"<s><a>x</a></s>", Mode::Stream);
    let explained = |theirs: &Reading<Refusal>| {
        explain(Oracle::Expat, Mode::Stream, &ours, theirs).map(|found| found.len())
    };
    assert_eq!(explained(&theirs), Ok(1));
    theirs.items[2] = Item::Text("y".into());
    assert_eq!(explained(&theirs), Err(Way::Content));
}
