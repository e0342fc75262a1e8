//! Devices where the password alone logs in.

use rusqlite::{Connection, Error, params};
use uuid::Uuid;

use super::read::millis;
use crate::domain::Timestamp;
use crate::store::RememberedDevice;

pub(super) fn add(
    connection: &Connection,
    user_id: Uuid,
    RememberedDevice { id, expires_at }: RememberedDevice,
    at: Timestamp,
) -> Result<(), Error> {
    let sql =
        "INSERT INTO remembered_devices (user_id, device_id, created_at, expires_at) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (user_id, device_id) DO UPDATE SET expires_at = ?4";
    let device = params![user_id.to_string(), id.to_string(), millis(at), millis(expires_at)];
    connection.prepare_cached(sql)?.execute(device)?;
    Ok(())
}

/// The password alone logs in nowhere any more.
pub(super) fn forget(connection: &Connection, user_id: Uuid) -> Result<(), Error> {
    let sql = "DELETE FROM remembered_devices WHERE user_id = ?";
    connection.prepare_cached(sql)?.execute([user_id.to_string()])?;
    Ok(())
}
