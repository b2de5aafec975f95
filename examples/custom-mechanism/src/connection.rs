//! A link on a blocking connection: all that a program without a runtime needs.

use std::io::{Read, Write};

use example_support::Clock;
use xmpp_core::stream::{Link, Session, TcpCodec};

use crate::Error;

/// Runs `link` on `stream` until its session is closed. `handle` deals with one event: answers it, or notes it.
pub(crate) fn run<S: Session>(
    mut stream: impl Read + Write,
    mut link: Link<TcpCodec, S>,
    clock: Clock,
    mut handle: impl FnMut(&mut S, S::Event) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut input = [0; 4_096];
    let mut output = String::new();
    loop {
        // Events first, because answering them makes more to send …
        while let Some(event) = link.poll_event() {
            handle(link.session_mut(), event)?;
            link.pump(clock.now());
        }
        // … then output …
        link.poll_transmit(&mut output);
        if !output.is_empty() {
            stream.write_all(output.as_bytes())?;
            stream.flush()?;
            output.clear();
        }
        if link.is_closed() {
            return Ok(());
        }
        // … then whatever comes in. The socket's own time-out stands for `poll_timeout`: one login is all that runs here.
        match stream.read(&mut input) {
            Ok(0) | Err(_) => link.handle_eof(clock.now()),
            Ok(read) => link.handle_input(clock.now(), &input[..read]),
        }
    }
}
