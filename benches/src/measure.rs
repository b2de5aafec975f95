//! Running contenders side by side.

use std::time::Duration;

use cpu_time::ThreadTime;

use crate::{
    contenders::{Outcome, expat, minidom, ours, quick_xml, rxml, typed},
    shapes::Stream,
};

/// A library doing one kind of work.
#[derive(Clone, Copy, Debug)]
pub struct Contender {
    /// Kind of work: only contenders of the same kind are compared.
    pub work: &'static str,
    /// Name of the library.
    pub library: &'static str,
    /// Does the work; `None` when the library is not installed.
    pub run: fn(&[u8]) -> Option<Outcome>,
}

/// All contenders; within a kind of work the first one is the reference of the ratios.
pub const CONTENDERS: [Contender; 8] = [
    Contender {
        work: "element",
        library: "quick-xml",
        run: |xml| Some(quick_xml::events(xml)),
    },
    Contender {
        work: "element",
        library: "ours",
        run: |xml| Some(ours::owned(xml)),
    },
    Contender {
        work: "element",
        library: "ours, lent",
        run: |xml| Some(ours::lent(xml)),
    },
    Contender {
        work: "element",
        library: "expat",
        run: expat::events,
    },
    Contender {
        work: "element",
        library: "rxml",
        run: |xml| Some(rxml::events(xml)),
    },
    Contender {
        work: "element",
        library: "minidom",
        run: |xml| Some(minidom::owned(xml)),
    },
    Contender {
        work: "stanza",
        library: "xmpp-parsers",
        run: |xml| Some(typed::xmpp_parsers(xml)),
    },
    Contender {
        work: "stanza",
        library: "ours",
        run: |xml| Some(typed::ours(xml)),
    },
];

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Kind of work.
    pub work: &'static str,
    /// The stream's name.
    pub shape: String,
    /// Name of the library.
    pub library: &'static str,
    /// Thread CPU time of a run, median.
    pub median: Duration,
    /// Megabytes (10⁶) of input a second.
    pub mb_per_s: f64,
    /// Stanzas a second.
    pub stanzas_per_s: f64,
    /// Allocations a stanza.
    pub allocs: f64,
    /// Speed divided by that of the first contender of the same work.
    pub ratio: f64,
}

/// A contender found something else than the first one of its kind.
#[derive(Debug)]
pub struct Mismatch {
    /// Kind of work.
    pub work: &'static str,
    /// The stream's name.
    pub shape: String,
    /// Each library's outcome.
    pub outcomes: Vec<(&'static str, Outcome)>,
}

/// Runs every contender `samples` times on `stream`, in turn, and returns a row for each that is installed.
///
/// # Errors
///
/// [`Mismatch`] when the checksums differ within one kind of work.
pub fn compare(stream: &Stream, samples: usize) -> Result<Vec<Row>, Mismatch> {
    let xml = stream.xml.as_bytes();
    let mut present: Vec<(Contender, Outcome, f64)> = Vec::new();
    for contender in CONTENDERS {
        let mut outcome = None;
        let info = allocation_counter::measure(|| outcome = (contender.run)(xml));
        if let Some(outcome) = outcome {
            present.push((
                contender,
                outcome,
                info.count_total as f64 / outcome.stanzas.max(1) as f64,
            ));
        }
    }
    for (contender, outcome, _) in &present {
        let same: Vec<_> = present
            .iter()
            .filter(|(c, ..)| c.work == contender.work)
            .collect();
        if same.iter().any(|(_, other, _)| other != outcome) {
            return Err(Mismatch {
                work: contender.work,
                shape: stream.name.clone(),
                outcomes: same.iter().map(|(c, o, _)| (c.library, *o)).collect(),
            });
        }
    }
    let mut times: Vec<Vec<Duration>> = vec![Vec::with_capacity(samples); present.len()];
    for _ in 0..samples {
        for ((contender, outcome, _), times) in present.iter().zip(&mut times) {
            let start = ThreadTime::now();
            let got = (contender.run)(std::hint::black_box(xml));
            times.push(start.elapsed());
            assert_eq!(
                got.as_ref(),
                Some(outcome),
                "{} is not deterministic",
                contender.library
            );
        }
    }
    let medians: Vec<Duration> = times.iter_mut().map(|times| median(times)).collect();
    let rows = present
        .iter()
        .zip(&medians)
        .map(|((contender, outcome, allocs), median)| {
            let reference = present
                .iter()
                .position(|(c, ..)| c.work == contender.work)
                .expect("itself at least");
            let seconds = median.as_secs_f64();
            Row {
                work: contender.work,
                shape: stream.name.clone(),
                library: contender.library,
                median: *median,
                mb_per_s: xml.len() as f64 / seconds / 1e6,
                stanzas_per_s: outcome.stanzas as f64 / seconds,
                allocs: *allocs,
                ratio: medians[reference].as_secs_f64() / seconds,
            }
        });
    Ok(rows.collect())
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::compare;
    use crate::shapes::{SHAPES, mix, stream_of};

    #[test]
    fn every_contender_arrives_at_the_same_checksum_on_every_shape() {
        for stream in SHAPES
            .iter()
            .map(|shape| stream_of(shape, 20_000))
            .chain([mix(40_000)])
        {
            let rows = compare(&stream, 1).expect("equal checksums");
            assert!(
                rows.iter()
                    .any(|row| row.library == "ours" && row.work == "element")
            );
            assert!(rows.iter().any(|row| row.library == "quick-xml"));
            assert!(rows.iter().any(|row| row.library == "xmpp-parsers"));
        }
    }
}
