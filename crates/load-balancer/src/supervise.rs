//! Supervision of tasks and threads. A panic is logged and counted, and the parts that the balancer needs begin anew.
//!
//! A connection or a stream cannot begin anew: a [`Watch`] reports its panic, which costs the data path nothing. A
//! thread that cannot begin anew ends the process ([`or_abort`]), and whoever supervises the process starts it again.

use futures::FutureExt;
use std::any::Any;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The pause from a panic to the new beginning, so that a panic that repeats itself does not burn the processor.
const PAUSE: Duration = Duration::from_millis(100);

/// A kind of task or thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// The loop of a worker.
    Worker,
    /// A listening socket of a worker.
    Acceptor,
    /// The send queue of a worker.
    SendQueue,
    /// A client connection.
    Connection,
    /// A stream of an HTTP/2 connection.
    Stream,
    /// The thread that tells workers of ticks.
    Ticks,
    /// The thread that writes the access log.
    AccessLog,
    /// The work of each second.
    Control,
    /// The checks of a server.
    Prober,
    /// The task that answers workers' questions for servers' health.
    Inquiries,
    /// The look-ups of a pool's name.
    Discovery,
    /// The look-ups of trusted proxies' names.
    TrustedNames,
    /// The admin interface.
    Admin,
}

impl Task {
    const ALL: [Self; 13] = [
        Self::Worker,
        Self::Acceptor,
        Self::SendQueue,
        Self::Connection,
        Self::Stream,
        Self::Ticks,
        Self::AccessLog,
        Self::Control,
        Self::Prober,
        Self::Inquiries,
        Self::Discovery,
        Self::TrustedNames,
        Self::Admin,
    ];

    /// The name in logs and metrics.
    const fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Acceptor => "acceptor",
            Self::SendQueue => "send_queue",
            Self::Connection => "connection",
            Self::Stream => "stream",
            Self::Ticks => "ticks",
            Self::AccessLog => "access_log",
            Self::Control => "control",
            Self::Prober => "prober",
            Self::Inquiries => "inquiries",
            Self::Discovery => "discovery",
            Self::TrustedNames => "trusted_names",
            Self::Admin => "admin",
        }
    }
}

/// How many tasks of each kind have ended that should not have, in this process.
static ENDS: [AtomicU64; Task::ALL.len()] = [const { AtomicU64::new(0) }; Task::ALL.len()];

/// Name and count of each kind: how many of its tasks have ended that should not have, in this process.
pub fn ends() -> impl Iterator<Item = (&'static str, u64)> {
    Task::ALL.iter().zip(&ENDS).map(|(task, ends)| (task.name(), ends.load(Relaxed)))
}

/// Logs and counts an end that should not have come.
pub(crate) fn note(task: Task, why: &dyn Display) {
    ENDS[task as usize].fetch_add(1, Relaxed);
    tracing::error!(task = task.name(), %why, "a task has ended that should not have");
}

/// Runs the future of `begin` to its end. After a panic, `begin` makes a new one.
pub(crate) async fn restarting<F: Future<Output = ()>>(task: Task, mut begin: impl FnMut() -> F) {
    // What the work has left half done is what it works with anew; it holds no lock that a panic would break.
    while let Err(panic) = AssertUnwindSafe(async { begin().await }).catch_unwind().await {
        note(task, &message(&*panic));
        tokio::time::sleep(PAUSE).await;
    }
}

/// Runs the work of a thread to its end. After a panic, the work begins anew.
pub(crate) fn restarting_thread(task: Task, mut work: impl FnMut()) {
    while let Err(panic) = catch_unwind(AssertUnwindSafe(&mut work)) {
        note(task, &message(&*panic));
        std::thread::sleep(PAUSE);
    }
}

/// Runs a thread's work; a panic ends the process.
pub(crate) fn or_abort(task: Task, work: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
        note(task, &message(&*panic));
        std::process::abort();
    }
}

/// A guard that a task holds for as long as it runs: reports a panic that ends the task.
#[derive(Debug)]
pub(crate) struct Watch(pub(crate) Task);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            note(self.0, &"it has panicked");
        }
    }
}

/// The text of a panic.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it has panicked".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn ends_of(task: Task) -> u64 {
        ENDS[task as usize].load(Relaxed)
    }

    #[test]
    fn each_kind_has_a_place_and_a_name_of_its_own() {
        let names: std::collections::HashSet<_> = Task::ALL.iter().map(|task| task.name()).collect();
        assert_eq!(names.len(), Task::ALL.len());
        assert!(Task::ALL.iter().enumerate().all(|(place, task)| *task as usize == place));
    }

    #[tokio::test]
    async fn a_task_that_panics_begins_anew_and_is_counted() {
        let (before, begun) = (ends_of(Task::Discovery), Cell::new(0));
        restarting(Task::Discovery, || {
            begun.set(begun.get() + 1);
            let first = begun.get() <= 2;
            async move {
                tokio::task::yield_now().await;
                assert!(!first, "the first two fail");
            }
        })
        .await;
        assert_eq!((begun.get(), ends_of(Task::Discovery) - before), (3, 2));
    }

    #[test]
    fn a_thread_that_panics_begins_anew_with_what_it_has() {
        let (before, mut rest) = (ends_of(Task::AccessLog), vec!["bad", "good"]);
        restarting_thread(Task::AccessLog, || assert!(rest.remove(0) == "good", "a bad one"));
        assert_eq!((rest.len(), ends_of(Task::AccessLog) - before), (0, 1));
    }

    #[tokio::test]
    async fn a_connection_that_panics_is_counted_and_ends_nobody_else() {
        let before = ends_of(Task::Connection);
        let panics = tokio::spawn(async {
            let _watch = Watch(Task::Connection);
            tokio::task::yield_now().await;
            panic!("of one connection");
        });
        let goes_on = tokio::spawn(async {
            let _watch = Watch(Task::Connection);
            tokio::task::yield_now().await;
        });
        assert!(panics.await.is_err() && goes_on.await.is_ok());
        assert_eq!(ends_of(Task::Connection) - before, 1);
    }
}
