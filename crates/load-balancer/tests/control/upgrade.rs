//! A new process takes over from a running one, under load.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use testkit::{Answer, Process, RawClient, Script, Upstream, eventually};
use tokio::task::JoinSet;

use crate::harness::{HEALTH, PATIENCE, config, named};
use crate::program::{command, free_port};

/// An upstream with tunnels at `/ws` and uploads at `/upload`, whose answer is their length.
async fn upstream() -> Upstream {
    Upstream::start(Script::by(|seen| match seen.target.as_str() {
        "/ws" => Script::upgrade("websocket"),
        "/upload" => Script::respond(|seen| Answer::ok(seen.body.len().to_string())),
        _ => Script::answer(Answer::ok("served")),
    }))
    .await
}

/// A balancer as a program of its own.
struct Running {
    http: SocketAddr,
    admin: SocketAddr,
    file: PathBuf,
    process: Process,
    _folder: tempfile::TempDir,
}

impl Running {
    async fn start(text: &str) -> Self {
        Self::start_by("run", text).await
    }

    async fn start_by(subcommand: &str, text: &str) -> Self {
        let (http, admin) = (free_port(), free_port());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("load-balancer.toml");
        let text = text
            .replace("http = \"127.0.0.1:0\"", &format!("http = \"{http}\""))
            .replace("admin = \"127.0.0.1:0\"", &format!("admin = \"{admin}\""));
        std::fs::write(&file, text).unwrap();
        let mut run = command(&file, &[subcommand]);
        run.env_remove("LB_SUPERVISOR").env_remove("SYSTEMD_EXEC_PID");
        let process = Process::spawn(run.into()).unwrap();
        process.wait_for_line("server is up", PATIENCE).await;
        Self { http, admin, file, process, _folder: folder }
    }

    fn change(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(&self.file).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&self.file, text.replace(from, to)).unwrap();
    }

    /// `load-balancer upgrade`
    async fn upgrade(&self) -> Output {
        let mut upgrade = command(&self.file, &["upgrade"]);
        tokio::task::spawn_blocking(move || upgrade.output().unwrap()).await.unwrap()
    }

    async fn upgrade_well(&self) {
        let before = self.pid().await;
        let output = self.upgrade().await;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{out}{err}\n{}", self.process.lines().join("\n"));
        let after = self.pid().await;
        assert_eq!(out.trim(), format!("process {after} serves in the place of process {before}"));
        assert_ne!(before, after);
    }

    async fn status(&self) -> Value {
        reqwest::get(format!("http://{}/api/status", self.admin)).await.unwrap().json().await.unwrap()
    }

    async fn pid(&self) -> u64 {
        self.status().await["pid"].as_u64().unwrap()
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Value) {
        let call = reqwest::Client::new().request(method, format!("http://{}{path}", self.admin)).json(&body);
        assert!(call.send().await.unwrap().status().is_success());
    }

    /// Name, state and weight of each server, as the process that serves now has them.
    async fn servers(&self) -> Vec<(String, String, u64)> {
        let status = self.status().await;
        let servers = status["pools"][0]["servers"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        servers
            .map(|server| (text(&server["name"]), text(&server["state"]), server["weight"].as_u64().unwrap()))
            .collect()
    }
}

/// Clients that send requests one after the other until they are told to stop, and panic at the first that fails.
struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<AtomicUsize>,
    tasks: JoinSet<()>,
}

impl Load {
    fn start(http: SocketAddr, kept: usize, fresh: usize) -> Self {
        let mut load = Self { stop: Arc::default(), done: Arc::default(), tasks: JoinSet::new() };
        for number in 0..kept + fresh {
            let (stop, done) = (Arc::clone(&load.stop), Arc::clone(&load.done));
            load.tasks.spawn(async move {
                let mut client = RawClient::connect(http).await.unwrap();
                while !stop.load(Relaxed) {
                    if number >= kept {
                        client = RawClient::connect(http).await.unwrap();
                    }
                    post(&mut client).await;
                    done.fetch_add(1, Relaxed);
                }
            });
        }
        load
    }

    /// Waits for so many more requests.
    async fn goes_on(&self, more: usize) {
        let until = self.done.load(Relaxed) + more;
        eventually(PATIENCE, || async { self.done.load(Relaxed) >= until }).await;
    }

    async fn stop(mut self) -> usize {
        self.stop.store(true, Relaxed);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        self.done.load(Relaxed)
    }
}

/// A request that the balancer must not send twice, and its answer.
async fn post(client: &mut RawClient) {
    client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi").await.unwrap();
    let answer = client.read_response().await.unwrap();
    assert_eq!((answer.status, answer.text().as_str()), (200, "served"));
    assert_eq!(answer.header("Connection"), None, "a connection in clear goes on at the next process");
}

async fn websocket(http: SocketAddr) -> RawClient {
    let mut client = RawClient::connect(http).await.unwrap();
    let hello = "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    client.send(hello).await.unwrap();
    assert_eq!(client.read_response_to("HEAD").await.unwrap().status, 101);
    client
}

async fn is_echoed(client: &mut RawClient, message: &str) {
    client.send(message).await.unwrap();
    assert_eq!(client.read_exactly(message.len()).await.unwrap(), message.as_bytes());
}

async fn upload(http: SocketAddr) -> RawClient {
    let mut client = RawClient::connect(http).await.unwrap();
    client.send("PUT /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\none").await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_upgrades_under_load_fail_no_request_and_cut_no_websocket_and_no_upload() {
    let upstream = upstream().await;
    let balancer = Running::start(&config(&[("a", upstream.address())], HEALTH)).await;
    let http = balancer.http;
    let load = Load::start(http, 6, 3);
    let mut idle = RawClient::connect(http).await.unwrap();
    post(&mut idle).await;
    let mut silent = RawClient::connect(http).await.unwrap();
    let mut open: Vec<(RawClient, RawClient)> = Vec::new();
    for turn in 0..20 {
        // The number of workers changes, so that sockets join and that a worker gets those of others.
        if turn % 4 == 1 {
            let (from, to) = if turn % 8 == 1 { (2, 3) } else { (3, 1) };
            balancer.change(&format!("workers = {from}"), &format!("workers = {to}"));
        } else if turn % 8 == 7 {
            balancer.change("workers = 1", "workers = 2");
        }
        open.push((websocket(http).await, upload(http).await));
        balancer.upgrade_well().await;
        load.goes_on(20).await;
        // What was idle has come along, and is idle again.
        post(&mut idle).await;
        // Each lives through two upgrades.
        if open.len() == 2 {
            let (mut websocket, mut upload) = open.remove(0);
            is_echoed(&mut websocket, "still here").await;
            websocket.half_close().await.unwrap();
            assert!(websocket.read_to_end().await.unwrap().is_empty());
            upload.send("two").await.unwrap();
            assert_eq!(upload.read_response().await.unwrap().text(), "6");
        }
    }
    post(&mut silent).await;
    assert!(load.stop().await > 400);
    let lines = balancer.process.lines();
    assert!(
        !lines.iter().any(|line| line.contains("were cut off") || line.contains("task has ended")),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_process_that_has_handed_on_ends_well_and_the_new_one_keeps_what_operators_have_changed() {
    let (a, b) = (named("a").await, named("b").await);
    let mut balancer = Running::start(&config(&[("a", a.address()), ("b", a.address())], HEALTH)).await;
    let servers = "/api/pools/backend/servers";
    balancer.call(reqwest::Method::PUT, &format!("{servers}/a"), json!({ "weight": 7 })).await;
    balancer.call(reqwest::Method::PUT, &format!("{servers}/b"), json!({ "state": "drain" })).await;
    let new = json!({ "name": "c", "address": b.address().to_string(), "weight": 3 });
    balancer.call(reqwest::Method::POST, servers, new).await;
    let expected = [("a", "up", 7), ("b", "drain", 1), ("c", "up", 3)];
    let expected = expected.map(|(name, state, weight)| (name.to_owned(), state.to_owned(), weight));
    eventually(PATIENCE, || async { balancer.servers().await == expected }).await;
    balancer.process.signal(Signal::SIGUSR2).unwrap();
    assert!(balancer.process.wait(PATIENCE).await.unwrap().success());
    assert_eq!(balancer.servers().await, expected);
    balancer.upgrade_well().await;
    assert_eq!(balancer.servers().await, expected, "and the one after it");
}

#[tokio::test]
async fn what_cannot_serve_does_not_take_over_and_the_reason_is_told() {
    let upstream = upstream().await;
    let text = config(&[("a", upstream.address())], HEALTH);
    let balancer =
        Running::start(&text.replace("workers = 2", "workers = 2\nupgrade_timeout = \"2s\"")).await;
    let (pid, listen) = (balancer.pid().await, std::fs::read_to_string(&balancer.file).unwrap());
    let elsewhere = format!("http = \"{}\"", free_port());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("http = \"{}\"", taken.local_addr().unwrap());
    for (from, to, reason) in [
        ("[listen]".to_owned(), "[listen]\nfoo = 1".to_owned(), "listen.foo: unknown key"),
        (format!("http = \"{}\"", balancer.http), taken.clone(), "cannot listen on"),
    ] {
        balancer.change(&from, &to);
        let call = reqwest::Client::new()
            .post(format!("http://{}/api/upgrade", balancer.admin))
            .send()
            .await
            .unwrap();
        let (status, problem) = (call.status().as_u16(), call.json::<Value>().await.unwrap());
        assert_eq!((status, &problem["code"]), (503, &json!("upgrade_failed")), "{problem}");
        let told = problem["detail"].as_str().unwrap().contains(reason);
        assert!(told, "{problem} {reason}\n{}", balancer.process.lines().join("\n"));
        balancer.process.wait_for_line(reason, PATIENCE).await;
        std::fs::write(&balancer.file, &listen).unwrap();
        assert_eq!(balancer.pid().await, pid);
        post(&mut RawClient::connect(balancer.http).await.unwrap()).await;
    }
    let events: Value =
        reqwest::get(format!("http://{}/api/events", balancer.admin)).await.unwrap().json().await.unwrap();
    let failed =
        events["events"].as_array().unwrap().iter().filter(|event| event["kind"] == "upgrade_failed");
    assert_eq!(failed.count(), 2, "{events}");

    // A release with another file, whose server is not there. (The running process would follow a change of its own.)
    let file = balancer.file.with_extension("other");
    let server = format!("address = \"{}\"", upstream.address());
    std::fs::write(&file, listen.replace(&server, &format!("address = \"{}\"", free_port()))).unwrap();
    let pid = balancer.process.pid();
    let mut other = take_over(&file, pid);
    let reason = "pool \"backend\" has no server that takes traffic, and had one in the process before";
    balancer.process.wait_for_line(reason, PATIENCE).await;
    assert_eq!(other.wait(PATIENCE).await.unwrap().code(), Some(1));
    post(&mut RawClient::connect(balancer.http).await.unwrap()).await;

    // What listens elsewhere is opened there; the old address is given up.
    balancer.change(&format!("http = \"{}\"", balancer.http), &elsewhere);
    balancer.upgrade_well().await;
    eventually(PATIENCE, || async { RawClient::connect(balancer.http).await.is_err() }).await;
}

#[tokio::test]
async fn a_successor_that_hangs_or_dies_is_given_up() {
    let upstream = upstream().await;
    let text = config(&[("a", upstream.address())], HEALTH);
    let balancer =
        Running::start(&text.replace("workers = 2", "workers = 2\nupgrade_timeout = \"500ms\"")).await;
    let pid = balancer.process.pid();
    // It waits for a configuration that never comes to its end.
    let pipe = balancer.file.with_extension("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let slow = take_over(&pipe, pid);
    balancer.process.wait_for_line("did not serve within 500ms", PATIENCE).await;
    drop(slow);
    let dies = take_over(&pipe, pid);
    eventually(PATIENCE, || async { count(&balancer.process, "a new process takes over") == 2 }).await;
    drop(dies);
    balancer.process.wait_for_line("the new process ended before it served", PATIENCE).await;
    post(&mut RawClient::connect(balancer.http).await.unwrap()).await;
    assert_eq!(balancer.pid().await, u64::try_from(pid).unwrap());
}

fn take_over(file: &Path, pid: i32) -> Process {
    Process::spawn(command(file, &["run", "--take-over", &pid.to_string()]).into()).unwrap()
}

fn count(process: &Process, text: &str) -> usize {
    process.lines().iter().filter(|line| line.contains(text)).count()
}

#[tokio::test]
async fn a_supervisor_stays_while_one_balancer_follows_another() {
    let upstream = upstream().await;
    let text = config(&[("a", upstream.address())], HEALTH);
    let mut balancer = Running::start_by("supervise", &text).await;
    let http = balancer.http;
    let load = Load::start(http, 3, 1);
    for _ in 0..3 {
        balancer.upgrade_well().await;
        load.goes_on(10).await;
    }
    let before = balancer.pid().await;
    assert_ne!(before, u64::try_from(balancer.process.pid()).unwrap());
    balancer.process.signal(Signal::SIGUSR2).unwrap();
    eventually(PATIENCE, || async { balancer.pid().await != before }).await;
    let before = balancer.pid().await;
    balancer.change("[listen]", "[listen]\nfoo = 1");
    let order =
        reqwest::Client::new().post(format!("http://{}/api/upgrade", balancer.admin)).send().await.unwrap();
    assert_eq!(order.status(), 503);
    assert_eq!(balancer.pid().await, before);
    load.goes_on(10).await;
    load.stop().await;
    let mut websocket = websocket(http).await;
    balancer.process.signal(Signal::SIGTERM).unwrap();
    eventually(PATIENCE, || async { RawClient::connect(http).await.is_err() }).await;
    is_echoed(&mut websocket, "what is under way ends in peace").await;
    drop(websocket);
    assert!(balancer.process.wait(PATIENCE).await.unwrap().success());
}

#[tokio::test]
async fn a_supervisor_ends_as_its_last_balancer_did() {
    let upstream = upstream().await;
    let mut balancer = Running::start_by("supervise", &config(&[("a", upstream.address())], HEALTH)).await;
    let pid = i32::try_from(balancer.pid().await).unwrap();
    testkit::process::send(pid, Signal::SIGKILL).unwrap();
    assert_eq!(balancer.process.wait(PATIENCE).await.unwrap().code(), Some(137));
}

#[tokio::test]
async fn nobody_is_there_to_take_over_from() {
    let upstream = upstream().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), config(&[("a", upstream.address())], HEALTH)).unwrap();
    let mut alone = take_over(file.path(), 1);
    assert_eq!(alone.wait(Duration::from_secs(20)).await.unwrap().code(), Some(1));
    let lines = alone.lines().join("\n");
    assert!(lines.contains("process 1 does not hand its sockets on: "), "{lines}");
}
