//! A worker's shard: what the worker shares with the control thread.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use super::{
    Entry, RecentRequest,
    recent::{Listed, Recent, Which},
};
use crate::pool::{Change, Outcome, Server};
use crate::stats::WorkerStats;

/// A worker's shard: its counters and its last requests, which the control thread reads.
#[derive(Debug, Default)]
pub struct Shard {
    /// Written by the worker alone.
    pub stats: WorkerStats,
    recent: Mutex<Recent>,
    ejections: Mutex<Vec<Ejection>>,
    circuits: Mutex<Vec<CircuitChange>>,
}

/// A server that failing traffic has just put out.
#[derive(Debug, Clone)]
pub(crate) struct Ejection {
    /// When the server was put out.
    pub at: SystemTime,
    /// The server.
    pub server: Arc<Server>,
    /// The outcome of the last failed attempt.
    pub outcome: Outcome,
}

/// A circuit that traffic has just opened, tried or closed.
#[derive(Debug, Clone)]
pub(crate) struct CircuitChange {
    /// When the circuit changed.
    pub at: SystemTime,
    /// The server of the circuit.
    pub server: Arc<Server>,
    /// The route of the circuit; `None` for all routes of the pool that have no circuits of their own.
    pub route: Option<Box<str>>,
    /// The new state, and its cause.
    pub change: Change,
}

/// The most ejections that wait; the control thread takes them once a second.
const MOST_EJECTIONS: usize = 64;
/// The most changes of circuits that wait.
const MOST_CHANGES: usize = 256;

impl Shard {
    /// Finds a request that this worker has had lately.
    pub fn find(&self, request_id: &str) -> Option<RecentRequest> {
        self.recent().find(request_id)
    }

    /// Finds a request by the reference of a [`Listed`].
    pub(crate) fn find_listed(&self, reference: u64) -> Option<RecentRequest> {
        self.recent().find_listed(reference)
    }

    /// The newest requests that this worker has had, at most `most` of them, the newest first.
    pub(crate) fn list(&self, which: Which, most: usize) -> Vec<Listed> {
        self.recent().list(which, most)
    }

    /// What this worker's traffic has put out since this was asked before.
    pub(crate) fn take_ejections(&self) -> Vec<Ejection> {
        std::mem::take(&mut self.ejections.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What this worker's traffic has changed of circuits since this was asked before.
    pub(crate) fn take_circuit_changes(&self) -> Vec<CircuitChange> {
        std::mem::take(&mut self.circuits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps a request that took so many microseconds. To be called by the worker.
    #[inline]
    pub(super) fn keep(&self, entry: Entry<'_>, micros: u64) {
        self.recent().push(entry, micros);
    }

    #[inline]
    fn recent(&self) -> MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells that traffic has just changed a circuit. For the worker.
    #[cold]
    pub(super) fn circuit_changed(&self, server: &Arc<Server>, route: Option<&str>, change: Change) {
        let (pool, name, why) = (server.pool(), server.name(), change.why);
        tracing::warn!(pool, server = name, route, state = change.to.name(), %why, "circuit changed");
        let mut changes = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        if changes.len() < MOST_CHANGES {
            let (at, server, route) = (SystemTime::now(), Arc::clone(server), route.map(Into::into));
            changes.push(CircuitChange { at, server, route, change });
        }
    }

    /// Tells that traffic has just put a server out. For the worker.
    #[cold]
    pub(super) fn ejected(&self, server: &Arc<Server>, outcome: Outcome) {
        let (pool, name) = (server.pool(), server.name());
        tracing::warn!(pool, server = name, outcome = outcome.name(), "server put out by failing traffic");
        let mut ejections = self.ejections.lock().unwrap_or_else(PoisonError::into_inner);
        if ejections.len() < MOST_EJECTIONS {
            ejections.push(Ejection { at: SystemTime::now(), server: Arc::clone(server), outcome });
        }
    }
}
