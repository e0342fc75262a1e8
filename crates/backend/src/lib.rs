//! The onboarding API: people register, log in and are led through the steps of an onboarding.
//!
//! An instance keeps no state of its own, so that any instance can answer any request. The modules, in the order in
//! which a process and then a request meet them: [`config`] reads the environment, [`app`] builds and runs the
//! server, [`api`] parses a request and makes the answer, [`idempotency`] makes requests repeatable, [`auth`] proves
//! who asks, [`domain`] decides, [`store`] reads and writes the database, [`outbox`] holds messages to other systems,
//! and [`mail`] and [`webhook`] send them. [`cluster`] asks balancers and instances for their state.

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
