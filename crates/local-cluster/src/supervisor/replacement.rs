//! Replaces a process by a new one that takes over from it while it runs.

use std::time::{Duration, Instant};

use tokio::process::Child;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Supervisor, describe, stopped};
use crate::log_pipe::LastLines;
use crate::readiness::wait_until_serving;
use crate::terminal::seconds;

/// How a service is replaced while it runs.
#[derive(Debug, Clone)]
pub struct Replacement {
    /// The argument before the process id of the running process; both come behind the service's own arguments.
    pub argument: &'static str,
    /// Answers with the `pid` of the process that serves.
    pub status_url: String,
}

/// Processes that were replaced and finish what is under way.
#[derive(Debug, Default)]
pub(super) struct Leaving(JoinSet<()>);

impl Leaving {
    fn add(&mut self, mut old: Child) {
        self.0.spawn(async move {
            // It is gone either way.
            let _ = old.wait().await;
        });
    }

    /// Waits for their ends; those that are there after `limit` are killed.
    pub(super) async fn ended(&mut self, limit: Duration) {
        if timeout(limit, async { while self.0.join_next().await.is_some() {} }).await.is_err() {
            self.0.shutdown().await;
        }
    }
}

/// What has come of the start of a new process.
enum Outcome {
    Serves,
    Failed(String),
    Stopped,
}

impl Supervisor {
    /// Starts a new process that takes over from `child`, and puts it in the place of `child` once it serves. Where it
    /// fails, `child` goes on.
    pub(super) async fn replace(&mut self, child: &mut Child, last_lines: &mut LastLines) {
        let (Some(replacement), Some(old)) = (self.service.replacement.clone(), child.id()) else { return };
        let started = Instant::now();
        let mut new = match self.spawn(&[replacement.argument.into(), old.to_string().into()]) {
            Ok(new) => new,
            Err(failure) => {
                return self.terminal.bad(&self.service.name, format_args!("{failure}; the old one goes on"));
            }
        };
        let (pid, lines) = (new.id().unwrap_or_default(), self.read_output(&mut new));
        let outcome = tokio::select! {
            status = new.wait() => Outcome::Failed(describe(status)),
            () = wait_until_serving(&replacement.status_url, pid) => Outcome::Serves,
            () = stopped(&mut self.stop) => Outcome::Stopped,
        };
        match outcome {
            Outcome::Serves => {
                let took = seconds(started.elapsed());
                self.terminal
                    .good(&self.service.name, format_args!("replaced in {took} (pid {pid} for {old})"));
                self.leaving.add(std::mem::replace(child, new));
                *last_lines = lines;
                self.tell_ready(pid).await;
            }
            Outcome::Failed(how) => {
                self.terminal
                    .bad(&self.service.name, format_args!("the new process {how}; the old one goes on"));
            }
            // Whoever serves now drains; the other one has nothing to finish.
            Outcome::Stopped => self.terminate(new).await,
        }
    }
}
