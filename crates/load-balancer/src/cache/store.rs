//! The kept answers: bounded in bytes; the least recently used ones make room.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Instant,
};

use super::{Fields, stored::Stored};

/// Variants of one target, by `Vary`; the oldest makes room.
const MOST_VARIANTS: usize = 16;

/// Answers by key.
#[derive(Debug)]
pub(super) struct Store {
    max_size: usize,
    size: usize,
    slots: HashMap<Arc<[u8]>, Slot>,
    /// Keys by the time of their last use.
    order: BTreeMap<u64, Arc<[u8]>>,
    clock: u64,
}

#[derive(Debug, Default)]
struct Slot {
    variants: Vec<Arc<Stored>>,
    used: u64,
}

impl Store {
    pub(super) fn new(max_size: u64) -> Self {
        let max_size = usize::try_from(max_size).unwrap_or(usize::MAX);
        Self { max_size, size: 0, slots: HashMap::new(), order: BTreeMap::new(), clock: 0 }
    }

    /// How many targets have an answer, and all answers in bytes.
    pub(super) fn usage(&self) -> (usize, usize) {
        (self.slots.len(), self.size)
    }

    /// The newest answer to a request with this key and these fields, fresh or not.
    pub(super) fn find(&mut self, key: &[u8], fields: Fields<'_>) -> Option<Arc<Stored>> {
        let slot = self.slots.get_mut(key)?;
        let found = slot.variants.iter().rev().find(|stored| stored.suits(fields)).cloned()?;
        self.clock += 1;
        let key = self.order.remove(&slot.used)?;
        slot.used = self.clock;
        self.order.insert(self.clock, key);
        Some(found)
    }

    /// Keeps an answer in place of those that it replaces. An answer that would fill a quarter of the store is not
    /// kept.
    pub(super) fn insert(&mut self, key: &[u8], stored: Arc<Stored>, now: Instant) {
        let size = stored.size() + key.len();
        if size > self.max_size / 4 {
            return;
        }
        let mut variants = self.take(key);
        variants.retain(|old| (old.is_fresh(now) || old.has_validator()) && old.vary != stored.vary);
        if variants.len() >= MOST_VARIANTS {
            variants.remove(0);
        }
        variants.push(stored);
        self.put(key, variants);
        while self.size > self.max_size {
            let Some((_, oldest)) = self.order.pop_first() else { return };
            self.take(&oldest);
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        self.take(key);
    }

    fn put(&mut self, key: &[u8], variants: Vec<Arc<Stored>>) {
        self.clock += 1;
        self.size += size(key, &variants);
        let key: Arc<[u8]> = key.into();
        self.order.insert(self.clock, Arc::clone(&key));
        self.slots.insert(key, Slot { variants, used: self.clock });
    }

    fn take(&mut self, key: &[u8]) -> Vec<Arc<Stored>> {
        let Some(slot) = self.slots.remove(key) else { return Vec::new() };
        self.order.remove(&slot.used);
        self.size -= size(key, &slot.variants);
        slot.variants
    }
}

fn size(key: &[u8], variants: &[Arc<Stored>]) -> usize {
    variants.iter().map(|stored| stored.size() + key.len()).sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{super::rules::Freshness, *};

    fn stored(language: &str, length: usize) -> Arc<Stored> {
        Arc::new(Stored {
            status: 200,
            fields: Vec::new(),
            body: vec![0; length].into(),
            vary: vec![("accept-language".to_owned(), language.as_bytes().to_vec())],
            freshness: Freshness { age: Duration::ZERO, lifetime: Duration::from_mins(1) },
            since: Instant::now(),
        })
    }

    const GERMAN: Fields<'_> = Fields(b"Accept-Language: de\r\n");
    const ENGLISH: Fields<'_> = Fields(b"Accept-Language: en\r\n");

    #[test]
    fn variants_live_side_by_side_and_replace_their_like() {
        let (mut store, now) = (Store::new(1 << 20), Instant::now());
        store.insert(b"a", stored("de", 1), now);
        store.insert(b"a", stored("en", 2), now);
        store.insert(b"a", stored("de", 3), now);
        assert_eq!(store.find(b"a", GERMAN).unwrap().body.len(), 3);
        assert_eq!(store.find(b"a", ENGLISH).unwrap().body.len(), 2);
        assert!(store.find(b"a", Fields(b"")).is_none());
        store.insert(b"a", stored("en", 4), now + Duration::from_secs(61));
        assert!(store.find(b"a", GERMAN).is_none(), "stale, and nobody can be asked about it");
        store.remove(b"a");
        assert_eq!((store.size, store.slots.len(), store.order.len()), (0, 0, 0));
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let (mut store, now) = (Store::new(5000), Instant::now());
        for key in [b"a", b"b", b"c"] {
            store.insert(key, stored("de", 900), now);
        }
        assert!(store.find(b"a", GERMAN).is_some());
        store.insert(b"d", stored("de", 900), now);
        store.insert(b"e", stored("de", 900), now);
        let kept = [b"a", b"b", b"c", b"d", b"e"].map(|key| store.find(key, GERMAN).is_some());
        assert_eq!(kept, [true, false, true, true, true]);
        assert!(store.size <= 5000);
    }

    #[test]
    fn what_is_too_long_is_not_kept() {
        let (mut store, now) = (Store::new(4000), Instant::now());
        store.insert(b"a", stored("de", 1000), now);
        assert!(store.find(b"a", GERMAN).is_none());
    }
}
