//! `echo-bot`: reads the options, runs the bot until its session ends or Ctrl-C is pressed.

use std::process::ExitCode;

use clap::Parser as _;
use echo_bot::{Bot, Options, run};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use xmpp_core::stream::CloseReason;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&options.log))
        .with_writer(std::io::stderr)
        .init();
    let stop = CancellationToken::new();
    let pressed = stop.clone();
    tokio::spawn(async move {
        match tokio::signal::ctrl_c().await {
            Ok(()) => pressed.cancel(),
            Err(error) => tracing::warn!(%error, "Ctrl-C will not be seen"),
        }
    });
    let mut bot = Bot::new(options.room.clone(), &options.nick);
    match run(&options, &mut bot, stop).await {
        Ok(end) if end.reason == CloseReason::Local => ExitCode::SUCCESS,
        Ok(end) => {
            tracing::error!(reason = ?end.reason, advice = ?end.advice, "the session ended");
            ExitCode::FAILURE
        }
        Err(error) => {
            tracing::error!(%error, "no session");
            ExitCode::FAILURE
        }
    }
}
