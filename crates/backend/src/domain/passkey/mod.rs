//! Passkeys: keys in people's authenticators, which log in without a password (WebAuthn Level 3).
//!
//! An authenticator signs only after it has recognized its owner by a PIN, a finger or a face. So a passkey is two
//! factors in one: the device, and the proof that unlocked the device.

mod name;

use aws_lc_rs::digest::{SHA256, digest};
use time::Duration;
use uuid::Uuid;

use super::Timestamp;

pub use name::{PasskeyName, PasskeyNameError};

/// The purpose of guesses at a passkey.
pub const PASSKEY: &str = "passkey";

/// The time that an authenticator and its owner may take from the challenge to the answer, as WebAuthn Level 3
/// section 15.1 recommends.
pub const CEREMONY_LIFETIME: Duration = Duration::minutes(5);

/// The largest number of passkeys of one person.
pub const MAX_PASSKEYS: u32 = 20;

/// A stored passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// The passkey's id (`UUIDv7`), which names the passkey in paths.
    pub id: Uuid,
    /// The id of the account that the passkey opens.
    pub user_id: Uuid,
    /// The name that the owner has given the passkey.
    pub name: PasskeyName,
    /// The credential that verifies the passkey's signatures.
    pub credential: StoredCredential,
    /// The number of uses.
    pub uses: i64,
    /// The time of the registration.
    pub created_at: Timestamp,
    /// The time of the last use; none before the first.
    pub last_used_at: Option<Timestamp>,
    /// The time when the passkey was disabled, because its signature counter went backwards and there may be a copy
    /// of the key. None for a passkey that works.
    pub disabled_at: Option<Timestamp>,
}

/// Public key, signature counter and flags of a credential, serialized. Only the verifier of signatures reads the
/// text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCredential(pub String);

/// SHA-256 of a credential's id. The authenticator chooses the id, which has 16 to 1023 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CredentialHash(pub [u8; 32]);

impl CredentialHash {
    /// The hash of the credential id `id`.
    pub fn of(id: &[u8]) -> Self {
        Self(sha256(id))
    }
}

/// The record of an answered challenge, by which a second answer is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnsweredChallenge {
    /// SHA-256 of the challenge.
    pub hash: [u8; 32],
    /// The end of the challenge's lifetime, after which the record is not needed.
    pub expires_at: Timestamp,
}

impl AnsweredChallenge {
    /// The record of the challenge `bytes`, whose lifetime ends at `expires_at`.
    pub fn of(bytes: &[u8], expires_at: Timestamp) -> Self {
        Self { hash: sha256(bytes), expires_at }
    }
}

/// A verified use of a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyUse {
    /// The id of the passkey.
    pub passkey_id: Uuid,
    /// The number of uses that the passkey had when this use was verified.
    pub seen_uses: i64,
    /// The challenge that was answered.
    pub challenge: AnsweredChallenge,
    /// The credential to be stored from now on; none where it is unchanged. The counter changes, or the flag that
    /// says whether the key is copied to other devices.
    pub credential: Option<StoredCredential>,
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
