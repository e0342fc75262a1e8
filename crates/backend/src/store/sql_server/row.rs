//! Reads rows into domain types.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Map, Value};
use tiberius::{FromSql, Row};
use time::PrimitiveDateTime;

use crate::domain::onboarding::template::TemplateId;
use crate::domain::onboarding::{Onboarding, StepKey, StepRecord};
use crate::domain::session::TokenState;
use crate::domain::{AuthLevel, Authentication, Credentials, Email, FullName, PasswordHash, Timestamp, User};
use crate::store::{BoxError, KeptAnswer, Outcome, StoreError};

/// A column that must have a value is null.
#[derive(Debug, thiserror::Error)]
#[error("it is null or missing")]
struct Absent;

/// A hash has this length instead of 32 bytes.
#[derive(Debug, thiserror::Error)]
#[error("it has {0} bytes instead of 32")]
struct BadLength(usize);

/// The outcome of a mutation's batch. A refusal without a version guard is named in a column of its own.
pub(super) fn outcome(rows: &[Row]) -> Result<Outcome, StoreError> {
    let row = rows.first().ok_or_else(|| StoreError::corrupt("committed", Absent))?;
    if required(row, "committed")? {
        return Ok(Outcome::Committed);
    }
    let is_named = row.columns().iter().any(|column| column.name() == "refusal");
    let refusal = if is_named { optional::<&str>(row, "refusal")? } else { None };
    Ok(match refusal {
        Some("session_revoked") => Outcome::SessionRevoked,
        Some("throttled") => Outcome::Throttled,
        Some(name) => name.parse().map_or(Outcome::Stale, Outcome::Organization),
        None => Outcome::Stale,
    })
}

pub(super) fn user(row: &Row) -> Result<User, StoreError> {
    Ok(User {
        id: required(row, "id")?,
        email: Email::stored(text(row, "email")?),
        email_verified_at: optional_moment(row, "email_verified_at")?,
        full_name: FullName::stored(text(row, "full_name")?),
        language: optional_parsed(row, "language")?,
        theme: parsed(row, "theme")?,
        role: parsed(row, "role")?,
        suspended_at: optional_moment(row, "suspended_at")?,
        closing_at: optional_moment(row, "closing_at")?,
        reminders_off_at: optional_moment(row, "reminders_off_at")?,
        created_at: moment(row, "created_at")?,
    })
}

pub(super) fn credentials(row: &Row) -> Result<Credentials, StoreError> {
    let phc: &str = required(row, "password_hash")?;
    Ok(Credentials { user: user(row)?, password_hash: PasswordHash::from_phc(phc.to_owned()) })
}

pub(super) fn kept_answer(row: &Row) -> Result<KeptAnswer, StoreError> {
    let (kid, body_hash): (&str, _) = (required(row, "kid")?, hash(row, "body_hash")?);
    let answer: &[u8] = required(row, "answer")?;
    Ok(KeptAnswer { kid: kid.to_owned(), body_hash, answer: answer.to_vec() })
}

/// The 32 bytes of a hash.
pub(super) fn hash(row: &Row, column: &'static str) -> Result<[u8; 32], StoreError> {
    let bytes: &[u8] = required(row, column)?;
    bytes.try_into().map_err(|_| StoreError::corrupt(column, BadLength(bytes.len())))
}

pub(super) fn token_state(row: &Row) -> Result<TokenState, StoreError> {
    Ok(TokenState {
        user: user(row)?,
        session_id: required(row, "session_id")?,
        session_version: required(row, "session_version")?,
        session_created_at: moment(row, "session_created_at")?,
        authentication: authentication(row)?,
        session_revoked_at: optional_moment(row, "session_revoked_at")?,
        expires_at: moment(row, "expires_at")?,
        replaced_at: optional_moment(row, "replaced_at")?,
        successor_kid: optional::<&str>(row, "successor_kid")?.map(str::to_owned),
        successor_replaced: required(row, "successor_replaced")?,
    })
}

/// The authentication of a session. A session of an earlier version counts as authenticated by password at its
/// beginning.
fn authentication(row: &Row) -> Result<Authentication, StoreError> {
    let at =
        optional_moment(row, "authenticated_at")?.map_or_else(|| moment(row, "session_created_at"), Ok)?;
    Ok(Authentication { level: optional_parsed(row, "acr")?.unwrap_or(AuthLevel::One), at })
}

/// The onboarding of rows that have one touched step each, with the onboarding's own columns.
pub(super) fn onboarding(rows: &[Row]) -> Result<Option<Onboarding>, StoreError> {
    let Some(first) = rows.first() else { return Ok(None) };
    Ok(Some(Onboarding {
        template: template(first)?,
        version: required(first, "version")?,
        activated_at: optional_moment(first, "activated_at")?,
        completed_at: optional_moment(first, "onboarding_completed_at")?,
        steps: rows.iter().map(step).collect::<Result<BTreeMap<_, _>, _>>()?,
        progress_floor: optional::<i16>(first, "progress_floor")?.and_then(|floor| floor.try_into().ok()),
    }))
}

/// The template. Instances of earlier versions leave its columns empty.
fn template(row: &Row) -> Result<TemplateId, StoreError> {
    let key: Option<&str> = optional(row, "template")?;
    let version = optional::<i32>(row, "template_version")?.and_then(|version| version.try_into().ok());
    let id = key.zip(version).map(|(key, version)| TemplateId { key: key.to_owned(), version });
    Ok(id.unwrap_or_else(TemplateId::original))
}

fn step(row: &Row) -> Result<(StepKey, StepRecord), StoreError> {
    let object = |text: &str, column| -> Result<Map<String, Value>, StoreError> {
        serde_json::from_str(text).map_err(|error| StoreError::corrupt(column, error))
    };
    let data = object(required(row, "data")?, "data")?;
    let set_aside = optional::<&str>(row, "set_aside")?.map(|text| object(text, "set_aside")).transpose()?;
    let record = StepRecord {
        status: parsed(row, "status")?,
        data,
        completed_at: optional_moment(row, "completed_at")?,
        set_aside: set_aside.unwrap_or_default(),
    };
    Ok((parsed(row, "step")?, record))
}

/// The value of `column`, which is never null.
pub(super) fn required<'r, T: FromSql<'r>>(row: &'r Row, column: &'static str) -> Result<T, StoreError> {
    optional(row, column)?.ok_or_else(|| StoreError::corrupt(column, Absent))
}

pub(super) fn optional<'r, T: FromSql<'r>>(
    row: &'r Row,
    column: &'static str,
) -> Result<Option<T>, StoreError> {
    row.try_get(column).map_err(|error| StoreError::corrupt(column, error))
}

/// A stored text, without a check. The rules may have been others when the text was stored.
fn text(row: &Row, column: &'static str) -> Result<String, StoreError> {
    required::<&str>(row, column).map(str::to_owned)
}

pub(super) fn parsed<T>(row: &Row, column: &'static str) -> Result<T, StoreError>
where
    T: FromStr<Err: Into<BoxError>>,
{
    let text: &str = required(row, column)?;
    text.parse().map_err(|error| StoreError::corrupt(column, error))
}

fn optional_parsed<T>(row: &Row, column: &'static str) -> Result<Option<T>, StoreError>
where
    T: FromStr<Err: Into<BoxError>>,
{
    let text: Option<&str> = optional(row, column)?;
    text.map(str::parse).transpose().map_err(|error: T::Err| StoreError::corrupt(column, error))
}

pub(super) fn moment(row: &Row, column: &'static str) -> Result<Timestamp, StoreError> {
    optional_moment(row, column)?.ok_or_else(|| StoreError::corrupt(column, Absent))
}

pub(super) fn optional_moment(row: &Row, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    Ok(optional::<PrimitiveDateTime>(row, column)?.map(PrimitiveDateTime::assume_utc))
}
