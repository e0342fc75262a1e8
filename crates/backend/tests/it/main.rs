//! Integration tests: the store's contract on every store, and the API through real sockets.

// A panic is how a test fails.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod api;
mod mail;
mod oidc;
mod passkeys;
mod store;
mod webhook;
