//! One upstream server: what is known of it outlives every reload that still names it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed},
    },
};

use arc_swap::ArcSwapOption;
use tokio::sync::Notify;

use super::{
    health::{CheckReport, Health},
    outlier::{Outcome, Thresholds},
};
use crate::record::metrics::ServerStats;

/// What an operator has decided about a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AdminState {
    /// Takes traffic as far as its health allows.
    Active,
    /// Takes no new requests; those in flight end in peace.
    Drain,
    /// Takes nothing, and is not tried even when every other server is out.
    Down,
}

/// Where a server stands: the operator's word and what its checks say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// The operator's word.
    pub admin: AdminState,
    /// What checks and traffic say.
    pub health: Health,
}

impl State {
    /// One word for people, metrics and `/health`: `up`, `starting`, `ejected`, `down`, `drain`, `disabled`.
    pub fn name(self) -> &'static str {
        match (self.admin, self.health) {
            (AdminState::Drain, _) => "drain",
            (AdminState::Down, _) => "disabled",
            (_, Health::Starting) => "starting",
            (_, Health::Up) => "up",
            (_, Health::Ejected) => "ejected",
            (_, Health::Down) => "down",
        }
    }
}

const ADMIN_SHIFT: u8 = 4;
const HEALTH_MASK: u8 = 0b1111;
/// Active and up: the one value of the status byte that takes traffic.
const USABLE: u8 = encode(State { admin: AdminState::Active, health: Health::Up });

const fn encode(state: State) -> u8 {
    ((state.admin as u8) << ADMIN_SHIFT) | state.health as u8
}

fn decode(byte: u8) -> State {
    let admin = match byte >> ADMIN_SHIFT {
        0 => AdminState::Active,
        1 => AdminState::Drain,
        _ => AdminState::Down,
    };
    let health = match byte & HEALTH_MASK {
        0 => Health::Starting,
        1 => Health::Up,
        2 => Health::Ejected,
        _ => Health::Down,
    };
    State { admin, health }
}

/// What every request reads or writes, on a cache line of its own.
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
    name: Box<str>,
    address: Box<str>,
    resolved: ArcSwapOption<SocketAddr>,
    stats: Box<[ServerStats]>,
    report: Mutex<CheckReport>,
    wake: Notify,
    pool_wake: Arc<Notify>,
}

impl Server {
    /// A server that has proved nothing yet.
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
                status: AtomicU8::new(encode(State { admin: AdminState::Active, health: Health::Starting })),
            },
            id: NEXT.fetch_add(1, Relaxed),
            pool: pool.into(),
            name: name.into(),
            address: address.into(),
            // A literal address needs no resolver.
            resolved: ArcSwapOption::from(address.parse().ok().map(Arc::new)),
            stats: (0..workers).map(|_| ServerStats::default()).collect(),
            report: Mutex::default(),
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

    /// The configured name, which `X-Served-By`, logs and metrics show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `host:port` as configured.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where to connect: the last good answer of the resolver; `None` until there was one.
    pub fn resolved(&self) -> Option<SocketAddr> {
        self.resolved.load().as_deref().copied()
    }

    /// Sets where to connect from now on. `true` when that is news.
    pub fn set_resolved(&self, address: SocketAddr) -> bool {
        let news = self.resolved() != Some(address);
        if news {
            self.resolved.store(Some(Arc::new(address)));
        }
        news
    }

    /// Whether it may get a request now.
    #[inline]
    pub fn usable(&self) -> bool {
        self.hot.status.load(Relaxed) == USABLE
    }

    /// Whether it may be tried when no server is usable: proven once, out now, and not taken out by an operator.
    pub fn last_resort(&self) -> bool {
        let State { admin, health } = self.state();
        admin == AdminState::Active && matches!(health, Health::Up | Health::Ejected | Health::Down)
    }

    /// Where it stands.
    pub fn state(&self) -> State {
        decode(self.hot.status.load(Relaxed))
    }

    /// Requests that are with it now, over all workers.
    #[inline]
    pub fn in_flight(&self) -> u32 {
        self.hot.in_flight.load(Relaxed)
    }

    #[inline]
    pub(super) fn enter(&self) {
        self.hot.in_flight.fetch_add(1, Relaxed);
    }

    #[inline]
    pub(super) fn leave(&self) {
        self.hot.in_flight.fetch_sub(1, Relaxed);
    }

    /// The counters of one worker; only that worker may write them.
    #[inline]
    pub fn stats(&self, worker: usize) -> &ServerStats {
        &self.stats[worker]
    }

    /// The counters of all workers, to be summed.
    pub fn all_stats(&self) -> &[ServerStats] {
        &self.stats
    }

    /// Takes note of how an attempt ended; `true` when that has just put the server out.
    ///
    /// The common case, a success with no failure before it, reads one cache line and writes nothing.
    #[inline]
    pub fn observe(&self, outcome: Outcome, thresholds: Thresholds) -> bool {
        let (count, limit) = match outcome {
            Outcome::Answered => {
                self.clear_failures();
                return false;
            }
            Outcome::ConnectFailed => (&self.hot.connect_failures, thresholds.connect_failures),
            Outcome::Reset | Outcome::TimedOut | Outcome::Invalid => {
                (&self.hot.failures, thresholds.failures)
            }
            Outcome::Stale | Outcome::ClientLeft => return false,
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

    /// Up becomes ejected, and the prober is woken. `false` when it was not up.
    fn eject(&self) -> bool {
        let ejected = self.transition(|state| {
            (state.health == Health::Up).then_some(State { health: Health::Ejected, ..state })
        });
        if ejected {
            self.wake.notify_one();
        }
        ejected
    }

    /// Sets what the checks say; wakes requests that wait for a server when it has become usable.
    pub fn set_health(&self, health: Health) {
        if health == Health::Up {
            self.clear_failures();
        }
        self.change(|state| State { health, ..state });
    }

    /// Sets the operator's word.
    pub fn set_admin_state(&self, admin: AdminState) {
        self.change(|state| State { admin, ..state });
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

    /// What the checks have found, for people.
    pub fn report(&self) -> CheckReport {
        self.report.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces what the checks have found.
    pub fn set_report(&self, report: CheckReport) {
        *self.report.lock().unwrap_or_else(PoisonError::into_inner) = report;
    }

    /// Attempts in a row that failed, as traffic has seen it.
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
mod tests {
    use super::*;

    fn up() -> Server {
        let server = Server::new("backend", "backend-1", "127.0.0.1:5000", 1, Arc::default());
        server.set_health(Health::Up);
        server
    }

    const LIMITS: Thresholds = Thresholds { connect_failures: 1, failures: 3 };

    #[test]
    fn no_traffic_before_the_first_good_check() {
        let server = Server::new("backend", "backend-1", "127.0.0.1:5000", 1, Arc::default());
        assert!(!server.usable() && !server.last_resort());
        server.set_health(Health::Up);
        assert!(server.usable());
    }

    #[test]
    fn an_operator_has_the_last_word() {
        let server = up();
        for admin in [AdminState::Drain, AdminState::Down] {
            server.set_admin_state(admin);
            assert!(!server.usable() && !server.last_resort(), "{admin:?}");
        }
        server.set_admin_state(AdminState::Active);
        assert!(server.usable());
    }

    #[test]
    fn the_state_survives_its_byte() {
        for admin in [AdminState::Active, AdminState::Drain, AdminState::Down] {
            for health in [Health::Starting, Health::Up, Health::Ejected, Health::Down] {
                let state = State { admin, health };
                assert_eq!(decode(encode(state)), state);
            }
        }
    }

    #[test]
    fn what_puts_a_server_out() {
        use Outcome::{Answered, ClientLeft, ConnectFailed, Invalid, Reset, Stale, TimedOut};
        let rows: [(&[Outcome], bool); 7] = [
            (&[ConnectFailed], true),
            (&[Reset, Reset], false),
            (&[Reset, TimedOut, Invalid], true),
            (&[Reset, Reset, Answered, Reset], false),
            (&[Stale, Stale, Stale, Stale], false),
            (&[ClientLeft, ClientLeft, ClientLeft], false),
            (&[Answered], false),
        ];
        for (outcomes, out) in rows {
            let server = up();
            for outcome in outcomes {
                server.observe(*outcome, LIMITS);
            }
            assert_eq!(!server.usable(), out, "{outcomes:?}");
            assert!(server.last_resort(), "{outcomes:?}");
        }
    }

    #[test]
    fn it_is_ejected_once() {
        let server = up();
        assert!(server.observe(Outcome::ConnectFailed, LIMITS));
        assert!(!server.observe(Outcome::ConnectFailed, LIMITS));
        server.set_health(Health::Up);
        assert_eq!(server.traffic_failures(), 0);
    }
}
