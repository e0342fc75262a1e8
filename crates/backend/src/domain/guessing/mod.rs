//! Limits on guessing: how many wrong guesses are free, and how long the next one has to wait after those.
//!
//! Each wrong guess is a debt that is forgiven after a while. Guesses are free while the debt is small. Above that,
//! each guess doubles the time until the next guess is allowed. The target of guesses (an account) and the source of
//! guesses (an address, a device) are counted apart. So neither many addresses against one account get far, nor one
//! address against many accounts.
//!
//! A debt is stored as two moments, so one statement counts a guess, even where several instances count guesses at
//! the same time.

mod policy;
mod subject;

pub use policy::{Debt, Policy};
pub use subject::{GuessKey, Limit};

/// The purpose of guesses at a password.
pub const LOG_IN: &str = "log in";
