//! How many connections each address has open, over all workers.

use crate::limit;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of locks; with many, workers hardly ever meet at one. A connection takes one when it comes and when it
/// goes.
const SHARDS: usize = 16;

type Shard = HashMap<IpAddr, usize>;

/// Open connections by address.
#[derive(Debug)]
pub(super) struct Addresses {
    /// The most connections of one address.
    most: usize,
    hasher: RandomState,
    shards: [Mutex<Shard>; SHARDS],
}

/// A guard that counts one connection of an address for as long as it is open.
#[derive(Debug)]
pub(super) struct Counted {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    pub(super) fn new(most: usize) -> Arc<Self> {
        let shards = std::array::from_fn(|_| Mutex::default());
        Arc::new(Self { most, hasher: RandomState::new(), shards })
    }

    /// Counts a connection of this address, IPv6 by /64; `None` if the address has too many already.
    pub(super) fn count(self: &Arc<Self>, address: IpAddr) -> Option<Counted> {
        let address = limit::network(address);
        let mut shard = self.shard(address);
        let open = shard.entry(address).or_default();
        if *open >= self.most {
            return None;
        }
        *open += 1;
        drop(shard);
        Some(Counted { addresses: Arc::clone(self), address })
    }

    fn shard(&self, address: IpAddr) -> MutexGuard<'_, Shard> {
        let place = self.hasher.hash_one(address) % SHARDS as u64;
        let shard = &self.shards[usize::try_from(place).unwrap_or(0)];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Entry::Occupied(mut open) = self.addresses.shard(self.address).entry(self.address) {
            *open.get_mut() -= 1;
            if *open.get() == 0 {
                open.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_so_many_and_none_that_is_gone_is_kept() {
        let addresses = Addresses::new(2);
        let count = |text: &str| addresses.count(text.parse().unwrap());
        let first = count("192.0.2.1").unwrap();
        let second = count("::ffff:192.0.2.1").unwrap();
        assert!(count("192.0.2.1").is_none());
        let others = ["192.0.2.2", "2001:db8::1", "2001:db8::2"].map(|text| count(text).unwrap());
        assert!(count("2001:db8::3").is_none(), "a /64 is one client's");
        assert!(count("2001:db8:0:1::1").is_some());
        drop(first);
        let third = count("192.0.2.1").unwrap();
        drop((second, third, others));
        assert!(addresses.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }
}
