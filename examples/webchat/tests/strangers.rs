//! What strangers' clients ask, replayed against our server: recordings of Converse.js 14, stanza.js 12 and xmpp.js 0.14
//! with Prosody at the other end. For each kind of request the table `fixtures/strangers.md` says what Prosody answered
//! and what we do, and why where that differs.
//!
//! - `UPDATE=1 cargo test -p webchat --test strangers` writes the table anew; look at what changes.
//! - `XMPP_CORPUS=FOLDER UPDATE=1 …` trims the recordings anew as well, from the folder with the captures.
#![allow(unreachable_pub, reason = "the modules are this program's alone")]

#[path = "strangers/answers.rs"]
mod answers;

mod common;
#[path = "strangers/reasons.rs"]
mod reasons;
#[path = "strangers/recording.rs"]
mod recording;
#[path = "strangers/replay.rs"]
mod replay;
#[path = "strangers/table.rs"]
mod table;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use futures_util::StreamExt as _;
use recording::Recording;
use table::Table;

/// Recordings that are replayed at a time.
const AT_A_TIME: usize = 4;

/// Beside this file.
fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn is_update() -> bool {
    env::var_os("UPDATE").is_some()
}

#[tokio::test]
async fn strangers_get_the_answers_that_the_table_says() {
    let folder = fixtures().join("strangers");
    if let Some(corpus) = env::var_os("XMPP_CORPUS").filter(|_| is_update()) {
        recording::trim(Path::new(&corpus), &folder);
    }
    let mut table = Table::default();
    let recordings = Recording::all(&folder);
    assert_eq!(recordings.len(), 25, "every recording that is meant");
    let replays = recordings.iter().map(replay::replay);
    let mut replays = futures_util::stream::iter(replays).buffered(AT_A_TIME);
    for recording in &recordings {
        let answers = replays.next().await.expect("one for each recording");
        assert_eq!(answers.len(), recording.requests(), "{}", recording.name);
        table.add(&recording.name, answers);
    }
    let text = table.text();
    let path = fixtures().join("strangers.md");
    if is_update() {
        fs::write(&path, &text).expect("written");
    }
    let unexplained = table.unexplained();
    assert!(unexplained.is_empty(), "{unexplained:#?}");
    let committed = fs::read_to_string(&path).unwrap_or_default();
    for (was, is) in committed.lines().zip(text.lines()) {
        assert_eq!(is, was, "UPDATE=1 writes the table anew");
    }
    assert_eq!(text.lines().count(), committed.lines().count());
}
