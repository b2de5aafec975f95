//! Clients that others wrote: Strophe.js, stanza.js and xmpp.js, over every transport that each knows.
//!
//! The cases are scripts under `tests/clients/` (see `run.mjs` for what they do). They need Node.js and the packages of
//! `tests/clients/package.json` (`npm ci` there, or `WEBCHAT_CLIENT_MODULES`).

#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "common/scripts.rs"]
mod scripts;

use std::{path::Path, process::Command};

use scripts::{Setup, check, on_path, packages};

const CASES: [&str; 7] = [
    "strophe, bosh",
    "strophe, websocket",
    "stanza, bosh",
    "stanza, websocket",
    "xmpp.js, websocket",
    "all together",
    "stanza, as the admin",
];

#[test]
fn three_libraries_over_their_transports() {
    let wanted = CASES.map(str::to_owned).into();
    check("clients", &wanted, setup());
}

fn setup() -> Result<Setup, String> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let wanted = ["@xmpp/client", "stanza", "strophe.js", "xhr2"];
    let modules = packages("WEBCHAT_CLIENT_MODULES", &scripts, &wanted)?;
    let mut script = Command::new(on_path("node").ok_or("there is no node")?);
    script
        .arg(scripts.join("run.mjs"))
        .env("WEBCHAT_CLIENT_MODULES", modules);
    let token = scripts::admin_token();
    script.env("WEBCHAT_TOKEN", token.text);
    Ok(Setup {
        server: vec!["--admin-token-file".into(), token.file.into()],
        script,
        between: None,
    })
}
