//! The API through real sockets, started as in production.

mod accounts;
mod admin;
mod admin_commands;
mod bad_input;
mod clocks;
mod drill;
mod email;
mod guessing;
pub(crate) mod harness;
mod idempotency;
mod kept_answers;
mod lifecycle;
mod lost_file;
mod mailbox;
mod odd_input;
mod onboarding;
mod openapi;
mod operations;
mod overload;
mod own_account;
mod password_rules;
mod passwords;
pub(crate) mod processes;
mod rotation;
mod sessions;
mod tokens;
mod traces;
