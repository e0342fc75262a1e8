//! The token that a client carries from the first half of a ceremony to the second. The token is encrypted, so the
//! client can neither read nor change it.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::error::Unspecified;
use serde::{Deserialize, Serialize};
use service_kit::jwt::Keyring;
use time::OffsetDateTime;
use uuid::Uuid;
use webauthn_rs::prelude::{DiscoverableAuthentication, PasskeyRegistration};

use super::PasskeyError;
use crate::auth::sealer::Sealer;
use crate::domain::Timestamp;
use crate::domain::passkey::AnsweredChallenge;

const LABEL: &str = "passkey ceremonies A256GCM v1";

/// The longest token, in bytes. The state of a ceremony has some hundred bytes.
const MAX_TOKEN_BYTES: usize = 4096;

/// The purposes that tokens are bound to.
const REGISTRATION: &[u8] = b"registration";
const ASSERTION: &[u8] = b"assertion";

/// A ceremony, as the client keeps it. `Debug` does not show the token.
#[derive(Clone, PartialEq, Eq)]
pub struct CeremonyToken(pub String);

/// The text is too long or empty for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a challenge token, 1 to {MAX_TOKEN_BYTES} bytes long")]
pub struct NoCeremony;

impl FromStr for CeremonyToken {
    type Err = NoCeremony;

    fn from_str(text: &str) -> Result<Self, NoCeremony> {
        if (1..=MAX_TOKEN_BYTES).contains(&text.len()) { Ok(Self(text.to_owned())) } else { Err(NoCeremony) }
    }
}

impl fmt::Debug for CeremonyToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CeremonyToken(…)")
    }
}

/// The content of a token.
#[derive(Serialize, Deserialize)]
struct Ceremony<S> {
    /// SHA-256 of the challenge.
    challenge: [u8; 32],
    /// The end of the ceremony, in Unix seconds.
    expires_at: i64,
    /// The account and session that began the ceremony; none for a ceremony without a session.
    owner: Option<(Uuid, Uuid)>,
    /// The state by which the library verifies the answer.
    state: S,
}

impl<S> Ceremony<S> {
    fn of(owner: Option<(Uuid, Uuid)>, challenge: &AnsweredChallenge, state: S) -> Self {
        Self { challenge: challenge.hash, expires_at: challenge.expires_at.unix_timestamp(), owner, state }
    }

    /// The record of the challenge, which must not have expired at `now`.
    fn challenge(&self, now: Timestamp) -> Result<AnsweredChallenge, PasskeyError> {
        let expires_at = OffsetDateTime::from_unix_timestamp(self.expires_at);
        let expires_at = expires_at.ok().filter(|expires_at| now < *expires_at);
        Ok(AnsweredChallenge { hash: self.challenge, expires_at: expires_at.ok_or(PasskeyError::Expired)? })
    }
}

/// Makes and reads tokens, with the keys of all secrets.
#[derive(Debug)]
pub(super) struct Ceremonies(Sealer);

impl Ceremonies {
    pub(super) fn new(keyring: &Keyring) -> Result<Self, Unspecified> {
        Ok(Self(Sealer::new(keyring, LABEL)?))
    }

    pub(super) fn registration(
        &self,
        owner: (Uuid, Uuid),
        challenge: &AnsweredChallenge,
        state: &PasskeyRegistration,
    ) -> Result<CeremonyToken, Unspecified> {
        self.0.seal(REGISTRATION, &Ceremony::of(Some(owner), challenge, state)).map(CeremonyToken)
    }

    /// The account and session, the record of the challenge, and the state of a registration.
    pub(super) fn open_registration(
        &self,
        CeremonyToken(token): &CeremonyToken,
        now: Timestamp,
    ) -> Result<((Uuid, Uuid), AnsweredChallenge, PasskeyRegistration), PasskeyError> {
        let ceremony: Option<Ceremony<PasskeyRegistration>> = self.0.open(REGISTRATION, token);
        let ceremony = ceremony.ok_or(PasskeyError::Expired)?;
        let (owner, challenge) = (ceremony.owner.ok_or(PasskeyError::Expired)?, ceremony.challenge(now)?);
        Ok((owner, challenge, ceremony.state))
    }

    pub(super) fn assertion(
        &self,
        challenge: &AnsweredChallenge,
        state: &DiscoverableAuthentication,
    ) -> Result<CeremonyToken, Unspecified> {
        self.0.seal(ASSERTION, &Ceremony::of(None, challenge, state)).map(CeremonyToken)
    }

    pub(super) fn open_assertion(
        &self,
        CeremonyToken(token): &CeremonyToken,
        now: Timestamp,
    ) -> Result<(AnsweredChallenge, DiscoverableAuthentication), PasskeyError> {
        let ceremony: Option<Ceremony<DiscoverableAuthentication>> = self.0.open(ASSERTION, token);
        let ceremony = ceremony.ok_or(PasskeyError::Expired)?;
        Ok((ceremony.challenge(now)?, ceremony.state))
    }
}
