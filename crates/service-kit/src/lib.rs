//! Code that both services share. It knows neither service.
//!
//! The modules, in the order in which a process meets them: [`config`] reads the environment and reports every bad
//! value at once; [`duration`] parses times; [`toml_file`] reads files that people write, with the place of every
//! error; [`exit`] turns a failure into a text and a code; [`files`] notices that a file has been replaced;
//! [`telemetry`] sets up logging and names requests; [`health`] answers "is it up?" and [`http`] asks it; [`jwt`] seals
//! and opens access tokens; [`process`] measures the process itself; [`shutdown`] ends it without dropping work.
//!
//! Deliberately absent: an HTTP framework, a database, and any name of a route.

pub mod config;
pub mod duration;
pub mod exit;
pub mod files;
pub mod health;
pub mod http;
pub mod jwt;
pub mod process;
pub mod shutdown;
pub mod telemetry;
pub mod toml_file;
