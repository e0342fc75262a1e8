//! Log-ins at providers as SQL.

use async_trait::async_trait;
use rusqlite::{Connection, Error, Row, params};
use uuid::Uuid;

use super::job::Job;
use super::read::{AFTER_USER, UserRow, all, millis, moment, one, parse, user_columns};
use super::rows::{changed, is_unique_violation};
use super::{SqliteStore, accounts, codes, guesses, log_in, sessions, ways_in};
use crate::domain::oidc::{Flow, Identity, NewFlow};
use crate::domain::{Email, Timestamp, User};
use crate::store::{OidcChange, OidcIdentities, Outcome, StoreError, WayIn};

/// Does the change. The caller undoes it for an outcome other than `Committed`.
pub(super) fn apply(connection: &Connection, change: &OidcChange, at: Timestamp) -> Result<Outcome, Error> {
    let end = |hash: &[u8; 32]| use_flow(connection, hash, at);
    match change {
        OidcChange::Begin(flow) => begin(connection, flow),
        OidcChange::End { state_hash } => end(state_hash),
        OidcChange::LogIn { state_hash, identity_id, log_in } => {
            let used = || {
                let sql = "UPDATE oidc_identities SET last_used_at = max(last_used_at, ?2) WHERE id = ?1";
                changed(connection, sql, params![identity_id.to_string(), millis(at)]).map(or_stale)
            };
            in_order(&[&used, &|| end(state_hash), &|| log_in::apply(connection, log_in, at)])
        }
        OidcChange::Register { state_hash, user, identity, session, code, counted } => in_order(&[
            &|| end(state_hash),
            &|| accounts::add(connection, user, at),
            &|| link(connection, identity),
            &|| guesses::count(connection, counted.as_slice(), at),
            &|| sessions::start(connection, session, at),
            &|| {
                code.as_ref().map_or(Ok(()), |code| codes::add(connection, code)).map(|()| Outcome::Committed)
            },
        ]),
        OidcChange::Link { state_hash, identity, verified, log_in } => in_order(&[
            &|| may_link(connection, identity.user_id, verified.as_ref()).map(or_stale),
            &|| end(state_hash),
            &|| link(connection, identity),
            &|| {
                log_in.as_ref().map_or(Ok(Outcome::Committed), |log_in| log_in::apply(connection, log_in, at))
            },
        ]),
        OidcChange::Unlink { user_id, identity_id, remains } => {
            unlink(connection, *user_id, *identity_id, *remains)
        }
    }
}

/// Does the steps in order, as long as each outcome is `Committed`.
fn in_order(steps: &[&dyn Fn() -> Result<Outcome, Error>]) -> Result<Outcome, Error> {
    for step in steps {
        match step()? {
            Outcome::Committed => {}
            other => return Ok(other),
        }
    }
    Ok(Outcome::Committed)
}

fn or_stale(found: bool) -> Outcome {
    if found { Outcome::Committed } else { Outcome::Stale }
}

fn begin(connection: &Connection, flow: &NewFlow) -> Result<Outcome, Error> {
    let sql =
        "INSERT INTO oidc_flows (state_hash, kid, browser_hash, provider, user_id, created_at, expires_at)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let flow = params![
        flow.state_hash,
        flow.kid,
        flow.browser_hash,
        flow.provider.as_str(),
        flow.user_id.map(|id| id.to_string()),
        millis(flow.created_at),
        millis(flow.expires_at),
    ];
    changed(connection, sql, flow).map(or_stale)
}

fn use_flow(connection: &Connection, state_hash: &[u8; 32], at: Timestamp) -> Result<Outcome, Error> {
    let sql =
        "UPDATE oidc_flows SET used_at = ?2 WHERE state_hash = ?1 AND used_at IS NULL AND expires_at > ?2";
    changed(connection, sql, params![state_hash, millis(at)]).map(or_stale)
}

fn link(connection: &Connection, identity: &Identity) -> Result<Outcome, Error> {
    let sql = "INSERT INTO oidc_identities (id, user_id, issuer, subject, email, created_at, last_used_at)
               VALUES (?, ?, ?, ?, ?, ?, ?)";
    let inserted = changed(
        connection,
        sql,
        params![
            identity.id.to_string(),
            identity.user_id.to_string(),
            identity.issuer,
            identity.subject,
            identity.email,
            millis(identity.created_at),
            millis(identity.last_used_at),
        ],
    );
    match inserted {
        Err(error) if is_unique_violation(&error, "oidc_identities.subject") => Ok(Outcome::Stale),
        other => other.map(or_stale),
    }
}

fn may_link(connection: &Connection, user_id: Uuid, verified: Option<&Email>) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1
               AND (?2 IS NULL OR (email_key = ?2 AND email_verified_at IS NOT NULL)))";
    let params = params![user_id.to_string(), verified.map(Email::key)];
    connection.prepare_cached(sql)?.query_row(params, |row| row.get(0))
}

fn unlink(
    connection: &Connection,
    user_id: Uuid,
    identity_id: Uuid,
    remains: WayIn,
) -> Result<Outcome, Error> {
    let sql = "DELETE FROM oidc_identities WHERE id = ?1 AND user_id = ?2";
    let is_done = remains != WayIn::Identity(identity_id)
        && ways_in::is_there(connection, user_id, remains)?
        && changed(connection, sql, params![identity_id.to_string(), user_id.to_string()])?;
    Ok(or_stale(is_done))
}

/// Removes the identities of an account whose address was not verified. The person who resets the password may not be
/// the one who made the account and linked the identities.
pub(super) fn forget_unproved(connection: &Connection, user_id: Uuid) -> Result<(), Error> {
    let sql = "DELETE FROM oidc_identities WHERE user_id = ?1 AND EXISTS
               (SELECT 1 FROM users WHERE id = ?1 AND email_verified_at IS NULL)";
    changed(connection, sql, [user_id.to_string()]).map(drop)
}

/// The columns of an identity, in the order of [`IdentityRow::read`].
macro_rules! identity_columns {
    () => {
        "i.id, i.user_id, i.issuer, i.subject, i.email, i.created_at, i.last_used_at"
    };
}

struct IdentityRow {
    ids: [String; 2],
    issuer: String,
    subject: String,
    email: Option<String>,
    times: [i64; 2],
}

impl IdentityRow {
    fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            ids: [row.get(first)?, row.get(first + 1)?],
            issuer: row.get(first + 2)?,
            subject: row.get(first + 3)?,
            email: row.get(first + 4)?,
            times: [row.get(first + 5)?, row.get(first + 6)?],
        })
    }

    fn into_identity(self) -> Result<Identity, StoreError> {
        let ([id, user_id], [created_at, last_used_at]) = (self.ids, self.times);
        Ok(Identity {
            id: parse("identity id", &id)?,
            user_id: parse("user id", &user_id)?,
            issuer: self.issuer,
            subject: self.subject,
            email: self.email,
            created_at: moment(created_at)?,
            last_used_at: moment(last_used_at)?,
        })
    }
}

fn identity(
    connection: &Connection,
    (issuer, subject): &(String, String),
) -> Result<Option<(Identity, User)>, StoreError> {
    let sql = concat!(
        "SELECT ",
        user_columns!(),
        ", ",
        identity_columns!(),
        " FROM oidc_identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = ? AND i.subject = ?"
    );
    let row = one(connection, "read an identity", sql, [issuer, subject], |row| {
        Ok((UserRow::read(row)?, IdentityRow::read(row, AFTER_USER)?))
    })?;
    row.map(|(user, identity)| Ok((identity.into_identity()?, user.into_user()?))).transpose()
}

fn identities_of(connection: &Connection, user_id: Uuid) -> Result<Vec<Identity>, StoreError> {
    let sql = concat!(
        "SELECT ",
        identity_columns!(),
        " FROM oidc_identities i WHERE i.user_id = ? ORDER BY i.created_at, i.id"
    );
    let rows =
        all(connection, "read identities", sql, [user_id.to_string()], |row| IdentityRow::read(row, 0))?;
    rows.into_iter().map(IdentityRow::into_identity).collect()
}

fn flow(connection: &Connection, state_hash: [u8; 32]) -> Result<Option<Flow>, StoreError> {
    type FlowRow = (String, [u8; 32], String, Option<String>, i64, i64, Option<i64>);
    let sql = "SELECT kid, browser_hash, provider, user_id, created_at, expires_at, used_at FROM oidc_flows
               WHERE state_hash = ?";
    let row: Option<FlowRow> = one(connection, "read a flow", sql, [state_hash], |row| row.try_into())?;
    let Some((kid, browser_hash, provider, user_id, created_at, expires_at, used_at)) = row else {
        return Ok(None);
    };
    let begun = NewFlow {
        state_hash,
        kid,
        browser_hash,
        provider: parse("provider", &provider)?,
        user_id: user_id.map(|id| parse("user id", &id)).transpose()?,
        created_at: moment(created_at)?,
        expires_at: moment(expires_at)?,
    };
    Ok(Some(Flow { begun, used_at: used_at.map(moment).transpose()? }))
}

#[async_trait]
impl OidcIdentities for SqliteStore {
    async fn oidc_flow(&self, state_hash: [u8; 32]) -> Result<Option<Flow>, StoreError> {
        self.readers.submit(Job::new(move |connection| flow(connection, state_hash))).await
    }

    async fn oidc_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<(Identity, User)>, StoreError> {
        let name = (issuer.to_owned(), subject.to_owned());
        self.readers.submit(Job::new(move |connection| identity(connection, &name))).await
    }

    async fn oidc_identities_of(&self, user_id: Uuid) -> Result<Vec<Identity>, StoreError> {
        self.readers.submit(Job::new(move |connection| identities_of(connection, user_id))).await
    }
}
