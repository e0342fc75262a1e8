//! The balancer through real sockets.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod balancer;
mod basics;
mod bodiless;
mod broken_answers;
mod circuits;
mod clocks;
mod connections;
mod faults;
mod half_closed;
mod heads;
mod http2_floods;
mod http2_heads;
mod hyper;
mod isolation;
mod messages;
mod panics;
mod refusals;
mod secure;
mod strictness;
mod traces;
mod unavailable;
mod ways;
