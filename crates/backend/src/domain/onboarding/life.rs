//! The life of an onboarding: its states, and which event leads from which to which.
//!
//! Nothing stores a state. It follows from four facts ([`LifeFacts`]) and the time, so that no job has to run for
//! somebody to become stuck, and no row can contradict another. The table says where an event leads; the tests walk
//! through random histories and find both to say the same.

use time::Duration;

use crate::domain::Timestamp;

/// Where an onboarding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// The person has registered and changed nothing since.
    Begun,
    /// The person has changed something, not long ago.
    InProgress,
    /// The onboarding was never completed, and nothing has changed for so long that the person may be reminded.
    Stuck,
    /// It is complete.
    Completed,
    /// It was complete once, and the person works on it again. However long that takes, nobody is reminded.
    Reopened,
}

/// What happens to an onboarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LifeEvent {
    /// A step is changed.
    Change,
    /// Nothing changes for as long as makes a person stuck.
    Silence,
    /// The person completes the onboarding. The first time is the activation, which is written once.
    Complete,
    /// The person opens the onboarding again.
    Reopen,
    /// A reminder is written.
    Remind,
}

use Life::{Begun, Completed, InProgress, Reopened, Stuck};

impl Life {
    /// All states, in the order of the table.
    pub const ALL: [Self; 5] = [Begun, InProgress, Stuck, Completed, Reopened];

    /// The table: a row for each state, and in it where `Change`, `Silence`, `Complete`, `Reopen` and `Remind` lead; none
    /// for what cannot happen. An event that leads to where it comes from changes nothing of the state.
    const TABLE: [(Self, [Option<Self>; 5]); 5] = [
        // from        Change            Silence           Complete         Reopen            Remind
        (Begun, [Some(InProgress), Some(Stuck), Some(Completed), Some(Begun), None]),
        (InProgress, [Some(InProgress), Some(Stuck), Some(Completed), Some(InProgress), None]),
        (Stuck, [Some(InProgress), Some(Stuck), Some(Completed), Some(Stuck), Some(Stuck)]),
        (Completed, [Some(Completed), Some(Completed), Some(Completed), Some(Reopened), None]),
        (Reopened, [Some(Reopened), Some(Reopened), Some(Completed), Some(Reopened), None]),
    ];

    /// Where `event` leads from here; none where it cannot happen.
    pub fn after(self, event: LifeEvent) -> Option<Self> {
        let (_, row) = Self::TABLE.iter().find(|(from, _)| *from == self)?;
        row[event as usize]
    }

    /// The name in answers.
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

/// What the state of an onboarding follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LifeFacts {
    /// 1 until the first change.
    pub version: i64,
    /// When it was last changed. May be later than now, by as much as clocks of instances differ.
    pub changed_at: Timestamp,
    /// When it was completed for the first time.
    pub activated_at: Option<Timestamp>,
    /// When it was completed, as long as it is.
    pub completed_at: Option<Timestamp>,
}

impl LifeFacts {
    /// Whether a person may be reminded at `now`.
    pub fn is_stuck(&self, stuck_after: Duration, now: Timestamp) -> bool {
        self.life(stuck_after, now).after(LifeEvent::Remind).is_some()
    }

    /// When the person is stuck, unless something changes until then; none for whoever has completed the onboarding, now or
    /// before.
    pub fn stuck_at(&self, stuck_after: Duration) -> Option<Timestamp> {
        (self.completed_at.is_none() && self.activated_at.is_none()).then(|| self.changed_at + stuck_after)
    }

    /// The state at `now`, where whoever changes nothing for `stuck_after` is stuck.
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
