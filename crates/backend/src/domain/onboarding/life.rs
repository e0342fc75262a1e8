//! The life of an onboarding: its states, and which event leads from which to which.
//!
//! No state is stored. The state follows from four facts ([`LifeFacts`]) and the time. So a person becomes stuck
//! without a job that writes it, and no row can contradict another. The table says where each event leads. The tests
//! walk through random histories and compare the table with the facts.

use time::Duration;

use crate::domain::Timestamp;

/// The state of an onboarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// The person has registered and changed nothing since.
    Begun,
    /// The person has changed something, and not long ago.
    InProgress,
    /// The onboarding was never completed, and nothing has changed for so long that the person may be reminded.
    Stuck,
    /// The onboarding is complete.
    Completed,
    /// The onboarding was complete once, and the person works on it again. The person gets no reminders, however long
    /// that takes.
    Reopened,
}

/// An event in the life of an onboarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LifeEvent {
    /// The person changes a step.
    Change,
    /// Nothing has changed for so long that the person counts as stuck.
    Silence,
    /// The person completes the onboarding. The first completion is the activation, which is written once.
    Complete,
    /// The person opens the onboarding again.
    Reopen,
    /// The service writes a reminder.
    Remind,
}

use Life::{Begun, Completed, InProgress, Reopened, Stuck};

impl Life {
    /// All states, in the order of the table.
    pub const ALL: [Self; 5] = [Begun, InProgress, Stuck, Completed, Reopened];

    /// The transitions: a row for each state with the next states after `Change`, `Silence`, `Complete`, `Reopen` and
    /// `Remind`. None stands for an event that cannot happen. The same state stands for an event that changes
    /// nothing.
    const TABLE: [(Self, [Option<Self>; 5]); 5] = [
        // from        Change            Silence           Complete         Reopen            Remind
        (Begun, [Some(InProgress), Some(Stuck), Some(Completed), Some(Begun), None]),
        (InProgress, [Some(InProgress), Some(Stuck), Some(Completed), Some(InProgress), None]),
        (Stuck, [Some(InProgress), Some(Stuck), Some(Completed), Some(Stuck), Some(Stuck)]),
        (Completed, [Some(Completed), Some(Completed), Some(Completed), Some(Reopened), None]),
        (Reopened, [Some(Reopened), Some(Reopened), Some(Completed), Some(Reopened), None]),
    ];

    /// The state after `event`; none where the event cannot happen in this state.
    pub fn after(self, event: LifeEvent) -> Option<Self> {
        let (_, row) = Self::TABLE.iter().find(|(from, _)| *from == self)?;
        row[event as usize]
    }

    /// The state's name in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Begun => "begun",
            InProgress => "in_progress",
            Stuck => "stuck",
            Completed => "completed",
            Reopened => "reopened",
        }
    }
}

/// The facts that the state of an onboarding follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeFacts {
    /// The version of the onboarding, which is 1 until the first change.
    pub version: i64,
    /// The time of the last change. The time may be later than now, by as much as the clocks of instances differ.
    pub changed_at: Timestamp,
    /// The time of the first completion; none before it.
    pub activated_at: Option<Timestamp>,
    /// The time of the present completion; none while the onboarding is open.
    pub completed_at: Option<Timestamp>,
}

impl LifeFacts {
    /// Whether a person may be reminded at `now`.
    pub fn is_stuck(&self, stuck_after: Duration, now: Timestamp) -> bool {
        self.life(stuck_after, now).after(LifeEvent::Remind).is_some()
    }

    /// The time when the person becomes stuck, unless something changes before; none where the onboarding is or was
    /// completed.
    pub fn stuck_at(&self, stuck_after: Duration) -> Option<Timestamp> {
        (self.completed_at.is_none() && self.activated_at.is_none()).then(|| self.changed_at + stuck_after)
    }

    /// The state at `now`. A person who changes nothing for `stuck_after` is stuck.
    pub fn life(&self, stuck_after: Duration, now: Timestamp) -> Life {
        if self.completed_at.is_some() {
            Completed
        } else if self.activated_at.is_some() {
            Reopened
        } else if self.stuck_at(stuck_after).is_some_and(|at| at <= now) {
            Stuck
        } else if self.version <= 1 {
            Begun
        } else {
            InProgress
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const AT: Timestamp = datetime!(2026-03-01 12:00 UTC);
    const STUCK_AFTER: Duration = Duration::hours(48);

    #[test]
    fn every_state_has_a_row_and_only_the_stuck_are_reminded() {
        let events = [
            LifeEvent::Change,
            LifeEvent::Silence,
            LifeEvent::Complete,
            LifeEvent::Reopen,
            LifeEvent::Remind,
        ];
        for (life, (from, _)) in Life::ALL.into_iter().zip(Life::TABLE) {
            assert_eq!(life, from, "rows are in order, and none is there twice");
            for event in events {
                let may = event != LifeEvent::Remind || life == Stuck;
                assert_eq!(life.after(event).is_some(), may, "{life:?} {event:?}");
            }
            assert_eq!(life.after(LifeEvent::Complete), Some(Completed));
        }
        assert_eq!(Completed.after(LifeEvent::Reopen), Some(Reopened));
        assert_eq!(Completed.after(LifeEvent::Change), Some(Completed));
    }

    #[test]
    fn a_state_follows_from_facts() {
        let facts = LifeFacts { version: 1, changed_at: AT, activated_at: None, completed_at: None };
        let once = Some(AT);
        let table = [
            (facts, Duration::ZERO, Begun),
            (facts, STUCK_AFTER - Duration::MILLISECOND, Begun),
            (facts, STUCK_AFTER, Stuck),
            (facts, Duration::seconds(-30), Begun),
            (LifeFacts { version: 2, ..facts }, Duration::HOUR, InProgress),
            (LifeFacts { version: 2, ..facts }, Duration::days(400), Stuck),
            (LifeFacts { completed_at: once, ..facts }, Duration::days(400), Completed),
            (LifeFacts { activated_at: once, completed_at: once, ..facts }, Duration::ZERO, Completed),
            (LifeFacts { activated_at: once, ..facts }, Duration::days(400), Reopened),
        ];
        for (facts, silence, expected) in table {
            assert_eq!(facts.life(STUCK_AFTER, AT + silence), expected, "{facts:?} {silence}");
        }
    }
}
