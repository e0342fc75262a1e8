//! Reads at a fixed rate, on a thread of their own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use reqwest::{Client, RequestBuilder};
use serde::Serialize;
use tokio::time::sleep_until;

/// The reads of some time. Latencies are in microseconds from the moment when each read was due.
#[derive(Debug, Clone, Serialize)]
pub struct Reads {
    /// The number of reads with status 200.
    pub good: u64,
    /// The number of other reads.
    pub failed: u64,
    /// The median.
    pub p50_us: u64,
    /// The 99th percentile.
    pub p99_us: u64,
    /// The longest latency.
    pub max_us: u64,
}

/// A person who reads the own onboarding again and again.
#[derive(Debug)]
pub struct Reader {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    tally: Mutex<Tally>,
    ended: AtomicBool,
}

#[derive(Debug)]
struct Tally {
    times: Histogram<u64>,
    failed: u64,
}

impl Tally {
    fn new() -> Self {
        // Without a bound, it grows with what it is given.
        Self { times: Histogram::new(3).expect("three digits are allowed"), failed: 0 }
    }
}

impl Reader {
    /// Begins to read, `rate` times a second.
    pub fn start(target: &str, access_token: &str, rate: u32) -> Self {
        let shared = Arc::new(Shared { tally: Mutex::new(Tally::new()), ended: AtomicBool::new(false) });
        let request = Client::new().get(format!("{target}/api/onboarding")).bearer_auth(access_token);
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(read(&theirs, &request, rate));
        });
        Self { shared, thread: Some(thread) }
    }

    /// The reads since the last call.
    pub fn take(&self) -> Reads {
        let tally = std::mem::replace(&mut *lock(&self.shared), Tally::new());
        Reads {
            good: tally.times.len() - tally.failed,
            failed: tally.failed,
            p50_us: tally.times.value_at_quantile(0.5),
            p99_us: tally.times.value_at_quantile(0.99),
            max_us: tally.times.max(),
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // It has nothing to say that was not counted.
            drop(thread.join());
        }
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, Tally> {
    shared.tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A read that is late does not keep the next from its time.
async fn read(shared: &Arc<Shared>, request: &RequestBuilder, rate: u32) {
    let (began, period) = (Instant::now(), Duration::from_secs(1) / rate);
    for number in 0.. {
        let due = began + period * number;
        sleep_until(due.into()).await;
        if shared.ended.load(Ordering::Relaxed) {
            return;
        }
        let Some(request) = request.try_clone() else { return };
        let shared = Arc::clone(shared);
        tokio::spawn(async move {
            let good = match request.send().await {
                Ok(answer) => answer.status() == 200 && answer.bytes().await.is_ok(),
                Err(_) => false,
            };
            let mut tally = lock(&shared);
            tally.failed += u64::from(!good);
            let micros = u64::try_from(due.elapsed().as_micros()).unwrap_or(u64::MAX);
            tally.times.record(micros).expect("it grows for any value");
        });
    }
}
