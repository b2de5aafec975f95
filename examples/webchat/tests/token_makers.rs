//! The makers of tokens in docs/single-sign-on.md, run as they stand there: what each makes is a token.
//!
//! They need PHP, Python and Node.js. One that is missing is named in a line `SKIPPED`; with `CI=true` it is a failure.

use std::{
    env,
    io::Write as _,
    process::{Command, Stdio},
};

use example_support::Clock;
use xmpp_core::sasl::tokens::{TokenKey, TokenVerifier};

const DOCUMENT: &str = include_str!("../../../docs/single-sign-on.md");
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Name, program, what stands before the maker and what after it.
const MAKERS: [(&str, &[&str], &str, &str); 3] = [
    (
        "php",
        &["php"],
        "<?php\n$user = 'juliet'; $key = 'KEY';\n",
        "echo $token;",
    ),
    (
        "python",
        &["python3", "-"],
        "user, key = 'juliet', 'KEY'\n",
        "print(token, end='')",
    ),
    (
        "node",
        &["node", "-"],
        "const [user, key] = ['juliet', 'KEY'];\n",
        "process.stdout.write(token);",
    ),
];

#[test]
fn what_the_document_makes_is_a_token() {
    for (name, program, before, after) in MAKERS {
        let (_, rest) = DOCUMENT
            .split_once(&format!("<!-- block: {name} -->\n```"))
            .expect(name);
        let (_, rest) = rest.split_once('\n').expect("a language");
        let (maker, _) = rest.split_once("```").expect("an end");
        assert!(maker.lines().count() <= 5, "{name}: five lines");
        let script = format!("{}{maker}{after}\n", before.replace("KEY", KEY));
        let Some(token) = run(program, &script) else {
            let is_ci = env::var("CI").is_ok_and(|value| value == "true" || value == "1");
            assert!(!is_ci, "there is no {}", program[0]);
            // Printed where the test harness does not hold it back.
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED {name}: there is no {}",
                program[0]
            );
            continue;
        };
        let secret: Vec<u8> = (0..32).collect();
        let key = TokenKey::new(secret).expect("32 bytes").with_id("2026-01");
        let verifier = TokenVerifier::new("webchat", "chat.example").with_key(key);
        let now = Clock::start().now();
        let good = verifier.verify_once(&token, now, |_, _| true);
        let good = good.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(good.subject(), "juliet", "{name}");
        assert!(good.expiry() > now, "{name}");
    }
}

/// What the program prints; `None` where there is no such program.
fn run(program: &[&str], script: &str) -> Option<String> {
    let mut child = Command::new(program[0])
        .args(&program[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut input = child.stdin.take().expect("piped");
    input.write_all(script.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{program:?}\n{script}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}
