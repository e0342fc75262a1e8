//! The clocks of an exchange. Each runs against whoever is awaited.

use std::time::Duration;

/// The time limits of an exchange with a pool, as its route has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// The longest time to make a new connection to a server.
    pub connect: Duration,
    /// The time without a byte after which a server is asked for its health on behalf of a request that another server
    /// could answer, and again each time that it has passed once more. A server that does not answer at once, while
    /// another one is usable, is left. Never longer than `first_byte`; as long, it makes no difference.
    pub inquiry: Duration,
    /// The time from the request's last byte, or the last one that the server has taken, to the first byte of the
    /// server's answer. After this time the server is asked for its health, and again each time that it has passed once
    /// more.
    pub first_byte: Duration,
    /// The longest silence within an answer, and the longest time for which a client takes nothing of one.
    pub response_idle: Duration,
    /// The longest silence of a client within its request's body.
    pub request_idle: Duration,
    /// The longest time from the request's last byte to the first byte of the answer that the client gets, over all
    /// attempts.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(1),
            inquiry: Duration::from_secs(1),
            first_byte: Duration::from_secs(10),
            response_idle: Duration::from_mins(1),
            request_idle: Duration::from_secs(30),
            total: Duration::from_mins(1),
        }
    }
}
