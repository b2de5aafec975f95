//! `webchat`: reads the options, runs the server until a signal says stop.

use std::{io::Write as _, process::ExitCode};

use clap::Parser;
use tracing_subscriber::EnvFilter;
use webchat::{Options, Server, Settings};

/// The options or the configuration cannot be used.
const EXIT_USAGE: u8 = 2;
/// The server could not start.
const EXIT_FAILURE: u8 = 1;

fn main() -> ExitCode {
    let settings = match Options::parse().settle() {
        Ok(settings) => settings,
        Err(message) => return fail(EXIT_USAGE, &message),
    };
    let filter = match EnvFilter::builder().parse(&settings.log) {
        Ok(filter) => filter,
        Err(error) => return fail(EXIT_USAGE, &format!("--log '{}': {error}", settings.log)),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(EXIT_FAILURE, &format!("no runtime: {error}")),
    };
    let code = runtime.block_on(run(&settings));
    // What is left after the grace period is not waited for.
    runtime.shutdown_background();
    code
}

async fn run(settings: &Settings) -> ExitCode {
    let signals = Signals::install();
    let server = match Server::start(settings).await {
        Ok(server) => server,
        Err(error) => return fail(EXIT_FAILURE, &error.to_string()),
    };
    let mut stdout = std::io::stdout();
    // Nobody may be reading; the server runs all the same.
    let link = server.link();
    let _ = writeln!(stdout, "Open {link} in a browser to chat.");
    if settings.hosts[0].converse.is_some() {
        let _ = writeln!(stdout, "Converse.js is at {link}converse/");
    }
    for host in &settings.hosts {
        if let Some(url) = &host.public_url {
            let _ = writeln!(stdout, "{} is at {url}", host.domain);
        }
    }
    let _ = stdout.flush();

    let mut signals = match signals {
        Ok(signals) => signals,
        Err(error) => return fail(EXIT_FAILURE, &format!("no signal handlers: {error}")),
    };
    loop {
        let signal = tokio::select! {
            signal = signals.next() => signal,
            () = server.asked_to_stop() => Signal::Stop,
        };
        match signal {
            Signal::Reload => server.reload_certificates(),
            Signal::Stop => break,
        }
    }
    tokio::select! {
        () = server.stop() => ExitCode::SUCCESS,
        () = signals.stop() => fail(EXIT_FAILURE, "stopped at once by a second signal"),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    eprintln!("webchat: {message}");
    ExitCode::from(code)
}

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    /// SIGHUP.
    #[cfg_attr(not(unix), expect(dead_code, reason = "there is no such signal"))]
    Reload,
    /// Ctrl-C and SIGTERM.
    Stop,
}

/// The signals that are listened to.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Signals {
    /// Waits until the program is asked to stop.
    async fn stop(&mut self) {
        while self.next().await != Signal::Stop {}
    }
}

#[cfg(unix)]
impl Signals {
    fn install() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.hangup.recv() => Signal::Reload,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn install() -> std::io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Stop
    }
}
