//! Counts up to a moment, and in a span of time.

use crate::pool::{Pool, Server};
use crate::retry::Failure;
use crate::stats::{BOUNDS, Codes, Histogram};

/// Buckets of a histogram.
pub(super) const BUCKETS: usize = BOUNDS.len() + 1;

/// The counts of one series: up to a moment, or in a span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts<T> {
    /// Answers to clients.
    pub requests: T,
    /// Answers with 4xx.
    pub client_errors: T,
    /// Answers with 5xx, whoever gave them.
    pub errors: T,
    /// Answers with 5xx that the balancer gave itself.
    pub own_errors: T,
    /// Attempts after the first.
    pub retries: T,
    /// Durations of requests by bucket, not cumulative.
    pub buckets: [T; BUCKETS],
}

impl<T: Default + Copy> Default for Counts<T> {
    fn default() -> Self {
        let zero = T::default();
        Self {
            requests: zero,
            client_errors: zero,
            errors: zero,
            own_errors: zero,
            retries: zero,
            buckets: [zero; BUCKETS],
        }
    }
}

/// Counts in a span of time that is kept: half as wide as counts up to a moment.
pub(crate) type Span = Counts<u32>;
/// Counts up to a moment.
pub(super) type Total = Counts<u64>;

impl Total {
    /// The counts of this server's answers.
    pub(super) fn of_server(server: &Server) -> Self {
        let mut total = Self::default();
        for stats in server.all_stats() {
            total.answers(&stats.codes, &stats.requests);
        }
        total
    }

    /// The counts of all answers to requests for this pool; `servers` are the pool's servers.
    pub(super) fn of_own_answers(pool: &Pool) -> Self {
        let mut total = Self::default();
        for stats in pool.state().all_stats() {
            total.answers(&stats.codes, &stats.durations);
            total.retries += (0..Failure::COUNT).map(|reason| stats.retries[reason].get()).sum::<u64>();
        }
        total.own_errors = total.errors;
        total
    }

    fn answers(&mut self, codes: &Codes, durations: &Histogram) {
        for (code, count) in codes.iter() {
            self.requests += count;
            match code {
                400..=499 => self.client_errors += count,
                500..=599 => self.errors += count,
                _ => {}
            }
        }
        for (sum, count) in self.buckets.iter_mut().zip(durations.buckets()) {
            *sum += count;
        }
    }

    /// The counts since `before`. Counters only grow; where one is less than before, it began anew.
    pub(super) fn since(&self, before: &Self) -> Span {
        let grown = |now: u64, before: u64| {
            let grown = now.checked_sub(before).unwrap_or(now);
            u32::try_from(grown).unwrap_or(u32::MAX)
        };
        Span {
            requests: grown(self.requests, before.requests),
            client_errors: grown(self.client_errors, before.client_errors),
            errors: grown(self.errors, before.errors),
            own_errors: grown(self.own_errors, before.own_errors),
            retries: grown(self.retries, before.retries),
            buckets: std::array::from_fn(|bucket| grown(self.buckets[bucket], before.buckets[bucket])),
        }
    }
}

impl Span {
    /// Adds the counts of another span of time, or of another series.
    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.requests, other.requests),
            (&mut self.client_errors, other.client_errors),
            (&mut self.errors, other.errors),
            (&mut self.own_errors, other.own_errors),
            (&mut self.retries, other.retries),
        ] {
            *sum = sum.saturating_add(more);
        }
        for (sum, more) in self.buckets.iter_mut().zip(other.buckets) {
            *sum = sum.saturating_add(more);
        }
    }

    /// The duration that `percent` of the requests did not exceed, in milliseconds: within its bucket by linear
    /// interpolation, as Prometheus' `histogram_quantile` has it; at most the last bound. `None` without requests.
    pub(crate) fn percentile(&self, percent: u32) -> Option<f64> {
        let all: u64 = self.buckets.iter().map(|count| u64::from(*count)).sum();
        let rank = exact(all) * f64::from(percent) / 100.0;
        let mut below = 0;
        for (bucket, count) in self.buckets.iter().enumerate().filter(|(_, count)| **count > 0) {
            let count = u64::from(*count);
            if exact(below + count) >= rank {
                let from = bucket.checked_sub(1).map_or(0, |before| BOUNDS[before]);
                let to = BOUNDS.get(bucket).copied().unwrap_or(from);
                let share = (rank - exact(below)) / exact(count);
                return Some((exact(from) + exact(to - from) * share) / 1000.0);
            }
            below += count;
        }
        None
    }
}

/// A count as a floating-point number, exact below 2³²; more do not occur in the spans that are kept.
fn exact(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_interpolated_within_their_bucket() {
        let histogram = Histogram::default();
        let mut span = Span::default();
        assert_eq!(span.percentile(50), None);
        for _ in 0..90 {
            histogram.observe(900);
        }
        for _ in 0..10 {
            histogram.observe(40_000);
        }
        let total = Total { buckets: histogram.buckets(), ..Total::default() };
        span.add(&total.since(&Total::default()));
        // 500 to 1,000 µs hold the first ninety, 25 to 50 ms the others.
        assert_eq!(span.percentile(45), Some(0.75));
        assert_eq!(span.percentile(90), Some(1.0));
        assert_eq!(span.percentile(95), Some(37.5));
        assert_eq!(span.percentile(100), Some(50.0));
        span.buckets = [0; BUCKETS];
        span.buckets[BUCKETS - 1] = 1;
        assert_eq!(span.percentile(99), Some(30_000.0), "more is not known");
    }

    #[test]
    fn a_counter_that_began_anew_is_not_taken_for_a_jump() {
        let before = Total { requests: 1000, errors: 5, ..Total::default() };
        let after = Total { requests: 10, errors: 7, ..Total::default() };
        let span = after.since(&before);
        assert_eq!((span.requests, span.errors), (10, 2));
    }
}
