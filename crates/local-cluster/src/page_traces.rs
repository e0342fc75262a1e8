//! The page's own traces: answers tell it that they are wanted, it sends them to where it came from, and this passes
//! them on.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use reqwest::Client;

/// More than the page ever sends at once.
const MAX_BODY: usize = 256 * 1024;
const TIMEOUT: Duration = Duration::from_secs(5);
/// Tells the page which share of its calls is to be traced, from 0 to 1.
const SHARE: HeaderName = HeaderName::from_static("x-traces-share");
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// Passes `POST /otlp/v1/traces` on to the collector at `endpoint`.
pub(crate) fn collector(endpoint: &str, client: Client) -> Router {
    let address = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let pass_on = post(pass_on).layer(DefaultBodyLimit::max(MAX_BODY)).with_state((client, address));
    Router::new().route("/otlp/v1/traces", pass_on)
}

async fn pass_on(
    State((client, address)): State<(Client, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(media_type) = headers.get(header::CONTENT_TYPE).filter(|value| *value == "application/json")
    else {
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "only application/json\n").into_response();
    };
    let passed_on = client.post(address).header(header::CONTENT_TYPE, media_type).body(body).timeout(TIMEOUT);
    match passed_on.send().await {
        Ok(answer) => answer.status().into_response(),
        Err(error) => {
            (StatusCode::BAD_GATEWAY, format!("the collector does not answer: {error}\n")).into_response()
        }
    }
}

/// Adds to an answer what the page is to know: as it reads it on answers of the API, and with itself.
pub(crate) async fn tell(State(share): State<HeaderValue>, mut answer: Response) -> Response {
    let timing = [br#"traces;desc=""#, share.as_bytes(), b"\""].concat();
    if let Ok(timing) = HeaderValue::from_bytes(&timing) {
        answer.headers_mut().insert(SERVER_TIMING, timing);
    }
    answer.headers_mut().insert(SHARE, share);
    answer
}

/// The share that OpenTelemetry's variables ask for.
pub(crate) fn share() -> HeaderValue {
    let variable = |name| std::env::var(name).ok();
    let (sampler, argument) = (variable("OTEL_TRACES_SAMPLER"), variable("OTEL_TRACES_SAMPLER_ARG"));
    let share = share_of(sampler.as_deref(), argument.as_deref());
    HeaderValue::from_str(&share.to_string()).unwrap_or(HeaderValue::from_static("1"))
}

fn share_of(sampler: Option<&str>, argument: Option<&str>) -> f64 {
    match sampler.unwrap_or_default().trim_start_matches("parentbased_") {
        "always_off" => 0.0,
        "traceidratio" => argument.and_then(|ratio| ratio.parse().ok()).unwrap_or(1.0),
        // The services refuse what is no sampler.
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_that_of_the_sampler() {
        for (sampler, argument, expected) in [
            (None, None, 1.0),
            (Some("always_on"), Some("0.5"), 1.0),
            (Some("always_off"), None, 0.0),
            (Some("parentbased_always_off"), None, 0.0),
            (Some("traceidratio"), Some("0.1"), 0.1),
            (Some("parentbased_traceidratio"), Some("0.25"), 0.25),
            (Some("parentbased_traceidratio"), None, 1.0),
        ] {
            assert!(
                (share_of(sampler, argument) - expected).abs() < f64::EPSILON,
                "{sampler:?} {argument:?}"
            );
        }
    }
}
