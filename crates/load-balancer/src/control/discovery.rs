//! Asks the resolver again and again for each pool with discovery.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use service_kit::duration::HumanDuration;
use tokio::{
    task::JoinHandle,
    time::{sleep_until, timeout},
};

use super::Control;
use crate::config::{DiscoverConfig, PoolConfig};
use crate::events::{By, Cause, Kind};
use crate::pool::{LookupReport, Server, Source};
use crate::probing::Resolve;
use crate::supervise::{self, Task};

/// How long the resolver may be silent until that counts as a failure. The question stays open: a second one would only
/// wait beside it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The look-ups: one task for each pool with discovery. A look-up delays nothing but the next one of its pool.
#[derive(Debug)]
pub(super) struct Followers {
    control: Weak<Control>,
    resolver: Arc<dyn Resolve>,
    tasks: Mutex<HashMap<String, (DiscoverConfig, JoinHandle<()>)>>,
}

impl Followers {
    pub(super) fn new(control: Weak<Control>, resolver: Arc<dyn Resolve>) -> Self {
        Self { control, resolver, tasks: Mutex::default() }
    }

    /// Asks for the names of these pools from now on, and for no others. Needs a tokio runtime.
    pub(super) fn follow(&self, pools: &[PoolConfig]) {
        let wanted: HashMap<&str, &DiscoverConfig> =
            pools.iter().filter_map(|pool| Some((pool.name.as_str(), pool.discover.as_ref()?))).collect();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.retain(|pool, (discover, task)| {
            let stays = wanted.get(pool.as_str()) == Some(&&*discover);
            if !stays {
                task.abort();
            }
            stays
        });
        for (pool, discover) in wanted {
            tasks.entry(pool.to_owned()).or_insert_with(|| {
                let (control, resolver) = (Weak::clone(&self.control), Arc::clone(&self.resolver));
                let (pool, asked) = (pool.to_owned(), discover.clone());
                let begin = move || ask(control.clone(), Arc::clone(&resolver), pool.clone(), asked.clone());
                (discover.clone(), tokio::spawn(supervise::restarting(Task::Discovery, begin)))
            });
        }
    }
}

impl Drop for Followers {
    fn drop(&mut self) {
        let tasks = self.tasks.get_mut().unwrap_or_else(PoisonError::into_inner);
        for (_, task) in tasks.values() {
            task.abort();
        }
    }
}

/// Asks at each interval, but never while a question is open.
async fn ask(control: Weak<Control>, resolver: Arc<dyn Resolve>, pool: String, discover: DiscoverConfig) {
    loop {
        let asked = Instant::now();
        let mut question = resolver.lookup(&discover.dns, discover.port);
        let in_time = timeout(PATIENCE, &mut question).await;
        let answer = if let Ok(answer) = in_time {
            answer
        } else {
            let Some(control) = control.upgrade() else { return };
            control.resolved(&pool, Err(silent()));
            drop(control);
            question.await
        };
        let Some(control) = control.upgrade() else { return };
        control.resolved(&pool, answer);
        drop(control);
        sleep_until((asked + discover.every).into()).await;
    }
}

fn silent() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {}", HumanDuration(PATIENCE)))
}

impl Control {
    /// Takes in the resolver's answer for a pool. An answer without an address leaves the last good one in force.
    fn resolved(&self, pool: &str, answer: io::Result<Vec<SocketAddr>>) {
        let mut desired = self.desired();
        let view = self.published.load();
        let (Some(discovery), Some(known)) = (desired.discovered.get_mut(pool), view.pool(pool)) else {
            return;
        };
        let addresses: BTreeSet<SocketAddr> = match answer {
            Ok(addresses) if !addresses.is_empty() => addresses.into_iter().collect(),
            other => {
                let error = other.err().map_or_else(|| "no addresses".to_owned(), |error| error.to_string());
                if discovery.failed(error.clone()) {
                    tracing::warn!(pool, error, "discovery: no answer; what is known stays");
                    let cause = Cause { by: By::Discovery, reason: Some(error) };
                    self.events.note(Kind::LookupFailed, Some(pool), cause);
                }
                return;
            }
        };
        if discovery.report().error.is_some() {
            tracing::info!(pool, "discovery: the resolver answers again");
            self.events.note(Kind::LookupRecovered, Some(pool), By::Discovery.into());
        }
        let (workers, wake) = (self.shards.len(), known.state().wake());
        let server = |address: SocketAddr| {
            let address = address.to_string();
            let server = Server::new(pool, &address, &address, workers, Arc::clone(wake));
            server.set_source(Source::Dns);
            Arc::new(server)
        };
        if discovery.answered(&addresses, Instant::now(), server) {
            self.publish(&mut desired, &By::Discovery.into());
        }
    }

    /// Assembles the pools with discovery anew, because probers have learned a name or an address.
    pub(super) fn settle(&self) {
        let mut desired = self.desired();
        if !desired.discovered.is_empty() {
            self.publish(&mut desired, &By::Discovery.into());
        }
    }

    /// Forgets servers that have been gone for long.
    pub(super) fn forget_the_gone(&self) {
        let mut desired = self.desired();
        let now = Instant::now();
        let forgotten =
            desired.discovered.values_mut().filter_map(|known| known.forget(now).then_some(())).count();
        if forgotten > 0 {
            self.publish(&mut desired, &By::Discovery.into());
        }
    }

    /// The discovery of a pool, and how its resolver does; `None` for a pool without discovery.
    pub(crate) fn discovery(&self, pool: &str) -> Option<(DiscoverConfig, LookupReport)> {
        let desired = self.desired();
        let discover = desired.config.pools.iter().find(|known| known.name == pool)?.discover.clone()?;
        Some((discover, desired.discovered.get(pool)?.report().clone()))
    }
}
