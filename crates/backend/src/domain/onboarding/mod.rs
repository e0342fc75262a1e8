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

/// The onboarding of one person.
#[derive(Debug, Clone, PartialEq)]
pub struct Onboarding {
    /// The template that the onboarding is an instance of.
    pub template: TemplateId,
    /// The version, which starts at 1 and grows by one with each change.
    pub version: i64,
    /// The time of the first completion, which is the activation; none before it. A reopened onboarding keeps this
    /// time.
    pub activated_at: Option<Timestamp>,
    /// The time of the present completion; none while the onboarding is open.
    pub completed_at: Option<Timestamp>,
    /// The touched steps. `account` is always among them. Steps that the template does not have are kept, and count
    /// for nothing.
    pub steps: BTreeMap<StepKey, StepRecord>,
    /// The progress that the person has reached, in percent; none where it is that of the steps. The steps may say
    /// less, because other steps apply to the person by now. Only reopening a step lowers the progress.
    pub progress_floor: Option<u8>,
}

impl Onboarding {
    /// The onboarding of somebody who has just registered: the step `account` is completed.
    pub fn begun(template: TemplateId, at: Timestamp) -> Self {
        let account = StepRecord::new(StepStatus::Completed, Map::new(), Some(at));
        let steps = BTreeMap::from([(StepKey::ACCOUNT, account)]);
        Self { template, version: 1, activated_at: None, completed_at: None, steps, progress_floor: None }
    }

    /// The status of a step; none where the person has not touched the step.
    pub fn status_of(&self, step: &StepKey) -> Option<StepStatus> {
        self.steps.get(step).map(|record| record.status)
    }

    /// The answers to questions that the template asks no more: those of whole steps by step, and others by the place
    /// where they were given.
    pub fn set_aside(&self, template: &Template) -> Map<String, Value> {
        let steps = self.steps.iter().filter(|(key, _)| template.step(key).is_none());
        let whole = steps.map(|(key, record)| (key.to_string(), Value::Object(record.data.clone())));
        let single = self.steps.values().flat_map(|record| record.set_aside.clone());
        whole.chain(single).collect()
    }

    /// Whether the person has done nothing but register.
    pub fn is_untouched(&self) -> bool {
        self.completed_at.is_none() && self.steps.keys().all(|step| *step == StepKey::ACCOUNT)
    }

    /// The answers to the template's questions.
    pub fn answers<'a>(&'a self, template: &'a Template) -> Answers<'a> {
        Answers::new(template, &self.steps)
    }

    /// The percentage of completed steps among the steps that apply and are not skipped. The percentage never falls,
    /// unless a step is reopened.
    pub fn progress_percent(&self, template: &Template) -> u8 {
        if self.completed_at.is_some() {
            return 100;
        }
        self.steps_percent(template).max(self.progress_floor.unwrap_or_default())
    }

    /// The percentage by the steps alone.
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

    /// The onboarding with the record `record` of the step `step`, one version higher.
    #[must_use]
    pub fn with_step(mut self, step: StepKey, record: StepRecord) -> Self {
        self.steps.insert(step, record);
        self.version += 1;
        self
    }

    /// The onboarding, completed at `at`, one version higher.
    #[must_use]
    pub fn with_completion(mut self, at: Timestamp) -> Self {
        self.activated_at = self.activated_at.or(Some(at));
        self.completed_at = Some(at);
        self.version += 1;
        self
    }

    /// The completed onboarding, open again, one version higher.
    #[must_use]
    pub fn reopened(mut self) -> Self {
        self.completed_at = None;
        self.version += 1;
        self
    }

    /// The onboarding with at least the progress `reached`. The change was not one that reopens a step.
    #[must_use]
    fn reaching(mut self, reached: u8, template: &Template) -> Self {
        self.progress_floor = (reached > self.steps_percent(template)).then_some(reached);
        self
    }
}
