//! What runs beside the data path on one thread: probers, changes, reloads, the once-a-second work.

mod assemble;
mod changes;
mod reload;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use service_kit::health::Uptime;

pub use self::changes::{ChangeError, NewServer, ServerChange};
use crate::{
    config::{Config, ServerConfig},
    pool::{Probers, Published},
    record::{Shard, access_log::WriterHandle},
};

/// The hand on the pools: the only one that publishes snapshots.
#[derive(Debug)]
pub struct Control {
    published: Arc<Published>,
    probers: Probers,
    desired: Mutex<Desired>,
    shards: Vec<Arc<Shard>>,
    file: PathBuf,
    admin_is_open: bool,
    access_log: Option<WriterHandle>,
    uptime: Uptime,
}

/// What should be: the file, and what was changed since without it.
#[derive(Debug)]
struct Desired {
    config: Config,
    /// Servers that were added by hand; they outlive a reload.
    added: Vec<(String, ServerConfig)>,
}

/// What a [`Control`] starts from.
#[derive(Debug)]
pub struct Start {
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
}

impl Control {
    /// Publishes the first snapshot and starts its probers. Needs a tokio runtime.
    pub fn start(start: Start) -> Arc<Self> {
        let workers = start.shards.len();
        let published = Arc::new(Published::new(assemble::snapshot(&start.config, None, workers)));
        let probers = Probers::new(Arc::clone(&published));
        probers.follow();
        Arc::new(Self {
            published,
            probers,
            desired: Mutex::new(Desired { config: start.config, added: Vec::new() }),
            shards: start.shards,
            file: start.file,
            admin_is_open: start.admin_is_open,
            access_log: start.access_log,
            uptime: Uptime::start(),
        })
    }

    /// Where the newest snapshot is found.
    pub fn published(&self) -> &Arc<Published> {
        &self.published
    }

    /// What each worker shares.
    pub fn shards(&self) -> &[Arc<Shard>] {
        &self.shards
    }

    /// Since when it runs.
    pub fn uptime(&self) -> Uptime {
        self.uptime
    }

    /// Runs as long as it is polled: the work of each second.
    pub async fn run(&self) {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let mut stamp = reload::stamp(&self.file);
        loop {
            second.tick().await;
            self.feed_budgets();
            let now = reload::stamp(&self.file);
            // A file that is gone for a moment is being replaced.
            if now.is_some() && now != stamp {
                stamp = now;
                self.reload_or_tell("the file has changed");
            }
        }
    }

    /// Retries are a share of the requests that workers have counted.
    fn feed_budgets(&self) {
        for pool in &self.published.load().pools {
            let requests = pool.state().all_stats().iter().map(|stats| stats.requests.get()).sum();
            pool.state().budget().tick(requests);
        }
    }

    fn publish(&self, config: &Config) {
        let old = self.published.load();
        let snapshot = assemble::snapshot(config, Some(&old), self.shards.len());
        self.published.publish(snapshot);
        self.probers.follow();
    }

    fn desired(&self) -> std::sync::MutexGuard<'_, Desired> {
        self.desired.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
