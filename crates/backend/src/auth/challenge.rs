//! The challenge of a log-in with a second factor: a token that proves, for a few minutes, that the password was
//! right.
//!
//! The challenge is an encrypted token and no row of the database. The token alone logs nobody in. A new password
//! makes the token worthless, and each use needs a code that was not used before.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::error::Unspecified;
use serde::{Deserialize, Serialize};
use service_kit::jwt::Keyring;
use uuid::Uuid;

use super::sealer::Sealer;
use crate::domain::second_factor::CHALLENGE_LIFETIME;
use crate::domain::{PasswordHash, Timestamp};

const LABEL: &str = "second factor challenges A256GCM v1";

const MAX_TOKEN_BYTES: usize = 1024;

/// The purpose that a token is bound to.
const PURPOSE: &[u8] = b"log in";

/// Makes and reads challenges, with the keys of all secrets.
#[derive(Debug)]
pub struct Challenges(Sealer);

/// The content of a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The id of the account whose password was right.
    pub user_id: Uuid,
    /// Whether the session's refresh token is to be a cookie.
    pub cookie: bool,
    /// SHA-256 of the password's hash.
    password: [u8; 32],
    /// The end of the challenge's lifetime, in Unix seconds.
    expires_at: i64,
}

/// A challenge, as the client keeps it. `Debug` does not show the token.
#[derive(Clone, PartialEq, Eq)]
pub struct ChallengeToken(pub String);

/// The text is too long or empty for a challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a challenge, 1 to {MAX_TOKEN_BYTES} bytes long")]
pub struct NoChallenge;

impl FromStr for ChallengeToken {
    type Err = NoChallenge;

    fn from_str(text: &str) -> Result<Self, NoChallenge> {
        if (1..=MAX_TOKEN_BYTES).contains(&text.len()) { Ok(Self(text.to_owned())) } else { Err(NoChallenge) }
    }
}

impl Challenge {
    /// A challenge for the account `user_id`, whose password has the hash `hash`.
    pub fn new(user_id: Uuid, hash: &PasswordHash, cookie: bool, now: Timestamp) -> Self {
        let expires_at = (now + CHALLENGE_LIFETIME).unix_timestamp();
        Self { user_id, cookie, password: mark(hash), expires_at }
    }

    /// Whether the account still has the password that was given. `hash` is the hash of the present password.
    pub fn is_for(&self, hash: &PasswordHash) -> bool {
        self.password == mark(hash)
    }
}

fn mark(hash: &PasswordHash) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, hash.as_phc().as_bytes()).as_ref());
    bytes
}

impl Challenges {
    /// Keys for challenges from every secret of `keyring`.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] where a key cannot be made.
    pub fn new(keyring: &Keyring) -> Result<Self, Unspecified> {
        Ok(Self(Sealer::new(keyring, LABEL)?))
    }

    /// The token of `challenge`.
    ///
    /// # Errors
    ///
    /// [`Unspecified`] where the challenge cannot be encrypted.
    pub fn seal(&self, challenge: &Challenge) -> Result<ChallengeToken, Unspecified> {
        self.0.seal(PURPOSE, challenge).map(ChallengeToken)
    }

    /// The challenge of a token; none where no known key has encrypted the token, or the token has expired at `now`.
    pub fn open(&self, ChallengeToken(token): &ChallengeToken, now: Timestamp) -> Option<Challenge> {
        let challenge: Challenge = self.0.open(PURPOSE, token)?;
        (now.unix_timestamp() < challenge.expires_at).then_some(challenge)
    }
}

impl fmt::Debug for ChallengeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChallengeToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use service_kit::config::Secret;
    use time::macros::datetime;

    use super::*;

    const NOW: Timestamp = datetime!(2026-03-01 12:00 UTC);

    fn challenges(current: char, others: &[char]) -> Challenges {
        let secret = |letter: &char| Secret::new(letter.to_string().repeat(32));
        let others: Vec<Secret> = others.iter().map(secret).collect();
        Challenges::new(&Keyring::new(&secret(&current), &others).unwrap()).unwrap()
    }

    #[test]
    fn a_challenge_counts_for_five_minutes_and_for_its_password() {
        let (old, hash) = (challenges('a', &[]), PasswordHash::from_phc("$argon2id$one".into()));
        let challenge = Challenge::new(Uuid::now_v7(), &hash, true, NOW);
        let token = old.seal(&challenge).unwrap();
        let just = NOW + CHALLENGE_LIFETIME - time::Duration::SECOND;
        for reader in [&old, &challenges('b', &['a'])] {
            assert_eq!(reader.open(&token, just), Some(challenge.clone()));
        }
        assert_eq!(old.open(&token, NOW + CHALLENGE_LIFETIME), None);
        assert_eq!(challenges('b', &[]).open(&token, NOW), None);
        assert!(challenge.is_for(&hash));
        assert!(!challenge.is_for(&PasswordHash::from_phc("$argon2id$two".into())));
        assert!(!format!("{token:?}").contains(&token.0));
    }

    #[test]
    fn nobody_else_can_make_one() {
        let (challenges, hash) = (challenges('a', &[]), PasswordHash::from_phc("$argon2id$one".into()));
        let ChallengeToken(token) =
            challenges.seal(&Challenge::new(Uuid::now_v7(), &hash, false, NOW)).unwrap();
        let mut tampered = token.clone();
        let last = if tampered.pop() == Some('A') { 'Q' } else { 'A' };
        tampered.push(last);
        for forged in ["", ".", "a.b", &token[..token.len() - 2], &format!("{token}AAAA"), &tampered] {
            assert_eq!(challenges.open(&ChallengeToken(forged.to_owned()), NOW), None, "{forged}");
        }
    }
}
