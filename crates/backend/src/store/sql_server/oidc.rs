//! Log-ins at providers as SQL.

use async_trait::async_trait;
use tiberius::Row;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::stale::OR_STALE;
use super::{SqlServerStore, accounts, codes, guesses, log_in, read, row, sessions, ways_in};
use crate::domain::oidc::{Flow, Identity, NewFlow};
use crate::domain::{Email, Timestamp, User};
use crate::store::{OidcChange, OidcIdentities, StoreError, WayIn};

/// The constraint that is violated where somebody else has linked the identity first.
pub(super) const CONSTRAINT: &str = "uq_oidc_identities_issuer_subject";

/// Adds the change. The account's row is locked first, where there is an account, so that changes of one account wait
/// for each other.
pub(super) fn add(batch: &mut Batch, change: &OidcChange, at: Timestamp) {
    match change {
        OidcChange::Begin(flow) => begin(batch, flow),
        OidcChange::End { state_hash } => use_flow(batch, *state_hash, at),
        OidcChange::LogIn { state_hash, identity_id, log_in } => {
            lock(batch, log_in.session.user_id, None);
            batch.add(
                "UPDATE dbo.oidc_identities
                 SET last_used_at = CASE WHEN last_used_at > ? THEN last_used_at ELSE CAST(? AS DATETIME2(3)) END WHERE id = ?",
                values![at, at, *identity_id],
            );
            batch.add(OR_STALE, values![]);
            use_flow(batch, *state_hash, at);
            log_in::add(batch, log_in, at);
        }
        OidcChange::Register { state_hash, user, identity, session, code, counted } => {
            use_flow(batch, *state_hash, at);
            accounts::add(batch, user, at);
            link(batch, identity);
            sessions::start(batch, session, at);
            if let Some(code) = code {
                codes::add(batch, code);
            }
            guesses::count(batch, counted.as_slice(), at);
        }
        OidcChange::Link { state_hash, identity, verified, log_in } => {
            lock(batch, identity.user_id, verified.as_ref());
            use_flow(batch, *state_hash, at);
            link(batch, identity);
            if let Some(log_in) = log_in {
                log_in::add(batch, log_in, at);
            }
        }
        OidcChange::Unlink { user_id, identity_id, remains } => {
            lock(batch, *user_id, None);
            unlink(batch, *user_id, *identity_id, *remains);
        }
    }
}

fn begin(batch: &mut Batch, flow: &NewFlow) {
    batch.add(
        "INSERT INTO dbo.oidc_flows (state_hash, kid, browser_hash, provider, user_id, created_at, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        values![
            flow.state_hash,
            flow.kid.as_str(),
            flow.browser_hash,
            flow.provider.as_str(),
            flow.user_id,
            flow.created_at,
            flow.expires_at,
        ],
    );
}

fn use_flow(batch: &mut Batch, state_hash: [u8; 32], at: Timestamp) {
    batch.add(
        "UPDATE dbo.oidc_flows SET used_at = ? WHERE state_hash = ? AND used_at IS NULL AND expires_at > ?",
        values![at, state_hash, at],
    );
    batch.add(OR_STALE, values![]);
}

/// Locks the account's row. Ends the batch where the account is gone or does not have this verified address any more.
fn lock(batch: &mut Batch, user_id: Uuid, verified: Option<&Email>) {
    match verified {
        None => batch.add("UPDATE dbo.users SET updated_at = updated_at WHERE id = ?", values![user_id]),
        Some(email) => batch.add(
            "UPDATE dbo.users SET updated_at = updated_at
             WHERE id = ? AND email_key = ? AND email_verified_at IS NOT NULL",
            values![user_id, email.key()],
        ),
    }
    batch.add(OR_STALE, values![]);
}

fn link(batch: &mut Batch, identity: &Identity) {
    batch.add(
        "INSERT INTO dbo.oidc_identities (id, user_id, issuer, subject, email, created_at, last_used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        values![
            identity.id,
            identity.user_id,
            identity.issuer.as_str(),
            identity.subject.as_str(),
            identity.email.as_deref(),
            identity.created_at,
            identity.last_used_at,
        ],
    );
}

fn unlink(batch: &mut Batch, user_id: Uuid, identity_id: Uuid, remains: WayIn) {
    // Before the look at what remains: the identity itself is none of it.
    batch.add("DELETE FROM dbo.oidc_identities WHERE id = ? AND user_id = ?", values![identity_id, user_id]);
    batch.add(OR_STALE, values![]);
    ways_in::demand(batch, user_id, remains);
}

/// Removes the identities of an account whose address was not verified. The person who resets the password may not be
/// the one who made the account and linked the identities.
pub(super) fn forget_unproved(batch: &mut Batch, user_id: Uuid) {
    batch.add(
        "DELETE FROM dbo.oidc_identities WHERE user_id = ? AND EXISTS
         (SELECT 1 FROM dbo.users WHERE id = ? AND email_verified_at IS NULL)",
        values![user_id, user_id],
    );
}

/// The columns that [`identity`] reads, of a table with the alias `i`.
macro_rules! identity_columns {
    () => {
        "i.id AS identity_id, i.user_id, i.issuer, i.subject, i.email AS identity_email,
         i.created_at AS linked_at, i.last_used_at"
    };
}

fn identity(row: &Row) -> Result<Identity, StoreError> {
    let text = |column| row::required::<&str>(row, column).map(str::to_owned);
    Ok(Identity {
        id: row::required(row, "identity_id")?,
        user_id: row::required(row, "user_id")?,
        issuer: text("issuer")?,
        subject: text("subject")?,
        email: row::optional::<&str>(row, "identity_email")?.map(str::to_owned),
        created_at: row::moment(row, "linked_at")?,
        last_used_at: row::moment(row, "last_used_at")?,
    })
}

fn flow(row: &Row, state_hash: [u8; 32]) -> Result<Flow, StoreError> {
    let begun = NewFlow {
        state_hash,
        kid: row::required::<&str>(row, "kid")?.to_owned(),
        browser_hash: row::hash(row, "browser_hash")?,
        provider: row::parsed(row, "provider")?,
        user_id: row::optional(row, "user_id")?,
        created_at: row::moment(row, "created_at")?,
        expires_at: row::moment(row, "expires_at")?,
    };
    Ok(Flow { begun, used_at: row::optional_moment(row, "used_at")? })
}

#[async_trait]
impl OidcIdentities for SqlServerStore {
    async fn oidc_flow(&self, state_hash: [u8; 32]) -> Result<Option<Flow>, StoreError> {
        let batch = Batch::of(
            "SELECT kid, browser_hash, provider, user_id, created_at, expires_at, used_at FROM dbo.oidc_flows
             WHERE state_hash = ?",
            values![state_hash],
        );
        let rows = read::rows(&self.pool, "read a flow", batch).await?;
        rows.first().map(|row| flow(row, state_hash)).transpose()
    }

    async fn oidc_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<(Identity, User)>, StoreError> {
        let sql = concat!(
            "SELECT ",
            read::user_columns!(),
            ", ",
            identity_columns!(),
            " FROM dbo.oidc_identities i JOIN dbo.users u ON u.id = i.user_id WHERE i.issuer = ? AND i.subject = ?"
        );
        let rows =
            read::rows(&self.pool, "read an identity", Batch::of(sql, values![issuer, subject])).await?;
        rows.first().map(|row| Ok((identity(row)?, row::user(row)?))).transpose()
    }

    async fn oidc_identities_of(&self, user_id: Uuid) -> Result<Vec<Identity>, StoreError> {
        let sql = concat!(
            "SELECT ",
            identity_columns!(),
            " FROM dbo.oidc_identities i WHERE i.user_id = ? ORDER BY i.created_at, i.seq"
        );
        let rows = read::rows(&self.pool, "read identities", Batch::of(sql, values![user_id])).await?;
        rows.iter().map(identity).collect()
    }
}
