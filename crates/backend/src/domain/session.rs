//! Sessions and their refresh tokens.
//!
//! A session is a family of refresh tokens (RFC 9700 section 4.14.2). Each use of a token replaces the token by its
//! successor, which is derived from it. The use of a token that was replaced earlier shows that two parties hold the
//! token, and ends the session for both. A family is a chain without branches, because a repeated rotation gives the
//! same successor.

use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Authentication, Client, LogInMethod, Timestamp, User, UserAgent};

/// The time that a replaced token still works. A client that lost the answer, or that refreshes in two tabs at once,
/// must not be logged out for it.
pub const GRACE: Duration = Duration::seconds(10);

const TOKEN_BYTES: usize = 32;

/// A refresh token in clear text: 256 bits in base64url. Only the token's owner has it.
#[derive(Clone)]
pub struct RefreshToken(Zeroizing<String>);

/// SHA-256 of a refresh token, which is what the database keeps. A token cannot be guessed, so a plain hash is as
/// good as a slow one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl RefreshToken {
    /// A new random token, which is the first one of a session.
    pub fn generate() -> Self {
        Self::from_bytes(&rand::random::<[u8; TOKEN_BYTES]>())
    }

    /// The token of the random bytes `bytes`.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token that a client presents. Any text is taken; an unknown token is not found in the database.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The token in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The hash of the token.
    pub fn hash(&self) -> TokenHash {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        TokenHash(bytes)
    }
}

/// The lifetimes of sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// The longest time without a use of the session (`REFRESH_TOKEN_TTL`).
    pub unused: Duration,
    /// The longest time from log-in on, however often the session is used (`SESSION_MAX_AGE`).
    pub whole: Duration,
}

impl Lifetimes {
    /// The latest end of a session that began at `begun`.
    pub fn end(&self, begun: Timestamp) -> Timestamp {
        begun + self.whole
    }

    /// The expiry of a refresh token that is given at `now`, in a session that began at `begun`.
    pub fn token_expiry(&self, begun: Timestamp, now: Timestamp) -> Timestamp {
        self.end(begun).min(now + self.unused)
    }
}

/// A refresh token to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// The hash of the token.
    pub hash: TokenHash,
    /// The time when the token was given.
    pub issued_at: Timestamp,
    /// The token's expiry.
    pub expires_at: Timestamp,
}

/// A session to be stored, with its first token. The version of a new session is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// The session's id (`UUIDv7`), which is the `sid` of access tokens.
    pub id: Uuid,
    /// The id of the owner's account.
    pub user_id: Uuid,
    /// The first token of the family.
    pub token: NewToken,
    /// The client that logged in.
    pub client: Client,
    /// The method of the log-in, which decides the assurance level.
    pub method: LogInMethod,
}

/// A live session, for the list that its owner sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The session's id, which is the `sid` of its access tokens.
    pub id: Uuid,
    /// The `User-Agent` header of the last use.
    pub user_agent: Option<UserAgent>,
    /// The client's address at the last use.
    pub address: Option<IpAddr>,
    /// The time of the log-in.
    pub created_at: Timestamp,
    /// The time of the last log-in or refresh.
    pub last_used_at: Timestamp,
    /// The method of the log-in. None where another version of the program began the session with a method that this
    /// version does not know.
    pub method: Option<LogInMethod>,
}

/// A presented refresh token, with all facts that decide whether the token is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenState {
    /// The owner of the session.
    pub user: User,
    /// The id of the session, which is the token's family.
    pub session_id: Uuid,
    /// The version of the session. Each rotation adds one, and a rotation is committed only at the version that it
    /// has read.
    pub session_version: i64,
    /// The time of the log-in.
    pub session_created_at: Timestamp,
    /// The last authentication of the session.
    pub authentication: Authentication,
    /// The time when the session was ended, by its owner or by a reuse; none for a live session.
    pub session_revoked_at: Option<Timestamp>,
    /// The token's expiry.
    pub expires_at: Timestamp,
    /// The time when the token was first replaced; none for the newest token.
    pub replaced_at: Option<Timestamp>,
    /// The name of the secret whose key derived the successor. None where an earlier version of the program drew the
    /// successor at random.
    pub successor_kid: Option<String>,
    /// Whether the successor was replaced, too. Then this token is not the immediate parent of the newest one.
    pub successor_replaced: bool,
}

/// The decision on a presented refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The token is replaced by its successor.
    Rotate,
    /// The token was replaced within [`GRACE`]. The client gets the same successor once more.
    Repeat,
    /// The token or its session has expired.
    Expired,
    /// The session was ended.
    Revoked,
    /// The token was replaced earlier than [`GRACE`] ago. The whole family is to be revoked.
    Reused,
}

impl TokenState {
    /// Decides on the token at `now`.
    pub fn verdict(&self, now: Timestamp, lifetimes: Lifetimes) -> Verdict {
        if self.session_revoked_at.is_some() {
            return Verdict::Revoked;
        }
        if self.expires_at <= now || lifetimes.end(self.session_created_at) <= now {
            return Verdict::Expired;
        }
        let Some(replaced_at) = self.replaced_at else { return Verdict::Rotate };
        match &self.successor_kid {
            _ if self.successor_replaced || now >= replaced_at + GRACE => Verdict::Reused,
            Some(_) => Verdict::Repeat,
            // Nobody but its owner knows that successor, so there has to be another one.
            None => Verdict::Rotate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::AuthLevel;
    use super::*;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);
    const LIFETIMES: Lifetimes = Lifetimes { unused: Duration::days(30), whole: Duration::days(90) };

    fn state() -> TokenState {
        TokenState {
            user: User::registered(
                Uuid::nil(),
                "ada@example.com".parse().unwrap(),
                "Ada".parse().unwrap(),
                NOW,
            ),
            session_id: Uuid::nil(),
            session_version: 1,
            session_created_at: NOW - Duration::days(40),
            authentication: Authentication { level: AuthLevel::One, at: NOW - Duration::days(40) },
            session_revoked_at: None,
            expires_at: NOW + Duration::DAY,
            replaced_at: None,
            successor_kid: None,
            successor_replaced: false,
        }
    }

    #[test]
    fn a_token_is_worth_what_its_history_says() {
        let ago = |seconds| Some(NOW - Duration::seconds(seconds));
        let replaced =
            |seconds| TokenState { replaced_at: ago(seconds), successor_kid: Some("kid".into()), ..state() };
        let table = [
            ("newest", state(), Verdict::Rotate),
            ("expired", TokenState { expires_at: NOW, ..state() }, Verdict::Expired),
            ("revoked", TokenState { session_revoked_at: ago(1), ..state() }, Verdict::Revoked),
            (
                "session too old",
                TokenState { session_created_at: NOW - LIFETIMES.whole, ..state() },
                Verdict::Expired,
            ),
            ("parent in grace", replaced(9), Verdict::Repeat),
            ("parent after grace", replaced(10), Verdict::Reused),
            (
                "replaced by an earlier version",
                TokenState { successor_kid: None, ..replaced(9) },
                Verdict::Rotate,
            ),
            ("so, after grace", TokenState { successor_kid: None, ..replaced(10) }, Verdict::Reused),
            ("grandparent in grace", TokenState { successor_replaced: true, ..replaced(1) }, Verdict::Reused),
            (
                "reuse in a dead family",
                TokenState { session_revoked_at: ago(1), ..replaced(60) },
                Verdict::Revoked,
            ),
        ];
        for (name, state, expected) in table {
            assert_eq!(state.verdict(NOW, LIFETIMES), expected, "{name}");
        }
    }

    #[test]
    fn no_token_outlives_its_session() {
        let begun = NOW - Duration::days(80);
        assert_eq!(LIFETIMES.token_expiry(begun, NOW), NOW + Duration::days(10));
        assert_eq!(LIFETIMES.token_expiry(NOW, NOW), NOW + Duration::days(30));
    }

    #[test]
    fn tokens_are_long_random_and_found_by_their_hash() {
        let token = RefreshToken::generate();
        assert_eq!(token.expose().len(), 43);
        assert_ne!(token.expose(), RefreshToken::generate().expose());
        assert_eq!(RefreshToken::presented(token.expose()).hash(), token.hash());
    }
}
