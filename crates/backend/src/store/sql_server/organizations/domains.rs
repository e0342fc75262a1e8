//! Mail domains of organizations.

use uuid::Uuid;

use super::super::batch::{Batch, values};
use super::{lock, members, refuse};
use crate::domain::organization::{MAX_DOMAINS, MailDomain, MemberRole, Refusal};
use crate::domain::{Email, Timestamp};
use crate::store::DomainTarget;

/// A subquery that finds another organization with the domain.
const TAKEN: &str = "SELECT 1 FROM dbo.organization_domains
    WHERE domain = ? AND verified_at IS NOT NULL AND organization_id <> ?";

/// The end of addresses at the domain.
fn ending(domain: &MailDomain) -> String {
    format!("@{domain}")
}

pub(super) fn claim(batch: &mut Batch, target: &DomainTarget, at: Timestamp) {
    let DomainTarget { organization_id, domain, by } = target;
    let (name, ending) = (domain.as_str(), ending(domain));
    lock(batch, *organization_id);
    members::check_owner(batch, *organization_id, *by);
    let proved = "SELECT 1 FROM dbo.users WHERE id = ? AND email_verified_at IS NOT NULL
                  AND RIGHT(email_canonical, LEN(?)) = ?";
    let check = format!("IF NOT EXISTS ({proved}) {}", refuse(Refusal::DomainNotProved));
    batch.add(&check, values![*by, ending.as_str(), ending.as_str()]);
    let check = format!("IF EXISTS ({TAKEN}) {}", refuse(Refusal::DomainTaken));
    batch.add(&check, values![name, *organization_id]);
    let others = "SELECT COUNT(*) FROM dbo.organization_domains WHERE organization_id = ? AND domain <> ?";
    let check = format!("IF ({others}) >= ? {}", refuse(Refusal::TooManyDomains));
    batch.add(&check, values![*organization_id, name, MAX_DOMAINS]);
    let known = "SELECT 1 FROM dbo.organization_domains WHERE organization_id = ? AND domain = ?";
    batch.add(
        &format!(
            "IF NOT EXISTS ({known})
             INSERT INTO dbo.organization_domains (organization_id, domain, claimed_by, claimed_at)
             VALUES (?, ?, ?, ?)"
        ),
        values![*organization_id, name, *organization_id, name, *by, at],
    );
}

pub(super) fn drop_one(batch: &mut Batch, target: &DomainTarget) {
    lock(batch, target.organization_id);
    members::check_owner(batch, target.organization_id, target.by);
    delete(batch, target.organization_id, &target.domain);
}

fn delete(batch: &mut Batch, organization_id: Uuid, domain: &MailDomain) {
    batch.add(
        "DELETE FROM dbo.organization_domains WHERE organization_id = ? AND domain = ?",
        values![organization_id, domain.as_str()],
    );
}

pub(super) fn decide(
    batch: &mut Batch,
    organization_id: Uuid,
    domain: &MailDomain,
    approve: bool,
    at: Timestamp,
) {
    let unknown = refuse(Refusal::UnknownDomain);
    if !approve {
        delete(batch, organization_id, domain);
        batch.add(&format!("IF @@ROWCOUNT = 0 {unknown}"), values![]);
        return;
    }
    let (name, ending) = (domain.as_str(), ending(domain));
    let waiting = "SELECT 1 FROM dbo.organization_domains
                   WHERE domain = ? AND organization_id = ? AND verified_at IS NULL";
    let (known, taken) = (format!("IF NOT EXISTS ({waiting}) {unknown}"), refuse(Refusal::DomainTaken));
    batch.add("UPDATE dbo.organizations SET updated_at = updated_at WHERE id = ?", values![organization_id]);
    batch.add(&known, values![name, organization_id]);
    batch.add(&format!("IF EXISTS ({TAKEN}) {taken}"), values![name, organization_id]);
    let proved = "SELECT 1 FROM dbo.organization_domains d
                  JOIN dbo.organization_members m
                      ON m.user_id = d.claimed_by AND m.organization_id = d.organization_id
                  JOIN dbo.users u ON u.id = d.claimed_by
                  WHERE d.domain = ? AND d.organization_id = ? AND m.role = N'owner'
                  AND u.email_verified_at IS NOT NULL AND RIGHT(u.email_canonical, LEN(?)) = ?";
    let check = format!("IF NOT EXISTS ({proved}) {}", refuse(Refusal::DomainNotProved));
    batch.add(&check, values![name, organization_id, ending.as_str(), ending.as_str()]);
    batch.add(
        "UPDATE dbo.organization_domains SET verified_at = ? WHERE domain = ? AND organization_id = ?",
        values![at, name, organization_id],
    );
}

pub(super) fn join(batch: &mut Batch, organization_id: Uuid, user_id: Uuid, email: &Email, at: Timestamp) {
    batch.add("UPDATE dbo.organizations SET updated_at = updated_at WHERE id = ?", values![organization_id]);
    let offered = "SELECT 1 FROM dbo.users u
                   JOIN dbo.organization_domains d
                       ON d.organization_id = ? AND d.domain = ? AND d.verified_at IS NOT NULL
                   WHERE u.id = ? AND u.email_canonical = ? AND u.email_verified_at IS NOT NULL";
    let check = format!("IF NOT EXISTS ({offered}) {}", refuse(Refusal::NoOffer));
    let domain = MailDomain::of(email);
    batch.add(&check, values![organization_id, domain.as_str(), user_id, email.canonical()]);
    members::check_free(batch, user_id);
    batch.add(
        "INSERT INTO dbo.organization_members (user_id, organization_id, role, joined_at) VALUES (?, ?, ?, ?)",
        values![user_id, organization_id, MemberRole::Member.as_str(), at],
    );
}
