//! The directory: accounts and the audit log, for admins.
//!
//! Lists are read by pages. A page ends with a [`Position`] or an [`AuditPosition`], and the next page begins after
//! it. A position holds the keys of the last row instead of its number. So rows that come meanwhile do not shift a
//! page, and late pages cost as much as the first.

use std::net::IpAddr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Actor, StoreError};
use crate::domain::onboarding::LifeFacts;
use crate::domain::{AccountStatus, Role, Timestamp, User, search_key};

/// Queries about all accounts. The trait is a part of [`super::Store`] and of its contract.
#[async_trait]
pub trait Directory: Send + Sync {
    /// At most `limit` accounts that match `filter`, after the position `after`. Without a prefix, the newest come
    /// first. With a prefix, accounts whose address matches come first, ordered by address. Accounts of which only
    /// the name matches come after them, ordered by name.
    async fn accounts(
        &self,
        filter: AccountFilter,
        after: Option<Position>,
        limit: u32,
    ) -> Result<AccountPage, StoreError>;

    /// At most `limit` rows of the audit log that match `filter`, after the position `after`. The newest come first.
    async fn audit_log(
        &self,
        filter: AuditFilter,
        after: Option<AuditPosition>,
        limit: u32,
    ) -> Result<AuditPage, StoreError>;

    /// Whether an account other than `id` belongs to an admin who is not suspended.
    async fn has_other_admin(&self, id: Uuid) -> Result<bool, StoreError>;
}

/// A filter of accounts. An account matches where it meets all given conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// The beginning of the address or the name.
    pub prefix: Option<Prefix>,
    /// The status of the account.
    pub status: Option<AccountStatus>,
    /// Whether the address was verified.
    pub email_verified: Option<bool>,
    /// The role.
    pub role: Option<Role>,
    /// The time for stuck people: the onboarding was never completed, and was last changed by then.
    pub stuck_since: Option<Timestamp>,
}

/// The beginning of an address or a name, in lower case. No character is a wildcard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix(String);

impl Prefix {
    /// The prefix of a typed text: in NFC and lower case, without blanks at its ends. None where nothing is left.
    pub fn typed(text: &str) -> Option<Self> {
        let text = search_key(text.trim());
        (!text.is_empty()).then_some(Self(text))
    }

    /// The prefix as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The end of a page of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Position {
    /// In a list of the newest accounts: the key of the last account. Only the store reads the key.
    Newest(String),
    /// In the part that is ordered by address: the last address.
    Email(String),
    /// In the part that is ordered by name: the last name and account.
    Name {
        /// The name of the last account.
        name: String,
        /// The key of the last account, which tells apart accounts of one name. Only the store reads the key.
        key: String,
    },
}

/// One account with its progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The account.
    pub user: User,
    /// The progress of the onboarding; none for an account without an onboarding.
    pub onboarding: Option<Progress>,
}

/// The progress of an onboarding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The facts that the state of the onboarding follows from.
    pub facts: LifeFacts,
    /// The number of the last reminder; none before the first.
    pub reminded: Option<u8>,
}

/// A page of accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountPage {
    /// The accounts, in order.
    pub items: Vec<Account>,
    /// The position after which the next page begins; none for the last page.
    pub next: Option<Position>,
}

/// A filter of the audit log. A row matches where it meets all given conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The id of the account that the row is about.
    pub user_id: Option<Uuid>,
    /// The id of the admin who acted; the nil UUID for the command line.
    pub actor_id: Option<Uuid>,
    /// The action, such as `user.logged_in`.
    pub action: Option<String>,
    /// The earliest time.
    pub from: Option<Timestamp>,
    /// The time that all rows are before.
    pub before: Option<Timestamp>,
}

/// The end of a page of the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditPosition {
    /// The time of the last row.
    pub at: Timestamp,
    /// The number of the last row.
    pub id: i64,
}

/// A stored row of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// The number of the row. Numbers grow with time, except for rows that were written at once.
    pub id: i64,
    /// The time of the action.
    pub at: Timestamp,
    /// The action. The type is a text, because an instance of a later version may have written the row.
    pub action: String,
    /// The id of the account that the row is about; [`super::AuditEntry::NOBODY`] where no account is known.
    pub user_id: Uuid,
    /// The address of that account; none where the account is gone.
    pub user_email: Option<String>,
    /// The actor.
    pub actor: Actor,
    /// The address of the admin who acted; none where the account is gone.
    pub actor_email: Option<String>,
    /// The detail of the action.
    pub subject: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// The client's address.
    pub address: Option<IpAddr>,
    /// The id of the request.
    pub request_id: String,
    /// The name of the instance.
    pub instance_id: String,
}

/// A page of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditPage {
    /// The rows, the newest first.
    pub items: Vec<AuditRecord>,
    /// The position after which the next page begins; none for the last page.
    pub next: Option<AuditPosition>,
}

/// Makes a page of rows that were read with one row more than wanted. `position` gives the position of the page's
/// last row.
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
