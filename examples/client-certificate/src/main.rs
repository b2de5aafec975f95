//! Prints each attempt; fails unless all of them ended as they should.

use std::{io::Write as _, process::ExitCode};

use client_certificate::{Attempt, Error, Outcome};

#[tokio::main]
async fn main() -> Result<ExitCode, Error> {
    let attempts = client_certificate::run(print).await?;
    let well = attempts.iter().all(Attempt::is_as_expected);
    Ok(if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn print(attempt: &Attempt) {
    let outcome = match &attempt.outcome {
        Outcome::LoggedIn(jid) => format!("logged in as {jid}"),
        Outcome::LoginRefused(reason) => {
            let first = reason.lines().next().unwrap_or_default();
            format!("login refused: {}", first.trim_end_matches(':'))
        }
        Outcome::CertificateRefused(alert) => format!("certificate refused in TLS: {alert}"),
    };
    let verdict = if attempt.is_as_expected() {
        "as it should be".to_owned()
    } else {
        format!("WRONG, expected {}", attempt.expected)
    };
    let (what, transport) = (attempt.what, attempt.transport);
    // Nobody may be reading.
    let _ = writeln!(
        std::io::stdout(),
        "{what}, over {transport}: {outcome} ({verdict})"
    );
}
