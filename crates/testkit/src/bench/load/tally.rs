use std::{collections::BTreeMap, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;

use super::connection::Failure;

/// The longest latency that is told apart. Longer ones count as this long.
const LONGEST: Duration = Duration::from_mins(1);

/// The counts of one phase while it runs.
pub(super) struct Tally {
    latencies: Histogram<u64>,
    lags: Histogram<u64>,
    failures: BTreeMap<String, u64>,
    reopened: u64,
}

/// Percentiles in microseconds.
#[derive(Debug, Clone, Serialize)]
pub struct Latency {
    /// The median.
    pub p50: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The 99.9th percentile.
    pub p999: f64,
    /// The longest.
    pub max: f64,
}

/// The result of one phase.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The number of responses with the expected status and length.
    pub responses: u64,
    /// The time from the first request to the last response, in seconds.
    pub seconds: f64,
    /// The latency from the moment a request was due (open loop) or sent (closed loop) to its last byte.
    pub latency_us: Latency,
    /// The delay of the generator in sending requests for which a connection was free.
    pub lag_us: Latency,
    /// The failures, by cause.
    pub failures: BTreeMap<String, u64>,
    /// The number of idle connections that the proxy ended and that were opened again.
    pub reopened: u64,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { latencies: histogram(), lags: histogram(), failures: BTreeMap::new(), reopened: 0 }
    }

    pub(super) fn response(&mut self, latency: Duration) {
        self.latencies.saturating_record(nanos(latency));
    }

    pub(super) fn lag(&mut self, lag: Duration) {
        self.lags.saturating_record(nanos(lag));
    }

    pub(super) fn reopened(&mut self) {
        self.reopened += 1;
    }

    pub(super) fn failure(&mut self, failure: &Failure) {
        *self.failures.entry(failure.to_string()).or_default() += 1;
    }

    pub(super) fn failures(&self) -> u64 {
        self.failures.values().sum()
    }

    pub(super) fn report(self, length: Duration) -> Report {
        Report {
            responses: self.latencies.len(),
            seconds: length.as_secs_f64(),
            latency_us: percentiles(&self.latencies),
            lag_us: percentiles(&self.lags),
            failures: self.failures,
            reopened: self.reopened,
        }
    }
}

fn histogram() -> Histogram<u64> {
    // Bounds that are known to be valid: 1 <= 2 * low <= high, up to five digits.
    #[allow(clippy::expect_used, reason = "constant bounds")]
    Histogram::new_with_bounds(1, nanos(LONGEST), 3).expect("valid bounds")
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[allow(clippy::cast_precision_loss, reason = "a minute in nanoseconds is far below 2^53")]
fn percentiles(histogram: &Histogram<u64>) -> Latency {
    let micros = |nanos: u64| nanos as f64 / 1000.0;
    let at = |quantile| micros(histogram.value_at_quantile(quantile));
    Latency { p50: at(0.5), p99: at(0.99), p999: at(0.999), max: micros(histogram.max()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_in_microseconds() {
        let mut tally = Tally::new();
        (1..=1000).for_each(|it| tally.response(Duration::from_micros(it)));
        let report = tally.report(Duration::from_secs(2));
        assert_eq!(report.responses, 1000);
        for (found, expected) in [
            (report.latency_us.p50, 500.0),
            (report.latency_us.p99, 990.0),
            (report.latency_us.p999, 999.0),
            (report.latency_us.max, 1000.0),
        ] {
            assert!((found - expected).abs() <= expected / 500.0, "{found} is not {expected}");
        }
    }
}
