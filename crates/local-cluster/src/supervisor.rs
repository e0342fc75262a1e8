//! Keeps one child process alive: starts it, waits until it is ready, restarts it when it dies, and stops it when
//! told.

mod replacement;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};

pub use self::replacement::Replacement;

use self::replacement::Leaving;
use crate::log_pipe::{LastLines, relay};
use crate::readiness::wait_until_ready;
use crate::terminal::{Terminal, seconds};

const FIRST_BACK_OFF: Duration = Duration::from_millis(100);
const MAX_BACK_OFF: Duration = Duration::from_secs(2);
/// The time for a stop, which is longer than the services take to finish their requests.
const STOP_DEADLINE: Duration = Duration::from_secs(30);

/// One program to keep running.
#[derive(Debug, Clone)]
pub struct Service {
    /// The name on the terminal and in the manifest.
    pub name: String,
    /// The path of the binary.
    pub program: PathBuf,
    /// The arguments.
    pub arguments: Vec<OsString>,
    /// The variables on top of the environment that is passed on.
    pub environment: Vec<(&'static str, OsString)>,
    /// The URL that answers with success once the service can work.
    pub ready_url: String,
    /// How it is replaced while it runs, where it can be.
    pub replacement: Option<Replacement>,
}

/// An event of a supervised service.
#[derive(Debug)]
pub enum Event {
    /// The service is ready. The event is sent again after each restart.
    Ready {
        /// The name of the service.
        name: String,
        /// The process id.
        pid: u32,
    },
    /// The very first start failed, and another try would not help.
    NeverStarted(StartFailure),
}

/// The reason why a service could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartFailure {
    /// The binary could not be executed.
    #[error("{name}: cannot start {}", program.display())]
    Spawn {
        /// The name of the service.
        name: String,
        /// The path of the binary.
        program: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The process ended before it was ever ready.
    #[error("{name} {how} before it was ready\n{last_lines}")]
    Ended {
        /// The name of the service.
        name: String,
        /// The exit, in words.
        how: String,
        /// The last lines that the process wrote.
        last_lines: String,
    },
}

/// Runs `service` until `stop` turns true, then ends it. Returns when the process is gone.
pub struct Supervisor {
    /// The service.
    pub service: Service,
    /// The terminal for the service's lines.
    pub terminal: Terminal,
    /// The receiver of the service's events.
    pub events: mpsc::Sender<Event>,
    /// Turns true when the process is to end.
    pub stop: watch::Receiver<bool>,
    /// Grows with each wish to have the process replaced.
    replace: watch::Receiver<usize>,
    leaving: Leaving,
}

/// The end of one life of the process.
enum Life {
    Died { status: io::Result<ExitStatus>, was_ready: bool, last_lines: LastLines },
    Stopped,
}

impl Supervisor {
    /// A supervisor that has not begun. `replace` grows with each wish to have the process replaced.
    pub fn new(
        service: Service,
        terminal: Terminal,
        events: mpsc::Sender<Event>,
        stop: watch::Receiver<bool>,
        replace: watch::Receiver<usize>,
    ) -> Self {
        Self { service, terminal, events, stop, replace, leaving: Leaving::default() }
    }

    /// Runs the service with all its restarts.
    pub async fn run(mut self) {
        let mut back_off = FIRST_BACK_OFF;
        let mut ever_ready = false;
        while !*self.stop.borrow() {
            let child = match self.spawn(&[]) {
                Ok(child) => child,
                Err(failure) => return self.give_up(failure).await,
            };
            match self.live(child).await {
                Life::Stopped => return,
                Life::Died { status, was_ready, last_lines } => {
                    let how = describe(status);
                    ever_ready |= was_ready;
                    if !ever_ready && !how.starts_with("was killed") {
                        let (name, last_lines) = (self.service.name.clone(), last_lines.joined());
                        return self.give_up(StartFailure::Ended { name, how, last_lines }).await;
                    }
                    back_off = self.pause_before_restart(&how, was_ready, back_off).await;
                }
            }
        }
    }

    fn spawn(&self, more: &[OsString]) -> Result<Child, StartFailure> {
        let service = &self.service;
        Command::new(&service.program)
            .args(service.arguments.iter().chain(more))
            .envs(service.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that Ctrl-C reaches only the supervisor, which stops everything in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| StartFailure::Spawn {
                name: service.name.clone(),
                program: service.program.clone(),
                source,
            })
    }

    async fn live(&mut self, mut child: Child) -> Life {
        let started = Instant::now();
        let pid = child.id().unwrap_or_default();
        let mut last_lines = self.read_output(&mut child);
        let mut was_ready = false;
        tokio::select! {
            status = child.wait() => return Life::Died { status, was_ready, last_lines },
            () = stopped(&mut self.stop) => { self.terminate(child).await; return Life::Stopped }
            () = wait_until_ready(&self.service.ready_url) => was_ready = true,
        }
        self.terminal
            .good(&self.service.name, format_args!("ready in {} (pid {pid})", seconds(started.elapsed())));
        self.tell_ready(pid).await;
        // A wish from before is of no use to a process that has only begun.
        self.replace.mark_unchanged();
        loop {
            tokio::select! {
                status = child.wait() => return Life::Died { status, was_ready, last_lines },
                () = stopped(&mut self.stop) => { self.terminate(child).await; break }
                () = wished(&mut self.replace) => self.replace(&mut child, &mut last_lines).await,
            }
        }
        self.leaving.ended(STOP_DEADLINE).await;
        Life::Stopped
    }

    async fn tell_ready(&self, pid: u32) {
        self.tell(Event::Ready { name: self.service.name.clone(), pid }).await;
    }

    fn read_output(&self, child: &mut Child) -> LastLines {
        let kept = LastLines::default();
        let name = &self.service.name;
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(relay(stdout, name.clone(), self.terminal, kept.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(relay(stderr, name.clone(), self.terminal, kept.clone()));
        }
        kept
    }

    async fn pause_before_restart(&mut self, how: &str, was_ready: bool, back_off: Duration) -> Duration {
        if was_ready {
            self.terminal.bad(&self.service.name, format_args!("{how}; restarting now"));
            return FIRST_BACK_OFF;
        }
        let wait = seconds(back_off);
        self.terminal
            .bad(&self.service.name, format_args!("{how} before it was ready; restarting in {wait}"));
        tokio::select! {
            () = tokio::time::sleep(back_off) => {}
            () = stopped(&mut self.stop) => {}
        }
        (back_off * 2).min(MAX_BACK_OFF)
    }

    async fn terminate(&self, mut child: Child) {
        let started = Instant::now();
        signal(&child, Signal::SIGTERM);
        if tokio::time::timeout(STOP_DEADLINE, child.wait()).await.is_ok() {
            self.terminal.note(&self.service.name, format_args!("stopped in {}", seconds(started.elapsed())));
            return;
        }
        self.terminal
            .bad(&self.service.name, format_args!("did not stop in {}; killing it", seconds(STOP_DEADLINE)));
        signal(&child, Signal::SIGKILL);
        if let Err(error) = child.wait().await {
            self.terminal.bad(&self.service.name, format_args!("cannot be waited for: {error}"));
        }
    }

    async fn give_up(self, failure: StartFailure) {
        self.tell(Event::NeverStarted(failure)).await;
    }

    /// Sends an event. The cluster stops listening only when it ends, and then nobody needs the event.
    async fn tell(&self, event: Event) {
        if self.events.send(event).await.is_err() {
            self.terminal.note(&self.service.name, "the cluster is ending");
        }
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the cluster is gone: stop as well.
    if stop.wait_for(|stop| *stop).await.is_err() {}
}

async fn wished(replace: &mut watch::Receiver<usize>) {
    // An error means that the cluster is gone, and with it every wish.
    if replace.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn signal(child: &Child, signal: Signal) {
    // No id: it has been waited for. ESRCH: it has just ended. Either way there is nothing left to signal.
    if let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()) {
        kill(Pid::from_raw(pid), signal).ok();
    }
}

fn describe(status: io::Result<ExitStatus>) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match status {
        Err(error) => format!("cannot be waited for ({error})"),
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exited with code {code}"),
            (None, Some(number)) => match Signal::try_from(number) {
                Ok(signal) => format!("was killed by {signal}"),
                Err(_) => format!("was killed by signal {number}"),
            },
            (None, None) => "ended".to_owned(),
        },
    }
}
