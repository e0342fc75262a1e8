//! Reminders: the people whose reminder is due, and the effect that writes each reminder once.
//!
//! Every instance looks for due reminders and writes them. The mail and the record that it was written
//! ([`super::Effect::Remind`]) are in one transaction, guarded by the facts that made the reminder due. Where two
//! instances write one reminder, or the person completes the onboarding at the same moment, the second change finds
//! the row changed and does nothing.

use async_trait::async_trait;
use uuid::Uuid;

use super::late::LateStore;
use super::metrics::Metered;
use super::{Store, StoreError};
use crate::domain::onboarding::{LifeFacts, ReminderWindow};
use crate::domain::{Timestamp, User};

/// The queries of a [`Store`] about reminders.
#[async_trait]
pub trait Reminders: Send + Sync + 'static {
    /// At most `limit` people for whom the reminder of `window` is due, those who have waited longest first. The
    /// onboarding was never completed. The person has had neither this reminder nor a later one, and wants reminders.
    /// The account is neither suspended nor closing. No mail to the person was
    /// [`REFUSED`](crate::domain::mail::REFUSED).
    async fn due_reminders(&self, window: ReminderWindow, limit: u32)
    -> Result<Vec<DueReminder>, StoreError>;

    /// A person with the facts of the onboarding, which decide whether a waiting reminder still makes sense.
    async fn reminded_person(&self, user_id: Uuid) -> Result<Option<(User, LifeFacts)>, StoreError>;
}

/// A person whose reminder is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueReminder {
    /// The account.
    pub user: User,
    /// The time of the onboarding's last change.
    pub changed_at: Timestamp,
}

/// The record of a written reminder: `reminded = number` and `reminded_at = at`. The guards: the onboarding was never
/// completed and has not changed since `changed_at`; no reminder of this number or a later one was written; the
/// account has the address, wants reminders, and is neither suspended nor closing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// The id of the account.
    pub user_id: Uuid,
    /// The address of the mail, as [`crate::domain::Email::key`].
    pub email_key: String,
    /// The number of the reminder, from 1 on.
    pub number: u8,
    /// The time of the onboarding's last change, as it was read.
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
