//! A shared cache for the answers of a route (RFC 9111): bounded, in memory, for all workers.
//!
//! Requests for the same target that miss at the same time are coalesced: the first one goes to a server, and the
//! others wait for its outcome. An answer that is no longer fresh is revalidated by its validators (`ETag`,
//! `Last-Modified`).

mod conditions;
mod dates;
mod fields;
mod fill;
mod head;
mod refresh;
mod rules;
mod store;
mod stored;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use tokio::sync::{Notify, futures::OwnedNotified};

use self::store::Store;
pub(crate) use self::{
    fields::Fields,
    fill::{Filling, Recording, Verdict},
    rules::{CONDITIONS, Terms, terms},
    stored::Stored,
};

/// The settings of a route's cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CachePolicy {
    /// How long an answer is fresh that does not say so itself.
    pub ttl: Duration,
    /// The size of all kept answers together, in bytes.
    pub max_size: u64,
}

/// Counts of requests to a cached route, by outcome.
#[derive(Debug, Default)]
pub struct Results {
    hits: AtomicU64,
    revalidations: AtomicU64,
    misses: AtomicU64,
    bypasses: AtomicU64,
}

impl Results {
    /// Name and count of each outcome: `hit`, `revalidated` (a server has said that the answer still holds), `miss`,
    /// and `bypass` (the cache must not answer the request).
    pub fn counts(&self) -> [(&'static str, u64); 4] {
        [
            ("hit", self.hits.load(Relaxed)),
            ("revalidated", self.revalidations.load(Relaxed)),
            ("miss", self.misses.load(Relaxed)),
            ("bypass", self.bypasses.load(Relaxed)),
        ]
    }
}

/// The cache of one route.
#[derive(Debug)]
pub struct Cache {
    policy: CachePolicy,
    state: Mutex<State>,
    results: Results,
}

#[derive(Debug)]
struct State {
    store: Store,
    /// The fetches under way.
    filling: HashMap<Box<[u8]>, Arc<Fetch>>,
}

/// The requests for one target at one time.
#[derive(Debug, Default)]
struct Fetch {
    /// Notified when the fetch has ended.
    ended: Arc<Notify>,
    /// A change came in between: the fetched answer may be older than the change, and is not kept.
    overtaken: AtomicBool,
}

/// The outcome of a look into the cache.
pub(crate) enum Found {
    /// A fresh answer.
    Hit(Arc<Stored>),
    /// Another request is fetching the answer: wait for the news, then look again.
    Wait(OwnedNotified),
    /// The answer is to be fetched.
    Miss(Filling),
}

impl Cache {
    /// An empty cache.
    pub fn new(policy: CachePolicy) -> Self {
        let state = State { store: Store::new(policy.max_size), filling: HashMap::new() };
        Self { policy, state: Mutex::new(state), results: Results::default() }
    }

    /// The cache's settings.
    pub fn policy(&self) -> CachePolicy {
        self.policy
    }

    /// How many targets have kept answers, and the size of all of these in bytes.
    pub(crate) fn usage(&self) -> (usize, usize) {
        self.state().store.usage()
    }

    /// How requests have fared.
    pub fn results(&self) -> &Results {
        &self.results
    }

    /// Counts a request that the cache must not answer.
    pub(crate) fn bypass(&self) {
        self.results.bypasses.fetch_add(1, Relaxed);
    }

    /// Counts a request that was answered by a server.
    pub(crate) fn miss(&self) {
        self.results.misses.fetch_add(1, Relaxed);
    }

    /// Counts a request that was answered from the cache once a server had said that the answer holds.
    pub(crate) fn revalidated(&self) {
        self.results.revalidations.fetch_add(1, Relaxed);
    }

    /// Looks for an answer to the request with this key and these fields. With `patience`, a miss that another request
    /// is fetching gives [`Found::Wait`].
    pub(crate) fn look(
        self: &Arc<Self>,
        key: &[u8],
        fields: Fields<'_>,
        terms: &Terms,
        patience: bool,
        now: Instant,
    ) -> Found {
        let mut state = self.state();
        let stored = state.store.find(key, fields);
        if let Some(stored) = stored.as_ref().filter(|stored| stored.will_do(terms, now)) {
            self.results.hits.fetch_add(1, Relaxed);
            return Found::Hit(Arc::clone(stored));
        }
        if let Some(fetch) = state.filling.get(key) {
            if patience {
                // Made under the lock: what happens from here on is not missed.
                return Found::Wait(Arc::clone(&fetch.ended).notified_owned());
            }
            return Found::Miss(Filling::new(self, key, fields, Arc::clone(fetch)).about(stored));
        }
        let fetch = Arc::<Fetch>::default();
        state.filling.insert(key.into(), Arc::clone(&fetch));
        Found::Miss(Filling::new(self, key, fields, fetch).leading().about(stored))
    }

    /// Forgets the kept answers of a target and drops its fetch under way, because a request has changed the target
    /// (RFC 9111 section 4.4).
    pub(crate) fn invalidate(&self, key: &[u8]) {
        let mut state = self.state();
        state.store.remove(key);
        if let Some(fetch) = state.filling.remove(key) {
            fetch.overtaken.store(true, Relaxed);
        }
    }

    fn keep(&self, key: &[u8], stored: Arc<Stored>, fetch: &Fetch) {
        let mut state = self.state();
        if !fetch.overtaken.load(Relaxed) {
            state.store.insert(key, stored, Instant::now());
        }
    }

    /// Ends a fetch, whatever its outcome.
    fn fetched(&self, key: &[u8], fetch: &Arc<Fetch>) {
        let mut state = self.state();
        if state.filling.get(key).is_some_and(|newest| Arc::ptr_eq(newest, fetch)) {
            state.filling.remove(key);
        }
        drop(state);
        fetch.ended.notify_waiters();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of a kept answer: the host without regard to case, and path and query.
pub(crate) fn key(host: &[u8], target: &[u8]) -> Vec<u8> {
    let mut key = host.to_ascii_lowercase();
    key.push(b' ');
    key.extend_from_slice(target);
    key
}
