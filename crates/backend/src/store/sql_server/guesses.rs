//! Debts of wrong guesses, as SQL.

use tiberius::Row;

use super::batch::{Batch, Value, values};
use super::pool::Pool;
use super::{read, row};
use crate::domain::Timestamp;
use crate::domain::guessing::{Debt, GuessKey, Limit};
use crate::store::StoreError;

/// The constraint that two instances meet when they count a first guess at the same time. The second one counts
/// again.
pub(super) const CONSTRAINT: &str = "uq_guesses_guess_key";

/// Counts one guess for each limit, in the order of the keys, so that no two batches wait for each other.
pub(super) fn count(batch: &mut Batch, limits: &[Limit], at: Timestamp) {
    let mut limits: Vec<&Limit> = limits.iter().collect();
    limits.sort_by_key(|limit| limit.key);
    for Limit { key, policy } in limits {
        let (first, most) = (at + policy.forgiven_after, at + policy.most());
        let seconds = i64::try_from(policy.forgiven_after.as_secs()).unwrap_or(i64::MAX);
        batch.add(
            "UPDATE dbo.guesses SET
                 owed_until = CASE WHEN owed_until <= ? THEN CAST(? AS DATETIME2(3))
                                   WHEN owed_until < ? THEN DATEADD(SECOND, CAST(? AS INT), owed_until)
                                   ELSE CAST(? AS DATETIME2(3)) END,
                 failed_at = CASE WHEN failed_at < ? THEN CAST(? AS DATETIME2(3)) ELSE failed_at END
             WHERE guess_key = ?",
            values![at, first, most - policy.forgiven_after, seconds, most, at, at, key.0],
        );
        batch.add(
            "IF @@ROWCOUNT = 0 INSERT INTO dbo.guesses (guess_key, owed_until, failed_at) VALUES (?, ?, ?)",
            values![key.0, first, at],
        );
    }
}

pub(super) fn forgive(batch: &mut Batch, key: GuessKey) {
    batch.add("DELETE FROM dbo.guesses WHERE guess_key = ?", values![key.0]);
}

/// Takes back one guess for each limit, in the order of [`count`]. The guesses were counted in advance and proved
/// right.
pub(super) fn refund(batch: &mut Batch, limits: &[Limit]) {
    let mut limits: Vec<&Limit> = limits.iter().collect();
    limits.sort_by_key(|limit| limit.key);
    for Limit { key, policy } in limits {
        let seconds = i64::try_from(policy.forgiven_after.as_secs()).unwrap_or(i64::MAX);
        batch.add(
            "UPDATE dbo.guesses SET owed_until = DATEADD(SECOND, CAST(? AS INT), owed_until) WHERE guess_key = ?",
            values![-seconds, key.0],
        );
    }
}

pub(super) async fn debts(pool: &Pool, keys: &[GuessKey]) -> Result<Vec<(GuessKey, Debt)>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let places = vec!["?"; keys.len()].join(", ");
    let statement =
        format!("SELECT guess_key, owed_until, failed_at FROM dbo.guesses WHERE guess_key IN ({places})");
    let values = keys.iter().map(|key| Value::from(key.0)).collect();
    let rows = read::rows(pool, "read wrong guesses", Batch::of(&statement, values)).await?;
    rows.iter().map(debt).collect()
}

fn debt(row: &Row) -> Result<(GuessKey, Debt), StoreError> {
    let key = GuessKey(row::hash(row, "guess_key")?);
    let (owed_until, failed_at) = (row::moment(row, "owed_until")?, row::moment(row, "failed_at")?);
    Ok((key, Debt { owed_until, failed_at }))
}
