//! Real browsers: our page and Converse.js 14 in Chromium, over BOSH and over WebSocket.
//!
//! The cases are scripts under `tests/browser/` (see `cases.mjs` for what each promises); here they get a server, and are
//! counted. They need Node.js, Chromium (`CHROMIUM`, or a usual place) and the packages of `tests/browser/package.json`
//! (`npm ci` there, or `WEBCHAT_NODE_MODULES`). Where one is missing the test says so and passes; with `CI=true` it
//! fails unless every case was executed. Screenshots are left under `target/browser/`.

#[allow(unreachable_pub, reason = "shared by two test programs")]
#[path = "common/scripts.rs"]
mod scripts;

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
    process::Command,
};

use scripts::{Setup, check, on_path, packages};

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
    check("browser", &wanted, setup());
}

/// What the cases are run with, or what is missing.
fn setup() -> Result<Setup, String> {
    let node = on_path("node").ok_or("there is no node")?;
    let chromium = env::var_os("CHROMIUM")
        .map(PathBuf::from)
        .or_else(|| {
            [
                "chromium",
                "chromium-browser",
                "google-chrome",
                "google-chrome-stable",
            ]
            .into_iter()
            .find_map(on_path)
        })
        .filter(|path| path.is_file())
        .ok_or("there is no Chromium; CHROMIUM may name one")?;
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let wanted = ["playwright-core", "converse.js"];
    let modules = packages("WEBCHAT_NODE_MODULES", &scripts, &wanted)?;
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser");
    let mut script = Command::new(node);
    script
        .arg(scripts.join("run.mjs"))
        .env("WEBCHAT_NODE_MODULES", &modules)
        .env("WEBCHAT_PICTURES", pictures)
        .env("CHROMIUM", chromium);
    Ok(Setup {
        server: vec!["--converse".into(), modules.join("converse.js").into()],
        script,
    })
}
