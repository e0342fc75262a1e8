//! Opens a session: makes the rows to store and the tokens to give.

use std::time::Duration;

use uuid::Uuid;

use super::TokenIssuer;
use crate::domain::session::{Lifetimes, NewSession, NewToken, RefreshToken};
use crate::domain::{Authentication, Client, LogInMethod, Timestamp, User};

/// The tokens that a client gets.
#[derive(Clone)]
pub struct Grant {
    /// The access token, which the client sends with each request.
    pub access_token: String,
    /// The lifetime of the access token.
    pub access_ttl: Duration,
    /// The refresh token.
    pub refresh_token: RefreshToken,
    /// The lifetime of the refresh token.
    pub refresh_ttl: Duration,
}

/// A session to be stored.
#[derive(Clone)]
pub struct OpenedSession {
    /// The session as the database keeps it.
    pub stored: NewSession,
    /// The tokens for the client.
    pub grant: Grant,
}

impl OpenedSession {
    /// Opens a session for `user`, who has logged in from `client` by `method`.
    pub fn begin(
        method: LogInMethod,
        user: &User,
        client: Client,
        issuer: &TokenIssuer,
        lifetimes: Lifetimes,
        now: Timestamp,
    ) -> Self {
        let (id, refresh_token) = (Uuid::now_v7(), RefreshToken::generate());
        let expires_at = lifetimes.token_expiry(now, now);
        let token = NewToken { hash: refresh_token.hash(), issued_at: now, expires_at };
        let times = (now, expires_at, lifetimes.end(now));
        let grant = Grant::new(
            user,
            id,
            Authentication { level: method.level(), at: now },
            issuer,
            refresh_token,
            times,
        );
        Self { stored: NewSession { id, user_id: user.id, token, client, method }, grant }
    }
}

impl Grant {
    /// A grant of `refresh_token`, which expires at `expires_at`, and of a new access token for the session
    /// `session_id`. The access token ends with the session at `ends_at` at the latest.
    pub fn new(
        user: &User,
        session_id: Uuid,
        authentication: Authentication,
        issuer: &TokenIssuer,
        refresh_token: RefreshToken,
        (now, expires_at, ends_at): (Timestamp, Timestamp, Timestamp),
    ) -> Self {
        let left = |until: Timestamp| Duration::try_from(until - now).unwrap_or_default();
        let access_ttl = issuer.ttl().min(left(ends_at));
        let access_token = issuer.issue(user, session_id, authentication, (now, access_ttl));
        Self { access_token, access_ttl, refresh_token, refresh_ttl: left(expires_at) }
    }
}
