//! One circuit with its lock, and a request's place in it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::{Instant, SystemTime},
};

use super::machine::{Change, CircuitState, Machine, Ticket};
use super::policy::{BreakerPolicy, Sign};

/// The circuit of one server, for all workers.
#[derive(Debug)]
pub(super) struct Circuit {
    start: Instant,
    /// From when on it lets a request through, for whoever looks at many servers: what the machine says.
    admits_from: AtomicU64,
    /// How often the server had come back when the machine last heard of it.
    returns: AtomicU32,
    state: Mutex<Watched>,
}

/// A machine and its last change.
#[derive(Debug)]
struct Watched {
    machine: Machine,
    changed: Option<(SystemTime, Change)>,
}

/// A circuit at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) state: CircuitState,
    pub(super) changed: Option<(SystemTime, Change)>,
    pub(super) in_row: u32,
    pub(super) requests: u32,
    pub(super) failures: u32,
    /// From when on it lets a request through, in nanoseconds from the start.
    pub(super) admits_from: u64,
}

impl Circuit {
    pub(super) fn new(policy: BreakerPolicy, start: Instant, returns: u32) -> Self {
        Self {
            start,
            admits_from: AtomicU64::new(0),
            returns: AtomicU32::new(returns),
            state: Mutex::new(Watched { machine: Machine::new(policy), changed: None }),
        }
    }

    /// Whether a request would be let through now, to a server that has come back so often.
    pub(super) fn admits(&self, now: u64, returns: u32) -> bool {
        self.admits_from.load(Relaxed) <= now || self.returns.load(Relaxed) != returns
    }

    /// Lets a request through, or not, and tells what that has changed.
    pub(super) fn enter(self: &Arc<Self>, now: u64, returns: u32) -> (Option<Pass>, Option<Change>) {
        self.with(|machine| {
            let returned =
                (self.returns.swap(returns, Relaxed) != returns).then(|| machine.server_returned());
            let (ticket, change) = machine.enter(now).unzip();
            let pass = ticket.map(|ticket| Pass { circuit: Arc::clone(self), ticket: Some(ticket) });
            (pass, change.flatten().or(returned.flatten()))
        })
    }

    fn leave(&self, ticket: Ticket, sign: Sign, now: Instant) -> Option<Change> {
        let now = nanos(self.start, now);
        self.with(|machine| {
            let change = machine.leave(ticket, sign, now);
            ((), change)
        })
        .1
    }

    pub(super) fn seen(&self, now: u64, returns: u32) -> Seen {
        let watched = self.lock();
        let is_anew = self.returns.load(Relaxed) != returns;
        let state = if is_anew { CircuitState::Closed } else { watched.machine.state() };
        let (in_row, requests, failures) = if is_anew { (0, 0, 0) } else { watched.machine.counts(now) };
        let admits_from = if is_anew { 0 } else { watched.machine.admits_from() };
        Seen { state, changed: watched.changed, in_row, requests, failures, admits_from }
    }

    /// Does something with the machine and keeps what it has changed.
    fn with<T>(&self, act: impl FnOnce(&mut Machine) -> (T, Option<Change>)) -> (T, Option<Change>) {
        let mut watched = self.lock();
        let (result, change) = act(&mut watched.machine);
        self.admits_from.store(watched.machine.admits_from(), Relaxed);
        if let Some(change) = change {
            watched.changed = Some((SystemTime::now(), change));
        }
        (result, change)
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request's place in a circuit; it counts when it is ended. One that is dropped counts for nothing, and gives its
/// place as a trial back.
#[derive(Debug)]
pub(crate) struct Pass {
    circuit: Arc<Circuit>,
    ticket: Option<Ticket>,
}

impl Pass {
    /// The request has ended.
    pub(crate) fn end(mut self, sign: Sign, now: Instant) -> Option<Change> {
        self.circuit.leave(self.ticket.take()?, sign, now)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.circuit.leave(ticket, Sign::Nothing, Instant::now());
        }
    }
}

/// Nanoseconds from `start`.
pub(super) fn nanos(start: Instant, now: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(start).as_nanos()).unwrap_or(u64::MAX)
}
