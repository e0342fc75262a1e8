//! Devices where the password alone logs in.

use rusqlite::{Connection, Error, Row, params};
use uuid::Uuid;

use super::read::{all, millis, moment, one, parse};
use super::rows::changed;
use crate::domain::second_factor::DeviceSummary;
use crate::domain::session::NewSession;
use crate::domain::{Timestamp, UserAgent};
use crate::store::{RememberedDevice, StoreError};

/// The device is remembered, by the log-in that began `session`.
pub(super) fn add(
    connection: &Connection,
    session: &NewSession,
    RememberedDevice { id, expires_at }: RememberedDevice,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "INSERT INTO remembered_devices
                   (user_id, device_id, created_at, expires_at, last_used_at, user_agent, address)
               VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6)
               ON CONFLICT (user_id, device_id)
               DO UPDATE SET expires_at = ?4, last_used_at = ?3, user_agent = ?5, address = ?6";
    let client = &session.client;
    let device = params![
        session.user_id.to_string(),
        id.to_string(),
        millis(at),
        millis(expires_at),
        client.user_agent.as_ref().map(UserAgent::as_str),
        client.address.to_string(),
    ];
    connection.prepare_cached(sql)?.execute(device)?;
    Ok(())
}

/// Uses a device in place of a second factor, for the log-in that begins `session`. Gives whether the device is still
/// remembered.
pub(super) fn use_it(
    connection: &Connection,
    session: &NewSession,
    id: Uuid,
    at: Timestamp,
) -> Result<bool, Error> {
    let sql = "UPDATE remembered_devices SET last_used_at = ?3, user_agent = ?4, address = ?5
               WHERE user_id = ?1 AND device_id = ?2 AND expires_at > ?3";
    let client = &session.client;
    let device = params![
        session.user_id.to_string(),
        id.to_string(),
        millis(at),
        client.user_agent.as_ref().map(UserAgent::as_str),
        client.address.to_string(),
    ];
    changed(connection, sql, device)
}

/// Forgets all devices on which the password alone logs in.
pub(super) fn forget(connection: &Connection, user_id: Uuid) -> Result<(), Error> {
    let sql = "DELETE FROM remembered_devices WHERE user_id = ?";
    connection.prepare_cached(sql)?.execute([user_id.to_string()])?;
    Ok(())
}

/// Forgets one device. Gives whether the device was remembered at `at`.
pub(super) fn forget_one(
    connection: &Connection,
    user_id: Uuid,
    id: Uuid,
    at: Timestamp,
) -> Result<bool, Error> {
    let sql = "DELETE FROM remembered_devices WHERE user_id = ?1 AND device_id = ?2 AND expires_at > ?3";
    changed(connection, sql, params![user_id.to_string(), id.to_string(), millis(at)])
}

pub(super) fn is_there(
    connection: &Connection,
    user_id: Uuid,
    device: Uuid,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM remembered_devices WHERE user_id = ? AND device_id = ? AND expires_at > ?";
    let device = params![user_id.to_string(), device.to_string(), millis(now)];
    Ok(one(connection, "read a remembered device", sql, device, |_| Ok(()))?.is_some())
}

const LIST: &str = "SELECT device_id, user_agent, address, created_at, COALESCE(last_used_at, created_at) AS used_at,
        expires_at
     FROM remembered_devices WHERE user_id = ?1 AND expires_at > ?2 ORDER BY used_at DESC, device_id LIMIT ?3";

pub(super) fn list(
    connection: &Connection,
    user_id: Uuid,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<DeviceSummary>, StoreError> {
    let of = params![user_id.to_string(), millis(now), limit];
    let rows = all(connection, "list remembered devices", LIST, of, DeviceRow::read)?;
    rows.into_iter().map(DeviceRow::into_summary).collect()
}

struct DeviceRow {
    id: String,
    user_agent: Option<String>,
    address: Option<String>,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
}

impl DeviceRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            user_agent: row.get(1)?,
            address: row.get(2)?,
            created_at: row.get(3)?,
            last_used_at: row.get(4)?,
            expires_at: row.get(5)?,
        })
    }

    fn into_summary(self) -> Result<DeviceSummary, StoreError> {
        Ok(DeviceSummary {
            id: parse("device id", &self.id)?,
            user_agent: self.user_agent.as_deref().and_then(UserAgent::cut),
            address: self.address.map(|text| parse("address", &text)).transpose()?,
            created_at: moment(self.created_at)?,
            last_used_at: moment(self.last_used_at)?,
            expires_at: moment(self.expires_at)?,
        })
    }
}
