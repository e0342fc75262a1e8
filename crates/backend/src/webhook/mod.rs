//! Tells events to another system over HTTP, by the scheme of [Standard Webhooks](https://www.standardwebhooks.com).
//!
//! An [`Endpoint`] sends a [`Delivery`]: the body ([`body()`]) is the same, byte for byte, each time, and so is its id; each
//! try is signed anew ([`signature`]), for the time of the try. What becomes of an event by the [`Reply`], what waits
//! and what is tried again is for the module `outbox` to say.

mod body;
mod endpoint;
pub mod signature;

pub use body::body;
pub use endpoint::{Delivery, Endpoint, EndpointConfig, EndpointError, Reply, SEND_LIMIT};
