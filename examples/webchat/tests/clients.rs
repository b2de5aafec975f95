//! Clients that others wrote: Strophe.js, stanza.js and xmpp.js, over every transport that each knows.
//!
//! The cases are scripts under `tests/clients/` (see `run.mjs` for what they do). They need Node.js and the packages of
//! `tests/clients/package.json` (`npm ci` there, or `WEBCHAT_CLIENT_MODULES`).

#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "common/authority.rs"]
mod authority;
#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "common/site.rs"]
mod beside;
#[allow(dead_code, unreachable_pub, reason = "shared by several test programs")]
#[path = "common/scripts.rs"]
mod scripts;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

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
const MECHANISMS: [&str; 14] = [
    "bosh: ANONYMOUS",
    "bosh: PLAIN",
    "bosh: OAUTHBEARER",
    "bosh: X-OAUTH2",
    "bosh: EXTERNAL",
    "websocket: ANONYMOUS",
    "websocket: PLAIN",
    "websocket: OAUTHBEARER",
    "websocket: X-OAUTH2",
    "websocket: EXTERNAL",
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
        let authorities = certify(&folder);
        let authorities = authorities.to_str().expect("UTF-8");
        let beside = beside::start(&folder, &["--tls-client-ca", authorities]);
        setup
            .server
            .extend(beside.options.into_iter().map(Into::into));
        setup
            .script
            .env("WEBCHAT_CASES", "mechanisms")
            .env("WEBCHAT_KEY", beside::KEY)
            .env("WEBCHAT_SITE", beside.site)
            .env("WEBCHAT_CERTIFICATES", folder)
            .env("NODE_EXTRA_CA_CERTS", beside.certificate);
        setup
    });
    check("mechanisms", &wanted, setup);
}

/// Certificates of people and their keys, in files; the one of who signed them.
fn certify(folder: &Path) -> PathBuf {
    let authority = authority::Authority::new("The site's authority");
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(folder).expect("a folder for tests");
        fs::write(&path, text).expect("a file");
        path
    };
    for (name, addresses) in [
        ("juliet", &["juliet@localhost"][..]),
        ("both", &["juliet@localhost", "nurse@localhost"]),
        ("elsewhere", &["juliet@montague.example"]),
    ] {
        let certified = authority.certify(addresses);
        write(&format!("{name}.pem"), &certified.certificate.pem());
        write(&format!("{name}.key"), &certified.key.serialize_pem());
    }
    write("ca.pem", &authority.pem())
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
