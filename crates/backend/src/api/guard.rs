//! Limits on guessing, as handlers use them: admit the request before it does anything dear, count it where it was wrong.

use std::time::Duration;

use http::StatusCode;
use uuid::Uuid;

use super::attempt::{Attempt, Audit};
use super::error::ApiError;
use crate::app::AppState;
use crate::auth::KnownDevice;
use crate::domain::guessing::{GuessKey, LOG_IN, Limit};
use crate::domain::{Client, Email};
use crate::idempotency::Answer;
use crate::store::Effect;

/// What a request may guess at, and by whom.
#[derive(Debug, Clone)]
pub(super) struct Guard(Vec<Limit>);

impl Guard {
    /// All of `limits` hold.
    pub(super) fn of(limits: impl IntoIterator<Item = Limit>) -> Self {
        Self(limits.into_iter().collect())
    }

    /// A log-in. A device that the account knows has an allowance of its own, so that no stranger can lock it out.
    pub(super) fn log_in(email: &Email, client: &Client, device: Option<KnownDevice>) -> Self {
        match device {
            Some(device) => Self::of([device.limit()]),
            None => Self::of([Limit::at_email(LOG_IN, email), Limit::by_address(LOG_IN, client.address)]),
        }
    }

    /// A registration that meets an account: whoever tries many addresses learns which are taken.
    pub(super) fn registration(client: &Client) -> Self {
        Self::of([Limit::by_address("register", client.address)])
    }

    /// Digits of a mail, by whoever has logged in: each code has a few tries of its own, and another one comes for the
    /// asking.
    pub(super) fn digits(user_id: Uuid) -> Self {
        Self::of([Limit::at_user("digits of a mail", user_id)])
    }

    /// These and one more.
    #[must_use]
    pub(super) fn and(&self, limit: Option<Limit>) -> Self {
        Self::of(self.0.iter().copied().chain(limit))
    }

    /// What is counted of a wrong guess.
    pub(super) fn limits(&self) -> Vec<Limit> {
        self.0.clone()
    }

    /// Refuses where the next guess may not be made yet. Writes nothing. Gives the debts that there are.
    pub(super) async fn admit(&self, app: &AppState) -> Result<Vec<GuessKey>, ApiError> {
        let debts = app.store.guess_debts(self.0.iter().map(|limit| limit.key).collect()).await?;
        let debt = |limit: &Limit| debts.iter().find(|(key, _)| *key == limit.key).map(|(_, debt)| *debt);
        let next_at = self.0.iter().filter_map(|limit| limit.policy.next_at(debt(limit)?)).max();
        let wait = next_at.and_then(|next_at| Duration::try_from(next_at - app.now()).ok());
        match wait {
            Some(wait) if !wait.is_zero() => Err(ApiError::TooManyAttempts { retry_after: wait }),
            _ => Ok(debts.into_iter().map(|(key, _)| key).collect()),
        }
    }

    /// Counts a wrong guess, together with its audit row.
    pub(super) async fn count(&self, app: &AppState, audit: Option<Audit>) -> Result<(), ApiError> {
        // Apart from the answer: whether that is kept for the request's key is another matter.
        let (effect, nothing) = (Effect::CountGuesses(self.0.clone()), Answer::empty(StatusCode::NO_CONTENT));
        Attempt::new(None, None).commit(app, app.now(), effect, audit, nothing).await?;
        Ok(())
    }
}
