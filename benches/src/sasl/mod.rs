//! Logins by SCRAM: each client talks to the same server, ours, and each row of a mechanism does the same 4,096 rounds.
//!
//! The first row of a mechanism is PBKDF2 alone, by the crate that ours uses: no exchange can be faster.

mod clients;
mod ours;

use cpu_time::ThreadTime;
use serde::Serialize;

use crate::{measure::median, rate::Rate};

/// One line of the table.
#[derive(Clone, Debug, Serialize)]
pub struct SaslRow {
    /// The mechanism.
    pub mechanism: &'static str,
    /// Name of the library, or what it does.
    pub library: &'static str,
    /// Thread CPU time of one login, both sides, median, in microseconds.
    pub microseconds: f64,
    /// Allocations a login.
    pub allocs: f64,
    /// This time divided by that of PBKDF2 alone.
    pub ratio: f64,
}

/// One client that logs in once; it panics if it cannot, so that nothing is measured that does not work.
struct Contender {
    library: &'static str,
    login: fn(&ours::Account),
}

/// How often a sample logs in.
const LOGINS: u32 = 8;

/// Logs in by each mechanism with each library, `samples` times in turn.
pub fn rows(samples: usize) -> Vec<SaslRow> {
    ours::accounts()
        .iter()
        .flat_map(|account| {
            let contenders = clients::of(account.mechanism());
            compare(account, &contenders, samples)
        })
        .collect()
}

fn compare(account: &ours::Account, contenders: &[Contender], samples: usize) -> Vec<SaslRow> {
    let mut elapsed = vec![Vec::with_capacity(samples); contenders.len()];
    for _ in 0..samples {
        for (contender, elapsed) in contenders.iter().zip(&mut elapsed) {
            // Once without a clock, as `measure` does.
            (contender.login)(account);
            let start = ThreadTime::now();
            for _ in 0..LOGINS {
                (contender.login)(account);
            }
            elapsed.push(start.elapsed() / LOGINS);
        }
    }
    let medians: Vec<f64> = elapsed
        .iter_mut()
        .map(|elapsed| median(elapsed).as_secs_f64() * 1e6)
        .collect();
    let row = |(contender, &microseconds): (&Contender, &f64)| SaslRow {
        mechanism: account.mechanism(),
        library: contender.library,
        microseconds,
        allocs: allocation_counter::measure(|| (contender.login)(account)).count_total as f64,
        ratio: microseconds / medians[0],
    };
    contenders.iter().zip(&medians).map(row).collect()
}

/// Prints the rows as a table.
pub fn print(rows: &[SaslRow]) {
    println!(
        "{:14} {:13} {:>9} {:>13} {:>17}",
        "login", "library", "us/login", "allocs/login", "to PBKDF2 alone"
    );
    for row in rows {
        println!(
            "{:14} {:13} {:9.1} {:13.0} {:16.3}x",
            row.mechanism, row.library, row.microseconds, row.allocs, row.ratio
        );
    }
    println!();
}

/// What has no peer: one side of a login without PBKDF2.
pub fn rates(samples: usize) -> Vec<Rate> {
    const COUNT: usize = 2_000;
    let account = &ours::accounts()[1];
    let client = ours::Replay::with_cached_keys(account);
    let works: [(&'static str, &dyn Fn()); 2] = [
        ("a client's login by SCRAM-SHA-256, keys cached", &|| {
            client.client();
        }),
        ("a server's login by SCRAM-SHA-256", &|| client.server()),
    ];
    works
        .into_iter()
        .map(|(work, run)| {
            let many = || (0..COUNT).for_each(|_| run());
            let allocations = allocation_counter::measure(many).count_total;
            let elapsed = (0..samples).map(|_| {
                let start = ThreadTime::now();
                many();
                start.elapsed()
            });
            Rate::of(work, COUNT, allocations, elapsed)
        })
        .collect()
}
