//! Changes of accounts by somebody else, as SQL.

use super::batch::{Batch, values};
use super::directory::OTHER_ADMIN;
use super::{codes, factors, guesses, remembered};
use crate::domain::Timestamp;
use crate::store::{AccountChange, Actor, Administration};

/// The statement that puts changes of accounts in a row. A second change waits for the commit of the first, and then
/// sees its effect. So an admin cannot act after a suspension, and of two admins who suspend each other one is left.
const ONE_AFTER_THE_OTHER: &str = "UPDATE dbo.admin_changes SET changes = changes + 1 WHERE id = 1";

/// The refusal behind an `IF`.
const REFUSE: &str = "BEGIN ROLLBACK TRANSACTION; SELECT CAST(0 AS BIT) AS committed; RETURN; END";

/// A subquery for an account that can act as an admin.
const ACTIVE_ADMIN: &str =
    "SELECT 1 FROM dbo.users WHERE id = ? AND role = N'admin' AND suspended_at IS NULL";

/// Adds the change. The batch ends before the change where it is not allowed.
pub(super) fn add(batch: &mut Batch, Administration { user_id, by, change }: &Administration, at: Timestamp) {
    batch.add(ONE_AFTER_THE_OTHER, values![]);
    if let Actor::Admin(admin) = by {
        batch.add(&format!("IF NOT EXISTS ({ACTIVE_ADMIN}) {REFUSE}"), values![*admin]);
    }
    if change.takes_admin_away() {
        let last = format!("IF EXISTS ({ACTIVE_ADMIN}) AND NOT EXISTS ({OTHER_ADMIN}) {REFUSE}");
        batch.add(&last, values![*user_id, *user_id]);
    }
    let known = format!("IF NOT EXISTS (SELECT 1 FROM dbo.users WHERE id = ?) {REFUSE}");
    batch.add(&known, values![*user_id]);
    match change {
        AccountChange::Suspend => batch.add(
            "UPDATE dbo.users SET suspended_at = COALESCE(suspended_at, ?), updated_at = ? WHERE id = ?",
            values![at, at, *user_id],
        ),
        AccountChange::Restore => batch.add(
            "UPDATE dbo.users SET suspended_at = NULL, updated_at = ? WHERE id = ?",
            values![at, *user_id],
        ),
        AccountChange::EndSessions => {}
        AccountChange::IssueReset(code) => {
            codes::lock_as_read(batch, code, None);
            codes::add(batch, code);
        }
        AccountChange::ForgiveGuesses(keys) => keys.iter().for_each(|key| guesses::forgive(batch, *key)),
        AccountChange::RemoveSecondFactors => factors::remove_all(batch, *user_id),
        AccountChange::SetRole(role) => batch.add(
            "UPDATE dbo.users SET role = ?, updated_at = ? WHERE id = ?",
            values![role.as_str(), at, *user_id],
        ),
        AccountChange::SetPassword(hash) => batch.add(
            "UPDATE dbo.users SET password_hash = ?, updated_at = ? WHERE id = ?",
            values![hash.as_phc(), at, *user_id],
        ),
    }
    if change.ends_sessions() {
        remembered::forget(batch, *user_id);
        batch.add(
            "UPDATE dbo.sessions SET revoked_at = ? WHERE user_id = ? AND revoked_at IS NULL",
            values![at, *user_id],
        );
    }
    if change.ends_codes() {
        codes::supersede_takeovers(batch, *user_id, at);
    }
}
