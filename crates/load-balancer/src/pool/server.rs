//! One upstream server. Its state outlives every reload that still names it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;

use super::{
    health::{CheckReport, Health},
    identity::Identity,
    inquiry::Inquiry,
    label::Labels,
    outlier::Thresholds,
    status::{AdminState, State, USABLE, decode, encode},
};
use crate::retry::Verdict;
use crate::stats::ServerStats;

mod shared_want;

use shared_want::SharedWant;

/// The source of a server: who has named it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
pub enum Source {
    /// The configuration file.
    File = 0,
    /// An operator, by a call.
    Admin = 1,
    /// Discovery.
    Dns = 2,
}

const UNPROVEN: State = State { admin: AdminState::Active, health: Health::Starting, gone: false };

/// The part that every request reads or writes, on a cache line of its own.
#[derive(Debug)]
#[repr(align(64))]
struct Hot {
    in_flight: AtomicU32,
    /// Attempts in a row that failed other than by connecting.
    failures: AtomicU32,
    /// Attempts in a row that could not connect.
    connect_failures: AtomicU32,
    status: AtomicU8,
}

/// One upstream server. Shared by all threads; all methods take `&self`.
#[derive(Debug)]
pub struct Server {
    hot: Hot,
    id: u64,
    pool: Box<str>,
    labels: Labels,
    address: Box<str>,
    source: AtomicU8,
    resolved: ArcSwapOption<SocketAddr>,
    /// The address that the prober tries; it becomes `resolved` with a good check.
    aim: Mutex<Option<SocketAddr>>,
    /// Whether a check has been good since the server last had to prove itself.
    proven: AtomicBool,
    /// How often a check has brought it up.
    returns: AtomicU32,
    identity: Mutex<Identity>,
    report: Mutex<CheckReport>,
    /// The last inquiry of requests that wait for the server's answer.
    inquiry: Mutex<Option<Inquiry>>,
    shared_want: SharedWant,
    wake: Notify,
    pool_wake: Arc<Notify>,
}

impl Server {
    /// A server that has not proved itself yet.
    ///
    /// `address` is `host:port` as configured, `workers` the number of data workers (each counts on its own),
    /// `pool_wake` is told whenever the server becomes usable.
    pub fn new(pool: &str, name: &str, address: &str, workers: usize, pool_wake: Arc<Notify>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            hot: Hot {
                in_flight: AtomicU32::new(0),
                failures: AtomicU32::new(0),
                connect_failures: AtomicU32::new(0),
                status: AtomicU8::new(encode(UNPROVEN)),
            },
            id: NEXT.fetch_add(1, Relaxed),
            pool: pool.into(),
            labels: Labels::new(name, workers),
            address: address.into(),
            source: AtomicU8::new(Source::File as u8),
            // A literal address needs no resolver.
            resolved: ArcSwapOption::from(address.parse().ok().map(Arc::new)),
            aim: Mutex::new(address.parse().ok()),
            proven: AtomicBool::new(false),
            returns: AtomicU32::new(0),
            identity: Mutex::default(),
            report: Mutex::default(),
            inquiry: Mutex::default(),
            shared_want: SharedWant::default(),
            wake: Notify::new(),
            pool_wake,
        }
    }

    /// Unique in this process; never used again for another server.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The name of its pool.
    pub fn pool(&self) -> &str {
        &self.pool
    }

    /// The name in `X-Served-By`, logs and metrics: the configured name. A found server has the name that it gives
    /// itself, and its address until that name is known.
    #[inline]
    pub fn name(&self) -> &str {
        &self.labels.current().name
    }

    /// Changes the name; `true` when that is news. To be called by the control thread.
    pub fn rename(&self, name: &str) -> bool {
        self.labels.set(name)
    }

    /// The source that has named the server last.
    pub fn source(&self) -> Source {
        match self.source.load(Relaxed) {
            0 => Source::File,
            1 => Source::Admin,
            _ => Source::Dns,
        }
    }

    /// Sets the source that has named the server last.
    pub fn set_source(&self, source: Source) {
        self.source.store(source as u8, Relaxed);
    }

    /// The name that a found server gives itself.
    pub fn instance(&self) -> Option<String> {
        self.identity().name().map(str::to_owned)
    }

    pub(crate) fn identity(&self) -> MutexGuard<'_, Identity> {
        self.identity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn inquiry(&self) -> MutexGuard<'_, Option<Inquiry>> {
        self.inquiry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `host:port` as configured.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address to connect to: the last good answer of the resolver; `None` until there was one.
    pub fn resolved(&self) -> Option<SocketAddr> {
        self.resolved.load().as_deref().copied()
    }

    /// Sets the address to connect to from now on. `true` when that is news.
    pub fn set_resolved(&self, address: SocketAddr) -> bool {
        let news = self.resolved() != Some(address);
        if news {
            self.resolved.store(Some(Arc::new(address)));
        }
        news
    }

    /// The address that the server's prober tries: the name resolves to it, whether it works or not.
    pub fn aim(&self) -> Option<SocketAddr> {
        *self.aim.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the address that the prober tries. `true` when that is news.
    pub(crate) fn set_aim(&self, address: SocketAddr) -> bool {
        let before = self.aim.lock().unwrap_or_else(PoisonError::into_inner).replace(address);
        before != Some(address)
    }

    /// Whether the server may get a request now.
    #[inline]
    pub fn usable(&self) -> bool {
        self.hot.status.load(Relaxed) == USABLE
    }

    /// Whether the server may be tried when no server is usable: an operator has not taken it out, and it has once been
    /// well.
    ///
    /// A found server must have been well since it was found, because its address may be anyone's. A server that
    /// discovery does not find any more may still be tried as long as its checks are good: the resolver may be wrong.
    pub fn last_resort(&self) -> bool {
        let State { admin, health, gone } = self.state();
        let well = match health {
            Health::Starting => false,
            Health::Up => true,
            Health::Ejected | Health::Down => {
                !gone && (self.source() != Source::Dns || self.proven.load(Relaxed))
            }
        };
        admin == AdminState::Active && well
    }

    /// How often a check has brought it up: what was known of its answers before is of another process, mostly.
    #[inline]
    pub(crate) fn returns(&self) -> u32 {
        self.returns.load(Relaxed)
    }

    /// The state of the server.
    pub fn state(&self) -> State {
        decode(self.hot.status.load(Relaxed))
    }

    /// The requests that are with the server now, over all workers.
    #[inline]
    pub fn in_flight(&self) -> u32 {
        self.hot.in_flight.load(Relaxed)
    }

    #[inline]
    pub(crate) fn enter(&self) {
        self.hot.in_flight.fetch_add(1, Relaxed);
    }

    #[inline]
    pub(crate) fn leave(&self) {
        self.hot.in_flight.fetch_sub(1, Relaxed);
    }

    /// The counters of one worker; only that worker may write them.
    #[inline]
    pub fn stats(&self, worker: usize) -> &ServerStats {
        &self.labels.current().stats[worker]
    }

    /// The counters of all workers, to be summed.
    pub fn all_stats(&self) -> &[ServerStats] {
        &self.labels.current().stats
    }

    /// The checks so far: good ones, and failed ones.
    pub fn checks(&self) -> (u64, u64) {
        let label = self.labels.current();
        (label.good_checks.get(), label.failed_checks.get())
    }

    /// Counts a check. To be called by the control thread.
    pub(crate) fn count_check(&self, good: bool) {
        let label = self.labels.current();
        if good { label.good_checks.add(1) } else { label.failed_checks.add(1) }
    }

    /// Takes in the verdict of an attempt; `true` when it has just put the server out.
    ///
    /// The common case, a success with no failure before it, reads one cache line and writes nothing.
    #[inline]
    pub fn observe(&self, verdict: Verdict, thresholds: Thresholds) -> bool {
        let (count, limit) = match verdict {
            Verdict::Well => {
                self.clear_failures();
                return false;
            }
            Verdict::Unreachable => (&self.hot.connect_failures, thresholds.connect_failures),
            Verdict::Unresponsive => (&self.hot.failures, thresholds.failures),
            Verdict::Nothing => return false,
        };
        count.fetch_add(1, Relaxed) + 1 >= limit && self.eject()
    }

    #[inline]
    fn clear_failures(&self) {
        for count in [&self.hot.failures, &self.hot.connect_failures] {
            if count.load(Relaxed) != 0 {
                count.store(0, Relaxed);
            }
        }
    }

    /// Ejects a server that is up, and wakes its prober. `false` when the server was not up.
    fn eject(&self) -> bool {
        let ejected = self.transition(|state| {
            (state.health == Health::Up).then_some(State { health: Health::Ejected, ..state })
        });
        if ejected {
            self.wake.notify_one();
        }
        ejected
    }

    /// Sets the health by checks; wakes requests that wait for a server when the server has become usable.
    pub fn set_health(&self, health: Health) {
        if health == Health::Up {
            self.proven.store(true, Relaxed);
            self.clear_failures();
            if self.state().health != Health::Up {
                self.returns.fetch_add(1, Relaxed);
            }
        }
        self.change(|state| State { health, ..state });
    }

    /// Sets the operator's wish.
    pub fn set_admin_state(&self, admin: AdminState) {
        self.change(|state| State { admin, ..state });
    }

    /// Withdraws the server's proof: it takes traffic again after its next good check.
    pub fn must_prove_itself(&self) {
        self.proven.store(false, Relaxed);
        self.set_health(Health::Starting);
    }

    /// Sets whether discovery still finds the server, and has the prober look.
    pub fn set_gone(&self, gone: bool) {
        self.change(|state| State { gone, ..state });
        self.wake();
    }

    fn change(&self, change: impl Fn(State) -> State) {
        let before = self.usable();
        self.transition(|state| Some(change(state)));
        if self.usable() && !before {
            self.pool_wake.notify_waiters();
        }
    }

    fn transition(&self, change: impl Fn(State) -> Option<State>) -> bool {
        self.hot.status.fetch_update(Relaxed, Relaxed, |byte| change(decode(byte)).map(encode)).is_ok()
    }

    /// The findings of checks, for people.
    pub fn report(&self) -> CheckReport {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the findings of checks.
    pub fn set_report(&self, report: CheckReport) {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = report;
    }

    /// The attempts in a row that failed, by traffic.
    pub fn traffic_failures(&self) -> u32 {
        self.hot.failures.load(Relaxed) + self.hot.connect_failures.load(Relaxed)
    }

    /// Resolves once the prober should look at the server before its time: it was just ejected.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Asks the prober to look now.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

#[cfg(test)]
mod tests;
