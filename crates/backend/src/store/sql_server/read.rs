//! Queries as SQL. Each query is one statement, so that with `READ_COMMITTED_SNAPSHOT` its answer is of one moment
//! and waits for no writer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tiberius::Row;
use tokio::time::sleep;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::pool::Pool;
use super::retry::Tries;
use super::row;
use crate::domain::onboarding::Onboarding;
use crate::domain::session::{TokenHash, TokenState};
use crate::domain::{Credentials, Email, Timestamp, User};
use crate::store::{DatabaseClock, KeptAnswer, Scope, StoreError};

/// The longest time of a ping.
const PING_LIMIT: Duration = Duration::from_secs(2);

/// The columns that [`row::user`] reads, of a table with the alias `u`.
macro_rules! user_columns {
    () => {
        "u.id, u.email, u.full_name, u.role, u.created_at,
         u.email_verified_at, u.language, u.theme, u.suspended_at, u.closing_at, u.reminders_off_at"
    };
}
pub(super) use user_columns;

pub(super) async fn kept_answer(
    pool: &Pool,
    scope: Scope,
    now: Timestamp,
) -> Result<Option<KeptAnswer>, StoreError> {
    let batch = Batch::of(
        "SELECT kid, body_hash, answer FROM dbo.idempotency_records WHERE scope = ? AND expires_at > ?",
        values![scope, now],
    );
    rows(pool, "read a kept answer", batch).await?.first().map(row::kept_answer).transpose()
}

pub(super) async fn credentials(pool: &Pool, email: &Email) -> Result<Option<Credentials>, StoreError> {
    let batch = Batch::of(
        concat!(
            "SELECT ",
            user_columns!(),
            ", u.password_hash, 0 AS other_spelling FROM dbo.users u WHERE u.email_key = ?
             UNION ALL
             SELECT ",
            user_columns!(),
            ", u.password_hash, 1 FROM dbo.users u WHERE u.email_canonical = ? AND u.email_key <> ?
             ORDER BY other_spelling"
        ),
        values![email.key(), email.canonical(), email.key()],
    );
    rows(pool, "read credentials", batch).await?.first().map(row::credentials).transpose()
}

pub(super) async fn credentials_of(pool: &Pool, user_id: Uuid) -> Result<Option<Credentials>, StoreError> {
    let sql = concat!("SELECT ", user_columns!(), ", u.password_hash FROM dbo.users u WHERE u.id = ?");
    let batch = Batch::of(sql, values![user_id]);
    rows(pool, "read credentials", batch).await?.first().map(row::credentials).transpose()
}

pub(super) async fn user(pool: &Pool, id: Uuid) -> Result<Option<User>, StoreError> {
    let sql = concat!("SELECT ", user_columns!(), " FROM dbo.users u WHERE u.id = ?");
    let batch = Batch::of(sql, values![id]);
    rows(pool, "read a user", batch).await?.first().map(row::user).transpose()
}

/// Reads a token's state and the server's clock, which decides whether the token was replaced just now.
pub(super) async fn token_state(
    pool: &Pool,
    clock: &DatabaseClock,
    hash: TokenHash,
) -> Result<Option<TokenState>, StoreError> {
    let batch = Batch::of(
        concat!(
            "SELECT ",
            user_columns!(),
            ", s.id AS session_id, s.version AS session_version, s.revoked_at AS session_revoked_at,
                s.created_at AS session_created_at, s.authenticated_at, s.acr, t.expires_at, t.replaced_at, t.successor_kid,
                CAST(SYSUTCDATETIME() AS DATETIME2(3)) AS clock,
                CAST(CASE WHEN EXISTS (SELECT 1 FROM dbo.refresh_tokens n
                                       WHERE n.parent = t.hash AND n.replaced_at IS NOT NULL)
                          THEN 1 ELSE 0 END AS BIT) AS successor_replaced
         FROM dbo.refresh_tokens t
         JOIN dbo.sessions s ON s.id = t.session_id
         JOIN dbo.users u ON u.id = s.user_id
         WHERE t.hash = ?"
        ),
        values![hash.0],
    );
    let asked = Instant::now();
    let rows = rows(pool, "read a refresh token", batch).await?;
    set_clock(clock, &rows, asked)?;
    rows.first().map(row::token_state).transpose()
}

pub(super) async fn onboarding(pool: &Pool, user_id: Uuid) -> Result<Option<Onboarding>, StoreError> {
    let batch = Batch::of(
        "SELECT o.version, o.completed_at AS onboarding_completed_at,
                COALESCE(o.activated_at, o.completed_at) AS activated_at, o.template, o.template_version,
                o.progress_floor, s.step, s.status, s.data, s.completed_at, s.set_aside
         FROM dbo.onboarding o
         JOIN dbo.onboarding_steps s ON s.user_id = o.user_id
         WHERE o.user_id = ?",
        values![user_id],
    );
    row::onboarding(&rows(pool, "read an onboarding", batch).await?)
}

/// Reads the schema's version and the server's clock. A reading that has waited for a connection is slow, and the
/// clock ignores slow readings.
pub(super) async fn ping(pool: &Pool, clock: &DatabaseClock) -> Result<(), StoreError> {
    let question = "SELECT MAX(version) AS version, CAST(SYSUTCDATETIME() AS DATETIME2(3)) AS clock
         FROM dbo.schema_migrations";
    let (batch, asked) = (Arc::new(Batch::of(question, values![])), Instant::now());
    let rows =
        pool.run(&batch, PING_LIMIT).await.map_err(|failure| failure.of_read("give a sign of life"))?;
    set_clock(clock, &rows, asked)?;
    rows.first().map_or(Ok(0), |row| row::required::<i64>(row, "version")).map(drop)
}

fn set_clock(clock: &DatabaseClock, rows: &[Row], asked: Instant) -> Result<(), StoreError> {
    if let Some(time) = rows.first().map(|row| row::optional_moment(row, "clock")).transpose()?.flatten() {
        clock.set(time, asked, Instant::now());
    }
    Ok(())
}

pub(super) async fn rows(pool: &Pool, action: &'static str, batch: Batch) -> Result<Vec<Row>, StoreError> {
    let batch = Arc::new(batch);
    let mut tries = Tries::new(true);
    loop {
        let failure = match pool.run(&batch, tries.left()).await {
            Ok(rows) => return Ok(rows),
            Err(failure) => failure,
        };
        match tries.pause_after(&failure) {
            Some(pause) => sleep(pause).await,
            None => return Err(failure.of_read(action)),
        }
    }
}
