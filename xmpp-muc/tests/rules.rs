//! The table of rules in `docs/rules.md`: whole, and every test that it names is there and is run.
//!
//! That the named tests ran is checked afterwards, from the output of the run, by `.ci/rules`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// The groups of rules with their highest numbers, and the rules of the occupant among them, which are not of this
/// table.
const GROUPS: &[(&str, u32, &[u32])] = &[
    ("NI", 5, &[]),
    ("EN", 21, &[20, 21]),
    ("HI", 7, &[]),
    ("SU", 6, &[6]),
    ("LV", 7, &[]),
    ("PR", 10, &[10]),
    ("MS", 9, &[9]),
    ("GC", 11, &[10, 11]),
    ("PM", 5, &[5]),
    ("IQ", 8, &[8]),
    ("RP", 9, &[]),
    ("RD", 3, &[]),
    ("RC", 7, &[]),
    ("RA", 5, &[]),
    ("RS", 6, &[]),
    ("AD", 15, &[15]),
    ("LI", 5, &[5]),
    ("CO", 23, &[]),
    ("CF", 10, &[10]),
    ("CR", 7, &[7]),
    ("DE", 4, &[4]),
    ("IN", 11, &[9, 10, 11]),
    ("DI", 9, &[8]),
    ("RG", 10, &[]),
    ("VO", 4, &[4]),
    ("MO", 6, &[4, 6]),
    ("AV", 3, &[3]),
    ("MV", 4, &[4]),
    ("HA", 3, &[]),
    ("SP", 3, &[2, 3]),
    ("MA", 10, &[9, 10]),
    ("FL", 9, &[]),
    ("PE", 6, &[]),
    ("NM", 1, &[]),
    ("ST", 17, &[]),
    ("ET", 17, &[]),
    ("SE", 10, &[8, 9]),
    ("CL", 3, &[]),
];

/// One row of the table.
#[derive(Debug)]
struct Row {
    rule: String,
    what: String,
    shown: String,
}

impl Row {
    /// The tests that the row names.
    fn tests(&self) -> Vec<&str> {
        self.shown.split('`').skip(1).step_by(2).collect()
    }
}

/// The rows of the table, and those of its last section, `Open`.
fn rows() -> (Vec<Row>, Vec<Row>) {
    let page = include_str!("../docs/rules.md");
    let (table, open) = page
        .split_once("\n# Open\n")
        .expect("a section of open rules");
    let read = |text: &str| {
        text.lines()
            .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
            .filter(|line| !line.starts_with("Rule |"))
            .map(|line| {
                let mut cells = line.split(" | ").map(str::to_owned);
                Row {
                    rule: cells.next().expect("a rule"),
                    what: cells.next().unwrap_or_default(),
                    shown: cells.next().unwrap_or_default(),
                }
            })
            .collect()
    };
    (read(table), read(open))
}

/// Every rule of the room and the service has one row.
#[test]
fn the_table_is_whole() {
    let mut expected = BTreeSet::new();
    for (group, last, occupants) in GROUPS {
        for number in (1..=*last).filter(|number| !occupants.contains(number)) {
            expected.insert(format!("{group}{number}"));
        }
    }
    let (table, open) = rows();
    let mut found = BTreeSet::new();
    for row in table.iter().chain(&open) {
        assert!(expected.contains(&row.rule), "no such rule: {}", row.rule);
        assert!(found.insert(row.rule.clone()), "twice: {}", row.rule);
        assert!(
            !row.what.trim().is_empty(),
            "nothing is said of {}",
            row.rule
        );
    }
    let missing: Vec<_> = expected.difference(&found).collect();
    assert!(missing.is_empty(), "no row for {missing:?}");
}

/// A row names tests, or says why there is none.
#[test]
fn every_row_is_shown_or_says_why_not() {
    let (table, open) = rows();
    assert!(open.is_empty(), "{open:?}");
    for row in table {
        let reason = ["later: ", "not applicable: "]
            .into_iter()
            .find_map(|start| row.shown.strip_prefix(start));
        match reason {
            Some(reason) => assert!(reason.len() > 20, "{} gives no reason", row.rule),
            None => assert!(!row.tests().is_empty(), "{} names no test", row.rule),
        }
    }
}

/// Every named test is in the sources, once, and not ignored.
#[test]
fn every_named_test_is_there() {
    let tests = sources();
    let mut wrong = Vec::new();
    for row in rows().0 {
        for name in row.tests() {
            match tests.get(name).map(Vec::as_slice) {
                Some([Found { ignored: false, .. }]) => {}
                found => wrong.push(format!("{}: {name} is {found:?}", row.rule)),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A test whose name starts with the number of a rule is in that rule's row.
#[test]
fn every_test_that_cites_a_rule_is_in_its_row() {
    let rows = rows().0;
    let named: BTreeMap<_, BTreeSet<_>> = rows
        .iter()
        .map(|row| (row.rule.to_lowercase(), row.tests().into_iter().collect()))
        .collect();
    let mut wrong = Vec::new();
    for name in sources().keys() {
        let rules = name.split('_').take_while(|part| {
            let number = part.trim_start_matches(|c: char| c.is_ascii_lowercase());
            part.len() - number.len() == 2 && number.parse::<u32>().is_ok()
        });
        for rule in rules {
            // A rule that is open may have tests of a beginning.
            if named
                .get(rule)
                .is_some_and(|tests| !tests.contains(name.as_str()))
            {
                wrong.push(format!("{name} is not in the row of {rule}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A test in the sources.
#[derive(Debug)]
struct Found {
    #[expect(dead_code, reason = "for the message when a name is not unique")]
    file: String,
    ignored: bool,
}

/// The tests in `src` and `tests`, by name.
fn sources() -> BTreeMap<String, Vec<Found>> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut folders = vec![crate_folder.join("src"), crate_folder.join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("readable") {
            let path = entry.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                files.push(path);
            }
        }
    }
    let mut tests: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("UTF-8");
        let file = path.file_name().expect("a name").to_string_lossy();
        for (name, ignored) in tests_in(&text) {
            tests.entry(name).or_default().push(Found {
                file: file.clone().into_owned(),
                ignored,
            });
        }
    }
    tests
}

/// The names of the tests in a source, and whether they are ignored: functions below `#[test]`, and the lines
/// `name = …;` of a macro that makes a test `$name` of each.
fn tests_in(source: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut attributes = Vec::new();
    let mut by_macro = None;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[") {
            attributes.push(line);
        } else if let Some(rest) = line.strip_prefix("fn ") {
            let is_test = attributes.contains(&"#[test]");
            let ignored = attributes.iter().any(|a| a.starts_with("#[ignore"));
            let name = rest.split('(').next().unwrap_or_default();
            if is_test && name == "$name" {
                by_macro = Some(ignored);
            } else if is_test {
                found.push((name.to_owned(), ignored));
            }
            attributes.clear();
        } else if let Some(ignored) = by_macro
            && let Some((name, _)) = line.split_once(" = \"")
            && line.ends_with("\";")
            && !name.contains(' ')
        {
            found.push((name.to_owned(), ignored));
        } else if !line.starts_with("//") {
            attributes.clear();
        }
    }
    found
}

#[test]
fn tests_are_found_in_a_source() {
    let source = "
        #[test]
        fn one() {}
        fn helper() {}
        /// Of a macro.
        #[test]
        #[ignore = \"slow\"]
        fn two() {}
        #[cfg(test)]
        mod tests {}
        #[test]
        fn $name() {
        three = \"file\";
        let four = \"text\";";
    assert_eq!(
        tests_in(source),
        [
            ("one".to_owned(), false),
            ("two".to_owned(), true),
            ("three".to_owned(), false)
        ]
    );
}
