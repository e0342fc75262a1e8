//! The last minutes in figures.

use serde::Serialize;

use crate::control::Control;
use crate::history::Span;
use crate::snapshot::Snapshot;

/// The spans, in minutes.
const MINUTES: [u64; 3] = [1, 5, 15];

/// The figures of the last minutes.
#[derive(Debug, Serialize)]
pub(super) struct Recently {
    minutes: u64,
    /// How many seconds of the span the balancer has been running for.
    seconds: u64,
    requests: u32,
    /// Answers with 4xx.
    client_errors: u32,
    /// Answers with 5xx, whoever gave them.
    errors: u32,
    /// Answers with 5xx that the balancer gave itself.
    own_errors: u32,
    retries: u32,
    /// Durations to the answer's last byte, retries included; interpolated within a bucket of the histogram. `null`
    /// without requests.
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
}

impl Recently {
    fn of(minutes: u64, span: &Span, control: &Control) -> Self {
        Self {
            minutes,
            seconds: control.uptime().seconds().min(minutes * 60),
            requests: span.requests,
            client_errors: span.client_errors,
            errors: span.errors,
            own_errors: span.own_errors,
            retries: span.retries,
            p50_ms: span.percentile(50),
            p95_ms: span.percentile(95),
            p99_ms: span.percentile(99),
        }
    }
}

/// The figures of all answers to requests for a pool, or of the answers of one server (its name and its id). Empty
/// where there are more servers than are kept.
pub(super) fn of(pool: &str, server: Option<(&str, u64)>, control: &Control) -> Vec<Recently> {
    let last = |minutes| control.history().last(pool, server, minutes);
    MINUTES.iter().filter_map(|minutes| Some(Recently::of(*minutes, &last(*minutes)?, control))).collect()
}

/// The figures of all pools together.
pub(super) fn of_all(snapshot: &Snapshot, control: &Control) -> Vec<Recently> {
    let all = |minutes| {
        let mut sum = Span::default();
        let pools = snapshot.pools.iter();
        pools
            .filter_map(|pool| control.history().last(pool.name(), None, minutes))
            .for_each(|span| sum.add(&span));
        Recently::of(minutes, &sum, control)
    };
    MINUTES.map(all).into()
}
