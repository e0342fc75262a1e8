//! Log-in by OpenID Connect providers. `start` sends a person to a provider. `callback` takes the person back and
//! begins a session. `link` adds an identity to an account. `identities` lists and removes identities. `flow` has
//! their common parts.

pub(in crate::api) mod callback;
mod dto;
mod flow;
pub(in crate::api) mod identities;
pub(in crate::api) mod link;
pub(in crate::api) mod start;

/// The names of bodies that refuse unknown fields.
pub(in crate::api) const CLOSED: [&str; 3] = ["CallbackRequest", "LinkCallbackRequest", "LinkStartRequest"];
