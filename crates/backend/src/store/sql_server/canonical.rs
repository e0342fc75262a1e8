//! Fills in the canonical addresses of accounts that an earlier version has made.

use std::sync::Arc;

use tiberius::Row;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::failure::Failure;
use super::pool::Pool;
use super::retry::CALL_LIMIT;
use super::{read, row};
use crate::domain::{Email, Timestamp};
use crate::store::{Canonicalized, StoreError};

const ACTION: &str = "fill in canonical addresses";

/// The largest number of accounts in one batch, which may have 2100 parameters.
const MAX_ROWS: u32 = 200;

/// The accounts without a form that are not noted as collisions.
const MISSING: &str =
    "SELECT TOP (CAST(? AS BIGINT)) u.id, u.email FROM dbo.users u WHERE u.email_canonical IS NULL
     AND NOT EXISTS (SELECT 1 FROM dbo.address_collisions c WHERE c.user_id = u.id)";

/// The statement that deletes collisions whose other account is gone or has another address.
const RESOLVED: &str = "DELETE FROM dbo.address_collisions WHERE NOT EXISTS
         (SELECT 1 FROM dbo.users o WHERE o.email_canonical = address_collisions.email_canonical)
     OR EXISTS (SELECT 1 FROM dbo.users u WHERE u.id = address_collisions.user_id AND u.email_canonical IS NOT NULL)";

pub(super) async fn fill(pool: &Pool, now: Timestamp, limit: u32) -> Result<Canonicalized, StoreError> {
    let mut batch = Batch::of("SET NOCOUNT ON", values![]);
    batch.add(RESOLVED, values![]);
    batch.add(MISSING, values![i64::from(limit.min(MAX_ROWS))]);
    let missing = read::rows(pool, ACTION, batch).await?;
    let missing = missing.iter().map(account).collect::<Result<Vec<_>, _>>()?;
    let mut done = Canonicalized::default();
    if !missing.is_empty() {
        done.collisions = fill_in(pool, &missing, now).await?;
        done.filled = (missing.len() - done.collisions.len()) as u64;
    }
    let count = Batch::of("SELECT COUNT_BIG(*) AS unresolved FROM dbo.address_collisions", values![]);
    let counted = read::rows(pool, ACTION, count).await?;
    let unresolved = counted.first().map_or(Ok(0), |row| row::required::<i64>(row, "unresolved"))?;
    done.unresolved = unresolved.unsigned_abs();
    Ok(done)
}

/// Fills in the forms. Gives the ids of accounts that collide.
async fn fill_in(pool: &Pool, missing: &[(Uuid, String)], now: Timestamp) -> Result<Vec<Uuid>, StoreError> {
    let answer = pool.run(&Arc::new(filling(missing, now)), CALL_LIMIT / 4).await;
    let rows = match answer {
        // Somebody has just taken one of the addresses, or is at the same rows: the next look finds out.
        Err(Failure::Duplicate(_) | Failure::Transient(_)) => Vec::new(),
        answer => answer.map_err(|failure| failure.of_change(ACTION))?,
    };
    rows.iter().map(|row| row::required(row, "id")).collect()
}

fn account(row: &Row) -> Result<(Uuid, String), StoreError> {
    let email: &str = row::required(row, "email")?;
    Ok((row::required(row, "id")?, Email::stored(email.to_owned()).canonical().to_owned()))
}

/// A batch with one transaction for each account. Its rows are the ids of accounts that collide.
fn filling(missing: &[(Uuid, String)], now: Timestamp) -> Batch {
    let mut batch = Batch::of("SET NOCOUNT ON", values![]);
    batch.add("DECLARE @collisions TABLE (id UNIQUEIDENTIFIER NOT NULL)", values![]);
    for (id, canonical) in missing {
        let canonical = canonical.as_str();
        batch.add(
            "UPDATE dbo.users SET email_canonical = ? WHERE id = ? AND email_canonical IS NULL
             AND NOT EXISTS (SELECT 1 FROM dbo.users o WHERE o.email_canonical = ?)",
            values![canonical, *id, canonical],
        );
        batch.add(
            "IF @@ROWCOUNT = 0 AND EXISTS (SELECT 1 FROM dbo.users WHERE id = ? AND email_canonical IS NULL)
             BEGIN
                 INSERT INTO dbo.address_collisions (user_id, email_canonical, found_at) VALUES (?, ?, ?);
                 INSERT INTO @collisions (id) VALUES (?);
             END",
            values![*id, *id, canonical, now, *id],
        );
    }
    batch.add("SELECT id FROM @collisions", values![]);
    batch
}
