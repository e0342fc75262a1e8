//! The balancer through real sockets.

mod balancer;
mod basics;
mod faults;
