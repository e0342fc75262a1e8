//! Reminds people whose onboarding stands still. Every instance writes reminders, and each reminder is written once.

use std::time::Duration;

use service_kit::exit::chain;
use tokio::time::sleep;

use super::events::Written;
use super::state::App;
use crate::domain::mail::{Mail, MailContent, MailSecret};
use crate::domain::onboarding::ReminderWindow;
use crate::outbox::EnvelopeError;
use crate::store::reminders::{DueReminder, Reminder};
use crate::store::{Effect, Mutation, Outcome, StoreError};

/// The longest pause between two rounds. A tenth of the first reminder's time is the pause where that is shorter.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(500);
/// The number of people in one query.
const BATCH: u32 = 50;

/// The reason why a reminder cannot be written.
#[derive(Debug, thiserror::Error)]
enum RemindError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}

/// Runs the task, which never ends by itself and is aborted with the server. A reminder is written in one
/// transaction, so an abort leaves no half reminder.
pub(super) async fn run(app: App) {
    let tenth = Duration::try_from(app.reminders.stuck_after()).unwrap_or_default() / 10;
    let pause = tenth.clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    loop {
        // A random share, so that instances do not look at the same time.
        sleep(pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
        match round(&app).await {
            Ok(0) => {}
            Ok(written) => {
                tracing::info!(reminders = written, "reminded people whose onboarding stands still");
                app.ring(Written { mails: true, events: true });
            }
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "nobody can be reminded now, the next round tries again"
                );
            }
        }
    }
}

/// Writes all reminders that are due. Gives the number of reminders.
async fn round(app: &App) -> Result<u64, RemindError> {
    let mut written = 0;
    for window in app.reminders.windows(app.now()) {
        loop {
            let due = app.store.due_reminders(window, BATCH).await?;
            let full = due.len() >= BATCH as usize;
            let mut now = 0;
            for person in due {
                now += u64::from(write(app, window, person).await?);
            }
            written += now;
            // Where all were another instance's, that one goes on by itself.
            if !full || now == 0 {
                break;
            }
        }
    }
    Ok(written)
}

/// Writes one reminder. Gives whether this instance wrote it, and not another.
async fn write(app: &App, window: ReminderWindow, due: DueReminder) -> Result<bool, RemindError> {
    let DueReminder { user, changed_at } = due;
    let reminder = Reminder {
        user_id: user.id,
        email_key: user.email.key().to_owned(),
        number: window.number,
        changed_at,
    };
    let full_name = user.full_name.as_str().to_owned();
    let token = MailSecret(app.unsubscriptions.sign(user.id));
    let content = if window.last {
        MailContent::OnboardingLastReminder { full_name, token }
    } else {
        MailContent::OnboardingReminder { full_name, token }
    };
    let expires_at = Some(changed_at + window.ends_after);
    let mail = Mail { user_id: Some(user.id), to: user.email, language: user.language, content, expires_at };
    let (at, effect) = (app.now(), Effect::Remind(reminder));
    let mut messages = vec![app.envelopes.seal(&mail)?];
    messages.extend(app.events_of(&effect, at)?);
    let mutation = Mutation { at, idempotency: None, session: None, effect, messages, audit: None };
    Ok(app.store.commit(mutation).await? == Outcome::Committed)
}

/// Whether a reminder that waits in the outbox still makes sense. The person may have gone on since, completed the
/// onboarding, or refused reminders.
pub(super) async fn still_makes_sense(app: &App, mail: &Mail) -> Result<bool, StoreError> {
    let Some(user_id) = mail.user_id else { return Ok(false) };
    let Some((user, facts)) = app.store.reminded_person(user_id).await? else { return Ok(false) };
    let stuck = facts.is_stuck(app.reminders.stuck_after(), app.now());
    Ok(stuck && user.may_be_reminded() && user.email == mail.to)
}
