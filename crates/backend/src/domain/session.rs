//! Sessions and their refresh tokens.
//!
//! A session is a family of refresh tokens (RFC 9700 section 4.14.2): each use of a token
//! replaces it by a new one, and the use of one that was replaced earlier shows that two
//! parties hold it, which ends the session for both.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Timestamp, User};

/// How long the token that was just replaced still works. A client that lost the answer, or
/// that refreshes in two tabs at once, must not be logged out for it.
pub const GRACE: Duration = Duration::seconds(10);

const TOKEN_BYTES: usize = 32;

/// A refresh token in clear text: 256 random bits in base64url. Only its owner has it.
#[derive(Clone)]
pub struct RefreshToken(Zeroizing<String>);

/// SHA-256 of a refresh token: what the database keeps. The token is random, so a plain hash
/// is as good as a slow one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl RefreshToken {
    /// A token nobody had before.
    pub fn generate() -> Self {
        let bytes: [u8; TOKEN_BYTES] = rand::random();
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
    /// When the session was ended, by its owner or by a reuse.
    pub session_revoked_at: Option<Timestamp>,
    /// When this token stops to work.
    pub expires_at: Timestamp,
    /// When it was first replaced by a newer one.
    pub replaced_at: Option<Timestamp>,
    /// Whether a token that replaced this one has itself been replaced: then this is not the
    /// immediate parent of the newest any more.
    pub successor_replaced: bool,
}

/// What a presented refresh token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// A new pair is given for it.
    Rotate,
    /// It is too old.
    Expired,
    /// Its session was ended.
    Revoked,
    /// It was replaced before: the whole family is to be revoked.
    Reused,
}

impl TokenState {
    /// Decides what the token is worth at `now`.
    pub fn verdict(&self, now: Timestamp) -> Verdict {
        if self.session_revoked_at.is_some() {
            return Verdict::Revoked;
        }
        if self.expires_at <= now {
            return Verdict::Expired;
        }
        match self.replaced_at {
            None => Verdict::Rotate,
            Some(at) if !self.successor_replaced && now < at + GRACE => Verdict::Rotate,
            Some(_) => Verdict::Reused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);

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
            session_revoked_at: None,
            expires_at: NOW + Duration::DAY,
            replaced_at: None,
            successor_replaced: false,
        }
    }

    #[test]
    fn a_token_is_worth_what_its_history_says() {
        let ago = |seconds| Some(NOW - Duration::seconds(seconds));
        let table = [
            ("newest", state(), Verdict::Rotate),
            ("expired", TokenState { expires_at: NOW, ..state() }, Verdict::Expired),
            ("revoked", TokenState { session_revoked_at: ago(1), ..state() }, Verdict::Revoked),
            ("parent in grace", TokenState { replaced_at: ago(9), ..state() }, Verdict::Rotate),
            ("parent after grace", TokenState { replaced_at: ago(10), ..state() }, Verdict::Reused),
            (
                "grandparent in grace",
                TokenState { replaced_at: ago(1), successor_replaced: true, ..state() },
                Verdict::Reused,
            ),
            (
                "reuse in a dead family",
                TokenState { session_revoked_at: ago(1), replaced_at: ago(60), ..state() },
                Verdict::Revoked,
            ),
        ];
        for (name, state, expected) in table {
            assert_eq!(state.verdict(NOW), expected, "{name}");
        }
    }

    #[test]
    fn tokens_are_long_random_and_found_by_their_hash() {
        let token = RefreshToken::generate();
        assert_eq!(token.expose().len(), 43);
        assert_ne!(token.expose(), RefreshToken::generate().expose());
        assert_eq!(RefreshToken::presented(token.expose()).hash(), token.hash());
    }
}
