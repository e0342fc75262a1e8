//! A cluster in a directory and on ports of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use local_cluster::manifest::Manifest;
use nix::sys::signal::Signal;
use rand::RngExt as _;
use tempfile::TempDir;
use testkit::process::{Process, send};

/// Ample for a debug build on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_mins(1);

pub(crate) struct TestCluster {
    pub(crate) process: Process,
    pub(crate) dir: Arc<TempDir>,
    pub(crate) offset: u16,
}

impl TestCluster {
    /// Starts three backends and waits until all of it is ready.
    pub(crate) async fn ready() -> Self {
        Self::ready_in(Arc::new(TempDir::new().unwrap()), free_offset()).await
    }

    pub(crate) async fn ready_in(dir: Arc<TempDir>, offset: u16) -> Self {
        let command = up(&dir, offset);
        Self::spawned(command, dir, offset).await
    }

    /// The same with more on the command line.
    pub(crate) async fn ready_with(arguments: &[&str]) -> Self {
        let (dir, offset) = (Arc::new(TempDir::new().unwrap()), free_offset());
        let mut command = up(&dir, offset);
        command.args(arguments);
        Self::spawned(command, dir, offset).await
    }

    /// Starts three backends and does not wait.
    pub(crate) fn starting() -> Self {
        let (dir, offset) = (Arc::new(TempDir::new().unwrap()), free_offset());
        let process = Process::spawn(up(&dir, offset).into()).unwrap();
        Self { process, dir, offset }
    }

    pub(crate) async fn spawned(command: Command, dir: Arc<TempDir>, offset: u16) -> Self {
        let process = Process::spawn(command.into()).unwrap();
        let cluster = Self { process, dir, offset };
        cluster.process.wait_for_line("Everything is ready", LIMIT).await;
        cluster
    }

    pub(crate) fn manifest_path(&self) -> PathBuf {
        self.dir.path().join("cluster.json")
    }

    pub(crate) fn manifest(&self) -> Manifest {
        Manifest::read(&self.manifest_path()).expect("a readable cluster.json")
    }
}

impl Drop for TestCluster {
    /// The services are in process groups of their own, so ending the supervisor alone would leave them behind.
    fn drop(&mut self) {
        let supervisor = self.process.pid();
        let services = Manifest::read(&self.manifest_path())
            .map(|manifest| manifest.service_pids().collect::<Vec<_>>())
            .unwrap_or_default();
        let services = services.into_iter().filter_map(|pid| i32::try_from(pid).ok());
        for pid in std::iter::once(supervisor).chain(services) {
            // What has ended already needs no end.
            send(pid, Signal::SIGKILL).ok();
        }
    }
}

/// The command line of a cluster.
pub(crate) fn up(dir: &TempDir, offset: u16) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-cluster"));
    command.arg("up").arg("--data-dir").arg(dir.path()).arg("--port-offset").arg(offset.to_string());
    command.env_remove("DATABASE_URL").env_remove("OTEL_EXPORTER_OTLP_ENDPOINT");
    command
}

/// An offset with which every port of a cluster is free now.
pub(crate) fn free_offset() -> u16 {
    let free = |offset: &u16| {
        [3000, 8080, 8081, 5001, 5002, 5003]
            .iter()
            .all(|p| TcpListener::bind(("127.0.0.1", p + offset)).is_ok())
    };
    // Below the ports that the system hands out for outgoing connections (from 32768).
    let mut random = rand::rng();
    (0..100).map(|_| random.random_range(1000..24_000)).find(free).expect("free ports")
}
