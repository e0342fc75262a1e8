//! Lists of accounts.
//!
//! One condition drives each query and is written for an index. All other conditions have a `+`, which tells SQLite
//! to use no index, and are checked row by row.

use rusqlite::types::Value;
use rusqlite::{Connection, Row};

use super::super::read::{AFTER_USER, UserRow, millis, moment, user_columns};
use super::{Query, rows};
use crate::domain::onboarding::LifeFacts;
use crate::domain::{AccountStatus, Role};
use crate::store::StoreError;
use crate::store::directory::{self, Account, AccountFilter, AccountPage, Position, Prefix, Progress};

const COLUMNS: &str = concat!(
    "SELECT ",
    user_columns!(),
    ", u.email_key, u.name_key, u.id, o.version, o.updated_at,
        COALESCE(o.activated_at, o.completed_at), o.completed_at, o.reminded"
);

/// A text after every id.
const AFTER_ALL_IDS: &str = "~";

/// A character that makes, behind a prefix, a text after all that begins with the prefix.
const LAST: char = '\u{10FFFF}';

/// A row with the keys that the next page may begin after.
struct Found {
    account: Account,
    email_key: String,
    name_key: Option<String>,
    id: String,
}

pub(super) fn page(
    connection: &Connection,
    filter: &AccountFilter,
    after: Option<Position>,
    limit: u32,
) -> Result<AccountPage, StoreError> {
    let Some(prefix) = &filter.prefix else {
        let after = match after {
            Some(Position::Newest(id)) => id,
            _ => AFTER_ALL_IDS.to_owned(),
        };
        let found = read(connection, newest(filter, after, limit))?;
        let (items, next) = directory::page(found, limit, |last| Position::Newest(last.id.clone()));
        return Ok(AccountPage { items: accounts(items), next });
    };
    let mut found = Vec::new();
    let mut begun = None;
    match after {
        Some(Position::Name { name, key }) => begun = Some((name, key)),
        Some(Position::Email(email)) => {
            found = read(connection, by_email(filter, prefix, Some(email), limit))?;
        }
        Some(Position::Newest(_)) | None => {
            found = read(connection, by_email(filter, prefix, None, limit))?;
        }
    }
    let by_their_email = found.len();
    if by_their_email <= limit as usize {
        found.extend(read(connection, by_name(filter, prefix, begun, limit))?);
    }
    let kept = (limit as usize).min(found.len());
    let (items, next) = directory::page(found, limit, |last| {
        if kept <= by_their_email {
            Position::Email(last.email_key.clone())
        } else {
            Position::Name { name: last.name_key.clone().unwrap_or_default(), key: last.id.clone() }
        }
    });
    Ok(AccountPage { items: accounts(items), next })
}

fn accounts(found: Vec<Found>) -> Vec<Account> {
    found.into_iter().map(|found| found.account).collect()
}

/// A query for the newest accounts, by id. An id begins with the time of registration.
pub(super) fn newest(filter: &AccountFilter, after: String, limit: u32) -> Query {
    let after = Value::Text(after);
    let mut query;
    if filter.role == Some(Role::Admin) {
        query = from_users(filter);
        query.add("WHERE u.role = 'admin' AND u.id < ?", [after]);
    } else if filter.status == Some(AccountStatus::Suspended) {
        query = from_users(filter);
        query.add("WHERE u.suspended_at IS NOT NULL AND +u.id < ?", [after]);
    } else if filter.status == Some(AccountStatus::Closing) {
        query = from_users(filter);
        query.add("WHERE u.closing_at IS NOT NULL AND +u.id < ?", [after]);
    } else if filter.stuck_since.is_some() {
        query = Query::new(COLUMNS);
        query.add("FROM onboarding o CROSS JOIN users u ON u.id = o.user_id", []);
        query.add("WHERE o.completed_at IS NULL AND o.user_id < ?", [after]);
    } else if filter.email_verified == Some(false) {
        query = from_users(filter);
        query.add("WHERE u.email_verified_at IS NULL AND u.id < ?", [after]);
    } else {
        query = from_users(filter);
        query.add("WHERE u.id < ?", [after]);
    }
    add_filters(&mut query, filter);
    let few = matches!(filter.status, Some(AccountStatus::Suspended | AccountStatus::Closing));
    let order = match filter {
        AccountFilter { role: Some(Role::Admin), .. } => "u.id",
        // There are few of these, which are sorted.
        _ if few => "+u.id",
        AccountFilter { stuck_since: Some(_), .. } => "o.user_id",
        _ => "u.id",
    };
    query.add(&format!("ORDER BY {order} DESC"), []);
    ended(query, limit)
}

/// A query for accounts whose address begins with the prefix, ordered by address.
pub(super) fn by_email(filter: &AccountFilter, prefix: &Prefix, after: Option<String>, limit: u32) -> Query {
    let mut query = from_users(filter);
    let [from, end] = range(prefix);
    match after {
        Some(after) => query.add("WHERE u.email_key > ? AND u.email_key < ?", [after.into(), end]),
        None => query.add("WHERE u.email_key >= ? AND u.email_key < ?", [from, end]),
    }
    add_filters(&mut query, filter);
    query.add("ORDER BY u.email_key", []);
    ended(query, limit)
}

/// A query for accounts of which only the name begins with the prefix, ordered by name.
pub(super) fn by_name(
    filter: &AccountFilter,
    prefix: &Prefix,
    after: Option<(String, String)>,
    limit: u32,
) -> Query {
    let mut query = from_users(filter);
    let [from, end] = range(prefix);
    match after {
        None => query.add("WHERE u.name_key >= ? AND u.name_key < ?", [from.clone(), end.clone()]),
        Some((name, id)) => {
            let name = Value::Text(name);
            query.add("WHERE u.name_key >= ? AND u.name_key < ?", [name.clone(), end.clone()]);
            query.add("AND (+u.name_key > ? OR +u.id > ?)", [name, id.into()]);
        }
    }
    query.add("AND NOT (+u.email_key >= ? AND +u.email_key < ?)", [from, end]);
    add_filters(&mut query, filter);
    query.add("ORDER BY u.name_key, u.id", []);
    ended(query, limit)
}

/// The bounds of the texts that begin with `prefix`. No pattern is matched, so no character is special.
fn range(prefix: &Prefix) -> [Value; 2] {
    let from = prefix.as_str().to_owned();
    [from.clone().into(), format!("{from}{LAST}").into()]
}

fn from_users(filter: &AccountFilter) -> Query {
    let mut query = Query::new(COLUMNS);
    // CROSS keeps the order of the two; with LEFT, a condition on the right side would let SQLite turn them around.
    let join = if filter.stuck_since.is_some() { "CROSS" } else { "LEFT" };
    query.add(&format!("FROM users u {join} JOIN onboarding o ON o.user_id = u.id"), []);
    query
}

fn add_filters(query: &mut Query, filter: &AccountFilter) {
    if let Some(role) = filter.role {
        query.add("AND +u.role = ?", [role.as_str().to_owned().into()]);
    }
    match filter.status {
        None => {}
        Some(AccountStatus::Suspended) => query.add("AND +u.suspended_at IS NOT NULL", []),
        Some(AccountStatus::Closing) => {
            query.add("AND +u.suspended_at IS NULL AND +u.closing_at IS NOT NULL", []);
        }
        Some(AccountStatus::Active) => {
            query.add("AND +u.suspended_at IS NULL AND +u.closing_at IS NULL", []);
        }
    }
    match filter.email_verified {
        None => {}
        Some(true) => query.add("AND +u.email_verified_at IS NOT NULL", []),
        Some(false) => query.add("AND +u.email_verified_at IS NULL", []),
    }
    if let Some(since) = filter.stuck_since {
        let stuck = "AND +o.completed_at IS NULL AND +o.activated_at IS NULL AND +o.updated_at <= ?";
        query.add(stuck, [millis(since).into()]);
    }
}

/// The query with one row more than `limit`, which shows whether there is a next page.
fn ended(mut query: Query, limit: u32) -> Query {
    query.add("LIMIT ?", [(i64::from(limit) + 1).into()]);
    query
}

fn read(connection: &Connection, query: Query) -> Result<Vec<Found>, StoreError> {
    let read = |row: &Row<'_>| {
        let keys = (row.get(AFTER_USER)?, row.get(AFTER_USER + 1)?, row.get(AFTER_USER + 2)?);
        Ok((UserRow::read(row)?, ProgressRow::read(row)?, keys))
    };
    let found = rows(connection, "list accounts", query, read)?;
    let account = |(user, progress, (email_key, name_key, id)): (UserRow, Option<ProgressRow>, _)| {
        let onboarding = progress.map(ProgressRow::into_progress).transpose()?;
        let account = Account { user: user.into_user()?, onboarding };
        Ok(Found { account, email_key, name_key, id })
    };
    found.into_iter().map(account).collect()
}

struct ProgressRow {
    version: i64,
    updated_at: i64,
    activated_at: Option<i64>,
    completed_at: Option<i64>,
    reminded: Option<u8>,
}

impl ProgressRow {
    /// Reads the progress; none for an account without an onboarding.
    fn read(row: &Row<'_>) -> rusqlite::Result<Option<Self>> {
        let Some(version) = row.get(AFTER_USER + 3)? else { return Ok(None) };
        Ok(Some(Self {
            version,
            updated_at: row.get(AFTER_USER + 4)?,
            activated_at: row.get(AFTER_USER + 5)?,
            completed_at: row.get(AFTER_USER + 6)?,
            reminded: row.get(AFTER_USER + 7)?,
        }))
    }

    fn into_progress(self) -> Result<Progress, StoreError> {
        let facts = LifeFacts {
            version: self.version,
            changed_at: moment(self.updated_at)?,
            activated_at: self.activated_at.map(moment).transpose()?,
            completed_at: self.completed_at.map(moment).transpose()?,
        };
        Ok(Progress { facts, reminded: self.reminded })
    }
}
