//! What both services share, knowing neither.
//!
//! In the order in which a process meets it: [`config`] reads the environment and reports every bad value at
//! once ([`duration`] is how times are written there), [`toml_file`] reads what people write, with the place of every
//! error, [`exit`] turns a failure into a text and a code, [`files`] tells that a file has been replaced, [`telemetry`]
//! sets up logging and names requests, [`health`] answers "is it up?" and [`http`] asks it, [`jwt`] seals and opens access
//! tokens, [`process`] tells what a process itself uses, and [`shutdown`] brings it to its end without dropping work.
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
