//! Sessions and their refresh tokens.
//!
//! A session is a family of refresh tokens (RFC 9700 section 4.14.2): each use of a token replaces it by the one that is
//! derived from it, and the use of one that was replaced earlier shows that two parties hold it, which ends the session
//! for both. A family is a chain: whoever repeats a rotation gets the same successor, so it never has two branches.

use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Authentication, Client, LogInMethod, Timestamp, User, UserAgent};

/// How long the token that was just replaced still works. A client that lost the answer, or
/// that refreshes in two tabs at once, must not be logged out for it.
pub const GRACE: Duration = Duration::seconds(10);

const TOKEN_BYTES: usize = 32;

/// A refresh token in clear text: 256 bits in base64url. Only its owner has it.
#[derive(Clone)]
pub struct RefreshToken(Zeroizing<String>);

/// SHA-256 of a refresh token: what the database keeps. The token cannot be guessed, so a plain hash
/// is as good as a slow one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl RefreshToken {
    /// A token nobody had before: the first of a session.
    pub fn generate() -> Self {
        Self::from_bytes(&rand::random::<[u8; TOKEN_BYTES]>())
    }

    /// The token that these bytes are.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A token as a client presents it. Any text will do: one that we never gave is not found.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The token in clear text.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> TokenHash {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        TokenHash(bytes)
    }
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// From each use of the session on: `REFRESH_TOKEN_TTL`.
    pub unused: Duration,
    /// From log-in on, whatever is refreshed: `SESSION_MAX_AGE`.
    pub whole: Duration,
}

impl Lifetimes {
    /// When a session that was begun at `begun` ends, however much it is used.
    pub fn end(&self, begun: Timestamp) -> Timestamp {
        begun + self.whole
    }

    /// When a refresh token expires that is given at `now` in a session that was begun at `begun`.
    pub fn token_expiry(&self, begun: Timestamp, now: Timestamp) -> Timestamp {
        self.end(begun).min(now + self.unused)
    }
}

/// A refresh token that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Its hash.
    pub hash: TokenHash,
    /// When it was given.
    pub issued_at: Timestamp,
    /// When it stops to work.
    pub expires_at: Timestamp,
}

/// A session that is to be stored, with its first token. Its version is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// `UUIDv7`; the `sid` of access tokens.
    pub id: Uuid,
    /// Whose session it is.
    pub user_id: Uuid,
    /// The first token of the family.
    pub token: NewToken,
    /// Who logged in.
    pub client: Client,
    /// What they finished with, and so how surely they are known to be the one.
    pub method: LogInMethod,
}

/// A live session, as its owner is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// The `sid` of its access tokens.
    pub id: Uuid,
    /// What the client called itself at the last use.
    pub user_agent: Option<UserAgent>,
    /// Where the last use came from.
    pub address: Option<IpAddr>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it was last begun or refreshed.
    pub last_used_at: Timestamp,
    /// What its log-in was finished with. None where another version of the program began it, which told nothing that this
    /// one knows.
    pub method: Option<LogInMethod>,
}

/// A presented refresh token, with all that decides what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenState {
    /// Whose session it is.
    pub user: User,
    /// The family it belongs to.
    pub session_id: Uuid,
    /// Grows by one with each rotation; a rotation is committed only at the version it saw.
    pub session_version: i64,
    /// When the session was begun.
    pub session_created_at: Timestamp,
    /// The last time that its person has proved to be the one.
    pub authentication: Authentication,
    /// When the session was ended, by its owner or by a reuse.
    pub session_revoked_at: Option<Timestamp>,
    /// When this token stops to work.
    pub expires_at: Timestamp,
    /// When it was first replaced by a newer one.
    pub replaced_at: Option<Timestamp>,
    /// Which secret's key derived the newer one. None where an earlier version of the program drew it at random.
    pub successor_kid: Option<String>,
    /// Whether a token that replaced this one has itself been replaced: then this is not the
    /// immediate parent of the newest any more.
    pub successor_replaced: bool,
}

/// What a presented refresh token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is replaced by its successor.
    Rotate,
    /// It was replaced just now: its successor is given once more.
    Repeat,
    /// It is too old, or its session is.
    Expired,
    /// Its session was ended.
    Revoked,
    /// It was replaced before: the whole family is to be revoked.
    Reused,
}

impl TokenState {
    /// Decides what the token is worth at `now`.
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
