//! The record that one person counts for in the funnel.

use serde::{Deserialize, Serialize};

use super::durations::Durations;
use super::group::{Dimension, Group, week_of};
use crate::domain::Timestamp;
use crate::domain::onboarding::StepStatus;

/// A person's way through the onboarding, as the onboarding is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The template and its version, as `default.v1`.
    pub version: String,
    /// When the person registered.
    pub begun_at: Timestamp,
    /// The country that the person has chosen (ISO 3166-1 alpha-2); none where the person has chosen none.
    pub country: Option<String>,
    /// The time of the first completion of the onboarding; none before it.
    pub completed_at: Option<Timestamp>,
    /// Whether the onboarding is complete now.
    pub is_complete: bool,
    /// Whether nothing has changed for so long that the person is stuck.
    pub is_stuck: bool,
    /// The steps that apply to the person, in order, and other steps that the person has touched.
    pub steps: Vec<WalkStep>,
}

/// One step of a [`Walk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkStep {
    /// The key of the step.
    pub key: String,
    /// The status of the step; none where the person has not touched the step.
    pub status: Option<StepStatus>,
    /// The time of the step's completion; none where the step is not complete.
    pub completed_at: Option<Timestamp>,
}

/// What one person counts for: the groups, and the share in each group. The record is stored, so that the same share
/// can be taken out later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    version: String,
    week: String,
    country: String,
    completed: bool,
    stuck: bool,
    took: Option<u16>,
    steps: Vec<CountedStep>,
}

/// What one person counts for in one step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedStep {
    /// The key of the step.
    pub key: String,
    status: char,
    /// Whether the person is stuck at this step.
    pub stuck: bool,
    /// The bucket of the time from the end of the step before to the end of this step; none where this step is not
    /// complete.
    pub took: Option<u16>,
}

/// The bytes are no serialized [`Counted`].
#[derive(Debug, thiserror::Error)]
#[error("is no record of what a person counts for")]
pub struct NotCounted(#[from] serde_json::Error);

const NOT_TOUCHED: char = '-';

impl CountedStep {
    /// The status of the step; none where the person has reached the step and not touched it.
    pub fn status(&self) -> Option<StepStatus> {
        match self.status {
            'c' => Some(StepStatus::Completed),
            's' => Some(StepStatus::Skipped),
            'p' => Some(StepStatus::InProgress),
            _ => None,
        }
    }
}

fn letter(status: Option<StepStatus>) -> char {
    match status {
        Some(StepStatus::Completed) => 'c',
        Some(StepStatus::Skipped) => 's',
        Some(StepStatus::InProgress) => 'p',
        None => NOT_TOUCHED,
    }
}

impl Counted {
    /// The record of a person with this way. The record has each step that the person has reached, by touching the
    /// step or by being done with all steps before it.
    pub fn of(walk: &Walk) -> Self {
        let is_open =
            |step: &WalkStep| !matches!(step.status, Some(StepStatus::Completed | StepStatus::Skipped));
        let current = walk.steps.iter().position(is_open).filter(|_| !walk.is_complete);
        let reached = walk.steps.iter().enumerate();
        let reached = reached.filter(|(index, step)| step.status.is_some() || Some(*index) == current);
        let steps = reached.map(|(index, step)| CountedStep {
            key: step.key.clone(),
            status: letter(step.status),
            stuck: walk.is_stuck && Some(index) == current,
            took: walk.time_of(index),
        });
        Self {
            version: walk.version.clone(),
            week: week_of(walk.begun_at),
            country: walk.country.clone().unwrap_or_default(),
            completed: walk.is_complete,
            stuck: walk.is_stuck,
            took: walk.completed_at.map(|end| bucket_between(walk.begun_at, end)),
            steps: steps.collect(),
        }
    }

    /// The groups that the person is in, one of each dimension.
    pub fn groups(&self) -> [Group; 4] {
        let group = |dimension, value: &str| Group { dimension, value: value.to_owned() };
        [
            Group::all(),
            group(Dimension::Version, &self.version),
            group(Dimension::Week, &self.week),
            group(Dimension::Country, &self.country),
        ]
    }

    /// Whether the onboarding is complete.
    pub fn completed(&self) -> bool {
        self.completed
    }

    /// Whether the person is stuck.
    pub fn stuck(&self) -> bool {
        self.stuck
    }

    /// The bucket of the time from the registration to the first completion; none before that completion.
    pub fn took(&self) -> Option<u16> {
        self.took
    }

    /// The steps that the person has reached.
    pub fn steps(&self) -> &[CountedStep] {
        &self.steps
    }

    /// The record as bytes for the database.
    ///
    /// # Errors
    ///
    /// Never. The record has only texts and numbers, which always can be encoded; the encoder's type has an error
    /// nevertheless.
    pub fn to_bytes(&self) -> Result<Vec<u8>, NotCounted> {
        Ok(serde_json::to_vec(self)?)
    }

    /// The record of the bytes of [`Self::to_bytes`].
    ///
    /// # Errors
    ///
    /// [`NotCounted`] where the bytes are not those of a record.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NotCounted> {
        Ok(serde_json::from_slice(bytes)?)
    }
}

impl Walk {
    /// The bucket of the time that a completed step took: since the completion of the step before, or since the
    /// registration.
    fn time_of(&self, index: usize) -> Option<u16> {
        let end = self.steps[index].completed_at?;
        let others = self.steps.iter().enumerate().filter(|(other, _)| *other != index);
        let before = others.filter_map(|(other, step)| {
            let at = step.completed_at?;
            (at < end || (at == end && other < index)).then_some(at)
        });
        Some(bucket_between(before.fold(self.begun_at, Timestamp::max), end))
    }
}

/// The bucket of the time between two moments. An `end` before `from`, which clocks that differ can make, counts as
/// no time.
fn bucket_between(from: Timestamp, end: Timestamp) -> u16 {
    Durations::bucket(u64::try_from((end - from).whole_seconds()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const AT: Timestamp = datetime!(2026-11-28 12:00 UTC);

    fn walk(steps: &[(&str, Option<StepStatus>, Option<i64>)]) -> Walk {
        let at = |seconds: i64| AT + Duration::seconds(seconds);
        let steps = steps.iter().map(|(key, status, completed)| WalkStep {
            key: (*key).to_owned(),
            status: *status,
            completed_at: completed.map(at),
        });
        Walk {
            version: "default.v1".into(),
            begun_at: AT,
            country: Some("DE".into()),
            completed_at: None,
            is_complete: false,
            is_stuck: true,
            steps: steps.collect(),
        }
    }

    #[test]
    fn a_step_is_reached_by_touching_it_or_by_what_is_done_before_it() {
        use StepStatus::{Completed, InProgress, Skipped};
        let walk = walk(&[
            ("account", Some(Completed), Some(0)),
            ("profile", Some(Completed), Some(90)),
            ("organization", None, None),
            ("preferences", Some(Skipped), None),
            ("review", Some(InProgress), None),
            ("extra", None, None),
        ]);
        let counted = Counted::of(&walk);
        let reached: Vec<_> = counted
            .steps
            .iter()
            .map(|step| (step.key.as_str(), step.status(), step.stuck, step.took))
            .collect();
        assert_eq!(
            reached,
            [
                ("account", Some(Completed), false, Some(0)),
                ("profile", Some(Completed), false, Some(Durations::bucket(90))),
                ("organization", None, true, None),
                ("preferences", Some(Skipped), false, None),
                ("review", Some(InProgress), false, None),
            ]
        );
        let bytes = counted.to_bytes().unwrap();
        assert_eq!(Counted::from_bytes(&bytes).unwrap(), counted);
        assert!(Counted::from_bytes(&bytes[1..]).is_err());
        let groups = counted.groups().map(|group| group.value);
        assert_eq!(groups, ["", "default.v1", "2026-W48", "DE"]);
    }

    #[test]
    fn a_step_takes_the_time_since_the_one_that_was_completed_before_it() {
        let done = Some(StepStatus::Completed);
        let walk = walk(&[
            ("a", done, Some(300)),
            ("b", done, Some(100)),
            ("c", done, Some(300)),
            ("d", done, Some(-5)),
        ]);
        let took: Vec<_> = Counted::of(&walk).steps.iter().map(|step| step.took.unwrap()).collect();
        assert_eq!(took, [200, 100, 0, 0].map(Durations::bucket));
    }

    #[test]
    fn whoever_is_done_is_stuck_nowhere() {
        let walk = Walk {
            is_complete: true,
            is_stuck: false,
            completed_at: Some(AT + Duration::HOUR),
            ..walk(&[("a", None, None)])
        };
        let counted = Counted::of(&walk);
        assert!(counted.steps.is_empty() && counted.completed && !counted.stuck);
        assert_eq!(counted.took, Some(Durations::bucket(3600)));
    }
}
