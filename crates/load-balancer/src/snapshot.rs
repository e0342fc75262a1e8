//! One consistent view of everything that a reload can change.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use arc_swap::ArcSwap;

use crate::pool::{AdminState, Inquiries, Member, Overall, Pool, Server, ServerView};
use crate::route::RouteTable;

/// Pools and routes at one moment. Immutable.
#[derive(Debug)]
pub struct Snapshot {
    /// Grows by one with each snapshot.
    pub version: u64,
    /// All pools, in the order of the configuration.
    pub pools: Box<[Arc<Pool>]>,
    /// Which request goes to which pool.
    pub routes: RouteTable,
}

impl Snapshot {
    /// The pool of that name.
    pub fn pool(&self, name: &str) -> Option<&Arc<Pool>> {
        self.pools.iter().find(|pool| pool.name() == name)
    }

    /// All servers with their pools.
    pub fn servers(&self) -> impl Iterator<Item = (&Arc<Pool>, &Arc<Server>)> {
        self.pools.iter().flat_map(|pool| pool.members().iter().map(move |member| (pool, member.server())))
    }
}

impl Snapshot {
    /// The state of all servers together, and of each; servers that are gone are left out.
    pub fn view(&self) -> (Overall, Vec<ServerView>) {
        let there = |member: &&Member| !member.server().state().gone;
        let members = || self.pools.iter().flat_map(|pool| pool.members()).filter(there);
        let wanted = || members().filter(|member| member.server().state().admin == AdminState::Active);
        let usable = members().filter(|member| member.server().usable()).count();
        let overall = match usable {
            0 => Overall::Down,
            some if some < wanted().count() => Overall::Degraded,
            _ => Overall::Healthy,
        };
        (overall, members().map(ServerView::of).collect())
    }
}

/// The place of the newest snapshot.
///
/// A worker keeps the `Arc` that it has loaded. Before a request, the worker compares [`version`](Self::version), which
/// is one load of a line that is hardly ever written, and loads the snapshot again when the version differs.
#[derive(Debug)]
pub struct Published {
    version: AtomicU64,
    snapshot: ArcSwap<Snapshot>,
    inquiries: Inquiries,
}

impl Published {
    /// Publishes the first snapshot.
    pub fn new(snapshot: Snapshot) -> Self {
        Self {
            version: AtomicU64::new(snapshot.version),
            snapshot: ArcSwap::from_pointee(snapshot),
            inquiries: Inquiries::new(),
        }
    }

    /// The version of the newest snapshot.
    #[inline]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// The newest snapshot.
    pub fn load(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The queue of questions for servers' health.
    pub(crate) fn inquiries(&self) -> &Inquiries {
        &self.inquiries
    }

    /// Publishes a new snapshot, and wakes requests that wait for a server of the old one.
    pub fn publish(&self, snapshot: Snapshot) {
        let version = snapshot.version;
        let old = self.snapshot.swap(Arc::new(snapshot));
        self.version.store(version, Ordering::Release);
        for pool in &old.pools {
            pool.state().wake().notify_waiters();
        }
    }
}
