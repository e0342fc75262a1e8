//! A step that a person has touched.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use crate::domain::Timestamp;

/// The length limit of a key, in characters. All of them are ASCII.
pub const MAX_KEY_LENGTH: usize = 32;

/// The name of a step in paths, answers and the database: a small letter, then small letters, digits and `_`, at most
/// [`MAX_KEY_LENGTH`] characters in all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepKey(Cow<'static, str>);

/// The text names no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no onboarding step {0:?}")]
pub struct UnknownStep(pub String);

impl StepKey {
    /// The step that registering completes: the first one of every template.
    pub const ACCOUNT: Self = Self(Cow::Borrowed("account"));

    /// The key as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether `text` can be the key of a step, a field or a template.
pub(super) fn is_key(text: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    text.len() <= MAX_KEY_LENGTH
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase())
        && text.bytes().all(rest)
}

impl FromStr for StepKey {
    type Err = UnknownStep;

    fn from_str(text: &str) -> Result<Self, UnknownStep> {
        if is_key(text) { Ok(Self(Cow::Owned(text.to_owned()))) } else { Err(UnknownStep(text.to_owned())) }
    }
}

impl fmt::Display for StepKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The status of a step that a person has touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepStatus {
    /// The person has begun the step.
    InProgress,
    /// The person has completed the step.
    Completed,
    /// The person has left the step out. Only a step that is not required can be skipped.
    Skipped,
}

/// The text names no status of a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of in_progress, completed, skipped")]
pub struct UnknownStepStatus(pub String);

impl StepStatus {
    /// The status' name in answers and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Skipped => "skipped",
        }
    }
}

impl FromStr for StepStatus {
    type Err = UnknownStepStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStepStatus> {
        match text {
            "in_progress" => Ok(Self::InProgress),
            "completed" => Ok(Self::Completed),
            "skipped" => Ok(Self::Skipped),
            other => Err(UnknownStepStatus(other.to_owned())),
        }
    }
}

/// What is stored of one step that a person has touched.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// The status of the step.
    pub status: StepStatus,
    /// The answers of the person: an object that belongs to the client.
    pub data: Map<String, Value>,
    /// The time of the step's first completion; none while the step is open.
    pub completed_at: Option<Timestamp>,
    /// Answers to questions that are asked no more, by the places where the answers were given, such as
    /// `v1.profile.phone`. Only an export reads these answers.
    pub set_aside: Map<String, Value>,
}

impl StepRecord {
    /// A step with `data` and nothing set aside.
    pub fn new(status: StepStatus, data: Map<String, Value>, completed_at: Option<Timestamp>) -> Self {
        Self { status, data, completed_at, set_aside: Map::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_plain() {
        for good in ["account", "a", "step_2", "x2345678901234567890123456789012"] {
            assert_eq!(good.parse::<StepKey>().unwrap().as_str(), good);
        }
        for bad in ["", "Profile", "2nd", "_a", "a-b", "a b", "é", "x23456789012345678901234567890123"] {
            assert_eq!(bad.parse::<StepKey>(), Err(UnknownStep(bad.to_owned())));
        }
    }
}
