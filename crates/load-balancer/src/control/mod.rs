//! What runs beside the data path on one thread: probers, discovery, changes, reloads, the once-a-second work.

mod assemble;
mod changes;
mod discovery;
mod membership;
mod reload;
mod trusted;

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime},
};

use service_kit::{health::Uptime, telemetry::traces::SpanCounts};

pub(crate) use self::changes::{ChangeError, NewServer, ServerChange};
use self::discovery::Followers;
use self::membership::Membership;
pub(crate) use self::trusted::follow as follow_names;
use crate::config::{Config, ServerConfig};
use crate::events::{By, Cause, Events, Kind};
use crate::history::History;
use crate::pool::{CircuitState, Discovery};
use crate::probing::{self, Listener, Probers, Resolve};
use crate::record::{CircuitChange, Shard, access_log::WriterHandle};
use crate::snapshot::Published;

/// The hand on the pools: the only one that publishes snapshots.
#[derive(Debug)]
pub(crate) struct Control {
    published: Arc<Published>,
    probers: Probers,
    followers: Followers,
    desired: Mutex<Desired>,
    shards: Vec<Arc<Shard>>,
    file: PathBuf,
    admin_is_open: bool,
    access_log: Option<WriterHandle>,
    span_counts: Option<Arc<SpanCounts>>,
    uptime: Uptime,
    events: Arc<Events>,
    history: History,
}

/// What should be: the file, and what was changed since without it.
#[derive(Debug)]
struct Desired {
    config: Config,
    /// Servers that were added by hand; they outlive a reload.
    added: Vec<(String, ServerConfig)>,
    /// What discovery has found for each pool that has it.
    discovered: HashMap<String, Discovery>,
    /// What was told of those that are there; `None` before the first snapshot.
    told: Option<Membership>,
}

impl Desired {
    fn new(config: Config) -> Self {
        let mut desired = Self { config, added: Vec::new(), discovered: HashMap::new(), told: None };
        desired.discover();
        desired
    }

    /// Makes room for what the pools of the configuration discover, and keeps what is known of those that did before.
    fn discover(&mut self) {
        let pools = self.config.pools.iter().filter(|pool| pool.discover.is_some());
        self.discovered = pools
            .map(|pool| (pool.name.clone(), self.discovered.remove(&pool.name).unwrap_or_default()))
            .collect();
    }
}

/// What a [`Control`] starts from.
#[derive(Debug)]
pub(crate) struct Start {
    /// Where the configuration came from, and comes from again at a reload.
    pub file: PathBuf,
    /// As it was read.
    pub config: Config,
    /// Whether no admin token is set.
    pub admin_is_open: bool,
    /// One for each data worker.
    pub shards: Vec<Arc<Shard>>,
    /// To have the access log reopened.
    pub access_log: Option<WriterHandle>,
    /// Who knows the addresses of names.
    pub resolver: Arc<dyn Resolve>,
    /// What becomes of spans, where traces are on.
    pub span_counts: Option<Arc<SpanCounts>>,
}

impl Control {
    /// Publishes the first snapshot, starts its probers and asks for the names to discover. Needs a tokio runtime.
    pub(crate) fn start(start: Start) -> Arc<Self> {
        let workers = start.shards.len();
        let mut desired = Desired::new(start.config);
        let first = assemble::snapshot(&mut desired, None, workers);
        desired.told = Some(Membership::new(&first));
        let published = Arc::new(Published::new(first));
        let events = Arc::new(Events::default());
        let version = Some(format!("version {}", env!("CARGO_PKG_VERSION")));
        events.note(Kind::Started, None, Cause { by: By::Itself, reason: version });
        let control = Arc::new_cyclic(|control: &Weak<Self>| Self {
            probers: Probers::new(
                Arc::clone(&published),
                Arc::clone(&start.resolver),
                settles(control.clone()),
                Arc::clone(&events),
            ),
            followers: Followers::new(control.clone(), start.resolver),
            published,
            desired: Mutex::new(desired),
            shards: start.shards,
            file: start.file,
            admin_is_open: start.admin_is_open,
            access_log: start.access_log,
            span_counts: start.span_counts,
            uptime: Uptime::start(),
            events,
            history: History::default(),
        });
        if let Some(answers) = probing::answer(control.published.inquiries()) {
            tokio::spawn(answers);
        }
        control.probers.follow();
        control.followers.follow(&control.desired().config.pools);
        control
    }

    /// Where the newest snapshot is found.
    pub(crate) fn published(&self) -> &Arc<Published> {
        &self.published
    }

    /// What each worker shares.
    pub(crate) fn shards(&self) -> &[Arc<Shard>] {
        &self.shards
    }

    /// What has become of spans; `None` where traces are off.
    pub(crate) fn span_counts(&self) -> Option<&SpanCounts> {
        self.span_counts.as_deref()
    }

    /// Since when it runs.
    pub(crate) fn uptime(&self) -> Uptime {
        self.uptime
    }

    /// What has happened, up to this moment.
    pub(crate) fn events(&self) -> &Events {
        self.collect();
        &self.events
    }

    /// What the counters have said over the last minutes and hours.
    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// Workers tell of nothing; they are asked.
    fn collect(&self) {
        self.collect_ejections();
        self.collect_circuit_changes();
    }

    fn collect_circuit_changes(&self) {
        for told in self.shards.iter().flat_map(|shard| shard.take_circuit_changes()) {
            let CircuitChange { at, server, route, change } = told;
            let kind = match change.to {
                CircuitState::Closed => Kind::CircuitClosed,
                CircuitState::Open => Kind::CircuitOpened,
                CircuitState::HalfOpen => Kind::CircuitHalfOpened,
            };
            let reason = match route {
                Some(route) => format!("on {route}: {}", change.why),
                None => change.why.to_string(),
            };
            let cause = Cause { by: By::Traffic, reason: Some(reason) };
            self.events.note_server(at, kind, server.about(), cause);
        }
    }

    fn collect_ejections(&self) {
        for ejection in self.shards.iter().flat_map(|shard| shard.take_ejections()) {
            let reason = Some(ejection.outcome.words().to_owned());
            let cause = Cause { by: By::Traffic, reason };
            self.events.note_server(ejection.at, Kind::ServerEjected, ejection.server.about(), cause);
        }
    }

    /// Runs as long as it is polled: the work of each second.
    pub(crate) async fn run(&self) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            second.tick().await;
            self.feed_budgets();
            self.collect();
            self.history.tick(&self.published.load(), SystemTime::now());
            self.forget_the_gone();
        }
    }

    /// Retries are a share of the requests that workers have counted.
    fn feed_budgets(&self) {
        for pool in &self.published.load().pools {
            let requests = pool.state().all_stats().iter().map(|stats| stats.requests.get()).sum();
            pool.state().budget().tick(requests);
        }
    }

    /// Puts what is desired in force; `cause` is told with each server that is different by it.
    fn publish(&self, desired: &mut Desired, cause: &Cause) {
        let old = self.published.load();
        let snapshot = assemble::snapshot(desired, Some(&old), self.shards.len());
        if let Some(told) = &mut desired.told {
            told.compare(&snapshot, &self.events, cause);
        }
        self.published.publish(snapshot);
        self.probers.follow();
    }

    fn desired(&self) -> MutexGuard<'_, Desired> {
        self.desired.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Has the control follow what probers learn.
fn settles(control: Weak<Control>) -> Listener {
    Listener::new(move || {
        if let Some(control) = control.upgrade() {
            control.settle();
        }
    })
}
