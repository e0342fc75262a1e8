//! service-kit from outside: tokens against another implementation, and signals to a real process.

// Helpers of tests fail as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod forge;
mod shutdown;
mod tokens;
