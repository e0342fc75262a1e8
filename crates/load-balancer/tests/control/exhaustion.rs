//! What the program does when it has run out of descriptors: it is nobody's fault but its own.

use std::{net::SocketAddr, process::Command};

use serde_json::Value;
use testkit::{Answer, Process, RawClient, Upstream, eventually};
use tokio::sync::Mutex;

use crate::{
    harness::{HEALTH, PATIENCE, config},
    program::{command, free_port, written},
};

const GET: &str = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const STATUS: &str = "GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// The program in front of one server, with the addresses of its two sockets.
struct Running {
    process: Process,
    http: SocketAddr,
    admin: SocketAddr,
    _folder: tempfile::TempDir,
}

/// Starts it with a limit on open files, soft and hard.
async fn start(upstream: &Upstream, limit: &str) -> Running {
    let (http, admin) = (free_port(), free_port());
    let text = config(&[("a", upstream.address())], HEALTH)
        .replace("http = \"127.0.0.1:0\"", &format!("http = \"{http}\""))
        .replace("admin = \"127.0.0.1:0\"", &format!("admin = \"{admin}\""));
    let (folder, file) = written(&text);
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("ulimit -S -n {limit}; exec \"$0\" --config \"$1\" run")]);
    limited.arg(command(&file, &[]).get_program()).arg(&file).env_remove("LB_ADMIN_TOKEN");
    let process = Process::spawn(limited.into()).unwrap();
    process.wait_for_line("server is up", PATIENCE).await;
    Running { process, http, admin, _folder: folder }
}

impl Running {
    /// Sets the limit of the running program.
    fn limit(&self, soft: u64) {
        let pid = self.process.pid().to_string();
        let done = Command::new("prlimit").args(["--pid", &pid, &format!("--nofile={soft}:")]).status();
        assert!(done.unwrap().success());
    }

    /// The limit of the running program.
    fn limits(&self) -> (String, String) {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.process.pid())).unwrap();
        let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
        let mut words = line.split_whitespace().skip(3).map(str::to_owned);
        (words.next().unwrap(), words.next().unwrap())
    }
}

async fn ask(client: &mut RawClient, request: &str) -> (u16, Value) {
    client.send(request).await.unwrap();
    let answer = client.read_response().await.unwrap();
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
}

#[tokio::test]
async fn a_want_of_descriptors_is_told_and_no_server_is_blamed() {
    let upstream = Upstream::start(Answer::ok("{}").header("Connection", "close")).await;
    let running = start(&upstream, "1024").await;
    let (hard, mut client) = (running.limits().1, RawClient::connect(running.http).await.unwrap());
    let mut admin = RawClient::connect(running.admin).await.unwrap();
    assert_eq!((ask(&mut client, GET).await.0, ask(&mut admin, STATUS).await.0), (200, 200));

    // No more can be opened now, by traffic or by checks.
    running.limit(4);
    for _ in 0..5 {
        let (status, problem) = ask(&mut client, GET).await;
        assert_eq!((status, &problem["code"]), (503, &"out_of_resources".into()));
    }
    let admin = Mutex::new(admin);
    let server = eventually(PATIENCE, || async {
        let status = ask(&mut *admin.lock().await, STATUS).await.1;
        let server = status["pools"][0]["servers"][0].clone();
        let told = server["last_check_error"].as_str().is_some_and(|error| error.contains("not asked"));
        if told { Ok(server) } else { Err(server) }
    })
    .await;
    assert_eq!((&server["state"], &server["consecutive_failures"]), (&"up".into(), &0.into()));

    running.limit(hard.parse().unwrap());
    assert_eq!(ask(&mut client, GET).await.0, 200);
}

#[tokio::test]
async fn connections_are_refused_before_descriptors_run_out() {
    let upstream = Upstream::start(Answer::ok("{}")).await;
    let running = start(&upstream, "64; ulimit -n 64").await;
    running.process.wait_for_line("max_connections is lowered", PATIENCE).await;
    let mut clients = Vec::new();
    let refused = loop {
        assert!(clients.len() < 64, "more connections than descriptors");
        let mut client = RawClient::connect(running.http).await.unwrap();
        let (status, problem) = ask(&mut client, GET).await;
        if status != 200 {
            break problem;
        }
        clients.push(client);
    };
    assert_eq!(refused["code"], "overloaded");
    assert!(!clients.is_empty());
    for client in &mut clients {
        assert_eq!(ask(client, GET).await.0, 200, "those that are open are served");
    }
}

#[tokio::test]
async fn the_soft_limit_on_open_files_is_raised_to_the_hard_one() {
    let upstream = Upstream::start(Answer::ok("{}")).await;
    let running = start(&upstream, "256").await;
    let (soft, hard) = running.limits();
    assert_eq!(soft, hard);
}
