//! The whole program, outcome by outcome.

use client_certificate::Outcome;

#[tokio::test]
async fn every_attempt_ends_as_it_says() {
    let attempts = client_certificate::run(|_| {}).await.expect("it runs");
    let told: Vec<_> = attempts
        .iter()
        .map(|attempt| {
            assert!(attempt.is_as_expected(), "{attempt:?}");
            let outcome = match &attempt.outcome {
                Outcome::LoggedIn(jid) => format!("in as {}", jid.bare_str()),
                Outcome::LoginRefused(reason) => {
                    format!("login: {}", reason.lines().next().unwrap_or_default())
                }
                Outcome::CertificateRefused(alert) => format!("TLS: {alert}"),
            };
            (attempt.transport, outcome)
        })
        .collect();
    let expected = [
        "in as juliet@example.org",
        "in as nurse@example.org",
        "login: invalid-authzid",
        "login: invalid-authzid",
        "login: not-authorized",
        "login: not-authorized",
        "login: no usable mechanism:",
        "TLS: CertificateExpired",
        "TLS: UnknownCA",
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .flat_map(|outcome| ["TCP", "BOSH"].map(|transport| (transport, outcome.to_owned())))
        .collect();
    assert_eq!(told, expected);
}
