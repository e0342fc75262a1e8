//! The promise: backends die, hang and restart under load, and nobody notices. `just chaos` runs it for longer.

use std::path::Path;
use std::time::Duration;

use testkit::chaos::{self, Fault, Plan, idempotency};

use crate::cluster::TestCluster;

async fn survives(fault: Fault, manifest: &Path) {
    let plan = Plan {
        cluster: manifest.to_owned(),
        base_url: None,
        fault,
        clients: 10,
        duration: Duration::from_secs(10),
        until: None,
        every: Duration::from_secs(2),
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
async fn one_key_has_one_effect() {
    let cluster = TestCluster::ready().await;
    let trials = idempotency::run(&cluster.manifest_path(), rand::random()).await.unwrap();
    println!("{trials}");
    assert!(trials.passed(), "{trials}");
}
