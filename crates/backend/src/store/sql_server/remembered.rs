//! Devices where the password alone logs in.

use tiberius::Row;
use uuid::Uuid;

use super::batch::{Batch, values};
use super::pool::Pool;
use super::read::rows;
use super::row::{moment, optional, optional_moment, required};
use super::stale::OR_STALE;
use crate::domain::second_factor::DeviceSummary;
use crate::domain::session::NewSession;
use crate::domain::{Timestamp, UserAgent};
use crate::store::{RememberedDevice, StoreError};

/// The device is remembered, by the log-in that began `session`.
pub(super) fn add(
    batch: &mut Batch,
    session: &NewSession,
    RememberedDevice { id, expires_at }: RememberedDevice,
    at: Timestamp,
) {
    let (user_id, address) = (session.user_id, session.client.address.to_string());
    let user_agent = session.client.user_agent.as_ref().map(UserAgent::as_str);
    batch.add(
        "UPDATE dbo.remembered_devices SET expires_at = ?, last_used_at = ?, user_agent = ?, address = ?
         WHERE user_id = ? AND device_id = ?",
        values![expires_at, at, user_agent, address.clone(), user_id, id],
    );
    batch.add(
        "IF @@ROWCOUNT = 0
             INSERT INTO dbo.remembered_devices
                 (user_id, device_id, created_at, expires_at, last_used_at, user_agent, address)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        values![user_id, id, at, expires_at, at, user_agent, address],
    );
}

/// Uses a device in place of a second factor, for the log-in that begins `session`. Ends the batch where the device is
/// not remembered any more.
pub(super) fn use_it(batch: &mut Batch, session: &NewSession, id: Uuid, at: Timestamp) {
    batch.add(
        "UPDATE dbo.remembered_devices SET last_used_at = ?, user_agent = ?, address = ?
         WHERE user_id = ? AND device_id = ? AND expires_at > ?",
        values![
            at,
            session.client.user_agent.as_ref().map(UserAgent::as_str),
            session.client.address.to_string(),
            session.user_id,
            id,
            at,
        ],
    );
    batch.add(OR_STALE, values![]);
}

/// Forgets all devices on which the password alone logs in.
pub(super) fn forget(batch: &mut Batch, user_id: Uuid) {
    batch.add("DELETE FROM dbo.remembered_devices WHERE user_id = ?", values![user_id]);
}

/// The password alone does not log in there any more, where it did at `at`.
pub(super) fn forget_one(batch: &mut Batch, user_id: Uuid, id: Uuid, at: Timestamp) {
    batch.add(
        "DELETE FROM dbo.remembered_devices WHERE user_id = ? AND device_id = ? AND expires_at > ?",
        values![user_id, id, at],
    );
    batch.add(OR_STALE, values![]);
}

pub(super) async fn is_there(
    pool: &Pool,
    user_id: Uuid,
    device: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let batch = Batch::of(
        "SELECT seq FROM dbo.remembered_devices WHERE user_id = ? AND device_id = ? AND expires_at > ?",
        values![user_id, device, now],
    );
    Ok(!rows(pool, "read a remembered device", batch).await?.is_empty())
}

pub(super) async fn list(
    pool: &Pool,
    user_id: Uuid,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DeviceSummary>, StoreError> {
    let batch = Batch::of(
        "SELECT TOP (CAST(? AS BIGINT)) device_id, user_agent, address, created_at, last_used_at, expires_at
         FROM dbo.remembered_devices WHERE user_id = ? AND expires_at > ?
         ORDER BY COALESCE(last_used_at, created_at) DESC, device_id",
        values![i64::from(limit), user_id, now],
    );
    rows(pool, "list remembered devices", batch).await?.iter().map(summary).collect()
}

fn summary(row: &Row) -> Result<DeviceSummary, StoreError> {
    let address = optional::<&str>(row, "address")?.map(str::parse).transpose();
    let created_at = moment(row, "created_at")?;
    Ok(DeviceSummary {
        id: required(row, "device_id")?,
        user_agent: optional::<&str>(row, "user_agent")?.and_then(UserAgent::cut),
        address: address.map_err(|error| StoreError::corrupt("address", error))?,
        created_at,
        last_used_at: optional_moment(row, "last_used_at")?.unwrap_or(created_at),
        expires_at: moment(row, "expires_at")?,
    })
}
