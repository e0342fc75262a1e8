//! How far everybody is.

use axum::Json;
use axum::extract::State;

use super::dto::{FunnelBody, FunnelStepBody};
use crate::api::administrator::Administrator;
use crate::api::error::{ApiError, Problem};
use crate::app::App;
use crate::domain::onboarding::StepStatus;
use crate::domain::onboarding::template::{StepTemplate, Template};
use crate::store::directory::Funnel;

/// Count how far all accounts are
///
/// As of this moment, by the steps of the template that new people get. Accounts that were deleted are not counted.
#[utoipa::path(
    get, path = "/api/admin/funnel", tag = "admin", operation_id = "funnel", security(("access_token" = [])),
    responses(
        (status = 200, description = "The counts", body = FunnelBody),
        (status = 403, description = "`forbidden`: only for admins", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(in crate::api) async fn show(
    State(app): State<App>,
    _: Administrator,
) -> Result<Json<FunnelBody>, ApiError> {
    Ok(Json(body(app.templates.current(), &app.store.funnel().await?)))
}

fn body(template: &Template, funnel: &Funnel) -> FunnelBody {
    let steps = template.steps.iter().map(|step| step_body(template, step, funnel)).collect();
    FunnelBody { registered: funnel.registered, completed: funnel.completed, steps }
}

fn step_body(template: &Template, step: &StepTemplate, funnel: &Funnel) -> FunnelStepBody {
    let count = |status| {
        let mut counts = funnel.steps.iter();
        counts
            .find(|count| count.step == step.key.as_str() && count.status == status)
            .map_or(0, |count| count.accounts)
    };
    let completed = count(StepStatus::Completed);
    let (skipped, in_progress) = (count(StepStatus::Skipped), count(StepStatus::InProgress));
    FunnelStepBody {
        key: step.key.to_string(),
        title: template.first(&step.title).to_owned(),
        required: step.required,
        completed,
        skipped,
        in_progress,
        not_started: funnel.registered.saturating_sub(completed + skipped + in_progress),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::onboarding::template::Catalogue;
    use crate::store::directory::StepCount;

    #[test]
    fn whoever_has_not_touched_a_step_is_counted_too() {
        let count = |step: &str, status, accounts| StepCount { step: step.to_owned(), status, accounts };
        let steps = vec![
            count("profile", StepStatus::Completed, 5),
            count("profile", StepStatus::InProgress, 2),
            count("preferences", StepStatus::Skipped, 3),
            count("a step of yesterday", StepStatus::Completed, 9),
        ];
        let catalogue = Catalogue::built_in().unwrap();
        let body = body(catalogue.current(), &Funnel { registered: 10, completed: 1, steps });
        let keys: Vec<_> = body.steps.iter().map(|step| step.key.as_str()).collect();
        assert_eq!(keys, ["account", "profile", "organization", "preferences", "review"]);
        let of = |key| body.steps.iter().find(|step| step.key == key).unwrap();
        let counts =
            |step: &FunnelStepBody| (step.completed, step.skipped, step.in_progress, step.not_started);
        assert_eq!(counts(of("profile")), (5, 0, 2, 3));
        assert_eq!(counts(of("preferences")), (0, 3, 0, 7));
        assert_eq!(counts(of("review")), (0, 0, 0, 10));
    }
}
