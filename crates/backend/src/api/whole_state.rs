//! The answer with the whole state of an onboarding.

use http::StatusCode;
use http::header::ETAG;

use super::dto::OnboardingBody;
use super::error::ApiError;
use super::etag;
use crate::domain::onboarding::Onboarding;
use crate::domain::onboarding::template::Template;
use crate::idempotency::Answer;

pub(super) fn whole_state(template: &Template, state: &Onboarding) -> Result<Answer, ApiError> {
    let answer = Answer::json(StatusCode::OK, &OnboardingBody::of(template, state))?;
    Ok(answer.with(ETAG, etag::of_version(state.version)))
}
