//! The metrics of traces: the fate of spans.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, IntCounterVec, Opts};
use service_kit::telemetry::traces::SpanCounts;

/// Shows [`SpanCounts`] as `trace_spans_sent_total` and `trace_spans_dropped_total{reason}`.
#[derive(Debug)]
pub(crate) struct SpanMetrics {
    counts: Arc<SpanCounts>,
    sent: IntCounter,
    dropped: IntCounterVec,
    /// The lock under which the counters are brought up to date.
    turn: Mutex<()>,
}

impl SpanMetrics {
    pub(crate) fn new(counts: Arc<SpanCounts>) -> prometheus::Result<Self> {
        let sent = IntCounter::new("trace_spans_sent_total", "Spans that a collector has taken.")?;
        let dropped = Opts::new("trace_spans_dropped_total", "Spans that were lost, by reason.");
        Ok(Self { counts, sent, dropped: IntCounterVec::new(dropped, &["reason"])?, turn: Mutex::default() })
    }
}

impl Collector for SpanMetrics {
    fn desc(&self) -> Vec<&Desc> {
        [self.sent.desc(), self.dropped.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        raise(&self.sent, self.counts.sent());
        for (reason, spans) in self.counts.dropped() {
            raise(&self.dropped.with_label_values(&[reason]), spans);
        }
        [self.sent.collect(), self.dropped.collect()].concat()
    }
}

fn raise(counter: &IntCounter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}
