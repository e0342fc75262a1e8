//! Proves who people are: passwords, access tokens, sessions, second factors, passkeys and providers.

mod access;
mod challenge;
mod codes;
mod factor_secrets;
mod hasher;
mod known_device;
pub mod oidc;
mod open_session;
pub mod passkeys;
mod revocations;
mod sealer;
mod successor;
mod unsubscribe;
mod verify;

pub use access::{AccessError, CurrentUser, TokenIssuer};
pub use challenge::{Challenge, ChallengeToken, Challenges, NoChallenge};
pub use codes::{CodeMaker, IssuedCode};
pub use factor_secrets::{FactorSecretError, FactorSecrets};
pub use hasher::{HashError, HashMetrics, Hasher, hash_once};
pub use known_device::{DeviceSigner, KnownDevice};
pub use open_session::{Grant, OpenedSession};
pub use revocations::{MOST as MOST_REVOCATIONS, Revocations, Standing};
pub use successor::Successors;
pub use unsubscribe::UnsubscribeSigner;
pub use verify::Verified;
