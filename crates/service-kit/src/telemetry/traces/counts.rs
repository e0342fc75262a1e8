//! Counts the fate of spans.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Counts of finished spans, for metrics.
#[derive(Debug, Default)]
pub struct SpanCounts {
    waiting: AtomicUsize,
    sent: AtomicU64,
    no_room: AtomicU64,
    not_taken: AtomicU64,
}

impl SpanCounts {
    /// The number of spans that a collector has taken.
    pub fn sent(&self) -> u64 {
        self.sent.load(Relaxed)
    }

    /// The numbers of lost spans, by reason: `queue_full` (they come faster than they can be sent) or `export_failed`
    /// (the collector cannot be reached, or refused them).
    pub fn dropped(&self) -> [(&'static str, u64); 2] {
        [("queue_full", self.no_room.load(Relaxed)), ("export_failed", self.not_taken.load(Relaxed))]
    }

    /// Takes a place in a queue of `size`. False, and the span is lost, where there is no place.
    pub(super) fn enter(&self, size: usize) -> bool {
        if self.waiting.fetch_add(1, Relaxed) < size {
            return true;
        }
        self.waiting.fetch_sub(1, Relaxed);
        self.no_room.fetch_add(1, Relaxed);
        false
    }

    /// Gives back the places of spans that were sent or lost.
    pub(super) fn leave(&self, spans: usize, sent: bool) {
        self.waiting.fetch_sub(spans, Relaxed);
        let counter = if sent { &self.sent } else { &self.not_taken };
        counter.fetch_add(spans as u64, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_takes_no_more_until_something_has_left() {
        let counts = SpanCounts::default();
        assert_eq!([counts.enter(2), counts.enter(2), counts.enter(2)], [true, true, false]);
        counts.leave(1, true);
        assert!(counts.enter(2));
        counts.leave(2, false);
        assert_eq!((counts.sent(), counts.dropped()), (1, [("queue_full", 1), ("export_failed", 2)]));
    }
}
