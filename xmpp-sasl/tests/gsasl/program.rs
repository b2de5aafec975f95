//! The program `gsasl` of GNU SASL as a peer: it exchanges lines of base64 on its standard input and output.

use std::{
    env,
    io::{ErrorKind, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use xmpp_sasl::{ChannelSecurity, base64};

/// A running `gsasl`.
pub(crate) struct Gsasl {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
    /// What is answered when it asks for binding data of a type.
    channel: ChannelSecurity,
}

impl Gsasl {
    /// Starts it with these options; `None`, after a visible line, where it is not installed.
    pub(crate) fn start(options: &[&str], channel: &ChannelSecurity) -> Option<Self> {
        let program = env::var("GSASL").unwrap_or_else(|_| "gsasl".to_owned());
        let started = Command::new(program)
            // Without `-d` it goes on to read what the mechanism is to protect.
            .args(["-d", "--service=xmpp"])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) if error.kind() == ErrorKind::NotFound && env::var_os("CI").is_none() => {
                println!("SKIPPED: there is no gsasl; GSASL may name one");
                return None;
            }
            Err(error) => panic!("gsasl: {error}"),
        };
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let mut started = Self {
            child,
            stdin,
            stdout: stdout.expect("piped"),
            channel: channel.clone(),
        };
        // The first line names the mechanism.
        let mechanism = started.line();
        assert!(mechanism.is_some(), "{options:?}");
        Some(started)
    }

    /// Its next message; `None` where it has ended.
    pub(crate) fn receive(&mut self) -> Option<Vec<u8>> {
        Some(base64::decode(&self.line()?).expect("gsasl writes base64"))
    }

    /// Gives it a message; it may have ended already.
    pub(crate) fn send(&mut self, message: &[u8]) {
        self.write(&base64::encode(message));
    }

    /// Waits for its end; whether it says that all went well.
    pub(crate) fn succeeded(mut self) -> bool {
        // It reads a line after its last one, before it looks at how things stand.
        self.write("");
        self.stdin = None;
        self.child.wait().expect("it ends").success()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        loop {
            let mut byte = [0];
            if self.stdout.read(&mut byte).expect("a pipe") == 0 {
                return None;
            }
            match byte {
                [b'\n'] => return Some(String::from_utf8(line).expect("text")),
                [byte] => line.push(byte),
            }
            if let Some(asked) = question(&line) {
                let bindings = self.channel.bindings().iter();
                let known = bindings.filter(|known| known.kind().as_str() == asked);
                let answer = known.map(|known| base64::encode(known.data())).next();
                self.write(&answer.unwrap_or_default());
                line.clear();
            }
        }
    }

    fn write(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            // An error is a peer that has ended, which the next line shows.
            let _ = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        }
    }
}

impl Drop for Gsasl {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The type of channel binding whose data `line` asks for.
fn question(line: &[u8]) -> Option<String> {
    let line = std::str::from_utf8(line).ok()?;
    let (_, asked) = line.split_once("Enter base64 encoded ")?;
    Some(asked.strip_suffix(" channel binding: ")?.to_owned())
}
