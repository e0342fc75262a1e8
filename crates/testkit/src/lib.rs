//! What tests are made of: development only, and no part of what is shipped.
//!
//! [`eventually()`] waits for a condition instead of sleeping; [`Upstream`] is a scripted server over bare TCP,
//! [`RawClient`] the same on the other side; [`Process`] runs a binary, reads its lines and sends it signals;
//! [`endings`] are answers for every client that there is; [`otlp`] is a collector of traces, [`smtp`] a mail server that records, [`webhook`] a receiver of webhooks; [`people`] fills a database; [`journey`] is a person's way through the API, and [`chaos`] many of them while backends die.

// A panic is how a test fails, and everything here runs in tests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub mod bench;
pub mod chaos;
pub mod endings;
mod eventually;
pub mod journey;
mod message;
pub mod otlp;
pub mod people;
pub mod process;
pub mod raw;
pub mod smtp;
pub mod upstream;
pub mod webhook;

pub use eventually::{Condition, eventually};
pub use process::Process;
pub use raw::{RawClient, RawResponse};
pub use upstream::{Answer, Gate, Script, Seen, Step, Upstream};
