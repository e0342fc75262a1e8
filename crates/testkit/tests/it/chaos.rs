//! Chaos against an API in memory: an honest one passes, and every flaw is noticed. The processes that are
//! killed and stopped are real ones, and no backends.

use std::{path::PathBuf, time::Duration};

use serde_json::json;
use testkit::{
    Process, Upstream,
    chaos::{self, ChaosError, Fault, Plan, Progress, Report, idempotency},
    eventually,
    process::is_alive,
};
use tokio::process::Command;

use crate::fake_api::{Flaw, script};

const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(20);

/// A cluster of sleeping processes under the name of the backend, behind an API in memory.
struct FakeCluster {
    directory: tempfile::TempDir,
    api: Upstream,
    processes: Vec<Process>,
}

impl FakeCluster {
    async fn start(flaw: Flaw) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("onboarding-backend");
        // By another process: a file that this one writes is busy while some other test forks.
        let copied = Command::new("cp").arg("/bin/sleep").arg(&program).status().await.unwrap();
        assert!(copied.success());
        let mut cluster = Self { directory, api: Upstream::start(script(flaw)).await, processes: Vec::new() };
        for _ in 0..3 {
            let process = cluster.spawn();
            cluster.processes.push(process);
        }
        cluster.write();
        cluster
    }

    fn spawn(&self) -> Process {
        let mut command = Command::new(self.directory.path().join("onboarding-backend"));
        command.arg("600");
        Process::spawn(command).unwrap()
    }

    fn manifest(&self) -> PathBuf {
        self.directory.path().join("cluster.json")
    }

    fn write(&self) {
        let url = format!("http://{}", self.api.address());
        let instances = self.processes.iter().enumerate().map(|(index, process)| {
            json!({"name": format!("backend-{}", index + 1), "address": self.api.address(), "pid": process.pid()})
        });
        let cluster = json!({"load_balancer": url, "admin": url, "instances": instances.collect::<Vec<_>>()});
        let new = self.manifest().with_extension("new");
        std::fs::write(&new, cluster.to_string()).unwrap();
        std::fs::rename(new, self.manifest()).unwrap();
    }

    /// What a supervisor does, until it is dropped.
    async fn supervise(&mut self) {
        loop {
            for index in 0..self.processes.len() {
                if !is_alive(self.processes[index].pid()) {
                    self.processes[index] = self.spawn();
                    self.write();
                }
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    fn plan(&self, fault: Fault) -> Plan {
        Plan {
            cluster: self.manifest(),
            base_url: None,
            fault,
            clients: 3,
            duration: Duration::from_millis(100),
            until: None,
            every: SHORT,
            stop_for: SHORT,
            seed: 7,
        }
    }

    async fn run(&mut self, fault: Fault) -> Report {
        let plan = self.plan(fault);
        tokio::select! {
            report = chaos::run(&plan, |_: &Progress| {}) => report.unwrap(),
            () = self.supervise() => unreachable!("it supervises for ever"),
        }
    }

    fn binary(&self, fault: &str, duration: &str) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chaos"));
        command.arg("--cluster").arg(self.manifest()).args(["--fault", fault, "--duration", duration]);
        command.args(["--clients", "3", "--every", "20ms", "--stop-for", "10m"]);
        Process::spawn(command).unwrap()
    }

    fn states(&self) -> Vec<char> {
        let state = |process: &Process| {
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", process.pid())).unwrap();
            stat.rsplit(") ").next().unwrap().chars().next().unwrap()
        };
        self.processes.iter().map(state).collect()
    }
}

#[tokio::test]
async fn an_honest_api_passes() {
    let report = FakeCluster::start(Flaw::None).await.run(Fault::None).await;
    assert!(report.passed(), "{report}");
    assert!(report.registered > 0 && report.steps == report.registered * 4, "{report}");
    assert_eq!((report.failed, report.retries), (0, Some(0)));
    let text = report.to_string();
    assert!(text.contains("people registered") && text.contains("save a step"), "{text}");
}

#[tokio::test]
async fn every_flaw_is_noticed() {
    for (flaw, noticed) in [
        (Flaw::Doubles, "the version is 3, not 2"),
        (Flaw::Forgets, "profile is null, not completed"),
        (Flaw::TakesTwice, "register: 201"),
        (Flaw::Refuses, "503 busy"),
    ] {
        let report = FakeCluster::start(flaw).await.run(Fault::None).await;
        assert!(!report.passed(), "{flaw:?}: {report}");
        assert!(report.to_string().contains(noticed), "{flaw:?}: {report}");
    }
}

#[tokio::test]
async fn a_failed_request_is_explained_by_the_balancer() {
    let report = FakeCluster::start(Flaw::Refuses).await.run(Fault::None).await;
    let failed = report.failures[0].request_id.unwrap().to_string();
    assert!(report.explanations[0].contains(&format!("{{\"explained\":\"{failed}\"}}")), "{report}");
}

#[tokio::test]
async fn backends_are_killed_wherever_their_new_processes_are() {
    let mut cluster = FakeCluster::start(Flaw::None).await;
    let first: Vec<_> = cluster.processes.iter().map(Process::pid).collect();
    let report = cluster.run(Fault::Kill).await;
    assert!(report.passed(), "{report}");
    let killed: usize = report.faults.values().sum();
    assert!(killed >= 1, "{report}");
    assert!(first.iter().any(|pid| !is_alive(*pid)));
}

#[tokio::test]
async fn each_backend_is_restarted_in_turn() {
    let mut cluster = FakeCluster::start(Flaw::None).await;
    let first: Vec<_> = cluster.processes.iter().map(Process::pid).collect();
    let report = cluster.run(Fault::Restart).await;
    assert!(report.passed(), "{report}");
    assert_eq!(report.faults.keys().collect::<Vec<_>>(), ["backend-1", "backend-2", "backend-3"]);
    assert!(first.iter().all(|pid| !is_alive(*pid)));
}

#[tokio::test]
async fn stopped_backends_are_continued() {
    let mut cluster = FakeCluster::start(Flaw::None).await;
    let report = cluster.run(Fault::Stop).await;
    assert!(report.passed() && report.faults.values().sum::<usize>() >= 1, "{report}");
    assert!(!cluster.states().contains(&'T'), "{:?}", cluster.states());
}

#[tokio::test]
async fn a_run_ends_at_a_sign() {
    let cluster = FakeCluster::start(Flaw::None).await;
    let sign = cluster.directory.path().join("enough");
    let plan = Plan { duration: LONG * 10, until: Some(sign.clone()), ..cluster.plan(Fault::None) };
    let run = chaos::run(&plan, |progress: &Progress| {
        if let Progress::Walking { registered: 1.., .. } = progress {
            std::fs::write(&sign, "").unwrap();
        }
    });
    let report = tokio::time::timeout(LONG, run).await.expect("it ends at the sign").unwrap();
    assert!(report.passed(), "{report}");
}

#[tokio::test]
async fn a_run_that_is_broken_off_continues_what_it_stopped() {
    let cluster = FakeCluster::start(Flaw::None).await;
    let plan = Plan { stop_for: LONG, duration: LONG, ..cluster.plan(Fault::Stop) };
    let run = tokio::spawn(async move { chaos::run(&plan, |_: &Progress| {}).await });
    eventually(LONG, || async { cluster.states().contains(&'T') }).await;
    run.abort();
    eventually(LONG, || async { !cluster.states().contains(&'T') }).await;
}

#[tokio::test]
async fn a_cluster_that_is_not_there_is_an_error() {
    let cluster = FakeCluster::start(Flaw::None).await;
    let plan = Plan { cluster: cluster.directory.path().join("none.json"), ..cluster.plan(Fault::Kill) };
    let error = chaos::run(&plan, |_: &Progress| {}).await.unwrap_err();
    assert!(matches!(error, ChaosError::Cluster(_)), "{error}");
    assert!(error.to_string().contains("is the cluster running?"), "{error}");
}

#[tokio::test]
async fn the_binary_prints_its_figures_and_fails_on_failures() {
    for (flaw, code, line) in [(Flaw::None, 0, "passed"), (Flaw::Refuses, 1, "FAILED")] {
        let cluster = FakeCluster::start(flaw).await;
        let mut binary = cluster.binary("none", "100ms");
        binary.wait_for_line(line, LONG).await;
        assert_eq!(binary.wait(LONG).await.unwrap().code(), Some(code));
        assert!(binary.lines().iter().any(|line| line.contains("people registered")));
    }
}

#[tokio::test]
async fn the_binary_continues_what_it_stopped_when_it_is_asked_to_end() {
    let cluster = FakeCluster::start(Flaw::None).await;
    let mut binary = cluster.binary("stop", "10m");
    eventually(LONG, || async { cluster.states().contains(&'T') }).await;
    assert_eq!(binary.terminate(LONG).await.unwrap().code(), Some(1));
    eventually(LONG, || async { !cluster.states().contains(&'T') }).await;
}

#[tokio::test]
async fn one_key_has_one_effect_and_one_answer() {
    let cluster = FakeCluster::start(Flaw::None).await;
    let trials = idempotency::run(&cluster.manifest(), 7).await.unwrap();
    assert!(trials.passed(), "{trials}");
    assert!(!cluster.states().contains(&'T'), "{:?}", cluster.states());
}

#[tokio::test]
async fn keys_that_mean_nothing_are_noticed() {
    let cluster = FakeCluster::start(Flaw::IgnoresKeys).await;
    let trials = idempotency::run(&cluster.manifest(), 7).await.unwrap();
    // All but the refresh, which changes nothing in this API.
    let passed: Vec<_> =
        trials.0.iter().filter(|trial| trial.outcome.is_ok()).map(|trial| trial.name).collect();
    assert_eq!(passed, ["20 refreshes at once with one key"], "{trials}");
}
