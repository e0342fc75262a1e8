//! A person's way through the API: registering, logging in, every onboarding step, and back to read it.
//!
//! Each request has one try and 30 seconds; whatever is not the expected answer is a failure that is counted
//! and kept. What was acknowledged is remembered by the [`Person`], and [`Person::verify`] asks for it again.

mod account;
mod api;
mod figures;
pub mod form;
mod mailbox;
mod person;
mod steps;
mod verify;

pub use api::{Answer, Api, Call, Operation};
pub use figures::{Failure, Figures, Latencies, Reason};
pub use mailbox::Mailbox;
pub use person::{Person, Tokens};
pub use steps::StepAck;
pub use verify::Finding;
