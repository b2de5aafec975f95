//! A load for an XMPP server: many anonymous sessions over BOSH or WebSocket that talk in rooms.
//!
//! Every message is numbered, and every receiver is asked whether it got each of them once and in order. What that cost
//! the server is the difference of its CPU time between the phases of a [`run`]: all log in, are idle, enter their
//! rooms, talk, and leave. The sessions are those of `xmpp-core` and `xmpp-bosh`, on one thread: what is measured shares
//! the machine with this program.
//!
//! [`main`] is the program; `cargo run --release -p benches --bin load -- --help` explains its options.
#![forbid(unsafe_code)]

mod board;
mod histogram;
mod options;
mod process;
mod report;
mod room;
mod run;
mod sequence;
mod session;
mod target;

use std::{fs, process::ExitCode};

use clap::Parser as _;

pub use histogram::Histogram;
pub use options::{Options, Plan};
pub use process::Memory;
pub use report::{Aftermath, Burst, Deaf, Descriptors, Idle, Joins, Logins, Report, Samples, Talk};
pub use room::{Delivery, Faults, MessageId, Room};
pub use run::{RunError, run};
pub use sequence::{Arrival, Sequence};
pub use target::{Target, Transport};

/// Something was lost, or the server failed.
const EXIT_FAILURE: u8 = 1;
/// The options cannot be used.
const EXIT_USAGE: u8 = 2;

/// The program: reads the command line, runs the load, prints what came of it.
pub fn main() -> ExitCode {
    let plan = match Options::parse().settle() {
        Ok(plan) => plan,
        Err(message) => return fail(EXIT_USAGE, &message),
    };
    let report = match run(&plan) {
        Ok(report) => report,
        Err(error) => return fail(EXIT_FAILURE, &error.to_string()),
    };
    println!("{report}");
    if let Some(path) = &plan.json {
        let written = serde_json::to_string_pretty(&report)
            .map_err(std::io::Error::from)
            .and_then(|json| fs::write(path, json + "\n"));
        if let Err(error) = written {
            return fail(EXIT_FAILURE, &format!("{}: {error}", path.display()));
        }
    }
    if report.is_well() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(EXIT_FAILURE)
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    eprintln!("load: {message}");
    ExitCode::from(code)
}
