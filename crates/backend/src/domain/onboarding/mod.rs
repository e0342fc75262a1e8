//! A person's way through the onboarding: the state, and which changes of it are allowed.

mod change;
mod data;
mod step;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Timestamp;

pub use change::{ChangeRefused, StepChange};
pub use data::{DataErrors, MAX_DATA_BYTES, StepData};
pub use step::{Step, StepStatus, UnknownStep, UnknownStepStatus};

/// What is known of one step that a person has touched.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// How far they are.
    pub status: StepStatus,
    /// What they entered: an object that the client owns.
    pub data: Map<String, Value>,
    /// When the step was first completed, as long as it is.
    pub completed_at: Option<Timestamp>,
}

/// The whole state of one person's onboarding.
#[derive(Debug, Clone, PartialEq)]
pub struct Onboarding {
    /// Starts at 1, grows by exactly one with each change.
    pub version: i64,
    /// When the onboarding was completed.
    pub completed_at: Option<Timestamp>,
    /// The touched steps. `account` is always among them.
    pub steps: BTreeMap<Step, StepRecord>,
}

impl Onboarding {
    /// The state that registering makes: `account` is done.
    pub fn begun(at: Timestamp) -> Self {
        let account = StepRecord { status: StepStatus::Completed, data: Map::new(), completed_at: Some(at) };
        Self { version: 1, completed_at: None, steps: BTreeMap::from([(Step::Account, account)]) }
    }

    /// How far the person is with `step`; none where they have not touched it.
    pub fn status_of(&self, step: Step) -> Option<StepStatus> {
        self.steps.get(&step).map(|record| record.status)
    }

    /// Share of the steps that are completed or skipped, in whole percent.
    pub fn progress_percent(&self) -> u8 {
        let done = self.steps.values().filter(|record| record.status != StepStatus::InProgress).count();
        u8::try_from(done * 100 / Step::ALL.len()).unwrap_or(100)
    }

    /// The required steps that are not completed, in order.
    pub fn open_steps(&self) -> Vec<Step> {
        let open = |step: &Step| step.required() && self.status_of(*step) != Some(StepStatus::Completed);
        Step::ALL.into_iter().filter(open).collect()
    }

    /// This state with `step` as in `record`, one version on.
    #[must_use]
    pub fn with_step(mut self, step: Step, record: StepRecord) -> Self {
        self.steps.insert(step, record);
        self.version += 1;
        self
    }

    /// This state completed at `at`, one version on.
    #[must_use]
    pub fn with_completion(mut self, at: Timestamp) -> Self {
        self.completed_at = Some(at);
        self.version += 1;
        self
    }
}
