//! Messages to the world outside: written with what they tell of, sent afterwards.
//!
//! A handler commits a [`crate::domain::mail::Mail`] together with its effect, sealed by [`Envelopes`]: a message exists
//! exactly if the effect does, and a repeated request does not write a second one.

mod envelope;

pub use envelope::{EnvelopeError, Envelopes, MAIL};
