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

/// Bodies with no other fields than those that are described.
pub(in crate::api) const CLOSED: [&str; 2] = ["ReasonRequest", "ReplayRequest"];

/// Why an admin does something.
#[derive(Debug, ToSchema)]
pub(in crate::api) struct ReasonRequest {
    /// Kept in the audit log. At most 500 UTF-16 units, in one line.
    #[schema(value_type = String, min_length = 1, max_length = 500, pattern = r"^\s*[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?\s*$", example = "asked for it by phone")]
    pub(super) reason: Reason,
}

impl FromFields for ReasonRequest {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.required("reason").map(|reason| Self { reason })
    }
}

/// How far an account is with its onboarding.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ProgressBody {
    /// `in_progress` or `completed`.
    #[schema(pattern = "^(in_progress|completed)$", example = "in_progress")]
    status: &'static str,
    /// `begun` (nothing was changed yet), `in_progress`, `stuck` (nothing has changed for 48 hours, or for as long as
    /// `REMIND_AFTER` says first), `completed`, or `reopened` after that.
    #[schema(pattern = "^(begun|in_progress|stuck|completed|reopened)$", example = "stuck")]
    state: &'static str,
    /// The number of the last reminder that was written, counted from 1; `null` where none was.
    #[schema(required = true)]
    last_reminder: Option<u8>,
    /// When it was completed.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    completed_at: Option<Timestamp>,
    /// When it was last changed.
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
    /// Since when nobody may log in.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    suspended_at: Option<Timestamp>,
    /// `null` for an account without one.
    #[schema(required = true)]
    onboarding: Option<ProgressBody>,
}

impl AccountBody {
    pub(super) fn of(Account { user, onboarding }: &Account, app: &AppState) -> Self {
        let onboarding = onboarding.map(|progress| ProgressBody::of(progress, app));
        Self { user: UserBody::from(user), suspended_at: user.suspended_at, onboarding }
    }
}

/// Some accounts.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AccountsBody {
    pub(super) items: Vec<AccountBody>,
    /// What `cursor` is to be for the next page; `null` after the last one.
    #[schema(required = true)]
    pub(super) next_cursor: Option<String>,
}

/// An account with all that belongs to it.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct WholeAccountBody {
    #[serde(flatten)]
    pub(super) user: UserBody,
    /// Since when nobody may log in.
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    pub(super) suspended_at: Option<Timestamp>,
    /// `null` for an account without one.
    #[schema(required = true)]
    pub(super) onboarding: Option<OnboardingBody>,
    /// Its live sessions, those that were used last first; at most 100.
    pub(super) sessions: Vec<SessionInfoBody>,
    /// What was done to it last, the newest first; all of it is at `/api/admin/audit?user_id=`.
    pub(super) audit: Vec<AuditRecordBody>,
}

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct ActorBody {
    /// `person` (whom it was done to, or whoever claimed to be), `admin` or `command_line`.
    #[schema(pattern = "^(person|admin|command_line)$", example = "admin")]
    kind: &'static str,
    /// The account of the admin.
    #[schema(required = true)]
    id: Option<Uuid>,
    /// Its address; `null` where the account is gone.
    #[schema(required = true)]
    email: Option<String>,
}

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AuditRecordBody {
    id: i64,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What was done.
    #[schema(example = "user.logged_in")]
    action: String,
    /// The account that it was done to; `null` where none is known.
    #[schema(required = true)]
    user_id: Option<Uuid>,
    /// Its address; `null` where the account is gone.
    #[schema(required = true)]
    user_email: Option<String>,
    actor: ActorBody,
    /// What exactly, such as the step's key or the session's id.
    #[schema(required = true)]
    subject: Option<String>,
    /// Why, in the words of the admin.
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

/// Some rows of the audit log, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::api) struct AuditLogBody {
    pub(super) items: Vec<AuditRecordBody>,
    /// What `cursor` is to be for the next page; `null` after the last one.
    #[schema(required = true)]
    pub(super) next_cursor: Option<String>,
}
