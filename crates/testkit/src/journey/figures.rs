//! The account of all requests: how many, how fast, by whom, and each that failed.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Mutex,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use uuid::Uuid;

use super::Operation;

/// So many failures are kept in full; all are counted.
const KEPT_FAILURES: usize = 100;

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No answer: refused, reset, cut off, timed out.
    Transport(String),
    /// An answer of another status than the expected one.
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The expected status with a content that contradicts what was acknowledged before.
    Content(String),
}

/// A request that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// How long after the start.
    pub at: Duration,
    /// What it was for.
    pub operation: Operation,
    /// Its `X-Request-Id`, by which the logs and the balancer know it.
    pub request_id: Option<Uuid>,
    /// What went wrong.
    pub reason: Reason,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:6.1} s  {}: ", self.at.as_secs_f64(), self.operation)?;
        match &self.reason {
            Reason::Transport(text) | Reason::Content(text) => f.write_str(text)?,
            Reason::Status { status, body } => write!(f, "{status} {body}")?,
        }
        match self.request_id {
            Some(id) => write!(f, " (request {id})"),
            None => Ok(()),
        }
    }
}

/// Latencies of one kind of request, in microseconds up to a minute, to three digits.
pub type Latencies = Histogram<u64>;

/// The account, shared by all clients.
#[derive(Debug)]
pub struct Figures {
    start: Instant,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    latencies: BTreeMap<Operation, Latencies>,
    servers: BTreeMap<String, u64>,
    failed: u64,
    failures: Vec<Failure>,
}

impl Default for Figures {
    fn default() -> Self {
        Self { start: Instant::now(), inner: Mutex::default() }
    }
}

impl Figures {
    /// How long it has been going on.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// How many requests were made.
    pub fn requests(&self) -> u64 {
        self.inner.lock().unwrap().latencies.values().map(Histogram::len).sum()
    }

    /// How many of them failed.
    pub fn failed(&self) -> u64 {
        self.inner.lock().unwrap().failed
    }

    /// The failures, the first hundred of them in full.
    pub fn failures(&self) -> Vec<Failure> {
        self.inner.lock().unwrap().failures.clone()
    }

    /// The latencies of each kind of request.
    pub fn latencies(&self) -> BTreeMap<Operation, Latencies> {
        self.inner.lock().unwrap().latencies.clone()
    }

    /// How many answers each instance gave.
    pub fn servers(&self) -> BTreeMap<String, u64> {
        self.inner.lock().unwrap().servers.clone()
    }

    pub(super) fn request(&self, operation: Operation, took: Duration) {
        let mut inner = self.inner.lock().unwrap();
        let latencies = inner.latencies.entry(operation).or_insert_with(histogram);
        latencies.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    pub(super) fn served_by(&self, server: &str) {
        *self.inner.lock().unwrap().servers.entry(server.to_owned()).or_default() += 1;
    }

    pub(super) fn failure(&self, operation: Operation, request_id: Option<Uuid>, reason: Reason) -> Failure {
        let failure = Failure { at: self.elapsed(), operation, request_id, reason };
        let mut inner = self.inner.lock().unwrap();
        inner.failed += 1;
        if inner.failures.len() < KEPT_FAILURES {
            inner.failures.push(failure.clone());
        }
        failure
    }
}

fn histogram() -> Latencies {
    Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are in order")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_failures_are_counted_apart() {
        let figures = Figures::default();
        for millis in [1, 2, 3] {
            figures.request(Operation::Step, Duration::from_millis(millis));
        }
        figures.request(Operation::Login, Duration::from_hours(1));
        for _ in 0..=KEPT_FAILURES {
            figures.failure(Operation::Login, None, Reason::Content("wrong".into()));
        }
        assert_eq!((figures.requests(), figures.failed()), (4, 101));
        assert_eq!(figures.failures().len(), KEPT_FAILURES);
        let latencies = &figures.latencies()[&Operation::Step];
        assert_eq!(latencies.value_at_quantile(0.5) / 100, 20);
    }
}
