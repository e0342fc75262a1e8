//! The configuration of traces by OpenTelemetry's environment variables
//! (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>).

use std::{collections::HashMap, time::Duration};

use reqwest::{
    Url,
    header::{HeaderName, HeaderValue},
};

use super::{Sampling, pairs};
use crate::config::{Secret, Sources};

/// The specification's default, in milliseconds.
const TIMEOUT_MS: u64 = 10_000;

/// The collector of spans, and the choice of spans.
#[derive(Debug, Clone)]
pub struct TraceConfig {
    endpoint: String,
    headers: Vec<(String, Secret)>,
    timeout: Duration,
    sampling: Sampling,
    service_name: Option<String>,
    attributes: Vec<(String, String)>,
}

impl TraceConfig {
    /// Reads the configuration. `None` where traces are off: no endpoint is given, or `OTEL_SDK_DISABLED` is `true`.
    /// Problems are noted.
    pub fn read(sources: &mut Sources) -> Option<Self> {
        let disabled = sources.or("OTEL_SDK_DISABLED", String::new()).eq_ignore_ascii_case("true");
        let endpoint = endpoint(sources);
        let config = Self {
            headers: headers(sources),
            timeout: timeout(sources),
            sampling: sampling(sources),
            service_name: sources.optional("OTEL_SERVICE_NAME"),
            attributes: attributes(sources),
            endpoint: endpoint?,
        };
        protocol(sources);
        (!disabled).then_some(config)
    }

    /// The URL that spans are sent to by `POST`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn headers(&self) -> HashMap<String, String> {
        self.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect()
    }

    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(super) fn sampling(&self) -> Sampling {
        self.sampling
    }

    pub(super) fn service_name(&self) -> Option<&str> {
        self.service_name.as_deref()
    }

    pub(super) fn attributes(&self) -> &[(String, String)] {
        &self.attributes
    }
}

/// The URL of the variable for traces, or the URL for all signals with the path that the specification adds.
fn endpoint(sources: &mut Sources) -> Option<String> {
    let name = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    if let Some(endpoint) = sources.optional::<String>(name) {
        return checked(sources, name, endpoint);
    }
    let name = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let base = sources.optional::<String>(name)?;
    checked(sources, name, format!("{}/v1/traces", base.trim_end_matches('/')))
}

fn checked(sources: &mut Sources, name: &str, endpoint: String) -> Option<String> {
    let url = Url::parse(&endpoint).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if url.is_none_or(|url| !url.has_host() || url.query().is_some()) {
        sources.reject(name, "is no address such as http://collector:4318");
        return None;
    }
    Some(endpoint)
}

/// The variable for traces alone, or the one for all signals.
fn specific(sources: &mut Sources, rest: &str) -> Option<(String, Secret)> {
    ["OTEL_EXPORTER_OTLP_TRACES_", "OTEL_EXPORTER_OTLP_"].iter().find_map(|prefix| {
        let name = format!("{prefix}{rest}");
        sources.secret(&name).map(|text| (name, text))
    })
}

fn headers(sources: &mut Sources) -> Vec<(String, Secret)> {
    let Some((name, text)) = specific(sources, "HEADERS") else { return Vec::new() };
    let pairs = pairs::parse(text.expose()).unwrap_or_else(|error| {
        sources.reject(&name, error);
        Vec::new()
    });
    for (field, value) in &pairs {
        if field.parse::<HeaderName>().is_err() || HeaderValue::from_str(value).is_err() {
            sources
                .reject(&name, format_args!("{field:?} is no header, or its value has forbidden characters"));
        }
    }
    pairs.into_iter().map(|(field, value)| (field, Secret::new(value))).collect()
}

fn timeout(sources: &mut Sources) -> Duration {
    let Some((name, text)) = specific(sources, "TIMEOUT") else { return Duration::from_millis(TIMEOUT_MS) };
    let millis = text.expose().parse().ok().filter(|millis| (1..=60_000).contains(millis));
    if millis.is_none() {
        sources.reject(name, "is no number of milliseconds from 1 to 60000");
    }
    Duration::from_millis(millis.unwrap_or(TIMEOUT_MS))
}

fn protocol(sources: &mut Sources) {
    if let Some((name, protocol)) = specific(sources, "PROTOCOL")
        && protocol.expose() != "http/protobuf"
    {
        sources.reject(name, "is not http/protobuf, which is the only protocol here");
    }
}

fn sampling(sources: &mut Sources) -> Sampling {
    let argument = sources.optional::<String>("OTEL_TRACES_SAMPLER_ARG");
    let Some(sampler) = sources.optional::<String>("OTEL_TRACES_SAMPLER") else { return Sampling::DEFAULT };
    Sampling::parse(&sampler, argument.as_deref()).unwrap_or_else(|error| {
        let is_ratio = matches!(error, super::sampling::BadSampling::Ratio);
        sources.reject(if is_ratio { "OTEL_TRACES_SAMPLER_ARG" } else { "OTEL_TRACES_SAMPLER" }, error);
        Sampling::DEFAULT
    })
}

fn attributes(sources: &mut Sources) -> Vec<(String, String)> {
    let name = "OTEL_RESOURCE_ATTRIBUTES";
    let text = sources.optional::<String>(name).unwrap_or_default();
    pairs::parse(&text).unwrap_or_else(|error| {
        sources.reject(name, error);
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Option<TraceConfig>, String> {
        let mut sources = Sources::from_map(pairs.iter().copied());
        let config = TraceConfig::read(&mut sources);
        sources.finish().map(|()| config).map_err(|errors| errors.to_string())
    }

    #[test]
    fn off_unless_there_is_an_endpoint() {
        assert!(read(&[]).unwrap().is_none());
        assert!(read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "")]).unwrap().is_none());
        let disabled = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"), ("OTEL_SDK_DISABLED", "TRUE")];
        assert!(read(&disabled).unwrap().is_none());
    }

    #[test]
    fn the_endpoint_is_a_base_and_the_one_for_traces_is_whole() {
        for base in ["http://c:4318", "http://c:4318/"] {
            let config = read(&[("OTEL_EXPORTER_OTLP_ENDPOINT", base)]).unwrap().unwrap();
            assert_eq!(config.endpoint(), "http://c:4318/v1/traces");
            assert_eq!((config.sampling, config.timeout), (Sampling::DEFAULT, Duration::from_secs(10)));
        }
        let both = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://traces.example.com/otlp"),
        ];
        assert_eq!(read(&both).unwrap().unwrap().endpoint(), "https://traces.example.com/otlp");
    }

    #[test]
    fn all_that_the_variables_say_is_taken() {
        let config = read(&[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20abc"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "2500"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_TRACES_SAMPLER", "parentbased_traceidratio"),
            ("OTEL_TRACES_SAMPLER_ARG", "0.1"),
            ("OTEL_SERVICE_NAME", "onboarding"),
            ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=staging"),
        ]);
        let config = config.unwrap().unwrap();
        assert_eq!(config.headers()["authorization"], "Bearer abc");
        assert_eq!(config.timeout, Duration::from_millis(2500));
        assert_eq!(config.service_name(), Some("onboarding"));
        assert_eq!(config.attributes(), [("deployment.environment.name".to_owned(), "staging".to_owned())]);
        assert_ne!(config.sampling, Sampling::DEFAULT);
        assert!(!format!("{config:?}").contains("abc"), "a header may be a secret");
    }

    #[test]
    fn every_bad_value_is_named_and_none_shown() {
        let bad = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "elsewhere:4318"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "hunter2"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "10s"),
            ("OTEL_TRACES_SAMPLER", "often"),
            ("OTEL_RESOURCE_ATTRIBUTES", "staging"),
        ];
        let text = read(&bad).unwrap_err();
        for (name, value) in bad {
            assert!(
                text.lines().any(|line| line.starts_with(name)) && !text.contains(value),
                "{name}: {text}"
            );
        }
        let grpc =
            [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")];
        assert!(read(&grpc).unwrap_err().contains("OTEL_EXPORTER_OTLP_PROTOCOL: is not http/protobuf"));
        let header = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"), ("OTEL_EXPORTER_OTLP_HEADERS", "a b=1")];
        assert!(read(&header).unwrap_err().contains("\"a b\" is no header"));
    }
}
