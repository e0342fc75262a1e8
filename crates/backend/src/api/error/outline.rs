//! The status and stable code of each error.

use http::StatusCode;

use super::ApiError;
use crate::auth::{AccessError, HashError};
use crate::domain::onboarding::ChangeRefused;
use crate::domain::organization::Refusal;
use crate::idempotency::OpenError;
use crate::store::StoreError;

/// The status and stable code of an answer.
type Outline = (StatusCode, &'static str);

impl ApiError {
    /// The outline of the error. Every cause has one line here, so that a new cause cannot be forgotten.
    pub(super) fn outline(&self) -> Outline {
        use StatusCode as S;
        match self {
            Self::MalformedJson { .. } => (S::BAD_REQUEST, "malformed_json"),
            Self::InvalidUtf8 { .. } => (S::BAD_REQUEST, "invalid_utf8"),
            Self::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::BodyTooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::BodyTimeout => (S::REQUEST_TIMEOUT, "request_timeout"),
            Self::BodyBroken => (S::BAD_REQUEST, "body_incomplete"),
            Self::Validation(_) => (S::UNPROCESSABLE_ENTITY, "validation_failed"),
            Self::MalformedPath { .. } => (S::BAD_REQUEST, "malformed_path"),
            Self::RouteNotFound => (S::NOT_FOUND, "not_found"),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::UnknownStep(_) => (S::NOT_FOUND, "unknown_step"),
            Self::Access(error) => (S::UNAUTHORIZED, access_code(error)),
            Self::InvalidCredentials => (S::UNAUTHORIZED, "invalid_credentials"),
            Self::SecondFactorRequired(_) => (S::UNAUTHORIZED, "second_factor_required"),
            Self::ChallengeExpired => (S::UNAUTHORIZED, "challenge_expired"),
            Self::InvalidSecondFactor => (S::UNAUTHORIZED, "invalid_second_factor"),
            Self::NoSecondFactor => (S::CONFLICT, "no_second_factor"),
            Self::NotEnrolling => (S::CONFLICT, "not_enrolling"),
            Self::StepUpRequired(_) => (S::FORBIDDEN, "step_up_required"),
            Self::FactorSecret(_) => (S::INTERNAL_SERVER_ERROR, "second_factor_unreadable"),
            Self::AccountSuspended => (S::FORBIDDEN, "account_suspended"),
            Self::Forbidden => (S::FORBIDDEN, "forbidden"),
            Self::UnknownUser => (S::NOT_FOUND, "unknown_user"),
            Self::UnknownMessage => (S::NOT_FOUND, "unknown_message"),
            Self::MessageWasSent => (S::CONFLICT, "message_was_sent"),
            Self::LastAdmin => (S::CONFLICT, "last_admin"),
            Self::CodesThrottled { .. } => (S::TOO_MANY_REQUESTS, "too_many_requests"),
            Self::CodeUsed => (S::GONE, "token_used"),
            Self::CodeExpired => (S::GONE, "token_expired"),
            Self::InvalidCode { .. } => (S::UNPROCESSABLE_ENTITY, "invalid_code"),
            Self::TooManyAttempts { .. } => (S::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::RefreshTokenInvalid => (S::UNAUTHORIZED, "refresh_token_invalid"),
            Self::UnknownUnsubscription => (S::NOT_FOUND, "unknown_unsubscription"),
            Self::SessionNotFound => (S::NOT_FOUND, "session_not_found"),
            Self::DeviceNotFound => (S::NOT_FOUND, "device_not_found"),
            Self::CrossSite => (S::FORBIDDEN, "cross_site_request"),
            Self::PasswordMissing => (S::CONFLICT, "password_missing"),
            Self::Oidc(refusal) => refusal.outline(),
            Self::Passkey(refusal) => refusal.outline(),
            Self::EmailTaken => (S::CONFLICT, "email_taken"),
            Self::Organization(refusal) => (refusal_status(*refusal), refusal.as_str()),
            Self::OnboardingOpen => (S::CONFLICT, "onboarding_incomplete"),
            Self::EmailNotVerified => (S::FORBIDDEN, "email_not_verified"),
            Self::Change(refused) => change_outline(refused),
            Self::VersionMismatch { .. } => (S::PRECONDITION_FAILED, "version_mismatch"),
            Self::AlreadyThere { .. } => (S::PRECONDITION_FAILED, "precondition_failed"),
            Self::MalformedCondition => (S::BAD_REQUEST, "malformed_condition"),
            Self::IdempotencyKey(_) => (S::BAD_REQUEST, "invalid_idempotency_key"),
            Self::KeptAnswer(error) => kept_answer_outline(error),
            Self::Hash(HashError::Busy { .. }) => (S::SERVICE_UNAVAILABLE, "overloaded"),
            Self::Store(error) => store_outline(error),
            Self::Hash(HashError::Argon2(_) | HashError::Thread)
            | Self::Envelope(_)
            | Self::Render(_)
            | Self::Metrics(_)
            | Self::Bug(_) => (S::INTERNAL_SERVER_ERROR, "internal_error"),
        }
    }
}

fn store_outline(error: &StoreError) -> Outline {
    match error {
        StoreError::Unavailable { .. } | StoreError::Interrupted { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, "database_unavailable")
        }
        StoreError::Corrupt { .. } | StoreError::Refused { .. } => {
            (StatusCode::INTERNAL_SERVER_ERROR, "internal_error")
        }
    }
}

fn access_code(error: &AccessError) -> &'static str {
    match error {
        AccessError::Missing => "token_missing",
        AccessError::Expired => "token_expired",
        AccessError::Revoked => "session_revoked",
        AccessError::Malformed | AccessError::Invalid(_) | AccessError::UnknownUser => "token_invalid",
    }
}

fn refusal_status(refusal: Refusal) -> StatusCode {
    use Refusal as R;
    match refusal {
        R::NotOwner | R::OtherAddress | R::DomainNotProved => StatusCode::FORBIDDEN,
        R::NotMember | R::UnknownMember | R::UnknownInvitation | R::UnknownDomain | R::NoOffer => {
            StatusCode::NOT_FOUND
        }
        R::LastOwner
        | R::AlreadyMember
        | R::MemberInvited
        | R::AlreadyInvited
        | R::InvitationClosed
        | R::DomainTaken
        | R::TooManyDomains => StatusCode::CONFLICT,
        R::InvitationUsed | R::InvitationDead => StatusCode::GONE,
        R::ResendTooSoon | R::QuotaUsed => StatusCode::TOO_MANY_REQUESTS,
    }
}

fn kept_answer_outline(error: &OpenError) -> Outline {
    match error {
        OpenError::OtherBody => (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"),
        OpenError::UnknownSecret { .. } | OpenError::Damaged(_) | OpenError::Unreadable(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "kept_answer_unreadable")
        }
    }
}

fn change_outline(refused: &ChangeRefused) -> Outline {
    match refused {
        ChangeRefused::StepIsAutomatic => (StatusCode::CONFLICT, "step_is_automatic"),
        ChangeRefused::StepIsRequired(_) => (StatusCode::UNPROCESSABLE_ENTITY, "validation_failed"),
        ChangeRefused::OnboardingCompleted => (StatusCode::CONFLICT, "onboarding_completed"),
        ChangeRefused::StepsOpen(_) => (StatusCode::CONFLICT, "onboarding_incomplete"),
    }
}
