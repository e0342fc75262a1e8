//! The counters over the last minutes and hours, so that a page can show them whenever it is opened.
//!
//! The control thread reads the counters once a second. The data path knows nothing of the history. Memory is bounded:
//! each series has 180 slots of 5 s and 360 of a minute, about 50 kB when it is full, and at most [`MOST_SERIES`]
//! servers have a series.

mod counts;
mod series;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use self::counts::Total;
use self::series::Series;
pub(crate) use self::{counts::Span, series::Slot};
use crate::pool::Pool;
use crate::snapshot::Snapshot;

/// The most series of servers with slots. Further servers have none, and count for their pool only.
const MOST_SERIES: usize = 512;
/// The shorter length of slots, in seconds.
const SHORT: u64 = 5;
/// The longer length of slots, in seconds.
const LONG: u64 = 60;
/// Seconds after which a server that is gone is forgotten.
const REMEMBERED: u64 = SHORT * 180;

/// The two lengths of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resolution {
    /// Slots of 5 s, for the last 15 minutes.
    Short,
    /// Slots of a minute, for the last 6 hours.
    Long,
}

impl Resolution {
    /// The finest length whose slots reach back so many minutes.
    pub(crate) const fn for_minutes(minutes: u64) -> Self {
        if minutes * 60 <= SHORT * 180 { Self::Short } else { Self::Long }
    }

    /// The length of a slot, in seconds.
    pub(crate) const fn seconds(self) -> u64 {
        match self {
            Self::Short => SHORT,
            Self::Long => LONG,
        }
    }

    /// How many slots are kept.
    pub(crate) const fn slots(self) -> usize {
        match self {
            Self::Short => 180,
            Self::Long => 360,
        }
    }
}

/// The key of a series: a pool, or a server by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    pool: String,
    /// The server's name and id. A server that takes over a name begins anew, because its counters do.
    server: Option<(String, u64)>,
}

/// All series.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Seconds so far.
    ticks: u64,
    series: HashMap<Key, Series>,
    /// When the last slot of each length was over.
    short_over: Option<SystemTime>,
    long_over: Option<SystemTime>,
}

impl History {
    /// Reads the counters. To be called once a second, with the newest snapshot.
    pub(crate) fn tick(&self, snapshot: &Snapshot, now: SystemTime) {
        let mut kept = self.kept();
        for pool in &snapshot.pools {
            kept.look(pool);
        }
        kept.ticks += 1;
        let ticks = kept.ticks;
        if ticks.is_multiple_of(SHORT) {
            kept.series.values_mut().for_each(|series| series.close(Resolution::Short));
            kept.short_over = Some(now);
        }
        if ticks.is_multiple_of(LONG) {
            kept.series.values_mut().for_each(|series| series.close(Resolution::Long));
            kept.long_over = Some(now);
            kept.series.retain(|_, series| series.seen + REMEMBERED > ticks);
        }
    }

    /// When the last slot of this length was over; `None` as long as none is.
    pub(crate) fn over(&self, resolution: Resolution) -> Option<SystemTime> {
        let kept = self.kept();
        match resolution {
            Resolution::Short => kept.short_over,
            Resolution::Long => kept.long_over,
        }
    }

    /// The last `most` slots of a pool (all answers to its requests), or of a server; the oldest first. Empty where
    /// nothing is known.
    pub(crate) fn slots(
        &self,
        pool: &str,
        server: Option<(&str, u64)>,
        resolution: Resolution,
        most: usize,
    ) -> Vec<Slot> {
        let kept = self.kept();
        let series = kept.series.get(&key(pool, server));
        series.map(|series| series.slots(resolution, most).copied().collect()).unwrap_or_default()
    }

    /// The counts of the last `minutes`, at most 15; `None` where nothing is known.
    pub(crate) fn last(&self, pool: &str, server: Option<(&str, u64)>, minutes: u64) -> Option<Span> {
        self.kept().series.get(&key(pool, server))?.last(minutes * 60)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    /// Adds to the series of a pool what its servers and the balancer itself have answered in each second. A server
    /// that leaves takes its counters along, but the pool's series keeps its answers.
    fn look(&mut self, pool: &Pool) {
        let mut sum = Slot::default();
        for member in pool.members() {
            let server = member.server();
            let series = self
                .series(key(pool.name(), Some((server.name(), server.id()))), || Total::of_server(server));
            let news = series.since_last_look(Total::of_server(server), server.in_flight());
            series.add(&news);
            sum.counts.add(&news.counts);
            sum.in_flight += news.in_flight;
        }
        let series = self.series(key(pool.name(), None), || Total::of_own_answers(pool));
        let own = series.since_last_look(Total::of_own_answers(pool), sum.in_flight);
        sum.counts.add(&own.counts);
        series.add(&sum);
    }

    /// The series of that key; a new one starts from now.
    fn series(&mut self, key: Key, now: impl FnOnce() -> Total) -> &mut Series {
        let (room, ticks) = (key.server.is_none() || self.series.len() < MOST_SERIES, self.ticks);
        let series = self.series.entry(key).or_insert_with(|| Series::starting_at(now(), room));
        series.seen = ticks;
        series
    }
}

fn key(pool: &str, server: Option<(&str, u64)>) -> Key {
    Key { pool: pool.to_owned(), server: server.map(|(name, id)| (name.to_owned(), id)) }
}

#[cfg(test)]
mod tests;
