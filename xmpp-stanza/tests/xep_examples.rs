//! The examples of the XEPs themselves, as far as they are well-formed: every payload in them that
//! has a type can be read. They are in `$XMPP_CORPUS/xep-examples.jsonl`.

mod support;

use std::{collections::BTreeMap, env, fs, path::Path};

use support::visit;
use xmpp_core::xml::{Element, Limits, ns};

/// What cannot be read, by XEP and message: errors of the examples, placeholders, old forms.
const KNOWN: &[(&str, &str)] = &[
    // Forms of deprecated or deferred specifications without the required type.
    ("0026", "<x/> has no attribute 'type'"),
    ("0041", "<x/> has no attribute 'type'"),
    ("0042", "<x/> has no attribute 'type'"),
    ("0052", "<x/> has no attribute 'type'"),
    ("0087", "<x/> has no attribute 'type'"),
    ("0105", "<x/> has no attribute 'type'"),
    ("0214", "<x/> has no attribute 'type'"),
    ("0357", "<x/> has no attribute 'type'"),
    // Options as elements of their own names.
    ("0042", "<option/> has no child <value/>"),
    ("0248", "<option/> has no child <value/>"),
    // Witches of 1610 and the moon landing: before 1970.
    ("0045", "<delay/>: invalid stamp '1610-04-20T00:00:00Z'"),
    ("0319", "<idle/>: invalid since '1969-07-21T02:56:15Z'"),
    // An action that there is not, requests that a URI stands for.
    ("0060", "<command/>: invalid action 'completed'"),
    ("0060", "<subscribe/> has no attribute 'jid'"),
    ("0060", "<unsubscribe/> has no attribute 'jid'"),
    // Words in the place of Base64.
    ("0084", "<data/>: invalid text"),
    ("0153", "<PHOTO/>: invalid BINVAL"),
    // Two nodes in one answer, no node at all.
    ("0248", "<pubsub/> has more than one <items/>"),
    ("0255", "<publish/> has no attribute 'node'"),
    // A flag of the same name and namespace as a retraction.
    ("0425", "<retract/> has no attribute 'id'"),
];

#[test]
fn payloads_in_the_examples_of_the_xeps() {
    let Some(corpus) = env::var_os("XMPP_CORPUS") else {
        println!("SKIPPED: XMPP_CORPUS is not set");
        return;
    };
    let file = Path::new(&corpus).join("xep-examples.jsonl");
    let text = fs::read_to_string(&file).expect("readable");
    let (mut counts, mut failures) = (BTreeMap::new(), Vec::new());
    for line in text.lines() {
        let record: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let field = |name: &str| record[name].as_str().unwrap_or_default();
        let wrapped = format!(
            "<w xmlns:stream='http://etherx.jabber.org/streams'>{}</w>",
            field("xml").trim()
        );
        let Ok(example) = Element::parse_in(&wrapped, Limits::CLIENT, ns::CLIENT) else {
            continue;
        };
        let mut open = vec![example.root()];
        while let Some(element) = open.pop() {
            if let Err(error) = visit(element, &mut counts) {
                let error = error.to_string();
                let known = KNOWN
                    .iter()
                    .any(|(xep, text)| *xep == field("xep") && error.starts_with(text));
                if !known {
                    failures.push(format!("{} {}: {error}", field("xep"), field("caption")));
                }
            }
            open.extend(element.children());
        }
    }
    println!("payloads read: {counts:?}");
    assert!(
        failures.is_empty(),
        "{}\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(counts.values().sum::<usize>() > 1000, "{counts:?}");
}
