//! Logs in many sessions, lets them talk in rooms, and tells what that cost the server. All of it is in the package
//! `load`, which can be tested without the peers of the comparison table.

use std::process::ExitCode;

fn main() -> ExitCode {
    load::main()
}
