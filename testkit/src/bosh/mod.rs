//! BOSH on a simulated network: our client and one that behaves like Strophe against the connection
//! manager, with loss, duplication, reordering, and connections that die at any byte.
//!
//! Each run follows from its seed. [`simulate`] checks:
//!
//! - our client, [`Weather::Bounded`]: no session ends, every stanza arrives exactly once and in
//!   order;
//! - our client, [`Weather::Wild`]: the session may end, and both sides say why; what arrived is
//!   the beginning of what was said;
//! - a Strophe-like client: nothing arrives twice; what arrives is in order; each loss is one that
//!   was predicted: handed over under a rid that nobody asked for again. In wild weather such a
//!   client reorders by itself, because it processes an answer on arrival and repeats a lost one
//!   afterwards; only stanzas of such an answer, which the model of the client names, may be out of
//!   order.
//!
//! In every run the manager hands stanzas over in order.

mod client;
mod ledger;
mod plan;
mod server;
mod setup;
mod strophe;
mod world;

use std::fmt;

pub use setup::{Bug, Setup, Weather, Who};
pub use strophe::StropheLike;
use world::World;

/// What a run came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    /// Stanzas that arrived.
    pub arrived: u64,
    /// Stanzas lost as predicted.
    pub predicted: u64,
    /// Answers that the client processed in the wrong order by itself.
    pub overtaken: u64,
    /// Whether the session ended before its time.
    pub ended: bool,
}

/// A run that broke a promise.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The run.
    pub setup: Setup,
    /// The promise.
    pub what: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Setup {
            seed, who, weather, ..
        } = self.setup;
        write!(f, "seed {seed} ({who:?}, {weather:?}): {}", self.what)
    }
}

impl std::error::Error for Failure {}

/// Seconds that a session is given to recover, when nothing goes wrong any more.
const PATIENCE: u64 = 400;

/// Carries out one run.
///
/// # Errors
///
/// [`Failure`] when a promise was broken; it names the seed.
pub fn simulate(setup: &Setup) -> Result<Report, Failure> {
    let mut world = World::new(setup.clone());
    let fail = |what: String| Failure {
        setup: setup.clone(),
        what,
    };
    let ours = setup.who == Who::Ours;
    world.run(3600, |world| world.quiet() || world.is_over());
    world.calm_down();
    if ours {
        world.run(PATIENCE, |world| {
            world.is_over() || (world.to_client.is_complete() && world.to_server.is_complete())
        });
    } else {
        world.run(PATIENCE, World::is_over);
    }
    let ended = world.client.ended().is_some() || !world.server_lives();
    if ended && ours && setup.weather == Weather::Bounded {
        let why = world.client.ended();
        return Err(fail(format!(
            "the session ended: {why:?}, {:?}",
            world.server.closed
        )));
    }
    if ended && setup.weather == Weather::Bounded && !world.has_excuse() {
        let why = world.client.ended();
        return Err(fail(format!("ended without a reason: {why:?}")));
    }
    world.close();
    let over = world.run(PATIENCE, World::is_over);
    if let Some(fault) = world.fault.take() {
        return Err(fail(fault));
    }
    if !over {
        return Err(fail(format!(
            "no end in sight: {:?}, {:?}",
            world.client.ended(),
            world.server.closed
        )));
    }
    let verdict = if ours {
        judge_ours(&world, ended)
    } else {
        judge_strophe(&world, ended)
    };
    let mut report = verdict.map_err(fail)?;
    report.ended = ended;
    Ok(report)
}

fn judge_ours(world: &World, ended: bool) -> Result<Report, String> {
    world
        .to_client
        .check_whole(ended)
        .map_err(|e| format!("to the client: {e}"))?;
    world
        .to_server
        .check_whole(ended)
        .map_err(|e| format!("to the server: {e}"))?;
    Ok(Report {
        arrived: (world.to_client.received.len() + world.to_server.received.len()) as u64,
        ..Report::default()
    })
}

fn judge_strophe(world: &World, ended: bool) -> Result<Report, String> {
    let overtaken = world.client.overtaken();
    let misread = world.client.misread();
    if world.setup.weather == Weather::Bounded && !overtaken.is_empty() {
        return Err(format!("answers came in the wrong order: {overtaken:?}"));
    }
    let handed = &world.handed.by_stanza;
    let excused = |number| {
        handed
            .get(&number)
            .is_some_and(|rid| overtaken.contains(rid))
    };
    let missing = world
        .to_client
        .check_gappy(excused)
        .map_err(|e| format!("to the client: {e}"))?;
    let mut report = Report {
        arrived: (world.to_client.received.len() + world.to_server.received.len()) as u64,
        overtaken: overtaken.len() as u64,
        ..Report::default()
    };
    for number in missing {
        // Handed over, rid not repeated.
        let predicted = handed
            .get(&number)
            .is_some_and(|rid| world.abandoned.contains(rid) || misread.contains(rid));
        if predicted {
            report.predicted += 1;
        } else if !ended {
            return Err(format!(
                "to the client: {number} is lost, under {:?}",
                handed.get(&number)
            ));
        }
    }
    let missing = world
        .to_server
        .check_gappy(|_| false)
        .map_err(|e| format!("to the server: {e}"))?;
    for number in missing {
        // The page went away before it sent it, or with the request that carried it.
        let rid = world.sent_under.get(&number);
        let predicted = rid.is_none_or(|rid| world.abandoned.contains(rid));
        if predicted {
            report.predicted += 1;
        } else if !ended {
            return Err(format!("to the server: {number} is lost, under {rid:?}"));
        }
    }
    Ok(report)
}
