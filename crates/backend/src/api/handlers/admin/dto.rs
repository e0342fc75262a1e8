//! Requests and answers of admin calls in their JSON form.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::dto::{OnboardingBody, UserBody};
use crate::api::fields::{Fields, FromFields};
use crate::api::handlers::sessions::SessionInfoBody;
use crate::app::AppState;
use crate::domain::{Reason, Timestamp};
use crate::store::directory::{Account, AuditRecord, Progress};
use crate::store::{Actor, AuditEntry};

/// The names of bodies that refuse unknown fields.
pub(in crate::api) const CLOSED: [&str; 2] = ["ReasonRequest", "ReplayRequest"];

/// The reason of an admin's action.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ReasonRequest {
    /// The reason for the audit log: at most 500 UTF-16 units, in one line.
    #[schema(value_type = String, min_length = 1, max_length = 500, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?\s*$", example = "asked for it by phone")]
    pub(super) reason: Reason,
}

impl FromFields for ReasonRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.required("reason").map(|reason| Self { reason })
    }
}

/// The progress of an account's onboarding.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ProgressBody {
    /// `in_progress` or `completed`.
    #[schema(pattern = "^(in_progress|completed)$", example = "in_progress")]
    status: &'static str,
    /// `begun` (nothing was changed), `in_progress`, `stuck` (nothing has changed for 48 hours, or for the first time
    /// of `REMIND_AFTER`), `completed`, or `reopened` after that.
    #[schema(pattern = "^(begun|in_progress|stuck|completed|reopened)$", example = "stuck")]
    state: &'static str,
    /// The number of the last reminder, from 1 on; `null` before the first.
    #[schema(required = true)]
    last_reminder: Option<u8>,
    /// The time of the completion; `null` while the onboarding is open.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    completed_at: Option<Timestamp>,
    /// The time of the last change.
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl ProgressBody {
    fn of(Progress { facts, reminded }: Progress, app: &AppState) -> Self {
        let status = if facts.completed_at.is_some() { "completed" } else { "in_progress" };
        let state = facts.life(app.reminders.stuck_after(), app.now()).as_str();
        let (completed_at, updated_at) = (facts.completed_at, facts.changed_at);
        Self { status, state, last_reminder: reminded, completed_at, updated_at }
    }
}

/// An account as admins see it in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AccountBody {
    #[serde(flatten)]
    user: UserBody,
    /// The time when the account was suspended; `null` for an account in use.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    suspended_at: Option<Timestamp>,
    /// The progress; `null` for an account without an onboarding.
    #[schema(required = true)]
    onboarding: Option<ProgressBody>,
}

impl AccountBody {
    pub(super) fn of(Account { user, onboarding }: &Account, app: &AppState) -> Self {
        let onboarding = onboarding.map(|progress| ProgressBody::of(progress, app));
        Self { user: UserBody::from(user), suspended_at: user.suspended_at, onboarding }
    }
}

/// A page of accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AccountsBody {
    pub(super) items: Vec<AccountBody>,
    /// The `cursor` of the next page; `null` after the last one.
    #[schema(required = true)]
    pub(super) next_cursor: Option<String>,
}

/// An account with its onboarding, sessions and newest audit rows.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WholeAccountBody {
    #[serde(flatten)]
    pub(super) user: UserBody,
    /// The time when the account was suspended; `null` for an account in use.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub(super) suspended_at: Option<Timestamp>,
    /// The onboarding; `null` for an account without one.
    #[schema(required = true)]
    pub(super) onboarding: Option<OnboardingBody>,
    /// The live sessions, the last used ones first; at most 100.
    pub(super) sessions: Vec<SessionInfoBody>,
    /// The newest rows of the audit log about the account. `/api/admin/audit?user_id=` has all of them.
    pub(super) audit: Vec<AuditRecordBody>,
}

/// The actor of an audit row.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ActorBody {
    /// `person` (the account's owner, or somebody who claimed to be the owner), `admin` or `command_line`.
    #[schema(pattern = "^(person|admin|command_line)$", example = "admin")]
    kind: &'static str,
    /// The id of the admin's account.
    #[schema(required = true)]
    id: Option<Uuid>,
    /// The address of the admin's account; `null` where the account is gone.
    #[schema(required = true)]
    email: Option<String>,
}

/// A row of the audit log.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AuditRecordBody {
    id: i64,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The action.
    #[schema(example = "user.logged_in")]
    action: String,
    /// The id of the account that the row is about; `null` where none is known.
    #[schema(required = true)]
    user_id: Option<Uuid>,
    /// The address of that account; `null` where the account is gone.
    #[schema(required = true)]
    user_email: Option<String>,
    actor: ActorBody,
    /// The detail of the action, such as a step's key or a session's id.
    #[schema(required = true)]
    subject: Option<String>,
    /// The reason, in the words of the admin.
    #[schema(required = true)]
    reason: Option<String>,
    /// The address of the client.
    #[schema(required = true, example = "198.51.100.7")]
    address: Option<String>,
    request_id: String,
    instance_id: String,
}

impl From<AuditRecord> for AuditRecordBody {
    fn from(record: AuditRecord) -> Self {
        let (kind, id) = match record.actor {
            Actor::Person => ("person", None),
            Actor::Admin(id) => ("admin", Some(id)),
            Actor::CommandLine => ("command_line", None),
        };
        Self {
            id: record.id,
            at: record.at,
            action: record.action,
            user_id: (record.user_id != AuditEntry::NOBODY).then_some(record.user_id),
            user_email: record.user_email,
            actor: ActorBody { kind, id, email: record.actor_email },
            subject: record.subject,
            reason: record.reason,
            address: record.address.map(|address| address.to_string()),
            request_id: record.request_id,
            instance_id: record.instance_id,
        }
    }
}

/// A page of the audit log, the newest row first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AuditLogBody {
    pub(super) items: Vec<AuditRecordBody>,
    /// The `cursor` of the next page; `null` after the last one.
    #[schema(required = true)]
    pub(super) next_cursor: Option<String>,
}
