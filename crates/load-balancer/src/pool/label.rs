//! The labels of a server: its names, with the counters under each.
//!
//! The name of a found server is learned, and may change. Counters belong to a name: if counters moved from one name to
//! another, a metric's series would jump.

use std::sync::{
    OnceLock,
    atomic::{
        AtomicU8,
        Ordering::{Acquire, Release},
    },
};

use crate::stats::{ServerStats, Tally};

/// The most names of a server; after more, it is called by its first one again.
const MOST: usize = 16;

/// A label: a name of a server, and its counters.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) name: Box<str>,
    /// The counters, one for each data worker.
    pub(super) stats: Box<[ServerStats]>,
    /// Written by the control thread.
    pub(super) good_checks: Tally,
    /// Written by the control thread.
    pub(super) failed_checks: Tally,
}

impl Label {
    fn new(name: &str, workers: usize) -> Self {
        Self {
            name: name.into(),
            stats: (0..workers).map(|_| ServerStats::default()).collect(),
            good_checks: Tally::default(),
            failed_checks: Tally::default(),
        }
    }
}

/// All labels that a server has had, so that the current one can be borrowed without a lock or a count.
#[derive(Debug)]
pub(super) struct Labels {
    first: Label,
    others: [OnceLock<Box<Label>>; MOST - 1],
    /// The place of the current label; 0 is the first.
    current: AtomicU8,
    workers: usize,
}

impl Labels {
    /// A list with a lasting name, or the first of several.
    pub(super) fn new(name: &str, workers: usize) -> Self {
        let others = [const { OnceLock::new() }; MOST - 1];
        Self { first: Label::new(name, workers), others, current: AtomicU8::new(0), workers }
    }

    /// The current label.
    #[inline]
    pub(super) fn current(&self) -> &Label {
        let current = usize::from(self.current.load(Acquire));
        let other = current.checked_sub(1).and_then(|index| self.others.get(index)?.get());
        other.map_or(&self.first, |label| label)
    }

    /// Takes up a name; `true` when the name was another one before. A name that was in use earlier goes on counting
    /// where it was. To be called by the control thread only.
    pub(super) fn set(&self, name: &str) -> bool {
        if *self.current().name == *name {
            return false;
        }
        let before = self.current.load(Acquire);
        let after = if *self.first.name == *name { 0 } else { self.place(name).unwrap_or(0) };
        self.current.store(after, Release);
        before != after
    }

    /// The place of a name, counted from 1; a new one where it has none. `None` when all are taken.
    fn place(&self, name: &str) -> Option<u8> {
        let label = || Box::new(Label::new(name, self.workers));
        let found = self.others.iter().position(|other| *other.get_or_init(label).name == *name)?;
        u8::try_from(found + 1).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_belong_to_a_name() {
        let labels = Labels::new("10.0.0.1:80", 1);
        assert!(!labels.set("10.0.0.1:80"));
        assert!(labels.set("backend-1"));
        labels.current().stats[0].codes.add(200);
        assert!(labels.set("backend-2"));
        assert_eq!(labels.current().stats[0].codes.iter().count(), 0);
        assert!(labels.set("backend-1") && !labels.set("backend-1"));
        assert_eq!(labels.current().stats[0].codes.iter().collect::<Vec<_>>(), [(200, 1)]);
    }

    #[test]
    fn after_too_many_names_it_is_the_first_again() {
        let labels = Labels::new("10.0.0.1:80", 1);
        for number in 1..MOST {
            assert!(labels.set(&format!("backend-{number}")), "{number}");
        }
        assert!(labels.set("one too many"));
        assert_eq!(*labels.current().name, *"10.0.0.1:80");
        assert!(!labels.set("another"));
        assert!(labels.set("backend-3"));
    }
}
