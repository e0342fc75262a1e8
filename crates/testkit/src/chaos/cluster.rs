//! The addresses and processes of a cluster, from `cluster.json`.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::process::is_alive;

/// The program of the processes that get faults. No other process is ever signalled, whatever a file says.
const PROGRAM: &str = "onboarding-backend";

/// A running cluster, as its supervisor has described it.
#[derive(Debug, Clone, Deserialize)]
pub struct Cluster {
    /// The address of the balancer for traffic, such as `http://127.0.0.1:8080`.
    pub load_balancer: String,
    /// The address of the balancer for administration.
    pub admin: String,
    /// The process of the balancer, which changes with every upgrade; 0 where it is not said.
    #[serde(default)]
    pub load_balancer_pid: i32,
    /// The folder that mails are written into; none where mails go elsewhere.
    #[serde(default)]
    pub mails: Option<PathBuf>,
    /// The backends.
    pub instances: Vec<Instance>,
}

/// A backend.
#[derive(Debug, Clone, Deserialize, PartialEq, Eq)]
pub struct Instance {
    /// The name, such as `backend-1`.
    pub name: String,
    /// The listen address.
    pub address: SocketAddr,
    /// The process id, which changes with every restart.
    pub pid: i32,
}

/// The reason why the description cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The file cannot be read.
    #[error("cannot read {}; is the cluster running?", path.display())]
    Read {
        /// The path of the file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The content of the file is no description of a cluster.
    #[error("{} does not describe a cluster", path.display())]
    Content {
        /// The path of the file.
        path: PathBuf,
        /// The cause.
        source: serde_json::Error,
    },
    /// The description names no backends.
    #[error("{} names no instances", .0.display())]
    Empty(PathBuf),
}

impl Cluster {
    /// Reads the description again. The supervisor rewrites it whenever it restarts a process.
    pub fn read(path: &Path) -> Result<Self, ClusterError> {
        let text =
            std::fs::read(path).map_err(|source| ClusterError::Read { path: path.to_owned(), source })?;
        let cluster: Self = serde_json::from_slice(&text)
            .map_err(|source| ClusterError::Content { path: path.to_owned(), source })?;
        if cluster.instances.is_empty() {
            return Err(ClusterError::Empty(path.to_owned()));
        }
        Ok(cluster)
    }

    /// The instance with the name `name`.
    pub fn instance(&self, name: &str) -> Option<&Instance> {
        self.instances.iter().find(|instance| instance.name == name)
    }
}

impl Instance {
    /// Whether the instance's process is running and is a backend, not another program with the same process id.
    pub fn is_running(&self) -> bool {
        let program = std::fs::read_link(format!("/proc/{}/exe", self.pid)).unwrap_or_default();
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        // A binary that was rebuilt meanwhile reads "onboarding-backend (deleted)".
        name.starts_with(PROGRAM) && is_alive(self.pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_read_and_a_stranger_is_no_instance() {
        let path = std::env::temp_dir().join(format!("cluster-{}.json", uuid::Uuid::new_v4()));
        let pid = std::process::id();
        let text = format!(
            r#"{{"frontend":"http://127.0.0.1:3000","load_balancer":"http://127.0.0.1:8080",
            "admin":"http://127.0.0.1:8081","more":1,
            "instances":[{{"name":"backend-1","address":"127.0.0.1:5001","pid":{pid}}}]}}"#
        );
        std::fs::write(&path, text).unwrap();
        let cluster = Cluster::read(&path).unwrap();
        let instance = cluster.instance("backend-1").unwrap();
        assert!(is_alive(instance.pid));
        assert!(!instance.is_running(), "this test is no backend");
        assert!(cluster.instance("backend-2").is_none());
        for (text, expected) in
            [("{", "does not describe"), (r#"{"load_balancer":"x","admin":"y","instances":[]}"#, "names no")]
        {
            std::fs::write(&path, text).unwrap();
            assert!(Cluster::read(&path).unwrap_err().to_string().contains(expected));
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(Cluster::read(&path), Err(ClusterError::Read { .. })));
    }
}
