//! Pools of servers: which servers there are, which are well, and which is next.
//!
//! A [`crate::snapshot::Snapshot`] is immutable and replaced as a whole. State that must outlive a snapshot (health,
//! in-flight requests, counters, cursors, budgets) hangs on [`Server`] and [`PoolState`], which the next snapshot takes
//! over.

mod circuit;
mod discovery;
mod health;
mod identity;
mod inquirer;
mod inquiry;
mod label;
mod lease;
mod outlier;
mod pick;
mod request_policy;
mod schedule;
mod server;
mod status;
mod timeouts;
mod view;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use tokio::sync::{Notify, futures::Notified};

pub(crate) use self::circuit::{Breaker, Change, CircuitState, Entry, Pass};
pub(crate) use self::identity::News;
pub(crate) use self::inquirer::{Inquiries, Question};
pub(crate) use self::inquiry::Verdict;
pub(crate) use self::view::{now_rfc3339, rfc3339};
pub use self::{
    circuit::{BreakerPolicy, Statuses},
    health::Health,
    lease::Lease,
    pick::{Algorithm, PickState, Tried, pick},
    request_policy::RequestPolicy,
    server::Server,
    timeouts::Timeouts,
};
pub(crate) use self::{
    discovery::{Discovery, FoundWish, Listed, LookupReport},
    health::{CheckPolicy, CheckReport, Counter, next_check},
    outlier::Thresholds,
    pick::{choose, pick_any},
    server::Source,
    status::AdminState,
    view::{Overall, ServerView},
};
use crate::retry::Budget;
pub use crate::retry::Outcome;
use crate::stats::PoolStats;

/// The most servers that a pool can have.
pub(crate) const MOST_SERVERS: usize = 10_000;
/// The most attempts of one request; bounds [`Tried`] and `max_retries`.
pub(crate) const MAX_ATTEMPTS: usize = 11;

/// The settings of a pool, as configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolSettings {
    /// The algorithm that picks a server.
    pub algorithm: Algorithm,
    /// The most idle upstream connections that are kept, per server and worker.
    pub keepalive: usize,
    /// How long an upstream connection may be idle before it is used again. Keep this under the backend's own time.
    pub keepalive_timeout: Duration,
    /// The policy of requests, where their route says nothing else.
    pub requests: RequestPolicy,
    /// Active checks.
    pub health: CheckPolicy,
    /// Passive checks.
    pub passive: Thresholds,
    /// How many servers are to take traffic, for monitoring; it decides nothing here.
    pub expected_instances: Option<u32>,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::RoundRobin,
            keepalive: 32,
            keepalive_timeout: Duration::from_secs(30),
            requests: RequestPolicy::default(),
            health: CheckPolicy::default(),
            passive: Thresholds::default(),
            expected_instances: None,
        }
    }
}

/// The state of a pool that outlives a reload.
#[derive(Debug)]
pub struct PoolState {
    /// The turn in round robin, and among equals in `least_conn`. It is shared, so that turns are exact over workers.
    cursor: AtomicU32,
    stats: Box<[PoolStats]>,
    budget: Budget,
    wake: Arc<Notify>,
    breaker: ArcSwapOption<Breaker>,
}

impl PoolState {
    /// The state of a new pool, for so many data workers.
    pub fn new(workers: usize) -> Self {
        Self {
            cursor: AtomicU32::new(0),
            stats: (0..workers).map(|_| PoolStats::default()).collect(),
            budget: Budget::default(),
            wake: Arc::default(),
            breaker: ArcSwapOption::empty(),
        }
    }

    /// The counters of one worker; only that worker may write them.
    #[inline]
    pub fn stats(&self, worker: usize) -> &PoolStats {
        &self.stats[worker]
    }

    /// The counters of all workers, to be summed.
    pub fn all_stats(&self) -> &[PoolStats] {
        &self.stats
    }

    /// The retry budget.
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Notified whenever requests that wait for a server should look again.
    pub fn wake(&self) -> &Arc<Notify> {
        &self.wake
    }

    /// The breaker with this policy: the one that there is, or else a new one in its place.
    fn breaker(&self, policy: Option<BreakerPolicy>) -> Option<Arc<Breaker>> {
        let known = self.breaker.load_full().filter(|known| Some(known.policy()) == policy);
        let breaker = known.or_else(|| Some(Arc::new(Breaker::new(policy?, None))));
        self.breaker.store(breaker.clone());
        breaker
    }

    #[inline]
    fn turn(&self) -> u32 {
        self.cursor.fetch_add(1, Relaxed)
    }
}

/// A server's place in a pool.
#[derive(Debug)]
pub struct Member {
    server: Arc<Server>,
    weight: u32,
    /// The seed that `ip_hash` mixes with the client's address.
    seed: u64,
}

impl Member {
    /// The server.
    #[inline]
    pub fn server(&self) -> &Arc<Server> {
        &self.server
    }

    /// The server's weight relative to the others', 1..=1000.
    pub fn weight(&self) -> u32 {
        self.weight
    }
}

/// The servers of a pool as they stand in one snapshot.
#[derive(Debug)]
pub struct Pool {
    name: Box<str>,
    settings: PoolSettings,
    members: Box<[Member]>,
    schedule: Box<[u32]>,
    equal_weights: bool,
    state: Arc<PoolState>,
    breaker: Option<Arc<Breaker>>,
}

impl Pool {
    /// A pool of `servers` with their weights. Work is done here so that `pick` need not do it.
    pub fn new(
        name: &str,
        settings: PoolSettings,
        servers: Vec<(Arc<Server>, u32)>,
        state: Arc<PoolState>,
    ) -> Self {
        let breaker = state.breaker(settings.requests.breaker);
        if let Some(breaker) = &breaker {
            breaker.follow(servers.iter().map(|(server, _)| &**server));
        }
        let weights: Vec<u32> = servers.iter().map(|(_, weight)| *weight).collect();
        let member = |(server, weight): (Arc<Server>, u32)| {
            let seed = pick::seed(server.name());
            Member { server, weight, seed }
        };
        Self {
            name: name.into(),
            settings,
            members: servers.into_iter().map(member).collect(),
            schedule: schedule::build(&weights),
            equal_weights: weights.windows(2).all(|pair| pair[0] == pair[1]),
            state,
            breaker,
        }
    }

    /// The pool's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pool's settings.
    #[inline]
    pub fn settings(&self) -> &PoolSettings {
        &self.settings
    }

    /// The pool's servers in the order of the configuration.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// The server of that name.
    pub fn server(&self, name: &str) -> Option<&Arc<Server>> {
        self.members.iter().map(Member::server).find(|server| server.name() == name)
    }

    /// The state that outlives a reload.
    #[inline]
    pub fn state(&self) -> &Arc<PoolState> {
        &self.state
    }

    /// The circuits of its servers, for the routes that have no breaker of their own.
    pub fn breaker(&self) -> Option<&Arc<Breaker>> {
        self.breaker.as_ref()
    }

    /// Resolves when a server has become usable or a new snapshot has been published. Create it *before*
    /// looking whether a server is usable (and load the snapshot again afterwards), or the news is missed.
    pub fn changed(&self) -> Notified<'_> {
        self.state.wake.notified()
    }
}
