//! Log-in by OpenID Connect providers: `start` sends a person there, `callback` takes them back and begins a session,
//! `link` adds an identity to an account, `identities` shows and takes away what was added; `flow` is what they share.

pub(in crate::api) mod callback;
mod dto;
mod flow;
pub(in crate::api) mod identities;
pub(in crate::api) mod link;
pub(in crate::api) mod start;

/// Bodies with any other field than those that are described are refused.
pub(in crate::api) const CLOSED: [&str; 3] = ["CallbackRequest", "LinkCallbackRequest", "LinkStartRequest"];
