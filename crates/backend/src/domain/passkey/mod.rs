//! Passkeys: keys in people's authenticators that log in without a password (WebAuthn Level 3).
//!
//! An authenticator lets nobody sign whom it has not recognized, by a PIN, a finger or a face. So a passkey is two factors in
//! one: the device, and what it was unlocked by.

mod name;

use aws_lc_rs::digest::{SHA256, digest};
use time::Duration;
use uuid::Uuid;

use super::Timestamp;

pub use name::{PasskeyName, PasskeyNameError};

/// The purpose of guesses at a passkey.
pub const PASSKEY: &str = "passkey";

/// How long an authenticator and its owner may take, from the challenge to its answer. It is what the standard recommends
/// (WebAuthn Level 3, section 15.1).
pub const CEREMONY_LIFETIME: Duration = Duration::minutes(5);

/// So many passkeys a person may have.
pub const MAX_PASSKEYS: u32 = 20;

/// A passkey, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// `UUIDv7`; its name in paths.
    pub id: Uuid,
    /// Whose account it opens.
    pub user_id: Uuid,
    /// What its owner calls it.
    pub name: PasskeyName,
    /// What its signatures are verified with.
    pub credential: StoredCredential,
    /// How often it was used.
    pub uses: i64,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last used; none before the first time.
    pub last_used_at: Option<Timestamp>,
    /// When its signature counter went backwards, which says that there may be a copy of it. It opens nothing any more.
    pub disabled_at: Option<Timestamp>,
}

/// Public key, signature counter and flags of a credential, as a text that only whoever verifies signatures can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential(pub String);

/// SHA-256 of a credential's id, which an authenticator has chosen: 16 to 1023 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialHash(pub [u8; 32]);

impl CredentialHash {
    /// The hash of the id `id`.
    pub fn of(id: &[u8]) -> Self {
        Self(sha256(id))
    }
}

/// What a challenge is remembered by, once it was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnsweredChallenge {
    /// SHA-256 of the challenge.
    pub hash: [u8; 32],
    /// From then on it is refused anyway.
    pub expires_at: Timestamp,
}

impl AnsweredChallenge {
    /// The challenge `bytes`, which is good until `expires_at`.
    pub fn of(bytes: &[u8], expires_at: Timestamp) -> Self {
        Self { hash: sha256(bytes), expires_at }
    }
}

/// A use of a passkey that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyUse {
    /// The passkey.
    pub passkey_id: Uuid,
    /// How often it had been used when that was verified.
    pub seen_uses: i64,
    /// The challenge that it was used for.
    pub challenge: AnsweredChallenge,
    /// What is stored from now on, where that is something else: the counter, or whether there are copies of the key.
    pub credential: Option<StoredCredential>,
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
