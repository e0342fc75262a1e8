//! Queries, and rows as domain types. Each query is one statement and sees one moment.

use std::collections::BTreeMap;
use std::str::FromStr;

use rusqlite::{Connection, Error, OptionalExtension as _, Row, params};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use uuid::Uuid;

use super::connection::store_error;
use crate::domain::onboarding::template::TemplateId;
use crate::domain::onboarding::{Onboarding, StepKey, StepRecord};
use crate::domain::session::{TokenHash, TokenState};
use crate::domain::{AuthLevel, Authentication, Credentials, Email, FullName, PasswordHash, Timestamp, User};
use crate::store::{BoxError, KeptAnswer, Scope, StoreError};

/// A moment as the database keeps it: in Unix milliseconds.
pub(super) fn millis(moment: Timestamp) -> i64 {
    // The calendar's whole range fits into 64 bits.
    i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

pub(super) fn moment(millis: i64) -> Result<Timestamp, StoreError> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
        .map_err(|error| StoreError::corrupt("time", error))
}

pub(super) fn parse<T>(what: &'static str, text: &str) -> Result<T, StoreError>
where
    T: FromStr,
    T::Err: Into<BoxError>,
{
    text.parse().map_err(|error: T::Err| StoreError::corrupt(what, error))
}

/// Runs a query for at most one row, which `read` reads.
pub(super) fn one<T>(
    connection: &Connection,
    action: &'static str,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, StoreError> {
    let row = connection.prepare_cached(sql).and_then(|mut query| query.query_row(params, read).optional());
    row.map_err(|error| store_error(action, error))
}

/// Runs a query and reads all its rows by `read`.
pub(super) fn all<T>(
    connection: &Connection,
    action: &'static str,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, StoreError> {
    let rows =
        || -> Result<Vec<T>, Error> { connection.prepare_cached(sql)?.query_map(params, read)?.collect() };
    rows().map_err(|error| store_error(action, error))
}

/// Checks that the schema is there and can be read.
pub(super) fn ping(connection: &Connection) -> Result<(), StoreError> {
    one(connection, "ping", "SELECT count(*) FROM schema_migrations", [], |row| row.get::<_, i64>(0))?;
    Ok(())
}

pub(super) fn kept_answer(
    connection: &Connection,
    scope: &Scope,
    now: Timestamp,
) -> Result<Option<KeptAnswer>, StoreError> {
    one(
        connection,
        "read an idempotency record",
        "SELECT kid, body_hash, answer FROM idempotency_records WHERE scope = ? AND expires_at > ?",
        params![scope, millis(now)],
        |row| Ok(KeptAnswer { kid: row.get(0)?, body_hash: row.get(1)?, answer: row.get(2)? }),
    )
}

/// The columns of a user, in the order of [`UserRow::read`] from column 0 on. Other columns begin at [`AFTER_USER`].
macro_rules! user_columns {
    () => {
        "u.id, u.email, u.full_name, u.role, u.created_at,
         u.email_verified_at, u.language, u.theme, u.suspended_at, u.closing_at, u.reminders_off_at"
    };
}
pub(super) use user_columns;

pub(super) const AFTER_USER: usize = 11;

pub(super) struct UserRow {
    id: String,
    email: String,
    full_name: String,
    role: String,
    created_at: i64,
    email_verified_at: Option<i64>,
    language: Option<String>,
    theme: String,
    suspended_at: Option<i64>,
    closing_at: Option<i64>,
    reminders_off_at: Option<i64>,
}

impl UserRow {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            email: row.get(1)?,
            full_name: row.get(2)?,
            role: row.get(3)?,
            created_at: row.get(4)?,
            email_verified_at: row.get(5)?,
            language: row.get(6)?,
            theme: row.get(7)?,
            suspended_at: row.get(8)?,
            closing_at: row.get(9)?,
            reminders_off_at: row.get(10)?,
        })
    }

    pub(super) fn into_user(self) -> Result<User, StoreError> {
        Ok(User {
            id: parse("user id", &self.id)?,
            email: Email::stored(self.email),
            email_verified_at: self.email_verified_at.map(moment).transpose()?,
            full_name: FullName::stored(self.full_name),
            language: self.language.map(|tag| parse("language", &tag)).transpose()?,
            theme: parse("theme", &self.theme)?,
            role: parse("role", &self.role)?,
            suspended_at: self.suspended_at.map(moment).transpose()?,
            closing_at: self.closing_at.map(moment).transpose()?,
            reminders_off_at: self.reminders_off_at.map(moment).transpose()?,
            created_at: moment(self.created_at)?,
        })
    }
}

pub(super) fn user(connection: &Connection, id: Uuid) -> Result<Option<User>, StoreError> {
    let sql = concat!("SELECT ", user_columns!(), " FROM users u WHERE u.id = ?");
    let row = one(connection, "read a user", sql, [id.to_string()], UserRow::read)?;
    row.map(UserRow::into_user).transpose()
}

pub(super) fn credentials(connection: &Connection, email: &Email) -> Result<Option<Credentials>, StoreError> {
    let sql = concat!(
        "SELECT ",
        user_columns!(),
        ", u.password_hash FROM users u WHERE u.email_key = ?1 OR u.email_canonical = ?2
         ORDER BY u.email_key = ?1 DESC LIMIT 1"
    );
    credentials_by(connection, sql, [email.key(), email.canonical()])
}

pub(super) fn credentials_of(
    connection: &Connection,
    user_id: Uuid,
) -> Result<Option<Credentials>, StoreError> {
    let sql = concat!("SELECT ", user_columns!(), ", u.password_hash FROM users u WHERE u.id = ?");
    credentials_by(connection, sql, [user_id.to_string()])
}

fn credentials_by(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Option<Credentials>, StoreError> {
    let row = one(connection, "read credentials", sql, params, |row| {
        Ok((UserRow::read(row)?, PasswordHash::from_phc(row.get(AFTER_USER)?)))
    })?;
    row.map(|(user, password_hash)| Ok(Credentials { user: user.into_user()?, password_hash })).transpose()
}

pub(super) fn token_state(
    connection: &Connection,
    hash: TokenHash,
) -> Result<Option<TokenState>, StoreError> {
    let sql = concat!(
        "SELECT ",
        user_columns!(),
        ", s.id, s.version, s.revoked_at, t.expires_at, t.replaced_at, s.created_at, t.successor_kid,
            s.authenticated_at, s.acr,
            EXISTS (SELECT 1 FROM refresh_tokens c WHERE c.parent = t.hash AND c.replaced_at IS NOT NULL)
         FROM refresh_tokens t
         JOIN sessions s ON s.id = t.session_id
         JOIN users u ON u.id = s.user_id
         WHERE t.hash = ?"
    );
    let row = one(connection, "read a refresh token", sql, [hash.0], |row| {
        Ok((UserRow::read(row)?, TokenRow::read(row)?))
    })?;
    row.map(|(user, token)| token.into_state(user.into_user()?)).transpose()
}

struct TokenRow {
    session_id: String,
    session_version: i64,
    session_revoked_at: Option<i64>,
    expires_at: i64,
    replaced_at: Option<i64>,
    session_created_at: i64,
    successor_kid: Option<String>,
    authenticated_at: Option<i64>,
    acr: Option<String>,
    successor_replaced: bool,
}

impl TokenRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            session_id: row.get(AFTER_USER)?,
            session_version: row.get(AFTER_USER + 1)?,
            session_revoked_at: row.get(AFTER_USER + 2)?,
            expires_at: row.get(AFTER_USER + 3)?,
            replaced_at: row.get(AFTER_USER + 4)?,
            session_created_at: row.get(AFTER_USER + 5)?,
            successor_kid: row.get(AFTER_USER + 6)?,
            authenticated_at: row.get(AFTER_USER + 7)?,
            acr: row.get(AFTER_USER + 8)?,
            successor_replaced: row.get(AFTER_USER + 9)?,
        })
    }

    fn into_state(self, user: User) -> Result<TokenState, StoreError> {
        Ok(TokenState {
            user,
            session_id: parse("session id", &self.session_id)?,
            session_version: self.session_version,
            session_created_at: moment(self.session_created_at)?,
            authentication: Authentication {
                level: self.acr.map_or(Ok(AuthLevel::One), |acr| parse("acr", &acr))?,
                at: moment(self.authenticated_at.unwrap_or(self.session_created_at))?,
            },
            session_revoked_at: self.session_revoked_at.map(moment).transpose()?,
            expires_at: moment(self.expires_at)?,
            replaced_at: self.replaced_at.map(moment).transpose()?,
            successor_kid: self.successor_kid,
            successor_replaced: self.successor_replaced,
        })
    }
}

struct StepRow {
    step: String,
    status: String,
    data: String,
    completed_at: Option<i64>,
    set_aside: Option<String>,
}

pub(super) fn onboarding(connection: &Connection, user_id: Uuid) -> Result<Option<Onboarding>, StoreError> {
    let query = "SELECT o.version, o.completed_at, o.template, o.template_version, o.progress_floor,
            s.step, s.status, s.data, s.completed_at, s.set_aside, COALESCE(o.activated_at, o.completed_at)
        FROM onboarding o JOIN onboarding_steps s ON s.user_id = o.user_id WHERE o.user_id = ?";
    onboarding_of(connection, query, [user_id.to_string()])
}

/// Reads an onboarding from rows with these columns: version, completion, template (key and version), reached
/// progress; a step with status, data, completion and set-aside answers; and the first completion.
pub(super) fn onboarding_of(
    connection: &Connection,
    query: &str,
    params: impl rusqlite::Params,
) -> Result<Option<Onboarding>, StoreError> {
    let failed = |error| store_error("read an onboarding", error);
    let mut query = connection.prepare_cached(query).map_err(failed)?;
    let rows = query
        .query_map(params, |row| {
            let step = StepRow {
                step: row.get(5)?,
                status: row.get(6)?,
                data: row.get(7)?,
                completed_at: row.get(8)?,
                set_aside: row.get(9)?,
            };
            Ok((WholeRow::read(row)?, step))
        })
        .map_err(failed)?;
    let mut state: Option<Onboarding> = None;
    for row in rows {
        let (whole, step) = row.map_err(failed)?;
        let state = match &mut state {
            Some(state) => state,
            none => none.insert(whole.into_onboarding()?),
        };
        let (step, record) = step.into_record()?;
        state.steps.insert(step, record);
    }
    Ok(state)
}

/// The columns of an onboarding beside its steps.
struct WholeRow {
    version: i64,
    completed_at: Option<i64>,
    template: Option<String>,
    template_version: Option<u32>,
    progress_floor: Option<u8>,
    activated_at: Option<i64>,
}

impl WholeRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            version: row.get(0)?,
            completed_at: row.get(1)?,
            template: row.get(2)?,
            template_version: row.get(3)?,
            progress_floor: row.get(4)?,
            activated_at: row.get(10)?,
        })
    }

    /// The onboarding. Instances of earlier versions leave the template empty.
    fn into_onboarding(self) -> Result<Onboarding, StoreError> {
        let template = self.template.zip(self.template_version);
        let template = template.map(|(key, version)| TemplateId { key, version });
        Ok(Onboarding {
            template: template.unwrap_or_else(TemplateId::original),
            version: self.version,
            activated_at: self.activated_at.map(moment).transpose()?,
            completed_at: self.completed_at.map(moment).transpose()?,
            steps: BTreeMap::new(),
            progress_floor: self.progress_floor,
        })
    }
}

impl StepRow {
    fn into_record(self) -> Result<(StepKey, StepRecord), StoreError> {
        let object = |text: &str| -> Result<Map<String, Value>, StoreError> {
            serde_json::from_str(text).map_err(|error| StoreError::corrupt("step data", error))
        };
        let completed_at = self.completed_at.map(moment).transpose()?;
        let set_aside = self.set_aside.as_deref().map(object).transpose()?.unwrap_or_default();
        let (status, data) = (parse("step status", &self.status)?, object(&self.data)?);
        let record = StepRecord { status, data, completed_at, set_aside };
        Ok((parse("step", &self.step)?, record))
    }
}
