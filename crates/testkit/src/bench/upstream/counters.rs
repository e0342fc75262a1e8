use serde::Serialize;

use crate::bench::message::Forwarded;

/// The counts since the start. `/bench/stats` gives them as JSON.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Counters {
    /// The number of connections accepted by the HTTP servers.
    pub connections: u64,
    /// The number of answered requests, without health checks and requests for the counters.
    pub requests: u64,
    /// The number of these requests without a filled `X-Forwarded-For`.
    pub without_client: u64,
    /// The number of these requests without `X-Forwarded-Proto`.
    pub without_proto: u64,
    /// The number of these requests without `X-Forwarded-Host`.
    pub without_host: u64,
    /// The number of these requests without `X-Request-Id`.
    pub without_request_id: u64,
    /// The length of all request bodies, in bytes.
    pub body_bytes: u64,
    /// The number of connections that ended because their bytes were no message of the benchmark.
    pub malformed: u64,
    /// The number of lines that reached the log sink.
    pub log_lines: u64,
}

impl Counters {
    /// Counts one request with the headers `forwarded`.
    pub(super) fn request(&mut self, forwarded: Forwarded) {
        self.requests += 1;
        self.without_client += u64::from(!forwarded.client);
        self.without_proto += u64::from(!forwarded.proto);
        self.without_host += u64::from(!forwarded.host);
        self.without_request_id += u64::from(!forwarded.request_id);
    }
}
