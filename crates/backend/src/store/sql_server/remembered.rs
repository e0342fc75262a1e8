//! Devices where the password alone logs in.

use uuid::Uuid;

use super::batch::{Batch, values};
use crate::domain::Timestamp;
use crate::store::RememberedDevice;

pub(super) fn add(
    batch: &mut Batch,
    user_id: Uuid,
    RememberedDevice { id, expires_at }: RememberedDevice,
    at: Timestamp,
) {
    batch.add(
        "UPDATE dbo.remembered_devices SET expires_at = ? WHERE user_id = ? AND device_id = ?",
        values![expires_at, user_id, id],
    );
    batch.add(
        "IF @@ROWCOUNT = 0
             INSERT INTO dbo.remembered_devices (user_id, device_id, created_at, expires_at) VALUES (?, ?, ?, ?)",
        values![user_id, id, at, expires_at],
    );
}

/// The password alone logs in nowhere any more.
pub(super) fn forget(batch: &mut Batch, user_id: Uuid) {
    batch.add("DELETE FROM dbo.remembered_devices WHERE user_id = ?", values![user_id]);
}
