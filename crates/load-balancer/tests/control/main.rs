//! The balancer as a whole, from its configuration file: probes, changes, reloads, the program.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod admin;
mod cache;
mod circuits;
mod clients;
mod clocks;
mod discovery;
mod endings;
mod exhaustion;
mod harness;
mod limits;
mod overview;
mod probes;
mod program;
mod reload;
mod revalidation;
mod secrets;
mod shipped;
mod upgrade;
