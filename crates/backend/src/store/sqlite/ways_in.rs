//! Checks that an account has a way in.

use rusqlite::{Connection, Error, params};
use uuid::Uuid;

use crate::domain::PasswordHash;
use crate::store::WayIn;

/// Whether the account `user_id` has the way in `way`. This writer is the only one, so the answer holds until the
/// commit.
pub(super) fn is_there(connection: &Connection, user_id: Uuid, way: WayIn) -> Result<bool, Error> {
    let user_id = user_id.to_string();
    let found = |sql: &str, what: &str| {
        connection.prepare_cached(sql)?.query_row(params![user_id, what], |row| row.get(0))
    };
    match way {
        WayIn::Password => found(
            "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1 AND instr(password_hash, ?2) = 0)",
            PasswordHash::NOBODYS_SALT,
        ),
        WayIn::Identity(id) => found(
            "SELECT EXISTS (SELECT 1 FROM oidc_identities WHERE user_id = ?1 AND id = ?2)",
            &id.to_string(),
        ),
        WayIn::Passkey(id) => found(
            "SELECT EXISTS (SELECT 1 FROM passkeys WHERE user_id = ?1 AND id = ?2 AND disabled_at IS NULL)",
            &id.to_string(),
        ),
    }
}
