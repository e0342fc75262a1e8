//! Effects of log-ins at OpenID Connect providers.

mod queries;

use uuid::Uuid;

use super::{LogIn, WayIn};
use crate::domain::guessing::Limit;
use crate::domain::oidc::{Identity, NewFlow};
use crate::domain::one_time_code::NewCode;
use crate::domain::session::NewSession;
use crate::domain::{Email, NewUser};

pub use queries::OidcIdentities;

/// What a log-in at a provider changes. All but `Begin` and `Unlink` use a flow, by the hash of its state: it must not have
/// been used and not have expired, else [`Outcome::Stale`](super::Outcome::Stale), and nothing is done. So is an identity
/// (issuer and subject) that is linked already.
#[derive(Debug, Clone)]
pub enum OidcChange {
    /// Stores a flow.
    Begin(NewFlow),
    /// Ends a flow that came to nothing.
    End {
        /// The flow.
        state_hash: [u8; 32],
    },
    /// Begins a session of the account that an identity opens. The identity must still be there.
    LogIn {
        /// The flow.
        state_hash: [u8; 32],
        /// The identity; its `last_used_at` becomes the mutation's time.
        identity_id: Uuid,
        /// The session, and the account as it was read.
        log_in: Box<LogIn>,
    },
    /// Makes an account with an identity, a session and an onboarding. An address that is there already:
    /// [`Outcome::EmailTaken`](super::Outcome::EmailTaken).
    Register {
        /// The flow.
        state_hash: [u8; 32],
        /// The account.
        user: Box<NewUser>,
        /// What opens it.
        identity: Box<Identity>,
        /// Its first session.
        session: Box<NewSession>,
        /// What the first mail to its address brings; none where the address is verified.
        code: Option<Box<NewCode>>,
        /// What registrations are counted by.
        counted: Option<Limit>,
    },
    /// Adds an identity to an account.
    Link {
        /// The flow.
        state_hash: [u8; 32],
        /// The identity, with the account that it is to open.
        identity: Box<Identity>,
        /// The address that must still be the account's, and verified.
        verified: Option<Email>,
        /// A session that begins, and the account as it was read.
        log_in: Option<Box<LogIn>>,
    },
    /// Takes an identity away from an account, where the other way into it is still there.
    Unlink {
        /// Whose identity it must be.
        user_id: Uuid,
        /// The identity.
        identity_id: Uuid,
        /// What remains.
        remains: WayIn,
    },
}

impl OidcChange {
    /// A name for metrics and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Begin(_) => "begin_oidc_flow",
            Self::End { .. } => "end_oidc_flow",
            Self::LogIn { .. } => "log_in_by_oidc",
            Self::Register { .. } => "register_by_oidc",
            Self::Link { .. } => "link_oidc_identity",
            Self::Unlink { .. } => "unlink_oidc_identity",
        }
    }
}
