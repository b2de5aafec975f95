//! What is stored, from outside: archives read over both transports, the program started again, disks that are full,
//! files that are damaged.

mod common;

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::Arc,
    time::Duration,
};

use common::{
    TRANSPORTS, Transport, User,
    archive::{self, backwards, forwards, page},
    condition, is_error,
    program::Program,
    server, soon,
};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::process::Command;
use webchat::store::{Change, Committed, Database};
use xmpp_core::{
    Timestamp,
    xml::{Element, Fanout, ns},
};
use xmpp_muc::StoredMessage;

fn folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("UTF-8").to_owned();
    (folder, path)
}

fn database(data: &Path) -> PathBuf {
    data.join("localhost/rooms.db")
}

async fn say_all(user: &mut User, texts: impl IntoIterator<Item = String>) {
    for text in texts {
        user.say("lobby", &text, &text).await;
        let heard = user
            .find(&text, |s| common::body(s).is_some() || is_error(s))
            .await;
        assert_eq!(common::body(&heard), Some(text), "{heard}");
    }
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

/// MUC MA7
#[tokio::test]
async fn the_archive_is_paged_in_both_directions() {
    let server = server(&[]).await;
    for transport in TRANSPORTS {
        let mut anna = User::login(server.address(), transport).await;
        anna.join("lobby", "anna").await;
        say_all(&mut anna, numbers(0..12)).await;
        let mut ben = User::login(server.address(), transport).await;
        let all = forwards(&mut ben, "lobby", 5).await;
        assert_eq!(backwards(&mut ben, "lobby", 5).await, all);
        let bodies: Vec<_> = all
            .iter()
            .filter_map(|message| message.body.clone())
            .collect();
        assert_eq!(bodies, numbers(0..12));

        let latest = page(&mut ben, "lobby", &[], "<max>3</max><before/>").await;
        assert_eq!(latest.bodies(), ["9", "10", "11"]);
        assert!(!latest.complete);
        assert_eq!((latest.count, latest.index), (Some(12), Some(9)));

        let none = page(&mut ben, "lobby", &[], "<max>0</max>").await;
        assert!(none.messages.is_empty() && none.refused.is_none());
        assert_eq!(none.count, Some(12));
        let after = format!("<after>{}</after>", all[11].id);
        let none = page(&mut ben, "lobby", &[], &after).await;
        assert!(none.messages.is_empty() && none.complete);

        let between = [("after-id", &*all[2].id), ("before-id", &*all[5].id)];
        let between = page(&mut ben, "lobby", &between, "").await;
        assert_eq!(between.bodies(), ["3", "4"]);
        assert!(between.complete);
        let with = [("with", "lobby@rooms.localhost/nobody")];
        let nobody = page(&mut ben, "lobby", &with, "").await;
        assert_eq!((nobody.messages.len(), nobody.count), (0, Some(0)));

        for (fields, set) in [
            (&[][..], "<after>unknown</after>"),
            (&[][..], "<before>unknown</before>"),
            (&[("after-id", "unknown")][..], ""),
            (&[("ids", "unknown")][..], ""),
        ] {
            let unknown = page(&mut ben, "lobby", fields, set).await;
            assert_eq!(unknown.refused.as_deref(), Some("item-not-found"), "{set}");
        }
        // The room of the next transport.
        anna.send("<presence type='unavailable' to='lobby@rooms.localhost/anna'/>")
            .await;
        anna.send(
            "<iq type='set' id='d' to='lobby@rooms.localhost'><query xmlns='http://jabber.org/protocol/muc#owner'><destroy/></query></iq>",
        )
        .await;
        anna.find("destroyed", |s| s.attr("id").as_deref() == Some("d"))
            .await;
    }
    server.stop().await;
}

/// MUC PE4, LV6: an orderly end leaves one file, and the same archive and history.
#[tokio::test]
async fn what_was_said_is_found_after_a_restart() {
    let (data, path) = folder();
    let mut before = Vec::new();
    for run in 0..3 {
        let program = Program::start(&["--data", &path]).await;
        let mut anna = User::login(program.address, TRANSPORTS[run % 2]).await;
        assert_eq!(archive_of(&mut anna, run).await, before);
        let entered = anna.join("lobby", "anna").await;
        let history: Vec<_> = entered.iter().filter_map(common::body).collect();
        assert_eq!(history, numbers(0..4 * run));
        say_all(&mut anna, numbers(4 * run..4 * run + 4)).await;
        before = forwards(&mut anna, "lobby", 50).await;
        assert_eq!(before.len(), 4 * run + 4);
        assert_eq!(program.stop().await, Some(0));
        assert!(database(data.path()).is_file());
        assert!(!data.path().join("localhost/rooms.db-wal").exists());
    }
}

/// Messages get their indexes later; a reader does not notice.
#[tokio::test]
async fn what_everybody_has_seen_is_in_the_archive() {
    let (_data, path) = folder();
    let in_memory = ["--data", "none"];
    for data in [&["--data", &path][..], &in_memory] {
        let program = Program::start(data).await;
        let mut anna = User::login(program.address, Transport::WebSocket).await;
        anna.join("lobby", "anna").await;
        for n in 0..40 {
            say_all(&mut anna, [n.to_string()]).await;
            let last = page(&mut anna, "lobby", &[], "<max>1</max><before/>").await;
            assert_eq!(last.bodies(), [n.to_string()]);
            assert_eq!(last.count, Some(n + 1));
        }
        assert_eq!(program.stop().await, Some(0));
    }
}

async fn archive_of(user: &mut User, run: usize) -> Vec<archive::Archived> {
    if run == 0 {
        let none = page(user, "lobby", &[], "").await;
        assert_eq!(none.refused.as_deref(), Some("item-not-found"), "MA2");
        return Vec::new();
    }
    forwards(user, "lobby", 3).await
}

/// Retention: what is too old or too much goes by itself, and the ids of what stays remain.
#[tokio::test]
async fn the_archive_forgets_what_is_too_old_or_too_much() {
    let (data, path) = folder();
    let program = Program::start(&["--data", &path]).await;
    let mut anna = User::login(program.address, Transport::WebSocket).await;
    anna.join("lobby", "anna").await;
    say_all(&mut anna, numbers(0..12)).await;
    let all = forwards(&mut anna, "lobby", 50).await;
    assert_eq!(program.stop().await, Some(0));

    let program = Program::start(&["--data", &path, "--archive-messages", "5"]).await;
    let mut anna = User::login(program.address, Transport::WebSocket).await;
    let kept = until(&mut anna, 5).await;
    assert_eq!(kept, all[7..]);
    let gone = format!("<after>{}</after>", all[3].id);
    let gone = page(&mut anna, "lobby", &[], &gone).await;
    assert_eq!(gone.refused.as_deref(), Some("item-not-found"));
    assert_eq!(program.stop().await, Some(0));

    // One more, of long ago.
    let mut store = Database::open(&data.path().join("localhost")).expect("whole");
    let room = "lobby@rooms.localhost";
    let stanza = Element::parse(
        "<message xmlns='jabber:client' type='groupchat' from='lobby@rooms.localhost/anna'><body>old</body></message>",
    );
    let old = StoredMessage::new(
        room.parse().expect("a JID"),
        "old",
        Timestamp::from_millis(1_000_000_000_000),
        "anna@localhost/x".parse().expect("a JID"),
        "lobby@rooms.localhost/anna".parse().expect("a JID"),
        Fanout::new(&stanza.expect("XML")),
    );
    let commit = vec![Change::Message(Arc::new(old))];
    assert_eq!(store.commit(&[commit]), Committed::All);
    drop(store);
    let keeps = [
        "--data",
        &path,
        "--archive-days",
        "0",
        "--archive-messages",
        "0",
    ];
    let program = Program::start(&keeps).await;
    let mut anna = User::login(program.address, Transport::WebSocket).await;
    let six = forwards(&mut anna, "lobby", 50).await;
    assert_eq!(six.last().map(|last| &*last.id), Some("old"));
    assert_eq!(program.stop().await, Some(0));
    let program = Program::start(&["--data", &path, "--archive-days", "1"]).await;
    let mut anna = User::login(program.address, Transport::WebSocket).await;
    assert_eq!(until(&mut anna, 5).await, all[7..]);
}

/// The archive, once it has come down to so many messages.
async fn until(user: &mut User, wanted: usize) -> Vec<archive::Archived> {
    soon("deletion", async {
        loop {
            let all = forwards(user, "lobby", 50).await;
            if all.len() <= wanted {
                return all;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
}

/// MUC ET14: a full disk. The sender hears of it, nobody sees the message, and all goes on when there is room again.
#[cfg(unix)]
#[tokio::test]
async fn a_full_disk_refuses_messages_and_shows_none() {
    let (_data, path) = folder();
    // No file may become larger; writing beyond fails as on a full disk.
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -S -f 400; exec \"$0\" \"$@\"",
        env!("CARGO_BIN_EXE_webchat"),
    ]);
    let program = Program::run(command, &["--data", &path, "--flood-session-rate", "0"]).await;
    let mut anna = User::login(program.address, Transport::WebSocket).await;
    anna.join("lobby", "anna").await;
    let mut ben = User::login(program.address, Transport::Bosh).await;
    ben.join("lobby", "ben").await;
    let long = "x".repeat(4000);
    let mut stored = 0;
    let refused = loop {
        anna.say("lobby", &format!("{stored} {long}"), "m").await;
        let heard = anna
            .find("an answer", |s| s.attr("id").as_deref() == Some("m"))
            .await;
        if is_error(&heard) {
            break heard;
        }
        stored += 1;
        assert!(stored < 1000, "the disk is never full");
    };
    assert_eq!(
        condition(&refused).as_deref(),
        Some("internal-server-error")
    );
    let error = refused.child("error", ns::CLIENT).expect("an error");
    assert_eq!(error.attr("type").as_deref(), Some("wait"));
    let heard: Vec<_> = ben.drain().await.iter().filter_map(common::body).collect();
    assert_eq!(heard.len(), stored, "what was refused is seen by nobody");
    // Sessions live on, and others come.
    User::login(program.address, Transport::WebSocket).await;
    let held = forwards(&mut ben, "lobby", 50).await;
    assert_eq!(held.len(), stored);
    program.kill().await;

    let program = Program::start(&["--data", &path]).await;
    let mut anna = User::login(program.address, Transport::WebSocket).await;
    assert_eq!(forwards(&mut anna, "lobby", 50).await, held);
    anna.join("lobby", "anna").await;
    say_all(&mut anna, ["again".to_owned()]).await;
}

/// What the program says when it does not start.
async fn fails(options: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_webchat"))
        .args(["--listen", "127.0.0.1:0", "--log", "off"])
        .args(options)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let Output { status, stderr, .. } = soon("its end", output).await.expect("the program");
    assert_eq!(status.code(), Some(1));
    let said = String::from_utf8(stderr).expect("UTF-8");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[tokio::test]
async fn a_damaged_database_is_named_and_left_as_it_is() {
    let (data, path) = folder();
    let program = Program::start(&["--data", &path]).await;
    let mut anna = User::login(program.address, Transport::WebSocket).await;
    anna.join("lobby", "anna").await;
    say_all(&mut anna, numbers(0..60)).await;
    assert_eq!(program.stop().await, Some(0));
    let file = database(data.path());
    let whole = std::fs::read(&file).expect("the file");
    let mut page_overwritten = whole.clone();
    page_overwritten[4096 * 3..4096 * 4].fill(0x5a);
    for damaged in [
        page_overwritten,
        whole[..whole.len() / 2].to_vec(),
        b"no database at all, but a text of some length, which is longer than a header. ".repeat(9),
    ] {
        std::fs::write(&file, &damaged).expect("written");
        let said = fails(&["--data", &path]).await;
        assert!(
            said.contains("is damaged") && said.contains("rooms.db"),
            "{said}"
        );
        assert!(
            std::fs::read(&file).expect("the file") == damaged,
            "it was written to"
        );
    }
    std::fs::write(&file, &whole).expect("written");
    Program::start(&["--data", &path]).await;
}

#[tokio::test]
async fn two_processes_do_not_share_a_folder() {
    let (_data, path) = folder();
    let first = Program::start(&["--data", &path]).await;
    let said = fails(&["--data", &path]).await;
    assert!(said.contains("in use by another process"), "{said}");
    // Another domain has another folder.
    let other = Program::start(&["--data", &path, "--domain", "other.example"]).await;
    first.kill().await;
    let again = Program::start(&["--data", &path]).await;
    assert_eq!(again.stop().await, Some(0));
    assert_eq!(other.stop().await, Some(0));
}

/// MUC PE5
#[tokio::test]
async fn a_room_whose_state_is_unreadable_is_nobodys_and_the_others_are_open() {
    let (data, path) = folder();
    let program = Program::start(&["--data", &path]).await;
    let mut anna = User::login(program.address, Transport::WebSocket).await;
    anna.join("lobby", "anna").await;
    anna.join("other", "anna").await;
    assert_eq!(program.stop().await, Some(0));
    let unreadable = "{\"version\":1}";
    let room = "lobby@rooms.localhost";
    let db = Connection::open(database(data.path())).expect("the file");
    let update = "UPDATE rooms SET snapshot = ?1 WHERE jid = ?2";
    assert_eq!(db.execute(update, [unreadable, room]).expect("SQL"), 1);
    drop(db);

    let program = Program::start(&["--data", &path, "--log", "off"]).await;
    let mut ben = User::login(program.address, Transport::WebSocket).await;
    let refused = ben.join("lobby", "ben").await;
    assert_eq!(
        condition(&refused[0]).as_deref(),
        Some("internal-server-error")
    );
    let entered = ben.join("other", "ben").await;
    assert!(!entered.iter().any(is_error), "{entered:?}");
    assert_eq!(program.stop().await, Some(0));
    let db = Connection::open(database(data.path())).expect("the file");
    let query = "SELECT snapshot FROM rooms WHERE jid = ?1";
    let kept: String = db.query_row(query, [room], |row| row.get(0)).expect("SQL");
    assert_eq!(kept, unreadable, "nothing is written over it");
}
