//! The real program in a process of its own.

use std::{net::SocketAddr, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use super::{nothing_stored, soon};

/// Killed when dropped.
pub struct Program {
    pub child: Child,
    pub address: SocketAddr,
}

impl Program {
    /// Starts it and reads the link that it prints.
    pub async fn start(options: &[&str]) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_webchat")), options).await
    }

    /// As [`start`](Self::start), by a command that becomes the program.
    pub async fn run(mut command: Command, options: &[&str]) -> Self {
        let log: &[&str] = if options.contains(&"--log") {
            &[]
        } else {
            &["--log", "warn"]
        };
        let mut child = command
            .args(["--listen", "127.0.0.1:0"])
            .args(log)
            .args(nothing_stored(options))
            .args(options)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the program");
        let stdout = child.stdout.take().expect("piped");
        let mut lines = BufReader::new(stdout).lines();
        let line = soon("the link", lines.next_line())
            .await
            .expect("a line")
            .expect("a line");
        let (_, rest) = line.split_once("http://").expect("a link");
        let (address, _) = rest.split_once('/').expect("a link");
        Self {
            child,
            address: address.parse().expect("an address"),
        }
    }

    /// `kill -9`: it gets to do nothing more.
    pub async fn kill(mut self) {
        soon("the end", self.child.kill()).await.expect("killed");
    }

    /// SIGTERM, and its exit code.
    pub async fn stop(mut self) -> Option<i32> {
        self.signal("-TERM").await;
        let status = soon("the end", self.child.wait()).await;
        status.expect("a status").code()
    }

    pub async fn signal(&self, signal: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let status = Command::new("kill")
            .args([signal, &pid])
            .status()
            .await
            .expect("kill");
        assert!(status.success());
    }
}
