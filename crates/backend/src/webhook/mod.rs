//! Sends events to another system over HTTP, by the scheme of [Standard Webhooks](https://www.standardwebhooks.com).
//!
//! An [`Endpoint`] sends a [`Delivery`]. The body ([`body()`]) and the id are the same in each attempt. Each attempt
//! is signed anew ([`signature`]), for the time of the attempt. The module `outbox` decides what follows from the
//! [`Reply`].

mod body;
mod endpoint;
pub mod signature;

pub use body::body;
pub use endpoint::{Delivery, Endpoint, EndpointConfig, EndpointError, Reply, SEND_LIMIT};
