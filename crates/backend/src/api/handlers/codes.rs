//! Mails a code or a link to a person.

use http::StatusCode;

use super::mails;
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::error::ApiError;
use crate::app::AppState;
use crate::domain::one_time_code::{CodePurpose, CodeVerdict, RESEND_AFTER, RESEND_WINDOW, wait_before_next};
use crate::domain::{Email, PasswordHash, Timestamp, User};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, IdentityChange};

/// A code to be mailed.
pub(super) struct CodeMail {
    pub(super) purpose: CodePurpose,
    /// The address that the mail goes to.
    pub(super) email: Email,
    /// The action for the audit log.
    pub(super) action: AuditAction,
    /// The hash that the given password was checked against, which must still be the account's; none without a
    /// password.
    pub(super) seen: Option<PasswordHash>,
}

impl CodeMail {
    /// Sends the code, with the answer 202. The commit is stale where `user` is not as it was read.
    ///
    /// # Errors
    ///
    /// [`ApiError::CodesThrottled`] where other codes were sent lately.
    pub(super) async fn send(
        self,
        app: &AppState,
        attempt: &Attempt,
        user: &User,
        at: Timestamp,
    ) -> Result<Commit, ApiError> {
        let Self { purpose, email, action, seen } = self;
        let recent = app.store.codes(user.id, at - RESEND_WINDOW).await?;
        if let Some(wait) = wait_before_next(&recent, purpose, at) {
            return Err(ApiError::CodesThrottled { seconds: wait.whole_seconds() + 1 });
        }
        let code = app.codes.issue(user.id, purpose, email, at);
        let mail = mails::with_code(user, &code);
        let (quiet_since, window_since) = (at - RESEND_AFTER, at - RESEND_WINDOW);
        let change = IdentityChange::IssueCode { code: code.stored, seen, quiet_since, window_since };
        let (effect, audit) =
            (Effect::Identity(Box::new(change)), Audit { action, user_id: user.id, subject: None });
        let answer = Answer::empty(StatusCode::ACCEPTED);
        attempt.commit_and_mail(app, at, effect, Some(audit), &[mail], answer).await
    }
}

/// Refuses a code that cannot be used.
///
/// # Errors
///
/// [`ApiError::CodeUsed`] or [`ApiError::CodeExpired`].
pub(super) fn refuse(verdict: CodeVerdict) -> Result<(), ApiError> {
    match verdict {
        CodeVerdict::Good => Ok(()),
        CodeVerdict::Used => Err(ApiError::CodeUsed),
        CodeVerdict::Dead => Err(ApiError::CodeExpired),
    }
}
