//! Opens a session: makes the rows to store and the tokens to give.

use std::time::Duration;

use uuid::Uuid;

use super::TokenIssuer;
use crate::domain::session::{Lifetimes, NewSession, NewToken, RefreshToken};
use crate::domain::{Authentication, Client, LogInMethod, Timestamp, User};

/// The tokens that a client is given.
#[derive(Clone)]
pub struct Grant {
    /// What the client shows with each request.
    pub access_token: String,
    /// For how long.
    pub access_ttl: Duration,
    /// What the client keeps.
    pub refresh_token: RefreshToken,
    /// For how long.
    pub refresh_ttl: Duration,
}

/// A session that is about to be stored.
#[derive(Clone)]
pub struct OpenedSession {
    /// What the database keeps.
    pub stored: NewSession,
    /// What the client gets.
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
    /// `refresh_token`, which expires at `expires_at`, with an access token for the session `session_id`, which ends at
    /// `ends_at` at the latest.
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
