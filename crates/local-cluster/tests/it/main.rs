//! The cluster from outside: its command line, its life under faults, and the promise it makes.
//!
//! The services' binaries are expected beside `local-cluster`, as `just test` builds them.

mod cluster;
mod life;
mod refusals;
