//! The body of an error (RFC 9457).

use std::collections::BTreeMap;

use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::{ApiError, FieldErrors};
use crate::api::proof::{AskedFactorBody, NeededProofBody};
use crate::api::request_id;
use crate::domain::onboarding::ChangeRefused;

/// An error, as clients see it (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct Problem {
    /// The kind of the problem: `urn:user-onboarding:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The standard phrase of the status.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// The error of this request, in words.
    detail: String,
    /// The stable name of the problem.
    #[schema(example = "email_taken")]
    code: &'static str,
    /// The id of the request in logs.
    request_id: String,
    /// The errors by field, with 422: at most 20.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(required = false)]
    errors: BTreeMap<String, Vec<String>>,
    /// The number of errors beyond those in `errors`, with 422.
    #[serde(skip_serializing_if = "is_zero")]
    #[schema(required = false)]
    more_errors: usize,
    /// The next step of the log-in, with `second_factor_required`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = AskedFactorBody, required = false)]
    second_factor: Option<AskedFactorBody>,
    /// The proof that is needed, with `step_up_required`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = NeededProofBody, required = false)]
    step_up: Option<NeededProofBody>,
    /// The required steps that are open, with `onboarding_incomplete`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    open_steps: Vec<String>,
}

impl Problem {
    pub(super) fn new(error: &ApiError) -> Self {
        let (status, code) = error.outline();
        let errors = field_errors(error);
        Self {
            kind: format!("urn:user-onboarding:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: error.detail(status),
            code,
            request_id: request_id::current(),
            more_errors: errors.more(),
            errors: errors.told().clone(),
            second_factor: asked_factor(error),
            step_up: needed_proof(error),
            open_steps: open_steps(error),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

fn field_errors(error: &ApiError) -> FieldErrors {
    match error {
        ApiError::Validation(errors) => errors.clone(),
        ApiError::Change(refused @ ChangeRefused::StepIsRequired(_)) => {
            FieldErrors::from([("status".to_owned(), vec![refused.to_string()])])
        }
        _ => FieldErrors::new(),
    }
}

fn asked_factor(error: &ApiError) -> Option<AskedFactorBody> {
    if let ApiError::SecondFactorRequired(asked) = error { Some(asked.into()) } else { None }
}

fn needed_proof(error: &ApiError) -> Option<NeededProofBody> {
    if let ApiError::StepUpRequired(needed) = error { Some(needed.into()) } else { None }
}

fn open_steps(error: &ApiError) -> Vec<String> {
    match error {
        ApiError::Change(ChangeRefused::StepsOpen(steps)) => steps.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

impl ApiError {
    /// The text for the client. Causes within this service are for the log only.
    fn detail(&self, status: StatusCode) -> String {
        match self {
            _ if status == StatusCode::INTERNAL_SERVER_ERROR => {
                "Something went wrong on our side. The request id finds it in the log.".into()
            }
            Self::Store(_) => "The database is not available. Try again.".into(),
            other => capitalize(&other.to_string()),
        }
    }
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str())
}
