//! Configuration from the environment: every bad or missing value is reported at once.
//!
//! Each value `X` may be given as `X_FILE` instead, the path of a file that holds the value: container engines hand
//! over secrets that way. An empty value counts as not given. The values themselves are never shown.

mod secret;
mod sources;
mod value_files;

pub use secret::Secret;
pub use sources::Sources;
pub use value_files::{ValueChange, ValueFiles};

use std::fmt;

/// One value that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable, as a person has to type it.
    pub name: String,
    /// What is wrong with the value; never the value itself.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

/// All problems of a configuration, one to a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct ConfigErrors(pub Vec<Problem>);

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}
