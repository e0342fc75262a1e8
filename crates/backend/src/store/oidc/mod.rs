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

/// A change by a log-in at a provider. All changes but `Begin` and `Unlink` use a flow, by the hash of the flow's
/// state. The outcome is [`Outcome::Stale`](super::Outcome::Stale), and nothing is done, where the flow was used or
/// has expired. The outcome is the same where an identity to be linked (issuer and subject) is linked already.
#[derive(Debug, Clone)]
pub enum OidcChange {
    /// Stores a flow.
    Begin(NewFlow),
    /// Ends a flow without a log-in.
    End {
        /// The hash of the flow's state.
        state_hash: [u8; 32],
    },
    /// Begins a session of the account that an identity opens. The identity must still exist.
    LogIn {
        /// The hash of the flow's state.
        state_hash: [u8; 32],
        /// The id of the identity, whose `last_used_at` becomes the mutation's time.
        identity_id: Uuid,
        /// The session, and the account as it was read.
        log_in: Box<LogIn>,
    },
    /// Makes an account with an identity, a session and an onboarding. The outcome is
    /// [`Outcome::EmailTaken`](super::Outcome::EmailTaken) where another account has the address.
    Register {
        /// The hash of the flow's state.
        state_hash: [u8; 32],
        /// The account.
        user: Box<NewUser>,
        /// The identity that opens the account.
        identity: Box<Identity>,
        /// The first session.
        session: Box<NewSession>,
        /// The code of the first mail; none where the address is verified.
        code: Option<Box<NewCode>>,
        /// The limit that counts the registration.
        counted: Option<Limit>,
    },
    /// Adds an identity to an account.
    Link {
        /// The hash of the flow's state.
        state_hash: [u8; 32],
        /// The identity, with the id of the account.
        identity: Box<Identity>,
        /// The address that must still be the account's and verified; none where no address matters.
        verified: Option<Email>,
        /// The session that begins, and the account as it was read; none where the person is logged in already.
        log_in: Option<Box<LogIn>>,
    },
    /// Removes an identity from an account that keeps another way in.
    Unlink {
        /// The id of the account that the identity must belong to.
        user_id: Uuid,
        /// The id of the identity.
        identity_id: Uuid,
        /// The way in that the account keeps.
        remains: WayIn,
    },
}

impl OidcChange {
    /// The change's name in metrics and logs.
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
