//! Finds the parts of a template that apply to a person with certain answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::condition::{Condition, FieldRef};
use super::field::{Field, is_blank};
use super::{StepTemplate, Template};
use crate::domain::onboarding::step::{StepKey, StepRecord};

/// A person's answers to a template's questions.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    template: &'a Template,
    steps: &'a BTreeMap<StepKey, StepRecord>,
    /// A step, and data that stands in for the stored data of that step.
    instead: Option<(&'a StepKey, &'a Map<String, Value>)>,
}

impl<'a> Answers<'a> {
    /// The answers in the steps that a person has touched.
    pub fn new(template: &'a Template, steps: &'a BTreeMap<StepKey, StepRecord>) -> Self {
        Self { template, steps, instead: None }
    }

    /// These answers, with `data` in place of the stored data of `step`.
    #[must_use]
    pub fn with(self, step: &'a StepKey, data: &'a Map<String, Value>) -> Self {
        Self { instead: Some((step, data)), ..self }
    }

    /// Whether the step is asked.
    pub fn applies(&self, step: &StepTemplate) -> bool {
        step.applies_when.as_ref().is_none_or(|condition| self.holds(condition))
    }

    /// Whether the field is shown, where the field's step is asked.
    pub fn is_visible(&self, field: &Field) -> bool {
        field.visible_when.as_ref().is_none_or(|condition| self.holds(condition))
    }

    /// The answer to a question that is asked; none where the question is not asked, or left blank. The search ends,
    /// because a condition only asks about questions before its own.
    pub fn of(&self, at: &FieldRef) -> Option<&'a Value> {
        let step = self.template.step(&at.step)?;
        let field = step.field(&at.field)?;
        let value = self.data(&at.step)?.get(&at.field).filter(|value| !is_blank(value))?;
        (self.applies(step) && self.is_visible(field)).then_some(value)
    }

    fn holds(&self, condition: &Condition) -> bool {
        condition.holds(&|at| self.of(at))
    }

    fn data(&self, step: &StepKey) -> Option<&'a Map<String, Value>> {
        match self.instead {
            Some((key, data)) if key == step => Some(data),
            _ => self.steps.get(step).map(|record| &record.data),
        }
    }
}
