//! Messages to the world outside: written with what they tell of, sent afterwards.
//!
//! A handler commits a [`crate::domain::mail::Mail`] together with its effect, sealed by [`Envelopes`]: a message exists
//! exactly if the effect does, and a repeated request does not write a second one.
//!
//! # Exactly once, and where it ends
//!
//! A message is taken by one instance, and none is lost: one that was taken and not settled is due again when the lease
//! ends. SMTP has no question by which a sender could learn whether a mail was taken before the connection, or the
//! instance, was lost (RFC 5321 section 6.1, RFC 1047). So an instance that is killed between the server's answer to
//! the end of the mail and the writing down of it, which follows at once, leaves a mail that is sent again: by the same
//! `Message-ID` and the same bytes, by which receivers tell repetitions. Each kill can do this to one mail at most,
//! since an instance sends one at a time.
//!
//! Events ([`crate::domain::event::Event`]) go the same way to the webhook ([`crate::webhook`]), those of one person one
//! after the other. HTTP has no such question either, so they come at least once, each time by the same id.

mod envelope;
mod event;
mod metrics;
pub mod policy;
pub mod webhook;

pub use envelope::{EnvelopeError, Envelopes, MAIL};
pub use event::WEBHOOK;
pub use metrics::OutboxMetrics;
