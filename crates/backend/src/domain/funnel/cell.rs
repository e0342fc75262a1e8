//! The cell of a funnel: the sums of one group of people in one step.

use std::collections::BTreeMap;

use super::counted::Counted;
use super::durations::Durations;
use super::group::Group;
use crate::domain::onboarding::StepStatus;

/// The key of a cell: the group of people and the step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// The group of people.
    pub group: Group,
    /// The key of the step. An empty key stands for the onboarding as a whole.
    pub step: String,
}

/// The sums of one group of people, for one step or for the onboarding as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// The number of people who have reached the step: who have touched the step or are done with all steps before
    /// it. For the whole onboarding: the number of people who have registered.
    pub reached: u64,
    /// The number of people who have completed the step.
    pub completed: u64,
    /// The number of people who have skipped the step.
    pub skipped: u64,
    /// The number of people who have begun the step, and have neither completed nor skipped it.
    pub in_progress: u64,
    /// The number of people who are stuck at the step.
    pub stuck: u64,
    /// The durations of the people who have completed the step.
    pub times: Durations,
}

/// Cells by their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cells(pub BTreeMap<CellKey, Cell>);

impl Cells {
    /// Adds one person's record to the cells.
    pub fn add(&mut self, counted: &Counted) {
        self.each(counted, Cell::add);
    }

    /// Takes one person's record out of the cells. False where a sum would fall below zero, so that the record cannot
    /// have been added before.
    #[must_use]
    pub fn remove(&mut self, counted: &Counted) -> bool {
        let mut whole = true;
        self.each(counted, |cell, share| whole &= cell.remove(share));
        whole
    }

    fn each(&mut self, counted: &Counted, mut change: impl FnMut(&mut Cell, Share)) {
        let all = Share {
            status: counted.completed().then_some(StepStatus::Completed),
            stuck: counted.stuck(),
            took: counted.took(),
        };
        for group in counted.groups() {
            let mut at = |step: &str, share| {
                let key = CellKey { group: group.clone(), step: step.to_owned() };
                change(self.0.entry(key).or_default(), share);
            };
            at("", all);
            for step in counted.steps() {
                at(&step.key, Share { status: step.status(), stuck: step.stuck, took: step.took });
            }
        }
    }
}

/// The share of one person in one cell.
#[derive(Debug, Clone, Copy)]
struct Share {
    status: Option<StepStatus>,
    stuck: bool,
    took: Option<u16>,
}

impl Cell {
    fn add(&mut self, share: Share) {
        self.reached += 1;
        if let Some(count) = self.of_status(share.status) {
            *count += 1;
        }
        self.stuck += u64::from(share.stuck);
        if let Some(bucket) = share.took {
            self.times.add(bucket);
        }
    }

    fn remove(&mut self, share: Share) -> bool {
        let mut whole = take(&mut self.reached);
        if let Some(count) = self.of_status(share.status) {
            whole &= take(count);
        }
        if share.stuck {
            whole &= take(&mut self.stuck);
        }
        if let Some(bucket) = share.took {
            whole &= self.times.remove(bucket);
        }
        whole
    }

    fn of_status(&mut self, status: Option<StepStatus>) -> Option<&mut u64> {
        Some(match status? {
            StepStatus::Completed => &mut self.completed,
            StepStatus::Skipped => &mut self.skipped,
            StepStatus::InProgress => &mut self.in_progress,
        })
    }
}

fn take(count: &mut u64) -> bool {
    let one_less = count.checked_sub(1);
    *count = one_less.unwrap_or_default();
    one_less.is_some()
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::super::{Walk, WalkStep};
    use super::*;

    fn person(number: i64) -> Counted {
        let begun_at = datetime!(2026-01-01 00:00 UTC) + Duration::days(number % 40);
        let step = |(index, key): (i64, &str)| {
            let status = match (number + index) % 4 {
                0 => Some(StepStatus::Completed),
                1 => Some(StepStatus::Skipped),
                2 => Some(StepStatus::InProgress),
                _ => None,
            };
            let completed = status == Some(StepStatus::Completed);
            let completed_at = completed.then_some(begun_at + Duration::seconds(number * 37 % 1000));
            WalkStep { key: key.to_owned(), status, completed_at }
        };
        Counted::of(&Walk {
            version: format!("default.v{}", 1 + number % 2),
            begun_at,
            country: (number % 3 != 0).then(|| "DE".to_owned()),
            completed_at: (number % 5 == 0).then_some(begun_at + Duration::HOUR),
            is_complete: number % 5 == 0,
            is_stuck: number % 5 == 1,
            steps: (0..).zip(["a", "b", "c"]).map(step).collect(),
        })
    }

    #[test]
    fn people_who_are_taken_out_again_leave_what_the_others_add_up_to() {
        let sum = |people: &mut dyn Iterator<Item = i64>| {
            let mut cells = Cells::default();
            for number in people {
                cells.add(&person(number));
            }
            cells
        };
        let mut changed = sum(&mut (0..200));
        assert!((100..200).all(|number| changed.remove(&person(number))));
        changed.0.retain(|_, cell| *cell != Cell::default());
        assert_eq!(changed, sum(&mut (0..100)));
        let all = &changed.0[&CellKey { group: Group::all(), step: String::new() }];
        assert_eq!((all.reached, all.completed, all.stuck), (100, 20, 20));
        assert!(!changed.remove(&person(5000)), "nobody was there");
    }
}
