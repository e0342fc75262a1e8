//! The ways into an account, one of which must stay.

use uuid::Uuid;

/// A way in that an account keeps when another one is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// A password.
    Password,
    /// Another identity at a provider.
    Identity(Uuid),
    /// Another passkey, which is not disabled.
    Passkey(Uuid),
}
