//! Which changes of an onboarding are allowed.

use super::{Onboarding, Step, StepData, StepRecord, StepStatus};
use crate::domain::Timestamp;

/// What a person wants to change about a step.
#[derive(Debug, Clone, PartialEq)]
pub struct StepChange {
    /// The status it is to have.
    pub status: StepStatus,
    /// What was entered; none keeps what is stored.
    pub data: Option<StepData>,
}

/// Why a change is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// `account` is done by registering and stays so.
    #[error("the step account is completed by registering and cannot be changed")]
    StepIsAutomatic,
    /// Only a step that is not required may be skipped.
    #[error("the step {} is required and cannot be skipped", .0.key())]
    StepIsRequired(Step),
    /// After the completion, a step may change its data, but not become open again.
    #[error("the onboarding is completed and its steps cannot be reopened")]
    OnboardingCompleted,
    /// The onboarding cannot be completed yet; these required steps are open.
    #[error("required steps are still open: {}", list(.0))]
    StepsOpen(Vec<Step>),
}

fn list(steps: &[Step]) -> String {
    steps.iter().map(|step| step.key()).collect::<Vec<_>>().join(", ")
}

impl Onboarding {
    /// What `change` makes of `step` at `now`.
    pub fn change_step(
        &self,
        step: Step,
        change: StepChange,
        now: Timestamp,
    ) -> Result<StepRecord, ChangeRefused> {
        self.check_change(step, &change)?;
        let stored = self.steps.get(&step);
        let completed_at = match change.status {
            StepStatus::Completed => stored.and_then(|record| record.completed_at).or(Some(now)),
            StepStatus::InProgress | StepStatus::Skipped => None,
        };
        let data = match change.data {
            Some(data) => data.into_object(),
            None => stored.map(|record| record.data.clone()).unwrap_or_default(),
        };
        Ok(StepRecord { status: change.status, data, completed_at })
    }

    fn check_change(&self, step: Step, change: &StepChange) -> Result<(), ChangeRefused> {
        if change.status == StepStatus::Skipped && step.required() && step != Step::Account {
            return Err(ChangeRefused::StepIsRequired(step));
        }
        if step == Step::Account
            && (change.status != StepStatus::Completed || change.data.as_ref().is_some_and(|d| !d.is_empty()))
        {
            return Err(ChangeRefused::StepIsAutomatic);
        }
        if self.completed_at.is_some() && change.status == StepStatus::InProgress {
            return Err(ChangeRefused::OnboardingCompleted);
        }
        Ok(())
    }

    /// Whether the onboarding may be completed: `Ok(true)` where there is something to do,
    /// `Ok(false)` where it is completed already.
    pub fn may_complete(&self) -> Result<bool, ChangeRefused> {
        if self.completed_at.is_some() {
            return Ok(false);
        }
        match self.open_steps() {
            open if open.is_empty() => Ok(true),
            open => Err(ChangeRefused::StepsOpen(open)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);
    const LATER: Timestamp = datetime!(2026-03-01 13:00 UTC);

    fn to(status: StepStatus) -> StepChange {
        StepChange { status, data: None }
    }

    fn with_data(status: StepStatus, step: Step, data: &serde_json::Value) -> StepChange {
        let object = data.as_object().unwrap().clone();
        StepChange { status, data: Some(StepData::check(step, object, status).unwrap()) }
    }

    fn done(steps: &[Step]) -> Onboarding {
        steps.iter().fold(Onboarding::begun(NOW), |state, step| {
            let record = state.change_step(*step, to(StepStatus::Completed), NOW).unwrap();
            state.with_step(*step, record)
        })
    }

    #[test]
    fn changes_are_allowed_or_refused() {
        use StepStatus::{Completed, InProgress, Skipped};
        let begun = Onboarding::begun(NOW);
        let finished = done(&[Step::Profile, Step::Organization, Step::Review]).with_completion(NOW);
        let table = [
            (&begun, Step::Profile, InProgress, Ok(())),
            (&begun, Step::Review, Completed, Ok(())),
            (&begun, Step::Preferences, Skipped, Ok(())),
            (&begun, Step::Profile, Skipped, Err(ChangeRefused::StepIsRequired(Step::Profile))),
            (&begun, Step::Account, Completed, Ok(())),
            (&begun, Step::Account, InProgress, Err(ChangeRefused::StepIsAutomatic)),
            (&begun, Step::Account, Skipped, Err(ChangeRefused::StepIsAutomatic)),
            (&finished, Step::Profile, Completed, Ok(())),
            (&finished, Step::Preferences, Skipped, Ok(())),
            (&finished, Step::Profile, InProgress, Err(ChangeRefused::OnboardingCompleted)),
        ];
        for (state, step, status, expected) in table {
            let outcome = state.change_step(step, to(status), LATER).map(|_| ());
            assert_eq!(outcome, expected, "{step:?} {status:?}");
        }
    }

    #[test]
    fn data_stays_until_new_data_comes() {
        let state = Onboarding::begun(NOW);
        let first = with_data(StepStatus::InProgress, Step::Profile, &json!({"job_title": "Engineer"}));
        let record = state.change_step(Step::Profile, first, NOW).unwrap();
        let state = state.with_step(Step::Profile, record);
        let kept = state.change_step(Step::Profile, to(StepStatus::Completed), NOW).unwrap();
        assert_eq!(kept.data["job_title"], "Engineer");
        let second = with_data(StepStatus::Completed, Step::Profile, &json!({}));
        assert!(state.change_step(Step::Profile, second, NOW).unwrap().data.is_empty());
    }

    #[test]
    fn a_step_stays_completed_since_the_first_time() {
        let state = done(&[Step::Profile]);
        let again = state.change_step(Step::Profile, to(StepStatus::Completed), LATER).unwrap();
        assert_eq!(again.completed_at, Some(NOW));
        let reopened = state.change_step(Step::Profile, to(StepStatus::InProgress), LATER).unwrap();
        assert_eq!(reopened.completed_at, None);
    }

    #[test]
    fn completing_needs_every_required_step_and_no_other() {
        let state = done(&[Step::Profile]);
        let open = vec![Step::Organization, Step::Review];
        assert_eq!(state.may_complete(), Err(ChangeRefused::StepsOpen(open)));
        let state = done(&[Step::Profile, Step::Organization, Step::Review]);
        assert_eq!(state.may_complete(), Ok(true));
        assert_eq!(state.progress_percent(), 80);
        assert_eq!(state.with_completion(LATER).may_complete(), Ok(false));
    }
}
