//! Picks the next server. Pure but for the shared turn: no I/O, no clock, no allocation.
//!
//! The cost of an algorithm grows with the pool only where it must. `round_robin` looks at one server and `random_two`
//! at two, `least_conn` at each server's counter, `ip_hash` at each server's seed.

mod ip_hash;
mod least_conn;
mod random_two;
mod round_robin;

use std::{net::IpAddr, sync::Arc};

pub(super) use self::ip_hash::seed;
use super::{MAX_ATTEMPTS, Pool, Server};

/// The algorithms of a pool. Weights count in all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// Each server in turn.
    RoundRobin,
    /// The server with the fewest requests in flight for its weight; equals take turns.
    LeastConn,
    /// The same client always comes to the same server (rendezvous hashing: a server that leaves moves only its
    /// own clients).
    IpHash,
    /// The less busy of two random servers.
    RandomTwo,
}

/// The state of picks of one worker: its own random source.
#[derive(Debug, Clone)]
pub struct PickState {
    rng: u64,
}

impl PickState {
    /// A random source with this seed; give each worker another.
    pub fn new(seed: u64) -> Self {
        // The generator must not start at zero.
        Self { rng: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 }
    }

    /// xorshift64*, Vigna 2016: good enough for picks, and a few instructions.
    #[inline]
    fn below(&mut self, limit: usize) -> usize {
        self.rng ^= self.rng >> 12;
        self.rng ^= self.rng << 25;
        self.rng ^= self.rng >> 27;
        let random = self.rng.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        // Lemire's multiplication instead of a division.
        usize::try_from((random * limit as u64) >> 32).unwrap_or(0)
    }
}

/// The servers that this request has been to.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    ids: [u64; MAX_ATTEMPTS],
    count: usize,
}

impl Tried {
    /// Adds a server; once, however often it is tried.
    pub fn insert(&mut self, server: &Server) {
        if self.contains(server) {
            return;
        }
        if let Some(slot) = self.ids.get_mut(self.count) {
            *slot = server.id();
            self.count += 1;
        }
    }

    /// Whether the request has been to the server.
    #[inline]
    pub fn contains(&self, server: &Server) -> bool {
        self.count > 0 && self.ids[..self.count].contains(&server.id())
    }
}

/// A usable server that this request has not been to, or `None`.
///
/// `None` means: see [`pick_any`], or wait for [`Pool::changed`].
#[inline]
pub fn pick<'a>(
    pool: &'a Pool,
    state: &mut PickState,
    client: IpAddr,
    tried: &Tried,
) -> Option<&'a Arc<Server>> {
    choose(pool, state, client, |server| server.usable() && !tried.contains(server))
}

/// A server when none is usable: one that is out but has once been well, and that this request has not been to.
pub(crate) fn pick_any<'a>(
    pool: &'a Pool,
    state: &mut PickState,
    client: IpAddr,
    tried: &Tried,
) -> Option<&'a Arc<Server>> {
    choose(pool, state, client, |server| server.last_resort() && !tried.contains(server))
}

/// One of those that are eligible, by the pool's algorithm.
#[inline]
pub(crate) fn choose<'a>(
    pool: &'a Pool,
    state: &mut PickState,
    client: IpAddr,
    eligible: impl Fn(&Server) -> bool,
) -> Option<&'a Arc<Server>> {
    let index = match pool.settings.algorithm {
        Algorithm::RoundRobin => round_robin::choose(pool, eligible),
        Algorithm::LeastConn => least_conn::choose(pool, eligible),
        Algorithm::IpHash => ip_hash::choose(pool, client, eligible),
        Algorithm::RandomTwo => random_two::choose(pool, state, eligible),
    };
    index.map(|index| pool.members[index].server())
}

/// Compares `in_flight / weight` of `a` with that of `b`, without a division.
#[inline]
fn load_order(a: (u32, u32), b: (u32, u32)) -> std::cmp::Ordering {
    (u64::from(a.0) * u64::from(b.1)).cmp(&(u64::from(b.0) * u64::from(a.1)))
}

#[cfg(test)]
mod tests;
