//! Reads a person's way through the onboarding, as far as the funnel counts it.

use serde_json::Value;
use time::Duration;

use crate::domain::Timestamp;
use crate::domain::funnel::{Walk, WalkStep};
use crate::domain::onboarding::template::{Choices, FieldKind, FieldRef, ReferenceList, Template};
use crate::domain::onboarding::{Onboarding, StepKey};
use crate::domain::reference::is_country;
use crate::store::funnel::UncountedState;

/// The way of an onboarding at `now`: the steps of its template that apply or were touched, in order. A person who
/// changes nothing for `stuck_after` is stuck.
pub(super) fn of(
    state: &UncountedState,
    template: Option<&Template>,
    stuck_after: Duration,
    now: Timestamp,
) -> Walk {
    let onboarding = &state.onboarding;
    let step = |key: &StepKey| WalkStep {
        key: key.as_str().to_owned(),
        status: onboarding.status_of(key),
        completed_at: onboarding.steps.get(key).and_then(|record| record.completed_at),
    };
    let steps = match template {
        None => onboarding.steps.keys().map(step).collect(),
        Some(template) => {
            let answers = onboarding.answers(template);
            let counts = template
                .steps
                .iter()
                .filter(|asked| onboarding.steps.contains_key(&asked.key) || answers.applies(asked));
            counts.map(|asked| step(&asked.key)).collect()
        }
    };
    Walk {
        version: onboarding.template.to_string(),
        begun_at: state.begun_at,
        country: template.and_then(|template| country(onboarding, template)),
        completed_at: onboarding.activated_at,
        is_complete: onboarding.completed_at.is_some(),
        is_stuck: state.facts().is_stuck(stuck_after, now),
        steps,
    }
}

/// The answer to the first question for a country; none where there is no such question or answer.
fn country(onboarding: &Onboarding, template: &Template) -> Option<String> {
    let answers = onboarding.answers(template);
    let mut questions =
        template.steps.iter().flat_map(|step| step.fields.iter().map(move |field| (step, field)));
    let (step, field) = questions.find(|(_, field)| {
        matches!(field.kind, FieldKind::Choice(Choices::Reference(ReferenceList::Countries)))
    })?;
    let at = FieldRef { step: step.key.clone(), field: field.key.clone() };
    let code = answers.of(&at).and_then(Value::as_str)?;
    is_country(code).then(|| code.to_owned())
}
