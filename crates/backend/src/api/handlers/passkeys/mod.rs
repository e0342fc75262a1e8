//! Passkeys. `register` adds one to an account. `own` lists, renames and removes them. `login` begins a session by
//! one. `prove` verifies a signature, for a log-in and for a step-up.

pub(in crate::api) mod login;
pub(in crate::api) mod own;
pub(in crate::api::handlers) mod prove;
pub(in crate::api) mod register;
