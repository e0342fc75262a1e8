//! Prepares and completes the deletion of a member's account, in the member's organization.

use uuid::Uuid;

use super::super::batch::{Batch, values};
use crate::domain::Timestamp;

/// Deletes invitations to the account's address and the account's pending invitations. Locks the row of the account's
/// organization, which the variable `@organization` names from here on.
pub(in crate::store::sql_server) fn before_deletion(batch: &mut Batch, user_id: Uuid, at: Timestamp) {
    batch.add("DECLARE @organization UNIQUEIDENTIFIER", values![]);
    batch.add(
        "SELECT @organization = organization_id FROM dbo.organization_members WHERE user_id = ?",
        values![user_id],
    );
    batch.add("UPDATE dbo.organizations SET updated_at = updated_at WHERE id = @organization", values![]);
    batch.add(
        "DELETE FROM dbo.invitations
         WHERE email_canonical = (SELECT email_canonical FROM dbo.users WHERE id = ?)",
        values![user_id],
    );
    batch.add(
        "UPDATE dbo.invitations SET revoked_at = ? WHERE organization_id = @organization AND invited_by = ?
         AND accepted_at IS NULL AND revoked_at IS NULL",
        values![at, user_id],
    );
}

/// Gives the organization an owner where the last one has gone: the member for longest, first among those whose
/// accounts can be used. Deletes an organization without members.
pub(in crate::store::sql_server) fn after_deletion(batch: &mut Batch) {
    batch.add(
        "UPDATE dbo.organization_members SET role = N'owner' WHERE user_id =
             (SELECT TOP (1) m.user_id FROM dbo.organization_members m JOIN dbo.users u ON u.id = m.user_id
              WHERE m.organization_id = @organization
              ORDER BY CASE WHEN u.closing_at IS NOT NULL OR u.suspended_at IS NOT NULL THEN 1 ELSE 0 END,
                       m.joined_at, m.seq)
         AND NOT EXISTS (SELECT 1 FROM dbo.organization_members
                         WHERE organization_id = @organization AND role = N'owner')",
        values![],
    );
    batch.add(
        "DELETE FROM dbo.organizations WHERE id = @organization
         AND NOT EXISTS (SELECT 1 FROM dbo.organization_members WHERE organization_id = @organization)",
        values![],
    );
}
