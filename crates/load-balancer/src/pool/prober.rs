//! One task for each server: resolves its name, checks it, and moves its health.

use std::{
    collections::HashMap,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use tokio::{sync::Semaphore, task::JoinHandle, time::sleep_until};

use super::{
    CheckPolicy, CheckReport, Counter, Health, Published, Server,
    check::{Finding, check},
    discovery::Resolution,
    health::next_check,
};

/// Checks that run at the same time, over all servers.
const AT_ONCE: usize = 256;

/// The probers of all servers.
#[derive(Debug)]
pub struct Probers {
    published: Arc<Published>,
    permits: Arc<Semaphore>,
    tasks: Mutex<HashMap<u64, JoinHandle<()>>>,
}

impl Probers {
    /// None yet.
    pub fn new(published: Arc<Published>) -> Self {
        Self { published, permits: Arc::new(Semaphore::new(AT_ONCE)), tasks: Mutex::default() }
    }

    /// Starts a prober for each server of the newest snapshot that has none, ends those of servers that are gone,
    /// and lets the others follow their new policy. Needs a tokio runtime.
    pub fn follow(&self) {
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
            tasks.entry(id).or_insert_with(|| tokio::spawn(self.prober(server).run()));
            // It may be asleep by the policy of before.
            server.wake();
        }
    }

    fn prober(&self, server: &Arc<Server>) -> Prober {
        Prober {
            server: Arc::clone(server),
            published: Arc::clone(&self.published),
            permits: Arc::clone(&self.permits),
            resolution: Resolution::new(server.address()),
            counter: Counter::default(),
            born: Instant::now(),
        }
    }
}

impl Drop for Probers {
    fn drop(&mut self) {
        let tasks = self.tasks.get_mut().unwrap_or_else(PoisonError::into_inner);
        tasks.values().for_each(JoinHandle::abort);
    }
}

/// What one task knows.
#[derive(Debug)]
struct Prober {
    server: Arc<Server>,
    published: Arc<Published>,
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
                () = at(self.resolution.due()) => {
                    if self.resolution.refresh().await {
                        // A new address is proved at once, and used only then.
                        last = Instant::now();
                        self.probe(&policy).await;
                    }
                }
                // Ejected, or the policy has changed: the time of the next check is another one.
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
        let due = last + next_check(self.server.state().health, &policy);
        let mut report = self.server.report();
        report.next_check = SystemTime::now().checked_add(due.saturating_duration_since(Instant::now()));
        self.server.set_report(report);
        due
    }

    async fn probe(&mut self, policy: &CheckPolicy) {
        if self.resolution.answer().is_none() {
            self.resolution.refresh().await;
        }
        let Some(address) = self.resolution.answer() else {
            let error = Some(format!("{} has no address", self.server.address()));
            self.found(&Finding { status: None, latency: Duration::ZERO, error }, policy);
            return;
        };
        // Only fails when the semaphore is closed, which nobody does.
        let permit = self.permits.acquire().await;
        let finding = check(address, self.server.address(), policy.path.as_deref(), policy.timeout).await;
        drop(permit);
        if finding.error.is_some() {
            self.resolution.next();
        } else if self.server.set_resolved(address) {
            tracing::info!(pool = self.server.pool(), server = self.server.name(), %address, "address");
        }
        self.found(&finding, policy);
    }

    /// Counts a finding, reports it, and moves the server's health.
    fn found(&mut self, finding: &Finding, policy: &CheckPolicy) {
        let (server, good) = (&self.server, finding.error.is_none());
        let before = server.state().health;
        let after = self.counter.checked(good, before, self.born.elapsed(), policy);
        let old = server.report();
        server.set_report(CheckReport {
            last_check: Some(SystemTime::now()),
            latency: finding.latency,
            status: finding.status,
            error: finding.error.clone(),
            consecutive_failures: self.counter.failures(),
            next_check: None,
            successes: old.successes + u64::from(good),
            failures: old.failures + u64::from(!good),
        });
        if let Some(after) = after {
            server.set_health(after);
            tell(server, before, after, finding.error.as_deref());
        }
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

/// Waits for a point in time; `None` never comes.
async fn at(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due.into()).await,
        None => pending().await,
    }
}
