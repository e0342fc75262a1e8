//! Counters that one worker writes and the control thread sums when it is asked.
//!
//! A single writer needs no locked instruction: it loads, adds and stores. Readers may be one request behind.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::retry::Failure;

/// A counter with one writer.
#[derive(Debug, Default)]
pub struct Tally(AtomicU64);

impl Tally {
    /// Adds; only the worker that owns the counter may do so.
    #[inline]
    pub fn add(&self, count: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(count), Relaxed);
    }

    /// Takes away; only the worker that owns the counter may do so.
    #[inline]
    pub fn subtract(&self, count: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_sub(count), Relaxed);
    }

    /// The count.
    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The upper bounds of the histograms' buckets, in microseconds; one more bucket takes the rest.
pub(crate) const BOUNDS: [u64; 16] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000, 30_000_000,
];

/// Durations by bucket.
#[derive(Debug, Default)]
pub struct Histogram {
    buckets: [Tally; BOUNDS.len() + 1],
    /// The sum, in microseconds.
    sum: Tally,
}

impl Histogram {
    /// Counts a duration in microseconds.
    #[inline]
    pub fn observe(&self, micros: u64) {
        // Most durations are short, so that the search from below ends soon.
        let bucket = BOUNDS.iter().position(|bound| micros <= *bound).unwrap_or(BOUNDS.len());
        self.buckets[bucket].add(1);
        self.sum.add(micros);
    }

    /// The count of each bucket, not cumulative.
    pub fn buckets(&self) -> [u64; BOUNDS.len() + 1] {
        std::array::from_fn(|bucket| self.buckets[bucket].get())
    }

    /// The sum of all durations, in microseconds.
    pub fn sum_micros(&self) -> u64 {
        self.sum.get()
    }
}

const CODES: usize = 24;
const CODE_SHIFT: u32 = 48;
const COUNT_MASK: u64 = (1 << CODE_SHIFT) - 1;

/// Counts by status code: a few slots, each claimed by the first request with its code. Code and count share a
/// word, so that a reader always sees a pair that belongs together.
#[derive(Debug, Default)]
pub struct Codes([Tally; CODES]);

impl Codes {
    /// Counts a status. When all slots are taken, which takes 24 different codes, the last slot counts all further
    /// codes under the code 0.
    #[inline]
    pub fn add(&self, status: u16) {
        for slot in &self.0 {
            let word = slot.get();
            if word >> CODE_SHIFT == u64::from(status) && word != 0 {
                slot.add(1);
                return;
            }
            if word == 0 {
                slot.add(u64::from(status) << CODE_SHIFT | 1);
                return;
            }
        }
        self.share_last();
    }

    #[cold]
    fn share_last(&self) {
        let last = &self.0[CODES - 1];
        let count = last.get() & COUNT_MASK;
        last.0.store(count + 1, Relaxed);
    }

    /// Code and count of each code seen.
    pub fn iter(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0
            .iter()
            .map(Tally::get)
            .filter(|word| *word != 0)
            .map(|word| (u16::try_from(word >> CODE_SHIFT).unwrap_or(u16::MAX), word & COUNT_MASK))
    }
}

/// The counters of one worker for one server.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct ServerStats {
    /// Answers to clients by status.
    pub codes: Codes,
    /// From the request's head to the end of the answer, retries included.
    pub requests: Histogram,
    /// From the start of an attempt to the end of its answer.
    pub upstream: Histogram,
}

/// The counters of one worker for one pool, beyond its servers.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct PoolStats {
    /// All requests to the pool.
    pub requests: Tally,
    /// Answers that no server gave, by status.
    pub codes: Codes,
    /// The durations of these answers.
    pub durations: Histogram,
    /// Retries by [`Failure::index`].
    pub retries: [Tally; Failure::COUNT],
}

/// The counters of one worker beyond the pools.
#[derive(Debug, Default)]
#[repr(align(64))]
pub struct WorkerStats {
    /// Answers to requests that have no pool, by status: `/lb-health`, bad requests, unknown paths.
    pub codes: Codes,
    /// Open connections of clients.
    pub client_connections: Tally,
    /// Open connections to servers, idle ones included.
    pub upstream_connections: Tally,
    /// Connections that were refused because of `max_connections`.
    pub refused_connections: Tally,
    /// Connections that were refused because of `max_connections_per_address`.
    pub refused_by_address: Tally,
    /// HTTP/2 connections that were ended because their clients flooded them.
    pub flooded_connections: Tally,
    /// Access-log lines that were dropped because the disk did not keep up.
    pub dropped_log_lines: Tally,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_fall_into_their_buckets() {
        let histogram = Histogram::default();
        for micros in [0, 250, 251, 30_000_000, 30_000_001] {
            histogram.observe(micros);
        }
        let buckets = histogram.buckets();
        assert_eq!((buckets[0], buckets[1], buckets[15], buckets[16]), (2, 1, 1, 1));
        assert_eq!(histogram.sum_micros(), 60_000_502);
    }

    #[test]
    fn codes_are_counted_apart() {
        let codes = Codes::default();
        for status in [200, 200, 404, 200, 503] {
            codes.add(status);
        }
        assert_eq!(codes.iter().collect::<Vec<_>>(), [(200, 3), (404, 1), (503, 1)]);
    }

    #[test]
    fn too_many_codes_share_a_slot_and_none_is_lost() {
        let codes = Codes::default();
        for status in (200..240).chain([200]) {
            codes.add(status);
        }
        assert_eq!(codes.iter().map(|(_, count)| count).sum::<u64>(), 41);
        assert_eq!(codes.iter().last(), Some((0, 17)));
    }
}
