//! Lists of accounts, ordered by the number that the server gave each row.

use tiberius::Row;

use super::super::batch::{Batch, values};
use super::super::pool::Pool;
use super::super::read::{self, user_columns};
use super::super::row;
use super::Query;
use crate::domain::onboarding::LifeFacts;
use crate::domain::{AccountStatus, Role};
use crate::store::StoreError;
use crate::store::directory::{self, Account, AccountFilter, AccountPage, Position, Prefix, Progress};

const COLUMNS: &str = concat!(
    user_columns!(),
    ", o.version, o.updated_at AS onboarding_updated_at, COALESCE(o.activated_at, o.completed_at) AS activated_at,
       o.completed_at AS onboarding_completed_at, o.reminded, u.email_key, u.name_key"
);

/// A row with the keys that the next page may begin after.
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

/// The number in a key that a client has sent back, or `otherwise` for a text that is none.
fn number(key: &str, otherwise: i64) -> i64 {
    key.parse().unwrap_or(otherwise)
}

fn accounts(found: Vec<Found>) -> Vec<Account> {
    found.into_iter().map(|found| found.account).collect()
}

/// A query for the newest accounts. Where the onboarding decides and the filter leaves few accounts, the query reads
/// by the onboarding's number.
fn newest(filter: &AccountFilter, after: i64, limit: u32) -> Batch {
    let few = filter.role == Some(Role::Admin)
        || matches!(filter.status, Some(AccountStatus::Suspended | AccountStatus::Closing));
    let table = if filter.stuck_since.is_some() && !few { "o" } else { "u" };
    let mut query = from_users(filter, table, limit);
    query.and(&format!("{table}.seq < ?"), values![after]);
    add_filters(&mut query, filter);
    query.ordered(&format!("{table}.seq DESC"))
}

/// A query for accounts whose address begins with the prefix, ordered by address.
fn by_email(filter: &AccountFilter, prefix: &Prefix, after: Option<String>, limit: u32) -> Batch {
    let mut query = from_users(filter, "u", limit);
    match after {
        Some(after) => query.and("u.email_key > ?", values![after]),
        None => query.and("u.email_key >= ?", values![prefix.as_str()]),
    }
    begins(&mut query, "u.email_key", prefix);
    add_filters(&mut query, filter);
    query.ordered("u.email_key")
}

/// A query for accounts of which only the name begins with the prefix, ordered by name.
fn by_name(filter: &AccountFilter, prefix: &Prefix, after: Option<(String, i64)>, limit: u32) -> Batch {
    let mut query = from_users(filter, "u", limit);
    match after {
        None => query.and("u.name_key >= ?", values![prefix.as_str()]),
        Some((name, number)) => {
            query.and("u.name_key >= ?", values![name.as_str()]);
            query.and("(u.name_key > ? OR u.seq > ?)", values![name, number]);
        }
    }
    begins(&mut query, "u.name_key", prefix);
    query.and("CHARINDEX(?, u.email_key) <> 1", values![prefix.as_str()]);
    add_filters(&mut query, filter);
    query.ordered("u.name_key, u.seq")
}

/// Adds the condition that `column`, which the index reads from the prefix on, begins with `prefix`. The end of the
/// range is found by the order of texts, and other texts within the range are left out. No pattern is matched, so no
/// character is special.
fn begins(query: &mut Query, column: &str, prefix: &Prefix) {
    if let Some(end) = end_of_range(prefix.as_str()) {
        query.and(&format!("{column} < ?"), values![end]);
    }
    query.and(&format!("CHARINDEX(?, {column}) = 1"), values![prefix.as_str()]);
}

/// A text after all that begins with `prefix`, with little in between: the last character that has a next one becomes
/// that one. SQL Server orders by UTF-16 units and other servers by code points, so no character behind the prefix
/// would be the last in both orders. None where every greater text may begin with the prefix.
fn end_of_range(prefix: &str) -> Option<String> {
    let (place, next) = prefix.char_indices().rev().find_map(|(place, last)| Some((place, next(last)?)))?;
    Some(format!("{}{next}", &prefix[..place]))
}

/// The next character; none for the last one of either order. U+FFFF is the last one in UTF-16 units, after all
/// surrogates.
fn next(character: char) -> Option<char> {
    match character {
        '\u{FFFF}' => None,
        '\u{D7FF}' => Some('\u{E000}'),
        other => char::from_u32(u32::from(other) + 1),
    }
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
        let stuck = "o.completed_at IS NULL AND o.activated_at IS NULL AND o.updated_at <= ?";
        query.and(stuck, values![since]);
    }
}

async fn list(pool: &Pool, batch: Batch) -> Result<Vec<Found>, StoreError> {
    read::rows(pool, "list accounts", batch).await?.iter().map(found).collect()
}

fn found(row: &Row) -> Result<Found, StoreError> {
    let onboarding =
        row::optional::<i64>(row, "version")?.map(|version| progress(row, version)).transpose()?;
    Ok(Found {
        account: Account { user: row::user(row)?, onboarding },
        email_key: row::required::<&str>(row, "email_key")?.to_owned(),
        name_key: row::optional::<&str>(row, "name_key")?.map(str::to_owned),
        number: row::required(row, "number")?,
    })
}

fn progress(row: &Row, version: i64) -> Result<Progress, StoreError> {
    let facts = LifeFacts {
        version,
        changed_at: row::moment(row, "onboarding_updated_at")?,
        activated_at: row::optional_moment(row, "activated_at")?,
        completed_at: row::optional_moment(row, "onboarding_completed_at")?,
    };
    let reminded = row::optional::<i64>(row, "reminded")?;
    Ok(Progress { facts, reminded: reminded.and_then(|number| u8::try_from(number).ok()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_after_all_that_begins_so_in_either_order() {
        let table = [
            ("ada", Some("adb")),
            ("a\u{7f}", Some("a\u{80}")),
            ("a\u{D7FF}", Some("a\u{E000}")),
            ("a\u{FFFF}", Some("b")),
            ("a\u{10FFFF}\u{FFFF}", Some("b")),
            ("\u{1F980}", Some("\u{1F981}")),
            ("\u{103FF}", Some("\u{10400}")),
            ("\u{FFFF}", None),
        ];
        let tails =
            ["", "\0", "z", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{1F980}", "\u{10FFFF}"];
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        for (prefix, end) in table {
            assert_eq!(end_of_range(prefix).as_deref(), end, "{prefix:?}");
            for tail in tails {
                let text = format!("{prefix}{tail}");
                assert!(end.is_none_or(|end| text.as_str() < end && units(&text) < units(end)), "{text:?}");
            }
        }
    }
}
