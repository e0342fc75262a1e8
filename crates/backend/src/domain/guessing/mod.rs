//! Limits on guessing: how many wrong guesses are free, and how long the next one has to wait after those.
//!
//! Each wrong guess is a debt that is forgiven after a while. As long as the debt is small, guesses are free; from there
//! on each doubles the time until the next one may be made. What is guessed at (an account) and who guesses (an address, a
//! device) are counted apart, so that neither many addresses against one account nor one against many accounts get far.
//!
//! Two moments are all that is stored of a debt, so that one statement counts a guess, whichever instances count others
//! at the same time.

mod policy;
mod subject;

pub use policy::{Debt, Policy};
pub use subject::{GuessKey, Limit};

/// The purpose of guesses at a password.
pub const LOG_IN: &str = "log in";
