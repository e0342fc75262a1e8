//! The part of an onboarding's change that concerns more than one step.

use crate::domain::onboarding::template::TemplateId;
use crate::domain::onboarding::{Onboarding, StepKey, StepRecord};

/// What else of an onboarding changes: it becomes an instance of another template, or the change of one step touches
/// others.
#[derive(Debug, Clone, PartialEq)]
pub struct Reshape {
    /// What it is an instance of from now on.
    pub template: TemplateId,
    /// See [`Onboarding::progress_floor`].
    pub progress_floor: Option<u8>,
    /// Steps to set as given (insert or replace).
    pub saved: Vec<(StepKey, StepRecord)>,
    /// Steps to delete: they have another name among those that are set.
    pub removed: Vec<StepKey>,
}

impl Reshape {
    /// What turns `before` into `after`, but for one step that is saved besides; none where there is nothing else.
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
