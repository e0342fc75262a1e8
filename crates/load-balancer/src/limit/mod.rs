//! Rate limits: so many requests for each client and route.

mod gcra;
mod policy;

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use self::gcra::Gcra;
pub use self::policy::{Exempt, LimitPolicy, RateLimit};

/// The refusal of a request over the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The limit that was exceeded.
    pub limit: RateLimit,
    /// How long until the next request is let through.
    pub wait: Duration,
}

/// The number of locks; with many, workers hardly ever meet at one.
const SHARDS: usize = 16;
/// The clients remembered by each shard. A forgotten client starts with a full burst.
const CLIENTS: usize = 8192;

/// The limiter of one route, for all workers.
#[derive(Debug)]
pub struct Limiter {
    policy: LimitPolicy,
    gcra: Gcra,
    start: Instant,
    hasher: RandomState,
    /// When each client's burst will be full again, in nanoseconds after the start.
    shards: [Mutex<HashMap<IpAddr, u64>>; SHARDS],
    refused: AtomicU64,
}

impl Limiter {
    /// A limiter that has seen no one yet.
    pub fn new(policy: LimitPolicy) -> Self {
        Self {
            gcra: Gcra::new(policy.limit),
            policy,
            start: Instant::now(),
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
            refused: AtomicU64::new(0),
        }
    }

    /// The limit.
    pub fn policy(&self) -> &LimitPolicy {
        &self.policy
    }

    /// Requests refused so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Relaxed)
    }

    /// Counts a request of this client, unless the client is exempt, or refuses it. IPv6 clients count by /64, which is
    /// one client's network.
    pub fn admit(&self, client: IpAddr, now: Instant) -> Result<(), Refusal> {
        if self.policy.exempts(client.to_canonical()) {
            return Ok(());
        }
        let client = network(client);
        let now = u64::try_from(now.saturating_duration_since(self.start).as_nanos()).unwrap_or(u64::MAX);
        let hash = self.hasher.hash_one(client);
        let shard = usize::try_from(hash % SHARDS as u64).unwrap_or(0);
        let mut clients = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&mut clients, &client, now);
        match clients.entry(client) {
            Entry::Occupied(mut known) => {
                let full_at = self.gcra.admit(*known.get(), now).map_err(|wait| self.refuse(wait))?;
                known.insert(full_at);
            }
            Entry::Vacant(new) => {
                // A first request is always within the burst.
                if let Ok(full_at) = self.gcra.admit(0, now) {
                    new.insert(full_at);
                }
            }
        }
        Ok(())
    }

    fn refuse(&self, wait: u64) -> Refusal {
        self.refused.fetch_add(1, Relaxed);
        Refusal { limit: self.policy.limit, wait: Duration::from_nanos(wait) }
    }
}

/// Forgets clients whose burst is full again, which changes nothing for them. If that is not enough, forgets all
/// clients.
fn make_room(clients: &mut HashMap<IpAddr, u64>, client: &IpAddr, now: u64) {
    if clients.len() < CLIENTS || clients.contains_key(client) {
        return;
    }
    clients.retain(|_, full_at| *full_at > now);
    // Looking through all of them for each new client would be an attack's dream: room for some must come of it.
    if clients.len() > CLIENTS / 2 {
        clients.clear();
    }
}

/// The address by which a client is counted: IPv6 by /64, which is one client's network.
pub(crate) fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: RateLimit = RateLimit { requests: 10, per: Duration::from_secs(1), burst: 3 };

    fn limiter(exempt: &[&str]) -> Limiter {
        let exempt = exempt.iter().map(|text| text.parse().unwrap()).collect();
        Limiter::new(LimitPolicy { limit: LIMIT, exempt })
    }

    fn admitted(limiter: &Limiter, client: &str, at: Instant, asked: usize) -> usize {
        let client = client.parse().unwrap();
        (0..asked).filter(|_| limiter.admit(client, at).is_ok()).count()
    }

    #[test]
    fn each_client_counts_alone() {
        let limiter = limiter(&[]);
        let now = Instant::now();
        assert_eq!(admitted(&limiter, "10.0.0.1", now, 10), 3);
        assert_eq!(admitted(&limiter, "10.0.0.2", now, 10), 3);
        assert_eq!(limiter.refused(), 14);
        assert_eq!(admitted(&limiter, "2001:db8::1", now, 2), 2);
        assert_eq!(admitted(&limiter, "2001:db8::2", now, 2), 1, "the same /64");
        assert_eq!(admitted(&limiter, "::ffff:10.0.0.1", now, 1), 0, "the same client over IPv6");
    }

    #[test]
    fn who_is_exempt_is_not_counted() {
        let limiter = limiter(&["private", "203.0.113.0/24"]);
        let now = Instant::now();
        for client in ["127.0.0.1", "::ffff:172.18.0.1", "203.0.113.9", "fd00::1"] {
            assert_eq!(admitted(&limiter, client, now, 100), 100, "{client}");
        }
        assert_eq!(admitted(&limiter, "198.51.100.1", now, 100), 3);
        assert_eq!(limiter.refused(), 97);
    }

    #[test]
    fn a_refusal_says_how_long_to_wait() {
        let limiter = limiter(&[]);
        let (client, now) = ("10.0.0.1".parse().unwrap(), Instant::now());
        assert_eq!(admitted(&limiter, "10.0.0.1", now, 3), 3);
        let refusal = limiter.admit(client, now).unwrap_err();
        assert_eq!(refusal.wait, Duration::from_millis(100));
        assert!(limiter.admit(client, now + refusal.wait).is_ok());
    }

    #[test]
    fn the_memory_for_clients_is_bounded() {
        let mut clients = HashMap::new();
        for n in 0..u32::try_from(CLIENTS * 3).unwrap() {
            let client = IpAddr::V4(n.into());
            make_room(&mut clients, &client, 1);
            clients.insert(client, if n % 4 == 0 { 2 } else { 1 });
        }
        assert!(clients.len() <= CLIENTS);
    }
}
