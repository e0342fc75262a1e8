//! The ways into an account, of which one must stay.

use uuid::Uuid;

/// A way into an account that remains when another one is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WayIn {
    /// A password.
    Password,
    /// Another identity at a provider.
    Identity(Uuid),
    /// Another passkey, which is not disabled.
    Passkey(Uuid),
}
