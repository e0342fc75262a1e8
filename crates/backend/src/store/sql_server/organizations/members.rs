//! Members of organizations. An organization always has an owner.

use uuid::Uuid;

use super::super::batch::{Batch, values};
use super::{lock, refuse};
use crate::domain::Timestamp;
use crate::domain::organization::{MemberRole, Refusal};
use crate::store::MemberTarget;

const MEMBER: &str = "SELECT 1 FROM dbo.organization_members WHERE organization_id = ? AND user_id = ?";
const OWNER: &str =
    "SELECT 1 FROM dbo.organization_members WHERE organization_id = ? AND user_id = ? AND role = N'owner'";
const OTHER_OWNER: &str =
    "SELECT 1 FROM dbo.organization_members WHERE organization_id = ? AND user_id <> ? AND role = N'owner'";
const OTHER_MEMBER: &str =
    "SELECT 1 FROM dbo.organization_members WHERE organization_id = ? AND user_id <> ?";

/// Ends the batch where `by` is no member.
pub(super) fn check_member(batch: &mut Batch, organization_id: Uuid, by: Uuid) {
    let check = format!("IF NOT EXISTS ({MEMBER}) {}", refuse(Refusal::NotMember));
    batch.add(&check, values![organization_id, by]);
}

/// Ends the batch where `by` is no owner.
pub(super) fn check_owner(batch: &mut Batch, organization_id: Uuid, by: Uuid) {
    check_member(batch, organization_id, by);
    let check = format!("IF NOT EXISTS ({OWNER}) {}", refuse(Refusal::NotOwner));
    batch.add(&check, values![organization_id, by]);
}

/// Ends the batch where the person is a member already. The account's row is locked, so that the second of two joins
/// sees the first.
pub(super) fn check_free(batch: &mut Batch, user_id: Uuid) {
    batch.add("UPDATE dbo.users SET updated_at = updated_at WHERE id = ?", values![user_id]);
    let taken = "SELECT 1 FROM dbo.organization_members WHERE user_id = ?";
    let check = format!("IF EXISTS ({taken}) {}", refuse(Refusal::AlreadyMember));
    batch.add(&check, values![user_id]);
}

/// Ends the batch where the last owner would be lost.
fn check_last_owner(batch: &mut Batch, organization_id: Uuid, user_id: Uuid) {
    let last = format!("IF EXISTS ({OWNER}) AND NOT EXISTS ({OTHER_OWNER}) {}", refuse(Refusal::LastOwner));
    batch.add(&last, values![organization_id, user_id, organization_id, user_id]);
}

/// Locks the organization's row. Ends the batch where `by` is no owner, or the person is no member.
fn check(batch: &mut Batch, target: &MemberTarget) {
    let MemberTarget { organization_id, user_id, by } = *target;
    lock(batch, organization_id);
    check_owner(batch, organization_id, by);
    let known = format!("IF NOT EXISTS ({MEMBER}) {}", refuse(Refusal::UnknownMember));
    batch.add(&known, values![organization_id, user_id]);
}

pub(super) fn set_role(batch: &mut Batch, target: &MemberTarget, role: MemberRole, at: Timestamp) {
    check(batch, target);
    if role == MemberRole::Member {
        check_last_owner(batch, target.organization_id, target.user_id);
    }
    give_role(batch, target.organization_id, target.user_id, role, at);
}

fn give_role(batch: &mut Batch, organization_id: Uuid, user_id: Uuid, role: MemberRole, at: Timestamp) {
    batch.add(
        "UPDATE dbo.organization_members SET role = ? WHERE organization_id = ? AND user_id = ?",
        values![role.as_str(), organization_id, user_id],
    );
    if role == MemberRole::Member {
        revoke_invitations(batch, organization_id, user_id, "AND role = N'owner'", at);
    }
}

pub(super) fn pass_ownership(batch: &mut Batch, target: &MemberTarget, at: Timestamp) {
    let MemberTarget { organization_id, user_id, by } = *target;
    check(batch, target);
    if user_id != by {
        give_role(batch, organization_id, user_id, MemberRole::Owner, at);
        give_role(batch, organization_id, by, MemberRole::Member, at);
    }
}

pub(super) fn remove(batch: &mut Batch, target: &MemberTarget, at: Timestamp) {
    check(batch, target);
    check_last_owner(batch, target.organization_id, target.user_id);
    take_out(batch, target.organization_id, target.user_id, at);
}

/// Removes the person who asks. The organization ends with its last member.
pub(super) fn leave(batch: &mut Batch, organization_id: Uuid, user_id: Uuid, at: Timestamp) {
    lock(batch, organization_id);
    check_member(batch, organization_id, user_id);
    let last =
        format!("IF EXISTS ({OTHER_MEMBER}) AND NOT EXISTS ({OTHER_OWNER}) {}", refuse(Refusal::LastOwner));
    batch.add(&last, values![organization_id, user_id, organization_id, user_id]);
    take_out(batch, organization_id, user_id, at);
    batch.add(
        "DELETE FROM dbo.organizations WHERE id = ?
         AND NOT EXISTS (SELECT 1 FROM dbo.organization_members WHERE organization_id = ?)",
        values![organization_id, organization_id],
    );
}

fn take_out(batch: &mut Batch, organization_id: Uuid, user_id: Uuid, at: Timestamp) {
    batch.add(
        "DELETE FROM dbo.organization_members WHERE organization_id = ? AND user_id = ?",
        values![organization_id, user_id],
    );
    revoke_invitations(batch, organization_id, user_id, "", at);
}

/// Revokes a person's pending invitations.
fn revoke_invitations(batch: &mut Batch, organization_id: Uuid, user_id: Uuid, which: &str, at: Timestamp) {
    batch.add(
        &format!(
            "UPDATE dbo.invitations SET revoked_at = ? WHERE organization_id = ? AND invited_by = ?
             AND accepted_at IS NULL AND revoked_at IS NULL {which}"
        ),
        values![at, organization_id, user_id],
    );
}
