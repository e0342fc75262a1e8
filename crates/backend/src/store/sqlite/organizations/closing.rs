//! Prepares and completes the deletion of a member's account, in the member's organization.

use rusqlite::{Connection, Error, OptionalExtension as _, params};

use crate::domain::Timestamp;
use crate::store::sqlite::read::millis;
use crate::store::sqlite::rows::changed;

/// Makes the member for longest an owner, first among those whose accounts can be used.
const HEIR: &str = "UPDATE organization_members SET role = 'owner' WHERE user_id =
    (SELECT m.user_id FROM organization_members m JOIN users u ON u.id = m.user_id WHERE m.organization_id = ?1
     ORDER BY u.closing_at IS NOT NULL OR u.suspended_at IS NOT NULL, m.joined_at, m.user_id LIMIT 1)
    AND NOT EXISTS (SELECT 1 FROM organization_members WHERE organization_id = ?1 AND role = 'owner')";

/// Deletes invitations to the account's address and the account's pending invitations. Gives the account's
/// organization.
pub(in crate::store::sqlite) fn before_deletion(
    connection: &Connection,
    user_id: &str,
    at: Timestamp,
) -> Result<Option<String>, Error> {
    let to_them = "DELETE FROM invitations
                   WHERE email_canonical = (SELECT email_canonical FROM users WHERE id = ?)";
    changed(connection, to_them, [user_id])?;
    let organization = "SELECT organization_id FROM organization_members WHERE user_id = ?";
    let organization: Option<String> =
        connection.prepare_cached(organization)?.query_row([user_id], |row| row.get(0)).optional()?;
    if let Some(organization) = &organization {
        let by_them = "UPDATE invitations SET revoked_at = ?3 WHERE organization_id = ?1 AND invited_by = ?2
                       AND accepted_at IS NULL AND revoked_at IS NULL";
        changed(connection, by_them, params![organization, user_id, millis(at)])?;
    }
    Ok(organization)
}

/// Gives the organization an owner where the last one has gone, or deletes it where nobody is left.
pub(in crate::store::sqlite) fn after_deletion(
    connection: &Connection,
    organization: &str,
) -> Result<(), Error> {
    changed(connection, HEIR, [organization])?;
    let empty = "DELETE FROM organizations WHERE id = ?1
                 AND NOT EXISTS (SELECT 1 FROM organization_members WHERE organization_id = ?1)";
    changed(connection, empty, [organization]).map(drop)
}
