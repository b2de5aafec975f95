//! The table of answers.

use std::{collections::BTreeMap, fmt::Write as _};

use crate::{reasons, replay::Answer};

/// Answers of one kind, and how often each recording has them.
#[derive(Default)]
pub struct Table(BTreeMap<Answer, BTreeMap<String, usize>>);

impl Table {
    pub fn add(&mut self, recording: &str, answers: Vec<Answer>) {
        for answer in answers {
            let counts = self.0.entry(answer).or_default();
            *counts.entry(recording.to_owned()).or_default() += 1;
        }
    }

    /// Answers that differ from Prosody's without a reason.
    pub fn unexplained(&self) -> Vec<&Answer> {
        let kinds = self.0.keys();
        kinds
            .filter(|answer| differs(answer) && reasons::of(answer).is_none())
            .collect()
    }

    /// The table in Markdown.
    pub fn text(&self) -> String {
        let all = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
        let total: usize = self.0.values().map(all).sum();
        let same = self.0.iter().filter(|(answer, _)| !differs(answer));
        let same: usize = same.map(|(_, counts)| all(counts)).sum();
        let mut text = format!(
            "# What strangers' clients are answered\n\n\
             Made by `UPDATE=1 cargo test -p webchat --test strangers` from the recordings in `strangers/`; CI compares.\n\n\
             {total} recorded requests; {same} are answered as Prosody answered them: type, condition and payload.\n\n\
             ## Answered alike\n\n\
             | whom | request | answer | recordings |\n|---|---|---|---|\n"
        );
        // Writing to a string does not fail.
        for (answer, counts) in self.0.iter().filter(|(answer, _)| !differs(answer)) {
            let Answer {
                whom,
                request,
                ours,
                ..
            } = answer;
            let _ = writeln!(text, "| {whom} | {request} | {ours} | {} |", list(counts));
        }
        text.push_str(
            "\n## Answered differently\n\n| whom | request | Prosody | ours | why | recordings |\n|---|---|---|---|---|---|\n",
        );
        for (answer, counts) in self.0.iter().filter(|(answer, _)| differs(answer)) {
            let Answer {
                whom,
                request,
                prosody,
                ours,
            } = answer;
            let why = reasons::of(answer).unwrap_or("**no reason**");
            let list = list(counts);
            let _ = writeln!(
                text,
                "| {whom} | {request} | {prosody} | {ours} | {why} | {list} |"
            );
        }
        text
    }
}

fn differs(answer: &Answer) -> bool {
    answer.prosody != answer.ours
}

fn list(counts: &BTreeMap<String, usize>) -> String {
    let each = counts.iter().map(|(name, count)| format!("{name} {count}"));
    each.collect::<Vec<_>>().join(", ")
}
