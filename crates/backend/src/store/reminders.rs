//! Reminders: the people whose reminder is due, and the effect that writes each reminder once.
//!
//! Every instance looks for people whose reminder is due, and writes it: the mail, and in the same transaction that it was
//! written ([`super::Effect::Remind`]), guarded by all that made it due. Of two instances that meet in one person, and of
//! an instance and a person who completes the onboarding at the same moment, the second finds the row changed and does
//! nothing.

use async_trait::async_trait;
use uuid::Uuid;

use super::late::LateStore;
use super::metrics::Metered;
use super::{Store, StoreError};
use crate::domain::onboarding::{LifeFacts, ReminderWindow};
use crate::domain::{Timestamp, User};

/// The part of a [`Store`] that knows who is to be reminded.
#[async_trait]
pub trait Reminders: Send + Sync + 'static {
    /// At most `limit` people for whom the reminder of `window` is due, those who have waited longest first: their
    /// onboarding was never completed, they have not had this reminder or a later one, they want reminders, their account
    /// is neither suspended nor closing, and no mail to them was [`REFUSED`](crate::domain::mail::REFUSED).
    async fn due_reminders(&self, window: ReminderWindow, limit: u32)
    -> Result<Vec<DueReminder>, StoreError>;

    /// A person, and what the state of their onboarding follows from: whether a reminder that waits to be sent still
    /// makes sense.
    async fn reminded_person(&self, user_id: Uuid) -> Result<Option<(User, LifeFacts)>, StoreError>;
}

/// A person who is to be reminded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueReminder {
    /// Who.
    pub user: User,
    /// When the onboarding was last changed.
    pub changed_at: Timestamp,
}

/// A reminder that is written: `reminded = number` and `reminded_at = at`, where all of this still holds: the onboarding
/// was never completed and has not changed since `changed_at`, no reminder of this number or a later one was written, and
/// the account has the address, wants reminders and is neither suspended nor closing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// Whom it is for.
    pub user_id: Uuid,
    /// Where it goes: [`crate::domain::Email::key`].
    pub email_key: String,
    /// Which it is, counted from 1.
    pub number: u8,
    /// When the onboarding was last changed, as far as is known.
    pub changed_at: Timestamp,
}

#[async_trait]
impl<S: Store> Reminders for Metered<S> {
    async fn due_reminders(
        &self,
        window: ReminderWindow,
        limit: u32,
    ) -> Result<Vec<DueReminder>, StoreError> {
        self.timed("due_reminders", self.store.due_reminders(window, limit)).await
    }

    async fn reminded_person(&self, user_id: Uuid) -> Result<Option<(User, LifeFacts)>, StoreError> {
        self.timed("reminded_person", self.store.reminded_person(user_id)).await
    }
}

#[async_trait]
impl Reminders for LateStore {
    async fn due_reminders(
        &self,
        window: ReminderWindow,
        limit: u32,
    ) -> Result<Vec<DueReminder>, StoreError> {
        self.store()?.due_reminders(window, limit).await
    }

    async fn reminded_person(&self, user_id: Uuid) -> Result<Option<(User, LifeFacts)>, StoreError> {
        self.store()?.reminded_person(user_id).await
    }
}
