//! Log lines on standard error: JSON for machines, text for people, times in UTC.

use std::{io, str::FromStr};

use json_subscriber::JsonLayer;
use serde::Deserialize;
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt as _, ParseError, filter_fn},
    fmt::{MakeWriter, time::UtcTime},
    layer::SubscriberExt,
    util::{SubscriberInitExt, TryInitError},
};

use super::traces::{Traces, is_span};

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object to a line, with `timestamp`, `level`, `service`, `instance`, `target` and `message`, and with
    /// the fields of the event and of its spans.
    Json,
    /// Lines for a terminal, with no colour.
    #[default]
    Text,
}

/// The format is neither `json` nor `text`.
#[derive(Debug, thiserror::Error)]
#[error("is neither json nor text")]
pub struct UnknownLogFormat;

impl FromStr for LogFormat {
    type Err = UnknownLogFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            _ => Err(UnknownLogFormat),
        }
    }
}

/// The identity of the process in its log, and the format.
#[derive(Debug, Clone)]
pub struct TelemetryConfig {
    /// The name of the program, as in `onboarding-backend`.
    pub service: String,
    /// The name of this instance of the program.
    pub instance: String,
    /// The format of lines.
    pub format: LogFormat,
}

/// The reason why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// `RUST_LOG` cannot be read.
    #[error("RUST_LOG cannot be read")]
    Filter(#[from] ParseError),
    /// Logging was started before.
    #[error("logging is set up already")]
    Twice(#[from] TryInitError),
}

/// Starts logging for the whole process. `RUST_LOG` is the filter (default `info`).
pub fn init(config: &TelemetryConfig) -> Result<(), InitError> {
    init_with(config, None)
}

/// Starts logging. Spans of the target [`SPANS`](super::traces::SPANS) go to `traces`, whatever `RUST_LOG` says.
pub fn init_with(config: &TelemetryConfig, traces: Option<&Traces>) -> Result<(), InitError> {
    let directives = std::env::var("RUST_LOG").ok().filter(|directives| !directives.is_empty());
    let filter = filter(directives.as_deref().unwrap_or("info"))?;
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match config.format {
        LogFormat::Json => Box::new(json(config, io::stderr)),
        LogFormat::Text => Box::new(
            tracing_subscriber::fmt::layer()
                .with_timer(UtcTime::rfc_3339())
                .with_ansi(false)
                .with_writer(io::stderr),
        ),
    };
    let lines = lines.with_filter(filter.and(filter_fn(|metadata| !is_span(metadata))));
    Ok(tracing_subscriber::registry().with(lines).with(traces.map(Traces::layer)).try_init()?)
}

/// The filter of `directives`. The h2 library logs errors only, unless the directives name it: each frame of an
/// attack would be a warning.
fn filter(directives: &str) -> Result<EnvFilter, ParseError> {
    EnvFilter::try_new(format!("h2=error,{directives}"))
}

fn json<S, W>(config: &TelemetryConfig, writer: W) -> JsonLayer<S, W>
where
    S: Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let mut layer = JsonLayer::new(writer);
    layer.with_timer("timestamp", UtcTime::rfc_3339());
    layer.with_level("level");
    layer.with_target("target");
    layer.add_static_field("service", config.service.clone().into());
    layer.add_static_field("instance", config.instance.clone().into());
    layer.with_top_level_flattened_span_list();
    layer.with_flattened_event();
    layer
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_json_line_says_who_what_and_in_which_request() {
        let written = Written::default();
        let writer = written.clone();
        let config = TelemetryConfig {
            service: "onboarding-backend".into(),
            instance: "backend-2".into(),
            format: LogFormat::Json,
        };
        let layer = json(&config, move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let span = tracing::info_span!("request", request_id = "r-1");
            span.in_scope(|| tracing::warn!(attempts = 2, "the database is \"slow\"\nvery"));
        });
        let lines = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(lines.lines().count(), 1, "{lines}");
        let line: serde_json::Value = serde_json::from_str(&lines).unwrap();
        for (key, expected) in [
            ("level", "WARN"),
            ("service", "onboarding-backend"),
            ("instance", "backend-2"),
            ("request_id", "r-1"),
            ("message", "the database is \"slow\"\nvery"),
            ("target", module_path!()),
        ] {
            assert_eq!(line[key], expected, "{key} in {lines}");
        }
        assert_eq!(line["attempts"], 2);
        let time = line["timestamp"].as_str().unwrap();
        assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
    }

    #[test]
    fn formats_have_names() {
        assert_eq!("json".parse::<LogFormat>().unwrap(), LogFormat::Json);
        assert_eq!("text".parse::<LogFormat>().unwrap(), LogFormat::Text);
        assert!("JSON!".parse::<LogFormat>().is_err());
    }

    #[test]
    fn warnings_of_the_http2_library_are_left_out_unless_they_are_asked_for() {
        for (directives, expected) in [("info", 0), ("debug,hyper=off", 0), ("info,h2=warn", 1)] {
            let written = Written::default();
            let writer = written.clone();
            let lines = tracing_subscriber::fmt::layer().with_writer(move || writer.clone());
            let subscriber =
                tracing_subscriber::registry().with(lines.with_filter(filter(directives).unwrap()));
            tracing::subscriber::with_default(subscriber, || {
                tracing::warn!(target: "h2::proto::ping_pong", "recv PING ack that we never sent");
                tracing::warn!("ours");
            });
            let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
            assert_eq!((text.matches("PING").count(), text.matches("ours").count()), (expected, 1), "{text}");
        }
    }
}
