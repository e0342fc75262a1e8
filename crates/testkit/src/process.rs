//! A binary that runs beside the test, with its output and signals.

use std::{
    io,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use nix::{
    sys::signal::{self, Signal},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinSet,
    time::timeout,
};

use crate::eventually;

/// The longest wait for the last lines of a process that has ended. The wait is that long only where a child of the
/// process still holds its output.
const LAST_LINES: Duration = Duration::from_secs(1);

/// A running process. Dropping the value kills the process and its process group.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pid: Pid,
    lines: Arc<Mutex<Vec<String>>>,
    readers: JoinSet<()>,
}

impl Process {
    /// Starts the command with an empty standard input, and collects its output.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).map(Pid::from_raw);
        let pid = pid.ok_or_else(|| io::Error::other("the process has no id"))?;
        let lines = Arc::default();
        let mut readers = JoinSet::new();
        collect(child.stdout.take(), &lines, &mut readers);
        collect(child.stderr.take(), &lines, &mut readers);
        Ok(Self { child, pid, lines, readers })
    }

    /// The process id.
    pub fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// All lines of standard output and standard error so far, in the order of their arrival.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for a line that contains `text`, and gives it.
    ///
    /// # Panics
    /// When none came in time, with all lines so far.
    pub async fn wait_for_line(&self, text: &str, limit: Duration) -> String {
        eventually(limit, || async {
            let lines = self.lines();
            let found = lines.iter().find(|line| line.contains(text)).cloned();
            found.ok_or_else(|| format!("no {text:?} in\n{}", lines.join("\n")))
        })
        .await
    }

    /// Sends a signal, such as STOP, CONT, TERM or KILL, to the process alone.
    ///
    /// # Errors
    ///
    /// The error of the system.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        send(self.pid.as_raw(), signal)
    }

    /// Waits for the end of the process and for its last lines.
    ///
    /// # Panics
    /// When it does not end in time, with all lines so far.
    pub async fn wait(&mut self, limit: Duration) -> io::Result<ExitStatus> {
        let Ok(ended) = timeout(limit, self.child.wait()).await else {
            panic!("it did not end within {limit:?}:\n{}", self.lines().join("\n"));
        };
        let all_read = async { while self.readers.join_next().await.is_some() {} };
        let _ = timeout(LAST_LINES, all_read).await;
        ended
    }

    /// Asks the process to end (TERM), and waits.
    pub async fn terminate(&mut self, limit: Duration) -> io::Result<ExitStatus> {
        self.signal(Signal::SIGTERM)?;
        self.wait(limit).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A group that is gone already is what we want.
        let _ = signal::killpg(self.pid, Signal::SIGKILL);
    }
}

/// Sends a signal to the process `pid`.
///
/// # Errors
///
/// The error of the system.
pub fn send(pid: i32, what: Signal) -> io::Result<()> {
    Ok(signal::kill(Pid::from_raw(pid), what)?)
}

/// Whether the process `pid` is running (a zombie is not).
pub fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name, which is in parentheses and may contain some.
    let state = stat.rsplit(')').next().and_then(|rest| rest.trim_start().chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

fn collect(
    stream: Option<impl AsyncRead + Unpin + Send + 'static>,
    lines: &Arc<Mutex<Vec<String>>>,
    readers: &mut JoinSet<()>,
) {
    let Some(stream) = stream else { return };
    let lines = Arc::clone(lines);
    readers.spawn(async move {
        let mut reader = BufReader::new(stream).split(b'\n');
        while let Ok(Some(line)) = reader.next_segment().await {
            lines.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
        }
    });
}
