//! Messages to other systems and people. A message is written together with the change that it tells of, and sent
//! afterwards.
//!
//! A handler commits a [`crate::domain::mail::Mail`] together with its effect, encrypted by [`Envelopes`]. So a
//! message exists exactly if the effect does, and a repeated request does not write a second one.
//!
//! # Exactly once, and where it ends
//!
//! A message is leased to one instance, and no message is lost: a leased message that is not settled is due again at
//! the end of the lease. SMTP has no way for a sender to learn whether a server took a mail before the connection was
//! lost (RFC 5321 section 6.1, RFC 1047). So a mail is sent again if its instance is killed between the server's last
//! answer and the settlement, which follows at once. The mail has the same `Message-ID` and the same bytes, by which
//! receivers recognize repetitions. One kill can repeat one mail at most, because an instance sends one mail at a
//! time.
//!
//! Events ([`crate::domain::event::Event`]) go the same way to the webhook ([`crate::webhook`]), those of one person
//! one after the other. HTTP has no such way either. So an event comes at least once, with the same id each time.

mod envelope;
mod event;
mod metrics;
pub mod policy;
pub mod webhook;

pub use envelope::{EnvelopeError, Envelopes, MAIL};
pub use event::WEBHOOK;
pub use metrics::OutboxMetrics;
