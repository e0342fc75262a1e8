//! The onboarding of a person: its state, and the allowed changes.

mod change;
mod data;
#[cfg(test)]
mod histories;
mod late;
mod life;
#[cfg(test)]
mod lives;
mod moving;
mod reminders;
mod step;
pub mod template;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Timestamp;
use template::{Answers, StepTemplate, Template, TemplateId};

pub use change::{ChangeRefused, StepChange};
pub use data::{DataErrors, MAX_DATA_BYTES};
pub use late::Understood;
pub use life::{Life, LifeEvent, LifeFacts};
pub use moving::{Moving, moving};
pub use reminders::{BadSchedule, ReminderSchedule, ReminderWindow};
pub use step::{MAX_KEY_LENGTH, StepKey, StepRecord, StepStatus, UnknownStep, UnknownStepStatus};

/// The whole state of one person's onboarding.
#[derive(Debug, Clone, PartialEq)]
pub struct Onboarding {
    /// What it is an instance of.
    pub template: TemplateId,
    /// Starts at 1, grows by exactly one with each change.
    pub version: i64,
    /// When it was completed for the first time: the activation. It is set once, and stays when the onboarding is
    /// reopened.
    pub activated_at: Option<Timestamp>,
    /// When it was completed, as long as it is.
    pub completed_at: Option<Timestamp>,
    /// The touched steps. `account` is always among them. Steps that the template does not have are kept, and count
    /// for nothing.
    pub steps: BTreeMap<StepKey, StepRecord>,
    /// What the person has reached, where that is more than the steps say: others apply to them by now. Only reopening a
    /// step takes it away.
    pub progress_floor: Option<u8>,
}

impl Onboarding {
    /// The state that registering makes: `account` is done.
    pub fn begun(template: TemplateId, at: Timestamp) -> Self {
        let account = StepRecord::new(StepStatus::Completed, Map::new(), Some(at));
        let steps = BTreeMap::from([(StepKey::ACCOUNT, account)]);
        Self { template, version: 1, activated_at: None, completed_at: None, steps, progress_floor: None }
    }

    /// How far the person is with a step; none where they have not touched it.
    pub fn status_of(&self, step: &StepKey) -> Option<StepStatus> {
        self.steps.get(step).map(|record| record.status)
    }

    /// All answers to what the template asks no more: those of whole steps by step, and others by where they were given.
    pub fn set_aside(&self, template: &Template) -> Map<String, Value> {
        let steps = self.steps.iter().filter(|(key, _)| template.step(key).is_none());
        let whole = steps.map(|(key, record)| (key.to_string(), Value::Object(record.data.clone())));
        let single = self.steps.values().flat_map(|record| record.set_aside.clone());
        whole.chain(single).collect()
    }

    /// Whether nothing but registering has been done.
    pub fn is_untouched(&self) -> bool {
        self.completed_at.is_none() && self.steps.keys().all(|step| *step == StepKey::ACCOUNT)
    }

    /// The answers to the template's questions.
    pub fn answers<'a>(&'a self, template: &'a Template) -> Answers<'a> {
        Answers::new(template, &self.steps)
    }

    /// Share of the steps that apply which are completed, in whole percent; never less than before, unless a step was
    /// reopened. A skipped step is not done: it counts among neither.
    pub fn progress_percent(&self, template: &Template) -> u8 {
        if self.completed_at.is_some() {
            return 100;
        }
        self.steps_percent(template).max(self.progress_floor.unwrap_or_default())
    }

    /// What the steps say.
    fn steps_percent(&self, template: &Template) -> u8 {
        let answers = self.answers(template);
        let wanted = |step: &&StepTemplate| {
            answers.applies(step) && self.status_of(&step.key) != Some(StepStatus::Skipped)
        };
        let applying = template.steps.iter().filter(wanted);
        let is_done = |step: &&StepTemplate| self.status_of(&step.key) == Some(StepStatus::Completed);
        let (all, done) = (applying.clone().count(), applying.filter(is_done).count());
        // The first step always applies.
        u8::try_from(done * 100 / all.max(1)).unwrap_or(100)
    }

    /// The required steps that apply and are not completed, in order.
    pub fn open_steps(&self, template: &Template) -> Vec<StepKey> {
        let answers = self.answers(template);
        let is_open = |step: &&StepTemplate| {
            step.required && self.status_of(&step.key) != Some(StepStatus::Completed) && answers.applies(step)
        };
        template.steps.iter().filter(is_open).map(|step| step.key.clone()).collect()
    }

    /// This state with `step` as in `record`, one version on.
    #[must_use]
    pub fn with_step(mut self, step: StepKey, record: StepRecord) -> Self {
        self.steps.insert(step, record);
        self.version += 1;
        self
    }

    /// This state completed at `at`, one version on.
    #[must_use]
    pub fn with_completion(mut self, at: Timestamp) -> Self {
        self.activated_at = self.activated_at.or(Some(at));
        self.completed_at = Some(at);
        self.version += 1;
        self
    }

    /// This state, which was complete, open again, one version on.
    #[must_use]
    pub fn reopened(mut self) -> Self {
        self.completed_at = None;
        self.version += 1;
        self
    }

    /// This state, which came of `before` by a change other than reopening a step: what was reached stays.
    #[must_use]
    fn reaching(mut self, reached: u8, template: &Template) -> Self {
        self.progress_floor = (reached > self.steps_percent(template)).then_some(reached);
        self
    }
}
