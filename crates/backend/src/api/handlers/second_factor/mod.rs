//! Second factors: logs in with one, proves one again, switches one on and off.

pub(in crate::api::handlers) mod challenge;
pub(in crate::api) mod devices;
pub(in crate::api) mod login;
mod prove;
pub(in crate::api) mod recovery;
pub(in crate::api) mod step_up;
pub(in crate::api) mod totp;
