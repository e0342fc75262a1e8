//! All accounts as a CSV table.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::stream;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use time::format_description::well_known::Rfc3339;

use super::order;
use super::queries::AccountsWanted;
use crate::api::error::ApiError;
use crate::api::query::CheckedQuery;
use crate::api::step_up::FreshAdministrator;
use crate::app::App;
use crate::domain::Timestamp;
use crate::store::directory::{Account, AccountFilter, AccountPage, Position};
use crate::store::{AuditAction, BoxError};

/// The number of accounts in memory at once.
const PAGE: u32 = 500;

const HEADER: [&str; 10] = [
    "id",
    "email",
    "full_name",
    "role",
    "status",
    "email_verified",
    "registered_at",
    "onboarding_status",
    "onboarding_completed_at",
    "onboarding_changed_at",
];

/// Download accounts as CSV
///
/// The table is in RFC 4180 format and UTF-8, in the order of the list. A text that a spreadsheet could take for a
/// formula has an apostrophe before it. The export is a row of the audit log. The answer breaks off where the
/// database fails on the way.
#[utoipa::path(
    get, path = "/api/admin/users.csv", tag = "admin", operation_id = "export_users", security(("access_token" = [])),
    params(
        ("q" = Option<String>, Query, description = "How the address or the name begins, regardless of case; blanks around it do not count", max_length = 254, example = "ada"),
        ("status" = Option<String>, Query, description = "The state of the account", pattern = "^(active|suspended|closing)$", example = "active"),
        ("email_verified" = Option<bool>, Query, description = "Whether the address was verified"),
        ("role" = Option<String>, Query, description = "The role", pattern = "^(user|admin)$", example = "user"),
        ("stuck_since" = Option<String>, Query, description = "Who is stuck since this moment (RFC 3339): whose onboarding was never completed, and was last changed by then", format = DateTime),
    ),
    responses(
        (status = 200, description = "A header and a row for each account", body = String, content_type = "text/csv"),
        (status = 403, description = "`forbidden`: only for admins; `step_up_required`"),
        (status = 422, description = "`validation_failed`"),
    )
)]
pub(in crate::api) async fn download(
    State(app): State<App>,
    FreshAdministrator(admin): FreshAdministrator,
    CheckedQuery(AccountsWanted { filter }): CheckedQuery<AccountsWanted>,
) -> Result<Response, ApiError> {
    // The first page comes before the answer begins, so that a database that is away is told as such.
    let first = app.store.accounts(filter.clone(), None, PAGE).await?;
    let at = app.now();
    order::note(&app, at, &admin, AuditAction::UsersExported).await?;
    let name = format!("attachment; filename=\"users-{}.csv\"", at.date());
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present"), (CONTENT_DISPOSITION, &name)];
    Ok((headers, Body::from_stream(table(app, filter, first))).into_response())
}

/// The next part of the export.
enum Next {
    Header(AccountPage),
    Page(AccountPage),
    Read(Position),
    End,
}

fn table(
    app: App,
    filter: AccountFilter,
    first: AccountPage,
) -> impl futures::Stream<Item = Result<Bytes, BoxError>> + Send + 'static {
    stream::try_unfold((app, filter, Next::Header(first)), async |(app, filter, next)| {
        let (piece, next) = match next {
            Next::End => return Ok(None),
            Next::Header(page) => (csv(&[HEADER.map(str::to_owned)])?, Next::Page(page)),
            Next::Page(page) => after(&page)?,
            Next::Read(position) => after(&app.store.accounts(filter.clone(), Some(position), PAGE).await?)?,
        };
        Ok(Some((piece, (app, filter, next))))
    })
}

fn after(page: &AccountPage) -> Result<(Bytes, Next), BoxError> {
    let rows = page.items.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    Ok((csv(&rows)?, page.next.clone().map_or(Next::End, Next::Read)))
}

fn row(Account { user, onboarding }: &Account) -> Result<[String; 10], time::error::Format> {
    let time = |moment: Option<Timestamp>| {
        moment.map(|moment| moment.format(&Rfc3339)).transpose().map(Option::unwrap_or_default)
    };
    let completed_at = onboarding.and_then(|progress| progress.facts.completed_at);
    let status = match onboarding {
        None => "",
        Some(_) if completed_at.is_some() => "completed",
        Some(_) => "in_progress",
    };
    Ok([
        user.id.to_string(),
        harmless(user.email.as_str()),
        harmless(user.full_name.as_str()),
        user.role.to_string(),
        user.status().as_str().to_owned(),
        user.email_verified_at.is_some().to_string(),
        time(Some(user.created_at))?,
        status.to_owned(),
        time(completed_at)?,
        time(onboarding.map(|progress| progress.facts.changed_at))?,
    ])
}

/// The text with an apostrophe before a formula. The spreadsheet of the reader must not run what people have typed
/// (CWE-1236).
fn harmless(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

fn csv(rows: &[[String; 10]]) -> Result<Bytes, BoxError> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    Ok(writer.into_inner().map_err(csv::IntoInnerError::into_error)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_of_rfc_4180_and_runs_nothing() {
        let mut row = [const { String::new() }; 10];
        for (cell, text) in row.iter_mut().zip([
            "plain",
            "with, comma",
            "with \"quotes\"",
            "two\r\nlines",
            "=1+1",
            "+41 44",
            "-1",
            "@SUM(A1)",
            "\tx",
            "＝1",
        ]) {
            *cell = harmless(text);
        }
        let table = csv(&[HEADER.map(str::to_owned), row]).unwrap();
        let text = std::str::from_utf8(&table).unwrap();
        let expected = "plain,\"with, comma\",\"with \"\"quotes\"\"\",\"two\r\nlines\",'=1+1,'+41 44,'-1,'@SUM(A1),'\tx,'＝1\r\n";
        assert!(text.starts_with("id,email,full_name,"), "{text}");
        assert!(text.ends_with(&format!("\r\n{expected}")), "{text}");
    }
}
