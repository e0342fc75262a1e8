//! The API through real sockets, started as in production.

mod accounts;
mod admin;
mod admin_commands;
mod bad_input;
mod clocks;
mod drill;
pub(crate) mod harness;
mod idempotency;
mod lifecycle;
mod lost_file;
mod odd_input;
mod onboarding;
mod openapi;
mod operations;
mod overload;
pub(crate) mod processes;
mod rotation;
mod sessions;
mod tokens;
mod traces;
