//! Passive health: how many failures of which kind put a server out. Which kinds count is
//! [`retry::verdict`](crate::retry::verdict); the counters hang on the server.

/// The settings of passive health: how many failures in a row put a server out until a check finds it well again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// The attempts in a row that could not connect. One is enough by default: nobody listens.
    pub connect_failures: u32,
    /// The attempts in a row that failed otherwise (no answer, or none in time): three by default.
    pub failures: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { connect_failures: 1, failures: 3 }
    }
}
