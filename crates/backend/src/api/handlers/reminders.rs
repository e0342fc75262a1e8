//! Ends reminders by the link of a mail, without a log-in and with one click (RFC 8058).

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api::accept_language::AcceptedLanguage;
use crate::api::attempt::{Attempt, Audit, Commit};
use crate::api::error::ApiError;
use crate::app::{App, AppState};
use crate::idempotency::Answer;
use crate::store::{AuditAction, Effect, IdentityChange};

/// The policy of the page: it loads nothing, and its form goes to this call only.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
const PAGE: &str = include_str!("reminders.html");
/// The form, with the field that mail programs send (RFC 8058 section 3.2).
const FORM: &str = "<form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">\
                    <button type=\"submit\">{button}</button></form>";

/// The body that a mail program sends. The body is not read, because whoever has the link may end reminders.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct OneClick {
    /// Always `One-Click`.
    #[serde(rename = "List-Unsubscribe")]
    #[schema(example = "One-Click")]
    list_unsubscribe: String,
}

/// The texts of the page.
struct Texts {
    language: &'static str,
    title: &'static str,
    question: &'static str,
    button: &'static str,
    end: &'static str,
}

const ENGLISH: Texts = Texts {
    language: "en",
    title: "Reminders",
    question: "We remind you by mail of an onboarding that is not complete. Do you want no more of these mails?",
    button: "No more reminders",
    end: "You will get no more reminders. You can have them back in your account.",
};

const GERMAN: Texts = Texts {
    language: "de",
    title: "Erinnerungen",
    question: "Wir erinnern Sie per E-Mail an eine Einrichtung, die noch nicht abgeschlossen ist. Möchten Sie diese \
               Nachrichten nicht mehr bekommen?",
    button: "Keine Erinnerungen mehr",
    end: "Sie bekommen keine Erinnerungen mehr. In Ihrem Konto können Sie sie wieder einschalten.",
};

/// Ask whether reminders are to end
///
/// The answer is a page with a button, in German or English. Nothing is changed, so programs that follow links in
/// mails (a virus scanner, a preview) end no reminders.
#[utoipa::path(
    get, path = "/api/unsubscribe/{token}", tag = "account", operation_id = "show_unsubscribe",
    params(("token" = String, Path, description = "As the link in the mail bears it")),
    responses(
        (status = 200, description = "A page", body = String, content_type = "text/html"),
        (status = 400, description = "`malformed_path`"),
        (status = 404, description = "`unknown_unsubscription`"),
    )
)]
pub(in crate::api) async fn show(
    State(app): State<App>,
    token: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Answer, ApiError> {
    owner(&app, token)?;
    let texts = texts(&headers);
    Ok(page(texts, texts.question, &FORM.replace("{button}", texts.button)))
}

/// End reminders
///
/// The link of a mail ends reminders without a log-in (RFC 8058). A second call changes nothing. A browser gets a
/// page, and any other client gets no body.
#[utoipa::path(
    post, path = "/api/unsubscribe/{token}", tag = "account", operation_id = "unsubscribe",
    params(("token" = String, Path, description = "As the link in the mail bears it")),
    request_body(content((Option<OneClick> = "application/x-www-form-urlencoded"), (Option<OneClick> = "multipart/form-data")), description = "Not looked at"),
    responses(
        (status = 200, description = "There will be no more reminders: a page, for whoever accepts `text/html`", body = String, content_type = "text/html"),
        (status = 204, description = "There will be no more reminders"),
        (status = 404, description = "`unknown_unsubscription`"),
    )
)]
pub(in crate::api) async fn unsubscribe(
    State(app): State<App>,
    attempt: Attempt,
    token: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Answer, ApiError> {
    let user_id = owner(&app, token)?;
    let texts = texts(&headers);
    let answer = if says(&headers, &ACCEPT, "text/html") {
        page(texts, texts.end, "")
    } else {
        Answer::empty(StatusCode::NO_CONTENT)
    };
    let effect = Effect::Identity(Box::new(IdentityChange::StopReminders { user_id }));
    let audit = Audit { action: AuditAction::RemindersStopped, user_id, subject: None };
    match attempt.commit(&app, app.now(), effect, Some(audit), answer.clone()).await? {
        Commit::Done(answer) => Ok(answer),
        // They have ended before, or the account is gone.
        Commit::Stale => Ok(answer),
    }
}

fn owner(app: &AppState, token: Result<Path<String>, PathRejection>) -> Result<Uuid, ApiError> {
    let Path(token) = token.map_err(|_| ApiError::MalformedPath { reason: "bears no token" })?;
    app.unsubscriptions.verify(&token).ok_or(ApiError::UnknownUnsubscription)
}

/// The texts in the preferred of the two languages.
fn texts(headers: &HeaderMap) -> &'static Texts {
    let AcceptedLanguage(language) = AcceptedLanguage::of(headers);
    if language.is_some_and(|language| language.primary() == GERMAN.language) { &GERMAN } else { &ENGLISH }
}

fn says(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    headers.get_all(name).iter().any(|value| value.to_str().is_ok_and(|text| text.contains(word)))
}

fn page(texts: &Texts, text: &str, form: &str) -> Answer {
    let body = PAGE.replace("{language}", texts.language).replace("{title}", texts.title);
    let body = body.replace("{text}", text).replace("{form}", form).into();
    let header = |name, value| (name, HeaderValue::from_static(value));
    let headers = vec![
        header(CONTENT_TYPE, "text/html; charset=utf-8"),
        header(CONTENT_SECURITY_POLICY, POLICY),
        header(CACHE_CONTROL, "no-store"),
        header(REFERRER_POLICY, "no-referrer"),
    ];
    Answer { status: StatusCode::OK, headers, body, tells: None }
}
