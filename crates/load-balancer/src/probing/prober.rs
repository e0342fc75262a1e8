//! The prober of each server: a task that resolves the server's name, checks the server, and moves its health.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tokio::{sync::Semaphore, task::JoinHandle};

use super::wait::at;
use crate::events::{By, Cause, Events, Kind};
use crate::pool::{CheckPolicy, CheckReport, Counter, Health, News, Server, Source, next_check};
use crate::probing::{Resolve, check::Finding, check::check, resolution::Resolution};
use crate::snapshot::Published;
use crate::supervise::{self, Task};

/// Checks that run at the same time, over all servers.
const AT_ONCE: usize = 256;

/// A callback for news that decide who is in a pool and what servers are called there.
#[derive(Clone)]
pub(crate) struct Listener(Arc<dyn Fn() + Send + Sync>);

impl Listener {
    /// Calls `told`, on the prober's thread, before the server takes traffic by the news.
    pub(crate) fn new(told: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener(..)")
    }
}

/// The probers of all servers.
#[derive(Debug)]
pub(crate) struct Probers {
    published: Arc<Published>,
    resolver: Arc<dyn Resolve>,
    listener: Listener,
    events: Arc<Events>,
    permits: Arc<Semaphore>,
    tasks: Mutex<HashMap<u64, JoinHandle<()>>>,
}

impl Probers {
    /// No probers yet.
    pub(crate) fn new(
        published: Arc<Published>,
        resolver: Arc<dyn Resolve>,
        listener: Listener,
        events: Arc<Events>,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        Self { published, resolver, listener, events, permits, tasks: Mutex::default() }
    }

    /// Starts a prober for each server of the newest snapshot that has none, ends the probers of servers that are gone,
    /// and lets the others follow their new policy. Needs a tokio runtime.
    pub(crate) fn follow(&self) {
        let snapshot = self.published.load();
        let servers: HashMap<u64, &Arc<Server>> =
            snapshot.servers().map(|(_, server)| (server.id(), server)).collect();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|id, task| {
            let stays = servers.contains_key(id);
            if !stays {
                task.abort();
            }
            stays
        });
        for (id, server) in servers {
            tasks.entry(id).or_insert_with(|| {
                let begin = self.prober(server);
                tokio::spawn(supervise::restarting(Task::Prober, move || begin().run()))
            });
            // It may be asleep by the policy of before.
            server.wake();
        }
    }

    /// Makes a prober of the server; may be called again after a panic.
    fn prober(&self, server: &Arc<Server>) -> impl Fn() -> Prober + use<> {
        let (server, published) = (Arc::clone(server), Arc::clone(&self.published));
        let (listener, permits) = (self.listener.clone(), Arc::clone(&self.permits));
        let (resolver, events) = (Arc::clone(&self.resolver), Arc::clone(&self.events));
        let born = Instant::now();
        move || Prober {
            server: Arc::clone(&server),
            published: Arc::clone(&published),
            listener: listener.clone(),
            events: Arc::clone(&events),
            permits: Arc::clone(&permits),
            resolution: Resolution::new(server.address(), Arc::clone(&resolver)),
            counter: Counter::default(),
            born,
        }
    }
}

impl Drop for Probers {
    fn drop(&mut self) {
        let tasks = self.tasks.get_mut().unwrap_or_else(PoisonError::into_inner);
        tasks.values().for_each(JoinHandle::abort);
    }
}

/// The state of one prober.
struct Prober {
    server: Arc<Server>,
    published: Arc<Published>,
    listener: Listener,
    events: Arc<Events>,
    permits: Arc<Semaphore>,
    resolution: Resolution,
    counter: Counter,
    born: Instant,
}

impl Prober {
    async fn run(mut self) {
        let mut due = Instant::now();
        let mut last = due;
        while let Some(policy) = self.policy() {
            tokio::select! {
                () = at(Some(due)) => {
                    last = Instant::now();
                    self.probe(&policy).await;
                }
                is_another = self.resolution.refreshed() => {
                    if is_another {
                        // A new address is proved at once, and used only then.
                        last = Instant::now();
                        self.probe(&policy).await;
                    }
                }
                // Ejected, gone, back, or the policy has changed: the time of the next check is another one.
                () = self.server.woken() => {
                    if self.server.state().health == Health::Ejected {
                        last = Instant::now();
                    }
                }
            }
            due = self.next(last);
        }
    }

    /// The policy of the server's pool as it stands; `None` when the server is gone.
    fn policy(&self) -> Option<CheckPolicy> {
        let snapshot = self.published.load();
        let pool = snapshot.pool(self.server.pool())?;
        pool.members()
            .iter()
            .any(|member| member.server().id() == self.server.id())
            .then(|| pool.settings().health.clone())
    }

    /// When the next check is due, `last` being when the last one began.
    fn next(&self, last: Instant) -> Instant {
        let Some(policy) = self.policy() else { return last };
        let state = self.server.state();
        // One that discovery has lost may be back any moment, and must be known to be well then.
        let pause = if state.gone { policy.down_interval } else { next_check(state.health, &policy) };
        let due = last + pause;
        let mut report = self.server.report();
        report.next_check = SystemTime::now().checked_add(due.saturating_duration_since(Instant::now()));
        self.server.set_report(report);
        due
    }

    async fn probe(&mut self, policy: &CheckPolicy) {
        let Some(address) = self.resolution.answer() else {
            if self.resolution.leads_nowhere() {
                let error = Some(format!("{} has no address", self.server.address()));
                self.found(
                    &Finding { status: None, latency: Duration::ZERO, instance: None, error, unasked: false },
                    policy,
                );
            }
            return;
        };
        if self.server.set_aim(address) {
            (self.listener.0)();
        }
        // Only fails when the semaphore is closed, which nobody does.
        let permit = self.permits.acquire().await;
        let finding = check(address, self.server.address(), policy.path.as_deref(), policy.timeout).await;
        drop(permit);
        if finding.unasked {
            return self.unasked(finding);
        }
        if finding.error.is_some() {
            self.resolution.next();
        } else if self.server.set_resolved(address) {
            tracing::info!(pool = self.server.pool(), server = self.server.name(), %address, "address");
            (self.listener.0)();
        }
        self.found(&finding, policy);
    }

    /// Handles a check that could not be made: the server's health stays, and its report says why. The next address of
    /// its name may be one that can be connected to.
    fn unasked(&mut self, finding: Finding) {
        self.resolution.next();
        let mut report = self.server.report();
        report.error = finding.error;
        self.server.set_report(report);
    }

    /// Counts a finding, reports it, and moves the server's health.
    fn found(&mut self, finding: &Finding, policy: &CheckPolicy) {
        let (server, good) = (&Arc::clone(&self.server), finding.error.is_none());
        let state = server.state();
        server.count_check(good);
        let proves = good && self.is_the_same(finding);
        let before = if state.gone && !proves { self.start_again() } else { state.health };
        let after = self.counter.checked(proves, before, self.born.elapsed(), policy);
        server.set_report(CheckReport {
            last_check: Some(SystemTime::now()),
            latency: finding.latency,
            status: finding.status,
            error: finding.error.clone(),
            consecutive_failures: self.counter.failures(),
            next_check: None,
        });
        if let Some(after) = after {
            server.set_health(after);
            tell(server, before, after, finding.error.as_deref());
            self.note(after, finding.error.clone());
            if before == Health::Starting {
                // A discovered server may give way to it now.
                (self.listener.0)();
            }
        }
    }

    /// Learns the name of a discovered server from a good check. Gives whether the check speaks for this server: while
    /// discovery does not find an address, the address may have become another server's.
    fn is_the_same(&self, finding: &Finding) -> bool {
        let server = &self.server;
        if server.source() != Source::Dns {
            return true;
        }
        let (state, says) = (server.state(), finding.instance.as_deref());
        let known = server.identity().is(says);
        let news = server.identity().says(says, state.health == Health::Up && !state.gone);
        if news == News::Unstable {
            let (pool, address) = (server.pool(), server.address());
            tracing::warn!(
                pool,
                address,
                "each check finds another name; is this the address of a balancer?"
            );
        }
        if news != News::None {
            (self.listener.0)();
        }
        known || !state.gone
    }

    fn note(&self, after: Health, reason: Option<String>) {
        let kind = if after == Health::Up { Kind::ServerUp } else { Kind::ServerDown };
        let cause = Cause { by: By::Checks, reason };
        self.events.note_server(SystemTime::now(), kind, self.server.about(), cause);
    }

    /// Withdraws the server's proof: it takes traffic again after its next good check.
    fn start_again(&mut self) -> Health {
        self.server.must_prove_itself();
        (self.counter, self.born) = (Counter::default(), Instant::now());
        Health::Starting
    }
}

fn tell(server: &Server, before: Health, after: Health, error: Option<&str>) {
    let (pool, name) = (server.pool(), server.name());
    if after == Health::Up {
        tracing::info!(pool, server = name, ?before, "server is up");
    } else {
        tracing::warn!(pool, server = name, ?before, error, "server is down");
    }
}
