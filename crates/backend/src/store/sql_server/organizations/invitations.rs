//! Invitations, from the first mail to their end.

use uuid::Uuid;

use super::super::batch::{Batch, values};
use super::{lock, members, refuse};
use crate::domain::Timestamp;
use crate::domain::organization::{
    MAX_MAILS, MAX_SENDS, MemberRole, NewInvitation, QUOTA_WINDOW, RESEND_AFTER, Refusal,
};
use crate::store::InvitationTarget;

pub(super) fn invite(batch: &mut Batch, invitation: &NewInvitation, at: Timestamp) {
    let NewInvitation { organization_id, invited_by, role, .. } = *invitation;
    let address = invitation.email.canonical();
    lock(batch, organization_id);
    match role {
        MemberRole::Member => members::check_member(batch, organization_id, invited_by),
        MemberRole::Owner => members::check_owner(batch, organization_id, invited_by),
    }
    let member = "SELECT 1 FROM dbo.users u JOIN dbo.organization_members m ON m.user_id = u.id
                  WHERE u.email_canonical = ? AND m.organization_id = ?";
    let check = format!("IF EXISTS ({member}) {}", refuse(Refusal::MemberInvited));
    batch.add(&check, values![address, organization_id]);
    let waiting = "SELECT 1 FROM dbo.invitations WHERE email_canonical = ? AND organization_id = ?
                   AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?";
    let check = format!("IF EXISTS ({waiting}) {}", refuse(Refusal::AlreadyInvited));
    batch.add(&check, values![address, organization_id, at]);
    count_mail(batch, [organization_id, invited_by], at);
    batch.add(
        "INSERT INTO dbo.invitations (id, organization_id, email, email_canonical, role, invited_by, token_hash,
             created_at, sent_at, sends, expires_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
        values![
            invitation.id,
            organization_id,
            invitation.email.as_str(),
            address,
            role.as_str(),
            invited_by,
            invitation.token_hash,
            invitation.created_at,
            invitation.created_at,
            invitation.expires_at,
        ],
    );
}

/// Counts a mail of the organization and of the person. Ends the batch where one of them has used its quota.
fn count_mail(batch: &mut Batch, subjects: [Uuid; 2], at: Timestamp) {
    let long_ago = at - QUOTA_WINDOW;
    for subject in subjects {
        batch.add(
            "UPDATE dbo.invitation_quotas
             SET mails = CASE WHEN began_at <= ? THEN 1 ELSE mails + 1 END,
                 began_at = CASE WHEN began_at <= ? THEN CAST(? AS DATETIME2(3)) ELSE began_at END
             WHERE subject = ? AND (began_at <= ? OR mails < ?)",
            values![long_ago, long_ago, at, subject, long_ago, MAX_MAILS],
        );
        let insert = "INSERT INTO dbo.invitation_quotas (subject, began_at, mails) VALUES (?, ?, 1)";
        let full = "IF EXISTS (SELECT 1 FROM dbo.invitation_quotas WHERE subject = ?)";
        let first = format!("IF @@ROWCOUNT = 0 BEGIN {full} {}; {insert}; END", refuse(Refusal::QuotaUsed));
        batch.add(&first, values![subject, subject, at]);
    }
}

/// Locks the organization's row. Ends the batch where `by` may not change the invitation.
fn check(batch: &mut Batch, target: &InvitationTarget) {
    let InvitationTarget { organization_id, id, by } = *target;
    lock(batch, organization_id);
    members::check_member(batch, organization_id, by);
    let theirs = "SELECT 1 FROM dbo.invitations i
                  JOIN dbo.organization_members m ON m.organization_id = i.organization_id AND m.user_id = ?
                  WHERE i.id = ? AND i.organization_id = ? AND (i.invited_by = ? OR m.role = N'owner')";
    let check = format!("IF NOT EXISTS ({theirs}) {}", refuse(Refusal::UnknownInvitation));
    batch.add(&check, values![by, id, organization_id, by]);
}

pub(super) fn resend(
    batch: &mut Batch,
    target: &InvitationTarget,
    token_hash: [u8; 32],
    expires_at: Timestamp,
    at: Timestamp,
) {
    check(batch, target);
    let closed =
        "SELECT 1 FROM dbo.invitations WHERE id = ? AND (accepted_at IS NOT NULL OR revoked_at IS NOT NULL)";
    let check = format!("IF EXISTS ({closed}) {}", refuse(Refusal::InvitationClosed));
    batch.add(&check, values![target.id]);
    let recent = "SELECT 1 FROM dbo.invitations WHERE id = ? AND (sends >= ? OR sent_at > ?)";
    let check = format!("IF EXISTS ({recent}) {}", refuse(Refusal::ResendTooSoon));
    batch.add(&check, values![target.id, MAX_SENDS, at - RESEND_AFTER]);
    count_mail(batch, [target.organization_id, target.by], at);
    batch.add(
        "UPDATE dbo.invitations SET token_hash = ?, sent_at = ?, sends = sends + 1, expires_at = ? WHERE id = ?",
        values![token_hash, at, expires_at, target.id],
    );
}

pub(super) fn revoke(batch: &mut Batch, target: &InvitationTarget, at: Timestamp) {
    check(batch, target);
    let used = "SELECT 1 FROM dbo.invitations WHERE id = ? AND accepted_at IS NOT NULL";
    let check = format!("IF EXISTS ({used}) {}", refuse(Refusal::InvitationClosed));
    batch.add(&check, values![target.id]);
    batch.add(
        "UPDATE dbo.invitations SET revoked_at = COALESCE(revoked_at, CAST(? AS DATETIME2(3))) WHERE id = ?",
        values![at, target.id],
    );
}

pub(super) fn accept(
    batch: &mut Batch,
    (id, organization_id, token_hash): (Uuid, Uuid, [u8; 32]),
    user_id: Uuid,
    at: Timestamp,
) {
    batch.add("UPDATE dbo.organizations SET updated_at = updated_at WHERE id = ?", values![organization_id]);
    batch.add(
        "UPDATE dbo.invitations SET accepted_at = ?, accepted_by = ?
         WHERE id = ? AND organization_id = ? AND token_hash = ?
         AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?",
        values![at, user_id, id, organization_id, token_hash, at],
    );
    let (used, dead) = (Refusal::InvitationUsed.as_str(), Refusal::InvitationDead.as_str());
    let why = format!(
        "IF @@ROWCOUNT = 0 BEGIN ROLLBACK TRANSACTION; SELECT CAST(0 AS BIT) AS committed,
             CASE WHEN EXISTS (SELECT 1 FROM dbo.invitations WHERE id = ? AND accepted_at IS NOT NULL)
                  THEN N'{used}' ELSE N'{dead}' END AS refusal; RETURN; END"
    );
    batch.add(&why, values![id]);
    batch.add(
        "UPDATE dbo.users SET email_verified_at = COALESCE(email_verified_at, CAST(? AS DATETIME2(3))),
             updated_at = ?
         WHERE id = ? AND email_canonical = (SELECT email_canonical FROM dbo.invitations WHERE id = ?)",
        values![at, at, user_id, id],
    );
    batch.add(&format!("IF @@ROWCOUNT = 0 {}", refuse(Refusal::OtherAddress)), values![]);
    members::check_free(batch, user_id);
    batch.add(
        "INSERT INTO dbo.organization_members (user_id, organization_id, role, joined_at)
         SELECT CAST(? AS UNIQUEIDENTIFIER), organization_id, role, CAST(? AS DATETIME2(3))
         FROM dbo.invitations WHERE id = ?",
        values![user_id, at, id],
    );
}
