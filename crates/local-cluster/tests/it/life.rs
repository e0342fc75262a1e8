//! Start, restart, stop.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command};
use std::sync::Arc;

use local_cluster::manifest::Manifest;
use nix::sys::signal::Signal;
use testkit::eventually;
use testkit::process::{is_alive, send};

use crate::cluster::{LIMIT, TestCluster};

/// Processes that do nothing but keep the processors busy.
struct Load(Vec<Child>);

impl Load {
    fn of(processes: usize) -> Self {
        let busy = || Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        Self((0..processes).map(|_| busy()).collect())
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for busy in &mut self.0 {
            busy.kill().and_then(|()| busy.wait()).unwrap();
        }
    }
}

#[tokio::test]
async fn once_there_is_a_manifest_the_balancer_knows_every_backend_up() {
    for busy in [0, 0, 0, 10, 10] {
        let _load = Load::of(busy);
        let cluster = TestCluster::starting();
        let written =
            || async { Manifest::read(&cluster.manifest_path()).ok_or_else(|| cluster.process.lines()) };
        let manifest = eventually(3 * LIMIT, written).await;
        let url = format!("{}/health", manifest.load_balancer);
        let health: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        assert_eq!(health["status"], "healthy", "{health}");
        let instances = health["instances"].as_array().unwrap();
        assert!(instances.len() == 3 && instances.iter().all(|it| it["state"] == "up"), "{health}");
        let mode = cluster.manifest_path().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "it tells where to find everything");
    }
}

fn pid(id: u32) -> i32 {
    i32::try_from(id).unwrap()
}

#[tokio::test]
async fn a_killed_backend_is_back_at_once_and_the_manifest_says_so() {
    let cluster = TestCluster::ready().await;
    let before = cluster.manifest();
    assert_eq!(before.instances.len(), 3);
    send(pid(before.instances[1].pid), Signal::SIGKILL).unwrap();
    let line = cluster.process.wait_for_line("was killed by SIGKILL; restarting now", LIMIT).await;
    assert!(line.contains("backend-2"), "{line}");
    eventually(LIMIT, async || cluster.manifest().instances[1].pid != before.instances[1].pid).await;
    let after = cluster.manifest();
    assert_eq!(after.instances[0], before.instances[0]);
    let ready = reqwest::get(format!("http://{}/ready", after.instances[1].address)).await.unwrap();
    assert_eq!(ready.status(), 200);
}

#[tokio::test]
async fn nothing_is_left_behind() {
    let mut cluster = TestCluster::ready().await;
    let services: Vec<u32> = cluster.manifest().service_pids().collect();
    assert_eq!(services.len(), 4);
    let status = cluster.process.terminate(LIMIT).await.unwrap();
    assert!(status.success(), "{status}");
    for service in services {
        assert!(!is_alive(pid(service)), "{service} is still there");
    }
    assert!(!cluster.manifest_path().exists());
    let lines = cluster.process.lines();
    let stopped =
        |name: &str| lines.iter().position(|line| line.contains(name) && line.contains("stopped in"));
    assert!(stopped("load-balancer") < stopped("backend-1"), "the balancer drains first: {lines:#?}");
}

#[tokio::test]
async fn what_a_killed_supervisor_left_is_ended_by_the_next_start() {
    let mut cluster = TestCluster::ready().await;
    let left: Vec<u32> = cluster.manifest().service_pids().collect();
    cluster.process.signal(Signal::SIGKILL).unwrap();
    cluster.process.wait(LIMIT).await.unwrap();
    assert!(left.iter().all(|service| is_alive(pid(*service))));
    let next = TestCluster::ready_in(Arc::clone(&cluster.dir), cluster.offset).await;
    assert!(
        next.process.lines().iter().any(|line| line.contains("ended 4 processes")),
        "{:#?}",
        next.process.lines()
    );
    assert!(left.iter().all(|service| !is_alive(pid(*service))));
}

#[tokio::test]
async fn the_page_and_the_api_are_served_on_one_port() {
    let cluster = TestCluster::ready().await;
    let base = cluster.manifest().frontend;
    let health = reqwest::get(format!("{base}/api/health")).await.unwrap();
    assert_eq!(health.status(), 200);
    assert!(health.headers().contains_key("x-served-by"));
    let body: serde_json::Value = health.json().await.unwrap();
    assert_eq!(body["database"]["status"], "up", "{body}");
    // Not routed: neither metrics nor readiness can be asked for from outside.
    let balancer = cluster.manifest().load_balancer;
    assert_eq!(reqwest::get(format!("{balancer}/metrics")).await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_mail_that_comes_is_told_with_its_link() {
    let cluster = TestCluster::ready().await;
    let folder = cluster.dir.path().join("mails");
    let shown = folder.display().to_string();
    cluster.process.wait_for_line(&shown, LIMIT).await;
    std::fs::create_dir_all(&folder).unwrap();
    let draft = folder.join(".1.draft");
    let mail = "To: zoe@example.com\r\nSubject: Confirm\r\n\r\nOpen http://127.0.0.1:3000/verify-email#token=abc now";
    std::fs::write(&draft, mail).unwrap();
    std::fs::rename(draft, folder.join("1.eml")).unwrap();
    let line = cluster.process.wait_for_line("zoe@example.com", LIMIT).await;
    assert!(
        line.contains("Confirm") && line.contains("http://127.0.0.1:3000/verify-email#token=abc"),
        "{line}"
    );
}
