//! What was said, handed over, received and lost.

use std::collections::{BTreeMap, BTreeSet};

/// One direction: stanzas are numbered in the order in which they were said.
#[derive(Debug, Default)]
pub(super) struct Direction {
    pub(super) said: u64,
    pub(super) received: Vec<u64>,
}

impl Direction {
    /// Takes the ids received, `s7` for the seventh of the server.
    pub(super) fn receive(&mut self, prefix: char, ids: &[String]) {
        let numbers = ids.iter().filter_map(|id| id.strip_prefix(prefix));
        self.received
            .extend(numbers.filter_map(|number| number.parse::<u64>().ok()));
    }

    pub(super) fn is_complete(&self) -> bool {
        self.received.len() as u64 >= self.said
    }

    /// Everything said, once, in order; or, where the session ended, the beginning of that.
    pub(super) fn check_whole(&self, ended: bool) -> Result<(), String> {
        let expected: Vec<u64> = (1..=self.received.len() as u64).collect();
        if self.received != expected {
            return Err(format!(
                "received {:?} of 1 to {}",
                self.received, self.said
            ));
        }
        if !ended && !self.is_complete() {
            return Err(format!(
                "received {} of {} stanzas",
                self.received.len(),
                self.said
            ));
        }
        Ok(())
    }

    /// Nothing twice; out of order only what `excused` says; the numbers missing.
    pub(super) fn check_gappy(&self, excused: impl Fn(u64) -> bool) -> Result<Vec<u64>, String> {
        let mut seen = BTreeSet::new();
        let mut highest = 0;
        for &number in &self.received {
            if !seen.insert(number) {
                return Err(format!("{number} twice in {:?}", self.received));
            }
            if number < highest && !excused(number) {
                return Err(format!("{number} out of order in {:?}", self.received));
            }
            highest = highest.max(number);
        }
        Ok((1..=self.said).filter(|n| !seen.contains(n)).collect())
    }
}

/// What the server handed over.
#[derive(Debug, Default)]
pub(super) struct Handed {
    /// The rid whose answer carried a stanza.
    pub(super) by_stanza: BTreeMap<u64, u64>,
    highest: u64,
}

impl Handed {
    /// An answer to `rid` was handed over.
    pub(super) fn note(&mut self, rid: u64, body: &str) -> Result<(), String> {
        for number in numbers(body, 's') {
            if let Some(&first) = self.by_stanza.get(&number) {
                if first != rid {
                    return Err(format!(
                        "{number} handed over under {first} and under {rid}"
                    ));
                }
                continue;
            }
            if number < self.highest {
                return Err(format!("{number} handed over behind {}", self.highest));
            }
            self.highest = number;
            self.by_stanza.insert(number, rid);
        }
        Ok(())
    }
}

/// The numbers of the stanzas in a body.
pub(super) fn numbers(body: &str, prefix: char) -> Vec<u64> {
    let pattern = format!(" id='{prefix}");
    body.match_indices(&pattern)
        .filter_map(|(at, _)| {
            let rest = &body[at + pattern.len()..];
            rest.split('\'').next()?.parse().ok()
        })
        .collect()
}
