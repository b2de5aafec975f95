//! Real browsers: our page and Converse.js 14 in Chromium, over BOSH and over WebSocket; then what only our page has, and
//! its modules alone.
//!
//! The cases are scripts under `tests/browser/` (see `cases.mjs`, `page*.mjs` and `modules.mjs` for what each promises);
//! here they get a server, and are counted. They need Node.js, Chromium (`CHROMIUM`, or a usual place) and the packages of `tests/browser/package.json`
//! (`npm ci` there, or `WEBCHAT_NODE_MODULES`). Where one is missing the test says so and passes; with `CI=true` it
//! fails unless every case was executed. Screenshots are left under `target/browser/`.

#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "common/site.rs"]
mod beside;
#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "common/scripts.rs"]
mod scripts;

use std::{collections::BTreeSet, path::Path, process::Command};

use scripts::{Setup, check, on_path, with_browser};

const CLIENTS: [&str; 2] = ["page", "converse"];
const TRANSPORTS: [&str; 2] = ["bosh", "websocket"];
const SCENARIOS: [&str; 5] = [
    "join and talk both ways",
    "rename",
    "nick conflict",
    "reload",
    "drop and return",
];

/// What only our page has (`page.mjs`).
const PAGE: &[&str] = &[
    "passes axe-core: talk, menus, dialogs",
    "passes axe-core: private, moderated, narrow, locked",
    "is used by keyboard alone",
    "says each new message once",
    "moves nothing for those who ask for that",
    "makes links of addresses and of nothing else",
    "shows replies and leads to what they answer",
    "shows reactions and takes them back",
    "shows corrections, of the author alone",
    "shows what was taken back",
    "keeps private talks apart",
    "draws days and merges comings and goings",
    "puts older messages on top without a jump",
    "offers what rank permits, and no more",
    "kicks and bans with a reason",
    "gives and takes voice, by request too",
    "removes a message for everybody",
    "lifts bans and takes ranks by list",
    "tells refusals in words",
    "edits the owner's form",
    "renders every type of field",
    "closes a channel for good",
    "shows and changes the topic",
    "notifies by permission, and is silent until told",
    "names other programs and addresses",
    "starts anew from what another version kept",
    "speaks the language of the browser, or the one chosen",
    "has no word outside of its tables: talk, menus, dialogs",
    "has no word outside of its tables: private, moderated, narrow, locked",
];
/// The page and a room's archive (`archive.mjs`).
const ARCHIVE: &[&str] = &[
    "page, websocket: catching up from the archive",
    "page, websocket: a message cut off is sent again and stands once",
    "page, websocket: reload catches up from the archive",
    "page, bosh: older messages by scrolling up",
    "page, websocket: older messages by scrolling up",
];
/// Files in the page (`uploads.mjs`).
const UPLOADS: &[&str] = &[
    "page, bosh: files by button, drop and paste",
    "page, websocket: files by button, drop and paste",
];
/// The page's modules without a browser (`modules.mjs`).
const MODULES: &[&str] = &[
    "tables: both languages have the same keys and places",
    "tables: every key is used, and every key used is there",
    "tables: index.html says what the English table says",
    "index.html: every module is loaded ahead",
    "privileges: MUC 9.3, RC1 to RC7",
    "privileges: MUC 9.4, RA1 to RA5 and RS2",
    "privileges: what a menu offers",
    "timeline: order, doubles and pending messages",
    "timeline: corrections and annotations by their author",
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

#[test]
fn what_only_our_page_has() {
    let wanted = PAGE.iter().map(|case| format!("page: {case}")).collect();
    let setup = with_browser().map(|mut setup| {
        setup.script.env("WEBCHAT_CASES", "page");
        setup
    });
    check("page", &wanted, setup);
}

/// The administration (`admin.mjs`).
const ADMIN: &[&str] = &[
    "the token opens it, and a wrong one is refused",
    "lists, kicks, bans, announces and destroys",
    "is used by keyboard alone and passes axe-core",
];

#[test]
fn the_administration() {
    let wanted = ADMIN.iter().map(|case| format!("admin: {case}")).collect();
    let setup = with_browser().map(|mut setup| {
        let token = scripts::admin_token();
        setup
            .server
            .extend(["--admin-token-file".into(), token.file.into()]);
        setup
            .script
            .env("WEBCHAT_CASES", "admin")
            // Each ends what the others began.
            .env("WEBCHAT_AT_ONCE", "1")
            .env("WEBCHAT_TOKEN", token.text);
        setup
    });
    check("administration", &wanted, setup);
}

/// Single sign-on (`sign-on.mjs`) in a chat that lets guests in too.
const SIGN_ON: &[&str] = &[
    "page, bosh: signed token",
    "page, websocket: signed token",
    "page, bosh: opaque token",
    "page, websocket: opaque token",
    "page: from the form of the site into the channel",
    "page: a refused token is told in words, with two ways on",
    "page: the first page says where to sign in",
    "converse, bosh: credentials_url",
    "converse, websocket: credentials_url",
];

#[test]
fn users_of_a_site_are_signed_in() {
    signed_on("open", SIGN_ON, &[], "");
}

#[test]
fn without_guests_there_is_the_site_alone() {
    let case = "page: without guests there is the site alone";
    signed_on("closed", &[case], &["--sign-on-anonymous", "false"], "");
}

#[test]
fn converse_stays_a_guest_beside_tokens() {
    let case = "converse: a guest beside tokens";
    signed_on("guests", &[case], &[], "--sign-on-credentials-url");
}

/// The cases of one setting of single sign-on, with more options of the server, and without one.
fn signed_on(setting: &str, cases: &[&str], more: &[&str], without: &str) {
    let wanted = cases.iter().map(|&case| case.to_owned()).collect();
    let setup = with_browser().map(|mut setup| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("browser-site-{setting}"));
        let beside = beside::start(&folder, more);
        let mut options = beside.options;
        if let Some(at) = options.iter().position(|option| option == without) {
            options.drain(at..at + 2);
        }
        setup.server.extend(options.into_iter().map(Into::into));
        setup
            .script
            .env("WEBCHAT_CASES", "sign-on")
            .env("WEBCHAT_SIGN_ON", setting)
            .env("WEBCHAT_SITE", beside.site);
        setup
    });
    check(&format!("sign-on {setting}"), &wanted, setup);
}

#[test]
fn catching_up_and_reading_back() {
    // So short that only the archive has the rest.
    scripted("archive", ARCHIVE, &["--history", "20"]);
}

#[test]
fn files_in_the_page() {
    scripted("uploads", UPLOADS, &["--upload-max-file-size", "1000000"]);
}

/// The cases of one file, with options of the server.
fn scripted(file: &str, cases: &[&str], options: &[&str]) {
    let wanted = cases.iter().map(|&case| case.to_owned()).collect();
    let setup = with_browser().map(|mut setup| {
        setup.server.extend(options.iter().map(Into::into));
        setup.script.env("WEBCHAT_CASES", file);
        setup
    });
    check(file, &wanted, setup);
}

#[test]
fn the_modules_of_the_page() {
    let wanted = MODULES.iter().map(|&case| case.to_owned()).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/modules.mjs");
    let setup = on_path("node").map(|node| {
        let mut command = Command::new(node);
        command.arg(script);
        Setup {
            server: Vec::new(),
            script: command,
            between: None,
        }
    });
    check(
        "modules",
        &wanted,
        setup.ok_or_else(|| "there is no node".to_owned()),
    );
}
