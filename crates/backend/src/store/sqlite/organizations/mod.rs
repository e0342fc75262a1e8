//! Organizations as SQL. SQLite has one writer at a time, so facts that were read stay true until the commit.

mod closing;
mod domains;
mod invitations;
mod members;
mod read;

use async_trait::async_trait;
use rusqlite::{Connection, Error, OptionalExtension as _, Params, params};
use uuid::Uuid;

pub(super) use closing::{after_deletion, before_deletion};

use super::SqliteStore;
use super::job::Job;
use super::read::millis;
use super::rows::changed;
use crate::domain::Timestamp;
use crate::domain::organization::{
    DomainClaim, Invitation, MailDomain, Member, MemberRole, Membership, Offer, Organization,
    OrganizationSize, Refusal, Website,
};
use crate::store::{OrganizationChange, Organizations, Outcome, StoreError};

/// Deletes invitations that expired before a time. A late use no longer gets the reason for its refusal.
/// [`super::purge`] runs the statement.
pub(super) const PURGE_INVITATIONS: &str =
    "DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE expires_at <= ?1 LIMIT ?2)";
/// Deletes quotas whose window began before a time. [`super::purge`] runs the statement.
pub(super) const PURGE_QUOTAS: &str = "DELETE FROM invitation_quotas WHERE subject IN
    (SELECT subject FROM invitation_quotas WHERE began_at <= ?1 LIMIT ?2)";

/// The end of a change: refused or done.
type Decision = Result<Result<(), Refusal>, Error>;

/// Does the change. The caller undoes it for a refusal.
pub(super) fn apply(
    connection: &Connection,
    change: &OrganizationChange,
    at: Timestamp,
) -> Result<Outcome, Error> {
    Ok(match decide(connection, change, at)? {
        Ok(()) => Outcome::Committed,
        Err(refusal) => Outcome::Organization(refusal),
    })
}

fn decide(connection: &Connection, change: &OrganizationChange, at: Timestamp) -> Decision {
    match change {
        OrganizationChange::Found { organization, owner, unless_member } => {
            found(connection, organization, *owner, *unless_member, at)
        }
        OrganizationChange::Describe { organization_id, by, name, size, website } => {
            let described = Organization {
                id: *organization_id,
                name: name.clone(),
                size: size.clone(),
                website: website.clone(),
                created_at: at,
            };
            describe(connection, &described, *by, at)
        }
        OrganizationChange::Invite(invitation) => invitations::invite(connection, invitation, at),
        OrganizationChange::Resend { target, token_hash, expires_at } => {
            invitations::resend(connection, target, token_hash, *expires_at, at)
        }
        OrganizationChange::Revoke(target) => invitations::revoke(connection, target, at),
        OrganizationChange::Accept { invitation_id, organization_id, token_hash, user_id } => {
            let key = (*invitation_id, *organization_id, token_hash);
            invitations::accept(connection, key, *user_id, at)
        }
        OrganizationChange::JoinByDomain { organization_id, user_id, email } => {
            domains::join(connection, *organization_id, *user_id, email, at)
        }
        OrganizationChange::SetRole { target, role } => members::set_role(connection, target, *role, at),
        OrganizationChange::PassOwnership(target) => members::pass_ownership(connection, target, at),
        OrganizationChange::Remove(target) => members::remove(connection, target, at),
        OrganizationChange::Leave { organization_id, user_id } => {
            members::leave(connection, *organization_id, *user_id, at)
        }
        OrganizationChange::ClaimDomain(target) => domains::claim(connection, target, at),
        OrganizationChange::DropDomain(target) => domains::drop_one(connection, target),
        OrganizationChange::DecideDomain { organization_id, domain, approve } => {
            domains::decide(connection, *organization_id, domain, *approve, at)
        }
    }
}

fn found(
    connection: &Connection,
    organization: &Organization,
    owner: Uuid,
    unless_member: bool,
    at: Timestamp,
) -> Decision {
    if exists(connection, "SELECT 1 FROM organization_members WHERE user_id = ?", [owner.to_string()])? {
        return Ok(if unless_member { Ok(()) } else { Err(Refusal::AlreadyMember) });
    }
    let sql = "INSERT INTO organizations (id, name, size, website, created_at, updated_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    changed(
        connection,
        sql,
        params![
            organization.id.to_string(),
            organization.name.as_str(),
            organization.size.as_ref().map(OrganizationSize::as_str),
            organization.website.as_ref().map(Website::as_str),
            millis(organization.created_at),
            millis(at),
        ],
    )?;
    members::join(connection, organization.id, owner, MemberRole::Owner, at)
}

fn describe(connection: &Connection, described: &Organization, by: Uuid, at: Timestamp) -> Decision {
    if let Err(refusal) = members::owner(connection, described.id, by)? {
        return Ok(Err(refusal));
    }
    let sql = "UPDATE organizations SET name = ?2, size = ?3, website = ?4, updated_at = ?5 WHERE id = ?1";
    let (size, website) = (&described.size, &described.website);
    let values = params![
        described.id.to_string(),
        described.name.as_str(),
        size.as_ref().map(OrganizationSize::as_str),
        website.as_ref().map(Website::as_str),
        millis(at),
    ];
    changed(connection, sql, values)?;
    Ok(Ok(()))
}

fn exists(connection: &Connection, sql: &str, params: impl Params) -> Result<bool, Error> {
    Ok(connection.prepare_cached(sql)?.query_row(params, |_| Ok(())).optional()?.is_some())
}

#[async_trait]
impl Organizations for SqliteStore {
    async fn membership(&self, user_id: Uuid) -> Result<Option<Membership>, StoreError> {
        self.readers.submit(Job::new(move |connection| read::membership(connection, user_id))).await
    }

    async fn members(
        &self,
        organization_id: Uuid,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        self.readers
            .submit(Job::new(move |connection| read::members(connection, organization_id, after, limit)))
            .await
    }

    async fn invitation_of_token(&self, token_hash: [u8; 32]) -> Result<Option<Invitation>, StoreError> {
        self.readers.submit(Job::new(move |connection| read::invitation_of(connection, token_hash))).await
    }

    async fn invitation(&self, organization_id: Uuid, id: Uuid) -> Result<Option<Invitation>, StoreError> {
        self.readers
            .submit(Job::new(move |connection| read::invitation(connection, organization_id, id)))
            .await
    }

    async fn invitations(
        &self,
        organization_id: Uuid,
        invited_by: Option<Uuid>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<Invitation>, StoreError> {
        self.readers
            .submit(Job::new(move |connection| {
                read::invitations(connection, organization_id, invited_by, after, limit)
            }))
            .await
    }

    async fn domains(&self, organization_id: Uuid) -> Result<Vec<DomainClaim>, StoreError> {
        self.readers.submit(Job::new(move |connection| read::domains(connection, organization_id))).await
    }

    async fn waiting_claims(&self, limit: u32) -> Result<Vec<DomainClaim>, StoreError> {
        self.readers.submit(Job::new(move |connection| read::waiting_claims(connection, limit))).await
    }

    async fn offer(&self, domain: &MailDomain) -> Result<Option<Offer>, StoreError> {
        let domain = domain.clone();
        self.readers.submit(Job::new(move |connection| read::offer(connection, &domain))).await
    }
}
