//! The cluster from outside: its command line, its life under faults, and the promise it makes.
//!
//! The services' binaries are expected beside `local-cluster`, as `just test` builds them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod cluster;
mod forged;
mod life;
mod odd_input;
mod page_files;
mod promise;
mod refusals;
mod templates;
mod traces;
