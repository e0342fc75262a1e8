//! A person's onboarding on the wire.

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::template::TemplateBody;
use crate::api::fields::{Fields, FromFields};
use crate::domain::Timestamp;
use crate::domain::onboarding::template::{StepTemplate, Template};
use crate::domain::onboarding::{Onboarding, StepStatus};

/// What a step is to become.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct StepRequest {
    /// `skipped` only where the step is not required.
    #[schema(value_type = StepStatusName)]
    pub(in crate::api) status: StepStatus,
    /// What was entered, at most 16 KiB as compact JSON. Fields that the person's template has in this step are checked
    /// where they are given and not blank (`null`, an empty string, an empty array), as `template.steps[].fields[]` of
    /// `GET /api/onboarding` says. Where the step is to be completed, its required visible fields must be given. Other
    /// fields are kept as they come. Without it, what is stored stays.
    #[schema(value_type = Option<Object>, example = json!({"job_title": "Engineer", "country": "DE"}))]
    pub(in crate::api) data: Option<Map<String, Value>>,
}

impl FromFields for StepRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (status, data) = (fields.required("status"), fields.object("data"));
        Some(Self { status: status?, data })
    }
}

/// The status that a client may give a step.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "it describes the values in the API document")]
pub(in crate::api) enum StepStatusName {
    InProgress,
    Completed,
    Skipped,
}

/// How far a person is with a step.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum StepState {
    /// Not touched yet.
    NotStarted,
    InProgress,
    Completed,
    Skipped,
}

/// How far a person is with the onboarding.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::api) enum OnboardingStatus {
    InProgress,
    Completed,
}

/// One step of an onboarding.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct StepBody {
    /// Its name in paths.
    #[schema(example = "profile")]
    key: String,
    /// Its name for people, in the template's first language; `template` has the others.
    title: String,
    /// Whether it must be completed before the onboarding can be, where it applies.
    required: bool,
    /// Whether it is asked, by what was answered so far. A step that is not counts for nothing.
    applies: bool,
    status: StepState,
    /// What was entered.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// When it was first completed, as long as it is.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    completed_at: Option<Timestamp>,
}

/// The whole state of an onboarding.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct OnboardingBody {
    status: OnboardingStatus,
    /// Share of the steps that apply which are completed, of those that are not skipped, in whole percent. It never
    /// becomes less, unless a step or the whole onboarding is reopened.
    #[schema(minimum = 0, maximum = 100)]
    progress: u8,
    /// Grows by one with each change; the `ETag` is this number in quotes.
    version: i64,
    /// When the onboarding was completed.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    completed_at: Option<Timestamp>,
    /// When it was completed for the first time: it stays where the onboarding is opened again.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    activated_at: Option<Timestamp>,
    /// What it is an instance of; in whole at `GET /api/onboarding`.
    template: TemplateBody,
    /// All steps, in order.
    steps: Vec<StepBody>,
}

impl OnboardingBody {
    /// The state, an instance of `template`, which is only named.
    pub(in crate::api) fn of(template: &Template, state: &Onboarding) -> Self {
        Self::with(TemplateBody::named(&template.id), template, state)
    }

    /// The same, with all that the template asks.
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
