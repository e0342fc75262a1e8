//! The repetition of a request after an error: when and where it helps, and whether the answer is stored.

use std::time::Duration;

use http::StatusCode;

use super::ApiError;
use crate::auth::HashError;
use crate::domain::organization::{QUOTA_WINDOW, RESEND_AFTER, Refusal};
use crate::store::StoreError;

impl ApiError {
    /// Whether nothing was done, so that the request may be tried again anywhere.
    pub(super) fn retry_safe(&self) -> bool {
        matches!(self, Self::Hash(HashError::Busy { .. }) | Self::Store(StoreError::Unavailable { .. }))
    }

    /// The time after which another try is worthwhile, in seconds.
    pub(super) fn retry_after(&self, status: StatusCode) -> Option<u64> {
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
    pub(super) fn lacks(&self) -> Option<&'static str> {
        matches!(self, Self::Store(error) if error.is_shared()).then_some("database")
    }

    /// Whether the answer belongs to the request and is stored for its key. A missing or invalid credential does not:
    /// the same request with a valid one is to be done. A suspension or a missing role does not either, because both
    /// may end.
    pub(super) fn keepable(&self, status: StatusCode) -> bool {
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
}

/// The duration in whole seconds, rounded up, at least 1.
pub(super) fn whole_seconds(duration: &Duration) -> u64 {
    u64::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(u64::MAX).max(1)
}

pub(super) fn seconds(duration: &Duration) -> String {
    match whole_seconds(duration) {
        1 => "1 second".to_owned(),
        more => format!("{more} seconds"),
    }
}
