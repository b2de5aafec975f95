//! Real browsers: our page and Converse.js 14 in Chromium, over BOSH and over WebSocket.
//!
//! The cases are scripts under `tests/browser/` (see `cases.mjs` for what each promises); here they get a server, and are
//! counted. They need Node.js, Chromium (`CHROMIUM`, or a usual place) and the packages of `tests/browser/package.json`
//! (`npm ci` there, or `WEBCHAT_NODE_MODULES`). Where one is missing the test says so and passes; with `CI=true` it
//! fails unless every case was executed. Screenshots are left under `target/browser/`.

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

const CLIENTS: [&str; 2] = ["page", "converse"];
const TRANSPORTS: [&str; 2] = ["bosh", "websocket"];
const SCENARIOS: [&str; 5] = [
    "join and talk both ways",
    "rename",
    "nick conflict",
    "reload",
    "drop and return",
];
/// A case ends by itself after two minutes.
const PATIENCE: Duration = Duration::from_secs(180);

#[test]
fn two_clients_over_two_transports() {
    let wanted: BTreeSet<String> = CLIENTS
        .iter()
        .flat_map(|client| TRANSPORTS.map(|transport| format!("{client}, {transport}")))
        .flat_map(|cell| SCENARIOS.map(|scenario| format!("{cell}: {scenario}")))
        .collect();
    let tools = match Tools::find() {
        Ok(tools) => tools,
        Err(missing) if is_ci() => panic!("the browser tests cannot run: {missing}"),
        Err(missing) => {
            say(&format!(
                "SKIPPED {} browser cases: {missing}",
                wanted.len()
            ));
            return;
        }
    };
    let server = Program::server(&tools);
    let report = Program::cases(&tools, &server);

    let passed: BTreeSet<String> = report.cases("ok ").collect();
    let failed: Vec<String> = report.cases("FAILED ").collect();
    say(&format!(
        "browser cases executed: {}",
        passed.len() + failed.len()
    ));
    assert!(failed.is_empty(), "failed: {failed:#?}\n{}", report.text());
    assert_eq!(
        passed,
        wanted,
        "every case, and no other\n{}",
        report.text()
    );
}

/// What the cases are run with.
struct Tools {
    node: PathBuf,
    chromium: PathBuf,
    modules: PathBuf,
}

impl Tools {
    /// All of them, or which one is missing.
    fn find() -> Result<Self, String> {
        let node = on_path("node").ok_or("there is no node")?;
        let chromium = env::var_os("CHROMIUM")
            .map(PathBuf::from)
            .or_else(|| {
                [
                    "chromium",
                    "chromium-browser",
                    "google-chrome",
                    "google-chrome-stable",
                ]
                .into_iter()
                .find_map(on_path)
            })
            .filter(|path| path.is_file())
            .ok_or("there is no Chromium; CHROMIUM may name one")?;
        let modules = env::var_os("WEBCHAT_NODE_MODULES")
            .map_or_else(|| scripts().join("node_modules"), PathBuf::from);
        for package in ["playwright-core", "converse.js"] {
            if !modules.join(package).join("package.json").is_file() {
                return Err(format!(
                    "{} holds no {package}; `npm ci` in {} brings it",
                    modules.display(),
                    scripts().display()
                ));
            }
        }
        Ok(Self {
            node,
            chromium,
            modules,
        })
    }
}

/// A running program, ended with the test.
struct Program {
    child: Child,
    /// The lines it prints, from a thread of their own.
    lines: mpsc::Receiver<String>,
}

impl Program {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it is there");
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// The web chat itself, on a free port.
    fn server(tools: &Tools) -> Self {
        Self::start(
            Command::new(env!("CARGO_BIN_EXE_webchat"))
                .args(["--listen", "127.0.0.1:0", "--log", "warn", "--data"])
                .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser-data"))
                .arg("--converse")
                .arg(tools.modules.join("converse.js")),
        )
    }

    /// Runs the cases against `server` and shows each as it ends.
    fn cases(tools: &Tools, server: &Self) -> Report {
        let printed = server.lines.recv_timeout(PATIENCE).expect("the link");
        let link = printed
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .expect("a link in the first line");
        let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser");
        let cases = Self::start(
            Command::new(&tools.node)
                .arg(scripts().join("run.mjs"))
                .env("WEBCHAT_URL", link)
                .env("WEBCHAT_NODE_MODULES", &tools.modules)
                .env("WEBCHAT_PICTURES", pictures)
                .env("CHROMIUM", &tools.chromium),
        );
        let mut report = Report(Vec::new());
        // Ends when the scripts close their output, or hang.
        while let Ok(line) = cases.lines.recv_timeout(PATIENCE) {
            say(&line);
            report.0.push(line);
        }
        report
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the scripts printed.
struct Report(Vec<String>);

impl Report {
    /// The names behind `mark` at the start of a line.
    fn cases<'a>(&'a self, mark: &'a str) -> impl Iterator<Item = String> + 'a {
        self.0
            .iter()
            .filter_map(move |line| line.strip_prefix(mark).map(str::to_owned))
    }

    fn text(&self) -> String {
        self.0.join("\n")
    }
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Prints where the test harness does not hold it back.
fn say(line: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "browser: {line}");
}
