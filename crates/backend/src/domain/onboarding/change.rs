//! Which changes of an onboarding are allowed.

use serde_json::{Map, Value};

use super::Onboarding;
use super::data::{DataErrors, check_fields, check_size, wanting};
use super::step::{StepKey, StepRecord, StepStatus};
use super::template::Template;
use crate::domain::Timestamp;

/// What a person wants to change about a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepChange {
    /// The new status of the step.
    pub status: StepStatus,
    /// The new data of the step; none keeps the stored data.
    pub data: Option<Map<String, Value>>,
}

/// The reason why a change is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// Registering completes the step `account`, and nobody changes that step.
    #[error("the step account is completed by registering and cannot be changed")]
    StepIsAutomatic,
    /// The step is required and cannot be skipped.
    #[error("the step {0} is required and cannot be skipped")]
    StepIsRequired(StepKey),
    /// The onboarding is completed. A step may still change its data, but may not become open again.
    #[error("the onboarding is completed and its steps cannot be reopened")]
    OnboardingCompleted,
    /// These required steps are open, so the onboarding cannot be completed.
    #[error("required steps are still open: {}", list(.0))]
    StepsOpen(Vec<StepKey>),
}

fn list(steps: &[StepKey]) -> String {
    steps.iter().map(StepKey::as_str).collect::<Vec<_>>().join(", ")
}

impl Onboarding {
    /// Checks the data of a change against the template. A step that the template does not have, and that was kept
    /// from an earlier version, takes any data up to the size limit.
    ///
    /// # Errors
    ///
    /// All errors of the data, by field.
    pub fn check_data(
        &self,
        template: &Template,
        step: &StepKey,
        change: &StepChange,
    ) -> Result<(), DataErrors> {
        let Some(asked) = template.step(step) else {
            return change.data.as_ref().map_or(Ok(()), check_size);
        };
        if let Some(data) = &change.data {
            check_fields(asked, data, change.status)?;
        }
        if change.status != StepStatus::Completed {
            return Ok(());
        }
        let answers = self.answers(template);
        let answers = change.data.as_ref().map_or(answers, |data| answers.with(step, data));
        let wanting = wanting(answers, asked);
        if wanting.is_empty() { Ok(()) } else { Err(wanting) }
    }

    /// The onboarding after `change` of a step at `now`. The version is one higher.
    pub fn change_step(
        &self,
        template: &Template,
        step: &StepKey,
        change: StepChange,
        now: Timestamp,
    ) -> Result<Self, ChangeRefused> {
        self.check_change(template, step, &change)?;
        let stored = self.steps.get(step);
        let completed_at = match change.status {
            StepStatus::Completed => stored.and_then(|record| record.completed_at).or(Some(now)),
            StepStatus::InProgress | StepStatus::Skipped => None,
        };
        let data = match change.data {
            Some(data) => data,
            None => stored.map(|record| record.data.clone()).unwrap_or_default(),
        };
        let set_aside = stored.map(|record| record.set_aside.clone()).unwrap_or_default();
        let record = StepRecord { status: change.status, data, completed_at, set_aside };
        let (reached, reopens) =
            (self.progress_percent(template), self.reopens(template, step, change.status));
        let changed = self.clone().with_step(step.clone(), record);
        Ok(match self.completed_at {
            Some(_) => changed,
            None if reopens => Self { progress_floor: None, ..changed },
            None => changed.reaching(reached, template),
        })
    }

    /// Whether the change opens a step of the template that was done.
    pub fn reopens(&self, template: &Template, step: &StepKey, status: StepStatus) -> bool {
        let was_done = self.status_of(step).is_some_and(|status| status != StepStatus::InProgress);
        was_done && status == StepStatus::InProgress && template.step(step).is_some()
    }

    fn check_change(
        &self,
        template: &Template,
        step: &StepKey,
        change: &StepChange,
    ) -> Result<(), ChangeRefused> {
        // A step of an earlier version, whose answers are kept.
        let Some(asked) = template.step(step) else { return Ok(()) };
        if change.status == StepStatus::Skipped && asked.required && !asked.is_automatic() {
            return Err(ChangeRefused::StepIsRequired(step.clone()));
        }
        if asked.is_automatic()
            && (change.status != StepStatus::Completed || change.data.as_ref().is_some_and(|d| !d.is_empty()))
        {
            return Err(ChangeRefused::StepIsAutomatic);
        }
        if self.completed_at.is_some() && change.status == StepStatus::InProgress {
            return Err(ChangeRefused::OnboardingCompleted);
        }
        Ok(())
    }

    /// Whether the onboarding can be reopened. Only a completed onboarding can.
    pub fn may_reopen(&self) -> bool {
        self.completed_at.is_some()
    }

    /// Whether completing changes something: `Ok(true)` for an open onboarding, `Ok(false)` for a completed one.
    ///
    /// # Errors
    ///
    /// [`ChangeRefused::StepsOpen`] while required steps are open.
    pub fn may_complete(&self, template: &Template) -> Result<bool, ChangeRefused> {
        if self.completed_at.is_some() {
            return Ok(false);
        }
        match self.open_steps(template) {
            open if open.is_empty() => Ok(true),
            open => Err(ChangeRefused::StepsOpen(open)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::onboarding::template::{Catalogue, TemplateId};
    use serde_json::json;
    use std::sync::{Arc, LazyLock};
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);
    const LATER: Timestamp = datetime!(2026-03-01 13:00 UTC);

    static DEFAULT: LazyLock<Arc<Template>> =
        LazyLock::new(|| Arc::clone(Catalogue::built_in().unwrap().current()));

    fn key(step: &str) -> StepKey {
        step.parse().unwrap()
    }

    fn to(status: StepStatus) -> StepChange {
        StepChange { status, data: None }
    }

    fn with_data(status: StepStatus, data: &Value) -> StepChange {
        StepChange { status, data: Some(data.as_object().unwrap().clone()) }
    }

    fn done(steps: &[&str]) -> Onboarding {
        steps.iter().fold(Onboarding::begun(TemplateId::original(), NOW), |state, step| {
            state.change_step(&DEFAULT, &key(step), to(StepStatus::Completed), NOW).unwrap()
        })
    }

    #[test]
    fn changes_are_allowed_or_refused() {
        use StepStatus::{Completed, InProgress, Skipped};
        let begun = done(&[]);
        let finished = done(&["profile", "organization", "review"]).with_completion(NOW);
        let table = [
            (&begun, "profile", InProgress, Ok(())),
            (&begun, "review", Completed, Ok(())),
            (&begun, "preferences", Skipped, Ok(())),
            (&begun, "profile", Skipped, Err(ChangeRefused::StepIsRequired(key("profile")))),
            (&begun, "account", Completed, Ok(())),
            (&begun, "account", InProgress, Err(ChangeRefused::StepIsAutomatic)),
            (&begun, "account", Skipped, Err(ChangeRefused::StepIsAutomatic)),
            (&finished, "profile", Completed, Ok(())),
            (&finished, "preferences", Skipped, Ok(())),
            (&finished, "profile", InProgress, Err(ChangeRefused::OnboardingCompleted)),
        ];
        for (state, step, status, expected) in table {
            let outcome = state.change_step(&DEFAULT, &key(step), to(status), LATER).map(|_| ());
            assert_eq!(outcome, expected, "{step:?} {status:?}");
        }
    }

    #[test]
    fn data_stays_until_new_data_comes() {
        let (state, profile) = (done(&[]), key("profile"));
        let first = with_data(StepStatus::InProgress, &json!({"job_title": "Engineer"}));
        let state = state.change_step(&DEFAULT, &profile, first, NOW).unwrap();
        let kept = state.change_step(&DEFAULT, &profile, to(StepStatus::Completed), NOW).unwrap();
        assert_eq!(kept.steps[&profile].data["job_title"], "Engineer");
        let second = with_data(StepStatus::Completed, &json!({}));
        let emptied = state.change_step(&DEFAULT, &profile, second, NOW).unwrap();
        assert!(emptied.steps[&profile].data.is_empty());
    }

    #[test]
    fn a_step_stays_completed_since_the_first_time() {
        let (state, profile) = (done(&["profile"]), key("profile"));
        let again = state.change_step(&DEFAULT, &profile, to(StepStatus::Completed), LATER).unwrap();
        assert_eq!(again.steps[&profile].completed_at, Some(NOW));
        let reopened = state.change_step(&DEFAULT, &profile, to(StepStatus::InProgress), LATER).unwrap();
        assert_eq!(reopened.steps[&profile].completed_at, None);
    }

    #[test]
    fn completing_needs_every_required_step_and_no_other() {
        let state = done(&["profile"]);
        let open = vec![key("organization"), key("review")];
        assert_eq!(state.may_complete(&DEFAULT), Err(ChangeRefused::StepsOpen(open)));
        let state = done(&["profile", "organization", "review"]);
        assert_eq!(state.may_complete(&DEFAULT), Ok(true));
        assert_eq!(state.progress_percent(&DEFAULT), 80);
        assert_eq!(state.with_completion(LATER).may_complete(&DEFAULT), Ok(false));
    }
}
