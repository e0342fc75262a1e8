//! Supervises background tasks. A task that ends is logged, counted and started again.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use prometheus::IntCounterVec;
use service_kit::shutdown::Shutdown;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// The pause before a task is started again. The pause doubles each time, unless the task ran for longer than the
/// longest pause.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

const PANICKED: &str = "panicked";
const ENDED: &str = "ended";

/// Starts and supervises the tasks of an instance.
#[derive(Debug, Clone)]
pub(super) struct Supervisor {
    /// The counter of ends, by task and reason.
    ends: IntCounterVec,
    shutdown: Shutdown,
}

impl Supervisor {
    pub(super) fn new(ends: IntCounterVec, shutdown: Shutdown) -> Self {
        Self { ends, shutdown }
    }

    /// Starts a task that runs until the instance drains. The task is started again whenever it ends before.
    pub(super) fn keep<F>(
        &self,
        name: &'static str,
        mut task: impl FnMut() -> F + Send + 'static,
    ) -> JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let supervisor = self.knowing(name);
        tokio::spawn(async move {
            let mut pause = SHORTEST_PAUSE;
            loop {
                let began = Instant::now();
                let end = AssertUnwindSafe(async { task().await }).catch_unwind().await;
                if supervisor.shutdown.is_draining() {
                    return;
                }
                supervisor.tell(name, end.err().as_deref());
                if began.elapsed() > LONGEST_PAUSE {
                    pause = SHORTEST_PAUSE;
                }
                tokio::select! {
                    () = sleep(pause) => {}
                    () = supervisor.shutdown.draining() => return,
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        })
    }

    /// Starts a task that is done once. A panic ends the instance, because nothing else does the task's work.
    /// Whatever supervises the process starts another one.
    pub(super) fn once(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) -> JoinHandle<()> {
        let supervisor = self.knowing(name);
        tokio::spawn(async move {
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                supervisor.tell(name, Some(&*panic));
                supervisor.shutdown.trigger();
            }
        })
    }

    /// Makes the task's series at 0, so that a first end is an increase.
    fn knowing(&self, task: &'static str) -> Self {
        for reason in [PANICKED, ENDED] {
            self.ends.with_label_values(&[task, reason]).inc_by(0);
        }
        self.clone()
    }

    fn tell(&self, task: &'static str, panic: Option<&(dyn Any + Send)>) {
        let reason = if panic.is_some() { PANICKED } else { ENDED };
        self.ends.with_label_values(&[task, reason]).inc();
        let message = panic.map(message).unwrap_or_default();
        tracing::error!(task, reason, panic = message, "a background task has ended that should go on");
    }
}

/// The text of the panic.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no text")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use prometheus::Opts;

    use super::*;

    fn supervisor() -> (Supervisor, Shutdown) {
        let ends = IntCounterVec::new(Opts::new("ends", "Ends."), &["task", "reason"]).unwrap();
        let shutdown = Shutdown::new();
        (Supervisor::new(ends, shutdown.clone()), shutdown)
    }

    fn count(supervisor: &Supervisor, reason: &str) -> u64 {
        supervisor.ends.with_label_values(&["a task", reason]).get()
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_or_ends_is_counted_and_goes_on() {
        let (supervisor, _shutdown) = supervisor();
        let runs = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&runs);
        let task = supervisor.keep("a task", move || {
            let run = counted.fetch_add(1, Ordering::Relaxed);
            async move {
                match run {
                    0 => panic!("on {}", "purpose"),
                    1 => {}
                    _ => std::future::pending().await,
                }
            }
        });
        sleep(SHORTEST_PAUSE / 2).await;
        assert_eq!((runs.load(Ordering::Relaxed), count(&supervisor, "panicked")), (1, 1));
        sleep(SHORTEST_PAUSE).await;
        assert_eq!((runs.load(Ordering::Relaxed), count(&supervisor, "ended")), (2, 1));
        sleep(SHORTEST_PAUSE * 2).await;
        assert_eq!(runs.load(Ordering::Relaxed), 3, "the pause grows, and ends");
        sleep(LONGEST_PAUSE * 10).await;
        assert_eq!((runs.load(Ordering::Relaxed), task.is_finished()), (3, false));
        task.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_always_panics_is_not_started_all_the_time() {
        let (supervisor, _shutdown) = supervisor();
        let task = supervisor.keep("a task", || async { panic!("again") });
        sleep(LONGEST_PAUSE * 60).await;
        let starts = count(&supervisor, "panicked");
        assert!((60..=70).contains(&starts), "{starts} starts in an hour");
        task.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_while_the_instance_drains_is_none_that_matters() {
        let (supervisor, shutdown) = supervisor();
        let until = shutdown.clone();
        let task = supervisor.keep("a task", move || {
            let until = until.clone();
            async move { until.draining().await }
        });
        shutdown.trigger();
        task.await.unwrap();
        assert_eq!(count(&supervisor, "ended"), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_once_ends_the_instance_where_it_panics() {
        let (supervisor, shutdown) = supervisor();
        supervisor.once("a task", async {}).await.unwrap();
        assert!(!shutdown.is_draining());
        supervisor.once("a task", async { panic!("on purpose") }).await.unwrap();
        assert_eq!((count(&supervisor, "panicked"), shutdown.is_draining()), (1, true));
    }

    #[test]
    fn panics_are_told_by_their_text() {
        assert_eq!(message(&"plain"), "plain");
        assert_eq!(message(&"made".to_owned()), "made");
        assert_eq!(message(&7), "no text");
    }
}
