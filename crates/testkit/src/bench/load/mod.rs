//! The clients of the benchmark.
//!
//! A [`Fleet`] is a number of connections driven by one loop; a [`Pace`] says when the next request is due:
//! as soon as a connection is free (closed loop), or at a fixed rate (open loop). In the open loop a latency counts
//! from the moment the request was due, also when no connection was free then, so that a slow server cannot hide
//! behind the requests it kept from being sent (coordinated omission).

mod connection;
mod fleet;
mod pace;
mod stream;
mod tally;

pub use self::{
    connection::{Failure, Work},
    fleet::{Fleet, LoadError},
    pace::Pace,
    stream::{Dial, TlsError},
    tally::{Latency, Report},
};
