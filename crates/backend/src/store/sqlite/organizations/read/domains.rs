//! Queries about mail domains.

use rusqlite::Connection;
use uuid::Uuid;

use super::{AFTER, OrganizationRow, organization_columns};
use crate::domain::organization::{DomainClaim, MailDomain, Offer, OrganizationName};
use crate::store::StoreError;
use crate::store::sqlite::read::{all, moment, one, parse};

macro_rules! claims {
    ($condition:literal) => {
        concat!(
            "SELECT d.organization_id, o.name, d.domain, d.claimed_by, d.claimed_at, d.verified_at
             FROM organization_domains d JOIN organizations o ON o.id = d.organization_id WHERE ",
            $condition
        )
    };
}

/// The domains of an organization.
pub(super) const OF_ORGANIZATION: &str = claims!("d.organization_id = ? ORDER BY d.domain");
/// The claims that an admin has to decide.
pub(super) const WAITING: &str =
    claims!("d.verified_at IS NULL ORDER BY d.claimed_at, d.organization_id, d.domain LIMIT ?");

type ClaimRow = (String, String, String, String, i64, Option<i64>);

fn claim(
    (organization_id, name, domain, claimed_by, claimed_at, verified_at): ClaimRow,
) -> Result<DomainClaim, StoreError> {
    Ok(DomainClaim {
        organization_id: parse("organization id", &organization_id)?,
        organization_name: OrganizationName::stored(name),
        domain: MailDomain::stored(domain),
        claimed_by: parse("user id", &claimed_by)?,
        claimed_at: moment(claimed_at)?,
        verified_at: verified_at.map(moment).transpose()?,
    })
}

pub(in crate::store::sqlite::organizations) fn domains(
    connection: &Connection,
    organization_id: Uuid,
) -> Result<Vec<DomainClaim>, StoreError> {
    let rows = all(connection, "list domains", OF_ORGANIZATION, [organization_id.to_string()], |row| {
        row.try_into()
    })?;
    rows.into_iter().map(claim).collect()
}

pub(in crate::store::sqlite::organizations) fn waiting_claims(
    connection: &Connection,
    limit: u32,
) -> Result<Vec<DomainClaim>, StoreError> {
    let rows = all(connection, "list claims of domains", WAITING, [limit], |row| row.try_into())?;
    rows.into_iter().map(claim).collect()
}

pub(in crate::store::sqlite::organizations) fn offer(
    connection: &Connection,
    domain: &MailDomain,
) -> Result<Option<Offer>, StoreError> {
    let sql = concat!(
        "SELECT ",
        organization_columns!(),
        ", (SELECT count(*) FROM organization_members m WHERE m.organization_id = o.id)
         FROM organization_domains d JOIN organizations o ON o.id = d.organization_id
         WHERE d.domain = ? AND d.verified_at IS NOT NULL"
    );
    let row = one(connection, "read an offer", sql, [domain.as_str()], |row| {
        Ok((OrganizationRow::read(row)?, row.get::<_, i64>(AFTER)?))
    })?;
    row.map(|(organization, members)| {
        Ok(Offer { organization: organization.into_organization()?, members: members.unsigned_abs() })
    })
    .transpose()
}
