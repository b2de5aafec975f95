//! Client and connection manager on a simulated network, thousands of seeds.
//!
//! `SIM_SEEDS` sets the number of seeds (10,000 without it; fewer for the wild ones), `SIM_SEED` runs one
//! alone, `SIM_TRACE` tells what happens in it.

use std::{env, thread};

use testkit::bosh::{Bug, Failure, Report, Setup, Weather, Who, simulate};

#[derive(Debug, Default)]
struct Sum {
    runs: u64,
    ended: u64,
    arrived: u64,
    predicted: u64,
    overtaken: u64,
}

impl Sum {
    fn add(&mut self, report: Report) {
        self.runs += 1;
        self.ended += u64::from(report.ended);
        self.arrived += report.arrived;
        self.predicted += report.predicted;
        self.overtaken += report.overtaken;
    }
}

/// This share of the seeds, in percent, on all processors.
fn run(who: Who, weather: Weather, percent: u64) -> Sum {
    let seeds = |name: &str| env::var(name).ok()?.parse::<u64>().ok();
    let all: Vec<u64> = match seeds("SIM_SEED") {
        Some(seed) => vec![seed],
        None => (0..seeds("SIM_SEEDS").unwrap_or(10_000) * percent / 100).collect(),
    };
    let workers = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let results: Vec<Result<Report, Failure>> = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers)
            .map(|worker| {
                let mine = all.iter().copied().skip(worker).step_by(workers);
                scope.spawn(move || {
                    mine.map(|seed| simulate(&Setup::new(seed, who, weather)))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = handles.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .flat_map(|result| result.expect("a run panicked"))
            .collect()
    });
    let mut sum = Sum::default();
    let mut failures = Vec::new();
    for result in results {
        match result {
            Ok(report) => sum.add(report),
            Err(failure) => failures.push(failure.to_string()),
        }
    }
    failures.sort_unstable();
    assert!(
        failures.is_empty(),
        "{} of {} seeds failed; SIM_SEED=n runs one:\n{}",
        failures.len(),
        all.len(),
        failures[..failures.len().min(20)].join("\n")
    );
    println!("{who:?}, {weather:?}: {sum:?}");
    sum
}

#[test]
fn our_client_loses_nothing_while_faults_stay_within_bounds() {
    let sum = run(Who::Ours, Weather::Bounded, 100);
    assert_eq!(sum.ended, 0);
}

#[test]
fn our_client_loses_nothing_silently_beyond_the_bounds() {
    run(Who::Ours, Weather::Wild, 30);
}

#[test]
fn a_strophe_like_client_loses_what_was_predicted_and_nothing_else() {
    let sum = run(Who::Strophe, Weather::Bounded, 100);
    assert_eq!(sum.overtaken, 0);
}

#[test]
fn a_strophe_like_client_in_wild_weather_reorders_only_by_itself() {
    run(Who::Strophe, Weather::Wild, 30);
}

#[test]
fn every_planted_bug_is_caught() {
    for bug in Bug::ALL {
        // Some harm only a client that does not ask again for what it lost.
        let caught = [Who::Ours, Who::Strophe].into_iter().find_map(|who| {
            (0..1000).find_map(|seed| {
                simulate(&Setup::new(seed, who, Weather::Bounded).with_bug(bug)).err()
            })
        });
        match caught {
            Some(failure) => println!("{bug:?}: {failure}"),
            None => panic!("{bug:?} went unnoticed"),
        }
    }
}
