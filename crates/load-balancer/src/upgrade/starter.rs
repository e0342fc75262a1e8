//! Who starts a successor: the supervisor that has started this process, or this process itself.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};
use tokio::process::{Child, Command};

/// The variable in which a supervisor says its process id. The supervisor starts a successor on SIGUSR2.
pub(crate) const SUPERVISOR: &str = "LB_SUPERVISOR";
/// The variable in which systemd says the process id of a service's main process (systemd.exec(5)).
const SYSTEMD: &str = "SYSTEMD_EXEC_PID";

/// Why no successor was started.
#[derive(Debug, thiserror::Error)]
pub(super) enum StarterError {
    #[error(
        "this is process 1, whose end would end all of its container; run \"load-balancer supervise\" there, which \
         starts each new process"
    )]
    First,
    #[error(
        "systemd would take the end of this process for the end of the service; run \"load-balancer supervise\" there, \
         which starts each new process"
    )]
    Systemd,
    #[error("cannot signal the supervisor (process {0})")]
    Supervisor(i32, #[source] io::Error),
    #[error("cannot start {}", .0.display())]
    Spawn(PathBuf, #[source] io::Error),
}

/// Starts successors.
#[derive(Debug)]
pub(crate) struct Starter {
    program: PathBuf,
    arguments: Vec<OsString>,
    supervisor: Option<Pid>,
    under_systemd: bool,
}

impl Starter {
    /// To be called when this process starts: its program may be replaced later, and whatever is at the program's path
    /// then is the successor's. `arguments` are the successor's, but for those that name this process.
    pub(crate) fn new(arguments: Vec<OsString>) -> io::Result<Self> {
        let number = |variable| std::env::var(variable).ok()?.parse().ok().map(Pid::from_raw);
        Ok(Self {
            program: std::env::current_exe()?,
            arguments,
            supervisor: number(SUPERVISOR),
            under_systemd: number(SYSTEMD) == Some(getpid()),
        })
    }

    /// Starts a successor; gives it where it is a child of this process.
    pub(super) fn start(&self) -> Result<Option<Child>, StarterError> {
        // Another parent means that the supervisor has ended, and its id may be another process's.
        if let Some(supervisor) = self.supervisor.filter(|supervisor| *supervisor == getppid()) {
            let failed = |error: nix::Error| StarterError::Supervisor(supervisor.as_raw(), error.into());
            return kill(supervisor, Signal::SIGUSR2).map(|()| None).map_err(failed);
        }
        if getpid() == Pid::from_raw(1) {
            return Err(StarterError::First);
        }
        if self.under_systemd {
            return Err(StarterError::Systemd);
        }
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg("--take-over").arg(std::process::id().to_string());
        // A process that it starts has no supervisor either.
        command.env_remove(SUPERVISOR);
        command.spawn().map(Some).map_err(|error| StarterError::Spawn(self.program.clone(), error))
    }
}
