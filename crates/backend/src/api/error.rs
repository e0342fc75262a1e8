//! The errors of requests, and the only mapping from errors to answers.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use super::field_errors::FieldErrors;
use super::oidc_refusal::OidcRefusal;
use super::passkey_refusal::PasskeyRefusal;
use super::proof::{AskedFactor, AskedFactorBody, NeededProof, NeededProofBody};
use super::request_id;
use super::whole::whole;
use crate::auth::{AccessError, FactorSecretError, HashError};
use crate::domain::onboarding::{ChangeRefused, UnknownStep};
use crate::domain::organization::{QUOTA_WINDOW, RESEND_AFTER, Refusal};
use crate::idempotency::{Answer, InvalidKey, OpenError};
use crate::outbox::EnvelopeError;
use crate::store::StoreError;

/// The header that tells a balancer that nothing was done. Even a request that is not idempotent may be sent to
/// another instance.
pub(super) const RETRY_SAFE: HeaderName = HeaderName::from_static("x-retry-safe");

/// The header of a 503 for want of something that all instances share. A balancer asks another instance only as long
/// as that one has not lately said the same.
const UNAVAILABLE: HeaderName = HeaderName::from_static("x-unavailable");

/// The reason why a request was refused or failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("the body is no JSON: {reason} at line {line}, column {column}")]
    MalformedJson { reason: String, line: usize, column: usize },
    #[error("the body is not valid UTF-8 from byte {valid_up_to} on")]
    InvalidUtf8 { valid_up_to: usize },
    #[error("the body must have the content type application/json and no content encoding")]
    UnsupportedMediaType,
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("the body did not arrive in time")]
    BodyTimeout,
    #[error("the body broke off")]
    BodyBroken,
    #[error("some fields cannot be accepted{0}")]
    Validation(FieldErrors),
    #[error("the path {reason}")]
    MalformedPath { reason: &'static str },
    #[error("there is nothing at this path")]
    RouteNotFound,
    #[error("this path does not know this method")]
    MethodNotAllowed,
    #[error(transparent)]
    UnknownStep(#[from] UnknownStep),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("e-mail address or password is wrong")]
    InvalidCredentials,
    #[error("the password is right; now a second factor is needed, at POST /api/auth/login/second-factor")]
    SecondFactorRequired(AskedFactor),
    #[error("the challenge is not valid any more; log in again")]
    ChallengeExpired,
    #[error("the code is wrong, or it was used before")]
    InvalidSecondFactor,
    #[error("there is no second factor; switch one on first")]
    NoSecondFactor,
    #[error("there is no authenticator app that waits for its first code; begin again")]
    NotEnrolling,
    #[error(
        "prove that it is you, at POST /api/auth/step-up, and repeat this with the access token of the answer"
    )]
    StepUpRequired(NeededProof),
    #[error("the account is suspended; ask whoever runs this service")]
    AccountSuspended,
    #[error("only admins may do this")]
    Forbidden,
    #[error("there is no such account")]
    UnknownUser,
    #[error("there is no such message, or it is kept no longer")]
    UnknownMessage,
    #[error("the mail was sent, and what it said is not kept; only one that was given up can be sent again")]
    MessageWasSent,
    #[error("nobody else can act as an admin; give another account the role first")]
    LastAdmin,
    #[error("a mail was sent to this address not long ago; ask again in {seconds} s")]
    CodesThrottled { seconds: i64 },
    #[error("the code or link was used before")]
    CodeUsed,
    #[error("the code or link does not work any more; ask for a new mail")]
    CodeExpired,
    #[error("these are not the digits of the mail; {left} more tries")]
    InvalidCode { left: i64 },
    #[error("there were too many wrong attempts; the next one is possible in {}", seconds(.retry_after))]
    TooManyAttempts { retry_after: Duration },
    #[error("the refresh token is not valid; log in again")]
    RefreshTokenInvalid,
    #[error("this link does not end reminders; they can be turned off in the account, too")]
    UnknownUnsubscription,
    #[error("you have no such session, or it has ended")]
    SessionNotFound,
    #[error("no such device of yours is remembered, or it is not any more")]
    DeviceNotFound,
    #[error("the session cookie is accepted from this site's own pages only")]
    CrossSite,
    #[error("the account has no password; choose one by the link for a forgotten password")]
    PasswordMissing,
    #[error(transparent)]
    Oidc(#[from] OidcRefusal),
    #[error(transparent)]
    Passkey(#[from] PasskeyRefusal),
    #[error("there is already an account with this e-mail address")]
    EmailTaken,
    #[error(transparent)]
    Organization(#[from] Refusal),
    #[error("complete your onboarding first")]
    OnboardingOpen,
    #[error("verify your own e-mail address first")]
    EmailNotVerified,
    #[error(transparent)]
    Change(#[from] ChangeRefused),
    #[error("the state has changed: its version is {current} now")]
    VersionMismatch { current: i64 },
    #[error("If-None-Match admits no state that is there already, in version {current}")]
    AlreadyThere { current: i64 },
    #[error("If-Match and If-None-Match must be * or a list of quoted entity tags")]
    MalformedCondition,
    #[error(transparent)]
    IdempotencyKey(#[from] InvalidKey),
    #[error(transparent)]
    KeptAnswer(#[from] OpenError),
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the secret of an authenticator app cannot be used")]
    FactorSecret(#[from] FactorSecretError),
    #[error("a message could not be written")]
    Envelope(#[from] EnvelopeError),
    #[error("an answer could not be written")]
    Render(#[from] serde_json::Error),
    #[error("metrics could not be written")]
    Metrics(#[from] prometheus::Error),
    #[error("an error of ours: {0}")]
    Bug(&'static str),
}

/// The status and stable code of an answer.
type Outline = (StatusCode, &'static str);

impl ApiError {
    /// The outline of the error. Every cause has one line here, so that a new cause cannot be forgotten.
    fn outline(&self) -> Outline {
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

    /// The answer, for a refusal that is committed together with its effect.
    pub(super) async fn into_answer(self) -> Result<Answer, Self> {
        whole(self.into_response()).await.map_err(|_| Self::BodyBroken)
    }

    /// Whether nothing was done, so that the request may be tried again anywhere.
    fn retry_safe(&self) -> bool {
        matches!(self, Self::Hash(HashError::Busy { .. }) | Self::Store(StoreError::Unavailable { .. }))
    }

    /// The time after which another try is worthwhile, in seconds.
    fn retry_after(&self, status: StatusCode) -> Option<u64> {
        match self {
            Self::Hash(HashError::Busy { retry_after }) => {
                Some(retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0))
            }
            Self::Organization(Refusal::ResendTooSoon) => Some(RESEND_AFTER.whole_seconds().unsigned_abs()),
            Self::Organization(Refusal::QuotaUsed) => Some(QUOTA_WINDOW.whole_seconds().unsigned_abs()),
            _ => (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }

    /// The shared thing that this instance lacks; none for other errors.
    fn lacks(&self) -> Option<&'static str> {
        matches!(self, Self::Store(error) if error.is_shared()).then_some("database")
    }

    /// Whether the answer belongs to the request and is stored for its key. A missing or invalid credential does not:
    /// the same request with a valid one is to be done. A suspension or a missing role does not either, because both
    /// may end.
    fn keepable(&self, status: StatusCode) -> bool {
        let passing = matches!(
            self,
            Self::Access(_)
                | Self::AccountSuspended
                | Self::StepUpRequired(_)
                | Self::ChallengeExpired
                | Self::Forbidden
                | Self::EmailNotVerified
                | Self::OnboardingOpen
                | Self::CodesThrottled { .. }
                | Self::RefreshTokenInvalid
                | Self::CrossSite
                | Self::TooManyAttempts { .. }
                | Self::BodyTooLarge { .. }
                | Self::BodyTimeout
                | Self::BodyBroken
                | Self::IdempotencyKey(_)
                | Self::KeptAnswer(_)
        );
        let passing = passing || matches!(self, Self::Oidc(refusal) if refusal.passes());
        let passing = passing || matches!(self, Self::Passkey(refusal) if refusal.passes());
        status.is_client_error() && !passing && !self.is_passing_refusal(status)
    }

    /// Whether an organization refuses for want of a role, an address or time, all of which may come.
    fn is_passing_refusal(&self, status: StatusCode) -> bool {
        let passing = matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
        matches!(self, Self::Organization(_)) && passing
    }

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

    fn log(&self, status: StatusCode) {
        let error = service_kit::exit::chain(self as &dyn Error);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(error, "refused for now");
        } else if status.is_server_error() {
            tracing::error!(error, "failed");
        } else {
            tracing::debug!(error, "refused");
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
        AccessError::Malformed
        | AccessError::Invalid(_)
        | AccessError::Role(_)
        | AccessError::UnknownUser => "token_invalid",
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

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str())
}

/// An error, as clients see it (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Problem {
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
    fn new(error: &ApiError) -> Self {
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

/// The mark of an answer that is stored for the request's key, where the request has one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keepable;

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, _) = self.outline();
        self.log(status);
        // A problem is made of texts and numbers, which always serialise.
        let body = serde_json::to_vec(&Problem::new(&self)).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after(status) {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Self::CodesThrottled { seconds } = self {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::TooManyAttempts { retry_after } = &self {
            headers.insert(RETRY_AFTER, whole_seconds(retry_after).into());
        }
        if self.retry_safe() {
            headers.insert(RETRY_SAFE, HeaderValue::from_static("1"));
        }
        if let Some(what) = self.lacks() {
            headers.insert(UNAVAILABLE, HeaderValue::from_static(what));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, challenge(&self));
        }
        if let Self::StepUpRequired(needed) = &self
            && let Ok(value) = HeaderValue::try_from(needed.challenge())
        {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        if self.keepable(status) {
            response.extensions_mut().insert(Keepable);
        }
        response
    }
}

/// The duration in whole seconds, rounded up, at least 1.
fn whole_seconds(duration: &Duration) -> u64 {
    u64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

fn seconds(duration: &Duration) -> String {
    match whole_seconds(duration) {
        1 => "1 second".to_owned(),
        more => format!("{more} seconds"),
    }
}

/// The value of `WWW-Authenticate`. A request without a token gets no error code (RFC 6750 section 3).
fn challenge(error: &ApiError) -> HeaderValue {
    match error {
        ApiError::Access(AccessError::Missing)
        | ApiError::InvalidCredentials
        | ApiError::SecondFactorRequired(_)
        | ApiError::InvalidSecondFactor
        | ApiError::ChallengeExpired
        | ApiError::Passkey(_) => HeaderValue::from_static("Bearer"),
        _ => HeaderValue::from_static("Bearer error=\"invalid_token\""),
    }
}
