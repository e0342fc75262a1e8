//! The balancer through real sockets.

mod balancer;
mod basics;
mod connections;
mod faults;
mod messages;
mod secure;
mod strictness;
