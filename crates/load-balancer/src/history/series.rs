//! One series: the counts of a pool or of a server, in two resolutions.

use std::collections::VecDeque;

use super::counts::{Span, Total};
use super::{Resolution, SHORT};

/// A span of time of one series.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Slot {
    /// The counts of the span.
    pub counts: Span,
    /// The most requests in flight at the end of one of the span's seconds.
    pub in_flight: u32,
}

impl Slot {
    fn add(&mut self, other: &Self) {
        self.counts.add(&other.counts);
        self.in_flight = self.in_flight.max(other.in_flight);
    }
}

/// Slots of one length, and the one that is not over yet.
#[derive(Debug, Default)]
struct Ring {
    open: Slot,
    closed: VecDeque<Slot>,
}

impl Ring {
    fn close(&mut self, most: usize) {
        if self.closed.len() == most {
            self.closed.pop_front();
        }
        self.closed.push_back(std::mem::take(&mut self.open));
    }
}

/// One series.
#[derive(Debug, Default)]
pub(super) struct Series {
    /// The counts at the last reading.
    last: Total,
    /// Whether the series has slots.
    has_slots: bool,
    short: Ring,
    long: Ring,
    /// The tick of the last reading; a series that is not read any more is forgotten.
    pub(super) seen: u64,
}

impl Series {
    /// Begins a series now; `total` was counted before.
    pub(super) fn starting_at(total: Total, has_slots: bool) -> Self {
        Self { last: total, has_slots, ..Self::default() }
    }

    /// The counts since the last call; `total` is the count by now.
    pub(super) fn since_last_look(&mut self, total: Total, in_flight: u32) -> Slot {
        let counts = total.since(&self.last);
        self.last = total;
        Slot { counts, in_flight }
    }

    /// Adds counts.
    pub(super) fn add(&mut self, news: &Slot) {
        if !self.has_slots {
            return;
        }
        self.short.open.add(news);
        self.long.open.add(news);
    }

    /// Ends the slots of this length.
    pub(super) fn close(&mut self, resolution: Resolution) {
        if !self.has_slots {
            return;
        }
        match resolution {
            Resolution::Short => self.short.close(resolution.slots()),
            Resolution::Long => self.long.close(resolution.slots()),
        }
    }

    /// The last `most` slots that are over, the oldest first.
    pub(super) fn slots(&self, resolution: Resolution, most: usize) -> impl ExactSizeIterator<Item = &Slot> {
        let ring = match resolution {
            Resolution::Short => &self.short,
            Resolution::Long => &self.long,
        };
        ring.closed.range(ring.closed.len().saturating_sub(most)..)
    }

    /// The last `seconds` as one span, and up to [`SHORT`] more, because slots are kept whole; `None` without slots.
    pub(super) fn last(&self, seconds: u64) -> Option<Span> {
        self.has_slots.then_some(())?;
        let mut sum = self.short.open.counts;
        let slots = usize::try_from(seconds / SHORT).unwrap_or(usize::MAX);
        self.slots(Resolution::Short, slots).for_each(|slot| sum.add(&slot.counts));
        Some(sum)
    }
}
