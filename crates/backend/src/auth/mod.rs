//! How people prove who they are: passwords, access tokens, sessions.

mod access;
mod hasher;
mod open_session;

pub use access::{AccessError, CurrentUser, TokenIssuer};
pub use hasher::{HashError, Hasher};
pub use open_session::{OpenedSession, new_token};
