//! The steps, in their order.

use std::str::FromStr;

/// One step of the onboarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Done by registering.
    Account,
    /// Who the person is.
    Profile,
    /// Whom they work for.
    Organization,
    /// How they want to be served; the only one that may be skipped.
    Preferences,
    /// A last look, and consent.
    Review,
}

/// A key that names no step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no onboarding step {0:?}")]
pub struct UnknownStep(pub String);

impl Step {
    /// All steps in the order in which a person meets them.
    pub const ALL: [Self; 5] =
        [Self::Account, Self::Profile, Self::Organization, Self::Preferences, Self::Review];

    /// The name in paths, answers and the database.
    pub fn key(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Profile => "profile",
            Self::Organization => "organization",
            Self::Preferences => "preferences",
            Self::Review => "review",
        }
    }

    /// The name a person reads.
    pub fn title(self) -> &'static str {
        match self {
            Self::Account => "Create your account",
            Self::Profile => "Your profile",
            Self::Organization => "Your organization",
            Self::Preferences => "Your preferences",
            Self::Review => "Review and finish",
        }
    }

    /// Whether the onboarding can only be completed with this step completed.
    pub fn required(self) -> bool {
        self != Self::Preferences
    }
}

impl FromStr for Step {
    type Err = UnknownStep;

    fn from_str(key: &str) -> Result<Self, UnknownStep> {
        Self::ALL.into_iter().find(|step| step.key() == key).ok_or_else(|| UnknownStep(key.to_owned()))
    }
}

/// How far a person is with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepStatus {
    /// Some of it is there.
    InProgress,
    /// Done.
    Completed,
    /// Left out on purpose; only where the step is not required.
    Skipped,
}

/// A text that is no status of a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be one of in_progress, completed, skipped")]
pub struct UnknownStepStatus(pub String);

impl StepStatus {
    /// The name in answers and the database.
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
