//! The promise: backends die, hang and restart under load, the balancer is upgraded, and nobody notices. `just chaos` runs
//! it for longer.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use testkit::chaos::{self, Fault, Plan, idempotency};
use testkit::eventually;
use testkit::process::is_alive;

use crate::cluster::{LIMIT, TestCluster};

async fn survives(fault: Fault, manifest: &Path) {
    let every = Duration::from_secs(2);
    survives_every(every, fault, manifest).await;
}

async fn survives_every(every: Duration, fault: Fault, manifest: &Path) {
    let plan = Plan {
        cluster: manifest.to_owned(),
        base_url: None,
        fault,
        clients: 10,
        duration: Duration::from_secs(10),
        until: None,
        every,
        stop_for: Duration::from_secs(5),
        seed: rand::random(),
    };
    let report = chaos::run(&plan, |_| {}).await.unwrap();
    println!("{report}");
    assert!(report.passed(), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_go_unnoticed() {
    let cluster = TestCluster::ready().await;
    let manifest = cluster.manifest_path();
    survives(Fault::Kill, &manifest).await;
    survives(Fault::Stop, &manifest).await;
    survives(Fault::Restart, &manifest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn upgrades_of_the_balancer_go_unnoticed() {
    let mut cluster = TestCluster::ready().await;
    let before = cluster.manifest();
    survives_every(Duration::from_millis(200), Fault::Upgrade, &cluster.manifest_path()).await;
    let after = cluster.manifest();
    assert_ne!(after.load_balancer_pid, before.load_balancer_pid);
    assert_eq!(after.instances, before.instances);
    cluster.process.signal(Signal::SIGUSR2).unwrap();
    eventually(LIMIT, async || cluster.manifest().load_balancer_pid != after.load_balancer_pid).await;
    let last = i32::try_from(cluster.manifest().load_balancer_pid).unwrap();
    assert!(cluster.process.terminate(LIMIT).await.unwrap().success());
    assert!(!is_alive(last));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_has_one_effect() {
    let cluster = TestCluster::ready().await;
    let trials = idempotency::run(&cluster.manifest_path(), rand::random()).await.unwrap();
    println!("{trials}");
    assert!(trials.passed(), "{trials}");
}
