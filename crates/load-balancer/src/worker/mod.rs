//! The context of a data worker: one thread, one runtime, and of what a plain request needs nothing shared with the others but the
//! snapshot and its atomics.

mod addresses;
mod admission;
mod common;

pub(crate) use self::admission::admit;
pub(crate) use self::common::{Accepted, Common, HandedOver, Handoff, Phase, Place};

use crate::config::Listen;
use crate::pool::PickState;
use crate::record::Recorder;
use crate::runtime::{Buffers, Clock, Ids, Scratch, SendQueue, TICK, Timers};
use crate::snapshot::{Published, Snapshot};
use crate::upstreams::Connections;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant, SystemTime};

/// A snapshot that is counted on its worker's thread: the count that all workers share would cross from core to core
/// with every request.
#[allow(clippy::redundant_allocation, reason = "the two counts are for two kinds of owners")]
pub(crate) type LocalSnapshot = Rc<Arc<Snapshot>>;

/// What belongs to one worker. Its fields are the tools of the data path; none is ever used by two threads, and
/// none is borrowed while a task waits.
pub(crate) struct Worker {
    /// Counts from 0.
    pub(crate) index: usize,
    pub(crate) settings: Listen,
    pub(crate) scratch: RefCell<Scratch>,
    pub(crate) buffers: Buffers,
    pub(crate) send_queue: Rc<SendQueue>,
    pub(crate) timers: Rc<Timers>,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) upstreams: Connections,
    pub(crate) random: RefCell<PickState>,
    pub(crate) recorder: Recorder,
    pub(crate) common: Arc<Common>,
    snapshot: RefCell<LocalSnapshot>,
    /// Client connections that are open here.
    pub(crate) connections: Cell<usize>,
    /// Listening sockets that are open.
    pub(crate) acceptors: Cell<usize>,
    last_second: Cell<Instant>,
}

impl Worker {
    pub(crate) fn new(index: usize, settings: Listen, recorder: Recorder, common: Arc<Common>) -> Self {
        let ids = Ids::new();
        let seed = ids.seed();
        Self {
            index,
            settings,
            scratch: RefCell::new(Scratch::new()),
            buffers: Buffers::default(),
            send_queue: Rc::default(),
            timers: Timers::new(),
            clock: Clock::new(SystemTime::now()),
            ids,
            upstreams: Connections::default(),
            random: RefCell::new(PickState::new(seed)),
            recorder,
            snapshot: RefCell::new(Rc::new(common.published.load())),
            common,
            connections: Cell::new(0),
            acceptors: Cell::new(0),
            last_second: Cell::new(Instant::now()),
        }
    }

    /// Pools and routes as they stand.
    pub(crate) fn snapshot(&self) -> LocalSnapshot {
        let mut snapshot = self.snapshot.borrow_mut();
        if snapshot.version != self.common.published.version() {
            *snapshot = Rc::new(self.common.published.load());
        }
        Rc::clone(&snapshot)
    }

    /// Where the newest of them is found, and where questions about servers go.
    pub(crate) fn published(&self) -> &Published {
        &self.common.published
    }

    /// Whether `/lb-health` says so, and answers end their connections.
    pub(crate) fn is_draining(&self) -> bool {
        self.common.draining.load(Relaxed)
    }

    /// Whether connections that are idle are to end.
    pub(crate) fn is_closing(&self) -> bool {
        self.common.is_closing()
    }

    /// Waits a tick.
    pub(crate) async fn pause(&self) {
        tokio::time::sleep(TICK).await;
    }

    /// What is due each tick.
    pub(crate) fn tick(&self) {
        let now = Instant::now();
        self.clock.set(SystemTime::now());
        self.timers.sweep(now);
        self.send_queue.tick(now);
        if now.duration_since(self.last_second.get()) >= Duration::from_secs(1) {
            self.last_second.set(now);
            self.upstreams.sweep(now);
            self.buffers.trim();
            self.recorder.tick(now);
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("index", &self.index).finish_non_exhaustive()
    }
}
