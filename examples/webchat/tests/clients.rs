//! Clients that others wrote: Strophe.js, stanza.js and xmpp.js, over every transport that each knows.
//!
//! The cases are scripts under `tests/clients/` (see `run.mjs` for what they do). They need Node.js and the packages of
//! `tests/clients/package.json` (`npm ci` there, or `WEBCHAT_CLIENT_MODULES`).

#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "common/site.rs"]
mod beside;
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

/// Strophe.js by each mechanism that it shares with the web chat (`mechanisms.mjs`), over TLS.
const MECHANISMS: [&str; 12] = [
    "bosh: ANONYMOUS",
    "bosh: PLAIN",
    "bosh: OAUTHBEARER",
    "bosh: X-OAUTH2",
    "websocket: ANONYMOUS",
    "websocket: PLAIN",
    "websocket: OAUTHBEARER",
    "websocket: X-OAUTH2",
    "the admin's door: SCRAM-SHA-1",
    "the admin's door: SCRAM-SHA-256",
    "the admin's door: SCRAM-SHA-384",
    "the admin's door: SCRAM-SHA-512",
];

#[test]
fn strophe_by_each_mechanism() {
    let wanted = MECHANISMS.map(|case| format!("strophe, {case}")).into();
    let setup = setup().map(|mut setup| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clients-site");
        let beside = beside::start(&folder, &[]);
        setup
            .server
            .extend(beside.options.into_iter().map(Into::into));
        setup
            .script
            .env("WEBCHAT_CASES", "mechanisms")
            .env("WEBCHAT_KEY", beside::KEY)
            .env("WEBCHAT_SITE", beside.site)
            .env("NODE_EXTRA_CA_CERTS", beside.certificate);
        setup
    });
    check("mechanisms", &wanted, setup);
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
