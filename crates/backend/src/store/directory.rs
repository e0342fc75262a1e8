//! The directory: accounts and the audit log, for admins.
//!
//! Lists are read page by page. A page ends with a [`Position`] or an [`AuditPosition`], from which the next one goes
//! on: by the keys of the last row and not by its number, so that rows that come meanwhile move nobody, and the tenth
//! thousandth page costs what the first one does.

use std::net::IpAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Actor, StoreError};
use crate::domain::onboarding::LifeFacts;
use crate::domain::{AccountStatus, Role, Timestamp, User, search_key};

/// Questions about everybody. A part of [`super::Store`], and of its contract.
#[async_trait]
pub trait Directory: Send + Sync {
    /// At most `limit` accounts that `filter` lets through, from `after` on. Without a prefix, the newest
    /// come first. With one, those whose address begins so come in the order of their addresses, and after them
    /// those of whom the name alone does, in the order of the names.
    async fn accounts(
        &self,
        filter: AccountFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AccountPage, StoreError>;

    /// At most `limit` rows of the audit log that `filter` lets through, the newest first, from `after` on.
    async fn audit_log(
        &self,
        filter: AuditFilter,
        after: Option<AuditPosition>,
        limit: u32,
    ) -> Result<AuditPage, StoreError>;

    /// Whether an account other than `id` is of an admin and not suspended.
    async fn has_other_admin(&self, id: Uuid) -> Result<bool, StoreError>;
}

/// Which accounts are wanted: those that meet all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// How the address or the name begins.
    pub prefix: Option<Prefix>,
    /// The state of the account.
    pub status: Option<AccountStatus>,
    /// Whether the address was verified.
    pub email_verified: Option<bool>,
    /// The role.
    pub role: Option<Role>,
    /// Who is stuck since this moment: whose onboarding was never completed, and was last changed by then.
    pub stuck_since: Option<Timestamp>,
}

/// The beginning of an address or a name, in lower case. Every character stands for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// What was typed, in NFC, without the blanks around it and regardless of case; none where nothing is left.
    pub fn typed(text: &str) -> Option<Self> {
        let text = search_key(text.trim());
        (!text.is_empty()).then_some(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where in a list of accounts a page has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// Newest first: at the account with this key, which is the store's own.
    Newest(String),
    /// Among those whose address begins as wanted: at this address.
    Email(String),
    /// Among those whose name does.
    Name {
        /// At this name,
        name: String,
        /// and of several with this name at the account with this key, which is the store's own.
        key: String,
    },
}

/// One account and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub user: User,
    /// Its onboarding; none for an account without one.
    pub onboarding: Option<Progress>,
}

/// How far an onboarding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What the state of its life follows from.
    pub facts: LifeFacts,
    /// The number of the last reminder that was written; none where none was.
    pub reminded: Option<u8>,
}

/// Some accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// In order.
    pub items: Vec<Account>,
    /// Where the next page goes on; none after the last one.
    pub next: Option<Position>,
}

/// Which rows of the audit log are wanted: those that meet all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Whom it was done to.
    pub user_id: Option<Uuid>,
    /// Which admin did it; the nil UUID for the command line.
    pub actor_id: Option<Uuid>,
    /// What was done, such as `user.logged_in`.
    pub action: Option<String>,
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub before: Option<Timestamp>,
}

/// Where in the audit log a page has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditPosition {
    /// The time of its last row.
    pub at: Timestamp,
    /// The number of that row.
    pub id: i64,
}

/// A row of the audit log as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Grows with time, but for rows that were written at once.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// What was done. A text, since an instance of a later version may have written it.
    pub action: String,
    /// Whom it was done to; [`super::AuditEntry::NOBODY`] where no account is known.
    pub user_id: Uuid,
    /// The address of that account; none where it is gone.
    pub user_email: Option<String>,
    /// Who did it.
    pub actor: Actor,
    /// The address of the admin who did it; none where the account is gone.
    pub actor_email: Option<String>,
    /// What exactly.
    pub subject: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// From where.
    pub address: Option<IpAddr>,
    /// The request that asked for it.
    pub request_id: String,
    /// The instance that did it.
    pub instance_id: String,
}

/// Some rows of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The newest first.
    pub items: Vec<AuditRecord>,
    /// Where the next page goes on; none after the last one.
    pub next: Option<AuditPosition>,
}

/// Cuts one row more than was wanted to a page, whose next one begins at the `position` of its last row.
pub(super) fn page<T, P>(
    mut rows: Vec<T>,
    limit: u32,
    position: impl FnOnce(&T) -> P,
) -> (Vec<T>, Option<P>) {
    let limit = limit as usize;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(position);
    (rows, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_whether_another_one_follows() {
        assert_eq!(page(vec![1, 2, 3], 2, |last| *last), (vec![1, 2], Some(2)));
        assert_eq!(page(vec![1, 2], 2, |last| *last), (vec![1, 2], None));
        assert_eq!(page(Vec::<i32>::new(), 2, |last| *last), (vec![], None));
    }

    #[test]
    fn what_is_typed_is_searched_without_blanks_and_case() {
        assert_eq!(Prefix::typed("  Zoë Å ").as_ref().map(Prefix::as_str), Some("zoë å"));
        assert_eq!(Prefix::typed("Zoe\u{308}").as_ref().map(Prefix::as_str), Some("zo\u{eb}"));
        assert_eq!(Prefix::typed(" \t"), None);
    }
}
