//! The whole system as plain processes on this machine, with no container engine and no database server.
//!
//! The modules in the order in which a start meets them: [`options`] says what a person asked for, [`layout`] turns
//! that into ports, paths and environments, [`preflight`] looks for what would make the start fail, [`supervisor`]
//! keeps one child process alive (its log lines through [`log_pipe`]), [`cluster`] starts and stops all of them in
//! order, [`frontend`] serves the page as nginx would (its files by `page_files` with `page_headers`, its spans on by `page_traces`), [`manifest`] tells scripts what runs where, and [`terminal`]
//! is the only place that prints.
//!
//! The cluster knows the services only by their binaries, environment and HTTP surface, never by their crates.

pub mod cluster;
pub mod frontend;
pub mod layout;
mod log_pipe;
mod mails;
pub mod manifest;
pub mod options;
mod page_files;
mod page_headers;
mod page_traces;
pub mod preflight;
mod readiness;
mod secret;
pub mod supervisor;
pub mod terminal;
