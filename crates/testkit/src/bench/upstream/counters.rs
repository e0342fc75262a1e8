use serde::Serialize;

use crate::bench::message::Forwarded;

/// What arrived since the start. `/bench/stats` gives it as JSON.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Counters {
    /// Connections accepted by the HTTP servers.
    pub connections: u64,
    /// Requests answered, but for health checks and the counters themselves.
    pub requests: u64,
    /// Of these, requests without a filled `X-Forwarded-For`.
    pub without_client: u64,
    /// Without `X-Forwarded-Proto`.
    pub without_proto: u64,
    /// Without `X-Forwarded-Host`.
    pub without_host: u64,
    /// Without `X-Request-Id`.
    pub without_request_id: u64,
    /// Bytes of request bodies.
    pub body_bytes: u64,
    /// Connections ended because their bytes were no message of the benchmark.
    pub malformed: u64,
    /// Lines that reached the log sink.
    pub log_lines: u64,
}

impl Counters {
    /// Counts one request that bore `forwarded`.
    pub(super) fn request(&mut self, forwarded: Forwarded) {
        self.requests += 1;
        self.without_client += u64::from(!forwarded.client);
        self.without_proto += u64::from(!forwarded.proto);
        self.without_host += u64::from(!forwarded.host);
        self.without_request_id += u64::from(!forwarded.request_id);
    }
}
