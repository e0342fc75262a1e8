//! Begins sessions for people who have proved who they are, by any method.

use http::StatusCode;
use http::header::SET_COOKIE;

use crate::api::attempt::Audit;
use crate::api::client::ClientInfo;
use crate::api::cookie::SessionCookie;
use crate::api::device::Devices;
use crate::api::dto::{SessionBody, SessionMode, UserBody};
use crate::api::error::ApiError;
use crate::api::presented::TokenPlace;
use crate::app::AppState;
use crate::auth::{Grant, KnownDevice, OpenedSession};
use crate::domain::guessing::GuessKey;
use crate::domain::session::NewSession;
use crate::domain::{LogInMethod, PasswordHash, Timestamp, User};
use crate::idempotency::Answer;
use crate::store::{AuditAction, LogIn, SeenAccount, StoreError};

/// The number of times that a log-in is decided anew, where the account has changed.
pub(super) const MAX_TRIES: u32 = 3;

/// The name of what one try needs unchanged.
pub(super) const STANDS_STILL: &str = "an account that stands still";

/// The client, and the place of the session's refresh token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visitor<'a> {
    pub(super) client: &'a ClientInfo,
    pub(super) devices: &'a Devices,
    pub(super) mode: SessionMode,
}

/// A session that is about to begin, and the answer for its owner.
pub(super) struct Opened {
    pub(super) session: NewSession,
    pub(super) answer: Answer,
    /// The device that the account knows from now on.
    pub(super) device: KnownDevice,
}

impl Visitor<'_> {
    /// Opens a session for `user`, who has proved by `method` who they are.
    pub(super) fn open(
        self,
        app: &AppState,
        user: &User,
        method: LogInMethod,
        (status, at): (StatusCode, Timestamp),
    ) -> Result<Opened, ApiError> {
        let (devices, device) = self.devices.settled(user.id);
        let client = self.client.client.clone();
        let session = OpenedSession::begin(method, user, client, &app.issuer, app.lifetimes, at);
        let place = match self.mode {
            SessionMode::Token => TokenPlace::Body,
            SessionMode::Cookie => TokenPlace::Cookie(SessionCookie::new(app, self.client)),
        };
        let answer = session_answer(status, user, &session.grant, place)?;
        let answer = devices.introduce(app, user.id, (self.mode, self.client), answer);
        Ok(Opened { session: session.stored, answer, device })
    }
}

impl Opened {
    /// The audit row of the log-in: session and method.
    pub(super) fn audit(&self) -> Audit {
        let NewSession { id, user_id, method, .. } = &self.session;
        let subject = Some(format!("{id} {}", method.as_str()));
        Audit { action: AuditAction::UserLoggedIn, user_id: *user_id, subject }
    }

    /// The changes of the log-in, and the answer. The account must still be as it was read: `user`, with the hash
    /// that a password was checked against.
    pub(super) fn log_in(
        self,
        user: &User,
        password_hash: Option<PasswordHash>,
        forgiven: Option<GuessKey>,
    ) -> (LogIn, Answer) {
        let seen = SeenAccount { password_hash, closing_at: user.closing_at };
        (LogIn { session: self.session, seen, rehash: None, forgiven, remembered: None }, self.answer)
    }
}

/// Refuses a suspended account.
pub(super) fn refuse_suspended(user: &User) -> Result<(), ApiError> {
    if user.suspended_at.is_some() { Err(ApiError::AccountSuspended) } else { Ok(()) }
}

/// The error after [`MAX_TRIES`].
pub(super) fn never_still() -> ApiError {
    StoreError::exhausted(STANDS_STILL).into()
}

/// The answer of all calls that give tokens.
pub(super) fn session_answer(
    status: StatusCode,
    user: &User,
    grant: &Grant,
    place: TokenPlace,
) -> Result<Answer, ApiError> {
    let body = SessionBody {
        user: UserBody::from(user),
        access_token: grant.access_token.clone(),
        token_type: "Bearer",
        expires_in: grant.access_ttl.as_secs(),
        refresh_token: (place == TokenPlace::Body).then(|| grant.refresh_token.expose().to_owned()),
    };
    let answer = Answer::json(status, &body)?;
    Ok(match place {
        TokenPlace::Body => answer,
        TokenPlace::Cookie(cookie) => {
            answer.with(SET_COOKIE, cookie.set(&grant.refresh_token, grant.refresh_ttl))
        }
    })
}
