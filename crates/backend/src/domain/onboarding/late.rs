//! Translates a change that names steps and fields by an earlier version of the template. A page that was loaded
//! before a new version came sends such changes.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::step::{StepKey, StepRecord, StepStatus, UnknownStep};
use super::template::{FieldRef, Located, Template, locate_field, locate_step};
use super::{ChangeRefused, DataErrors, Onboarding, StepChange};
use crate::domain::Timestamp;

/// A change, translated to the version of the template that the onboarding is an instance of.
#[derive(Debug, Clone, PartialEq)]
pub struct Understood {
    step: StepKey,
    change: StepChange,
    /// Answers to questions that other steps ask now.
    elsewhere: Vec<(FieldRef, Value)>,
    /// Answers to questions that no step asks any more, by the place that asked them last.
    aside: Vec<(String, Value)>,
    /// Fields that have moved to this step from others. A page that does not know such a field does not remove its
    /// answer.
    arrived: Vec<String>,
}

impl Understood {
    /// Translates `change` of the step `key`. `lineage` has the known versions of the template, up to the
    /// onboarding's own.
    ///
    /// # Errors
    ///
    /// [`UnknownStep`] where no version has the step.
    pub fn of(lineage: &[Arc<Template>], key: &StepKey, change: StepChange) -> Result<Self, UnknownStep> {
        let step = match locate_step(lineage, key) {
            Located::Here(step) | Located::Dropped(_, step) => step,
            Located::Unknown => return Err(UnknownStep(key.to_string())),
        };
        let (status, data) = (change.status, change.data);
        let change = StepChange { status, data: data.as_ref().map(|_| Map::new()) };
        let arrived = arrived(lineage, &step);
        let mut understood = Self { step, change, elsewhere: Vec::new(), aside: Vec::new(), arrived };
        // What has today's name comes first, so that an old name never takes its place.
        let is_of_today = |field: &String| {
            let step = understood.step.clone();
            lineage.last().is_some_and(|last| last.field(&FieldRef { step, field: field.clone() }).is_some())
        };
        let (today, earlier): (Vec<_>, Vec<_>) =
            data.into_iter().flatten().partition(|(field, _)| is_of_today(field));
        for (field, value) in today {
            understood.put(field, value);
        }
        for (field, value) in earlier {
            understood.translate(lineage, FieldRef { step: key.clone(), field }, value);
        }
        Ok(understood)
    }

    /// The step that is changed.
    pub fn step(&self) -> &StepKey {
        &self.step
    }

    fn translate(&mut self, lineage: &[Arc<Template>], at: FieldRef, value: Value) {
        match locate_field(lineage, &at) {
            Located::Here(new) if new.step == self.step => {
                if self.change.data.as_ref().is_none_or(|data| !data.contains_key(&new.field)) {
                    self.put(new.field, value);
                }
            }
            Located::Here(new) => self.elsewhere.push((new, value)),
            // A step that is kept as a whole keeps its fields by their names.
            Located::Dropped(..) if self.is_kept(lineage) => self.put(at.field, value),
            Located::Dropped(id, last) => self.aside.push((format!("{id}.{last}"), value)),
            Located::Unknown => self.put(at.field, value),
        }
    }

    fn is_kept(&self, lineage: &[Arc<Template>]) -> bool {
        lineage.last().is_some_and(|last| last.step(&self.step).is_none())
    }

    fn put(&mut self, field: String, value: Value) {
        self.change.data.get_or_insert_default().insert(field, value);
    }

    /// Checks the data of the change against the template; see [`Onboarding::check_data`].
    pub fn check(&self, state: &Onboarding, template: &Template) -> Result<(), DataErrors> {
        state.check_data(template, &self.step, &self.change_of(state))
    }

    /// The change, completed by the stored answers that the change leaves as they are.
    fn change_of(&self, state: &Onboarding) -> StepChange {
        let mut change = self.change.clone();
        let stored = state.steps.get(&self.step);
        if let (Some(data), Some(stored)) = (&mut change.data, stored) {
            for field in &self.arrived {
                if let (None, Some(value)) = (data.get(field), stored.data.get(field)) {
                    data.insert(field.clone(), value.clone());
                }
            }
        }
        change
    }

    /// The onboarding after the change, one version higher; see [`Onboarding::change_step`].
    pub fn apply(
        self,
        state: &Onboarding,
        template: &Template,
        now: Timestamp,
    ) -> Result<Onboarding, ChangeRefused> {
        let reached = state.progress_percent(template);
        let reopens = state.reopens(template, &self.step, self.change.status);
        let mut changed = state.change_step(template, &self.step, self.change_of(state), now)?;
        if let Some(record) = changed.steps.get_mut(&self.step) {
            record.set_aside.extend(self.aside);
        }
        for (at, value) in self.elsewhere {
            let untouched = || StepRecord::new(StepStatus::InProgress, Map::new(), None);
            changed.steps.entry(at.step).or_insert_with(untouched).data.insert(at.field, value);
        }
        // Answers elsewhere may have let other steps apply.
        let is_settled = reopens || state.completed_at.is_some();
        Ok(if is_settled { changed } else { changed.reaching(reached, template) })
    }
}

/// The fields of a step that an earlier version asked in another step.
fn arrived(lineage: &[Arc<Template>], step: &StepKey) -> Vec<String> {
    let mut fields = Vec::new();
    for (index, template) in lineage.iter().enumerate() {
        let succession = &template.succession;
        for (old, new) in &succession.renamed_fields {
            let is_elsewhere = succession.step(&old.step).as_ref() != Some(&new.step);
            if is_elsewhere
                && let Located::Here(at) = locate_field(&lineage[index..], new)
                && at.step == *step
            {
                fields.push(at.field);
            }
        }
    }
    fields
}
