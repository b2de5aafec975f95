//! `webchat`: reads the options, runs the server until a signal says stop.

use std::{io::Write as _, process::ExitCode};

use clap::Parser;
use mimalloc::MiMalloc;
use webchat::{Options, Server, Settings};

/// Gives back what a burst has taken, which glibc's keeps for good where anything outlives it, and lays out what belongs to one session
/// closer together (`docs/performance.md`).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The options or the configuration cannot be used.
const EXIT_USAGE: u8 = 2;
/// The server could not start.
const EXIT_FAILURE: u8 = 1;

/// Of so many tasks that a thread runs, one is from the queue of all threads. There is what does not fit into its own queue of 256: where
/// a thousand sessions have something at once, some of them would otherwise wait ten times as long as the others.
const GLOBAL_QUEUE_INTERVAL: u32 = 8;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == "check") {
        return match (arguments.next(), arguments.next()) {
            (Some(path), None) => check(path.as_ref()),
            _ => fail(EXIT_USAGE, "usage: webchat check CONFIG"),
        };
    }
    let settings = match Options::parse().settle() {
        Ok(settings) => settings,
        Err(message) => return fail(EXIT_USAGE, &message),
    };
    if let Err(message) = webchat::logs::start(&settings, std::io::stderr) {
        return fail(EXIT_USAGE, &message);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(settings.threads)
        .global_queue_interval(GLOBAL_QUEUE_INTERVAL)
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(EXIT_FAILURE, &format!("no runtime: {error}")),
    };
    let code = runtime.block_on(run(&settings));
    // What is left after the grace period is not waited for.
    runtime.shutdown_background();
    code
}

/// `webchat check CONFIG`: 0 when nothing stands in the way, 1 where something does, 2 where the file cannot be read.
fn check(path: &std::path::Path) -> ExitCode {
    let findings = match webchat::check::check(path) {
        Ok(findings) => findings,
        Err(message) => return fail(EXIT_USAGE, &message),
    };
    let mut problems = 0;
    for finding in &findings {
        println!("{}: {finding}", path.display());
        problems += usize::from(finding.is_problem);
    }
    if problems > 0 {
        return fail(EXIT_FAILURE, &format!("problems found: {problems}"));
    }
    println!("{}: the server can be started with this", path.display());
    ExitCode::SUCCESS
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
    webchat::systemd::notify("READY=1");

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
    webchat::systemd::notify("STOPPING=1");
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
