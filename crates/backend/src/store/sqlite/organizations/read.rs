//! Queries about organizations.

mod domains;

use rusqlite::{Connection, Row, params};
use uuid::Uuid;

pub(super) use domains::{domains, offer, waiting_claims};

use crate::domain::organization::{
    Invitation, Member, Membership, Organization, OrganizationName, OrganizationSize, Website,
};
use crate::domain::{Email, FullName};
use crate::store::StoreError;
use crate::store::sqlite::read::{all, moment, one, parse};

/// The columns of an organization, in the order of [`OrganizationRow::read`] from column 0 on. Other columns begin at
/// [`AFTER`].
macro_rules! organization_columns {
    () => {
        "o.id, o.name, o.size, o.website, o.created_at"
    };
}

use organization_columns;

const AFTER: usize = 5;

struct OrganizationRow {
    id: String,
    name: String,
    size: Option<String>,
    website: Option<String>,
    created_at: i64,
}

impl OrganizationRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let (id, name, size) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(Self { id, name, size, website: row.get(3)?, created_at: row.get(4)? })
    }

    fn into_organization(self) -> Result<Organization, StoreError> {
        Ok(Organization {
            id: parse("organization id", &self.id)?,
            name: OrganizationName::stored(self.name),
            size: self.size.map(OrganizationSize::stored),
            website: self.website.map(Website::stored),
            created_at: moment(self.created_at)?,
        })
    }
}

pub(super) fn membership(connection: &Connection, user_id: Uuid) -> Result<Option<Membership>, StoreError> {
    let sql = concat!(
        "SELECT ",
        organization_columns!(),
        ", m.role, m.joined_at FROM organization_members m JOIN organizations o ON o.id = m.organization_id
         WHERE m.user_id = ?"
    );
    let row = one(connection, "read a membership", sql, [user_id.to_string()], |row| {
        Ok((OrganizationRow::read(row)?, row.get::<_, String>(AFTER)?, row.get::<_, i64>(AFTER + 1)?))
    })?;
    row.map(|(organization, role, joined_at)| {
        Ok(Membership {
            organization: organization.into_organization()?,
            role: parse("member role", &role)?,
            joined_at: moment(joined_at)?,
        })
    })
    .transpose()
}

/// A text before every id, or the id `after`.
fn after_key(after: Option<Uuid>) -> String {
    after.map(|id| id.to_string()).unwrap_or_default()
}

type MemberRow = (String, String, String, String, i64);

pub(super) fn members(
    connection: &Connection,
    organization_id: Uuid,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Member>, StoreError> {
    let sql = "SELECT m.user_id, u.email, u.full_name, m.role, m.joined_at
               FROM organization_members m JOIN users u ON u.id = m.user_id
               WHERE m.organization_id = ? AND m.user_id > ? ORDER BY m.user_id LIMIT ?";
    let values = params![organization_id.to_string(), after_key(after), limit];
    let rows: Vec<MemberRow> = all(connection, "list members", sql, values, |row| row.try_into())?;
    rows.into_iter().map(member).collect()
}

fn member((user_id, email, full_name, role, joined_at): MemberRow) -> Result<Member, StoreError> {
    Ok(Member {
        user_id: parse("user id", &user_id)?,
        email: Email::stored(email),
        full_name: FullName::stored(full_name),
        role: parse("member role", &role)?,
        joined_at: moment(joined_at)?,
    })
}

macro_rules! invitations {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            organization_columns!(),
            ", i.id, i.email, i.role, i.invited_by, i.created_at, i.sent_at, i.sends, i.expires_at, i.accepted_at,
               i.revoked_at FROM invitations i JOIN organizations o ON o.id = i.organization_id WHERE ",
            $condition
        )
    };
}

struct InvitationRow {
    organization: OrganizationRow,
    texts: [String; 4],
    numbers: [i64; 4],
    accepted_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl InvitationRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let text = |index: usize| row.get::<_, String>(AFTER + index);
        let number = |index: usize| row.get::<_, i64>(AFTER + index);
        Ok(Self {
            organization: OrganizationRow::read(row)?,
            texts: [text(0)?, text(1)?, text(2)?, text(3)?],
            numbers: [number(4)?, number(5)?, number(6)?, number(7)?],
            accepted_at: row.get(AFTER + 8)?,
            revoked_at: row.get(AFTER + 9)?,
        })
    }

    fn into_invitation(self) -> Result<Invitation, StoreError> {
        let ([id, email, role, invited_by], [created_at, sent_at, sends, expires_at]) =
            (self.texts, self.numbers);
        Ok(Invitation {
            id: parse("invitation id", &id)?,
            organization: self.organization.into_organization()?,
            email: Email::stored(email),
            role: parse("member role", &role)?,
            invited_by: parse("user id", &invited_by)?,
            created_at: moment(created_at)?,
            sent_at: moment(sent_at)?,
            sends,
            expires_at: moment(expires_at)?,
            accepted_at: self.accepted_at.map(moment).transpose()?,
            revoked_at: self.revoked_at.map(moment).transpose()?,
        })
    }
}

pub(super) fn invitation_of(
    connection: &Connection,
    token_hash: [u8; 32],
) -> Result<Option<Invitation>, StoreError> {
    let sql = invitations!("i.token_hash = ?");
    let row = one(connection, "read an invitation", sql, [token_hash], InvitationRow::read)?;
    row.map(InvitationRow::into_invitation).transpose()
}

pub(super) fn invitation(
    connection: &Connection,
    organization_id: Uuid,
    id: Uuid,
) -> Result<Option<Invitation>, StoreError> {
    let sql = invitations!("i.id = ? AND i.organization_id = ?");
    let ids = [id.to_string(), organization_id.to_string()];
    let row = one(connection, "read an invitation", sql, ids, InvitationRow::read)?;
    row.map(InvitationRow::into_invitation).transpose()
}

pub(super) fn invitations(
    connection: &Connection,
    organization_id: Uuid,
    invited_by: Option<Uuid>,
    after: Option<Uuid>,
    limit: u32,
) -> Result<Vec<Invitation>, StoreError> {
    let sql = invitations!(
        "i.organization_id = ?1 AND i.id > ?2 AND (?3 IS NULL OR i.invited_by = ?3) ORDER BY i.id LIMIT ?4"
    );
    let invited_by = invited_by.map(|id| id.to_string());
    let values = params![organization_id.to_string(), after_key(after), invited_by, limit];
    let rows = all(connection, "list invitations", sql, values, InvitationRow::read)?;
    rows.into_iter().map(InvitationRow::into_invitation).collect()
}

#[cfg(test)]
mod tests {
    use crate::store::sqlite::plans::Migrated;

    #[test]
    fn no_question_reads_a_whole_table() {
        let database = Migrated::new();
        for statement in [
            invitations!("i.token_hash = ?"),
            invitations!("i.organization_id = ?1 AND i.id > ?2 ORDER BY i.id LIMIT ?4"),
            super::domains::OF_ORGANIZATION,
            super::domains::WAITING,
            super::super::PURGE_INVITATIONS,
            super::super::PURGE_QUOTAS,
        ] {
            let steps = database.plan(statement);
            // What waits is an index of its own, read from its beginning to the limit.
            let scan = steps
                .iter()
                .find(|step| step.starts_with("SCAN") && !step.contains("ix_organization_domains_waiting"));
            assert!(!steps.is_empty() && scan.is_none(), "{statement}: {steps:?}");
        }
    }
}
