//! Running contenders side by side.

use std::time::Duration;

use cpu_time::ThreadTime;
use serde::Serialize;

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
        run: |xml| Some(typed::peer::read(xml)),
    },
    Contender {
        work: "stanza",
        library: "ours",
        run: |xml| Some(typed::ours::read(xml)),
    },
];

/// A library writing typed values.
#[derive(Clone, Copy, Debug)]
pub struct Writing {
    /// Name of the library.
    pub library: &'static str,
    /// Reads the values beforehand.
    pub prepare: fn(&[u8]) -> Box<dyn typed::Writes>,
}

/// The name of their kind of work.
pub const WRITE: &str = "write";

/// All that write; the first one is the reference of the ratios.
pub const WRITING: [Writing; 2] = [
    Writing {
        library: "xmpp-parsers",
        prepare: |xml| Box::new(typed::peer::Values::new(xml)),
    },
    Writing {
        library: "ours",
        prepare: |xml| Box::new(typed::ours::Values::new(xml)),
    },
];

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Kind of work.
    pub work: &'static str,
    /// The stream's name.
    pub shape: String,
    /// Name of the library.
    pub library: &'static str,
    /// Thread CPU time of a run, median.
    #[serde(skip)]
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

/// A contender with its input.
struct Running<'a> {
    work: &'static str,
    library: &'static str,
    outcome: Outcome,
    allocs: f64,
    /// Does the work once.
    run: Box<dyn FnMut() -> Done + 'a>,
}

/// What a run ends with.
#[derive(PartialEq)]
enum Done {
    Read(Option<Outcome>),
    Wrote(usize),
}

/// Runs every contender `samples` times on `stream`, in turn, and returns a row for each that is installed.
///
/// # Errors
///
/// [`Mismatch`] when the checksums differ within one kind of work.
pub fn compare(stream: &Stream, samples: usize) -> Result<Vec<Row>, Mismatch> {
    let xml = stream.xml.as_bytes();
    let mut present: Vec<Running<'_>> = CONTENDERS
        .iter()
        .filter_map(|contender| reading(contender, xml))
        .chain(WRITING.iter().map(|writing| prepared(writing, xml)))
        .collect();
    for contender in &present {
        // What was written is read again by the readers of typed values.
        let same_work = |c: &&Running<'_>| {
            c.work == contender.work || c.work == "stanza" && contender.work == WRITE
        };
        let same: Vec<_> = present.iter().filter(same_work).collect();
        if same.iter().any(|other| other.outcome != contender.outcome) {
            return Err(Mismatch {
                work: contender.work,
                shape: stream.name.clone(),
                outcomes: same.iter().map(|c| (c.library, c.outcome)).collect(),
            });
        }
    }
    let mut times: Vec<Vec<Duration>> = vec![Vec::with_capacity(samples); present.len()];
    for _ in 0..samples {
        for (contender, times) in present.iter_mut().zip(&mut times) {
            // Once without a clock: the one before has filled the caches and the branch predictor with its own.
            (contender.run)();
            let start = ThreadTime::now();
            let done = (contender.run)();
            times.push(start.elapsed());
            let is_same = match done {
                Done::Read(outcome) => outcome == Some(contender.outcome),
                Done::Wrote(stanzas) => stanzas == contender.outcome.stanzas,
            };
            assert!(is_same, "{} is not deterministic", contender.library);
        }
    }
    let medians: Vec<Duration> = times.iter_mut().map(|times| median(times)).collect();
    let rows = present.iter().zip(&medians).map(|(contender, median)| {
        let reference = present
            .iter()
            .position(|c| c.work == contender.work)
            .expect("itself at least");
        let seconds = median.as_secs_f64();
        Row {
            work: contender.work,
            shape: stream.name.clone(),
            library: contender.library,
            median: *median,
            mb_per_s: xml.len() as f64 / seconds / 1e6,
            stanzas_per_s: contender.outcome.stanzas as f64 / seconds,
            allocs: contender.allocs,
            ratio: medians[reference].as_secs_f64() / seconds,
        }
    });
    Ok(rows.collect())
}

fn reading<'a>(contender: &Contender, xml: &'a [u8]) -> Option<Running<'a>> {
    let run = contender.run;
    let mut outcome = None;
    let info = allocation_counter::measure(|| outcome = run(xml));
    let outcome = outcome?;
    Some(Running {
        work: contender.work,
        library: contender.library,
        outcome,
        allocs: info.count_total as f64 / outcome.stanzas.max(1) as f64,
        run: Box::new(move || Done::Read(run(std::hint::black_box(xml)))),
    })
}

fn prepared<'a>(writing: &Writing, xml: &'a [u8]) -> Running<'a> {
    let mut values = (writing.prepare)(xml);
    let written = values.stream();
    let outcome = typed::ours::read(written.as_bytes());
    let mut stanzas = 0;
    let info = allocation_counter::measure(|| stanzas = values.run());
    Running {
        work: WRITE,
        library: writing.library,
        outcome,
        allocs: info.count_total as f64 / stanzas.max(1) as f64,
        run: Box::new(move || Done::Wrote(values.run())),
    }
}

/// The median of what was measured.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
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
            for (work, library) in [
                ("stanza", "xmpp-parsers"),
                ("stanza", "ours"),
                ("write", "xmpp-parsers"),
                ("write", "ours"),
            ] {
                assert!(
                    rows.iter()
                        .any(|row| (row.work, row.library) == (work, library))
                );
            }
        }
    }
}
