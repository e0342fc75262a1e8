//! The clients' programs and how they are run.

use super::Row;
use super::site::Site;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// A client of somebody else's.
pub(super) struct Program {
    pub(super) name: &'static str,
    /// Its own command, and whether it works here.
    command: fn() -> Option<Command>,
    /// The program that it runs.
    file: &'static str,
    /// Whether it can wait for `100 Continue`.
    pub(super) expects: bool,
}

pub(super) const PROGRAMS: &[Program] = &[
    Program { name: "curl", command: curl, file: "upload.sh", expects: true },
    Program { name: "Node", command: node, file: "upload.mjs", expects: true },
    Program { name: "httpx", command: httpx, file: "upload.py", expects: false },
    Program { name: "Java", command: java, file: "Upload.java", expects: true },
];

impl Program {
    /// Makes these uploads, one after the other, and gives a line for each; `None` where the client is not here.
    pub(super) fn run(&self, site: &Site, protocol: &str, rows: &[Row]) -> Option<Vec<String>> {
        let Some(mut command) = (self.command)() else {
            // Past the capture, so that it is seen.
            let _ = writeln!(std::io::stderr(), "\nskipped: {} as a client (it is not installed)", self.name);
            return None;
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/control/clients");
        command.arg(folder.join(self.file)).arg(&site.certificate).arg(protocol);
        for (path, size, mode, _) in rows {
            command.args([format!("https://{}{path}", site.https), size.to_string(), (*mode).to_owned()]);
        }
        let output = command.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} over HTTP/{protocol}: {said}", self.name);
        Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }
}

/// The command, if `check` of it succeeds.
fn available(program: &str, check: &[&str]) -> Option<Command> {
    let output = Command::new(program).args(check).output().ok()?;
    output.status.success().then(|| Command::new(program))
}

fn curl() -> Option<Command> {
    let output = Command::new("curl").arg("--version").output().ok()?;
    String::from_utf8_lossy(&output.stdout).contains("HTTP2").then(|| Command::new("bash"))
}

fn node() -> Option<Command> {
    available("node", &["--version"])
}

/// `HTTPX_PYTHON` names an interpreter that has it.
fn httpx() -> Option<Command> {
    let named = std::env::var("HTTPX_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    available(&named, &["-c", "import httpx, h2"])
}

/// Its compiler is needed, too: the program is given as source.
fn java() -> Option<Command> {
    available("javac", &["-version"]).and_then(|_| available("java", &["-version"]))
}
