//! The figures of all requests: how many, how fast, by which instance, and the failures.

use std::{
    collections::BTreeMap,
    fmt,
    sync::Mutex,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use uuid::Uuid;

use super::Operation;

/// The number of failures that are kept in full. All failures are counted.
const KEPT_FAILURES: usize = 100;

/// The reason why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// There is no answer: refused, reset, cut off or timed out.
    Transport(String),
    /// The answer has another status than the expected one.
    Status {
        /// The status.
        status: u16,
        /// The beginning of the body.
        body: String,
    },
    /// The answer has the expected status, and its content contradicts what was acknowledged before.
    Content(String),
}

/// A request that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The time since the start.
    pub at: Duration,
    /// The kind of the request.
    pub operation: Operation,
    /// The `X-Request-Id`, by which logs and balancer know the request.
    pub request_id: Option<Uuid>,
    /// The reason.
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

/// The latencies of one kind of request, in microseconds up to a minute, to three digits.
pub type Latencies = Histogram<u64>;

/// The figures, which all clients share.
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
    /// The time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The number of requests.
    pub fn requests(&self) -> u64 {
        self.inner.lock().unwrap().latencies.values().map(Histogram::len).sum()
    }

    /// The number of failed requests.
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

    /// The numbers of answers, by instance.
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
