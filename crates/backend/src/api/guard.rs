//! Limits on guessing, as handlers use them. A handler asks for admission before costly work, and counts the guess
//! when it was wrong.

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

/// The limits of one guess: its target and its source.
#[derive(Debug, Clone)]
pub(super) struct Guard(Vec<Limit>);

/// A guess that was counted before it is judged.
#[derive(Debug, Clone)]
pub(super) struct Reserved {
    /// The limits whose guess is taken back where the guess proves right.
    pub(super) limits: Vec<Limit>,
    /// Whether the next guess has to wait where this one proves wrong, for the first time.
    pub(super) was_last_free: bool,
}

fn debt(debts: &[(GuessKey, Debt)], limit: &Limit) -> Option<Debt> {
    debts.iter().find(|(key, _)| *key == limit.key).map(|(_, debt)| *debt)
}

impl Guard {
    /// A guard with all of `limits`.
    pub(super) fn of(limits: impl IntoIterator<Item = Limit>) -> Self {
        Self(limits.into_iter().collect())
    }

    /// The guard of a log-in by password. A device that the account knows has a limit of its own, so that no stranger
    /// can lock the device out.
    pub(super) fn log_in(email: &Email, client: &Client, device: Option<KnownDevice>) -> Self {
        match device {
            Some(device) => Self::of([device.limit()]),
            None => Self::of([Limit::at_email(LOG_IN, email), Limit::by_address(LOG_IN, client.address)]),
        }
    }

    /// The guard of a registration whose address an account has. Otherwise a client could learn which addresses are
    /// taken.
    pub(super) fn registration(client: &Client) -> Self {
        Self::of([Limit::by_address("register", client.address)])
    }

    /// The guard of the digits of a mail, given by a user who is logged in. Each code has a few tries, and another
    /// code can be asked for.
    pub(super) fn digits(user_id: Uuid) -> Self {
        Self::of([Limit::at_user("digits of a mail", user_id)])
    }

    /// This guard with one more limit.
    #[must_use]
    pub(super) fn and(&self, limit: Option<Limit>) -> Self {
        Self::of(self.0.iter().copied().chain(limit))
    }

    /// The limits that count a wrong guess.
    pub(super) fn limits(&self) -> Vec<Limit> {
        self.0.clone()
    }

    /// The guard of a second factor at log-in, with devices as in [`Guard::log_in`].
    pub(super) fn second_factor(user_id: Uuid, client: &Client, device: Option<KnownDevice>) -> Self {
        match device {
            Some(device) => Self::of([device.limit_for(SECOND_FACTOR)]),
            None => Self::of([
                Limit::at_user(SECOND_FACTOR, user_id),
                Limit::by_address(SECOND_FACTOR, client.address),
            ]),
        }
    }

    /// The guard of a log-in by a passkey. Nobody can guess a passkey, so the account has no limit by which a
    /// stranger could stop its owner.
    pub(super) fn passkey(client: &Client, device: Option<KnownDevice>) -> Self {
        Self::of([match device {
            Some(device) => device.limit_for(PASSKEY),
            None => Limit::by_address(PASSKEY, client.address),
        }])
    }

    /// The guard of a passkey within a session.
    pub(super) fn passkey_in_session(current: CurrentUser) -> Self {
        Self::of([Limit::by_device(PASSKEY, current.id, current.session_id)])
    }

    /// The guard of a second factor within a session. A thief of one session cannot stop the owner's other sessions.
    pub(super) fn in_session(current: CurrentUser) -> Self {
        Self::of([Limit::by_device(SECOND_FACTOR, current.id, current.session_id)])
    }

    /// Refuses a guess that has to wait. Nothing is written. Gives the keys of the existing debts.
    ///
    /// # Errors
    ///
    /// [`ApiError::TooManyAttempts`] with the wait.
    pub(super) async fn admit(&self, app: &AppState) -> Result<Vec<GuessKey>, ApiError> {
        let debts = self.debts(app).await?;
        match self.wait(app, &debts) {
            Some(wait) => Err(ApiError::TooManyAttempts { retry_after: wait }),
            None => Ok(debts.into_iter().map(|(key, _)| key).collect()),
        }
    }

    /// Counts a guess before it is judged, and refuses a guess that has to wait. A guess that proves right is taken
    /// back.
    ///
    /// A code is judged within microseconds. Many codes at once would all be admitted before the first is counted. So
    /// each one is counted first, and goes on only as a free guess, or as the only one after the wait.
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

    /// The wait before the next guess; none where there is no wait.
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
