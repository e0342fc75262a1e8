//! Queries about second factors, as SQL.

use async_trait::async_trait;
use rusqlite::{Connection, Row, params};
use uuid::Uuid;

use super::job::Job;
use super::read::{all, moment, parse};
use super::{SqliteStore, remembered};
use crate::domain::Timestamp;
use crate::domain::second_factor::{DeviceSummary, OwnedSecret, SealedSecret, SecondFactors, TotpFactor};
use crate::store::{Factors, StoreError};

const OF_USER: &str = "SELECT id, kid, secret, created_at, confirmed_at, last_step,
        (SELECT count(*) FROM recovery_codes c WHERE c.user_id = f.user_id AND c.used_at IS NULL)
     FROM totp_factors f WHERE f.user_id = ?";

const SEALED_OTHERWISE: &str =
    "SELECT id, user_id, kid, secret FROM totp_factors WHERE kid < ?1 OR kid > ?1 LIMIT ?2";

struct FactorRow {
    id: String,
    secret: SealedSecret,
    created_at: i64,
    confirmed_at: Option<i64>,
    last_step: i64,
    codes_left: u32,
}

impl FactorRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            secret: SealedSecret { kid: row.get(1)?, sealed: row.get(2)? },
            created_at: row.get(3)?,
            confirmed_at: row.get(4)?,
            last_step: row.get(5)?,
            codes_left: row.get(6)?,
        })
    }

    fn into_factor(self) -> Result<TotpFactor, StoreError> {
        Ok(TotpFactor {
            id: parse("factor id", &self.id)?,
            secret: self.secret,
            created_at: moment(self.created_at)?,
            confirmed_at: self.confirmed_at.map(moment).transpose()?,
            last_step: self.last_step,
        })
    }
}

fn of_user(connection: &Connection, user_id: Uuid) -> Result<SecondFactors, StoreError> {
    let mut factors = SecondFactors::default();
    for row in all(connection, "read second factors", OF_USER, [user_id.to_string()], FactorRow::read)? {
        factors.recovery_codes_left = row.codes_left;
        let place = if row.confirmed_at.is_some() { &mut factors.totp } else { &mut factors.pending };
        *place = Some(row.into_factor()?);
    }
    Ok(factors)
}

fn sealed_otherwise(connection: &Connection, kid: &str, limit: u32) -> Result<Vec<OwnedSecret>, StoreError> {
    let (action, params) = ("read secrets of authenticator apps", params![kid, limit]);
    let rows = all(connection, action, SEALED_OTHERWISE, params, |row| {
        let secret = SealedSecret { kid: row.get(2)?, sealed: row.get(3)? };
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, secret))
    })?;
    let read = |(id, user_id, secret): (String, String, SealedSecret)| {
        Ok(OwnedSecret { id: parse("factor id", &id)?, user_id: parse("user id", &user_id)?, secret })
    };
    rows.into_iter().map(read).collect()
}

#[async_trait]
impl Factors for SqliteStore {
    async fn second_factors(&self, user_id: Uuid) -> Result<SecondFactors, StoreError> {
        self.readers.submit(Job::new(move |connection| of_user(connection, user_id))).await
    }

    async fn is_remembered(&self, user_id: Uuid, device: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let job = Job::new(move |connection| remembered::is_there(connection, user_id, device, now));
        self.readers.submit(job).await
    }

    async fn remembered_devices(
        &self,
        user_id: Uuid,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeviceSummary>, StoreError> {
        self.readers
            .submit(Job::new(move |connection| remembered::list(connection, user_id, now, limit)))
            .await
    }

    async fn secrets_sealed_otherwise(&self, kid: &str, limit: u32) -> Result<Vec<OwnedSecret>, StoreError> {
        let kid = kid.to_owned();
        self.readers.submit(Job::new(move |connection| sealed_otherwise(connection, &kid, limit))).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::plans::Migrated;
    use super::*;

    #[test]
    fn no_statement_reads_a_whole_table() {
        let database = Migrated::new();
        for (statement, index) in
            [(OF_USER, "uq_totp_factors_user_id"), (SEALED_OTHERWISE, "ix_totp_factors_kid")]
        {
            let steps = database.plan(statement);
            assert!(steps.iter().any(|step| step.contains(index)), "{steps:?}");
            assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{steps:?}");
        }
    }
}
