//! What stops a start, said in one line that names it.

use std::net::TcpListener;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::cluster::{TestCluster, free_offset, up};

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_taken_port_is_named() {
    let offset = free_offset();
    let _taken = TcpListener::bind(("127.0.0.1", 8080 + offset)).unwrap();
    let output = up(&TempDir::new().unwrap(), offset).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains(&format!("port {} of the load balancer is taken", 8080 + offset)), "{said}");
}

#[test]
fn a_missing_binary_is_named() {
    let dir = TempDir::new().unwrap();
    let alone = dir.path().join("local-cluster");
    std::fs::copy(env!("CARGO_BIN_EXE_local-cluster"), &alone).unwrap();
    let output = Command::new(&alone).arg("up").arg("--data-dir").arg(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("onboarding-backend is missing") && said.contains("just build"), "{said}");
}

#[test]
fn wrong_arguments_are_named() {
    for (arguments, named) in [
        (vec!["up", "--instances", "0"], "--instances"),
        (vec!["up", "--port-offset", "x"], "--port-offset"),
        (vec!["up", "--otlp-endpoint", "collector:4318"], "--otlp-endpoint"),
        (vec!["up", "--colour"], "--colour"),
        (vec!["down"], "down"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_local-cluster")).args(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(named), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn a_bad_setting_of_a_service_is_shown() {
    let mut command = up(&TempDir::new().unwrap(), free_offset());
    let output = command.env("JWT_SECRET", "too-short").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.contains("JWT_SECRET") && said.contains("exited with code 2"), "{said}");
    assert!(!said.contains("too-short"), "a secret is never shown: {said}");
}

#[tokio::test]
async fn a_second_cluster_on_the_same_data_is_refused() {
    let cluster = TestCluster::ready().await;
    let output = up(&cluster.dir, free_offset()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("another local-cluster is running"), "{}", stderr(&output));
}
