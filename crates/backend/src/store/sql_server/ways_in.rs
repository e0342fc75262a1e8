//! Checks that an account has a way in.

use uuid::Uuid;

use super::batch::{Batch, values};
use crate::domain::PasswordHash;
use crate::store::WayIn;

/// The end of a batch where the way in is missing.
macro_rules! or_stale {
    ($there:literal) => {
        concat!(
            "IF NOT EXISTS (SELECT 1 FROM ",
            $there,
            ") BEGIN ROLLBACK TRANSACTION; SELECT CAST(0 AS BIT) AS committed; RETURN; END"
        )
    };
}

/// Ends the batch where the account `user_id` does not have the way in `way`. The account's row is locked before, so
/// the answer holds until the commit.
pub(super) fn demand(batch: &mut Batch, user_id: Uuid, way: WayIn) {
    match way {
        WayIn::Password => batch.add(
            or_stale!("dbo.users WHERE id = ? AND CHARINDEX(?, password_hash) = 0"),
            values![user_id, PasswordHash::NOBODYS_SALT],
        ),
        WayIn::Identity(id) => {
            batch.add(or_stale!("dbo.oidc_identities WHERE user_id = ? AND id = ?"), values![user_id, id]);
        }
        WayIn::Passkey(id) => batch.add(
            or_stale!("dbo.passkeys WHERE user_id = ? AND id = ? AND disabled_at IS NULL"),
            values![user_id, id],
        ),
    }
}
