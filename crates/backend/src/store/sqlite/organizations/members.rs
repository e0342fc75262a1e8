//! Members of organizations. An organization always has an owner.

use rusqlite::{Connection, Error, OptionalExtension as _, params};
use uuid::Uuid;

use super::{Decision, exists};
use crate::domain::Timestamp;
use crate::domain::organization::{MemberRole, Refusal};
use crate::store::MemberTarget;
use crate::store::sqlite::read::millis;
use crate::store::sqlite::rows::changed;

const OTHER_OWNER: &str =
    "SELECT 1 FROM organization_members WHERE organization_id = ?1 AND role = 'owner' AND user_id <> ?2";
const OTHER_MEMBER: &str = "SELECT 1 FROM organization_members WHERE organization_id = ?1 AND user_id <> ?2";

/// The role of `user_id` in the organization; none for a person who is no member.
pub(super) fn role(
    connection: &Connection,
    organization_id: Uuid,
    user_id: Uuid,
) -> Result<Option<MemberRole>, Error> {
    let sql = "SELECT role = 'owner' FROM organization_members WHERE organization_id = ? AND user_id = ?";
    let ids = [organization_id.to_string(), user_id.to_string()];
    let is_owner = connection.prepare_cached(sql)?.query_row(ids, |row| row.get(0)).optional()?;
    Ok(is_owner.map(|is_owner: bool| if is_owner { MemberRole::Owner } else { MemberRole::Member }))
}

/// Whether `by` may act as an owner.
pub(super) fn owner(connection: &Connection, organization_id: Uuid, by: Uuid) -> Decision {
    Ok(match role(connection, organization_id, by)? {
        Some(MemberRole::Owner) => Ok(()),
        Some(MemberRole::Member) => Err(Refusal::NotOwner),
        None => Err(Refusal::NotMember),
    })
}

/// Makes a person without an organization a member.
pub(super) fn join(
    connection: &Connection,
    organization_id: Uuid,
    user_id: Uuid,
    role: MemberRole,
    at: Timestamp,
) -> Decision {
    let sql = "INSERT INTO organization_members (user_id, organization_id, role, joined_at)
               VALUES (?, ?, ?, ?) ON CONFLICT (user_id) DO NOTHING";
    let values = params![user_id.to_string(), organization_id.to_string(), role.as_str(), millis(at)];
    let joined = changed(connection, sql, values)?;
    Ok(if joined { Ok(()) } else { Err(Refusal::AlreadyMember) })
}

/// The organization and the person, as keys.
fn keys(organization_id: Uuid, user_id: Uuid) -> [String; 2] {
    [organization_id.to_string(), user_id.to_string()]
}

fn is_last_owner(connection: &Connection, organization_id: Uuid, user_id: Uuid) -> Result<bool, Error> {
    let is_owner = role(connection, organization_id, user_id)? == Some(MemberRole::Owner);
    Ok(is_owner && !exists(connection, OTHER_OWNER, keys(organization_id, user_id))?)
}

/// Whether `by` is an owner and the person is a member.
fn check(connection: &Connection, target: &MemberTarget) -> Decision {
    let MemberTarget { organization_id, user_id, by } = *target;
    if let Err(refusal) = owner(connection, organization_id, by)? {
        return Ok(Err(refusal));
    }
    let known = role(connection, organization_id, user_id)?.is_some();
    Ok(if known { Ok(()) } else { Err(Refusal::UnknownMember) })
}

pub(super) fn set_role(
    connection: &Connection,
    target: &MemberTarget,
    role: MemberRole,
    at: Timestamp,
) -> Decision {
    if let Err(refusal) = check(connection, target)? {
        return Ok(Err(refusal));
    }
    let MemberTarget { organization_id, user_id, .. } = *target;
    if role == MemberRole::Member && is_last_owner(connection, organization_id, user_id)? {
        return Ok(Err(Refusal::LastOwner));
    }
    give_role(connection, organization_id, user_id, role, at)?;
    Ok(Ok(()))
}

fn give_role(
    connection: &Connection,
    organization_id: Uuid,
    user_id: Uuid,
    role: MemberRole,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE organization_members SET role = ?3 WHERE organization_id = ?1 AND user_id = ?2";
    let [organization, user] = keys(organization_id, user_id);
    changed(connection, sql, params![organization, user, role.as_str()])?;
    if role == MemberRole::Member {
        revoke_invitations(connection, organization_id, user_id, "AND role = 'owner'", at)?;
    }
    Ok(())
}

pub(super) fn pass_ownership(connection: &Connection, target: &MemberTarget, at: Timestamp) -> Decision {
    if let Err(refusal) = check(connection, target)? {
        return Ok(Err(refusal));
    }
    let MemberTarget { organization_id, user_id, by } = *target;
    if user_id != by {
        give_role(connection, organization_id, user_id, MemberRole::Owner, at)?;
        give_role(connection, organization_id, by, MemberRole::Member, at)?;
    }
    Ok(Ok(()))
}

pub(super) fn remove(connection: &Connection, target: &MemberTarget, at: Timestamp) -> Decision {
    if let Err(refusal) = check(connection, target)? {
        return Ok(Err(refusal));
    }
    let MemberTarget { organization_id, user_id, .. } = *target;
    if is_last_owner(connection, organization_id, user_id)? {
        return Ok(Err(Refusal::LastOwner));
    }
    take_out(connection, organization_id, user_id, at)?;
    Ok(Ok(()))
}

pub(super) fn leave(
    connection: &Connection,
    organization_id: Uuid,
    user_id: Uuid,
    at: Timestamp,
) -> Decision {
    if role(connection, organization_id, user_id)?.is_none() {
        return Ok(Err(Refusal::NotMember));
    }
    if is_last_owner(connection, organization_id, user_id)? {
        if exists(connection, OTHER_MEMBER, keys(organization_id, user_id))? {
            return Ok(Err(Refusal::LastOwner));
        }
        let sql = "DELETE FROM organizations WHERE id = ?";
        changed(connection, sql, [organization_id.to_string()])?;
        return Ok(Ok(()));
    }
    take_out(connection, organization_id, user_id, at)?;
    Ok(Ok(()))
}

fn take_out(
    connection: &Connection,
    organization_id: Uuid,
    user_id: Uuid,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = "DELETE FROM organization_members WHERE organization_id = ? AND user_id = ?";
    changed(connection, sql, keys(organization_id, user_id))?;
    revoke_invitations(connection, organization_id, user_id, "", at)
}

/// Revokes a person's pending invitations.
fn revoke_invitations(
    connection: &Connection,
    organization_id: Uuid,
    user_id: Uuid,
    which: &str,
    at: Timestamp,
) -> Result<(), Error> {
    let sql = format!(
        "UPDATE invitations SET revoked_at = ?3 WHERE organization_id = ?1 AND invited_by = ?2
         AND accepted_at IS NULL AND revoked_at IS NULL {which}"
    );
    let [organization, user] = keys(organization_id, user_id);
    changed(connection, &sql, params![organization, user, millis(at)]).map(drop)
}
