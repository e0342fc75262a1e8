//! A storm of log-ins leaves no memory behind. A process of its own, since the whole process is measured.
#![allow(clippy::unwrap_used)]

use std::num::NonZeroU32;
use std::time::Duration;

use backend::auth::{HashMetrics, Hasher};
use futures::future::join_all;

const THREADS: u32 = 3;
const MIB: usize = 1024 * 1024;
/// What one hash takes.
const BLOCKS: usize = 19 * MIB;

/// A line of `/proc/self/status`, in bytes.
fn status(name: &str) -> usize {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn a_storm_takes_what_the_threads_need_and_gives_it_back() {
    let metrics = HashMetrics::register(&prometheus::Registry::new()).unwrap();
    let hasher = Hasher::new(NonZeroU32::new(THREADS).unwrap(), metrics).unwrap();
    let start = status("VmRSS:");
    // Several storms with a pause between: memory that comes back to a heap would show in the second one.
    for _ in 0..3 {
        let storm = join_all((0..20).map(|_| hasher.verify("wrong horse".parse().unwrap(), None))).await;
        assert!(storm.into_iter().all(|answer| !answer.unwrap()));
        let busy = status("VmRSS:");
        assert!(busy > start + BLOCKS, "the blocks are kept between two hashes: {start} bytes, then {busy}");
        testkit::eventually(Duration::from_secs(10), || async { status("VmRSS:") < start + 5 * MIB }).await;
    }
    let peak = status("VmHWM:");
    assert!(peak <= start + THREADS as usize * BLOCKS + 10 * MIB, "{start} bytes, {peak} at the peak");
}
