//! Addresses: ours and the crate `jid` read the same ones, in turn, and arrive at the same texts.

use std::{hint::black_box, time::Duration};

use cpu_time::ThreadTime;
use serde::Serialize;

use crate::{checksum::Checksum, measure::median};

/// One line of the table: a library reading one kind of address.
#[derive(Clone, Debug, Serialize)]
pub struct JidRow {
    /// The kind of address.
    pub corpus: &'static str,
    /// Name of the library.
    pub library: &'static str,
    /// Thread CPU time to read and drop one address, median, in nanoseconds.
    pub nanoseconds: f64,
    /// Allocations an address.
    pub allocs: f64,
    /// Time of the crate `jid` divided by this one's.
    pub ratio: f64,
}

/// How often a sample goes through its corpus, so that a sample is long enough for the clock.
const ROUNDS: u32 = 50;

/// Reads the addresses of every corpus with both libraries, `samples` times in turn.
///
/// # Panics
///
/// When the libraries arrive at different texts: then the corpus is no fair comparison.
pub fn rows(samples: usize) -> Vec<JidRow> {
    corpora()
        .iter()
        .flat_map(|(name, jids)| compare(name, jids, samples))
        .collect()
}

/// Prints the rows as a table.
pub fn print(rows: &[JidRow]) {
    println!(
        "{:16} {:8} {:>9} {:>11} {:>7}",
        "addresses", "library", "ns/JID", "allocs/JID", "ratio"
    );
    for row in rows {
        println!(
            "{:16} {:8} {:9.1} {:11.2} {:6.2}x",
            row.corpus, row.library, row.nanoseconds, row.allocs, row.ratio
        );
    }
    println!();
}

struct Contender {
    library: &'static str,
    /// Reads an address and adds its text to the sum.
    check: fn(&str, &mut Checksum),
    /// Reads an address and drops it.
    read: fn(&str),
}

const CONTENDERS: [Contender; 2] = [
    Contender {
        library: "jid",
        check: |text, sum| sum.start("", jid::Jid::new(text).expect("an address").as_str(), 0),
        read: |text| {
            drop(black_box(
                jid::Jid::new(black_box(text)).expect("an address"),
            ));
        },
    },
    Contender {
        library: "ours",
        check: |text, sum| {
            sum.start(
                "",
                xmpp_core::Jid::new(text).expect("an address").as_str(),
                0,
            );
        },
        read: |text| {
            drop(black_box(
                xmpp_core::Jid::new(black_box(text)).expect("an address"),
            ));
        },
    },
];

fn compare(corpus: &'static str, jids: &[String], samples: usize) -> Vec<JidRow> {
    let sum = |contender: &Contender| {
        let mut sum = Checksum::default();
        for text in jids {
            (contender.check)(text, &mut sum);
        }
        sum
    };
    assert_eq!(
        sum(&CONTENDERS[0]),
        sum(&CONTENDERS[1]),
        "{corpus}: different texts"
    );
    let allocs = CONTENDERS.map(|contender| {
        let info = allocation_counter::measure(|| read_all(contender.read, jids));
        info.count_total as f64 / jids.len() as f64
    });
    let mut times = [const { Vec::new() }; 2];
    for _ in 0..samples.max(1) {
        for (contender, times) in CONTENDERS.iter().zip(&mut times) {
            let start = ThreadTime::now();
            for _ in 0..ROUNDS {
                read_all(contender.read, jids);
            }
            times.push(start.elapsed());
        }
    }
    let nanoseconds = times.map(|mut times: Vec<Duration>| {
        median(&mut times).as_secs_f64() * 1e9 / f64::from(ROUNDS) / jids.len() as f64
    });
    let row = |(i, contender): (usize, &Contender)| JidRow {
        corpus,
        library: contender.library,
        nanoseconds: nanoseconds[i],
        allocs: allocs[i],
        ratio: nanoseconds[0] / nanoseconds[i],
    };
    CONTENDERS.iter().enumerate().map(row).collect()
}

fn read_all(read: fn(&str), jids: &[String]) {
    for text in jids {
        read(text);
    }
}

/// Four kinds of address, dozens of each.
fn corpora() -> [(&'static str, Vec<String>); 4] {
    let bare = |local: &str, domain: &str| format!("{local}@{domain}");
    let full = |local: &str, domain: &str, resource: &str| format!("{local}@{domain}/{resource}");
    [
        ("ASCII bare", cross(&NAMES, &DOMAINS, bare)),
        (
            "ASCII full",
            cross(&NAMES, &DOMAINS, |local, domain| {
                let resource = RESOURCES[(local.len() * 7 + domain.len()) % RESOURCES.len()];
                full(local, domain, resource)
            }),
        ),
        (
            "ASCII upper case",
            cross(&NAMES, &DOMAINS, |local, domain| {
                let capital = local[..1].to_ascii_uppercase() + &local[1..];
                match domain.len() % 3 {
                    0 => full(&capital, domain, "Phone"),
                    1 => full(&capital, &domain.to_ascii_uppercase(), RESOURCES[1]),
                    _ => bare(&local.to_ascii_uppercase(), domain),
                }
            }),
        ),
        (
            "non-ASCII",
            cross(&FOREIGN_NAMES, &FOREIGN_DOMAINS, |local, domain| {
                let resource =
                    FOREIGN_RESOURCES[(local.len() + domain.len()) % FOREIGN_RESOURCES.len()];
                match local.len() % 3 {
                    0 => bare(local, domain),
                    1 => full(local, DOMAINS[domain.len() % DOMAINS.len()], resource),
                    _ => full(local, domain, resource),
                }
            }),
        ),
    ]
}

fn cross(locals: &[&str], domains: &[&str], make: impl Fn(&str, &str) -> String) -> Vec<String> {
    locals
        .iter()
        .flat_map(|local| domains.iter().map(|domain| make(local, domain)))
        .collect()
}

const NAMES: [&str; 12] = [
    "juliet",
    "r.montague",
    "nurse",
    "user-4711",
    "benvolio_1597",
    "m",
    "ab",
    "friar.laurence",
    "conversations",
    "4f1c0a9e2b7d",
    "support+de",
    "very.long.name.of.somebody",
];

const DOMAINS: [&str; 6] = [
    "example.com",
    "capulet.example",
    "im.example.org",
    "conference.jabber.example.net",
    "localhost",
    "xmpp.university-of-verona.example",
];

const RESOURCES: [&str; 6] = [
    "balcony",
    "Conversations.x7Pq",
    "gajim.D4K2QZ1N",
    "a6e2d0b1-5c6f-4b1e-9a6e-2f2b1c3d4e5f",
    "Romeo & Juliet",
    "1700000000-4242",
];

const FOREIGN_NAMES: [&str; 14] = [
    "jiří",
    "žofie",
    "жанна",
    "Олексій",
    "müller",
    "Åsa",
    "josé.garcía",
    "ελένη",
    "田中",
    "さくら",
    "김철수",
    "nguyễn",
    "łukasz",
    "françoise",
];

const FOREIGN_DOMAINS: [&str; 5] = [
    "čechy.example",
    "bücher.example",
    "пример.example",
    "例え.example",
    "köln.münchen.example",
];

const FOREIGN_RESOURCES: [&str; 5] = ["Телефон", "domů", "家", "Zoë's Handy", "Büro (2. Stock)"];

#[cfg(test)]
mod tests {
    use super::rows;

    #[test]
    fn both_libraries_arrive_at_the_same_texts() {
        // `rows` compares the sums of the texts before it measures.
        let rows = rows(1);
        assert_eq!(rows.len(), 8);
        for pair in rows.chunks(2) {
            assert!(pair[1].allocs <= pair[0].allocs, "{pair:?}");
        }
    }
}
