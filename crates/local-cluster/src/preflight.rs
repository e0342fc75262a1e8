//! Finds what would make the start fail before anything is started, and says what to do about it.

use std::fs::{File, TryLockError};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::layout::Layout;
use crate::manifest::Manifest;

/// The reason not to start.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The data directory cannot be used.
    #[error("cannot use the data directory {}", path.display())]
    DataDir {
        /// The path of `--data-dir`.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another cluster runs on the same data.
    #[error("another local-cluster is running on {}; stop it, or give this one its own --data-dir and --port-offset", path.display())]
    Running {
        /// The path of `--data-dir`.
        path: PathBuf,
    },
    /// A port is taken.
    #[error("port {} of the {name} is taken; stop what listens there, or move every port with --port-offset", address.port())]
    PortTaken {
        /// The name of the port's owner.
        name: String,
        /// The address that cannot be bound.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// A sibling binary is missing.
    #[error("{} is missing; build everything first: just build", path.display())]
    BinaryMissing {
        /// The path where the binary should be.
        path: PathBuf,
    },
    /// This program's own path cannot be found.
    #[error("cannot find out where this program is")]
    OwnPath(#[source] io::Error),
}

/// The binaries beside this one.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// The path of `onboarding-backend`.
    pub backend: PathBuf,
    /// The path of `load-balancer`.
    pub balancer: PathBuf,
}

impl Binaries {
    /// Finds both beside the running program.
    pub fn beside_this_program() -> Result<Self, Refusal> {
        let own = std::env::current_exe().map_err(Refusal::OwnPath)?;
        let find = |name: &str| {
            let path = own.with_file_name(name);
            if path.is_file() { Ok(path) } else { Err(Refusal::BinaryMissing { path }) }
        };
        Ok(Self { backend: find("onboarding-backend")?, balancer: find("load-balancer")? })
    }
}

/// Creates the data directory and returns its absolute path.
pub fn data_dir(wanted: &Path) -> Result<PathBuf, Refusal> {
    let refuse = |source| Refusal::DataDir { path: wanted.to_owned(), source };
    std::fs::create_dir_all(wanted).map_err(refuse)?;
    wanted.canonicalize().map_err(refuse)
}

/// The lock of the data directory, held while the cluster runs. A second cluster on the same directory is refused.
pub struct DataDirLock(#[expect(dead_code, reason = "held for its lock, which ends with the process")] File);

impl DataDirLock {
    /// Takes the lock without waiting.
    pub fn take(data_dir: &Path) -> Result<Self, Refusal> {
        let refuse = |source| Refusal::DataDir { path: data_dir.to_owned(), source };
        let file = File::create(data_dir.join("cluster.lock")).map_err(refuse)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(Refusal::Running { path: data_dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(refuse(source)),
        }
    }
}

/// Ends processes that a killed supervisor has left behind, where they run this cluster's binaries. Returns the
/// number of ended processes.
pub fn end_leftovers(layout: &Layout, binaries: &Binaries) -> usize {
    let Some(manifest) = Manifest::read(&layout.manifest_path()) else { return 0 };
    let ours = |pid: &u32| runs_one_of(*pid, [&binaries.backend, &binaries.balancer]);
    let leftovers: Vec<u32> = manifest.service_pids().filter(ours).collect();
    for pid in leftovers.iter().filter_map(|pid| i32::try_from(*pid).ok()) {
        // It may have ended since; then there is nothing left to do.
        kill(Pid::from_raw(pid), Signal::SIGKILL).ok();
    }
    leftovers.len()
}

/// Refuses where one of the ports cannot be bound within `patience`. The ports of a process that was just killed are
/// free only after the system has cleaned up.
pub fn ports_are_free(layout: &Layout, patience: Duration) -> Result<(), Refusal> {
    let deadline = Instant::now() + patience;
    for (name, address) in layout.listeners() {
        while let Err(source) = TcpListener::bind(address) {
            if Instant::now() >= deadline {
                return Err(Refusal::PortTaken { name: name.to_owned(), address, source });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    Ok(())
}

/// Whether a process runs one of the programs. Another program may have got the process id since, and only the
/// executable tells.
fn runs_one_of(pid: u32, programs: [&PathBuf; 2]) -> bool {
    std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| programs.contains(&&exe))
}
