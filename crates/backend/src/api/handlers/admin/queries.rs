//! The query parameters of lists.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::api::cursor;
use crate::api::fields::{Fields, FromFields};
use crate::api::query::{Flag, Moment, PageSize, Text};
use crate::domain::funnel::Dimension;
use crate::domain::{AccountStatus, Role};
use crate::store::directory::{AccountFilter, AuditFilter, AuditPosition, Position, Prefix};

/// The longest search text, in characters, which is the longest address.
const MAX_SEARCH_CHARS: usize = 254;

/// The wanted accounts.
#[derive(Debug)]
pub(in crate::api) struct AccountsWanted {
    pub(super) filter: AccountFilter,
}

/// The wanted page of accounts.
#[derive(Debug)]
pub(in crate::api) struct AccountsPage {
    pub(super) filter: AccountFilter,
    pub(super) after: Option<Position>,
    pub(super) limit: u32,
}

/// The wanted page of the audit log.
#[derive(Debug)]
pub(in crate::api) struct AuditLogPage {
    pub(super) filter: AuditFilter,
    pub(super) after: Option<AuditPosition>,
    pub(super) limit: u32,
}

/// A search text of bounded length.
struct Search(Option<Prefix>);

#[derive(Debug, thiserror::Error)]
#[error("must be at most {MAX_SEARCH_CHARS} characters long")]
struct SearchTooLong;

impl FromStr for Search {
    type Err = SearchTooLong;

    fn from_str(text: &str) -> Result<Self, SearchTooLong> {
        let fits = text.chars().count() <= MAX_SEARCH_CHARS;
        fits.then(|| Self(Prefix::typed(text))).ok_or(SearchTooLong)
    }
}

struct Status(AccountStatus);

#[derive(Debug, thiserror::Error)]
#[error("must be one of active, suspended, closing")]
struct UnknownStatus;

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let all = [AccountStatus::Active, AccountStatus::Suspended, AccountStatus::Closing];
        all.into_iter().find(|status| status.as_str() == text).map(Self).ok_or(UnknownStatus)
    }
}

/// The name of an action. An unknown action gives an empty list.
struct ActionName(String);

#[derive(Debug, thiserror::Error)]
#[error("must be the name of an action like user.logged_in")]
struct BadActionName;

impl FromStr for ActionName {
    type Err = BadActionName;

    fn from_str(text: &str) -> Result<Self, BadActionName> {
        let plain = text.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.');
        (plain && (1..=64).contains(&text.len())).then(|| Self(text.to_owned())).ok_or(BadActionName)
    }
}

fn filter(fields: &mut Fields) -> AccountFilter {
    AccountFilter {
        prefix: fields.optional::<Search>("q").and_then(|search| search.0),
        status: fields.optional::<Status>("status").map(|status| status.0),
        email_verified: fields.optional::<Flag>("email_verified").map(|flag| flag.0),
        role: fields.optional::<Role>("role"),
        stuck_since: fields.optional::<Moment>("stuck_since").map(|moment| moment.0),
    }
}

impl FromFields for AccountsWanted {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { filter: filter(fields) })
    }
}

/// The wanted groups of the funnel.
#[derive(Debug)]
pub(in crate::api) struct FunnelWanted {
    /// The dimension of the groups; none for no groups.
    pub(super) by: Option<Dimension>,
}

struct GroupedBy(Dimension);

#[derive(Debug, thiserror::Error)]
#[error("must be one of version, week, country")]
struct NotGroupedBy;

impl FromStr for GroupedBy {
    type Err = NotGroupedBy;

    fn from_str(text: &str) -> Result<Self, NotGroupedBy> {
        let dimension = text.parse().map_err(|_| NotGroupedBy)?;
        if dimension == Dimension::All { Err(NotGroupedBy) } else { Ok(Self(dimension)) }
    }
}

impl FromFields for FunnelWanted {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { by: fields.optional::<GroupedBy>("by").map(|by| by.0) })
    }
}

impl FromFields for AccountsPage {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let filter = filter(fields);
        let limit = fields.optional::<PageSize>("limit").unwrap_or_default().0;
        let after = fields.optional::<Text>("cursor").and_then(|text| {
            let position = cursor::read(&list_of(&filter), &text.0);
            position.map_err(|error| fields.reject("cursor", error)).ok()
        });
        Some(Self { filter, after, limit })
    }
}

impl AccountsPage {
    /// The cursor of the next page.
    pub(super) fn next(&self, position: Option<&Position>) -> Result<Option<String>, serde_json::Error> {
        position.map(|position| cursor::write(&list_of(&self.filter), position)).transpose()
    }
}

fn list_of(filter: &AccountFilter) -> String {
    format!("accounts {filter:?}")
}

/// A position in the audit log, as a cursor has it: Unix milliseconds, and the number of the row.
#[derive(Debug, Serialize, Deserialize)]
struct AuditKeys(i64, i64);

impl FromFields for AuditLogPage {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let filter = AuditFilter {
            user_id: fields.optional::<Uuid>("user_id"),
            actor_id: fields.optional::<Uuid>("actor_id"),
            action: fields.optional::<ActionName>("action").map(|name| name.0),
            from: fields.optional::<Moment>("from").map(|moment| moment.0),
            before: fields.optional::<Moment>("before").map(|moment| moment.0),
        };
        let limit = fields.optional::<PageSize>("limit").unwrap_or_default().0;
        let after = fields.optional::<Text>("cursor").and_then(|text| {
            let keys = cursor::read(&log_of(&filter), &text.0);
            let position = keys.and_then(|keys: AuditKeys| keys.position().ok_or(cursor::ForeignCursor));
            position.map_err(|error| fields.reject("cursor", error)).ok()
        });
        Some(Self { filter, after, limit })
    }
}

impl AuditKeys {
    /// The position; none for a moment that no calendar has, which no cursor was given for.
    fn position(self) -> Option<AuditPosition> {
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).ok()?;
        (at.year() > 0).then_some(AuditPosition { at, id: self.1 })
    }
}

impl AuditLogPage {
    /// The cursor of the next page.
    pub(super) fn next(&self, position: Option<AuditPosition>) -> Result<Option<String>, serde_json::Error> {
        let keys = |AuditPosition { at, id }| {
            let millis = i64::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
            AuditKeys(millis, id)
        };
        position.map(|position| cursor::write(&log_of(&self.filter), &keys(position))).transpose()
    }
}

fn log_of(filter: &AuditFilter) -> String {
    format!("audit log {filter:?}")
}
