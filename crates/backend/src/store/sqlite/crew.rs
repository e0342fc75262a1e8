//! Threads that own connections, behind one bounded queue.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};

use prometheus::Histogram;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::job::Job;
use super::place::Place;
use crate::store::{BoxError, StoreError};

/// The largest number of waiting calls. A call that finds no place is refused at once.
const QUEUE: usize = 1024;

/// The load of a crew.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) threads: u32,
    pub(super) working: u32,
    pub(super) waiting: u32,
}

#[derive(Debug, Default)]
struct Counters {
    waiting: AtomicU32,
    working: AtomicU32,
}

/// The threads and their queue.
pub(super) struct Crew {
    /// The queue; none after the stop.
    queue: Mutex<Option<SyncSender<Job>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    size: u32,
    counters: Arc<Counters>,
}

/// One thread's end of the queue.
pub(super) struct Inbox {
    queue: Arc<Mutex<Receiver<Job>>>,
    counters: Arc<Counters>,
    wait: Histogram,
}

impl Inbox {
    /// Waits for a job, and takes up to `max` waiting jobs. None when the crew was stopped and the queue is empty.
    pub(super) fn take(&self, max: usize) -> Option<Vec<Job>> {
        let queue = lock(&self.queue);
        let first = queue.recv().ok()?;
        let jobs: Vec<Job> = std::iter::once(first).chain(queue.try_iter().take(max - 1)).collect();
        drop(queue);
        self.counters.waiting.fetch_sub(u32::try_from(jobs.len()).unwrap_or(u32::MAX), Ordering::Relaxed);
        self.counters.working.fetch_add(1, Ordering::Relaxed);
        for job in &jobs {
            self.wait.observe(job.queued.elapsed().as_secs_f64());
        }
        Some(jobs)
    }

    /// Notes that the taken jobs are done.
    pub(super) fn done(&self) {
        self.counters.working.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Crew {
    /// Starts a thread called `name` for each connection to the database at `place`. The thread runs `run`.
    pub(super) fn start(
        name: &str,
        connections: Vec<Connection>,
        place: &Place,
        wait: &Histogram,
        run: fn(&Connection, &Place, &Inbox),
    ) -> Result<Self, BoxError> {
        let (sender, receiver) = sync_channel(QUEUE);
        let queue = Arc::new(Mutex::new(receiver));
        let counters = Arc::new(Counters::default());
        let mut threads = Vec::new();
        for connection in connections {
            let (queue, counters, wait) = (Arc::clone(&queue), Arc::clone(&counters), wait.clone());
            let (inbox, place) = (Inbox { queue, counters, wait }, place.clone());
            let work = move || run(&connection, &place, &inbox);
            threads.push(Builder::new().name(name.to_owned()).spawn(work)?);
        }
        let size = u32::try_from(threads.len())?;
        Ok(Self { queue: Mutex::new(Some(sender)), threads: Mutex::new(threads), size, counters })
    }

    /// Queues a job and waits for its result. Dropping the wait does not stop the job.
    pub(super) async fn submit<T>(
        &self,
        (job, result): (Job, oneshot::Receiver<Result<T, StoreError>>),
    ) -> Result<T, StoreError> {
        self.enqueue(job)?;
        result.await.map_err(|error| StoreError::Interrupted { source: error.into() })?
    }

    fn enqueue(&self, job: Job) -> Result<(), StoreError> {
        let queue = lock(&self.queue);
        let sender = queue.as_ref().ok_or_else(|| StoreError::exhausted("a database that is closed"))?;
        self.counters.waiting.fetch_add(1, Ordering::Relaxed);
        sender.try_send(job).map_err(|error| {
            self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
            StoreError::exhausted(match error {
                TrySendError::Full(_) => "a place in the queue",
                TrySendError::Disconnected(_) => "a thread that has ended",
            })
        })
    }

    pub(super) fn load(&self) -> Load {
        let Counters { waiting, working } = &*self.counters;
        Load {
            threads: self.size,
            working: working.load(Ordering::Relaxed),
            waiting: waiting.load(Ordering::Relaxed),
        }
    }

    /// Lets the threads finish the queued jobs, then joins them.
    pub(super) async fn stop(&self) {
        drop(lock(&self.queue).take());
        let threads = std::mem::take(&mut *lock(&self.threads));
        let join = move || threads.into_iter().try_for_each(JoinHandle::join);
        if !matches!(tokio::task::spawn_blocking(join).await, Ok(Ok(()))) {
            tracing::error!("a database thread had panicked");
        }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crew").field("load", &self.load()).finish_non_exhaustive()
    }
}

/// Takes the lock, even where a thread has panicked with it. The guarded values are never half-changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
