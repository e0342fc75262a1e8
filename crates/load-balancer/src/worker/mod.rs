//! The context of a data worker: one thread with one runtime. For a plain request, a worker shares nothing with other
//! workers but the snapshot and its atomics.

mod addresses;
mod admission;
mod common;

pub(crate) use self::admission::admit;
pub(crate) use self::common::{Accepted, Common, HandedOver, Handoff, Host, Phase, Place};

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

/// A snapshot that is counted on its worker's thread. A count that all workers share would move from core to core with
/// every request.
#[allow(clippy::redundant_allocation, reason = "the two counts are for two kinds of owners")]
pub(crate) type LocalSnapshot = Rc<Arc<Snapshot>>;

/// The context of one worker. Its fields are the tools of the data path. No field is used by two threads, and none is
/// borrowed while a task waits.
pub(crate) struct Worker {
    /// The worker's number, from 0.
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
    /// Client connections that are being refused here.
    pub(crate) refusing: Cell<usize>,
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
            refusing: Cell::new(0),
            acceptors: Cell::new(0),
            last_second: Cell::new(Instant::now()),
        }
    }

    /// The newest snapshot.
    pub(crate) fn snapshot(&self) -> LocalSnapshot {
        let mut snapshot = self.snapshot.borrow_mut();
        if snapshot.version != self.common.published.version() {
            *snapshot = Rc::new(self.common.published.load());
        }
        Rc::clone(&snapshot)
    }

    /// The place of the newest snapshot, and of the queue of questions for servers' health.
    pub(crate) fn published(&self) -> &Published {
        &self.common.published
    }

    /// Whether the balancer drains: answers end their connections.
    pub(crate) fn is_draining(&self) -> bool {
        self.common.draining.load(Relaxed)
    }

    /// Whether clients should look for another balancer. While this process drains because another one has taken over,
    /// they need not.
    pub(crate) fn is_going_away(&self) -> bool {
        self.is_draining() && self.common.departures().is_none()
    }

    /// Whether idle connections are to end.
    pub(crate) fn is_closing(&self) -> bool {
        self.common.is_closing()
    }

    /// Waits a tick.
    pub(crate) async fn pause(&self) {
        tokio::time::sleep(TICK).await;
    }

    /// Does the work of a tick.
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
