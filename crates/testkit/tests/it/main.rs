//! The kit against itself: scripted upstreams asked by raw clients, processes, and chaos.

// Helpers of tests fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod chaos;
mod fake_api;
mod process;
mod upstream;
