//! The work beside the data path, on one thread: probers, discovery, changes, reloads, and the work of each second.

mod assemble;
mod carried;
mod changes;
mod discovery;
mod membership;
mod reload;
mod trusted;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime},
};

use service_kit::{health::Uptime, telemetry::traces::SpanCounts};

use self::carried::Wish;
pub(crate) use self::carried::{Carried, Lack};
pub(crate) use self::changes::{ChangeError, NewServer, ServerChange};
use self::discovery::Followers;
use self::membership::Membership;
pub(crate) use self::trusted::{follow as follow_names, look_up as look_names_up};
use crate::config::{Config, ServerConfig};
use crate::events::{By, Cause, Events, Kind};
use crate::history::History;
use crate::pool::{CircuitState, Discovery};
use crate::probing::{self, Listener, Probers, Resolve};
use crate::record::{CircuitChange, Shard, access_log::WriterHandle};
use crate::snapshot::Published;

/// The control: the only one that publishes snapshots.
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
    /// What was carried over from the process before, where there was one.
    before: Carried,
}

/// The desired state: the file, and the changes since that are not in it.
#[derive(Debug)]
struct Desired {
    config: Config,
    /// Servers that were added by hand; they outlive a reload.
    added: Vec<(String, ServerConfig)>,
    /// What operators have changed of listed servers, by pool and server; for the next process.
    wishes: BTreeMap<(String, String), Wish>,
    /// The servers that discovery has found, for each pool that has it.
    discovered: HashMap<String, Discovery>,
    /// The noted states of servers; `None` before the first snapshot.
    told: Option<Membership>,
}

impl Desired {
    fn new(config: Config) -> Self {
        let mut desired = Self {
            config,
            added: Vec::new(),
            wishes: BTreeMap::new(),
            discovered: HashMap::new(),
            told: None,
        };
        desired.discover();
        desired
    }

    /// Prepares discovery for the pools of the configuration, and keeps what the same pools have found before.
    fn discover(&mut self) {
        let pools = self.config.pools.iter().filter(|pool| pool.discover.is_some());
        self.discovered = pools
            .map(|pool| (pool.name.clone(), self.discovered.remove(&pool.name).unwrap_or_default()))
            .collect();
    }
}

/// The parts of a [`Control`].
#[derive(Debug)]
pub(crate) struct Start {
    /// The configuration's file, which a reload reads again.
    pub file: PathBuf,
    /// The configuration as it was read.
    pub config: Config,
    /// Whether no admin token is set.
    pub admin_is_open: bool,
    /// The shards, one for each data worker.
    pub shards: Vec<Arc<Shard>>,
    /// The access log's writer, to have the file opened anew.
    pub access_log: Option<WriterHandle>,
    /// Resolves names to addresses.
    pub resolver: Arc<dyn Resolve>,
    /// The counts of spans, where traces are on.
    pub span_counts: Option<Arc<SpanCounts>>,
    /// What operators have changed in the process before, where there was one.
    pub carried: Option<Carried>,
}

impl Control {
    /// Publishes the first snapshot, starts its probers and look-ups. Needs a tokio runtime.
    pub(crate) fn start(start: Start) -> Arc<Self> {
        let workers = start.shards.len();
        let mut desired = Desired::new(start.config);
        if let Some(carried) = &start.carried {
            carried.apply(&mut desired);
        }
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
            before: start.carried.unwrap_or_default(),
        });
        if let Some(answers) = probing::answer(control.published.inquiries()) {
            tokio::spawn(answers);
        }
        control.probers.follow();
        control.followers.follow(&control.desired().config.pools);
        control
    }

    /// The place of the newest snapshot.
    pub(crate) fn published(&self) -> &Arc<Published> {
        &self.published
    }

    /// The shards of the workers.
    pub(crate) fn shards(&self) -> &[Arc<Shard>] {
        &self.shards
    }

    /// The counts of spans; `None` where traces are off.
    pub(crate) fn span_counts(&self) -> Option<&SpanCounts> {
        self.span_counts.as_deref()
    }

    /// Since when the process runs.
    pub(crate) fn uptime(&self) -> Uptime {
        self.uptime
    }

    /// The events, up to this moment.
    pub(crate) fn events(&self) -> &Events {
        self.collect();
        &self.events
    }

    /// The history of the counters.
    pub(crate) fn history(&self) -> &History {
        &self.history
    }

    /// Takes the notes of workers, which are asked.
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

    /// Does the work of each second, for as long as it is polled.
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

    /// Tells the budgets how many requests the workers have counted, because retries are a share of these.
    fn feed_budgets(&self) {
        for pool in &self.published.load().pools {
            let requests = pool.state().all_stats().iter().map(|stats| stats.requests.get()).sum();
            pool.state().budget().tick(requests);
        }
    }

    /// Puts the desired state in force. `cause` becomes the cause of each event that follows.
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

/// Has the control follow the probers' news.
fn settles(control: Weak<Control>) -> Listener {
    Listener::new(move || {
        if let Some(control) = control.upgrade() {
            control.settle();
        }
    })
}
