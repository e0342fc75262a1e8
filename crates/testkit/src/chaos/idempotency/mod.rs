//! One idempotency key used many times at once, and while the first instance hangs: one effect, one answer.
//!
//! Requests go to the instances themselves, because a balancer in between would make them different.

mod request;
mod trials;

use std::{fmt, path::Path};

use super::{Cluster, ClusterError};

/// One trial and its result.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The name of the trial.
    pub name: &'static str,
    /// What was seen: as an error where it is wrong.
    pub outcome: Result<String, String>,
}

/// All trials of a run.
#[derive(Debug, Clone)]
pub struct Trials(pub Vec<Trial>);

impl Trials {
    /// Whether all trials have succeeded.
    pub fn passed(&self) -> bool {
        self.0.iter().all(|trial| trial.outcome.is_ok())
    }
}

impl fmt::Display for Trials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        for Trial { name, outcome } in &self.0 {
            let (mark, text) = match outcome {
                Ok(text) => ("ok", text),
                Err(text) => ("FAILED", text),
            };
            writeln!(f, "  {mark:<8}{name}\n          {text}")?;
        }
        writeln!(f, "\n{}", if self.passed() { "passed" } else { "FAILED" })
    }
}

/// Runs all trials against the instances of the cluster. Dropping the run continues the processes that it has
/// stopped.
///
/// # Errors
///
/// A [`ClusterError`] where the description of the cluster cannot be used.
pub async fn run(manifest: &Path, seed: u64) -> Result<Trials, ClusterError> {
    let cluster = Cluster::read(manifest)?;
    Ok(Trials(trials::all(&cluster, seed).await))
}
