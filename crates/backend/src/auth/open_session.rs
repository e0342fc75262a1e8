//! What begins a session: the rows to store and the tokens to give.

use std::time::Duration;

use uuid::Uuid;

use super::TokenIssuer;
use crate::domain::session::{NewSession, NewToken, RefreshToken};
use crate::domain::{Timestamp, User};

/// A session that is about to be stored.
#[derive(Clone)]
pub struct OpenedSession {
    /// What the database keeps.
    pub stored: NewSession,
    /// What the client keeps.
    pub refresh_token: RefreshToken,
    /// What the client shows with each request.
    pub access_token: String,
}

impl OpenedSession {
    /// Opens a session for `user`.
    pub fn begin(user: &User, issuer: &TokenIssuer, refresh_token_ttl: Duration, now: Timestamp) -> Self {
        let id = Uuid::now_v7();
        let (refresh_token, token) = new_token(refresh_token_ttl, now);
        Self {
            stored: NewSession { id, user_id: user.id, token },
            refresh_token,
            access_token: issuer.issue(user, id, now),
        }
    }
}

/// A refresh token for the client, and what is stored of it.
pub fn new_token(refresh_token_ttl: Duration, now: Timestamp) -> (RefreshToken, NewToken) {
    let token = RefreshToken::generate();
    let stored = NewToken { hash: token.hash(), issued_at: now, expires_at: now + refresh_token_ttl };
    (token, stored)
}
