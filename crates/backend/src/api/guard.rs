//! Limits on guessing, as handlers use them: a handler asks for admission before costly work, and counts the request
//! when the guess was wrong.

use std::time::Duration;

use http::StatusCode;
use uuid::Uuid;

use super::attempt::{Attempt, Audit};
use super::error::ApiError;
use crate::app::AppState;
use crate::auth::{CurrentUser, KnownDevice};
use crate::domain::guessing::{Debt, GuessKey, LOG_IN, Limit};
use crate::domain::passkey::PASSKEY;
use crate::domain::second_factor::SECOND_FACTOR;
use crate::domain::{Client, Email};
use crate::idempotency::Answer;
use crate::store::Effect;

/// What a request may guess at, and by whom.
#[derive(Debug, Clone)]
pub(super) struct Guard(Vec<Limit>);

/// A guess that was counted before it is judged.
#[derive(Debug, Clone)]
pub(super) struct Reserved {
    /// What is refunded where it proves right.
    pub(super) limits: Vec<Limit>,
    /// Whether the next one has to wait where it proves wrong, for the first time.
    pub(super) was_last_free: bool,
}

fn debt(debts: &[(GuessKey, Debt)], limit: &Limit) -> Option<Debt> {
    debts.iter().find(|(key, _)| *key == limit.key).map(|(_, debt)| *debt)
}

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

    /// A second factor at log-in, by devices as [`Guard::log_in`].
    pub(super) fn second_factor(user_id: Uuid, client: &Client, device: Option<KnownDevice>) -> Self {
        match device {
            Some(device) => Self::of([device.limit_for(SECOND_FACTOR)]),
            None => Self::of([
                Limit::at_user(SECOND_FACTOR, user_id),
                Limit::by_address(SECOND_FACTOR, client.address),
            ]),
        }
    }

    /// A log-in by a passkey. Nobody can guess one, so that its account has no limit by which a stranger could stop its owner.
    pub(super) fn passkey(client: &Client, device: Option<KnownDevice>) -> Self {
        Self::of([match device {
            Some(device) => device.limit_for(PASSKEY),
            None => Limit::by_address(PASSKEY, client.address),
        }])
    }

    /// A passkey in a session that goes on.
    pub(super) fn passkey_in_session(current: CurrentUser) -> Self {
        Self::of([Limit::by_device(PASSKEY, current.id, current.session_id)])
    }

    /// A second factor in a session that goes on: whoever has got hold of one cannot stop the owner's others.
    pub(super) fn in_session(current: CurrentUser) -> Self {
        Self::of([Limit::by_device(SECOND_FACTOR, current.id, current.session_id)])
    }

    /// Refuses where the next guess may not be made yet. Writes nothing. Gives the debts that there are.
    pub(super) async fn admit(&self, app: &AppState) -> Result<Vec<GuessKey>, ApiError> {
        let debts = self.debts(app).await?;
        match self.wait(app, &debts) {
            Some(wait) => Err(ApiError::TooManyAttempts { retry_after: wait }),
            None => Ok(debts.into_iter().map(|(key, _)| key).collect()),
        }
    }

    /// Counts a guess before it is judged, and refuses where it may not be made. What proves right is refunded.
    ///
    /// A code is judged within microseconds, so that of many at once all would be admitted before the first is counted. So
    /// each is counted first, and goes on only where it is a free one, or the only one after the wait.
    pub(super) async fn reserve(&self, app: &AppState) -> Result<Reserved, ApiError> {
        let before = self.debts(app).await?;
        if let Some(wait) = self.wait(app, &before) {
            return Err(ApiError::TooManyAttempts { retry_after: wait });
        }
        self.count(app, None).await?;
        let (after, now) = (self.debts(app).await?, app.now());
        let open = |debts: &[(GuessKey, Debt)], limit: &Limit| {
            debt(debts, limit).map_or(0, |debt| limit.policy.open_guesses(debt, now))
        };
        let crowded = |limit: &&Limit| {
            let has = open(&after, limit);
            has > limit.policy.free && has > open(&before, limit) + 1
        };
        if self.0.iter().find(crowded).is_some() {
            let retry_after = self.wait(app, &after).unwrap_or(Duration::from_secs(1));
            return Err(ApiError::TooManyAttempts { retry_after });
        }
        let was_last_free = self.0.first().is_some_and(|limit| open(&after, limit) == limit.policy.free);
        Ok(Reserved { limits: self.0.clone(), was_last_free })
    }

    async fn debts(&self, app: &AppState) -> Result<Vec<(GuessKey, Debt)>, ApiError> {
        Ok(app.store.guess_debts(self.0.iter().map(|limit| limit.key).collect()).await?)
    }

    /// How long the next guess has to wait; none where it need not.
    fn wait(&self, app: &AppState, debts: &[(GuessKey, Debt)]) -> Option<Duration> {
        let next_at = self.0.iter().filter_map(|limit| limit.policy.next_at(debt(debts, limit)?)).max()?;
        Duration::try_from(next_at - app.now()).ok().filter(|wait| !wait.is_zero())
    }

    /// Counts a wrong guess, together with its audit row.
    pub(super) async fn count(&self, app: &AppState, audit: Option<Audit>) -> Result<(), ApiError> {
        // Apart from the answer: whether that is kept for the request's key is another matter.
        let (effect, nothing) = (Effect::CountGuesses(self.0.clone()), Answer::empty(StatusCode::NO_CONTENT));
        Attempt::new(None, None).commit(app, app.now(), effect, audit, nothing).await?;
        Ok(())
    }
}
