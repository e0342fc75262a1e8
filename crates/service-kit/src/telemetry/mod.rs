//! Telemetry: log lines, spans, and the ids by which a request is followed.

mod logging;
mod request_id;
mod trace_parent;
pub mod traces;

pub use logging::{InitError, LogFormat, TelemetryConfig, UnknownLogFormat, init, init_with};
pub use request_id::RequestId;
pub use trace_parent::TraceParent;
