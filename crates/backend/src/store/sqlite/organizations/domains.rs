//! Mail domains of organizations.

use rusqlite::{Connection, params};
use uuid::Uuid;

use super::{Decision, exists, members};
use crate::domain::organization::{MAX_DOMAINS, MailDomain, MemberRole, Refusal};
use crate::domain::{Email, Timestamp};
use crate::store::DomainTarget;
use crate::store::sqlite::read::millis;
use crate::store::sqlite::rows::changed;

/// A query that finds another organization with the domain.
const TAKEN: &str = "SELECT 1 FROM organization_domains
    WHERE domain = ?1 AND verified_at IS NOT NULL AND organization_id <> ?2";
/// A query for a person with a verified address at the domain.
const PROVED: &str = "SELECT 1 FROM users WHERE id = ?1 AND email_verified_at IS NOT NULL
    AND substr(email_canonical, -length(?2) - 1) = '@' || ?2";
/// A query that holds where the owner who claimed the domain is still an owner, and still has a verified address
/// there.
const STILL_PROVED: &str = "SELECT 1 FROM organization_domains d
    JOIN organization_members m ON m.user_id = d.claimed_by AND m.organization_id = d.organization_id
    JOIN users u ON u.id = d.claimed_by
    WHERE d.domain = ?1 AND d.organization_id = ?2 AND m.role = 'owner' AND u.email_verified_at IS NOT NULL
    AND substr(u.email_canonical, -length(?1) - 1) = '@' || ?1";

pub(super) fn claim(connection: &Connection, target: &DomainTarget, at: Timestamp) -> Decision {
    let DomainTarget { organization_id, domain, by } = target;
    if let Err(refusal) = members::owner(connection, *organization_id, *by)? {
        return Ok(Err(refusal));
    }
    let (organization, domain, by) = (organization_id.to_string(), domain.as_str(), by.to_string());
    if !exists(connection, PROVED, [by.as_str(), domain])? {
        return Ok(Err(Refusal::DomainNotProved));
    }
    if exists(connection, TAKEN, [domain, organization.as_str()])? {
        return Ok(Err(Refusal::DomainTaken));
    }
    let count = "SELECT count(*) FROM organization_domains WHERE organization_id = ?1 AND domain <> ?2";
    let others: i64 =
        connection.prepare_cached(count)?.query_row([organization.as_str(), domain], |row| row.get(0))?;
    if others >= MAX_DOMAINS {
        return Ok(Err(Refusal::TooManyDomains));
    }
    let sql = "INSERT INTO organization_domains (organization_id, domain, claimed_by, claimed_at)
               VALUES (?1, ?2, ?3, ?4) ON CONFLICT (organization_id, domain) DO NOTHING";
    changed(connection, sql, params![organization, domain, by, millis(at)])?;
    Ok(Ok(()))
}

pub(super) fn drop_one(connection: &Connection, target: &DomainTarget) -> Decision {
    if let Err(refusal) = members::owner(connection, target.organization_id, target.by)? {
        return Ok(Err(refusal));
    }
    delete(connection, target.organization_id, &target.domain)?;
    Ok(Ok(()))
}

fn delete(
    connection: &Connection,
    organization_id: Uuid,
    domain: &MailDomain,
) -> Result<bool, rusqlite::Error> {
    let sql = "DELETE FROM organization_domains WHERE organization_id = ? AND domain = ?";
    changed(connection, sql, [organization_id.to_string().as_str(), domain.as_str()])
}

pub(super) fn decide(
    connection: &Connection,
    organization_id: Uuid,
    domain: &MailDomain,
    approve: bool,
    at: Timestamp,
) -> Decision {
    if !approve {
        let known = delete(connection, organization_id, domain)?;
        return Ok(if known { Ok(()) } else { Err(Refusal::UnknownDomain) });
    }
    let (organization, domain) = (organization_id.to_string(), domain.as_str());
    let waiting = "SELECT 1 FROM organization_domains
                   WHERE domain = ?1 AND organization_id = ?2 AND verified_at IS NULL";
    let keys = [domain, organization.as_str()];
    if !exists(connection, waiting, keys)? {
        return Ok(Err(Refusal::UnknownDomain));
    }
    if exists(connection, TAKEN, keys)? {
        return Ok(Err(Refusal::DomainTaken));
    }
    if !exists(connection, STILL_PROVED, keys)? {
        return Ok(Err(Refusal::DomainNotProved));
    }
    let sql = "UPDATE organization_domains SET verified_at = ?3 WHERE domain = ?1 AND organization_id = ?2";
    changed(connection, sql, params![domain, organization, millis(at)])?;
    Ok(Ok(()))
}

pub(super) fn join(
    connection: &Connection,
    organization_id: Uuid,
    user_id: Uuid,
    email: &Email,
    at: Timestamp,
) -> Decision {
    let offered = "SELECT 1 FROM users u JOIN organization_domains d
                       ON d.organization_id = ?2 AND d.domain = ?4 AND d.verified_at IS NOT NULL
                   WHERE u.id = ?1 AND u.email_canonical = ?3 AND u.email_verified_at IS NOT NULL";
    let (user, organization) = (user_id.to_string(), organization_id.to_string());
    let domain = MailDomain::of(email);
    if !exists(
        connection,
        offered,
        [user.as_str(), organization.as_str(), email.canonical(), domain.as_str()],
    )? {
        return Ok(Err(Refusal::NoOffer));
    }
    members::join(connection, organization_id, user_id, MemberRole::Member, at)
}
