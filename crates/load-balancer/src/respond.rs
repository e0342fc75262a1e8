//! The only mapping from errors to answers, and the balancer's answers about its own health.

use std::time::Duration;

use crate::answer::{Answer, Field, reason};
use crate::limit::{RateLimit, Refusal};
use crate::pool::Overall;
use crate::snapshot::Snapshot;

/// The reason for an error answer of the balancer's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// The request breaks RFC 9112 or 9113; the text says which rule.
    BadRequest(&'static str),
    /// No route fits the host and path.
    NotRouted,
    /// The client did not send its head in time, or paused too long in its body.
    RequestTimeout,
    /// The body is longer than allowed.
    BodyTooLarge,
    /// The request target is longer than allowed.
    TargetTooLong,
    /// There is an `Expect` other than `100-continue`.
    ExpectationFailed,
    /// The head is longer than allowed, or has too many fields.
    HeadTooLarge,
    /// The client has used up its rate.
    RateLimited(Refusal),
    /// The client wants a cached answer or none, and there is none.
    NotCached,
    /// An error of the balancer's own, which is logged.
    Internal,
    /// The balancer does not support a transfer coding or the method (`CONNECT`).
    NotImplemented(&'static str),
    /// The protocol version is neither 1.0, 1.1 nor 2.
    VersionNotSupported,
    /// All attempts failed, or the answer was not HTTP.
    BadGateway,
    /// No server can be tried.
    NoServer,
    /// As many connections are open as are allowed.
    Overloaded,
    /// The balancer has no descriptor, port or memory left for a connection to a server.
    OutOfResources,
    /// The client's address has as many connections open as one address may have.
    TooManyConnections,
    /// No server answered in time.
    GatewayTimeout,
}

impl ErrorKind {
    /// Status, stable code, and a sentence for people.
    const fn describe(self) -> (u16, &'static str, &'static str) {
        match self {
            Self::BadRequest(detail) => (400, "bad_request", detail),
            Self::NotRouted => (404, "not_routed", "No route leads from this host and path to a server."),
            Self::RequestTimeout => (408, "request_timeout", "The request was not complete in time."),
            Self::BodyTooLarge => (413, "body_too_large", "The request body is longer than allowed."),
            Self::TargetTooLong => (414, "target_too_long", "The request target is longer than allowed."),
            Self::ExpectationFailed => {
                (417, "expectation_failed", "Only Expect: 100-continue is understood.")
            }
            Self::RateLimited(_) => (429, "rate_limited", "Too many requests; wait and try again."),
            Self::HeadTooLarge => {
                (431, "head_too_large", "The request's header fields are longer than allowed.")
            }
            Self::Internal => (500, "internal_error", "The load balancer has failed; its log says how."),
            Self::NotImplemented(detail) => (501, "not_implemented", detail),
            Self::BadGateway => (502, "bad_gateway", "No server gave a usable answer."),
            Self::NoServer => (503, "no_server", "No server is available."),
            Self::Overloaded => (503, "overloaded", "The load balancer is at its limit."),
            Self::OutOfResources => {
                (503, "out_of_resources", "The load balancer is out of descriptors, ports or memory.")
            }
            Self::TooManyConnections => {
                (503, "too_many_connections", "This address has as many connections open as one may have.")
            }
            Self::GatewayTimeout => (504, "gateway_timeout", "No server answered in time."),
            Self::NotCached => (504, "not_cached", "There is no cached answer."),
            Self::VersionNotSupported => {
                (505, "version_not_supported", "Only HTTP/1.0, HTTP/1.1 and HTTP/2 are understood.")
            }
        }
    }

    /// Whole seconds after which a client may ask again, if that may help.
    fn retry_after(self) -> Option<u64> {
        match self {
            Self::RateLimited(refusal) => Some(whole_seconds(refusal.wait)),
            Self::NoServer | Self::Overloaded | Self::TooManyConnections | Self::OutOfResources => Some(1),
            Self::BadRequest(_)
            | Self::NotRouted
            | Self::RequestTimeout
            | Self::BodyTooLarge
            | Self::TargetTooLong
            | Self::ExpectationFailed
            | Self::HeadTooLarge
            | Self::Internal
            | Self::NotImplemented(_)
            | Self::VersionNotSupported
            | Self::BadGateway
            | Self::NotCached
            | Self::GatewayTimeout => None,
        }
    }
}

/// The answer to an error: `application/problem+json` (RFC 9457) with a stable code and the request's id.
pub(crate) fn error(kind: ErrorKind, request_id: &str) -> Answer {
    let (status, code, detail) = kind.describe();
    let problem = serde_json::json!({
        "type": "about:blank",
        "title": reason(status),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id,
    });
    let mut answer = Answer::new(status, "application/problem+json", problem.to_string().into_bytes());
    if let Some(seconds) = kind.retry_after() {
        answer.fields.push(("retry-after".into(), seconds.to_string().into()));
    }
    if let ErrorKind::RateLimited(refusal) = kind {
        answer.fields.extend(rate_limit_fields(refusal));
    }
    answer
}

/// The limit and the time until the next request (draft-ietf-httpapi-ratelimit-headers).
fn rate_limit_fields(refusal: Refusal) -> [Field; 2] {
    let RateLimit { requests, per, .. } = refusal.limit;
    let policy = format!("\"client\";q={requests};w={}", whole_seconds(per));
    let left = format!("\"client\";r=0;t={}", whole_seconds(refusal.wait));
    [("ratelimit-policy".into(), policy.into()), ("ratelimit".into(), left.into())]
}

/// Whole seconds, rounded up: a client that asks too early is refused again.
fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}

/// The answer to `/lb-health`.
pub(crate) fn lb_health(draining: bool) -> Answer {
    let (status, text) =
        if draining { (503, "Load balancer is draining") } else { (200, "Load balancer is healthy") };
    Answer::new(status, "text/plain; charset=utf-8", text.into())
}

/// The answer to `/health`: the balancer's own view of all servers; 200 while at least one can serve.
pub(crate) fn health(snapshot: &Snapshot) -> Answer {
    let (overall, instances) = snapshot.view();
    let status = if overall == Overall::Down { 503 } else { 200 };
    let body = serde_json::json!({ "status": overall, "instances": instances });
    Answer::new(status, "application/json", body.to_string().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_is_a_problem_with_its_code() {
        let rows = [
            (ErrorKind::BadRequest("Two Content-Length fields."), 400, "bad_request"),
            (ErrorKind::NotRouted, 404, "not_routed"),
            (ErrorKind::RequestTimeout, 408, "request_timeout"),
            (ErrorKind::BodyTooLarge, 413, "body_too_large"),
            (ErrorKind::TargetTooLong, 414, "target_too_long"),
            (ErrorKind::ExpectationFailed, 417, "expectation_failed"),
            (ErrorKind::HeadTooLarge, 431, "head_too_large"),
            (ErrorKind::Internal, 500, "internal_error"),
            (ErrorKind::NotImplemented("CONNECT is not served."), 501, "not_implemented"),
            (ErrorKind::BadGateway, 502, "bad_gateway"),
            (ErrorKind::NoServer, 503, "no_server"),
            (ErrorKind::Overloaded, 503, "overloaded"),
            (ErrorKind::TooManyConnections, 503, "too_many_connections"),
            (ErrorKind::OutOfResources, 503, "out_of_resources"),
            (ErrorKind::GatewayTimeout, 504, "gateway_timeout"),
            (ErrorKind::VersionNotSupported, 505, "version_not_supported"),
        ];
        for (kind, status, code) in rows {
            let answer = error(kind, "id-1");
            let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(answer.status, status, "{code}");
            assert_eq!((&body["code"], &body["request_id"]), (&code.into(), &"id-1".into()));
            assert_eq!(body["title"], reason(status));
        }
    }

    #[test]
    fn waits_are_rounded_up() {
        let limit = RateLimit { requests: 100, per: Duration::from_secs(1), burst: 200 };
        let refusal = Refusal { limit, wait: Duration::from_millis(1001) };
        let answer = error(ErrorKind::RateLimited(refusal), "id-1");
        assert_eq!(answer.status, 429);
        for (name, value) in [
            ("retry-after", "2"),
            ("ratelimit-policy", "\"client\";q=100;w=1"),
            ("ratelimit", "\"client\";r=0;t=2"),
        ] {
            assert!(answer.fields.contains(&(name.into(), value.into())), "{name} {:?}", answer.fields);
        }
    }
}
