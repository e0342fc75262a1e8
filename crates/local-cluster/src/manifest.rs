//! `cluster.json`: the addresses and processes of the cluster, for scripts and tests.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The running cluster, as it is written to `DIR/cluster.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The base URL of the page.
    pub frontend: String,
    /// The base URL of the balancer's traffic port.
    pub load_balancer: String,
    /// The base URL of the balancer's admin port.
    pub admin: String,
    /// The process id of the balancer.
    pub load_balancer_pid: u32,
    /// The process id of `local-cluster` itself.
    pub supervisor_pid: u32,
    /// The folder that backends write mails into; none where mails go elsewhere.
    #[serde(default)]
    pub mails: Option<PathBuf>,
    /// Every backend that has been ready, with its present process id.
    pub instances: Vec<InstanceEntry>,
}

/// One backend in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceEntry {
    /// The name: `backend-1` and so on.
    pub name: String,
    /// The address: `127.0.0.1:5001` and so on.
    pub address: String,
    /// The process id, which changes when the instance is restarted.
    pub pid: u32,
}

impl Manifest {
    /// Replaces the file in one step, so that a reader never sees half of it. Only the owner can read the file.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let new = path.with_extension("json.new");
        // One that was left half written may be readable by others.
        match std::fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        std::fs::rename(&new, path)
    }

    /// Reads the manifest of an earlier cluster; `None` where there is no readable one.
    pub fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// The processes of the services, without the supervisor.
    pub fn service_pids(&self) -> impl Iterator<Item = u32> {
        self.instances.iter().map(|instance| instance.pid).chain([self.load_balancer_pid])
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cluster.json");
        let manifest = Manifest {
            frontend: "http://127.0.0.1:3000".into(),
            load_balancer: "http://127.0.0.1:8080".into(),
            admin: "http://127.0.0.1:8081".into(),
            load_balancer_pid: 7,
            supervisor_pid: 6,
            mails: Some("/data/mails".into()),
            instances: vec![InstanceEntry {
                name: "backend-1".into(),
                address: "127.0.0.1:5001".into(),
                pid: 8,
            }],
        };
        std::fs::write(path.with_extension("json.new"), "left behind").unwrap();
        manifest.write(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!path.with_extension("json.new").exists());
        assert_eq!(Manifest::read(&path), Some(manifest.clone()));
        assert_eq!(manifest.service_pids().collect::<Vec<_>>(), [8, 7]);
        std::fs::write(&path, "{").unwrap();
        assert_eq!(Manifest::read(&path), None);
    }
}
