//! The part of an onboarding's change that concerns more than one step.

use crate::domain::onboarding::template::TemplateId;
use crate::domain::onboarding::{Onboarding, StepKey, StepRecord};

/// The changes of an onboarding beside one step: another template, or changes of other steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Reshape {
    /// The template of the onboarding from now on.
    pub template: TemplateId,
    /// The floor of the progress; see [`Onboarding::progress_floor`].
    pub progress_floor: Option<u8>,
    /// The steps to set (insert or replace).
    pub saved: Vec<(StepKey, StepRecord)>,
    /// The steps to delete, because they are set under another key.
    pub removed: Vec<StepKey>,
}

impl Reshape {
    /// The changes that turn `before` into `after`, without the step `saved`; none where there are no other changes.
    pub fn between(before: &Onboarding, after: &Onboarding, saved: Option<&StepKey>) -> Option<Box<Self>> {
        let is_else = |step: &&StepKey| Some(*step) != saved;
        let changed = after.steps.iter().filter(|(step, record)| before.steps.get(step) != Some(*record));
        let changed: Vec<_> = changed.filter(|(step, _)| is_else(step)).collect();
        let removed: Vec<_> = before.steps.keys().filter(|step| !after.steps.contains_key(step)).collect();
        let same = before.template == after.template && before.progress_floor == after.progress_floor;
        if same && changed.is_empty() && removed.is_empty() {
            return None;
        }
        Some(Box::new(Self {
            template: after.template.clone(),
            progress_floor: after.progress_floor,
            saved: changed.into_iter().map(|(step, record)| (step.clone(), record.clone())).collect(),
            removed: removed.into_iter().cloned().collect(),
        }))
    }
}
