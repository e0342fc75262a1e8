//! The program itself: several at once, exit codes, what it prints.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use testkit::Process;
use tokio::process::Command;

use super::harness::{Database, SECRET, Send as _, count, registration};

pub(crate) const LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn program(subcommand: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onboarding-backend"));
    command.arg(subcommand).env_clear().env("JWT_SECRET", SECRET).env("BIND_ADDRESS", "127.0.0.1:0");
    command.envs(settings.iter().copied());
    command
}

/// Runs a program to its end: exit code and all that it printed.
async fn ended(subcommand: &str, settings: &[(&str, &str)]) -> (i32, String) {
    ended_with(&[subcommand], settings).await
}

/// The same with arguments after the subcommand.
pub(crate) async fn ended_with(arguments: &[&str], settings: &[(&str, &str)]) -> (i32, String) {
    let mut command = program(arguments[0], settings);
    let output = tokio::time::timeout(LIMIT, command.args(&arguments[1..]).output()).await.unwrap().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// The address that a process says it listens on.
pub(crate) async fn address(process: &Process) -> String {
    let line = process.wait_for_line("listening", LIMIT).await;
    line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn three_that_start_at_once_on_an_empty_database_all_serve() {
    let database = Database::new();
    let url = database.url();
    let mut processes: Vec<Process> =
        (0..3).map(|_| Process::spawn(program("serve", &[("DATABASE_URL", &url)])).unwrap()).collect();
    for process in &processes {
        let ready = reqwest::get(format!("http://{}/ready", address(process).await)).await.unwrap();
        assert_eq!(ready.status(), 200);
    }
    let migrations =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/sqlite")).unwrap();
    assert_eq!(count(&database.path(), "schema_migrations"), i64::try_from(migrations.count()).unwrap());
    for process in &mut processes {
        assert_eq!(process.terminate(LIMIT).await.unwrap().code(), Some(0));
    }
}

#[tokio::test]
async fn a_replay_while_the_first_instance_is_stopped_is_the_same_request() {
    let database = Database::new();
    let url = database.url();
    let start = || Process::spawn(program("serve", &[("DATABASE_URL", &url)])).unwrap();
    let (stopped, other) = (start(), start());
    let (stopped_at, other_at) = (address(&stopped).await, address(&other).await);
    let client = reqwest::Client::new();
    for round in 0..6_u32 {
        let body = registration();
        let register = |address: &str| {
            let call = client.post(format!("http://{address}/api/auth/register")).timeout(LIMIT);
            call.header("idempotency-key", format!("round-{round}")).json(&body).done()
        };
        let first = tokio::spawn(register(&stopped_at));
        // The stop meets the request at another point in each round; the outcome is the same.
        for _ in 0..round * 200 {
            tokio::task::yield_now().await;
        }
        stopped.signal(Signal::SIGSTOP).unwrap();
        let mut replay = tokio::spawn(register(&other_at));
        // Should the stopped one hold the file's lock, then the other waits for it to go on.
        let early = tokio::time::timeout(Duration::from_secs(3), &mut replay).await;
        stopped.signal(Signal::SIGCONT).unwrap();
        let replay = match early {
            Ok(replay) => replay.unwrap(),
            Err(_) => replay.await.unwrap(),
        };
        let first = first.await.unwrap();
        assert_eq!((first.status.as_u16(), replay.status.as_u16()), (201, 201), "{first:?} {replay:?}");
        assert_eq!(first.text, replay.text);
    }
    assert_eq!((database.count("users"), database.count("sessions")), (6, 6));
}

#[tokio::test]
async fn all_bad_settings_are_told_together_with_exit_code_2() {
    let settings = [
        ("DATABASE_URL", "postgres://x"),
        ("JWT_SECRET", "short"),
        ("BIND_ADDRESS", "nowhere"),
        ("LOG_FORMAT", "xml"),
    ];
    let (code, text) = ended("serve", &settings).await;
    assert_eq!(code, 2, "{text}");
    for (name, _) in settings {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} in {text}");
    }
    let (code, text) = ended("serve", &[]).await;
    assert!(code == 2 && text.contains("DATABASE_URL: is required"), "{text}");
    let (code, text) = ended("serve", &[("DATABASE_URL", "sqlite:///x"), ("RUST_LOG", "a=b=c")]).await;
    assert!(code == 2 && text.contains("RUST_LOG"), "{code} {text}");
}

#[tokio::test]
async fn a_taken_port_is_told_with_exit_code_1() {
    let database = Database::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = ended("serve", &[("DATABASE_URL", &database.url()), ("BIND_ADDRESS", &address)]).await;
    assert_eq!(code, 1, "{text}");
    assert!(text.contains(&format!("cannot listen on {address}")) && text.contains("in use"), "{text}");
}

#[tokio::test]
async fn a_database_that_cannot_be_is_told_with_exit_code_1() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "no folder").unwrap();
    let inside = format!("sqlite://{}/data.db", file.display());
    for subcommand in ["serve", "migrate"] {
        let (code, text) = ended(subcommand, &[("DATABASE_URL", &inside)]).await;
        assert!(
            code == 1 && text.contains("cannot open the database") && text.contains("a-file"),
            "{code} {text}"
        );
    }
}

#[tokio::test]
async fn migrate_makes_the_database_and_says_what_it_did() {
    let database = Database::new();
    let settings = [("DATABASE_URL", database.url())];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert!(!Path::new(&database.path()).exists());
    let (code, text) = ended("migrate", &settings).await;
    assert!(code == 0 && text.contains("applied 0001_create_users"), "{code} {text}");
    let (code, text) = ended("migrate", &settings).await;
    assert!(code == 0 && text.contains("nothing to migrate"), "{code} {text}");
}

#[tokio::test]
async fn healthcheck_asks_the_instance() {
    let database = Database::new();
    let mut process = Process::spawn(program("serve", &[("DATABASE_URL", &database.url())])).unwrap();
    let address = address(&process).await;
    let (code, text) = ended("healthcheck", &[("BIND_ADDRESS", &address)]).await;
    assert_eq!((code, text.as_str()), (0, ""));
    assert_eq!(process.terminate(LIMIT).await.unwrap().code(), Some(0));
    let (code, text) = ended("healthcheck", &[("BIND_ADDRESS", &address)]).await;
    assert!(code == 1 && text.contains("does not answer"), "{code} {text}");
}

#[tokio::test]
async fn help_version_and_the_document_need_no_settings() {
    for argument in ["--help", "--version", "openapi"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onboarding-backend"));
        let output = command.arg(argument).env_clear().output().await.unwrap();
        assert!(output.status.success() && !output.stdout.is_empty(), "{argument}");
    }
    let (code, _) = ended("nonsense", &[]).await;
    assert_eq!(code, 2);
}
