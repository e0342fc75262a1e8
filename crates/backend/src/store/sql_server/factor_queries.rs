//! Queries about second factors, as SQL.

use async_trait::async_trait;
use tiberius::Row;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::read::rows;
use super::row::{moment, optional_moment, required};
use super::{SqlServerStore, remembered};
use crate::domain::Timestamp;
use crate::domain::second_factor::{DeviceSummary, OwnedSecret, SealedSecret, SecondFactors, TotpFactor};
use crate::store::{Factors, StoreError};

fn sealed(row: &Row) -> Result<SealedSecret, StoreError> {
    let (kid, sealed): (&str, &[u8]) = (required(row, "kid")?, required(row, "secret")?);
    Ok(SealedSecret { kid: kid.to_owned(), sealed: sealed.to_vec() })
}

fn factor(row: &Row) -> Result<TotpFactor, StoreError> {
    Ok(TotpFactor {
        id: required(row, "id")?,
        secret: sealed(row)?,
        created_at: moment(row, "created_at")?,
        confirmed_at: optional_moment(row, "confirmed_at")?,
        last_step: required(row, "last_step")?,
    })
}

fn of_user(rows: &[Row]) -> Result<SecondFactors, StoreError> {
    let mut factors = SecondFactors::default();
    for row in rows {
        let left: i64 = required(row, "codes_left")?;
        factors.recovery_codes_left = u32::try_from(left).unwrap_or_default();
        let factor = factor(row)?;
        let place = if factor.confirmed_at.is_some() { &mut factors.totp } else { &mut factors.pending };
        *place = Some(factor);
    }
    Ok(factors)
}

fn owned(row: &Row) -> Result<OwnedSecret, StoreError> {
    Ok(OwnedSecret { id: required(row, "id")?, user_id: required(row, "user_id")?, secret: sealed(row)? })
}

#[async_trait]
impl Factors for SqlServerStore {
    async fn second_factors(&self, user_id: Uuid) -> Result<SecondFactors, StoreError> {
        let batch = Batch::of(
            "SELECT f.id, f.kid, f.secret, f.created_at, f.confirmed_at, f.last_step,
                 (SELECT COUNT_BIG(*) FROM dbo.recovery_codes c
                  WHERE c.user_id = f.user_id AND c.used_at IS NULL) AS codes_left
             FROM dbo.totp_factors f WHERE f.user_id = ?",
            values![user_id],
        );
        of_user(&rows(&self.pool, "read second factors", batch).await?)
    }

    async fn is_remembered(&self, user_id: Uuid, device: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        remembered::is_there(&self.pool, user_id, device, now).await
    }

    async fn remembered_devices(
        &self,
        user_id: Uuid,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<DeviceSummary>, StoreError> {
        remembered::list(&self.pool, user_id, now, limit).await
    }

    async fn secrets_sealed_otherwise(&self, kid: &str, limit: u32) -> Result<Vec<OwnedSecret>, StoreError> {
        let batch = Batch::of(
            "SELECT TOP (CAST(? AS BIGINT)) id, user_id, kid, secret FROM dbo.totp_factors
             WHERE kid < ? OR kid > ?",
            values![i64::from(limit), kid, kid],
        );
        rows(&self.pool, "read secrets of authenticator apps", batch).await?.iter().map(owned).collect()
    }
}
