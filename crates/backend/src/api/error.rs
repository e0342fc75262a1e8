//! The errors of requests, and the only mapping from errors to answers.

mod outline;
mod problem;
mod repetition;

use std::error::Error;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};

pub(super) use self::problem::Problem;
use self::repetition::{seconds, whole_seconds};
pub(super) use super::field_errors::FieldErrors;
use super::oidc_refusal::OidcRefusal;
use super::passkey_refusal::PasskeyRefusal;
use super::proof::{AskedFactor, NeededProof};
use super::whole::whole;
use crate::auth::{AccessError, FactorSecretError, HashError};
use crate::domain::onboarding::{ChangeRefused, UnknownStep};
use crate::domain::organization::Refusal;
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

impl ApiError {
    /// The answer, for a refusal that is committed together with its effect.
    pub(super) async fn into_answer(self) -> Result<Answer, Self> {
        whole(self.into_response()).await.map_err(|_| Self::BodyBroken)
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
