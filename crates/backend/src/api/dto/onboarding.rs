//! A person's onboarding in JSON.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::template::TemplateBody;
use crate::api::fields::{Fields, FromFields};
use crate::domain::Timestamp;
use crate::domain::onboarding::template::{StepTemplate, Template};
use crate::domain::onboarding::{Onboarding, StepStatus};

/// The change of a step.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct StepRequest {
    /// The new status. `skipped` is allowed only where the step is not required.
    #[schema(value_type = StepStatusName)]
    pub(in crate::api) status: StepStatus,
    /// The answers, at most 16 KiB as compact JSON. Fields of the person's template (`template.steps[].fields[]` of
    /// `GET /api/onboarding`) are checked where they are given and not blank (`null`, an empty string, an empty
    /// array). A step can be completed only with all its required visible fields. Other fields are kept without a
    /// check. Without `data`, the stored answers stay.
    #[schema(value_type = Option<Object>, example = json!({"job_title": "Engineer", "country": "DE"}))]
    pub(in crate::api) data: Option<Map<String, Value>>,
}

impl FromFields for StepRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (status, data) = (fields.required("status"), fields.object("data"));
        Some(Self { status: status?, data })
    }
}

/// A status that a client may give a step.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the values in the API document")]
pub(in crate::api) enum StepStatusName {
    InProgress,
    Completed,
    Skipped,
}

/// The status of a step.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum StepState {
    /// The person has not touched the step.
    NotStarted,
    InProgress,
    Completed,
    Skipped,
}

/// The status of the onboarding.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum OnboardingStatus {
    InProgress,
    Completed,
}

/// One step of an onboarding.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StepBody {
    /// The step's key, which names the step in paths.
    #[schema(example = "profile")]
    key: String,
    /// The step's name for people, in the template's first language. `template` has the other languages.
    title: String,
    /// Whether the step must be completed before the onboarding can be, where the step applies.
    required: bool,
    /// Whether the step is asked, by the answers so far. A step that does not apply counts for nothing.
    applies: bool,
    status: StepState,
    /// The answers.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// The time of the step's first completion; `null` while the step is open.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    completed_at: Option<Timestamp>,
}

/// The whole state of an onboarding.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OnboardingBody {
    status: OnboardingStatus,
    /// The percentage of completed steps among the steps that apply and are not skipped, in whole percent. The
    /// percentage never falls, unless a step or the whole onboarding is reopened.
    #[schema(minimum = 0, maximum = 100)]
    progress: u8,
    /// The version, which grows by one with each change. The `ETag` is the version in quotes.
    version: i64,
    /// The time of the completion; `null` while the onboarding is open.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    completed_at: Option<Timestamp>,
    /// The time of the first completion, which stays when the onboarding is reopened.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    activated_at: Option<Timestamp>,
    /// The template of the onboarding. Only `GET /api/onboarding` gives the whole template.
    template: TemplateBody,
    /// All steps, in order.
    steps: Vec<StepBody>,
}

impl OnboardingBody {
    /// The state, with the name of its template.
    pub(in crate::api) fn of(template: &Template, state: &Onboarding) -> Self {
        Self::with(TemplateBody::named(&template.id), template, state)
    }

    /// The state, with its whole template.
    pub(in crate::api) fn with_template(template: &Template, state: &Onboarding) -> Self {
        Self::with(TemplateBody::whole(template), template, state)
    }

    fn with(body: TemplateBody, template: &Template, state: &Onboarding) -> Self {
        let completed = state.completed_at.is_some();
        Self {
            status: if completed { OnboardingStatus::Completed } else { OnboardingStatus::InProgress },
            progress: state.progress_percent(template),
            version: state.version,
            completed_at: state.completed_at,
            activated_at: state.activated_at,
            template: body,
            steps: template.steps.iter().map(|step| StepBody::of(template, step, state)).collect(),
        }
    }
}

impl StepBody {
    fn of(template: &Template, step: &StepTemplate, state: &Onboarding) -> Self {
        let record = state.steps.get(&step.key);
        Self {
            key: step.key.to_string(),
            title: template.first(&step.title).to_owned(),
            required: step.required,
            applies: state.answers(template).applies(step),
            status: match record.map(|record| record.status) {
                None => StepState::NotStarted,
                Some(StepStatus::InProgress) => StepState::InProgress,
                Some(StepStatus::Completed) => StepState::Completed,
                Some(StepStatus::Skipped) => StepState::Skipped,
            },
            data: record.map(|record| record.data.clone()).unwrap_or_default(),
            completed_at: record.and_then(|record| record.completed_at),
        }
    }
}
