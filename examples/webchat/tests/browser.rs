//! Real browsers: our page and Converse.js 14 in Chromium, over BOSH and over WebSocket.
//!
//! The cases are scripts under `tests/browser/` (see `cases.mjs` for what each promises); here they get a server, and are
//! counted. They need Node.js, Chromium (`CHROMIUM`, or a usual place) and the packages of `tests/browser/package.json`
//! (`npm ci` there, or `WEBCHAT_NODE_MODULES`). Where one is missing the test says so and passes; with `CI=true` it
//! fails unless every case was executed. Screenshots are left under `target/browser/`.

#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "common/scripts.rs"]
mod scripts;

use std::collections::BTreeSet;

use scripts::{check, with_browser};

const CLIENTS: [&str; 2] = ["page", "converse"];
const TRANSPORTS: [&str; 2] = ["bosh", "websocket"];
const SCENARIOS: [&str; 5] = [
    "join and talk both ways",
    "rename",
    "nick conflict",
    "reload",
    "drop and return",
];

#[test]
fn two_clients_over_two_transports() {
    let wanted: BTreeSet<String> = CLIENTS
        .iter()
        .flat_map(|client| TRANSPORTS.map(|transport| format!("{client}, {transport}")))
        .flat_map(|cell| SCENARIOS.map(|scenario| format!("{cell}: {scenario}")))
        .collect();
    check("browser", &wanted, with_browser());
}
