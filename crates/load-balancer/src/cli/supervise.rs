//! `load-balancer supervise`: a process that stays while one balancer follows another, such as process 1 of a container
//! or the main process of a systemd service.

use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus};
use std::task::Poll;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use service_kit::exit;
use tokio::process::Command;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
use tokio::sync::mpsc;

use crate::upgrade::SUPERVISOR;

/// Why there is nothing to supervise.
#[derive(Debug, thiserror::Error)]
enum SuperviseError {
    #[error("signals cannot be caught")]
    Signals(#[source] io::Error),
    #[error("cannot start a balancer")]
    Spawn(#[source] io::Error),
}

/// Runs a balancer, and those that take over from it, until the last one has ended; then ends as that one did.
pub(super) fn run(file: &Path) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(exit::FAILED, &error),
    };
    match runtime.block_on(supervise(file)) {
        Ok(status) => ExitCode::from(code(status)),
        Err(error) => exit::report(exit::FAILED, &error),
    }
}

async fn supervise(file: &Path) -> Result<ExitStatus, SuperviseError> {
    let mut signals = Signals::new().map_err(SuperviseError::Signals)?;
    let mut balancers = Balancers::new(file).map_err(SuperviseError::Spawn)?;
    balancers.start(None).map_err(SuperviseError::Spawn)?;
    loop {
        tokio::select! {
            Some((pid, status)) = balancers.ends.recv() => {
                balancers.running.retain(|running| *running != pid);
                if balancers.running.is_empty() {
                    return Ok(status);
                }
            }
            signal = signals.next() => match signal {
                Signal::SIGUSR2 => balancers.replace(),
                // One that has handed on already drains, so it takes a second one to end it at once.
                Signal::SIGTERM => balancers.running.iter().for_each(|pid| send(*pid, Signal::SIGTERM)),
                other => balancers.running.last().into_iter().for_each(|pid| send(*pid, other)),
            }
        }
    }
}

/// The balancers, the newest last.
struct Balancers {
    program: PathBuf,
    file: PathBuf,
    running: Vec<u32>,
    ended: mpsc::UnboundedSender<(u32, ExitStatus)>,
    ends: mpsc::UnboundedReceiver<(u32, ExitStatus)>,
}

impl Balancers {
    fn new(file: &Path) -> io::Result<Self> {
        let (ended, ends) = mpsc::unbounded_channel();
        Ok(Self {
            program: std::env::current_exe()?,
            file: file.to_owned(),
            running: Vec::new(),
            ended,
            ends,
        })
    }

    fn start(&mut self, predecessor: Option<u32>) -> io::Result<()> {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(&self.file).arg("run").env(SUPERVISOR, std::process::id().to_string());
        if let Some(pid) = predecessor {
            command.arg("--take-over").arg(pid.to_string());
        }
        // A group of its own, so that Ctrl-C reaches the supervisor alone. Without a supervisor nobody would end it.
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let (pid, ended) = (child.id().unwrap_or_default(), self.ended.clone());
        self.running.push(pid);
        tokio::spawn(async move {
            if let Ok(status) = child.wait().await {
                // Nobody listens any more when the supervisor ends.
                let _ = ended.send((pid, status));
            }
        });
        Ok(())
    }

    /// Starts a balancer that takes over from the newest one, which tells of the outcome.
    fn replace(&mut self) {
        let newest = self.running.last().copied();
        if let Err(error) = self.start(newest) {
            exit::report(exit::FAILED, &SuperviseError::Spawn(error));
        }
    }
}

/// The signals that the supervisor passes on or acts by.
struct Signals(Vec<(Signal, Stream)>);

impl Signals {
    fn new() -> io::Result<Self> {
        let kinds = [
            (SignalKind::terminate(), Signal::SIGTERM),
            (SignalKind::interrupt(), Signal::SIGTERM),
            (SignalKind::hangup(), Signal::SIGHUP),
            (SignalKind::user_defined1(), Signal::SIGUSR1),
            (SignalKind::user_defined2(), Signal::SIGUSR2),
        ];
        kinds
            .into_iter()
            .map(|(kind, passed)| Ok((passed, signal(kind)?)))
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// The next signal, as it is to be passed on.
    async fn next(&mut self) -> Signal {
        std::future::poll_fn(|cx| {
            let came = self
                .0
                .iter_mut()
                .find_map(|(signal, stream)| stream.poll_recv(cx).is_ready().then_some(*signal));
            came.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // It may have ended just now.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

/// The exit code of a process that was killed is 128 and the signal, as a shell has it.
fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(exit::FAILED)
}
