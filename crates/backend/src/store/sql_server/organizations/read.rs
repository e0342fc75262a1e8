//! Queries about organizations.

use tiberius::Row;
use uuid::Uuid;

use super::super::batch::{Batch, Value, values};
use super::super::pool::Pool;
use super::super::read::rows;
use super::super::row::{moment, optional, optional_moment, parsed, required};
use crate::domain::organization::{
    DomainClaim, Invitation, MailDomain, Member, Membership, Offer, Organization, OrganizationName,
    OrganizationSize, Website,
};
use crate::domain::{Email, FullName};
use crate::store::StoreError;

/// The columns that [`organization`] reads, of a table with the alias `o`.
macro_rules! organization_columns {
    () => {
        "o.id AS organization_id, o.name AS organization_name, o.size AS organization_size,
         o.website AS organization_website, o.created_at AS organization_created_at"
    };
}

fn text(row: &Row, column: &'static str) -> Result<String, StoreError> {
    required::<&str>(row, column).map(str::to_owned)
}

fn organization(row: &Row) -> Result<Organization, StoreError> {
    let size: Option<&str> = optional(row, "organization_size")?;
    let website: Option<&str> = optional(row, "organization_website")?;
    Ok(Organization {
        id: required(row, "organization_id")?,
        name: OrganizationName::stored(text(row, "organization_name")?),
        size: size.map(|size| OrganizationSize::stored(size.to_owned())),
        website: website.map(|website| Website::stored(website.to_owned())),
        created_at: moment(row, "organization_created_at")?,
    })
}

pub(super) async fn membership(pool: &Pool, user_id: Uuid) -> Result<Option<Membership>, StoreError> {
    let sql = concat!(
        "SELECT ",
        organization_columns!(),
        ", m.role, m.joined_at FROM dbo.organization_members m
         JOIN dbo.organizations o ON o.id = m.organization_id WHERE m.user_id = ?"
    );
    let found = rows(pool, "read a membership", Batch::of(sql, values![user_id])).await?;
    let membership = |row: &Row| {
        let (role, joined_at) = (parsed(row, "role")?, moment(row, "joined_at")?);
        Ok(Membership { organization: organization(row)?, role, joined_at })
    };
    found.first().map(membership).transpose()
}

/// The condition for rows after `after`, and its value.
fn going_on(column: &str, after: Option<Uuid>) -> (String, Option<Value>) {
    match after {
        Some(id) => (format!("AND {column} > ?"), Some(id.into())),
        None => (String::new(), None),
    }
}

pub(super) async fn members(
    pool: &Pool,
    organization_id: Uuid,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Member>, StoreError> {
    let (condition, after) = going_on("m.user_id", after);
    let sql = format!(
        "SELECT TOP (CAST(? AS BIGINT)) m.user_id, u.email, u.full_name, m.role, m.joined_at
         FROM dbo.organization_members m JOIN dbo.users u ON u.id = m.user_id
         WHERE m.organization_id = ? {condition} ORDER BY m.user_id"
    );
    let mut values = values![i64::from(limit), organization_id];
    values.extend(after);
    rows(pool, "list members", Batch::of(&sql, values)).await?.iter().map(member).collect()
}

fn member(row: &Row) -> Result<Member, StoreError> {
    Ok(Member {
        user_id: required(row, "user_id")?,
        email: Email::stored(text(row, "email")?),
        full_name: FullName::stored(text(row, "full_name")?),
        role: parsed(row, "role")?,
        joined_at: moment(row, "joined_at")?,
    })
}

const INVITATION_COLUMNS: &str = concat!(
    organization_columns!(),
    ", i.id, i.email, i.role, i.invited_by, i.created_at, i.sent_at, i.sends, i.expires_at, i.accepted_at, i.revoked_at"
);
const OF_INVITATIONS: &str = "FROM dbo.invitations i JOIN dbo.organizations o ON o.id = i.organization_id";

fn invitation_row(row: &Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: required(row, "id")?,
        organization: organization(row)?,
        email: Email::stored(text(row, "email")?),
        role: parsed(row, "role")?,
        invited_by: required(row, "invited_by")?,
        created_at: moment(row, "created_at")?,
        sent_at: moment(row, "sent_at")?,
        sends: required(row, "sends")?,
        expires_at: moment(row, "expires_at")?,
        accepted_at: optional_moment(row, "accepted_at")?,
        revoked_at: optional_moment(row, "revoked_at")?,
    })
}

pub(super) async fn invitation_of(
    pool: &Pool,
    token_hash: [u8; 32],
) -> Result<Option<Invitation>, StoreError> {
    let sql = format!("SELECT {INVITATION_COLUMNS} {OF_INVITATIONS} WHERE i.token_hash = ?");
    let found = rows(pool, "read an invitation", Batch::of(&sql, values![token_hash])).await?;
    found.first().map(invitation_row).transpose()
}

pub(super) async fn invitation(
    pool: &Pool,
    organization_id: Uuid,
    id: Uuid,
) -> Result<Option<Invitation>, StoreError> {
    let sql =
        format!("SELECT {INVITATION_COLUMNS} {OF_INVITATIONS} WHERE i.id = ? AND i.organization_id = ?");
    let found = rows(pool, "read an invitation", Batch::of(&sql, values![id, organization_id])).await?;
    found.first().map(invitation_row).transpose()
}

pub(super) async fn invitations(
    pool: &Pool,
    organization_id: Uuid,
    invited_by: Option<Uuid>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Invitation>, StoreError> {
    let (condition, after) = going_on("i.id", after);
    let (by, values_of_by) = match invited_by {
        Some(id) => ("AND i.invited_by = ?", values![id]),
        None => ("", values![]),
    };
    let sql = format!(
        "SELECT TOP (CAST(? AS BIGINT)) {INVITATION_COLUMNS} {OF_INVITATIONS}
         WHERE i.organization_id = ? {condition} {by} ORDER BY i.id"
    );
    let mut values = values![i64::from(limit), organization_id];
    values.extend(after);
    values.extend(values_of_by);
    rows(pool, "list invitations", Batch::of(&sql, values)).await?.iter().map(invitation_row).collect()
}

const CLAIM_COLUMNS: &str =
    "d.organization_id, o.name AS organization_name, d.domain, d.claimed_by, d.claimed_at,
    d.verified_at FROM dbo.organization_domains d JOIN dbo.organizations o ON o.id = d.organization_id";

fn claim(row: &Row) -> Result<DomainClaim, StoreError> {
    Ok(DomainClaim {
        organization_id: required(row, "organization_id")?,
        organization_name: OrganizationName::stored(text(row, "organization_name")?),
        domain: MailDomain::stored(text(row, "domain")?),
        claimed_by: required(row, "claimed_by")?,
        claimed_at: moment(row, "claimed_at")?,
        verified_at: optional_moment(row, "verified_at")?,
    })
}

pub(super) async fn domains(pool: &Pool, organization_id: Uuid) -> Result<Vec<DomainClaim>, StoreError> {
    let sql = format!("SELECT {CLAIM_COLUMNS} WHERE d.organization_id = ? ORDER BY d.domain");
    let batch = Batch::of(&sql, values![organization_id]);
    rows(pool, "list domains", batch).await?.iter().map(claim).collect()
}

pub(super) async fn waiting_claims(pool: &Pool, limit: u32) -> Result<Vec<DomainClaim>, StoreError> {
    let sql = format!(
        "SELECT TOP (CAST(? AS BIGINT)) {CLAIM_COLUMNS} WHERE d.verified_at IS NULL ORDER BY d.claimed_at, d.seq"
    );
    let batch = Batch::of(&sql, values![i64::from(limit)]);
    rows(pool, "list claims of domains", batch).await?.iter().map(claim).collect()
}

pub(super) async fn offer(pool: &Pool, domain: &MailDomain) -> Result<Option<Offer>, StoreError> {
    let sql = concat!(
        "SELECT ",
        organization_columns!(),
        ", (SELECT CAST(COUNT(*) AS BIGINT) FROM dbo.organization_members m WHERE m.organization_id = o.id) AS members
         FROM dbo.organization_domains d JOIN dbo.organizations o ON o.id = d.organization_id
         WHERE d.domain = ? AND d.verified_at IS NOT NULL"
    );
    let found = rows(pool, "read an offer", Batch::of(sql, values![domain.as_str()])).await?;
    let offer = |row: &Row| {
        let members: i64 = required(row, "members")?;
        Ok(Offer { organization: organization(row)?, members: members.unsigned_abs() })
    };
    found.first().map(offer).transpose()
}
