//! Organizations as SQL. A change locks the organization's row first, so that the next change waits for its commit
//! and sees its effect.

mod closing;
mod domains;
mod invitations;
mod members;
mod read;

use async_trait::async_trait;
use uuid::Uuid;

pub(super) use closing::{after_deletion, before_deletion};

use super::SqlServerStore;
use super::batch::{Batch, values};
use super::failure::Failure;
use crate::domain::Timestamp;
use crate::domain::organization::{
    DomainClaim, Invitation, MailDomain, Member, MemberRole, Membership, Offer, Organization,
    OrganizationSize, Refusal, Website,
};
use crate::store::{OrganizationChange, Organizations, StoreError};

/// Deletes invitations after the time in which a late use gets the reason for its refusal. [`super::purge`] runs the
/// statement.
pub(super) const PURGE_INVITATIONS: &str = "DELETE FROM dbo.invitations WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.invitations WHERE expires_at <= ? ORDER BY expires_at)";
/// Deletes quotas whose window began long ago. [`super::purge`] runs the statement.
pub(super) const PURGE_QUOTAS: &str = "DELETE FROM dbo.invitation_quotas WHERE seq IN
    (SELECT TOP (CAST(? AS BIGINT)) seq FROM dbo.invitation_quotas WHERE began_at <= ? ORDER BY began_at)";

const DOMAIN_CONSTRAINT: &str = "uq_organization_domains_verified";
/// The constraints that concurrent changes meet. The second change finds the reason when it is tried again.
const PASSING: [&str; 3] =
    ["uq_organization_members_user_id", "uq_invitation_quotas_subject", "uq_organization_domains_claim"];

/// The refusal for a violated constraint of these tables; none where there is no such meaning.
pub(super) fn refusal(duplicate: &Failure) -> Option<Refusal> {
    duplicate.violates(DOMAIN_CONSTRAINT).then_some(Refusal::DomainTaken)
}

/// Whether the change can be tried again.
pub(super) fn has_passed(duplicate: &Failure) -> bool {
    PASSING.into_iter().any(|constraint| duplicate.violates(constraint))
}

/// The refusal `refusal` behind an `IF`.
fn refuse(refusal: Refusal) -> String {
    let name = refusal.as_str();
    format!(
        "BEGIN ROLLBACK TRANSACTION; SELECT CAST(0 AS BIT) AS committed, N'{name}' AS refusal; RETURN; END"
    )
}

/// Locks the organization's row. The refusal is that of a person who is no member, where there is no such row.
fn lock(batch: &mut Batch, organization_id: Uuid) {
    batch.add("UPDATE dbo.organizations SET updated_at = updated_at WHERE id = ?", values![organization_id]);
    batch.add(&format!("IF @@ROWCOUNT = 0 {}", refuse(Refusal::NotMember)), values![]);
}

/// Adds the change. The batch ends before the change where it is not allowed.
pub(super) fn add(batch: &mut Batch, change: &OrganizationChange, at: Timestamp) {
    match change {
        OrganizationChange::Found { organization, owner, unless_member } => {
            found(batch, organization, *owner, *unless_member, at);
        }
        OrganizationChange::Describe { organization_id, by, name, size, website } => {
            lock(batch, *organization_id);
            members::check_owner(batch, *organization_id, *by);
            let size = size.as_ref().map(OrganizationSize::as_str);
            let website = website.as_ref().map(Website::as_str);
            batch.add(
                "UPDATE dbo.organizations SET name = ?, size = ?, website = ?, updated_at = ? WHERE id = ?",
                values![name.as_str(), size, website, at, *organization_id],
            );
        }
        OrganizationChange::Invite(invitation) => invitations::invite(batch, invitation, at),
        OrganizationChange::Resend { target, token_hash, expires_at } => {
            invitations::resend(batch, target, *token_hash, *expires_at, at);
        }
        OrganizationChange::Revoke(target) => invitations::revoke(batch, target, at),
        OrganizationChange::Accept { invitation_id, organization_id, token_hash, user_id } => {
            invitations::accept(batch, (*invitation_id, *organization_id, *token_hash), *user_id, at);
        }
        OrganizationChange::JoinByDomain { organization_id, user_id, email } => {
            domains::join(batch, *organization_id, *user_id, email, at);
        }
        OrganizationChange::SetRole { target, role } => members::set_role(batch, target, *role, at),
        OrganizationChange::PassOwnership(target) => members::pass_ownership(batch, target, at),
        OrganizationChange::Remove(target) => members::remove(batch, target, at),
        OrganizationChange::Leave { organization_id, user_id } => {
            members::leave(batch, *organization_id, *user_id, at);
        }
        OrganizationChange::ClaimDomain(target) => domains::claim(batch, target, at),
        OrganizationChange::DropDomain(target) => domains::drop_one(batch, target),
        OrganizationChange::DecideDomain { organization_id, domain, approve } => {
            domains::decide(batch, *organization_id, domain, *approve, at);
        }
    }
}

fn found(batch: &mut Batch, organization: &Organization, owner: Uuid, unless_member: bool, at: Timestamp) {
    if !unless_member {
        members::check_free(batch, owner);
    }
    let free = "NOT EXISTS (SELECT 1 FROM dbo.organization_members WHERE user_id = ?)";
    batch.add(
        &format!(
            "INSERT INTO dbo.organizations (id, name, size, website, created_at, updated_at)
             SELECT CAST(? AS UNIQUEIDENTIFIER), CAST(? AS NVARCHAR(400)), CAST(? AS NVARCHAR(200)),
                    CAST(? AS NVARCHAR(2048)), CAST(? AS DATETIME2(3)), CAST(? AS DATETIME2(3)) WHERE {free}"
        ),
        values![
            organization.id,
            organization.name.as_str(),
            organization.size.as_ref().map(OrganizationSize::as_str),
            organization.website.as_ref().map(Website::as_str),
            organization.created_at,
            at,
            owner,
        ],
    );
    batch.add(
        "INSERT INTO dbo.organization_members (user_id, organization_id, role, joined_at)
         SELECT CAST(? AS UNIQUEIDENTIFIER), id, CAST(? AS NVARCHAR(10)), CAST(? AS DATETIME2(3))
         FROM dbo.organizations WHERE id = ?",
        values![owner, MemberRole::Owner.as_str(), at, organization.id],
    );
}

#[async_trait]
impl Organizations for SqlServerStore {
    async fn membership(&self, user_id: Uuid) -> Result<Option<Membership>, StoreError> {
        read::membership(&self.pool, user_id).await
    }

    async fn members(
        &self,
        organization_id: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        read::members(&self.pool, organization_id, after, limit).await
    }

    async fn invitation_of_token(&self, token_hash: [u8; 32]) -> Result<Option<Invitation>, StoreError> {
        read::invitation_of(&self.pool, token_hash).await
    }

    async fn invitation(&self, organization_id: Uuid, id: Uuid) -> Result<Option<Invitation>, StoreError> {
        read::invitation(&self.pool, organization_id, id).await
    }

    async fn invitations(
        &self,
        organization_id: Uuid,
        invited_by: Option<Uuid>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError> {
        read::invitations(&self.pool, organization_id, invited_by, after, limit).await
    }

    async fn domains(&self, organization_id: Uuid) -> Result<Vec<DomainClaim>, StoreError> {
        read::domains(&self.pool, organization_id).await
    }

    async fn waiting_claims(&self, limit: u32) -> Result<Vec<DomainClaim>, StoreError> {
        read::waiting_claims(&self.pool, limit).await
    }

    async fn offer(&self, domain: &MailDomain) -> Result<Option<Offer>, StoreError> {
        read::offer(&self.pool, domain).await
    }
}
