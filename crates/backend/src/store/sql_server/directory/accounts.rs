//! Lists of accounts, by the number that each row was given when it came.

use tiberius::Row;

use super::super::batch::{Batch, values};
use super::super::pool::Pool;
use super::super::read::{self, user_columns};
use super::super::row;
use super::Query;
use crate::domain::{AccountStatus, Role};
use crate::store::StoreError;
use crate::store::directory::{self, Account, AccountFilter, AccountPage, Position, Prefix, Progress};

const COLUMNS: &str = concat!(
    user_columns!(),
    ", o.completed_at AS onboarding_completed_at, o.updated_at AS onboarding_updated_at, u.email_key, u.name_key"
);

/// Comes, behind a prefix, after all that begins with it: texts are compared by their UTF-16 units.
const LAST: char = '\u{FFFF}';

/// A row with what a page may have to go on from.
struct Found {
    account: Account,
    email_key: String,
    name_key: Option<String>,
    number: i64,
}

pub(super) async fn page(
    pool: &Pool,
    filter: &AccountFilter,
    after: Option<Position>,
    limit: u32,
) -> Result<AccountPage, StoreError> {
    let Some(prefix) = &filter.prefix else {
        let after = match after {
            Some(Position::Newest(key)) => number(&key, i64::MAX),
            _ => i64::MAX,
        };
        let found = list(pool, newest(filter, after, limit)).await?;
        let (items, next) = directory::page(found, limit, |last| Position::Newest(last.number.to_string()));
        return Ok(AccountPage { items: accounts(items), next });
    };
    let (mut found, begun) = match after {
        Some(Position::Name { name, key }) => (Vec::new(), Some((name, number(&key, 0)))),
        Some(Position::Email(email)) => {
            (list(pool, by_email(filter, prefix, Some(email), limit)).await?, None)
        }
        Some(Position::Newest(_)) | None => (list(pool, by_email(filter, prefix, None, limit)).await?, None),
    };
    let by_their_email = found.len();
    if by_their_email <= limit as usize {
        found.extend(list(pool, by_name(filter, prefix, begun, limit)).await?);
    }
    let kept = (limit as usize).min(found.len());
    let (items, next) = directory::page(found, limit, |last| {
        if kept <= by_their_email {
            Position::Email(last.email_key.clone())
        } else {
            let name = last.name_key.clone().unwrap_or_default();
            Position::Name { name, key: last.number.to_string() }
        }
    });
    Ok(AccountPage { items: accounts(items), next })
}

/// The number that a client gave back; a made-up one begins anew.
fn number(key: &str, otherwise: i64) -> i64 {
    key.parse().unwrap_or(otherwise)
}

fn accounts(found: Vec<Found>) -> Vec<Account> {
    found.into_iter().map(|found| found.account).collect()
}

/// Newest first. Where the onboarding decides and few accounts are asked for otherwise, by its number.
fn newest(filter: &AccountFilter, after: i64, limit: u32) -> Batch {
    let few = filter.role == Some(Role::Admin)
        || matches!(filter.status, Some(AccountStatus::Suspended | AccountStatus::Closing));
    let table = if filter.stuck_since.is_some() && !few { "o" } else { "u" };
    let mut query = from_users(filter, table, limit);
    query.and(&format!("{table}.seq < ?"), values![after]);
    add_filters(&mut query, filter);
    query.ordered(&format!("{table}.seq DESC"))
}

/// Those whose address begins so, in the order of their addresses.
fn by_email(filter: &AccountFilter, prefix: &Prefix, after: Option<String>, limit: u32) -> Batch {
    let mut query = from_users(filter, "u", limit);
    let [from, end] = range(prefix);
    match after {
        Some(after) => query.and("u.email_key > ? AND u.email_key < ?", values![after, end]),
        None => query.and("u.email_key >= ? AND u.email_key < ?", values![from, end]),
    }
    add_filters(&mut query, filter);
    query.ordered("u.email_key")
}

/// Those whose name begins so and whose address does not, in the order of their names.
fn by_name(filter: &AccountFilter, prefix: &Prefix, after: Option<(String, i64)>, limit: u32) -> Batch {
    let mut query = from_users(filter, "u", limit);
    let [from, end] = range(prefix);
    match after {
        None => query.and("u.name_key >= ? AND u.name_key < ?", values![from.clone(), end.clone()]),
        Some((name, number)) => {
            query.and("u.name_key >= ? AND u.name_key < ?", values![name.clone(), end.clone()]);
            query.and("(u.name_key > ? OR u.seq > ?)", values![name, number]);
        }
    }
    query.and("NOT (u.email_key >= ? AND u.email_key < ?)", values![from, end]);
    add_filters(&mut query, filter);
    query.ordered("u.name_key, u.seq")
}

/// What begins with `prefix` lies between the two. No pattern is matched, so no character is special.
fn range(prefix: &Prefix) -> [String; 2] {
    let from = prefix.as_str().to_owned();
    [from.clone(), format!("{from}{LAST}")]
}

fn from_users(filter: &AccountFilter, table: &str, limit: u32) -> Query {
    let columns = format!("{COLUMNS}, {table}.seq AS number");
    let join = if filter.stuck_since.is_some() { "JOIN" } else { "LEFT JOIN" };
    let from = format!("dbo.users u {join} dbo.onboarding o ON o.user_id = u.id");
    Query::new(&columns, &from, limit)
}

fn add_filters(query: &mut Query, filter: &AccountFilter) {
    if let Some(role) = filter.role {
        query.and("u.role = ?", values![role.as_str()]);
    }
    match filter.status {
        None => {}
        Some(AccountStatus::Suspended) => query.and("u.suspended_at IS NOT NULL", values![]),
        Some(AccountStatus::Closing) => {
            query.and("u.suspended_at IS NULL AND u.closing_at IS NOT NULL", values![]);
        }
        Some(AccountStatus::Active) => {
            query.and("u.suspended_at IS NULL AND u.closing_at IS NULL", values![]);
        }
    }
    match filter.email_verified {
        None => {}
        Some(true) => query.and("u.email_verified_at IS NOT NULL", values![]),
        Some(false) => query.and("u.email_verified_at IS NULL", values![]),
    }
    if let Some(since) = filter.stuck_since {
        query.and("o.completed_at IS NULL AND o.updated_at < ?", values![since]);
    }
}

async fn list(pool: &Pool, batch: Batch) -> Result<Vec<Found>, StoreError> {
    read::rows(pool, "list accounts", batch).await?.iter().map(found).collect()
}

fn found(row: &Row) -> Result<Found, StoreError> {
    let completed_at = row::optional_moment(row, "onboarding_completed_at")?;
    let updated_at = row::optional_moment(row, "onboarding_updated_at")?;
    let onboarding = updated_at.map(|updated_at| Progress { completed_at, updated_at });
    Ok(Found {
        account: Account { user: row::user(row)?, onboarding },
        email_key: row::required::<&str>(row, "email_key")?.to_owned(),
        name_key: row::optional::<&str>(row, "name_key")?.map(str::to_owned),
        number: row::required(row, "number")?,
    })
}
