//! Invitations, from the first mail to their end.

use rusqlite::{Connection, Error, OptionalExtension as _, params};
use uuid::Uuid;

use super::{Decision, exists, members};
use crate::domain::Timestamp;
use crate::domain::organization::{
    MAX_MAILS, MAX_SENDS, MemberRole, NewInvitation, QUOTA_WINDOW, RESEND_AFTER, Refusal,
};
use crate::store::InvitationTarget;
use crate::store::sqlite::read::millis;
use crate::store::sqlite::rows::changed;

const MEMBER_WITH_ADDRESS: &str = "SELECT 1 FROM users u JOIN organization_members m ON m.user_id = u.id
    WHERE u.email_canonical = ?2 AND m.organization_id = ?1";
const WAITING: &str = "SELECT 1 FROM invitations WHERE email_canonical = ?2 AND organization_id = ?1
    AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?3";

pub(super) fn invite(connection: &Connection, invitation: &NewInvitation, at: Timestamp) -> Decision {
    let NewInvitation { organization_id, invited_by, role, .. } = *invitation;
    match members::role(connection, organization_id, invited_by)? {
        None => return Ok(Err(Refusal::NotMember)),
        Some(MemberRole::Member) if role == MemberRole::Owner => return Ok(Err(Refusal::NotOwner)),
        Some(_) => {}
    }
    let (organization, address) = (organization_id.to_string(), invitation.email.canonical());
    if exists(connection, MEMBER_WITH_ADDRESS, params![organization, address])? {
        return Ok(Err(Refusal::MemberInvited));
    }
    if exists(connection, WAITING, params![organization, address, millis(at)])? {
        return Ok(Err(Refusal::AlreadyInvited));
    }
    if !count_mail(connection, organization_id, invited_by, at)? {
        return Ok(Err(Refusal::QuotaUsed));
    }
    let sql =
        "INSERT INTO invitations (id, organization_id, email, email_canonical, role, invited_by, token_hash,
                   created_at, sent_at, sends, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, 1, ?9)";
    let values = params![
        invitation.id.to_string(),
        organization,
        invitation.email.as_str(),
        address,
        role.as_str(),
        invited_by.to_string(),
        invitation.token_hash,
        millis(invitation.created_at),
        millis(invitation.expires_at),
    ];
    changed(connection, sql, values)?;
    Ok(Ok(()))
}

/// Counts a mail of the organization and of the person. False where one of them has used its quota.
fn count_mail(
    connection: &Connection,
    organization_id: Uuid,
    person: Uuid,
    at: Timestamp,
) -> Result<bool, Error> {
    let sql = "INSERT INTO invitation_quotas (subject, began_at, mails) VALUES (?1, ?2, 1)
               ON CONFLICT (subject) DO UPDATE
               SET mails = CASE WHEN began_at <= ?3 THEN 1 ELSE mails + 1 END,
                   began_at = CASE WHEN began_at <= ?3 THEN ?2 ELSE began_at END
               WHERE began_at <= ?3 OR mails < ?4";
    for subject in [organization_id, person] {
        let values = params![subject.to_string(), millis(at), millis(at - QUOTA_WINDOW), MAX_MAILS];
        if !changed(connection, sql, values)? {
            return Ok(false);
        }
    }
    Ok(true)
}

struct Stored {
    invited_by: String,
    sent_at: i64,
    sends: i64,
    closed: bool,
}

/// The invitation, where `by` may change it.
fn allowed(connection: &Connection, target: &InvitationTarget) -> Result<Result<Stored, Refusal>, Error> {
    let Some(role) = members::role(connection, target.organization_id, target.by)? else {
        return Ok(Err(Refusal::NotMember));
    };
    let sql = "SELECT invited_by, sent_at, sends, accepted_at IS NOT NULL OR revoked_at IS NOT NULL
               FROM invitations WHERE id = ? AND organization_id = ?";
    let ids = [target.id.to_string(), target.organization_id.to_string()];
    let stored = connection.prepare_cached(sql)?.query_row(ids, |row| {
        let (invited_by, sent_at) = (row.get(0)?, row.get(1)?);
        Ok(Stored { invited_by, sent_at, sends: row.get(2)?, closed: row.get(3)? })
    });
    let by = target.by.to_string();
    let seen = stored.optional()?.filter(|found| role == MemberRole::Owner || found.invited_by == by);
    Ok(seen.ok_or(Refusal::UnknownInvitation))
}

pub(super) fn resend(
    connection: &Connection,
    target: &InvitationTarget,
    token_hash: &[u8; 32],
    expires_at: Timestamp,
    at: Timestamp,
) -> Decision {
    let stored = match allowed(connection, target)? {
        Ok(stored) => stored,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if stored.closed {
        return Ok(Err(Refusal::InvitationClosed));
    }
    if stored.sends >= MAX_SENDS || stored.sent_at > millis(at - RESEND_AFTER) {
        return Ok(Err(Refusal::ResendTooSoon));
    }
    if !count_mail(connection, target.organization_id, target.by, at)? {
        return Ok(Err(Refusal::QuotaUsed));
    }
    let sql = "UPDATE invitations SET token_hash = ?2, sent_at = ?3, sends = sends + 1, expires_at = ?4
               WHERE id = ?1";
    changed(connection, sql, params![target.id.to_string(), token_hash, millis(at), millis(expires_at)])?;
    Ok(Ok(()))
}

pub(super) fn revoke(connection: &Connection, target: &InvitationTarget, at: Timestamp) -> Decision {
    if let Err(refusal) = allowed(connection, target)? {
        return Ok(Err(refusal));
    }
    let id = target.id.to_string();
    if exists(connection, "SELECT 1 FROM invitations WHERE id = ? AND accepted_at IS NOT NULL", [&id])? {
        return Ok(Err(Refusal::InvitationClosed));
    }
    let sql = "UPDATE invitations SET revoked_at = COALESCE(revoked_at, ?2) WHERE id = ?1";
    changed(connection, sql, params![id, millis(at)])?;
    Ok(Ok(()))
}

pub(super) fn accept(
    connection: &Connection,
    (id, organization_id, token_hash): (Uuid, Uuid, &[u8; 32]),
    user_id: Uuid,
    at: Timestamp,
) -> Decision {
    let (key, user) = (id.to_string(), user_id.to_string());
    let sql = "UPDATE invitations SET accepted_at = ?3, accepted_by = ?4
               WHERE id = ?1 AND organization_id = ?5 AND token_hash = ?2
               AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > ?3";
    let values = params![key, token_hash, millis(at), user, organization_id.to_string()];
    if !changed(connection, sql, values)? {
        let accepted = "SELECT 1 FROM invitations WHERE id = ? AND accepted_at IS NOT NULL";
        let is_used = exists(connection, accepted, [&key])?;
        return Ok(Err(if is_used { Refusal::InvitationUsed } else { Refusal::InvitationDead }));
    }
    let sql = "UPDATE users SET email_verified_at = COALESCE(email_verified_at, ?3), updated_at = ?3
               WHERE id = ?1 AND email_canonical = (SELECT email_canonical FROM invitations WHERE id = ?2)";
    if !changed(connection, sql, params![user, key, millis(at)])? {
        return Ok(Err(Refusal::OtherAddress));
    }
    let sql = "SELECT role = 'owner' FROM invitations WHERE id = ?";
    let is_owner: bool = connection.prepare_cached(sql)?.query_row([&key], |row| row.get(0))?;
    let role = if is_owner { MemberRole::Owner } else { MemberRole::Member };
    members::join(connection, organization_id, user_id, role, at)
}
