//! The onboarding API: people register, log in and are led through the steps of an onboarding.
//!
//! An instance keeps no state of its own, so that any of them can answer any request. The
//! modules, in the order in which a process and then a request meet them: [`config`] reads the
//! environment, [`app`] builds and runs the server, [`api`] parses a request and shapes the
//! answer, [`idempotency`] makes it repeatable, [`auth`] says who asks, [`domain`] decides,
//! [`store`] keeps, [`outbox`] holds what is to be told
//! to the world outside, and [`mail`] and [`webhook`] tell it. [`cluster`] asks balancers and instances how they are.

pub mod api;
pub mod app;
pub mod auth;
pub mod cluster;
pub mod config;
pub mod domain;
pub mod idempotency;
pub mod mail;
pub mod metrics;
pub mod outbox;
mod percent;
mod process_metrics;
mod span_metrics;
pub mod store;
pub mod webhook;
