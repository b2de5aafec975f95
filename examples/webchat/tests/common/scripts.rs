//! Cases that are scripts of Node.js: each kind gets a web chat of its own, and its cases are counted.
//!
//! A script gets the link in `WEBCHAT_URL` and prints `ok NAME` or `FAILED NAME` for each case. Where something is
//! missing that the cases need, the test says so and passes; with `CI=true` it fails unless every case was executed.

use std::{
    any::Any,
    collections::BTreeSet,
    env,
    ffi::OsString,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

/// A case ends by itself after two minutes.
const PATIENCE: Duration = Duration::from_mins(3);

/// Five browsers at a time on a small machine show what no user sees.
static TURN: Mutex<()> = Mutex::new(());

/// What the cases are run with.
pub struct Setup {
    /// Options of the web chat beside its address and its folder.
    pub server: Vec<OsString>,
    /// The script.
    pub script: Command,
    /// What stands between the two.
    pub between: Option<Between>,
}

/// Starts something in front of the web chat with that link, and tells the script of it. It ends when the value is dropped.
pub type Between = Box<dyn FnOnce(&str, &mut Command) -> Box<dyn Any>>;

/// Runs the cases of that kind: every one of `wanted` has to pass, and there must be no other.
pub fn check(kind: &str, wanted: &BTreeSet<String>, setup: Result<Setup, String>) {
    let setup = match setup {
        Ok(setup) => setup,
        Err(missing) if is_ci() => panic!("the {kind} tests cannot run: {missing}"),
        Err(missing) => {
            let cases = wanted.len();
            return say(kind, &format!("SKIPPED {cases} {kind} cases: {missing}"));
        }
    };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = run(kind, setup);
    let cases = |mark: &str| -> BTreeSet<String> {
        lines
            .iter()
            .filter_map(|line| line.strip_prefix(mark).map(str::to_owned))
            .collect()
    };
    let (passed, failed) = (cases("ok "), cases("FAILED "));
    let executed = passed.len() + failed.len();
    say(kind, &format!("{kind} cases executed: {executed}"));
    let text = lines.join("\n");
    assert!(failed.is_empty(), "failed: {failed:#?}\n{text}");
    assert_eq!(&passed, wanted, "every case, and no other\n{text}");
}

/// The token of an admin account, and a file that holds it.
pub struct Token {
    pub text: &'static str,
    pub file: PathBuf,
}

/// A token for `--admin-token-file`.
pub fn admin_token() -> Token {
    let text = "a token for tests: 7f3a90";
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("admin-token");
    std::fs::write(&file, text).expect("a folder for tests");
    Token { text, file }
}

/// A program of that name in the search path.
pub fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

/// Node.js packages: in the folder that the variable names, else in `node_modules` beside the scripts.
pub fn packages(variable: &str, scripts: &Path, wanted: &[&str]) -> Result<PathBuf, String> {
    let modules = env::var_os(variable).map_or_else(|| scripts.join("node_modules"), PathBuf::from);
    for package in wanted {
        if !modules.join(package).join("package.json").is_file() {
            return Err(format!(
                "{} holds no {package}; `npm ci` in {} brings it",
                modules.display(),
                scripts.display()
            ));
        }
    }
    Ok(modules)
}

/// The browser's cases with all that they need, or what is missing.
pub fn with_browser() -> Result<Setup, String> {
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
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let wanted = ["playwright-core", "converse.js", "axe-core"];
    let modules = packages("WEBCHAT_NODE_MODULES", &scripts, &wanted)?;
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser");
    let mut script = Command::new(node);
    script
        .arg(scripts.join("run.mjs"))
        .env("WEBCHAT_NODE_MODULES", &modules)
        .env("WEBCHAT_PICTURES", pictures)
        .env("CHROMIUM", chromium);
    Ok(Setup {
        server: vec!["--converse".into(), modules.join("converse.js").into()],
        script,
        between: None,
    })
}

/// What the script printed, against a web chat on a free port.
fn run(kind: &str, mut setup: Setup) -> Vec<String> {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("{}-data", kind.replace(['/', ':', ',', ' '], "-")));
    // What an earlier run left would be found again.
    let _ = std::fs::remove_dir_all(&data);
    let anywhere = ["--listen", "127.0.0.1:0"];
    let is_said = setup.server.iter().any(|option| option == "--listen");
    let server = Program::start(
        Command::new(env!("CARGO_BIN_EXE_webchat"))
            .args(anywhere.iter().filter(|_| !is_said))
            .args(["--log", "warn", "--data"])
            .arg(data)
            .args(setup.server),
    );
    let printed = server.lines.recv_timeout(PATIENCE).expect("the link");
    let link = printed
        .split_whitespace()
        .find(|word| word.starts_with("http://") || word.starts_with("https://"))
        .expect("a link in the first line");
    setup.script.env("WEBCHAT_URL", link);
    let _between = setup
        .between
        .map(|between| between(link, &mut setup.script));
    let script = Program::start(&mut setup.script);
    let mut lines = Vec::new();
    // Ends when the script closes its output, or hangs.
    while let Ok(line) = script.lines.recv_timeout(PATIENCE) {
        say(kind, &line);
        lines.push(line);
    }
    lines
}

/// A running program, ended with the test.
pub struct Program {
    pub child: Child,
    /// The lines it prints, from a thread of their own.
    lines: mpsc::Receiver<String>,
}

impl Program {
    pub fn start(command: &mut Command) -> Self {
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
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Prints where the test harness does not hold it back.
fn say(kind: &str, line: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "{kind}: {line}");
}
